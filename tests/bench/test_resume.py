"""What broke off is gone on with: kill -9 loses no timing, and none is made again; names of one's own; no torch."""

from __future__ import annotations

import errno
import json
import os
import signal
import threading
from pathlib import Path

import pytest
from fake_server import FakeServer
from tiny_shapes import SHAPES

from scaletui.bench import measure, results
from scaletui.bench.document import Growing, continued, have_of
from scaletui.bench.owned import adopt, delete
from scaletui.bench.results import Keeper, load, names
from scaletui.cli import run
from scaletui_core.errors import InputError, ScaletuiError
from scaletui_core.measuring import MeasureInputs

RUNGS = ("5", "10", "15", "20")
SPEC = {"model": "m", "batch": 1, "prompt": 8, "ladder": [1, 2, 3], "url": "http://h/v1", "repeats": 2}
MACHINE = {"event": "machine", "device": "server", "hardware": "http://h/v1", "torch": "2.1"}
POINT = {"event": "point", "tokens": 1, "repeat": 0, "seconds": 0.5}


@pytest.fixture
def data(tmp_path, monkeypatch):
    """The folder of the results; the environment has it."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "data" / "scaletui" / "bench"


@pytest.fixture
def client(capsys):
    def call(*words):
        code = run(["bench", *words])
        return code, *capsys.readouterr()

    return call


def words(server, *more):
    return ("--command", server.url, "--model", "m", "--ladder", ",".join(RUNGS), "--repeats", "2", *more)


def hung(server, start, data, *more):
    """Start a measurement, and return it and its measuring process once the server hangs."""
    process = start("bench", *words(server, *more), env={"XDG_DATA_HOME": str(data.parents[1])}, stdout=-3, stderr=-3)
    assert server.hanging.wait(60)
    (child,) = map(int, Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split())
    return process, child


@pytest.mark.parametrize("victim", ["client", "child", "interrupted"])
def test_what_was_timed_before_a_kill_stays_and_is_not_timed_again(start, data, client, victim):
    with FakeServer(hang_at=7) as server:  # one to warm up, then five timings
        process, child = hung(server, start, data)
        if victim == "interrupted":
            process.send_signal(signal.SIGINT)
        else:
            os.kill(process.pid if victim == "client" else child, signal.SIGKILL)
        assert process.wait(60) == {"client": -9, "child": 1, "interrupted": 130}[victim]
        (name,) = names()
        before = load(name)
        assert before["status"] == {"client": "running", "child": "failed", "interrupted": "interrupted"}[victim]
        assert len(before["points"]) == 5
        asked = len(server.asked)
        code, out, err = client("--resume", "last")
        assert (code, err) == (0, "")
        more = [one["max_tokens"] for one in server.asked[asked + 1 :]]  # the first warms up
        assert more == [point["asked"] for point in load(name)["points"][5:]]
    after = load(name)
    assert names() == [name]
    assert after["points"][:5] == before["points"]
    pairs = [(str(point["asked"]), point["repeat"]) for point in after["points"]]
    assert sorted(pairs) == sorted((rung, repeat) for rung in RUNGS for repeat in (0, 1))
    assert (after["status"], after["id"], len(after["resumed"])) == ("done", before["id"], 1)
    assert f"Measured: m, {server.url}" in out
    code, _, err = client("--resume", name)
    assert (code, err) == (2, f"scaletui: --resume: {name} has all its timings (scaletui bench measures anew)\n")


def test_a_result_that_is_measured_now_is_neither_gone_on_with_nor_deleted(start, data, client):
    with FakeServer(hang_at=4) as server:
        process, _ = hung(server, start, data, "--name", "mine")
        for line in (("--resume", "mine"), ("delete", "mine")):
            code, _, err = client(*line)
            assert (code, "mine is being measured now (wait, or end that)" in err) == (2, True), err
        process.kill()
        process.wait(60)
        assert client("delete", "mine")[0] == 0
    assert names() == []


def test_a_result_that_another_has_just_gone_on_with_is_left_to_it(data, client, monkeypatch):
    """Of two who go on at once one holds it; the other may have read it before, and write over what was timed since."""
    broken_off()
    (name,) = names()
    kept, real = (data / f"{name}.json").read_bytes(), results.load
    grown = iter([False, True])

    def load_(*where):
        document = real(*where)
        return document | ({"points": [*document["points"], POINT | {"repeat": 2}]} if next(grown) else {})

    monkeypatch.setattr(results, "load", load_)
    code, _, err = client("--resume", name)
    assert (code, err) == (2, f"scaletui: --resume: {name} is being measured now (wait, or end that)\n")
    assert (data / f"{name}.json").read_bytes() == kept
    monkeypatch.setattr(results, "load", real)
    client("delete", name)  # nobody holds it any more
    assert names() == []


def broken_off(**machine):
    keeper = Keeper(MeasureInputs(), SPEC)
    for event in ({**MACHINE, **machine}, POINT, {**POINT, "repeat": 1}):
        keeper.take(event)
    keeper.close("interrupted")
    return keeper.document


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("hardware", "was measured with hardware elsewhere, and here it is http://h/v1"),
        ("torch", "was measured with torch elsewhere, and here it is 2.1"),
        ("dtype", "was measured with dtype elsewhere, and here it is None"),
    ],
)
def test_timings_of_another_machine_are_not_mixed_in(data, key, said):
    before = broken_off(**{key: "elsewhere"})
    text = (data / f"{before['name']}.json").read_text()
    keeper = Keeper(MeasureInputs(), continued(before), before=before)
    with pytest.raises(ScaletuiError) as caught:
        keeper.take(MACHINE)
    keeper.close("failed")
    assert str(caught.value) == f"{said}: timings of both are not one result (measure anew)"
    assert (data / f"{before['name']}.json").read_text() == text
    Keeper.resume(before["name"])[0].close("failed")  # nobody holds it


def test_what_cannot_be_gone_on_with_is_one_line(data, client):
    path = data / f"{broken_off()['name']}.json"
    good = json.loads(path.read_text())
    shape = {**good["spec"]}
    del shape["url"]
    for change, line in (
        ({"version": "0.0.1"}, "was begun by scaletui 0.0.1, and this is"),
        ({"spec": shape}, "does not say its shape"),
        ({"spec": shape, "model": {"shape": [1]}}, "'model' is not as a result has it"),
    ):
        path.write_text(json.dumps({**good, **change}))
        code, out, err = client("--resume", "last")
        assert (code in (1, 2), out, err.count("\n")) == (True, "", 1)
        assert line in err
    for option in (("--batch", "2"), ("--name", "x"), ("--model", "pythia-70m")):
        code, _, err = client("--resume", "last", *option)
        assert code == 2
        assert err.startswith(f"scaletui: {option[0]}: is the result's own, which --resume goes on with")
    assert "--resume: goes on here" in client("--resume", "last", "--local", "1")[2]
    assert "no result is called 'nope'" in client("--resume", "nope")[2]


def test_a_model_is_gone_on_with_where_it_was(torch, monkeypatch):
    monkeypatch.setattr(measure, "rates", lambda *_: {"copy": 1e10, "read": 2e10, "matmul": 1e11})
    spec = {
        "ladder": [2, 4, 6], "repeats": 2, "seed": 0, "prompt": 3, "batch": 1, "device": "cpu", "dtype": "fp32",
        "threads": 1, "prefill": 16, "batches": [1, 2], "contexts": [20], "tile": None,
    }  # fmt: skip
    whole = [event for event in measure.measured(SHAPES["llama"], spec) if event["event"] != "progress"]

    def key(event):
        return [event[name] for name in ("event", "tokens", "repeat", "kind", "at") if name in event]

    for cut in range(2, len(whole)):
        keeper = {"points": [], "steps": [], "skipped": []}
        for event in whole[:cut]:
            rest = {name: value for name, value in event.items() if name != "event"}
            if event["event"] in ("point", "step"):
                keeper[event["event"] + "s"].append(rest)
            else:
                keeper[event["event"]] = rest
        found = measure.measured(SHAPES["llama"], {**spec, "have": have_of(keeper)})
        more = [event for event in found if event["event"] != "progress"]
        assert list(map(key, more)) == list(map(key, [*whole[:2], *whole[max(cut, 2) :]]))


def test_processes_that_share_a_model_go_on_where_they_were(torch, monkeypatch):
    monkeypatch.setattr(measure, "rates", lambda *_: {"copy": 1e10, "read": 2e10, "matmul": 1e11})
    spec = {
        "ladder": [2, 4, 6], "repeats": 1, "seed": 0, "prompt": 3, "batch": 1, "device": "cpu", "dtype": "fp32",
        "threads": 1, "prefill": 4, "batches": [], "contexts": [], "tile": 2, "model": "m",
    }  # fmt: skip
    whole = [event for event in measure.measured(SHAPES["llama"], spec) if event["event"] != "progress"]
    kinds = [event["event"] for event in whole]
    assert kinds[-5:] == ["tile", "tile_point", "tile_point", "tile_point", "state"]
    for cut in (-4, -2):  # after the sums, after the second timing
        before = Growing(MeasureInputs(), spec)
        monkeypatch.setattr(before, "_write", lambda: None)
        for event in whole[:cut]:
            before.take(event)
        found = measure.measured(SHAPES["llama"], {**spec, "have": have_of(before.document)})
        more = [event for event in found if event["event"] not in ("progress", "machine", "model")]
        assert [(one["event"], one.get("tokens")) for one in more] == [
            (one["event"], one.get("tokens")) for one in whole[cut:]
        ]


def test_a_result_has_the_name_that_it_is_given(data, client):
    with FakeServer() as server:
        assert client(*words(server, "--name", "my-run_2"))[0] == 0
        assert names() == ["my-run_2"]
        asked = len(server.asked)
        for name, said in (
            ("my-run_2", "a result is called my-run_2 already (choose another, or scaletui bench delete it)"),
            ("last", "'last' is always the newest"),
            ("a/b", "'a/b' cannot be a name: use letters, digits, '-' and '_'"),
            ("", "'' cannot be a name"),
        ):
            code, out, err = client(*words(server, "--name", name))
            assert (code, out) == (2, "")
            assert err.startswith(f"scaletui: --name: {said}")
        assert len(server.asked) == asked
    assert client("delete", "my-run")[2] == "scaletui: NAME: no result is called 'my-run' (did you mean my-run_2?)\n"
    assert client("delete", "../bench/my-run_2")[0] == 2
    assert client("delete", "my-run_2")[0] == 0
    assert names() == []


def test_a_damaged_result_can_be_deleted(data):
    data.mkdir(parents=True)
    (data / "bad.json").write_text("{")
    assert delete("bad") == str(data / "bad.json")
    with pytest.raises(InputError, match="no result is called"):
        delete("bad")


def test_a_result_of_elsewhere_is_taken_once_by_many_at_once(data):
    made = broken_off()
    delete(made["name"])
    found = []
    many = [threading.Thread(target=lambda: found.append(adopt(made, "mine")["name"])) for _ in range(8)]
    for one in many:
        one.start()
    for one in many:
        one.join()
    assert found == ["mine"] * 8
    assert names() == ["mine"]
    assert adopt({**made, "id": "another"}, "mine")["name"] == "m-server-1"  # the name is taken by now


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EROFS])
def test_a_folder_that_takes_no_more_says_so_of_what_was_measured_elsewhere(data, monkeypatch, code):
    made = broken_off()
    delete(made["name"])

    def full(*_, **__):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(results, "write_atomically", full)
    with pytest.raises(ScaletuiError, match=f"cannot be written: {os.strerror(code)}"):
        adopt(made)
    assert names() == []


def test_drafts_of_killed_writers_go_when_they_are_old(data):
    data.mkdir(parents=True)
    for name, age in (("m.json.0123456789ab", 3600), ("n.json.0123456789ab", 0), ("o.json", 3600)):
        (data / name).write_text("")
        now = os.stat(data / name).st_mtime
        os.utime(data / name, (now - age, now - age))
    Keeper(MeasureInputs(), SPEC)
    assert sorted(os.listdir(data)) == ["n.json.0123456789ab", "o.json"]
    assert results.names() == ["o"]
