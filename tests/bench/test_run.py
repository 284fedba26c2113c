"""A shape measured from end to end on a CPU, with a short ladder, and all that is said where it cannot be."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from tiny_shapes import SHAPES

from scaletui.bench import asked, measure
from scaletui.bench.measure import fitting, measured, rates
from scaletui.bench.runner import Run
from scaletui.bench.shapes import needed, params_of, shapes
from scaletui.cli import run
from scaletui_core.errors import ScaletuiError

SCHEMA = json.loads((Path(__file__).parents[2] / "scaletui" / "render" / "answer.schema.json").read_text())
SPEC = {
    "ladder": [2, 4, 6], "repeats": 2, "seed": 0, "prompt": 3, "batch": 1, "device": "cpu", "dtype": "fp32",
    "threads": 1, "prefill": 16, "batches": [1, 2], "contexts": [20], "tile": None,
}  # fmt: skip


@pytest.fixture
def quick(monkeypatch):
    """The machine's own rates without the hundreds of megabytes that an honest one needs."""
    monkeypatch.setattr(measure, "rates", lambda *_: {"copy": 1e10, "read": 2e10, "matmul": 1e11})


def test_a_70m_model_is_measured_from_end_to_end(torch, run_cli, tmp_path):
    data = {"XDG_DATA_HOME": str(tmp_path / "data")}
    done = run_cli(
        "bench",
        "--ladder",
        "4,24,44,64",
        "--prefill",
        "32",
        "--device",
        "cpu",
        "--threads",
        "1",
        "--format",
        "json",
        env=data,
    )
    assert (done.returncode, done.stderr) == (0, "")
    answer = json.loads(done.stdout)
    jsonschema.validate(answer, SCHEMA)
    rows = {(row["id"], row.get("subject")): row for row in answer["rows"]}
    assert rows["params", None]["value"] == 70426624
    slope = rows["time_per_token", "measured"]["value"]
    assert rows["tokens_per_minute", "measured"]["value"] == pytest.approx(60 / slope)
    assert rows["r_squared", None]["value"] > 0.5  # above 0.99 where nothing else runs, which is a benchmark's to say
    assert 0.0 < rows["bandwidth_share", "measured"]["value"] < 1.5
    assert rows["tokens_per_minute", "pythia-70m"]["value"] == 31809
    (path,) = (tmp_path / "data" / "scaletui" / "bench").glob("*.json")
    kept = json.loads(path.read_text())
    assert (kept["status"], kept["name"]) == ("done", "pythia-70m-cpu-fp32-1")
    assert sorted({(p["tokens"], p["repeat"]) for p in kept["points"]}) == [
        (n, r) for n in (4, 24, 44, 64) for r in range(3)
    ]
    assert kept["machine"]["torch"] == torch.__version__
    shown = run_cli("bench", "show", "pythia-70m-cpu-fp32-1", "--format", "json", env=data)
    assert json.loads(shown.stdout)["rows"] == answer["rows"]


def test_the_events_of_a_measurement(torch, quick, tiny):
    found = list(measured(tiny, SPEC))
    kinds = [event["event"] for event in found if event["event"] != "progress"]
    assert kinds == ["machine", "model", "roofline", *["point"] * 6, "prefill", *["step"] * 3, "state"]
    points = [event for event in found if event["event"] == "point"]
    assert sorted((p["repeat"], p["tokens"]) for p in points) == [(r, n) for r in (0, 1) for n in (2, 4, 6)]
    assert all(point["seconds"] > 0.0 for point in points)
    steps = [event for event in found if event["event"] == "step"]
    assert [(step["kind"], step["at"], step["batch"]) for step in steps] == [
        ("batch", 1, 1), ("batch", 2, 2), ("context", 20, 1),
    ]  # fmt: skip
    assert all(step["low"] <= step["seconds"] <= step["high"] for step in steps)
    json.dumps(found, allow_nan=False)


def test_a_repeat_has_an_order_of_its_own_and_a_seed_gives_it_again(torch, quick):
    def order(seed):
        spec = {**SPEC, "ladder": list(range(1, 9)), "seed": seed, "batches": [], "contexts": [], "prefill": 1}
        points = [event for event in measured(SHAPES["tied"], spec) if event["event"] == "point"]
        return [[p["tokens"] for p in points if p["repeat"] == repeat] for repeat in (0, 1)]

    first = order(0)
    assert first[0] != first[1]
    assert all(sorted(one) == list(range(1, 9)) for one in first)
    assert order(0) == first
    assert order(1) != first


def test_a_batch_that_does_not_fit_is_passed_over(torch, quick, monkeypatch):
    shape = SHAPES["llama"]
    free = needed(shape, 4, 4, 40) / 0.92
    monkeypatch.setattr(measure, "free_bytes", lambda _: free)
    found = list(measured(shape, {**SPEC, "batches": [2, 64], "prefill": 100_000}))
    skipped = [(event["kind"], event["at"]) for event in found if event["event"] == "skipped"]
    assert skipped == [("prefill", 100_000), ("batch", 64)]
    assert [event["at"] for event in found if event["event"] == "step"] == [2, 20]


def test_what_does_not_fit_is_answered_with_the_largest_that_does(catalog):
    known = shapes(catalog)
    spec = {"prompt": 8, "ladder": [100, 1900], "batch": 1}
    fitting(known["pythia-1-4b"], spec, "cuda", "bf16", 16e9, known)
    with pytest.raises(
        ScaletuiError, match=r"pythia-12b in bf16 takes 26\.\d GB, and 16 GB of the cuda are free: the"
    ) as caught:
        fitting(known["pythia-12b"], spec, "cuda", "bf16", 16e9, known)
    largest = str(caught.value).rpartition(" ")[2]
    size = {name: needed(one, 2, 1, 1908, 8) for name, one in known.items()}
    assert size[largest] <= 0.92 * 16e9
    larger = [name for name, one in known.items() if params_of(one) > params_of(known[largest])]
    assert larger
    assert all(size[name] > 0.92 * 16e9 for name in larger)
    with pytest.raises(ScaletuiError, match="no shape fits"):
        fitting(known["pythia-12b"], spec, "cpu", "fp32", 1e6, known)
    fitting(known["pythia-12b"], spec, "cpu", "fp32", None, known)  # where nothing says what is free, it is tried


def test_the_rates_of_a_machine_are_those_of_its_operations(torch):
    found = rates("cpu", "fp32", size=2**22, side=128)
    assert set(found) == {"copy", "read", "matmul"}
    assert all(value > 0.0 for value in found.values())


def test_a_measuring_process_says_its_events_and_what_went_wrong(torch):
    shape = SHAPES["neox"]
    spec = {**SPEC, "shape": list(shape), "batches": [], "contexts": []}
    with Run(spec) as under_way:
        events = list(under_way.events())
    assert [event["params"] for event in events if event["event"] == "model"] == [params_of(shape)]
    with Run({**spec, "device": "mps"}) as under_way, pytest.raises(ScaletuiError, match="finds no mps device here"):
        list(under_way.events())
    with Run({**spec, "ladder": "x"}) as under_way, pytest.raises(ScaletuiError, match="the measuring process died: "):
        list(under_way.events())


def test_without_torch_one_line_says_what_to_install(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setattr(asked, "torch_is_there", lambda: False)
    assert run(["bench"]) == 1
    assert capsys.readouterr().err == (
        "scaletui: torch is not installed, and the benchmark measures with it: pip install 'scaletui[bench]'\n"
    )


def test_a_torch_that_goes_away_or_does_not_load_is_one_line(monkeypatch):
    from scaletui.bench.torch_here import torch_module

    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ScaletuiError, match=r"does not load|is not installed"):
        torch_module()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("--model pythia-1.3b", "--model: no shape is called 'pythia-1.3b' (did you mean pythia-"),
        ("--model pythia-70m --params 1B", "--params: --model names a shape too: drop one"),
        ("--ladder 3,4", "--ladder: needs three rungs or more"),
        ("--repeats 1..2", "--repeats: takes one number, not a range"),
        ("--dtype int4", "--dtype: must be one of bf16, fp16, fp32"),
        ("--device cuda --threads 2", "--threads: are of a CPU"),
        ("--command http://h/v1", "--command: needs --model"),
        ("--key-env X", "--key-env: needs --command URL"),
        ("--format xml", "--format: no format is called 'xml'"),
        ("--dtype fp32 list", "--dtype: measures, and list does not: drop it"),
        ("--format json list", "--format: stands after list"),
        ("compare", "NAME: takes two results or more"),
        ("compare a a", "NAME: nothing has been measured yet"),
        ("show", "NAME: nothing has been measured yet"),
    ],
)
def test_what_is_wrong_is_one_message_and_exit_code_2(line, said, monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert run(["bench", *line.split()]) == 2
    out, err = capsys.readouterr()
    assert (out, err.startswith(f"scaletui: {said}")) == ("", True), err


def test_help_and_lists_import_no_torch(torch, clean_environment, tmp_path):
    program = """
import sys
from scaletui.cli import run
for line in (["bench", "--help"], ["bench", "list"], ["bench", "--dtype", "x"]):
    run(line)
assert not {"torch", "numpy", "http.client"} & set(sys.modules), sorted(sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=clean_environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, "AssertionError" in done.stderr) == (0, False), done.stderr


def test_a_terminal_sees_progress_and_a_pipe_none(torch, on_terminal, tmp_path):
    config = tmp_path / "tiny"
    config.mkdir()
    shape = {
        "hidden_size": 32,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 64,
        "vocab_size": 99,
    }
    (config / "config.json").write_text(json.dumps(shape))
    code, text = on_terminal(
        "bench", "--hf", str(config), "--ladder", "2,4,6", "--repeats", "1", "--device", "cpu", "--threads", "1",
        XDG_DATA_HOME=str(tmp_path / "data"),
    )  # fmt: skip
    assert code == 0
    assert "memory and arithmetic of the machine..." in text
    assert "[####################] 3 of 3 timings" in text
    assert "tiny" in text
