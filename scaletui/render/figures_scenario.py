"""The figures of a scenario: those of its parts, its frontier and its slice; and two scenarios in one plot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from scaletui.render.figures import figure_named, figure_names
from scaletui.render.overlay import Names, overlay
from scaletui.render.plot_model import Mark, Plot
from scaletui_core.answer import Answer
from scaletui_core.calculator import PARTS
from scaletui_core.chain import chain_place
from scaletui_core.errors import InputError
from scaletui_core.flow import Found, Part, budget_found
from scaletui_core.frontier import calculate, isoflop
from scaletui_core.pane_command import frontier_asked, slice_asked
from scaletui_core.presets import Catalog
from scaletui_core.quantity_text import format_quantity
from scaletui_core.safetext import visible
from scaletui_core.scenario_part import placed
from scaletui_core.traced import Traced

Parts = Mapping[str, Part]


def scenario_plot(parts: Parts, name: str, catalog: Catalog, beside: Sequence[Parts] = ()) -> Plot:
    """Return one figure of a scenario, at the middle of what is uncertain.

    The frontier (of all laws, unless the scenario names some) and the slice (of the law followed) have the scenario's
    own model as their mark, or its optimum.

    Parameters
    ----------
    parts : mapping
        All parts, as `scaletui_core.flow.flow` returns them.
    name : str
        One of `scaletui.render.figures.figure_names`.
    catalog : Catalog
        Presets to look things up in.
    beside : sequence of mapping
        Scenarios that it is to be laid over: the frontier is drawn as far as their budgets, too.

    Raises
    ------
    InputError
        If nothing is called so, or the scenario leaves nothing to draw.

    Examples
    --------
    >>> from scaletui_core.budget import BudgetInputs
    >>> from scaletui_core.flow import flow
    >>> known = Catalog("presets")
    >>> plot = scenario_plot(flow({"calc": BudgetInputs(params=280e9, tokens=300e9)}, known), "frontier.params", known)
    >>> plot.marks[-1]
    Mark(x=5.04e+23, y=280000000000.0, label='the model', emphasis=True)
    """
    if name not in figure_names():
        hint = f"known: {', '.join(figure_names())}"
        raise InputError(f"no figure of a scenario is called '{visible(name)}'", where="--axis", hint=hint)
    part, _, axis = name.partition(".")
    figure = figure_named(part, axis)
    if part in parts:
        found = parts[part]
        if found.answer is None:
            raise placed(found.error or InputError("has no answer"), part, chain_place, PARTS[0])
        try:
            return figure.draw(found.inputs, found.answer, catalog)
        except InputError as error:
            raise placed(error, part, chain_place, PARTS[0]) from None
    budget = budget_found(parts, catalog)
    sweep = _frontier if part == "frontier" else _slice
    inputs, answer = sweep(parts, budget, catalog, beside)
    plot = figure.draw(inputs, answer, catalog)
    middle = " (mid-range)" if isinstance(budget.flops, Traced) and not plot.title.endswith(")") else ""
    return plot._replace(title=plot.title + middle, marks=tuple(own_marks(parts, budget, part, axis)))


def _frontier(parts: Parts, budget: Found, catalog: Catalog, beside: Sequence[Parts]) -> tuple[Any, Answer]:
    asked = parts["calc"].inputs
    inputs = frontier_asked(asked, budget.flops, *(budget_found(one, catalog).flops for one in beside))
    return inputs, calculate(inputs, catalog)


def _slice(parts: Parts, budget: Found, catalog: Catalog, beside: Sequence[Parts]) -> tuple[Any, Answer]:
    asked = parts["calc"].inputs
    if budget.flops is None:
        raise InputError("the slice needs one C", hint="give --flops, or --params and --tokens")
    laws = asked.law or (budget.law,)  # of all laws a dozen lines would cross in two slices
    inputs = slice_asked(replace(asked, law=laws), float(budget.flops))
    return inputs, isoflop(inputs, catalog)


def own_marks(parts: Parts, budget: Found, part: str, axis: str) -> list[Mark]:
    """Return the model that was given, or the optimum of the law followed, where it stands on a sweep."""
    answer = parts["calc"].answer
    rows = () if answer is None else answer.rows
    given = any(row.id == "model_params" for row in rows)

    def value(row_id: str) -> float | None:
        wanted = f"model_{row_id}" if given else row_id
        return next((float(row.value) for row in rows if row.id == wanted and row.law in (None, budget.law)), None)

    x = budget.flops if part == "frontier" else value("params")
    y = value(axis)
    if x is None or y is None:
        return []
    size = "" if part == "frontier" else f", N = {format_quantity(float(x), 'parameters')}"
    return [Mark(float(x), y, f"the model{size}" if given else f"optimum by {budget.law}{size}", emphasis=True)]


def compared_plot(first: Parts, second: Parts, names: Names, catalog: Catalog, axis: str | None = None) -> Plot:
    """Return a figure of two scenarios in one plot: ``axis`` of `figure_names`, or the first that shows both.

    Raises
    ------
    InputError
        If no figure is called so, one of the two cannot be drawn, or their axes are not of the same quantities.
    """
    if axis is None:
        for name in figure_names():
            try:
                return compared_plot(first, second, names, catalog, name)
            except InputError:
                continue
        raise InputError("nothing can be drawn of both", where="--plot", hint="compare them without it")
    plots = []
    for parts, other, name in ((first, second, names[0]), (second, first, names[1])):
        try:
            plots.append(scenario_plot(parts, axis, catalog, [other]))
        except InputError as error:
            if axis not in figure_names():
                raise
            what = error.what if error.where in (None, axis.partition(".")[0]) else f"{error.where}: {error.what}"
            raise InputError(what, where=f"--axis {axis}: {name}", hint=error.hint) from None
    try:
        return overlay(plots[0], plots[1], names)
    except InputError as error:
        raise error.at(f"--axis {axis}") from None
