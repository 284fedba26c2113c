"""Runs in shards without a cluster: the pool and its bits, what is killed, full disks, wrong options, answers."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scaletui import processors
from scaletui.jobs import folder as folders
from scaletui.jobs import results, slurm, worker
from scaletui.jobs.status import states
from scaletui_core.errors import InputError, ScaletuiError

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "presets" / "examples"
FIT = ("fit", "--example", "--method", "parametric", "--bootstraps", "20000")
"""A fit of three shards."""


def until(what, condition, limit=120.0):
    end = time.monotonic() + limit
    while not (found := condition()):
        assert time.monotonic() < end, f"after {limit:.0f} s still not: {what}"
        time.sleep(0.02)
    return found


@pytest.fixture
def made(tmp_path):
    """A run of three shards that nobody has worked on; its work is unknown, which nothing but a worker minds."""
    return folders.create("test", "a test", 7, {"n": 1}, [1, 2, 3], str(tmp_path / "run"))


@pytest.mark.parametrize(
    "options",
    [
        ("--example", "--bootstraps", "20000"),
        ("--example", "--bootstraps", "10000", "--method", "parametric", "--resample", "budget", "--seed", "3"),
        ("--example", "--bootstraps", "8300", "--method", "parametric", "--resample", "subsample"),
        ("--example", "--bootstraps", "8300", "--exclude", "3,30", "--exclude", "17"),
        (EXAMPLES / "synthetic-curves.csv", "--bootstraps", "8200", "--loss", "student-t", "--coverage", "80%"),
    ],
)
def test_a_pool_writes_and_prints_what_one_process_does(client, tmp_path, options):
    one, many, kept = (tmp_path / f"{name}.json" for name in ("one", "many", "kept"))
    alone = client("fit", *options, "--out", one)
    assert alone[0] == 0, alone[2]
    pooled = client("fit", *options, "--out", many, "--local", "2", "--folder", tmp_path / "run")
    assert pooled[:2] == alone[:2]
    assert many.read_bytes() == one.read_bytes()
    assert client("jobs", "collect", tmp_path / "run", "--out", kept)[:2] == alone[:2]
    assert kept.read_bytes() == one.read_bytes()


def test_the_same_command_finds_its_run_and_list_shows_it(client, home):
    code, first, err = client(*FIT, "--local", "2", "--seed", "11")
    assert code == 0, err
    name, *others = [n for n in folders.names() if folders.named(n).seed == 11]
    assert others == []
    (place := Path(folders.named(name).folder)).joinpath("shard-0002.json").unlink()
    stamps = {path.name: path.stat().st_mtime_ns for path in place.glob("shard-*.json")}
    assert client("jobs", "resume", name)[0] == 2  # where is it to be worked on?
    assert client("jobs", "resume", name, "--local", "1")[0] == 0
    done = f"scaletui: all 3 shards are done: scaletui jobs collect {name} prints what they come to\n"
    assert client("jobs", "resume", name) == (0, "", done)
    assert client("jobs", "cancel", name) == (0, "", "scaletui: nothing is queued; 3 of 3 shards are done\n")
    assert client(*FIT, "--local", "2", "--seed", "11")[:2] == (0, first)
    assert {name: (place / name).stat().st_mtime_ns for name in stamps} == stamps
    code, out, _ = client("jobs", "list", "--format", "json")
    rows = {(row["subject"], row["id"]): row["value"] for row in json.loads(out)["rows"]}
    assert (rows[name, "done"], rows[name, "shards"]) == (3, 3)
    assert name.startswith("fit-")
    assert folders.named(name).called == name
    assert (
        client("jobs", "collect", name + "x")[2]
        == f"scaletui: RUN: no run is called '{name}x' (did you mean {name}?)\n"
    )


@pytest.mark.parametrize(("number", "ended"), [(signal.SIGKILL, -signal.SIGKILL), (signal.SIGINT, 130)])
def test_a_pool_that_is_ended_leaves_its_finished_shards_and_no_workers(start, client, tmp_path, number, ended):
    place = tmp_path / "run"
    words = ("fit", "--example", "--method", "parametric", "--bootstraps", "160000", "--folder", str(place))
    pool = start(*words, "--local", "2", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until("two results", lambda: len(list(place.glob("shard-*.json"))) >= 2)
    workers = Path(f"/proc/{pool.pid}/task/{pool.pid}/children").read_text().split()
    pool.send_signal(number)
    assert pool.wait(timeout=120) == ended
    assert len(workers) == 2
    until("no workers", lambda: not any(is_alive(pid) for pid in workers))
    one = folders.opened(str(place))
    done = one.done()
    assert 2 <= len(done) < len(one.shards)
    stamps = {index: os.stat(one.path(index)).st_mtime_ns for index in done}
    code, _, err = client(*words, "--local", "2", "--out", tmp_path / "fit.json")
    assert code == 0, err
    assert {index: os.stat(one.path(index)).st_mtime_ns for index in done} == stamps
    assert client(*words[:-2], "--out", tmp_path / "alone.json")[0] == 0
    assert (tmp_path / "fit.json").read_bytes() == (tmp_path / "alone.json").read_bytes()


def test_a_worker_takes_numbers_from_any_pipe_to_its_end(start, made, tmp_path, client):
    assert client(*FIT, "--local", "1", "--folder", tmp_path / "fit")[0] == 0
    for index in (1, 2, 3):
        (tmp_path / "fit" / f"shard-000{index}.json").unlink()
    one = start("jobs", "work", str(tmp_path / "fit"), "--index", "-", stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.PIPE)  # fmt: skip
    out, said = one.communicate(b"2\n\n1", timeout=120)  # it has ended before the first is done
    assert (one.returncode, out, said) == (0, b"done 2\ndone 1\n", b"")
    assert folders.opened(str(tmp_path / "fit")).missing() == [3]


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_worker_that_is_killed_loses_its_shard_and_no_other(client, tmp_path, monkeypatch):
    place = tmp_path / "run"
    killer = tmp_path / "python"
    # The pool's first worker dies with the first shard in hand; those that begin later are real.
    killer.write_text(
        f"#!/bin/sh\nif mkdir {tmp_path}/first 2>/dev/null; then read shard; kill -9 $$; fi\n"
        f'exec {sys.executable} "$@"\n'
    )
    killer.chmod(0o755)
    with monkeypatch.context() as patched:
        patched.setattr(sys, "executable", str(killer))
        code, out, err = client(*FIT, "--local", "2", "--folder", place)
    assert (code, out) == (1, "")
    (lost,) = {1, 2, 3} - folders.opened(str(place)).done()
    assert f"1 of 3 shards are missing, {lost}; shard {lost}: its worker was killed by signal 9" in err
    assert err.count("\n") == 1
    one = folders.opened(str(place))
    assert lost in (1, 2)
    assert states(one)[0][lost - 1] == (lost, "failed", "its worker was killed by signal 9")
    assert client(*FIT, "--local", "2", "--folder", place)[0] == 0
    assert {shard.state for shard in states(one)[0]} == {"done"}


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EIO])
@pytest.mark.parametrize("at", ["spec.json", "input.json", "shard-0001.json"])
def test_a_folder_that_takes_no_file_is_one_clear_error(client, tmp_path, monkeypatch, number, at):
    def full(path, text, **more):
        if os.path.basename(path) == at:
            raise OSError(number, os.strerror(number))
        write(path, text, **more)

    write = folders.write_atomically
    for module in (folders, results):
        monkeypatch.setattr(module, "write_atomically", full)
    if at.startswith("shard"):
        one = folders.create("fit", "a fit", 0, {}, [[0, 64]], str(tmp_path / "run"))
        monkeypatch.setattr("scaletui.jobs.fits.work", lambda given, shard, threads: [1.0])
        code, out, err = client("jobs", "work", one.folder, "--index", "1")
        assert results.failure(one, 1) is not None
        assert one.missing() == [1]
    else:
        code, out, err = client(*FIT, "--local", "2", "--folder", tmp_path / "run")
        assert not (tmp_path / "run" / "spec.json").exists()
    assert (code, out) == (1, "")
    assert err.count("\n") == 1
    assert os.strerror(number) in err
    assert ("make room" in err) == (number in (errno.ENOSPC, errno.EDQUOT))


def test_a_disk_that_is_really_full(client, tmp_path, start):
    tried = ["unshare", "-m", "true"] if shutil.which("unshare") else ["false"]
    if subprocess.run(tried, capture_output=True, check=False).returncode:
        pytest.skip("needs to mount a small disk")
    disk = tmp_path / "disk"
    disk.mkdir()
    # 100 kB hold the spec and the input, and no shard of 8192 refits.
    line = f'mount -t tmpfs -o size=100k none "{disk}" && "$@"; code=$?; ls "{disk}/run" >&2; exit $code'
    words = [sys.executable, "-m", "scaletui", *FIT, "--local", "1", "--folder", str(disk / "run")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", line, "sh", *words], env=environment, capture_output=True, text=True, timeout=300,
        check=False,
    )  # fmt: skip
    said, *left = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (1, "")
    assert said.startswith(
        f"scaletui: run: 3 of 3 shards are missing, 1-3; shard 1: {disk}/run: cannot write shard-0001.json: "
        "No space left on device (make room, or name another folder; finished shards stay) ("
    )
    assert [name for name in left if name.startswith("shard-") and not name.endswith(".failed")] == []


def test_a_damaged_result_is_said(client, tmp_path):
    place = tmp_path / "run"
    assert client(*FIT, "--local", "2", "--folder", place)[0] == 0
    good = json.loads((place / "shard-0002.json").read_text())
    for value in ("====", "AAAA", 5, None):
        (place / "shard-0002.json").write_text(json.dumps({**good, "value": value}) + "\n")
        code, out, err = client("jobs", "collect", place)
        assert (code, out) == (1, "")
        assert err == "scaletui: shard 2: its result is damaged (delete it, and resume the run)\n"
    (place / "shard-0002.json").write_text(json.dumps({**good, "value": good["value"][:640]}) + "\n")
    code, out, err = client("jobs", "collect", place)
    assert (code, out) == (1, "")
    assert "resamples of 20,000: send the run again" in err


def test_a_fit_of_very_many_resamples_is_a_file_that_can_be_read(client, tmp_path, monkeypatch):
    few, many = tmp_path / "few.json", tmp_path / "many.json"
    assert client("fit", "--example", "--bootstraps", "500", "--out", many)[0] == 0
    monkeypatch.setattr("scaletui_core.fit_file.KEPT_SAMPLES", 100)
    assert client("fit", "--example", "--bootstraps", "500", "--out", few)[0] == 0
    for key in ("parametric", "isoflop", "power"):
        sample = json.loads(few.read_text())[key]["sample"]
        assert 90 < len(sample) <= 100
        assert json.loads(many.read_text())[key]["sample"][: len(sample)] == sample
    assert client("predict", few, "--flops", "1e24")[0] == 0


def test_half_a_result_is_none(made):
    for index in (1, 2, 3):
        results.write_result(made, index, [float(index), None])
    assert list(results.results(made)) == [[1.0, None], [2.0, None], [3.0, None]]
    whole = Path(made.path(2)).read_text()
    for cut in (0, 1, len(whole) // 2, len(whole) - 1):
        Path(made.path(2)).write_text(whole[:cut])
        assert made.missing() == [2]
        with pytest.raises(ScaletuiError, match=r"1 of 3 shards have no result yet: 2 "):
            results.results(made)
    Path(made.path(2)).write_text(Path(made.path(1)).read_text())  # whole, and of another shard
    with pytest.raises(ScaletuiError, match="is not the result of this run's shard"):
        list(results.results(made))


def test_a_run_is_of_one_kind_one_version_and_one_work(made, monkeypatch, client):
    with pytest.raises(InputError, match="holds other work: a test"):
        folders.create("test", "a test", 8, {"n": 1}, [1, 2, 3], made.folder)
    assert folders.create("test", "a test", 7, {"n": 1}, [1, 2, 3], made.folder, aside={"x": 2}) == made
    assert "no kind of work is called 'test'" in client("jobs", "work", made.folder, "--index", "1")[2]
    with pytest.raises(ScaletuiError, match=r"was cut by scaletui 0\.0\.1, and this is"):
        worker.work(made._replace(version="0.0.1"), 1, 1)
    spec = Path(made.folder) / "spec.json"
    for text, word in (("{", "is not JSON"), ("[]", "is no run"), ("{}", "is no run")):
        spec.write_text(text)
        code, out, err = client("jobs", "show", made.folder)
        assert (code, out) == (2, "")
        assert word in err
    assert client("jobs", "show", "/nowhere/at/all")[0] == 2


def test_a_folder_of_a_group_has_room_for_all_of_it(tmp_path):
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o2775)
    one = folders.create("test", "a test", 7, {"n": 1}, [1], str(shared))
    assert (shared / "logs").stat().st_mode & 0o7777 == 0o2775
    with folders.locked(one):
        (shared / "lock").chmod(0o444)
    with folders.locked(one):
        pass


@pytest.mark.parametrize(
    ("index", "task", "word"),
    [
        (None, "", "--index: no shard to work on"),
        ("0", "", "--index: '0' is no shard of run (from 1 to 3)"),
        ("4", "1", "--index: '4' is no shard"),
        ("two", "", "'two' is no shard"),
        (None, "9", "SLURM_ARRAY_TASK_ID: '9' is no shard"),
    ],
)
def test_a_worker_is_told_which_shard(made, monkeypatch, client, index, task, word):
    monkeypatch.setenv("SLURM_ARRAY_TASK_ID", task)
    code, out, err = client("jobs", "work", made.folder, *(() if index is None else ("--index", index)))
    assert (code, out) == (2, "")
    assert word in err
    monkeypatch.setenv("SLURM_ARRAY_TASK_ID", "3")
    assert worker.index_of(None, made) == 3
    assert worker.index_of("2", made) == 2


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (("--slurm", "--local", "2"), "--local: works here, and --slurm elsewhere"),
        (("--partition", "gpu"), "--partition: is about Slurm, and needs --slurm"),
        (("--local", "2", "--module", "cuda"), "--module: is about Slurm, and needs --slurm"),
        (("--dry-run",), "--dry-run: is about Slurm"),
        (("--folder", "x"), "--folder: is that of shards"),
        (("--slurm", "--time", " "), "--time: must be one line of text"),
        (("--slurm", "--env-line", "a\nb"), "--env-line: must be one line of text"),
        (("--slurm", "--method", "isoflop"), "--method: leaves no shards"),
        (("--slurm", "--bootstraps", "0"), "--bootstraps: leaves nothing"),
        (("--local", "2", "--compare"), "--compare: compares what was fitted before"),
    ],
)
def test_options_that_do_not_go_together(client, options, word):
    code, out, err = client("fit", "--example", *options)
    assert (code, out) == (2, "")
    assert word in err
    assert err.count("\n") == 1


def test_the_file_of_the_cluster_and_the_script_it_makes(client, home, tmp_path, monkeypatch):
    config = tmp_path / "config" / "scaletui" / "cluster.toml"
    config.parent.mkdir(parents=True)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    config.write_text(
        'partition = "gpu"\naccount = "lab-7"\ntime = 90\ncpus = 4\nmodules = ["cuda/12.4", "gcc"]\n'
        'environment = ["export X=1"]\n'
    )
    sending = (*FIT, "--slurm", "--dry-run", "--folder", tmp_path / "run")
    code, out, err = client(*sending, "--partition", "cpu", "--memory", "8G")
    assert code == 0, err
    out = re.sub("name=fit-[0-9a-f]{10}\n", "name=NAME\n", out)
    assert out == (
        "#!/bin/bash -l\n#SBATCH --job-name=NAME\n#SBATCH --array=1-3\n"
        f"#SBATCH --chdir={tmp_path}/run\n#SBATCH --output=logs/%A_%a.log\n"
        "#SBATCH --partition=cpu\n#SBATCH --account=lab-7\n#SBATCH --time=90\n#SBATCH --mem=8G\n"
        "#SBATCH --cpus-per-task=4\nmodule load cuda/12.4\nmodule load gcc\nexport X=1\n"
        f"exec {sys.executable} -m scaletui jobs work {tmp_path}/run\n"
    )
    assert not (tmp_path / "run").exists()
    for text, word in (
        ('partitoin = "x"', "cluster.toml:1: 'partitoin' is not a key of the file (did you mean 'partition'?)"),
        ('\ntime = [1]', "cluster.toml:2: time: must be text"),
        ('modules = "cuda"', "cluster.toml:1: modules: must be a list of texts"),
        ('account = ""', "cluster.toml:1: account: must be one line of text"),
        ("account = ", "cluster.toml:1: is not TOML"),
    ):  # fmt: skip
        config.write_text(text)
        code, out, err = client(*sending)
        assert (code, out) == (2, "")
        assert word in err


def test_without_slurm_there_is_one_clear_error(client, tmp_path, tools):
    code, out, err = client(*FIT, "--slurm", "--folder", tmp_path / "run")
    assert (code, out) == (1, "")
    assert err == (
        "scaletui: there is no sbatch here: Slurm is not installed, or not on the PATH "
        "(run this where the cluster's commands are, or use --local N)\n"
    )
    assert client("jobs", "nodes")[0] == 1
    assert client("jobs", "cancel", tmp_path / "run")[0] == 1


def test_what_accounts_the_queue_and_the_files_say(made, tools):
    for index in (4, 7):
        Path(made.folder, f"job-{index}.json").write_text("{}")
    results.write_result(made, 1, [])
    results.write_failure(made, 2, "the worker's own reason")
    tools("sacct", "echo '4_1|COMPLETED|0:0'; echo '4_2|FAILED|1:0'; echo '7_3|CANCELLED by 1000|0:15'")
    tools("squeue", "exit 1")
    shards, silence = states(made)
    assert ([shard.state for shard in shards], silence) == (["done", "failed", "missing"], "")
    assert [shard.reason for shard in shards] == [
        "", "job 4: failed: the worker's own reason", "job 7: cancelled",
    ]  # fmt: skip
    # Out of the accounts' sight, and in the queue; a run of the same name elsewhere is not this one.
    tools("sacct", "echo 'sacct: error: Slurm accounting storage is disabled' >&2; exit 1")
    tools("squeue", f"echo '7|3|PENDING|PartitionConfig|{made.folder}'; echo '9|2|RUNNING|None|/elsewhere/run'")
    shards, silence = states(made)
    assert shards[2] == (3, "pending", "PartitionConfig")
    assert shards[1] == (2, "failed", "the worker's own reason")
    tools("sacct", "echo '7_2|OUT_OF_MEMORY|0:125'; echo '7_3|TIMEOUT|0:0'")
    tools("squeue", "true")
    os.unlink(made.path(2, "failed"))
    Path(made.folder, "logs", "7_2.log").write_text("working\nslurmstepd: error: Detected 1 oom-kill event(s)\n\n")
    assert [shard.reason for shard in states(made)[0]] == [
        "", "job 7: out of memory: slurmstepd: error: Detected 1 oom-kill event(s)", "job 7: timeout",
    ]  # fmt: skip
    tools("sacct", "exit 1")
    tools("squeue", "echo 'squeue: error: no answer' >&2; exit 1")
    shards, silence = states(made)
    assert ([shard.state for shard in shards], silence) == (["done", "missing", "missing"], "squeue: no answer")


def test_what_sbatch_says_must_be_a_number(made, tools):
    tools("squeue", "true")
    tools("sbatch", "/bin/cat > script; echo '12;north'")
    assert slurm.submit(made, slurm.Cluster()) == [(12, [1, 2, 3])]
    ((_, script),) = slurm.submissions(made, slurm.Cluster(), [1, 2, 3])
    assert (Path(made.folder) / "script").read_text() == script
    assert slurm.jobs(made) == [12]
    tools("sbatch", "echo hello")
    with pytest.raises(slurm.Refused, match="said 'hello' in place of a job's number"):
        slurm.submit(made, slurm.Cluster())
    assert slurm.Refused.exit_code == 3


def test_shards_that_ask_for_something_else_are_arrays_of_their_own(tmp_path, tools):
    asks = [{"gres": "gpu:a100:1"}, {}, {"gres": "gpu:a100:1"}, {"gres": "gpu:h100:1", "partition": "new"}]
    one = folders.create("test", "a test", 7, {}, [1, 2, 3, 4], str(tmp_path / "run"), asks=asks)
    assert folders.opened(one.folder) == one
    assert one.called == one.folder
    tools("squeue", "true")
    tools("sbatch", '/bin/cat >> "$PWD/all"; echo $(/bin/grep -c array= "$PWD/all")')
    assert slurm.submit(one, slurm.Cluster(partition="old")) == [(1, [1, 3]), (2, [2]), (3, [4])]
    said = (tmp_path / "run" / "all").read_text().splitlines()
    sent = [line.removeprefix("#SBATCH --") for line in said if line.startswith(("#SBATCH --part", "#SBATCH --gres"))]
    assert sent == ["partition=old", "gres=gpu:a100:1", "partition=old", "partition=new", "gres=gpu:h100:1"]


def test_processors_are_those_of_the_task(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(16)))
    for text, count in (("", 16), ("4", 4), ("64", 16), ("0", 16), ("x", 16)):
        monkeypatch.setenv("SLURM_CPUS_PER_TASK", text)
        assert processors.granted() == count
    monkeypatch.setenv("SLURM_CPUS_PER_TASK", "1")
    assert processors.threads(8) == 1


def test_a_run_is_deleted(client, made):
    code, out, _ = client("jobs", "delete", made.folder)
    assert (code, out) == (0, "")
    assert not os.path.exists(made.folder)
    code, _, err = client("jobs", "delete", made.folder)
    assert (code, "is no folder of a run" in err) == (2, True)


def test_a_run_at_work_is_not_deleted(client, made, monkeypatch):
    from scaletui.jobs import status

    busy = [status.Shard(1, "done", ""), status.Shard(2, "running", ""), status.Shard(3, "pending", "Resources")]
    monkeypatch.setattr(status, "states", lambda run: (busy, ""))
    code, _, err = client("jobs", "delete", made.folder)
    assert (code, "is at work on 2-3" in err, "scaletui jobs cancel" in err) == (2, True, True)
    assert os.path.exists(made.folder)


def test_the_list_counts_what_failed(client, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    code, out, _ = client("jobs", "list", "--format", "json")
    assert "No runs" in json.loads(out)["notes"][0]["text"]
    run = folders.create("test", "a test", 7, {"n": 1}, [1, 2, 3])
    Path(run.path(2, "failed")).write_text("out of luck")
    code, out, _ = client("jobs", "list", "--format", "json")
    assert code == 0
    assert {row["id"]: row["value"] for row in json.loads(out)["rows"]} == {"done": 0.0, "shards": 3.0, "failed": 1.0}
