"""The figures of every calculator, by name: for ``--plot``, and for the app.

The command line reads their names and help here on every call; the module that draws one is loaded when it is drawn.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, NamedTuple

from scaletui.terminal import Colors
from scaletui_core.answer import Answer
from scaletui_core.errors import InputError, unknown_name
from scaletui_core.fields import at_the_middle
from scaletui_core.presets import Catalog
from scaletui_core.traced import Traced

if TYPE_CHECKING:
    from scaletui.render.plot import Glyphs, Plot

GLYPHS: tuple[Glyphs, ...] = ("braille", "half", "ascii")
"""What plots can be drawn in: the dots of braille, half blocks, ASCII alone."""


class Figure(NamedTuple):
    """One way to draw a calculator's answer.

    Attributes
    ----------
    name : str
        What ``--axis`` calls it.
    help : str
        What it shows, in a few words.
    module, function : str
        Of `scaletui.render`, a pure function of inputs, answer and catalog.
    bands : bool
        Whether it shows intervals; the others show what holds at the middle of the ranges, and say so.
    """

    name: str
    help: str
    module: str
    function: str
    bands: bool = False

    def draw(self, inputs: Any, answer: Answer, catalog: Catalog) -> Plot:
        """Return the plot of an answer to these inputs.

        Of a figure without bands the answer is the one before samples were drawn.

        Raises
        ------
        InputError
            If these inputs leave nothing to draw; it says which to add.
        """
        varies = any(isinstance(row.value, Traced) for row in answer.rows)
        module = importlib.import_module(f"scaletui.render.{self.module}")
        function = getattr(module, self.function)
        if not varies:
            plot: Plot = function(inputs, answer, catalog)
            return plot
        plot = function(at_the_middle(inputs), answer.at_the_middle(), catalog)
        return plot._replace(title=f"{plot.title} (mid-range)")


FIGURES: dict[str, tuple[Figure, ...]] = {
    "frontier": (
        Figure("params", "N against C", "figures_sweep", "params", bands=True),
        Figure("tokens", "D against C", "figures_sweep", "tokens", bands=True),
        Figure("loss", "L against C", "figures_sweep", "loss", bands=True),
    ),
    "isoflop": (
        Figure("loss", "L against N", "figures_sweep", "loss", bands=True),
        Figure("tokens", "D against N", "figures_sweep", "tokens", bands=True),
    ),
    "emergence": (
        Figure("map", "abilities by the C and N at which they were first seen", "figures_emergence", "ability_map"),
        Figure("scores", "MMLU of known models against their C, with --benchmarks", "figures_emergence", "scores"),
    ),
    "speed": (
        Figure("k", "speed-up against k, as claimed and as latency leaves it", "figures_speed", "k_tiling"),
        Figure("batch", "tokens/s of one accelerator against those of one sequence", "figures_speed", "trade_off"),
        Figure("measured", "tokens a minute against N, measured and predicted", "figures_speed", "measured"),
        Figure("gpus", "time a token against the number of accelerators", "figures_speed", "instance_sizes"),
    ),
    "copies": (
        Figure("k", "copies, speed and work against k", "figures_copies", "k_tiling"),
        Figure("growth", "years of work against C, with --chain", "figures_copies", "growth"),
    ),
    "learning": (Figure("ceiling", "years learned a day against copies", "figures_learning", "ceiling"),),
    "batch": (
        Figure("hyperbola", "steps against tokens to the same loss", "figures_batch", "hyperbola"),
        Figure("cost", "steps and tokens against the batch", "figures_batch", "cost"),
    ),
    "fit": (
        Figure("points", "runs in N and D, contours of equal loss, the optimum", "figures_fit", "points"),
        Figure("slices", "isoFLOP slices: L against N at each budget", "figures_fit", "slices"),
        Figure("loss", "L against C: runs, the least by each law", "figures_fit", "loss"),
        Figure("residuals", "ln L_hat - ln L against N", "figures_fit_doubt", "by_params"),
        Figure("residuals-tokens", "the same against D", "figures_fit_doubt", "by_tokens"),
        Figure("residuals-flops", "the same against C", "figures_fit_doubt", "by_flops"),
        Figure("cloud", "alpha and beta of the resamples", "figures_fit_doubt", "cloud"),
        Figure("cloud-e", "a and E of the resamples", "figures_fit_doubt", "cloud_irreducible"),
        Figure("profile", "profile likelihood of alpha, beta and E", "figures_fit_doubt", "profile"),
    ),
    "bench": (
        Figure("ladder", "time against tokens, with the line through them", "figures_bench", "ladder"),
        Figure("batch", "tokens/s of all sequences against those of one", "figures_bench", "batches"),
        Figure("context", "time a token against the tokens in the cache", "figures_bench", "contexts"),
        Figure("k", "speed-up against k: claimed, left by sums, measured", "figures_bench", "tiling"),
    ),
}
"""Figures by calculator; the first is drawn where none is named."""
OUTSIDE = ("fit", "bench")
"""Those that are no part of a scenario."""


def figure_named(calculator: str, name: str | None) -> Figure:
    """Return a calculator's figure of that name, or its first.

    Raises
    ------
    InputError
        If it has none of that name.

    Examples
    --------
    >>> figure_named("speed", None).name, figure_named("speed", "gpus").help
    ('k', 'time a token against the number of accelerators')
    """
    figures = FIGURES[calculator]
    for figure in figures:
        if name in (None, figure.name):
            return figure
    raise unknown_name("axis", str(name), [figure.name for figure in figures], where="--axis")


def axis_help(calculator: str) -> str:
    """Return the help of ``--axis``: every figure with what it shows.

    >>> axis_help("learning")
    'What to plot. ceiling: years learned a day against copies.'
    """
    return f"What to plot. {'; '.join(f'{one.name}: {one.help}' for one in FIGURES[calculator])}."


def figure_names() -> list[str]:
    """Return what can be drawn of a scenario, as ``part.figure``: those of its budget's sweeps first.

    >>> figure_names()[0], figure_names()[-1]
    ('frontier.params', 'batch.cost')
    """
    return [f"{part}.{one.name}" for part, figures in FIGURES.items() if part not in OUTSIDE for one in figures]


def plot_of(inputs: Any, point: Answer, answer: Answer, catalog: Catalog, axis: str | None) -> Plot:
    """Return a figure of an answer, the first where ``axis`` names none.

    ``point`` is the answer before samples were drawn, ``answer`` the one with intervals.

    Raises
    ------
    InputError
        If there is no such figure, or these inputs leave nothing to draw.
    """
    figure = figure_named(answer.calculator, axis)
    try:
        return figure.draw(inputs, answer if figure.bands else point, catalog)
    except InputError as error:
        raise error.at("--plot" if axis is None else f"--axis {axis}") from None


def plot_text(plot: Plot, width: int, height: int, glyphs: Glyphs, colors: Colors) -> str:
    """Return a plot as text for a terminal of ``width`` x ``height`` cells, with a final newline."""
    from scaletui.render.plot import ansi, draw

    text = ansi(draw(plot, width, height, glyphs=glyphs), colors=colors)
    return text if text.endswith("\n") else text + "\n"
