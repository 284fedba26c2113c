"""The figures of a fit: what is drawn, against the arrays and against formulas written out here."""

from __future__ import annotations

import re
from dataclasses import replace
from math import exp, log

import numpy as np
import pytest

from scaletui.cli import run
from scaletui.render.figures import FIGURES, figure_named
from scaletui.render.plot import Plot, draw, scales
from scaletui_core.errors import InputError
from scaletui_core.fit import answer_of
from scaletui_core.fitting.inputs import FitInputs
from scaletui_core.fitting.synthetic import synthetic
from scaletui_core.fitting.whole import Fitted, fit_runs

TRUTH = (1.8, 6.2, 7.7, 0.35, 0.37)
NAMES = [figure.name for figure in FIGURES["fit"]]


@pytest.fixture(scope="module")
def found() -> Fitted:
    return fit_runs(synthetic(TRUTH, noise=0.005), FitInputs(bootstraps=256, exclude=("7", "31")))


@pytest.fixture
def plot(found, catalog):
    return lambda axis: figure_named("fit", axis).draw(found, answer_of(found), catalog)


def series(figure: Plot, name: str) -> tuple[np.ndarray, np.ndarray]:
    (one,) = (one for one in figure.series if one.name == name)
    return np.array(one.xs), np.array(one.ys)


def loss_of(coefficients, n, d):
    e, log_a, log_b, alpha, beta = coefficients
    return e + np.exp(log_a) / n**alpha + np.exp(log_b) / d**beta


def test_the_points_are_the_runs_and_those_left_out_stand_apart(found, plot):
    xs, ys = series(plot("points"), "runs")
    assert (xs.tolist(), ys.tolist()) == (found.runs.params.tolist(), found.runs.tokens.tolist())
    all_runs = synthetic(TRUTH, noise=0.005)
    out = np.isin(all_runs.lines, (7, 31))
    xs, ys = series(plot("points"), "left out")
    assert (xs.tolist(), ys.tolist()) == (all_runs.params[out].tolist(), all_runs.tokens[out].tolist())
    assert found.runs.count == 58


def test_each_contour_has_the_loss_that_it_says(found, plot):
    contours = [one for one in plot("points").series if one.name.startswith("L = ")]
    assert 3 <= len(contours) <= 7
    for one in contours:
        level = float(one.name.removeprefix("L = "))
        assert found.runs.loss.min() < level < found.runs.loss.max()
        assert loss_of(found.parametric.coefficients, np.array(one.xs), np.array(one.ys)) == pytest.approx(
            level, rel=1e-9
        )
        assert len(one.xs) > 20


def test_the_frontier_has_the_least_loss_of_its_budget_and_is_dotted_beyond_the_runs(found, plot):
    figure = plot("points")
    (line,) = (one for one in figure.series if one.name == "optimum, parametric")
    coefficients = found.parametric.coefficients
    for n, d in zip(line.xs, line.ys, strict=True):
        here = loss_of(coefficients, n, d)
        assert all(here < loss_of(coefficients, n * shift, d / shift) for shift in (0.99, 1.01))
    flops = 6.0 * np.array(line.xs) * np.array(line.ys)
    inside = (np.array(line.xs) >= line.fitted[0]) & (np.array(line.xs) <= line.fitted[1])
    assert flops[inside].min() < 2 * found.runs.flops.min()
    assert flops[inside].max() < 10 * found.runs.flops.max()
    assert flops.max() > 50 * found.runs.flops.max()


def test_slices_are_the_runs_of_each_budget_with_the_law_and_the_bottoms(found, plot):
    figure = plot("slices")
    points = [one for one in figure.series if one.kind == "points"]
    assert sum(len(one.xs) for one in points) == found.runs.count
    lines = [one for one in figure.series if one.kind == "line"]
    for dots, line, valley in zip(points, lines, found.isoflop.valleys, strict=True):
        assert dots.ys == found.runs.loss[valley.members].tolist()
        ns = np.array(line.xs)
        expected = loss_of(found.parametric.coefficients, ns, valley.flops / (6 * ns))
        assert np.array(line.ys) == pytest.approx(expected, rel=1e-12)
        assert dots.color == line.color
    bottoms = [(valley.params_opt, valley.loss_opt) for valley in found.isoflop.valleys if valley.bracketed]
    assert [(mark.x, mark.y) for mark in figure.marks] == bottoms


def test_the_least_loss_has_the_percentiles_of_the_resamples_and_the_law_of_compute(found, plot):
    figure = plot("loss")
    flops, best = series(figure, "L(C), parametric")
    (band,) = (one for one in figure.series if one.kind == "band")
    for at in (0, 30, 60):
        rows = []
        for row in found.doubt.sample[np.isfinite(found.doubt.sample).all(axis=1)]:
            _, log_a, log_b, alpha, beta = row.tolist()
            log_g = (log(alpha / beta) + log_a - log_b) / (alpha + beta)
            n = exp(log_g + log(flops[at] / 6) * beta / (alpha + beta))
            rows.append(loss_of(row, n, flops[at] / 6 / n))
        assert (band.ys[at], band.ys2[at]) == pytest.approx(np.percentile(rows, (5, 95)), rel=1e-9)
        assert band.ys[at] < best[at] < band.ys2[at]
    _, along = series(figure, "a C^b + c")
    power = found.power
    assert along == pytest.approx(np.exp(power.log_a) * flops**power.b + power.c, rel=1e-9)


@pytest.mark.parametrize(("axis", "name"), [("residuals", "params"), ("residuals-tokens", "tokens"),
                                            ("residuals-flops", "flops")])  # fmt: skip
def test_residuals_are_what_the_law_says_over_what_there_is(found, plot, axis, name):
    figure = plot(axis)
    for part, runs in (("runs", found.runs), ("left out", found.runs.excluded)):
        xs, ys = series(figure, part)
        assert xs.tolist() == getattr(runs, name).tolist()
        told = loss_of(found.parametric.coefficients, runs.params, runs.tokens)
        assert ys == pytest.approx(np.log(told / runs.loss), abs=1e-12)
    assert set(series(figure, "delta")[1]) == {1e-3}
    assert set(series(figure, "-delta")[1]) == {-1e-3}
    assert set(series(figure, "zero")[1]) == {0.0}


def test_clouds_are_of_the_resamples_and_the_fit(found, plot):
    sample = found.doubt.sample
    e, _, _, alpha, beta = found.parametric.coefficients
    figure = plot("cloud")
    xs, ys = series(figure, "resamples")
    assert {*zip(xs, ys, strict=True)} <= {*zip(sample[:, 3], sample[:, 4], strict=True)}
    assert len(xs) > 0.9 * len(sample)
    assert (figure.marks[0].x, figure.marks[0].y) == (alpha, beta)
    figure = plot("cloud-e")
    xs, ys = series(figure, "resamples")
    kept = {(x, y) for x, y in zip(sample[:, 4] / (sample[:, 3] + sample[:, 4]), sample[:, 0], strict=True)}
    assert {*zip(xs, ys, strict=True)} <= kept
    assert (figure.marks[0].x, figure.marks[0].y) == (beta / (alpha + beta), e)


def test_profiles_touch_zero_at_the_fit_and_pass_the_level_where_their_legend_says(found, plot):
    figure = plot("profile")
    assert [one.name.split()[0] for one in figure.series] == ["E", "alpha", "beta", "90%"]
    height = figure.series[3].ys[0]
    assert height == pytest.approx(2.705543454095404)  # chi-squared of one degree, 90%
    for one, value in zip(figure.series[:3], np.array(found.parametric.coefficients)[[0, 3, 4]], strict=True):
        xs, ys = np.array(one.xs), np.array(one.ys)
        assert xs[ys.argmin()] == pytest.approx(1.0, abs=0.03)
        assert ys.min() < 0.05 * height
        low, high = (float(word) / value for word in re.findall(r"[\d.]+", one.name))
        assert np.interp([low, high], xs, ys) == pytest.approx(height, rel=0.1)  # of four digits


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("width", "height"), [(80, 22), (200, 48)])
def test_every_figure_has_title_axes_and_a_legend_in_ascii(plot, name, width, height):
    figure = plot(name)
    assert scales(figure) is not None
    rows = draw(figure, width, height, glyphs="ascii").text()
    text = "\n".join(rows)
    assert text.isascii()
    assert {len(row) for row in rows} == {width}
    assert 0 < len(figure.title) <= 60
    for words in (figure.title, *(f"{one.label} [{one.unit}]" for one in (figure.x, figure.y))):
        assert words in text
    for letter, one in zip("abcdefghij", figure.series, strict=False):
        assert not one.name or re.search(rf"([-:]|[-.] )?{letter}([-:]| [-.])? {re.escape(one.name[:20])}", text)


@pytest.mark.parametrize(
    ("inputs", "axis", "says"),
    [
        (FitInputs(bootstraps=0), "cloud", "needs resamples"),
        (FitInputs(method="isoflop", bootstraps=0), "residuals", "has no Approach 3"),
        (FitInputs(method="isoflop", bootstraps=0), "profile", "has no Approach 3"),
    ],
)
def test_what_cannot_be_drawn_says_why(inputs, axis, says, catalog):
    found = fit_runs(synthetic(TRUTH), inputs)
    with pytest.raises(InputError, match=says):
        figure_named("fit", axis).draw(found, answer_of(found), catalog)


def test_runs_without_a_law_of_n_and_d_are_drawn_all_the_same(catalog):
    found = fit_runs(synthetic(TRUTH), FitInputs(method="isoflop", bootstraps=0))
    names = [one.name for one in figure_named("fit", "points").draw(found, answer_of(found), catalog).series]
    assert names == ["optimum, isoflop", "runs"]
    lines = figure_named("fit", "slices").draw(found, answer_of(found), catalog).series[-1]
    valley = found.isoflop.valleys[-1]
    u = np.log(np.array(lines.xs) / valley.centre)
    assert lines.ys == pytest.approx(np.polyval(valley.coefficients[::-1], u), rel=1e-12)
    runs = replace(synthetic(TRUTH, each=1))
    alone = fit_runs(runs, FitInputs(method="power", bootstraps=0))
    with pytest.raises(InputError, match="no two runs share a budget"):
        figure_named("fit", "slices").draw(alone, answer_of(alone), catalog)


def test_the_command_draws_what_the_function_does(found, plot, tmp_path, capsys):
    runs = synthetic(TRUTH, noise=0.005)
    table = np.stack((runs.params, runs.tokens, runs.flops, runs.loss), axis=1)[np.argsort(runs.lines)]
    path = tmp_path / "runs.csv"
    text = "\n".join(",".join(map(repr, row)) for row in table.tolist())
    path.write_text(f"params,tokens,flops,loss\n{text}\n")
    words = ["fit", str(path), "--bootstraps", "256", "--exclude", "8,32"]  # of a file whose first line is its head
    for name in NAMES:
        assert run([*words, "--plot", "--axis", name, "--ascii"]) == 0
        out = capsys.readouterr().out
        rows = draw(plot(name), 80, 22, glyphs="ascii").text()
        assert out == "".join(f"{row.rstrip()}\n" for row in rows), name


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("--exclude 1", "--exclude: line 1 has no run (runs are in lines 2 to 61)"),
        ("--exclude 2,99,100", "--exclude: lines 99, 100 have no run (runs are in lines 2 to 61)"),
        ("--exclude x", "--exclude: 'x' is no number of a line (such as --exclude 3,17)"),
        ("--exclude 0", "--exclude: '0' is no number of a line (such as --exclude 3,17)"),
        (f"--exclude {','.join(map(str, range(2, 62)))}", "--exclude: no run is left"),
    ],
)
def test_what_is_wrong_with_the_lines_is_one_message(words, says, tmp_path, capsys):
    runs = synthetic(TRUTH)
    rows = [f"{n!r},{d!r},{level!r}" for n, d, level in zip(runs.params.tolist(), runs.tokens.tolist(),
                                                             runs.loss.tolist(), strict=True)]  # fmt: skip
    path = tmp_path / "runs.csv"
    path.write_text("\n".join(["params,tokens,loss", *rows]) + "\n")
    assert run(["fit", str(path), "--bootstraps", "0", *words.split()]) == 2
    assert capsys.readouterr() == ("", f"scaletui: {says}\n")
