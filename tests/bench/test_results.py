"""Results as files: names, what is wrong with one, a folder that takes none; no torch."""

from __future__ import annotations

import errno
import json
import os

import pytest

from scaletui.bench import results
from scaletui.bench.results import Keeper, load, names
from scaletui_core.errors import InputError, ScaletuiError
from scaletui_core.measuring import MeasureInputs

SPEC = {"model": "My Model/v2", "batch": 1, "prompt": 8, "shape": [1], "ladder": [1, 2, 3]}
MACHINE = {"event": "machine", "device": "cpu", "dtype": "fp32"}
POINT = {"event": "point", "tokens": 5, "repeat": 0, "seconds": 0.5}


def kept(folder, *events):
    keeper = Keeper(MeasureInputs(), SPEC, str(folder))
    for event in (MACHINE, *events):
        keeper.take(event)
    return keeper


def test_every_timing_is_on_the_disk_as_soon_as_it_is_taken(tmp_path):
    keeper = kept(tmp_path)
    for count in range(1, 4):
        keeper.take({**POINT, "tokens": count})
        assert [point["tokens"] for point in load(keeper.document["name"], str(tmp_path))["points"]] == list(
            range(1, count + 1)
        )
    keeper.close("done")
    assert load("last", str(tmp_path))["status"] == "done"
    assert "shape" not in load("last", str(tmp_path))["spec"]


def test_two_of_one_kind_have_two_names(tmp_path):
    for _ in range(2):
        kept(tmp_path, POINT).close("done")
    assert sorted(names(str(tmp_path))) == ["my-model-v2-cpu-fp32-1", "my-model-v2-cpu-fp32-2"]


def test_one_without_a_timing_is_not_kept(tmp_path):
    kept(tmp_path).close("failed")
    assert [name for name in os.listdir(tmp_path) if not name.startswith(".")] == []


def test_a_name_that_is_none_has_the_nearest(tmp_path):
    with pytest.raises(InputError, match="nothing has been measured yet"):
        load("last", str(tmp_path))
    kept(tmp_path, POINT).close("done")
    for name in ("my-model-v2-cpu-fp32-7", "../my-model-v2-cpu-fp32-1", ""):
        with pytest.raises(InputError, match="no result is called"):
            load(name, str(tmp_path))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: [], "is no result"),
        (lambda d: {**d, "schema": "scaletui.bench/9"}, "is no result"),
        (lambda d: {**d, "points": [{**d["points"][0], "seconds": -1}]}, "'points' is not as"),
        (lambda d: {**d, "points": [{**d["points"][0], "seconds": float("nan")}]}, "'points' is not as"),
        (lambda d: {**d, "points": [{**d["points"][0], "repeat": "x"}]}, "'points' is not as"),
        (lambda d: {**d, "steps": [{"kind": "batch"}]}, "'steps' is not as"),
        (lambda d: {**d, "machine": 3}, "'machine' is not as"),
        (lambda d: {**d, "model": {"name": ""}}, "'model' is not as"),
        (lambda d: {**d, "spec": {"batch": True}}, "'spec' is not as"),
        (lambda d: {**d, "started": 3}, "'started' is not as"),
    ],
)
def test_a_damaged_result_is_one_line(tmp_path, change, said):
    keeper = kept(tmp_path, POINT)
    path = tmp_path / f"{keeper.document['name']}.json"
    path.write_text(json.dumps(change(json.loads(path.read_text()))))
    with pytest.raises(InputError) as caught:
        load("last", str(tmp_path))
    assert said in caught.value.line
    for text in ("{", "[" * 100_000):
        path.write_text(text)
        with pytest.raises(InputError, match="is not JSON"):
            load("last", str(tmp_path))


def test_a_damaged_result_does_not_hide_the_others(tmp_path, run_cli):
    folder = tmp_path / "data" / "scaletui" / "bench"
    kept(folder, POINT).close("done")
    (folder / "bad.json").write_text("{")
    done = run_cli("bench", "list", env={"XDG_DATA_HOME": str(tmp_path / "data")})
    assert done.returncode == 0
    assert "my-model-v2-cpu-fp32-1" in done.stdout
    assert "a result is passed over" in done.stderr


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EROFS])
def test_a_full_disk_is_one_line_and_keeps_what_was_written(tmp_path, monkeypatch, code):
    keeper = kept(tmp_path, POINT)

    def full(*_, **__):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(results, "write_atomically", full)
    with pytest.raises(ScaletuiError, match=f"cannot be written: {os.strerror(code)}"):
        keeper.take(POINT)
    assert len(load("last", str(tmp_path))["points"]) == 1


def test_a_folder_that_takes_nothing_is_said_before_anything_is_measured(tmp_path, run_cli):
    (tmp_path / "data").write_text("a file")
    done = run_cli(
        "bench", "--command", "http://127.0.0.1:9/v1", "--model", "m", env={"XDG_DATA_HOME": str(tmp_path / "data")}
    )
    assert done.returncode == 1
    assert "cannot be written: Not a directory" in done.stderr
    assert done.stderr.count("\n") == 1
