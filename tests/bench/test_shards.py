"""Measurements as shards, without a cluster: sent, killed, gone on with, put among the results once; no torch."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from fake_server import FakeServer

from scaletui.bench.results import load, names
from scaletui.jobs import benches, folder, worker
from scaletui.jobs import results as shards
from scaletui.jobs.status import states
from scaletui_core.errors import ScaletuiError
from scaletui_core.measuring import MeasureInputs

ROOT = Path(__file__).parents[2]
TYPES = "all*|up|1:00|1|3|1000|gpu:a100:2\nall*|up|1:00|1|3|1000|gpu:h100:1\nall*|up|1:00|1|3|1000|(null)\n\
new|up|1:00|1|3|1000|gpu:h100:1\nold|down|1:00|1|3|1000|gpu:k80:1\n"


def until(what, condition, limit=60.0):
    end = time.monotonic() + limit
    while not (found := condition()):
        assert time.monotonic() < end, f"after {limit:.0f} s still not: {what}"
        time.sleep(0.02)
    return found


@pytest.fixture(autouse=True)
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return {"XDG_DATA_HOME": str(tmp_path / "data")}


@pytest.fixture
def tiny(tmp_path):
    """A folder with the shape of a very small model."""
    place = tmp_path / "tiny"
    place.mkdir()
    shape = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64}
    (place / "config.json").write_text(json.dumps({**shape, "vocab_size": 99}))
    return ("bench", "--hf", str(place), "--ladder", "2,4,6", "--repeats", "1", "--prefill", "16")


def words(server, *more):
    return ("bench", "--command", server.url, "--model", "m", "--ladder", "5,10,15,20", "--repeats", "2", *more)


def only_run():
    (name,) = folder.names()
    return folder.named(name)


def test_the_same_command_measures_once_and_again_anew(client):
    with FakeServer() as server:
        code, first, err = client(*words(server, "--local", "1"))
        assert (code, err) == (0, "")
        assert len(server.asked) == 9
        code, out, err = client(*words(server, "--local", "1"))
        assert (code, out) == (0, first)
        assert err.startswith("scaletui: measured before, 20")
        assert err.endswith(" UTC: --again measures anew\n")
        name = only_run().name
        assert client("jobs", "collect", name)[:2] == (0, first)
        assert (len(server.asked), names()) == (9, ["m-server-1"])
        assert client(*words(server, "--local", "1", "--again"))[0] == 0
        assert (len(server.asked), names()) == (18, ["m-server-1", "m-server-2"])
        assert folder.names() == [name, f"{name}-2"]
        code, out, err = client(*words(server, "--local", "1", "--format", "json"))
        assert json.loads(out)["provenance"]["name"] == "m-server-2"  # the last
        assert client("bench", "delete", "m-server-2")[0] == 0
        assert client(*words(server, "--local", "1"))[0] == 0
        assert names() == ["m-server-1", "m-server-2"]  # it can be had back from the run
        assert len(server.asked) == 18


def test_a_name_makes_another_measurement_and_is_kept(client, tmp_path):
    with FakeServer() as server:
        for _ in range(2):
            assert client(*words(server, "--local", "1", "--name", "monday"))[0] == 0
        assert client(*words(server, "--local", "1", "--folder", tmp_path / "mine"))[0] == 0
        assert names() == ["monday", "m-server-1"]
        code, _, err = client(*words(server, "--local", "1", "--name", "monday", "--again"))
        assert (code, "--name: a result is called monday already" in err) == (2, True)
        out = tmp_path / "kept.json"
        assert client("jobs", "collect", tmp_path / "mine", "--out", out)[0] == 0
        assert json.loads(out.read_text()) == load("m-server-1")
        code, _, err = client(*words(server, "--local", "1", "--seed", "7", "--folder", tmp_path / "mine"))
        assert (code, "holds other work: speed of m (name another folder)" in err) == (2, True)
        assert len(server.asked) == 18


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--local", "2"), "--local: measurements at once on one machine disturb each other (--local 1 makes"),
        (("--each-gpu-type",), "--each-gpu-type: is about Slurm, and needs --slurm"),
        (("--local", "1", "--each-gpu-type"), "--each-gpu-type: is about Slurm, and needs --slurm"),
        (("--slurm", "--each-gpu-type", "--gres", "gpu:1"), "--gres: --each-gpu-type asks for each in turn"),
        (("--again",), "--again: is about shards, and needs --slurm or --local"),
        (("--folder", "x"), "--folder: is about shards, and needs --slurm or --local"),
        (("--local", "1", "--again", "--folder", "x"), "--again: a new --folder measures anew"),
        (("--partition", "x"), "--partition: is about Slurm, and needs --slurm"),
        (("--slurm", "--each-gpu-type", "--command", "http://h/v1", "--model", "m"), "--command: measures what"),
        (("--slurm", "list"), "--slurm: measures, and list does not"),
        (("--env-line", "x", "list"), "--env-line: measures, and list does not"),
        (("--each-gpu-type", "show"), "--each-gpu-type: measures, and show does not"),
    ],
)
def test_options_that_do_not_go_together(client, options, said):
    code, out, err = client("bench", *options)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"scaletui: {said}")
    assert folder.names() == []


def test_a_run_of_measurements_is_not_resumed_by_several_workers(client):
    with FakeServer(status=500) as server:
        code, _, err = client(*words(server, "--local", "1"))
    assert (code, "shard 1: " in err, "answered 500" in err) == (1, True, True)
    code, _, err = client("jobs", "resume", only_run().name, "--local", "4")
    assert (code, err.startswith("scaletui: --local: measurements at once")) == (2, True)


def children(pid):
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("victim", ["client", "worker", "child"])
def test_kill_9_loses_no_timing_of_a_shard(start, client, data, victim):
    with FakeServer(hang_at=7) as server:  # one to warm up, then five timings
        process = start(*words(server, "--local", "1"), env=data, stdout=-3, stderr=subprocess.PIPE)
        assert server.hanging.wait(60)
        (ours,) = children(process.pid)
        # The main thread of a worker starts the process that measures.
        (measures,) = children(ours)
        one = only_run()
        assert states(one)[0] == [(1, "running", "")]
        os.kill({"client": process.pid, "worker": ours, "child": measures}[victim], signal.SIGKILL)
        said = process.communicate(timeout=60)[1].decode()
        assert process.returncode == (-9 if victim == "client" else 1)
        until("nothing running", lambda: not is_alive(ours) and not is_alive(measures))
        ((_, state, why),) = states(one)[0]
        if victim == "client":
            assert (state, why) == ("missing", "")
        else:
            reason = "its worker was killed by signal 9" if victim == "worker" else "was ended by SIGKILL"
            assert (state, reason in why, reason in said) == ("failed", True, True)
        part = Path(one.path(1, shards.PART))
        before = json.loads(part.read_text())
        assert len(before["points"]) == 5
        assert names() == []
        asked = len(server.asked)
        code, _, err = client(*words(server, "--local", "1"))
        assert (code, err) == (0, "")
        assert len(server.asked) - asked == 1 + 3  # one to warm up, and what was missing
    after = load("last")
    assert after["points"][:5] == before["points"]
    assert (len(after["points"]), after["id"], after["status"]) == (8, before["id"], "done")
    assert {(point["asked"], point["repeat"]) for point in after["points"]} == {
        (rung, repeat) for rung in (5, 10, 15, 20) for repeat in (0, 1)
    }
    assert not part.exists()


def test_a_worker_says_that_another_is_at_work_and_a_pool_what_waits(start, client, data):
    with FakeServer(hang_at=4) as server:
        asked = {"inputs": {}, "spec": {**SPEC, "url": server.url}, "name": None, "each": False}
        one = folder.create("bench", "two of a kind", 0, asked, [{}, {}])
        pool = start("jobs", "resume", one.name, "--local", "1", env=data, stdout=-3, stderr=-3)
        assert server.hanging.wait(60)
        waits = "waits for its turn in a pool on this machine"
        assert states(one)[0] == [(1, "running", ""), (2, "pending", waits)]
        code, _, err = client("jobs", "work", one.name, "--index", "1")
        assert (code, "shard 1: another process works on it (wait, or end that)" in err) == (1, True)
        pool.kill()
        pool.wait(60)
        until("nobody at work", lambda: [state for _, state, _ in states(one)[0]] == ["missing"] * 2)


SPEC = {
    "ladder": [5, 10, 15], "repeats": 1, "seed": 0, "prompt": 8, "batch": 1, "model": "m", "key_env": "KEY",
    "url": "http://127.0.0.1:9/v1",
}  # fmt: skip


@pytest.fixture
def made(tmp_path):
    """A run of one shard, of a server."""
    inputs = MeasureInputs(command="http://127.0.0.1:9/v1", model="m")
    return benches.run_of(inputs, SPEC, folder=str(tmp_path / "run"))


class Events:
    """In place of the process that measures: it says what it is told to, from ``told``."""

    told: tuple[dict, ...] = ()

    def __init__(self, spec):
        self.have = spec.get("have")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def events(self):
        for event in self.told:
            if isinstance(event, ScaletuiError):
                raise event
            if not (self.have and [event.get("asked"), event.get("repeat")] in self.have["points"]):
                yield event


def told(*more, **machine):
    points = [{"event": "point", "tokens": n, "asked": n, "repeat": 0, "seconds": n / 100} for n in SPEC["ladder"]]
    return ({"event": "machine", "device": "server", "hardware": "here", **machine}, *points, *more)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES])
def test_a_run_that_takes_no_more_is_one_clear_error_and_keeps_what_it_has(made, client, monkeypatch, number):
    written = []

    def full(path, text, **more):
        written.append(path)
        if len(written) > 2:
            raise OSError(number, os.strerror(number))
        write(path, text, **more)

    write = benches.write_atomically
    monkeypatch.setattr(benches, "write_atomically", full)
    monkeypatch.setattr(benches, "Measuring", Events)
    monkeypatch.setattr(Events, "told", told())
    code, out, err = client("jobs", "work", made.folder, "--index", "1")
    assert (code, out, err.count("\n")) == (1, "", 1)
    said = f"{made.folder}: cannot write shard-0001.part.json: {os.strerror(number)} ("
    assert err.startswith(f"scaletui: run, shard 1: {said}")
    assert states(made)[0][0].state == "failed"
    assert len(json.loads(Path(made.path(1, shards.PART)).read_text())["points"]) == 1
    monkeypatch.setattr(benches, "write_atomically", write)
    assert client("jobs", "work", made.folder, "--index", "1")[:2] == (0, "done 1\n")
    (document,) = shards.results(made)
    assert [point["tokens"] for point in document["points"]] == SPEC["ladder"]


def test_a_disk_that_is_really_full(tmp_path, start):
    tried = ["unshare", "-m", "true"] if shutil.which("unshare") else ["false"]
    if subprocess.run(tried, capture_output=True, check=False).returncode:
        pytest.skip("needs to mount a small disk")
    disk = tmp_path / "disk"
    disk.mkdir()
    with FakeServer() as server:
        command = [sys.executable, "-m", "scaletui", *words(server, "--local", "1", "--folder", str(disk / "run"))]
        command[command.index("--repeats") + 1] = "200"
        line = f'mount -t tmpfs -o size=64k none "{disk}" && "$@"; code=$?; cat "{disk}"/run/*.part.json; exit $code'
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            ["unshare", "-m", "sh", "-c", line, "sh", *command], env=environment, capture_output=True, text=True,
            timeout=120, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith(
        f"scaletui: run: 1 of 1 shards are missing, 1; shard 1: {disk}/run: cannot write shard-0001.part.json: "
        "No space left on device (make room, or name another folder; finished shards stay) ("
    )
    assert done.stderr.count("\n") == 1
    assert len(json.loads(done.stdout)["points"]) > 20


def test_a_node_of_another_kind_begins_anew(made, client, monkeypatch):
    monkeypatch.setattr(benches, "Measuring", Events)
    monkeypatch.setattr(Events, "told", told(ScaletuiError("out of luck"), hardware="there"))
    assert client("jobs", "work", made.folder, "--index", "1")[0] == 1
    part = json.loads(Path(made.path(1, shards.PART)).read_text())
    assert (len(part["points"]), part["status"], part["machine"]["hardware"]) == (3, "failed", "there")
    monkeypatch.setattr(Events, "told", told())
    assert client("jobs", "work", made.folder, "--index", "1")[0] == 0
    (document,) = shards.results(made)
    assert (len(document["points"]), document["machine"]["hardware"]) == (3, "here")
    assert document["id"] != part["id"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": "0"}', None])
def test_what_there_is_of_a_shard_may_be_damaged(made, client, monkeypatch, text):
    monkeypatch.setattr(benches, "Measuring", Events)
    monkeypatch.setattr(Events, "told", told())
    if text is None:
        Path(made.path(1, shards.PART)).mkdir()
        assert (
            "cannot write shard-0001.part.json: Is a directory"
            in client("jobs", "work", made.folder, "--index", "1")[2]
        )
        return
    Path(made.path(1, shards.PART)).write_text(text)
    assert client("jobs", "work", made.folder, "--index", "1")[0] == 0
    good = json.loads(Path(made.path(1)).read_text())
    for value in (5, {}, {**good["value"], "points": 3}, {**good["value"], "id": None}):
        Path(made.path(1)).write_text(json.dumps({**good, "value": value}) + "\n")
        code, out, err = client("jobs", "collect", made.folder)
        assert (code, out) == (1, "")
        assert err == "scaletui: shard 1: its result is damaged (delete it, and resume the run)\n"


def test_what_killed_workers_left_goes_when_the_run_is_collected(made, client, monkeypatch):
    monkeypatch.setattr(benches, "Measuring", Events)
    monkeypatch.setattr(Events, "told", told())
    place = Path(made.folder)
    for name, age in (("shard-0001.json.0123456789ab", 0), ("shard-0001.part.json.0123456789ab", 0),
                      ("spec.json.0123456789ab", 3600), ("input.json.0123456789ab", 0), ("notes", 3600)):  # fmt: skip
        (place / name).write_text("")
        os.utime(place / name, (time.time() - age,) * 2)
    assert client("jobs", "work", made.folder, "--index", "1")[0] == 0
    (place / "shard-0001.part.json").write_text("{}")  # its worker was killed between the result and this
    assert client("jobs", "collect", made.folder)[0] == 0
    left = {"spec.json", "input.json", "shard-0001.json", "at-work", "logs", "notes", "input.json.0123456789ab"}
    assert {path.name for path in place.iterdir()} == left


def test_threads_are_those_that_were_granted_and_a_gpu_is_not_a_cpu(made, monkeypatch, tmp_path):
    seen = []

    class Kept(Events):
        def __init__(self, spec):
            seen.append((spec["threads"], spec["device"]))
            super().__init__(spec)

    monkeypatch.setattr(benches, "Measuring", Kept)
    monkeypatch.setattr("scaletui.bench.asked.torch_is_there", lambda: True)
    monkeypatch.setattr(Events, "told", told())
    for index, (threads, device, shard) in enumerate(
        (
            (None, None, {}),
            (None, None, {"tile": 2}),
            (2, "cpu", {}),
            (64, "cpu", {}),
            (None, None, {"gpu": "a100"}),
            (None, "cpu", {"gpu": "a100"}),
        )
    ):
        spec = {name: value for name, value in SPEC.items() if name not in ("url", "key_env")}
        more = {"threads": threads, "device": device, "shape": [], "tile": shard.get("tile")}
        asked = {"inputs": {}, "spec": {**spec, **more}}
        document = benches.work(asked, shard, 4, str(tmp_path / f"{index}.json"))
        assert document.get("on") == shard.get("gpu")
    assert seen == [(4, None), (1, None), (2, "cpu"), (4, "cpu"), (4, "cuda"), (4, "cpu")]


def test_without_torch_it_is_sent_and_a_worker_says_what_to_install(tiny, client, monkeypatch, tmp_path):
    monkeypatch.setattr("scaletui.bench.asked.torch_is_there", lambda: False)
    code, out, _ = client(*tiny, "--slurm", "--dry-run", "--folder", tmp_path / "run")
    assert (code, "#SBATCH --array=1\n" in out, (tmp_path / "run").exists()) == (0, True, False)
    inputs = MeasureInputs(hf=tiny[2])
    from scaletui import locations
    from scaletui.bench.asked import specification

    one = benches.run_of(inputs, specification(inputs, locations.catalog(), here=False), folder=str(tmp_path / "run"))
    with pytest.raises(ScaletuiError) as caught:
        worker.work(one, 1, 1)
    said = "torch is not installed, and the benchmark measures with it: pip install 'scaletui[bench]'"
    assert str(caught.value) == f"run, shard 1: {said}"
    assert states(one)[0] == [(1, "failed", said)]


def test_each_type_of_gpu_is_a_shard_that_asks_for_it(tiny, client, tools, monkeypatch):
    tools("sinfo", f"/bin/cat <<'END'\n{TYPES}END")
    tools("squeue", "true")
    tools("sbatch", '/bin/cat >> "$PWD/all"; echo $(/bin/grep -c array= "$PWD/all")')
    sending = (*tiny, "--device", "cpu", "--slurm", "--each-gpu-type")
    code, script, _ = client(*sending, "--dry-run")
    assert (code, folder.names()) == (0, [])
    code, out, err = client(*sending)
    assert code == 0, err
    one = only_run()
    assert out == f"{one.name}\n"
    assert one.title == "speed of tiny on each type of GPU"
    assert one.shards == ({"gpu": "a100"}, {"gpu": "h100"})
    assert one.asks == ({"gres": "gpu:a100:1", "partition": "all"}, {"gres": "gpu:h100:1", "partition": "all"})
    assert Path(one.folder, "all").read_text() == script
    said = [line for line in script.splitlines() if "partition" in line or "gres" in line or "array" in line]
    assert said == [
        "#SBATCH --array=1", "#SBATCH --partition=all", "#SBATCH --gres=gpu:a100:1",
        "#SBATCH --array=2", "#SBATCH --partition=all", "#SBATCH --gres=gpu:h100:1",
    ]  # fmt: skip
    shown = client("jobs", "show", one.name)[1]
    assert "missing: shard 1 on gpu:a100:1" in shown
    assert "missing: shard 2 on gpu:h100:1" in shown
    # Another cluster by now, or none: the same command is still about the same run.
    tools("sinfo", "echo 'none' >&2; exit 1")
    monkeypatch.setattr("scaletui.bench.asked.torch_is_there", lambda: True)
    monkeypatch.setattr(benches, "Measuring", Events)
    model = {"event": "model", "name": "tiny", "source": "test", "params": 10, "params_read": 9, "bytes_per_weight": 4,
             "kv_bytes_per_token": 1.0, "memory": 100.0}  # fmt: skip
    for index, speed in ((1, 100.0), (2, 200.0)):
        events = told(model, device="cpu", dtype="fp32", hardware=f"chip {index}")
        points = [{**event, "seconds": event["tokens"] / speed} if "tokens" in event else event for event in events]
        monkeypatch.setattr(Events, "told", points)
        assert worker.work(one, index, 1)
    code, out, err = client(*sending, "--format", "json")
    assert code == 0, err
    rows = {row["subject"]: row["value"] for row in json.loads(out)["rows"] if row["id"] == "speed_ratio"}
    assert rows == {"tiny-a100-node-cpu-fp32-1": 1.0, "tiny-h100-node-cpu-fp32-1": pytest.approx(2.0)}
    assert client("jobs", "collect", one.name, "--format", "json")[1] == out
    assert sorted(names()) == ["tiny-a100-node-cpu-fp32-1", "tiny-h100-node-cpu-fp32-1"]


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--partition", "new"), 0, ["new gpu:h100:1"]),
        (("--partition", "new,all"), 0, ["all gpu:a100:1", "all gpu:h100:1"]),
        (("--partition", "old"), 2, "--each-gpu-type: partition old has no GPUs that are up (scaletui jobs nodes"),
        (("--name", "tuesday"), 0, ["all gpu:a100:1", "all gpu:h100:1"]),
        (("--name", "taken"), 2, "--name: a result is called taken-h100 already"),
    ],
)
def test_gpus_are_looked_for_where_it_is_said(tiny, client, tools, options, code, said, tmp_path):
    tools("sinfo", f"/bin/cat <<'END'\n{TYPES}END")
    kept = tmp_path / "data" / "scaletui" / "bench" / "taken-h100.json"
    kept.parent.mkdir(parents=True)
    kept.write_text("{}")
    ended, out, err = client(*tiny, "--slurm", "--each-gpu-type", "--dry-run", *options)
    assert ended == code, err
    if code:
        assert err.startswith(f"scaletui: {said}")
        return
    found = [line.partition("=")[2] for line in out.splitlines() if "partition" in line or "gres" in line]
    assert [" ".join(pair) for pair in zip(found[::2], found[1::2], strict=True)] == said
