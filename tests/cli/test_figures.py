"""The figures of every calculator: their numbers against independent ones, and that each can be read anywhere."""

from __future__ import annotations

import importlib
import re
from itertools import pairwise
from typing import get_args

import pytest

from scaletui.cli import COMMANDS, run
from scaletui.render.figures import FIGURES, GLYPHS, OUTSIDE, figure_named
from scaletui.render.plot import Glyphs, Plot, draw, scales
from scaletui.render.plot_model import leaves_fit
from scaletui_core.batch import BatchInputs
from scaletui_core.copies import CopiesInputs
from scaletui_core.emergence import EmergenceInputs
from scaletui_core.fields import as_command
from scaletui_core.frontier import FrontierInputs, IsoflopInputs
from scaletui_core.learning import LearningInputs
from scaletui_core.quantity import Fleet
from scaletui_core.speed import SpeedInputs

SERVED = SpeedInputs(model="llama-3-70b", hardware=Fleet(8, "h100"), batch=32, context=8192.0)
CASES = [
    ("frontier", "params", FrontierInputs()),
    ("frontier", "tokens", FrontierInputs()),
    ("frontier", "loss", FrontierInputs()),
    ("isoflop", "loss", IsoflopInputs(1e21)),
    ("isoflop", "tokens", IsoflopInputs(1e21)),
    ("emergence", "map", EmergenceInputs()),
    ("emergence", "map", EmergenceInputs(flops=1e23, law=("chinchilla-3",))),
    ("emergence", "map", EmergenceInputs(params=70e9)),
    ("emergence", "map", EmergenceInputs(flops=1e298)),
    ("emergence", "scores", EmergenceInputs(benchmarks=True)),
    ("speed", "k", SpeedInputs()),
    ("speed", "k", SpeedInputs(human_multiple=5.0, k=5.0)),
    ("speed", "k", SpeedInputs(k=1e6)),
    ("speed", "batch", SpeedInputs(params=70e9)),
    ("speed", "batch", SERVED),
    ("speed", "batch", SpeedInputs(model="llama-3-70b", peak=1e30, bandwidth=1e3)),
    ("speed", "measured", SpeedInputs()),
    ("speed", "measured", SERVED),
    ("speed", "gpus", SERVED),
    ("copies", "k", CopiesInputs(tokens=300e9)),
    ("copies", "k", CopiesInputs(flops=1e24, k=8.0)),
    ("copies", "k", CopiesInputs(chain="gpt-2030")),
    ("copies", "growth", CopiesInputs(chain="gpt-2030")),
    ("copies", "growth", CopiesInputs(chain="gpt-2030", flops=1e20)),
    ("learning", "ceiling", LearningInputs(copies=1e6)),
    ("learning", "ceiling", LearningInputs(copies=1e6, speed=5.0, loss=2.0, tokens_per_update=500.0)),
    ("learning", "ceiling", LearningInputs(users=250e6, critical_batch=4e6)),
    ("batch", "hyperbola", BatchInputs(loss=3.0, batch=4e6)),
    ("batch", "hyperbola", BatchInputs(min_steps=1e4, min_tokens=1e10, batch=4e6)),
    ("batch", "cost", BatchInputs(noise_scale=1e6)),
    ("batch", "cost", BatchInputs(min_steps=1e4, min_tokens=1e10, batch=1e12)),
]
IDS = [f"{name} {axis} {i}" for i, (name, axis, _) in enumerate(CASES)]


@pytest.fixture
def plot(catalog):
    """A function that returns a calculator's figure of these inputs."""

    def drawn(name: str, axis: str, inputs: object) -> Plot:
        command = COMMANDS[name]
        calculator = getattr(importlib.import_module(command.module), command.attribute)
        return figure_named(name, axis).draw(inputs, calculator.run(inputs, catalog), catalog)

    return drawn


def series(plot: Plot, name: str) -> dict[float, float]:
    (found,) = (one for one in plot.series if one.name.startswith(name))
    return dict(zip(found.xs, found.ys, strict=True))


def height(plot: Plot, name: str) -> float:
    """Return the y of a level line."""
    (y,) = set(series(plot, name).values())
    return y


def mark(plot: Plot, label: str) -> tuple[float, float]:
    (found,) = (one for one in plot.marks if one.label.startswith(label))
    return found.x, found.y


# -- the numbers ---------------------------------------------------------------------------------------------------


def test_k_tiling_claims_25_at_5_where_latency_leaves_174_and_never_180(plot):
    figure = plot("speed", "k", SpeedInputs(k=5.0))
    assert mark(figure, "k = 5") == (5.0, 25.0)
    # (1.2 + 1.5)/(1.2/25 + 1.5) and (1.2 + 1.5)/1.5
    assert mark(figure, "1.74x") == (5.0, pytest.approx(2.7 / 1.548, rel=1e-12))
    assert all(one.emphasis for one in figure.marks)
    claimed, left = (series(figure, name) for name in ("claimed", "with latency"))
    assert claimed[1.0] == left[1.0] == 1.0
    assert all(claimed[k] == pytest.approx(k * k, rel=1e-12) for k in claimed)
    assert height(figure, "ceiling") == pytest.approx(1.8, rel=1e-12)
    assert all(1.0 <= value < 1.8 for value in left.values())
    assert max(claimed) >= 10.0
    assert max(series(plot("speed", "k", SpeedInputs(k=30.0)), "claimed")) > 30.0


def test_k_tiling_is_drawn_with_the_multiply_of_the_machine(plot):
    # C^2 n 8/(B^2 (M - B/sqrt n)) for 989e12, n = 8, B = 2e12, M = 3.35e12: 5.92 us; with 1.5 us the ceiling is 4.95
    share = 2e12 / 8**0.5
    multiply = 8 * 989e12**2 / (share**2 * (3.35e12 - share))
    figure = plot("speed", "k", SpeedInputs(hardware=Fleet(1, "h100")))
    assert height(figure, "ceiling") == pytest.approx((multiply + 1.5e-6) / 1.5e-6, rel=1e-9)


def test_the_trade_off_turns_at_the_critical_batch_of_295(plot):
    figure = plot("speed", "batch", SpeedInputs(params=70e9))
    alone = 3.35e12 / (2 * 70e9)  # tokens/s while the weights are read
    most = 989e12 / (2 * 70e9)  # tokens/s at the peak
    points = {one.label: (one.x, one.y) for one in figure.marks}
    assert points["b = 1"] == (pytest.approx(alone), pytest.approx(alone))
    assert points["b = 64"] == (pytest.approx(alone), pytest.approx(64 * alone))
    assert points["b* = 295"] == (pytest.approx(alone, rel=0.01), pytest.approx(most, rel=0.01))
    assert points["b = 1,024"] == (pytest.approx(most / 1024), pytest.approx(most))
    assert "memory" in figure.title  # 140 GB of weights in 80 GB


def test_the_trade_off_of_a_fleet_has_both_models_the_own_batch_and_the_memory(plot):
    figure = plot("speed", "batch", SERVED)
    assert [one.name for one in figure.series] == ["roofline", "erdil-2025, this fleet"]
    roofline, fleet = (list(zip(one.xs, one.ys, strict=True)) for one in figure.series)
    assert all(slow < fast for (slow, _), (fast, _) in zip(fleet, roofline, strict=True))
    assert all(x1 >= x2 for points in (roofline, fleet) for (x1, _), (x2, _) in pairwise(points))
    # 2 x 80 x 8 x 128 x 2 bytes a token, 8192 of them, 32 sequences, and the weights, over eight times 3.35 TB/s
    seconds = (2 * 70.6e9 + 32 * 8192 * 2 * 80 * 8 * 128 * 2) / (8 * 3.35e12)
    x, y = mark(figure, "your b = 32")
    assert (x, y) == (pytest.approx(1 / seconds, rel=0.01), pytest.approx(32 / seconds / 8, rel=0.01))
    # (640 - 141) GB over 2.68 GB a sequence: 185, and the powers of two end at 128
    assert figure.title.endswith("memory holds up to 128")


def test_the_measured_table_stands_under_its_roofline(plot):
    # steinhardt-2023, Appendix A, Table 1
    table = {70e6: 31809, 160e6: 21580, 410e6: 11039, 1.4e9: 7040, 2.8e9: 4568, 6.9e9: 2659, 12e9: 1801}
    figure = plot("speed", "measured", SpeedInputs())
    assert series(figure, "measured") == table
    roofline = series(figure, "roofline")
    assert roofline[12e9] == pytest.approx(60 * 2.039e12 / (2 * 12e9), rel=0.01)  # an A100 of 80 GB reads 2 bytes each
    assert all(roofline[n] > table[n] for n in table)
    assert height(figure, "a person") == pytest.approx(506.67, abs=0.005)
    assert height(figure, "gpt-4") == 493
    assert height(figure, "gpt-3-5") == 1641
    assert figure.marks == ()
    x, y = mark(plot("speed", "measured", SpeedInputs(params=70e9)), "yours")
    assert (x, y) == (70e9, pytest.approx(60 * 3.35e12 / 140e9))


def test_the_best_number_of_accelerators_is_the_lowest_point_of_its_curve(plot):
    figure = plot("speed", "gpus", SpeedInputs(params=8.03e9, layers=32, bandwidth=3.3e12, peak=989e12))
    # Erdil 2025, Eq. 13 and 14 for Llama 3 8B: (r/x)^(2/3) with r = 2 x 8.03e9/3.3e12 and x = 32 x 4 x 1 us
    best, least = mark(figure, "G*")
    assert best == pytest.approx(11.31, abs=0.005)
    assert 1e3 / least == pytest.approx(966, abs=0.5)
    curve = series(figure, "with the hops")
    assert least <= min(curve.values()) == pytest.approx(least, rel=0.01)
    alone = 2e3 * 8.03e9 / 3.3e12  # ms
    assert mark(figure, "yours, 1") == (1.0, pytest.approx(alone))
    assert all(y == pytest.approx(alone / g) for g, y in series(figure, "without hops").items())


def test_the_hyperbola_passes_through_two_and_two(plot):
    figure = plot("batch", "hyperbola", BatchInputs(loss=3.0, batch=4e6))
    assert mark(figure, "B_crit/4") == (pytest.approx(1.25), pytest.approx(5.0))
    points = {one.label: (one.x, one.y) for one in figure.marks}
    assert points["B_crit"] == (2.0, 2.0)
    (curve,) = figure.series
    assert all((x - 1) * (y - 1) == pytest.approx(1.0, rel=1e-9) for x, y in zip(curve.xs, curve.ys, strict=True))
    own = 4e6 / (2e8 / 3.0 ** (1 / 0.21))  # in critical batches
    assert points["your B = 4M"] == (pytest.approx(1 + own), pytest.approx(1 + 1 / own))
    assert [one.label for one in figure.marks if one.emphasis] == ["your B = 4M"]


def test_the_hyperbola_is_in_steps_and_tokens_where_the_minima_are_given(plot):
    figure = plot("batch", "hyperbola", BatchInputs(min_steps=1e4, min_tokens=1e10))
    points = {one.label: (one.x, one.y) for one in figure.marks}
    assert points["B_crit"] == (2e10, 2e4)
    assert [(one.label, one.unit) for one in (figure.x, figure.y)] == [("E", "tokens"), ("S", "steps")]


def test_the_cost_of_a_batch_crosses_at_the_critical_one(plot):
    figure = plot("batch", "cost", BatchInputs(min_steps=1e4, min_tokens=1e10, batch=4e6))
    assert mark(figure, "B_crit = 1M") == (1e6, 2.0)
    assert mark(figure, "12.5K steps") == (4e6, 1.25)
    assert mark(figure, "50B tokens") == (4e6, 5.0)
    steps, tokens = series(figure, "steps"), series(figure, "tokens")
    assert all(steps[b] == pytest.approx(1 + 1e6 / b) and tokens[b] == pytest.approx(1 + b / 1e6) for b in steps)


def test_learning_is_in_proportion_until_the_critical_batch_ends_it(plot):
    figure = plot("learning", "ceiling", LearningInputs(copies=1e6, critical_batch=4e6, tokens_per_update=500.0))
    line, left = series(figure, "in proportion"), series(figure, "what B_crit")
    assert all(years == pytest.approx(n / 365.0, rel=1e-9) for n, years in line.items())
    assert mark(figure, "yours") == (1e6, pytest.approx(1e6 / 365))
    # 8000 copies fill the batch, so a million are worth 8000/(1 + 8000/1e6) and none more than 8000
    assert mark(figure, "left") == (1e6, pytest.approx(8000 / 1.008 / 365))
    assert mark(figure, "critical: 8K") == (pytest.approx(8000), pytest.approx(4000 / 365))
    assert height(figure, "ceiling") == pytest.approx(8000 / 365)
    assert all(left[n] < min(line[n], 8000 / 365) for n in left)


def test_learning_without_a_critical_batch_has_the_proportional_line_alone(plot):
    figure = plot("learning", "ceiling", LearningInputs(users=250e6))
    assert [one.name for one in figure.series] == ["in proportion"]
    assert mark(figure, "yours") == (250e6, pytest.approx(250e6 * 0.05e6 / 13e6 / 365))


def test_abilities_stand_where_table_1_has_them(plot):
    figure = plot("emergence", "map", EmergenceInputs(flops=1e23))
    seen, later, own = figure.series
    assert len(seen.xs) == 5  # the six abilities seen by then share five places: two are Gopher 7.1B's
    assert (8.9e19, 40e6) in zip(seen.xs, seen.ys, strict=True)
    assert (2.5e24, 540e9) in zip(later.xs, later.ys, strict=True)
    assert max(seen.xs) == 3.3e22
    assert min(later.xs) == 1.3e23
    labels = [label for one in (seen, later) for label in one.labels]
    assert len(labels) + sum(int(label.partition(" +")[2] or 0) for label in labels) == 22
    assert set(own.xs) == {1e23}
    assert own.dashed
    whole = plot("emergence", "map", EmergenceInputs())
    assert [one.name for one in whole.series] == ["abilities"]
    by_size = plot("emergence", "map", EmergenceInputs(params=70e9))
    assert max(by_size.series[0].ys) == 70e9
    assert set(by_size.series[2].ys) == {70e9}


def test_scores_of_mmlu_stand_over_the_compute_of_the_models(plot):
    figure = plot("emergence", "scores", EmergenceInputs(benchmarks=True))
    # Hoffmann et al., Table 6; 6ND with 175B x 300B, 280B x 300B, 70B x 1.4T
    expected = {6 * 175e9 * 300e9: 43.9, 6 * 280e9 * 300e9: 60.0, 6 * 70e9 * 1.4e12: 67.6}
    found = series(figure, "models")
    assert sorted(found) == pytest.approx(sorted(expected))
    assert sorted(found.values()) == pytest.approx(sorted(expected.values()))
    assert height(figure, "random guess") == 25.0


def test_k_tiling_trades_copies_for_speed(plot):
    figure = plot("copies", "k", CopiesInputs(chain="gpt-2030"))
    assert mark(figure, "k = 5: 125x human") == (5.0, 25.0)
    points = [(one.x, one.y) for one in figure.marks]
    assert points == [(5.0, 25.0), (5.0, pytest.approx(1 / 5)), (5.0, pytest.approx(1 / 125))]
    assert plot("copies", "k", CopiesInputs(tokens=300e9)).marks == ()
    several = plot("copies", "k", CopiesInputs(flops=1e24, k=2.0))
    assert mark(several, "copies / 8") == (2.0, 0.125)


def test_years_of_work_grow_with_the_root_of_compute(plot):
    figure = plot("copies", "growth", CopiesInputs(chain="gpt-2030"))

    def years(flops):  # P_0 sqrt(C/C_0) x 4 passes at 500 tokens a minute
        return 3.1e23 / 3.5e11 * (flops / 3.1e23) ** 0.5 * 4 / 500 / (365 * 1440)

    assert all(y == pytest.approx(years(c), rel=1e-9) for c, y in series(figure, "arithmetic").items())
    assert mark(figure, "GPT-3") == (3.1e23, pytest.approx(years(3.1e23) / 4))
    assert mark(figure, "by trend") == (4.7e28, pytest.approx(years(4.7e28)))
    assert mark(figure, "second") == (2.3e27, pytest.approx(years(2.3e27)))
    mean = (4.7e28 * 2.3e27) ** 0.5
    assert mark(figure, "arithmetic: 2.47M") == (pytest.approx(mean), pytest.approx(years(mean)))
    assert height(figure, "judged") == pytest.approx(1.8e6)
    (band,) = (one for one in figure.series if one.kind == "band")
    assert (band.ys, band.ys2) == ((pytest.approx(0.4e6),) * 2, (pytest.approx(10e6),) * 2)
    own = plot("copies", "growth", CopiesInputs(chain="gpt-2030", flops=1e27))
    assert [one.x for one in own.marks if one.emphasis] == [1e27]


@pytest.mark.parametrize("axis", ["params", "tokens", "loss"])
def test_a_law_is_dotted_beyond_the_compute_of_its_fit(axis, plot):
    figure = plot("frontier", axis, FrontierInputs(law=("epoch-2024", "kaplan-2020")))
    found = {one.name: one.fitted for one in figure.series}
    # 1.4e18 to 1.3e22 FLOP (Besiroglu et al., Fig. 4); 6 x 1.5e9 x 2.3e10 at most (Kaplan et al., Sec. 1.3)
    assert found["epoch-2024"] == (pytest.approx(1.4e18, rel=0.15), pytest.approx(1.3e22, rel=0.15))
    assert found["kaplan-2020"] == (0.0, pytest.approx(2.07e20, rel=0.15))
    assert "beyond the fit" in "\n".join(draw(figure, 80, 22).text())


def test_a_slice_beyond_the_fit_is_dotted_whole_and_one_inside_is_not(plot):
    for flops, beyond in ((1e21, False), (1.3e22, False), (1e24, True), (1e17, True)):
        for axis in ("loss", "tokens"):
            figure = plot("isoflop", axis, IsoflopInputs(flops, law=("epoch-2024",)))
            assert [leaves_fit(one) for one in figure.series] == [beyond]
            assert ("beyond the fit" in "\n".join(draw(figure, 80, 22).text())) is beyond


# -- that each can be read -----------------------------------------------------------------------------------------


def test_every_figure_is_among_the_cases():
    drawn = {name: figures for name, figures in FIGURES.items() if name not in OUTSIDE}  # fits have tests of their own
    assert {(name, figure.name) for name, figures in drawn.items() for figure in figures} == {
        (name, axis) for name, axis, _ in CASES
    }
    assert set(drawn) <= set(COMMANDS)


@pytest.mark.parametrize(("name", "axis", "inputs"), CASES, ids=IDS)
@pytest.mark.parametrize(("width", "height"), [(80, 22), (200, 48)])
def test_every_figure_has_title_axes_and_a_legend_in_ascii(name, axis, inputs, width, height, plot):
    figure = plot(name, axis, inputs)
    assert scales(figure) is not None
    canvas = draw(figure, width, height, glyphs="ascii")
    rows = canvas.text()
    text = "\n".join(rows)
    assert text.isascii()
    assert {len(row) for row in rows} == {width}
    assert 0 < len(figure.title) <= 60  # what a title has room for
    for words in (figure.title.replace("µ", "u"), *(f"{one.label} [{one.unit}]" for one in (figure.x, figure.y))):
        assert words.removesuffix(" []") in text
    assert figure.y.unit
    for letter, one in zip("abcdefghij", figure.series, strict=False):
        assert one.name
        assert re.search(rf"([-:]|[-.] )?{letter}([-:]| [-.])? {re.escape(one.name[:20])}", text)  # in the legend
    inside = [row[canvas.left :] for row in rows[canvas.top : canvas.top + canvas.lines]]
    assert all(any(letter in row for row in inside) for letter, _ in zip("abcdefghij", figure.series, strict=False))
    assert sum(bool(re.match(r" *\S", row[: canvas.left - 1])) for row in rows[canvas.top :][: canvas.lines]) >= 2


@pytest.mark.parametrize(("name", "axis", "inputs"), CASES, ids=IDS)
def test_the_command_draws_what_the_app_draws(name, axis, inputs, plot, capsys):
    code = run([*as_command(name, inputs)[1:], "--plot", "--axis", axis, "--ascii"])
    out, err = capsys.readouterr()
    assert (code, err) == (0, "")
    rows = draw(plot(name, axis, inputs), 80, 22, glyphs="ascii").text()
    assert out == "".join(f"{row.rstrip()}\n" for row in rows)


@pytest.mark.parametrize("glyphs", GLYPHS)
def test_the_glyphs_can_be_chosen(glyphs, plot, capsys):
    assert set(GLYPHS) == set(get_args(Glyphs))
    assert run(["batch", "--loss", "3", "--plot", "--glyphs", glyphs]) == 0
    rows = draw(plot("batch", "hyperbola", BatchInputs(loss=3.0)), 80, 22, glyphs=glyphs).text()
    assert capsys.readouterr().out == "".join(f"{row.rstrip()}\n" for row in rows)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("--plot --glyphs haf", "--glyphs: no set of glyphs is called 'haf' (did you mean half?)"),
        ("--plot --glyphs half --ascii", "--glyphs: --ascii is --glyphs ascii: drop one"),
        ("--glyphs half", "--glyphs: needs --plot"),
    ],
)
def test_what_is_wrong_with_the_glyphs_is_one_message(words, says, capsys):
    assert run(["batch", "--loss", "3", *words.split()]) == 2
    assert capsys.readouterr() == ("", f"scaletui: {says}\n")


@pytest.mark.parametrize("name", [name for name in FIGURES if name not in OUTSIDE])
def test_the_help_names_every_figure_and_plot_draws_the_first(name, plot, capsys):
    assert run([name, "--help"]) == 0
    words = " ".join(capsys.readouterr().out.split())
    for figure in FIGURES[name]:
        assert f"{figure.name}: {figure.help}" in words
    inputs = next(inputs for case, axis, inputs in CASES if (case, axis) == (name, FIGURES[name][0].name))
    outs = []
    for more in ([], ["--axis", FIGURES[name][0].name]):
        assert run([*as_command(name, inputs)[1:], "--plot", *more]) == 0
        outs.append(capsys.readouterr().out)
    assert outs[0] == outs[1]
