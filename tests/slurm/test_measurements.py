"""Measurements on a real Slurm: one job for each type of GPU, cancelled and gone on with, a node without torch."""

from __future__ import annotations

import importlib.util
import json
import os

import pytest
from fake_server import FakeServer
from slurm_here import until

from scaletui.bench.results import load, names


@pytest.fixture(autouse=True)
def _own_results(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


@pytest.fixture
def told(client):
    """How many shards of a run are in each state, and what is said of them."""

    def ask(folder):
        code, out, err = client("jobs", "show", folder, "--format", "json")
        assert code == 0, err
        answer = json.loads(out)
        return {
            **{row["id"]: row["value"] for row in answer["rows"]},
            **{f"{note['id']} why": note["text"] for note in answer["notes"]},
        }

    return ask


@pytest.fixture
def folder(tmp_path, client):
    """The folder of a run; its jobs end with the test."""
    place = tmp_path / "run"
    yield place
    if place.exists():
        assert client("jobs", "cancel", place)[0] == 0


@pytest.fixture
def bench(tmp_path, folder):
    """A measurement that takes no time, but for what loads torch."""
    shape = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64}
    (tmp_path / "tiny").mkdir()
    (tmp_path / "tiny" / "config.json").write_text(json.dumps({**shape, "vocab_size": 99}))
    words = ("bench", "--hf", tmp_path / "tiny", "--device", "cpu", "--ladder", "2,4,6", "--repeats", "1")
    return (*words, "--prefill", "16", "--slurm", "--folder", folder)


def test_each_type_of_gpu_is_measured_by_a_job_of_its_own(slurm, require, bench, folder, client, told):
    require("torch", importlib.util.find_spec("torch") is not None, "torch is not installed")
    sending = (*bench, "--each-gpu-type", "--cpus", "2", "--env-line", 'echo "$SLURMD_NODENAME"')
    code, out, err = client(*sending)
    assert (code, out) == (0, f"{folder}\n"), err
    jobs = sorted((json.loads(path.read_text()) for path in folder.glob("job-*.json")), key=lambda one: one["job"])
    assert [one["shards"] for one in jobs] == [[1], [2]]
    assert ["--gres=gpu:a100:1\n" in one["script"] for one in jobs] == [True, False]
    assert ["--gres=gpu:h100:1\n" in one["script"] for one in jobs] == [False, True]
    until("both measured", lambda: told(folder)["done"] == 2)
    nodes = [(folder / "logs" / f"{one['job']}_{shard}.log").read_text() for shard, one in enumerate(jobs, 1)]
    assert [node.split()[0] for node in nodes] == ["gpu1", "gpu2"]
    assert names() == []
    code, compared, err = client(*sending, "--format", "json")
    assert code == 0, err
    assert sorted(names()) == ["tiny-a100-node-cpu-fp32-1", "tiny-h100-node-cpu-fp32-1"]
    said = json.loads(compared)
    beside = {row["subject"] for row in said["rows"]} | {note["id"].partition(":")[2] for note in said["notes"]}
    assert set(names()) <= beside  # a line through so few timings may lead nowhere, and is then said to
    for name in names():
        document = load(name)
        assert (document["status"], len(document["points"]), document["machine"]["threads"]) == ("done", 3, 2)
    assert client("jobs", "collect", folder, "--format", "json")[1] == compared
    assert len(names()) == 2


def test_a_measurement_that_is_cancelled_goes_on_with_what_it_has(slurm, folder, client, told):
    with FakeServer(hang_at=7) as server:  # one to warm up, then five timings
        words = ("bench", "--command", server.url, "--model", "m", "--ladder", "5,10,15,20", "--repeats", "2")
        sending = (*words, "--slurm", "--folder", folder)
        assert client(*sending)[0] == 0
        assert server.hanging.wait(60)
        assert told(folder)["running"] == 1
        assert client("jobs", "cancel", folder)[0] == 0
        until("taken back", lambda: told(folder)["missing"] == 1)
        before = json.loads((folder / "shard-0001.part.json").read_text())
        assert len(before["points"]) == 5
        asked = len(server.asked)
        assert client(*sending)[0] == 0
        until("measured", lambda: told(folder)["done"] == 1)
        assert len(server.asked) - asked == 1 + 3
        assert client(*sending)[0] == 0
    assert load("m-server-1")["points"][:5] == before["points"]
    assert not (folder / "shard-0001.part.json").exists()


def test_a_node_without_torch_is_one_clear_failure(slurm, bench, folder, client, told, tmp_path):
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text('import sys\nsys.modules["torch"] = None\n')
    path = f"{tmp_path / 'site'}{os.pathsep}$PYTHONPATH"
    assert client(*bench, "--env-line", f'export PYTHONPATH="{path}"')[0] == 0
    until("a failure", lambda: told(folder)["failed"] == 1)
    said = "torch is not installed, and the benchmark measures with it: pip install 'scaletui[bench]'."
    assert told(folder)["failed why"].endswith(f": failed: {said}")
    code, out, err = client("jobs", "collect", folder)
    assert (code, out, "1 of 1 shards have no result yet: 1" in err) == (1, "", True)
