"""Runs in shards on a real Slurm: sent, failed, resumed, cancelled, refused, left alone; the bits of one process."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from slurm_here import until

from scaletui.cli import run

FIT = ("fit", "--example", "--method", "parametric", "--bootstraps", "20000")
"""A fit of three shards."""


@pytest.fixture
def counts(client):
    """How many shards of a run are done, running, pending, failed, missing."""

    def ask(folder):
        code, out, err = client("jobs", "show", folder, "--format", "json")
        assert code == 0, err
        return {row["id"]: row["value"] for row in json.loads(out)["rows"]}

    return ask


@pytest.fixture
def told(client):
    """What is said of the shards of a run."""

    def ask(folder):
        code, out, err = client("jobs", "show", folder, "--format", "json")
        assert code == 0, err
        return {note["id"]: note["text"] for note in json.loads(out)["notes"]}

    return ask


@pytest.fixture
def sent(client):
    """Send the fit with some options, and return its folder's submissions."""

    def send(folder, *options):
        code, out, err = client(*FIT, "--slurm", "--folder", folder, *options)
        assert code == 0, err
        assert out == f"'{folder}'\n"
        return submissions(folder)

    return send


@pytest.fixture
def folder(tmp_path):
    """The folder of a run; its jobs end with the test."""
    place = tmp_path / "my run, 100%"
    yield place
    if place.exists():
        assert run(["jobs", "cancel", str(place)]) == 0


@pytest.fixture(scope="module")
def alone(tmp_path_factory, home):
    """The fit's file as one process makes it, which has also compiled the kernels for the others."""
    path = tmp_path_factory.mktemp("alone") / "fit.json"
    environment = {**os.environ, "HOME": str(home), "XDG_CACHE_HOME": str(home / ".cache")}
    subprocess.run([sys.executable, "-m", "scaletui", *FIT, "--out", path], env=environment, check=True, timeout=300)
    return path.read_bytes()


def submissions(folder):
    found = [json.loads(path.read_text()) for path in folder.glob("job-*.json")]
    return [one["shards"] for one in sorted(found, key=lambda one: one["job"])]


def queue(slurm, folder):
    lines = slurm.command("squeue", "-h", "-r", "-o", "%i|%Z").splitlines()
    return [line.partition("|")[0] for line in lines if line.partition("|")[2] == str(folder)]


def test_an_array_gives_the_bits_of_one_process_and_of_the_local_pool(
    slurm, alone, folder, tmp_path, sent, client, counts
):
    assert sent(folder) == [[1, 2, 3]]
    until("all shards done", lambda: counts(folder)["done"] == 3)
    again, kept, here = (tmp_path / name for name in ("again.json", "kept.json", "here.json"))
    code, printed, err = client(*FIT, "--slurm", "--folder", folder, "--out", again)
    assert (code, "parametric" in printed) == (0, True), err
    assert client("jobs", "collect", folder, "--out", kept)[:2] == (0, printed)
    assert client(*FIT, "--local", "2", "--folder", tmp_path / "pool", "--out", here)[:2] == (0, printed)
    assert again.read_bytes() == kept.read_bytes() == here.read_bytes() == alone
    for shard in range(1, 4):
        name = f"shard-{shard:04d}.json"
        ours, theirs = (json.loads((place / name).read_text())["value"] for place in (folder, tmp_path / "pool"))
        assert ours == theirs


def test_what_failed_alone_is_sent_again(slurm, alone, folder, sent, client, counts, told):
    (folder / "shard-0002.json").mkdir(parents=True)  # no file can take its name
    assert sent(folder) == [[1, 2, 3]]
    until("two done and one failed", lambda: (counts(folder)["done"], counts(folder)["failed"]) == (2, 1))
    assert "shard 2: job " in told(folder)["failed"]
    assert "cannot write shard-0002.json: Is a directory" in told(folder)["failed"]
    code, out, err = client("jobs", "collect", folder)
    assert (code, out) == (1, "")
    assert "1 of 3 shards have no result yet: 2" in err
    before = {path.name: path.stat().st_mtime_ns for path in folder.glob("shard-*.json") if path.is_file()}
    (folder / "shard-0002.json").rmdir()
    code, _, err = client("jobs", "resume", folder, "--slurm")
    assert code == 0, err
    assert submissions(folder) == [[1, 2, 3], [2]]
    until("all shards done", lambda: counts(folder)["done"] == 3)
    assert counts(folder)["failed"] == 0
    assert {name: (folder / name).stat().st_mtime_ns for name in before} == before


def test_a_worker_that_is_killed_is_a_shard_that_failed(slurm, alone, folder, tmp_path, sent, client, counts, told):
    sent(folder, "--env-line", 'if [ "$SLURM_ARRAY_TASK_ID" = 3 ]; then echo out of luck; kill -9 $$; fi')
    until("two done and one failed", lambda: (counts(folder)["done"], counts(folder)["failed"]) == (2, 1))
    assert "failed: shard 3: job " in told(folder)["failed"]
    assert "failed: out of luck" in told(folder)["failed"]  # the last line of its log
    code, _, err = client("jobs", "resume", folder, "--local", "1")
    assert code == 0, err
    assert client("jobs", "collect", folder, "--out", tmp_path / "fit.json")[0] == 0
    assert (tmp_path / "fit.json").read_bytes() == alone


def test_why_a_job_is_pending_and_nothing_is_sent_twice(slurm, folder, sent, client, counts, told):
    sent(folder, "--partition", "shut")
    until("a reason", lambda: "PartitionDown" in told(folder).get("pending", ""))
    assert told(folder)["pending"] == "pending: shards 1-3: PartitionDown."
    assert counts(folder)["pending"] == 3
    code, _, err = client(*FIT, "--slurm", "--folder", folder)
    assert code == 0
    assert "queued or running: 3 of 3 shards" in err
    assert submissions(folder) == [[1, 2, 3]]
    code, _, err = client("jobs", "cancel", folder)
    assert (code, "cancelled job " in err) == (0, True)
    until("nothing pending", lambda: counts(folder)["pending"] == 0)
    assert queue(slurm, folder) == []
    assert counts(folder)["missing"] == 3
    assert "cancelled" in told(folder)["missing"]
    assert "nothing is queued" in client("jobs", "cancel", folder)[2]


def test_gpus_are_asked_for_by_type_and_running_work_is_cancelled(slurm, folder, sent, client, counts, told):
    waits = 'echo "$SLURMD_NODENAME $SLURM_CPUS_PER_TASK"; exec sleep 300'
    sent(folder, "--gres", "gpu:h100:1", "--cpus", "2", "--env-line", waits)
    until("one running, two pending", lambda: (counts(folder)["running"], counts(folder)["pending"]) == (1, 2))
    until("a reason", lambda: "Resources" in told(folder).get("pending", ""))
    (log,) = until("a log", lambda: [one for one in folder.glob("logs/*.log") if one.read_text()])
    assert log.read_text() == "gpu2 2\n"  # the one node with that type
    assert client("jobs", "cancel", folder)[0] == 0
    until("nothing running", lambda: counts(folder)["running"] == counts(folder)["pending"] == 0)
    assert counts(folder)["missing"] == 3


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--partition", "nope"), ("invalid partition specified: nope", "Invalid partition name specified")),
        (("--gres", "gpu:b200:1"), ("Requested node configuration is not available", "gpu:a100:1, gpu:h100:1")),
        (("--gres", "tpu:1"), ("Invalid generic resource (gres) specification", "gpu:a100:1, gpu:h100:1")),
        (("--time", "soon"), ("Invalid --time specification",)),
    ],
)  # fmt: skip
def test_the_cluster_refuses_in_its_own_words(slurm, folder, client, options, words):
    code, out, err = client(*FIT, "--slurm", "--folder", folder, *options)
    assert (code, out) == (3, "")
    assert err.startswith("scaletui: sbatch: ")
    assert err.count("\n") == 1
    for word in words:
        assert word in err
    assert submissions(folder) == []


def test_what_the_cluster_has(slurm, client):
    code, out, err = client("jobs", "nodes")
    assert code == 0, err
    lines = [line.split() for line in out.splitlines()]
    assert ["all", "gpu:a100:1", "1", "2", "3"] in [line[:5] for line in lines]
    assert ["gpu", "gpu:h100:1", "1", "1", "3"] in [line[:5] for line in lines]
    (shut,) = (line for line in lines if line[0] == "shut")
    assert (shut[1:3], "down," in shut) == (["no", "GPU"], True)


@pytest.fixture
def deadly(tmp_path, monkeypatch):
    """An ``sbatch`` that kills who called it, as soon as the cluster has the job."""
    place = tmp_path / "bin"
    place.mkdir()
    shim = place / "sbatch"
    shim.write_text(f'#!/bin/sh\n{shutil.which("sbatch")} "$@" > /dev/null\nkill -9 $PPID\n')
    shim.chmod(0o755)
    return {**os.environ, "PATH": f"{place}:{os.environ['PATH']}"}


def test_work_goes_on_without_the_client_that_sent_it(slurm, alone, folder, tmp_path, deadly, client, counts):
    words = [sys.executable, "-m", "scaletui", *FIT, "--slurm", "--folder", str(folder), "--partition", "shut"]
    lost = subprocess.run(words, env=deadly, check=False, timeout=120, capture_output=True)
    assert lost.returncode == -signal.SIGKILL
    assert submissions(folder) == []  # it died before it could note the job
    assert counts(folder)["pending"] == 3  # which is found by its name and folder
    code, _, err = client(*FIT, "--slurm", "--folder", folder)
    assert (code, "queued or running" in err) == (0, True)
    slurm.command("scontrol", "update", "PartitionName=shut", "State=UP")
    try:
        until("all shards done", lambda: counts(folder)["done"] == 3)
    finally:
        slurm.command("scontrol", "update", "PartitionName=shut", "State=DOWN")
    code, _, err = client(*FIT, "--slurm", "--folder", folder, "--out", tmp_path / "fit.json")
    assert code == 0, err
    assert (tmp_path / "fit.json").read_bytes() == alone


def test_two_who_send_one_run_at_once_send_each_shard_once(slurm, folder):
    words = [sys.executable, "-m", "scaletui", *FIT, "--slurm", "--folder", str(folder), "--partition", "shut"]
    both = [subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = [one.communicate(timeout=120) for one in both]
    assert [one.returncode for one in both] == [0, 0], said
    assert [out for out, _ in said] == [f"'{folder}'\n"] * 2
    assert sorted("sent as job" in err for _, err in said) == [False, True]
    assert submissions(folder) == [[1, 2, 3]]
    assert len(queue(slurm, folder)) == 3


def test_slurm_and_a_pool_on_one_run_do_not_disturb_each_other(slurm, alone, folder, tmp_path, sent, client, counts):
    sent(folder)
    code, _, err = client(*FIT, "--local", "2", "--folder", folder, "--out", tmp_path / "fit.json")
    assert code == 0, err
    assert (tmp_path / "fit.json").read_bytes() == alone
    until("the queue empty", lambda: queue(slurm, folder) == [])
    assert (counts(folder)["done"], counts(folder)["failed"]) == (3, 0)


def test_a_batch_script_names_the_worker_by_its_full_path(slurm, folder, client):
    code, out, _ = client(*FIT, "--slurm", "--dry-run", "--folder", folder)
    assert code == 0
    assert not folder.exists()
    assert f"\nexec {Path(sys.executable)} -m scaletui jobs work '{folder}'\n" in out
    code, slurm_says, _ = client(*FIT, "--slurm", "--dry-run", "--folder", folder, "--partition", "gpu")
    assert "\n#SBATCH --partition=gpu\n" in slurm_says
