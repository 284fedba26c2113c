"""Two scenarios: their figures in one plot, the command that draws it, and the lines in which they differ."""

from __future__ import annotations

import json
import re

import pytest

from scaletui.cli import run
from scaletui.render.compared import DIFFERS, compared_lines
from scaletui.render.figures import figure_names
from scaletui.render.figures_scenario import compared_plot, scenario_plot
from scaletui.render.overlay import overlay
from scaletui.render.plot import Axis, Mark, Plot, Series, draw, scales
from scaletui.render.table import answer_lines
from scaletui_core.compare import compare
from scaletui_core.errors import InputError
from scaletui_core.flow import flow
from scaletui_core.scenario import Scenario, assigned, inputs_of, published

NAMES = ("gopher", "chinchilla")
# What the figures need that these two do not say.
MORE = {
    "emergence.scores": ["emergence.benchmarks=true"],
    "speed.gpus": ["speed.layers=80"],
    "copies.growth": ["copies.chain=gpt-2030"],
}
C, N = Axis("C", "FLOP"), Axis("N", "parameters")
LINE = Series("law", (1e18, 1e22), (1e8, 1e10))


@pytest.fixture
def parts(catalog):
    """A function that returns all parts of a published scenario, with more assigned."""
    known = published(catalog)

    def of(name: str, *more: str):
        scenario = known[name]._replace(texts=assigned(known[name].texts, more))
        return flow(inputs_of(scenario), catalog)

    return of


def named(one: Series | Mark) -> str:
    return one.label if isinstance(one, Mark) else one.name


def covers(whole: Series, part: Series) -> bool:
    """Return whether one series has all points of another, or is the level or upright that it is a piece of."""
    points = [zip(one.xs, one.ys, strict=True) for one in (whole, part)]
    found, wanted = ([tuple(pytest.approx(v, rel=1e-9) for v in p) for p in one] for one in points)
    straight = len(whole.xs) == 2 and (len({*whole.ys, *part.ys}) == 1 or len({*whole.xs, *part.xs}) == 1)
    return found == wanted or straight


# -- every figure --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", figure_names())
def test_every_figure_of_two_scenarios_is_in_one_plot(name, parts, catalog):
    both = [parts(one, *MORE.get(name, ())) for one in NAMES]
    plots = [scenario_plot(one, name, catalog, [other]) for one, other in zip(both, both[::-1], strict=True)]
    plot = compared_plot(both[0], both[1], NAMES, catalog, name)
    assert plot == overlay(*plots, NAMES)
    for own, scenario in zip(plots, NAMES, strict=True):
        assert scenario in plot.title
        for one in own.series:
            assert any(re.search(rf"(^|{scenario}: ){re.escape(one.name)}($| /)", named(it)) and covers(it, one)
                       for it in plot.series)  # fmt: skip
        for one in own.marks:
            labels = (one.label, f"{scenario}: {one.label}" if one.label else "")
            assert any(it.label in labels and (it.x, it.y) == (pytest.approx(one.x), pytest.approx(one.y))
                       for it in plot.marks)  # fmt: skip
        for axis, (ends, wanted) in zip("xy", zip(scales(plot), scales(own), strict=True), strict=True):
            assert ends.low <= wanted.low + 1e-9, axis
            assert ends.high >= wanted.high - 1e-9, axis
            assert getattr(plot, axis)[:3] == getattr(own, axis)[:3]
    names = [one.name for one in plot.series]
    assert len(set(names)) == len(names)
    for width, height in ((80, 22), (200, 48)):
        rows = draw(plot, width, height, glyphs="ascii").text()
        text = "\n".join(rows)
        assert "gopher / chinchilla: " in text
        below = " ".join("".join(rows[-8:]).split())
        assert all(one.name[:20] in below for one in plot.series[:2])


@pytest.mark.parametrize("name", figure_names())
def test_pairs_are_told_apart_without_colour(name, parts, catalog):
    both = [parts(one, *MORE.get(name, ())) for one in NAMES]
    plot = compared_plot(both[0], both[1], NAMES, catalog, name)
    looks = {(one.name, one.dashed, one.dotted) for one in plot.series if one.kind == "line"}
    first, second = ({look for look in looks if look[0].startswith(f"{scenario}: ")} for scenario in NAMES)
    dashes = [{look[0].partition(": ")[2]: look[1:] for look in side} for side in (first, second)]
    assert len(dashes[0]) == len(dashes[1])
    for like in dashes[0].keys() & dashes[1].keys():
        assert dashes[0][like] != dashes[1][like]
    assert all(dashed for _, dashed, _ in second)
    assert len(plot.series) <= 52  # letters


def test_the_frontier_has_each_law_once_and_both_models(parts, catalog):
    plot = compared_plot(parts("gopher"), parts("chinchilla"), NAMES, catalog)
    assert plot.title == "gopher / chinchilla: Compute-optimal N against C"
    assert "epoch-2024" in [one.name for one in plot.series]
    assert not any(":" in one.name or one.dashed for one in plot.series)
    # Hoffmann et al., Sec. 1: 280B on 300B tokens, 70B on 1.4T; C = 6ND
    assert [(one.label, one.x, one.y) for one in plot.marks] == [
        ("gopher: the model", pytest.approx(6 * 280e9 * 300e9), 280e9),
        ("chinchilla: the model", pytest.approx(6 * 70e9 * 1.4e12), 70e9),
    ]
    text = "\n".join(draw(plot, 80, 22).text())
    assert "gopher: the model" in text
    assert "chinchilla: the model" in text


def test_the_frontier_reaches_as_far_as_both_budgets(parts, catalog):
    names = ("gopher", "gpt-2030")
    plot = compared_plot(parts("gopher"), parts("gpt-2030"), names, catalog, "frontier.params")
    assert not any(":" in one.name for one in plot.series)  # the same lines, for both over the same budgets
    gopher, forecast = plot.marks
    assert forecast.label == "gpt-2030: optimum by epoch-2024"
    # the median of gpt-2030's C, 4.7e28, under epoch-2024
    assert (forecast.x, forecast.y) == (pytest.approx(4.7e28), pytest.approx(23.8e12, rel=0.01))
    assert plot.x.high >= 10 * forecast.x > gopher.x >= 10 * plot.x.low


def test_slices_are_of_the_law_followed_and_have_the_models_on_them(parts, catalog):
    plot = compared_plot(parts("gopher"), parts("chinchilla"), NAMES, catalog, "isoflop.loss")
    assert [one.name for one in plot.series] == ["gopher: epoch-2024", "chinchilla: epoch-2024"]
    assert "C = 5.04e23 / 5.88e23 FLOP" in plot.title
    gopher, chinchilla = plot.marks
    assert (gopher.x, chinchilla.x) == (280e9, 70e9)
    # Besiroglu et al. 2024: 1.8172 + 482.01/N^0.3478 + 2085.43/D^0.3658
    for mark, tokens in ((gopher, 300e9), (chinchilla, 1.4e12)):
        assert mark.y == pytest.approx(1.8172 + 482.01 / mark.x**0.3478 + 2085.43 / tokens**0.3658, abs=2e-3)
    assert "beyond the fit" in "\n".join(draw(plot, 80, 22).text())


def test_what_rounding_alone_parts_is_drawn_once(parts, catalog):
    # in multiples of the fewest, steps against tokens are the same hyperbola for every critical batch
    plot = compared_plot(parts("gopher"), parts("chinchilla"), NAMES, catalog, "batch.hyperbola")
    assert [one.name for one in plot.series] == ["batches, small to large"]
    assert [one.label for one in plot.marks] == ["B_crit/16", "B_crit/4", "B_crit", "4 B_crit", "16 B_crit"]


def test_a_scenario_with_itself_is_drawn_once(parts, catalog):
    for name in figure_names():
        both = parts("gopher", *MORE.get(name, ()))
        plot = compared_plot(both, both, ("gopher", "gopher"), catalog, name)
        alone = scenario_plot(both, name, catalog)
        assert (plot.series, plot.marks) == (alone.series, alone.marks)
        assert plot.title == f"gopher / gopher: {alone.title}"


@pytest.mark.parametrize("name", figure_names())
def test_ranges_are_drawn_at_their_middle(name, parts, catalog):
    if name == "speed.batch":  # gpt-2030 has a speed, and no model
        with pytest.raises(InputError, match=r"gpt-2030: needs speed\.params or speed\.model"):
            compared_plot(parts("gopher"), parts("gpt-2030"), ("gopher", "gpt-2030"), catalog, name)
        return
    more = MORE.get(name, ()) if name != "speed.gpus" else ["speed.human-multiple=", "speed.model=llama-3-70b"]
    plot = compared_plot(
        parts("gopher", *more), parts("gpt-2030", *more), ("gopher", "gpt-2030"), catalog, name
    )  # fmt: skip
    values = [value for one in plot.series for value in (*one.xs, *one.ys) if value is not None]
    assert {type(value) for value in values} <= {float, int}
    assert {type(value) for one in plot.marks for value in one[:2]} <= {float, int}


# -- the rules of the overlay --------------------------------------------------------------------------------------


def test_axes_of_other_quantities_are_one_message():
    one = Plot("", C, N, (LINE,))
    for other, says in (
        (
            Plot("", C._replace(unit="tokens"), N, (LINE,)),
            "its x axis would be C [FLOP], logarithmic for a and C [tokens]",
        ),
        (Plot("", C, Axis("L", "nats/token", False), (LINE,)), "its y axis would be N [parameters], logarithmic for a"),
        (Plot("", C, N._replace(log=False), (LINE,)), "N [parameters], linear for b"),
    ):
        with pytest.raises(InputError) as caught:
            overlay(one, other, ("a", "b"))
        assert says in caught.value.line
        assert "\n" not in caught.value.line


def test_what_differs_is_named_and_dashed_and_what_was_dashed_is_sparser():
    a = Plot("", C, N, (LINE, LINE._replace(name="level", ys=(1e9, 1e9), dashed=True, color=1)))
    b = Plot("", C, N, (LINE._replace(ys=(1e7, 1e9)), LINE._replace(name="other", ys=(1e8, 1e8), dashed=True, color=1)))
    plot = overlay(a, b, ("a", "b"))
    assert [(one.name, one.dashed, one.dotted, one.color) for one in plot.series] == [
        ("a: law", False, False, 0),
        ("b: law", True, False, 2),
        ("a: level", True, False, 1),
        ("b: other", True, True, 3),
    ]


def test_levels_of_one_height_are_one_as_wide_as_both():
    low, high = (LINE._replace(name="a person", xs=ends, ys=(5.0, 5.0)) for ends in ((1.0, 10.0), (5.0, 90.0)))
    upright = LINE._replace(name="now", xs=(3.0, 3.0), ys=(1.0, 4.0))
    taller = upright._replace(ys=(2.0, 9.0))
    plot = overlay(Plot("", C, N, (low, upright)), Plot("", C, N, (high, taller)), ("a", "b"))
    assert [(one.name, tuple(one.xs), tuple(one.ys)) for one in plot.series] == [
        ("a person", (1.0, 90.0), (5.0, 5.0)),
        ("now", (3.0, 3.0), (1.0, 9.0)),
    ]


def test_the_same_points_under_two_names_are_drawn_once_with_both():
    a, b = (LINE._replace(name=f"seen by {k}", kind="points", labels=("x", "y")) for k in (1, 2))
    (both,) = overlay(Plot("", C, N, (a,)), Plot("", C, N, (b,)), ("a", "b")).series
    assert both.name == "a: seen by 1 / b: seen by 2"


def test_marks_that_both_have_stand_once_and_nameless_ones_stay_so():
    shared, own, bare = Mark(1e20, 1e9, "here"), Mark(1e21, 1e9, "yours", True), Mark(1e19, 2e8, "")
    a, b = Plot("", C, N, (LINE,), (shared, own)), Plot("", C, N, (LINE,), (own._replace(y=2e9), shared, bare))
    assert overlay(a, b, ("a", "b")).marks == (
        shared,
        own._replace(label="a: yours"),
        own._replace(y=2e9, label="b: yours"),
        bare,
    )


def test_axes_cover_both_and_leave_to_the_data_what_both_do():
    a = Plot("", C._replace(low=1e19, high=1e21), N, (LINE,))
    b = Plot("", C, N._replace(low=1e6), (LINE._replace(ys=(1e8, 1e11)),))
    plot = overlay(a, b, ("a", "b"))
    assert (plot.x.low, plot.x.high) == (pytest.approx(1e18), pytest.approx(1e22))
    assert (plot.y.low, plot.y.high) == (1e6, None)
    nothing = overlay(Plot("", C, N), b, ("a", "b"))
    assert scales(nothing) == scales(b)


@pytest.mark.parametrize(
    ("first", "second", "title"),
    [
        ("k-tiling: 1.2 us a multiply", "k-tiling: 5.92 us a multiply", "a / b: k-tiling: 1.2 / 5.92 us a multiply"),
        ("Years by users", "Years by users (mid-range)", "a / b: Years by users (mid-range)"),
        ("Batches of 1", "Latency against throughput, were there memory", "a / b: N against C"),
        ("", "", "a / b: "),
    ],
)
def test_the_title_says_once_what_both_titles_say(first, second, title):
    assert overlay(Plot(first, C, N), Plot(second, C, N), ("a", "b")).title == title


# -- the command ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("axis", [None, "speed.k", "isoflop.loss"])
@pytest.mark.parametrize("glyphs", ["ascii", "half"])
def test_the_command_draws_the_overlay(axis, glyphs, parts, catalog, capsys):
    line = ["scenario", "compare", *NAMES, "--plot", "--glyphs", glyphs, *(["--axis", axis] if axis else [])]
    assert run(line) == 0
    plot = compared_plot(parts("gopher"), parts("chinchilla"), NAMES, catalog, axis or "frontier.params")
    rows = draw(plot, 80, 22, glyphs=glyphs).text()
    assert capsys.readouterr() == ("".join(f"{row.rstrip()}\n" for row in rows), "")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("gopher chinchilla --axis speed.k", "--axis: needs --plot"),
        ("gopher chinchilla --ascii", "--ascii: needs --plot"),
        ("gopher chinchilla --plot --explain", "--plot: draws, and takes no --format or --explain"),
        ("gopher chinchilla --plot --samples 2k", "--plot: draws the middle of the ranges, and takes no samples"),
        ("gopher nope --plot", "B: no scenario is called 'nope'"),
        (
            "gopher chinchilla --plot --axis speed.q",
            "--axis: no figure of a scenario is called 'speed.q' (known: front",
        ),
        ("gopher chinchilla --plot --axis k", "batch.cost)"),
        ("gopher chinchilla --plot --axis speed.gpus", "--axis speed.gpus: gopher: needs a model with its layers"),
        ("gpt-2030 gopher --plot --axis copies.growth", "gopher: needs copies.chain (such as copies.chain=gpt-2030)"),
    ],
)
def test_what_cannot_be_drawn_is_one_message(line, says, capsys):
    assert run(["scenario", "compare", *line.split()]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert says in err
    assert err.count("\n") == 1


def test_the_help_names_every_figure(capsys):
    assert run(["scenario", "compare", "--help"]) == 0
    words = " ".join(capsys.readouterr().out.split())
    assert ", ".join(figure_names()) in words


# -- the lines -----------------------------------------------------------------------------------------------------


def test_lines_that_differ_have_their_style_and_no_other_text(catalog, capsys):
    known = published(catalog)
    answer = compare(known["gopher"], known["chinchilla"], catalog)
    lines = compared_lines(answer, 80)
    assert [line[1:] for line in lines] == [line[1:] for line in answer_lines(answer, 80)]
    assert run(["scenario", "compare", *NAMES, "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    values = {side: {row["subject"]: row["value"] for row in rows if row["id"] == side} for side in ("first", "second")}
    expected = {
        subject
        for subject in {*values["first"], *values["second"]}
        if values["first"].get(subject) != values["second"].get(subject)
    }
    assert {about for style, _, about in lines if style == DIFFERS} == expected
    assert len(expected) < len(values["first"])
    assert {style for style, _, about in lines if not about} <= {"head", "quiet", ""}


def test_a_scenario_differs_from_itself_in_nothing(catalog):
    gopher = published(catalog)["gopher"]
    assert DIFFERS not in {style for style, _, _ in compared_lines(compare(gopher, gopher, catalog), 80)}


def test_losses_of_two_laws_and_what_one_lacks_differ(catalog):
    texts = {"calc": {"params": "70B", "tokens": "1.4T"}}
    one = Scenario("one", "one", None, texts)
    laws = [one._replace(texts={"calc": {**texts["calc"], "law": (law,)}}) for law in ("epoch-2024", "chinchilla-3")]
    lines = compared_lines(compare(*laws, catalog), 80)
    assert "calc.loss" in {about for style, _, about in lines if style == DIFFERS}
    assert "calc.compute" not in {about for style, _, about in lines if style == DIFFERS}
    tiled = one._replace(texts={**texts, "speed": {"k": "5"}})
    missing = {about for style, _, about in compared_lines(compare(one, tiled, catalog), 80) if style == DIFFERS}
    assert "copies.copies_k" in missing


def test_the_ends_of_an_interval_have_the_style_of_their_value(catalog):
    known = published(catalog)
    lines = compared_lines(compare(known["gopher"], known["gpt-2030"], catalog), 100)
    at = next(i for i, line in enumerate(lines) if line[2] == "calc.params")
    assert [line[0] for line in lines[at : at + 3]] == [DIFFERS] * 3
    assert lines[at + 1][1].split()[0] == "low"
    first_quiet = next(i for i, line in enumerate(lines) if line[0] == "quiet")
    assert lines[first_quiet - 1][:2] == ("", "")
