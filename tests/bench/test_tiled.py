"""A model that several processes share is the same model; what k-tiling came to is told with its claim."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import threading
from types import SimpleNamespace

import pytest
from tiny_shapes import SHAPES

from scaletui.bench import measure, tiled
from scaletui.bench.measure import measured
from scaletui.bench.model import Decoder
from scaletui.bench.results import Keeper, fault, load
from scaletui.bench.runner import Run
from scaletui.bench.share import Share, hindrance, reductions
from scaletui.cli import run
from scaletui.render.figures import figure_named
from scaletui_core.errors import InputError, ScaletuiError
from scaletui_core.measured import answer_of
from scaletui_core.measuring import MeasureInputs
from scaletui_core.tiled import reduced_speed_up, tiles_of

CLOSE = {"fp32": 2e-6, "bf16": 0.06, "int8": 0.06}
"""Largest difference of a logit from that of one process, relative to the spread of the logits."""
SPEC = {
    "ladder": [2, 4, 6], "repeats": 2, "seed": 0, "prompt": 3, "batch": 1, "device": "cpu", "dtype": "fp32",
    "threads": 1, "prefill": 4, "batches": [], "contexts": [], "tile": 2,
}  # fmt: skip


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(measure, "rates", lambda *_: {"copy": 1e10, "read": 2e10, "matmul": 1e11})


class Lockstep:
    """Sums and joins between threads, as processes do them, with a barrier each."""

    def __init__(self, torch, parts):
        self.torch, self.barrier, self.slots = torch, threading.Barrier(parts), [None] * parts

    def of(self, share):
        def gathered(x):
            self.slots[share.rank] = x.clone()
            self.barrier.wait(60)
            found = list(self.slots)
            self.barrier.wait(60)
            return found

        def joined(part, width):
            return self.torch.cat(gathered(part), -1)[..., :width]

        return SimpleNamespace(share=share, summed=lambda x: sum(gathered(x)), joined=joined)


def shared_logits(torch, shape, dtype, parts, batch):
    """The logits of the prompt and some steps, of each process."""
    lockstep, found = Lockstep(torch, parts), {}

    def work(rank):
        share = Share(rank, parts)
        model = Decoder(shape, "cpu", dtype, context=16, batch=batch, share=share)
        model._together = lockstep.of(share)
        found[rank] = logits_of(torch, model)

    threads = [threading.Thread(target=work, args=(rank,)) for rank in range(parts)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return found


def logits_of(torch, model):
    prompt = model.prompt(5)
    logits = [model.prefill(prompt)]
    model.tokens[:, 5:9] = torch.tensor([7, 11, 3, 29])
    logits += [model.step(position) for position in range(5, 9)]
    return torch.stack(logits, 1).double()


@pytest.mark.parametrize("dtype", list(CLOSE))
@pytest.mark.parametrize(
    ("name", "parts"), [("neox", 4), ("neox", 2), ("llama", 2), ("llama", 4), ("llama", 8), ("tied", 3), ("gpt-2", 2)]
)
def test_shares_of_a_model_are_together_the_model(torch, name, parts, dtype):
    shape = SHAPES[name]
    assert hindrance(shape, parts) == ""
    alone = logits_of(torch, Decoder(shape, "cpu", dtype, context=16, batch=2))
    for rank, logits in shared_logits(torch, shape, dtype, parts, 2).items():
        assert (logits - alone).abs().max() <= CLOSE[dtype] * alone.std(), rank


def test_a_share_holds_its_part_of_the_weights_and_no_more(torch):
    shape = SHAPES["llama"]
    one, four = (Decoder(shape, "cpu", "fp32", context=4, share=share) for share in (Share(), Share(1, 4)))
    for name in ("out", "up", "down"):
        assert four.layers[0][name].matrix.numel() * 4 == one.layers[0][name].matrix.numel()
    assert four.keys.numel() * 2 == one.keys.numel()  # of two heads of keys each has one
    assert [Decoder(shape, "cpu", "fp32", 4, share=Share(r, 4)).head.matrix.shape[0] for r in range(4)] == [
        53, 53, 53, 52,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "parts", "words"),
    [("llama", 9, "8 heads evenly"), ("tied", 4, "6 heads evenly"), ("gpt-2", 4, "2 heads evenly")],
)
def test_what_cannot_be_shared_is_said(name, parts, words):
    assert words in hindrance(SHAPES[name], parts)


def test_sums_of_a_token():
    assert reductions(SHAPES["neox"]) == 3  # attention and MLP of a layer side by side
    assert reductions(SHAPES["llama"]) == 6


@pytest.fixture(scope="module")
def kept(tmp_path_factory, require):
    """A result of real processes that share a tiny model, two repeats of three rungs."""
    require("torch", importlib.util.find_spec("torch") is not None, "torch is not installed")
    folder = tmp_path_factory.mktemp("bench")
    keeper = Keeper(MeasureInputs(tile=2), {**SPEC, "model": "tiny-llama"}, str(folder))
    with Run({**SPEC, "shape": list(SHAPES["llama"])}) as one:
        for event in one.events():
            keeper.take(event)
    keeper.close("done")
    return load("last", str(folder))


def test_processes_that_share_a_model_have_its_logits(torch, kept):
    (tile,) = kept["tiles"]
    assert (tile["k"], tile["parts"], tile["threads"], tile["sums"]) == (2, 4, 1, 6)
    assert tile["difference"] <= CLOSE["fp32"]
    assert tile["bytes"] == 64 * 4  # the width of the model, in four bytes
    assert 0.0 < tile["low"] <= tile["seconds"] <= tile["high"]
    points = sorted((point["k"], point["repeat"], point["tokens"]) for point in kept["tile_points"])
    assert points == [(2, repeat, tokens) for repeat in (0, 1) for tokens in (2, 4, 6)]
    assert fault(kept) == ""


def document(slope=0.01, together=0.004, latency=1e-5):
    """A result whose lines are known: a token in 10 ms alone, 4 ms in four processes."""
    rungs = (100, 200, 300)
    return {
        "name": "one", "status": "done", "started": "2026-01-01", "inputs": {}, "steps": [],
        "spec": {"batch": 1, "prompt": 8, "model": "tiny"},
        "machine": {"device": "cpu", "threads": 2, "before": {"processors": 8}},
        "points": [{"tokens": n, "repeat": 0, "seconds": 0.5 + slope * n} for n in rungs],
        "tiles": [{"k": 2, "parts": 4, "threads": 2, "sums": 50, "bytes": 1024, "difference": 1e-7,
                   "seconds": latency, "low": latency, "high": latency}],
        "tile_points": [{"k": 2, "tokens": n, "repeat": 0, "seconds": 0.6 + together * n} for n in rungs],
    }  # fmt: skip


def test_speed_ups_stand_beside_the_claim():
    answer = answer_of(document())

    def value(row):
        return answer.row(row, subject="k = 2").value

    assert value("time_per_token") == pytest.approx(0.004)
    assert value("speed_up") == pytest.approx(2.5)
    assert value("speed_up_claimed") == 4.0
    assert value("speed_up_latency") == pytest.approx(0.01 / (0.01 / 4 + 50 * 1e-5))
    assert answer.row("speed_up", subject="k = 2").low is None  # one repeat has no spread
    assert not [note for note in answer.notes if note.id.startswith("turns")]


def test_processes_that_take_turns_are_no_k_tiling():
    few = document()
    few["machine"]["before"]["processors"] = 2
    (note,) = [note for note in answer_of(few).notes if note.id == "turns:2"]
    assert "4 processes take turns on 2 processors" in note.text


def test_latency_is_what_bounds_the_speed_up():
    assert reduced_speed_up(0.01, 0.0, 1e-5, 3.0) == pytest.approx(9.0)
    assert reduced_speed_up(0.01, 100.0, 1e-4, 1e6) == pytest.approx(1.0)


def test_a_k_whose_timings_make_no_line_has_no_speed_up():
    half = document()
    half["tile_points"] = half["tile_points"][:2]
    assert tiles_of(half) == []
    assert not [row for row in answer_of(half).rows if row.id == "speed_up"]


def test_the_points_stand_on_the_plot_of_k_tiling(catalog):
    one = document()
    answer = answer_of(one)
    plot = figure_named("bench", "k").draw(one, answer, catalog)
    (mark,) = plot.marks
    assert (mark.x, mark.y) == (2.0, pytest.approx(2.5))
    claimed, left = plot.series[:2]
    assert claimed.ys[-1] == pytest.approx(16.0)  # k = 4
    assert left.ys[-1] == pytest.approx(0.01 / (0.01 / 16 + 50 * 1e-5))
    bare = {**one, "tiles": []}
    figure, answer = figure_named("bench", "k"), answer_of(bare)
    with pytest.raises(InputError, match="k-tiling was not measured"):
        figure.draw(bare, answer, catalog)


@pytest.mark.parametrize(("name", "words"), [("batch", "no batches"), ("context", "no contexts")])
def test_a_figure_that_was_not_measured_says_what_to_ask(catalog, name, words):
    with pytest.raises(InputError, match=words):
        figure_named("bench", name).draw(document(), answer_of(document()), catalog)


def test_the_other_figures_show_what_was_timed(catalog):
    one = document()
    one["steps"] = [
        {"kind": kind, "at": at, "batch": batch, "context": context, "seconds": s, "low": s, "high": s}
        for kind, at, batch, context, s in (
            ("batch", 1, 1, 20.0, 0.01), ("batch", 4, 4, 20.0, 0.02), ("context", 512, 1, 512.0, 0.03),
        )
    ]  # fmt: skip
    answer = answer_of(one)
    plot = figure_named("bench", "ladder").draw(one, answer, catalog)
    assert plot.series[0].ys == pytest.approx([0.5, 3.5])
    assert list(plot.series[1].ys) == [point["seconds"] for point in one["points"]]
    (trade,) = figure_named("bench", "batch").draw(one, answer, catalog).series
    assert (list(trade.xs), list(trade.ys)) == ([100.0, 50.0], [100.0, 200.0])
    longer, _ = figure_named("bench", "context").draw(one, answer, catalog).series
    assert (list(longer.xs), list(longer.ys)) == ([512.0], [30.0])


def test_measured_speed_ups_stand_beside_the_claim_in_speed(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    folder = tmp_path / "scaletui" / "bench"
    folder.mkdir(parents=True)
    (folder / "one.json").write_text(json.dumps({"schema": "scaletui.bench/1", **document()}))
    assert run(["speed", "--measured", "one", "--k", "2", "--format", "json"]) == 0
    rows = {(row["id"], row.get("subject")): row["value"] for row in json.loads(capsys.readouterr().out)["rows"]}
    assert rows["speed_up", "k = 2"] == pytest.approx(2.5)
    assert rows["speed_factor", None] == 4.0
    assert run(["speed", "--measured", "one", "--plot", "--axis", "k", "--ascii"]) == 0
    assert "measured: 2.5x" in capsys.readouterr().out
    assert run(["bench", "show", "one", "--plot", "--axis", "k", "--ascii"]) == 0
    assert "k-tiling measured: 50 sums of 10" in capsys.readouterr().out


def test_what_does_not_fit_is_passed_over(torch, quick, monkeypatch):
    spec = {**SPEC, "tile": 3}
    monkeypatch.setattr(tiled, "_together", lambda *_: iter([{"event": "tile", "k": 2}]))
    found = [event for event in measured(SHAPES["llama"], spec) if event["event"] in ("tile", "skipped")]
    assert found[0] == {"event": "tile", "k": 2}
    assert (found[1]["kind"], found[1]["at"]) == ("tile", 3)
    assert "9 processes do not share 8 heads evenly" in found[1]["why"]
    monkeypatch.setattr(measure, "free_bytes", lambda _: 2e5)
    monkeypatch.setattr(measure, "fitting", lambda *_: None)
    monkeypatch.setattr(Decoder, "needed", lambda *_: 0.0)
    (skipped,) = [event for event in measured(SHAPES["llama"], SPEC) if event["event"] == "skipped"]
    assert "4 processes take " in skipped["why"]


def test_a_process_that_is_killed_ends_all_and_is_named(torch, quick, monkeypatch):
    begun = []

    class Noted(Run):
        def __init__(self, spec):
            super().__init__(spec)
            begun.append(self.pid)

    monkeypatch.setattr(tiled, "Run", Noted)
    spec = {**SPEC, "ladder": [2, 4, 6], "repeats": 200}

    def go():
        for event in measured(SHAPES["llama"], spec):
            if event["event"] == "tile_point":
                os.kill(begun[2], signal.SIGKILL)

    with pytest.raises(ScaletuiError, match=r"k = 2: the measuring process was ended by SIGKILL"):
        go()
    assert len(begun) == 4
    for pid in begun:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_a_measuring_process_that_is_killed_takes_those_that_share_with_it(torch):
    spec = {**SPEC, "shape": list(SHAPES["llama"]), "repeats": 200}
    with Run(spec) as one:
        for event in one.events():
            if event["event"] == "tile":
                break
        pids = children_of(one.pid)
        assert len(pids) == 4
        os.kill(one.pid, signal.SIGKILL)
        deadline = threading.Event()
        for _ in range(600):
            if not any(is_alive(pid) for pid in pids):
                break
            deadline.wait(0.1)
        assert not any(is_alive(pid) for pid in pids)


def children_of(pid):
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat") as file:
                    if int(file.read().rpartition(")")[2].split()[1]) == pid:
                        found.append(int(name))
            except OSError:
                continue
    return found


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
