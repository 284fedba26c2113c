"""The command line whose output is what a pane of the app shows."""

from __future__ import annotations

from scaletui_core.app_texts import AnyTexts, texts_of_app
from scaletui_core.budget import BudgetInputs
from scaletui_core.fields import as_command, fields_of
from scaletui_core.flow import NEEDS, Part, calculator
from scaletui_core.frontier import FrontierInputs, IsoflopInputs
from scaletui_core.presets import Catalog
from scaletui_core.scenario import Scenario, Texts, Typed, dotted, option_words, set_words, shut_in
from scaletui_core.scenario_part import Place, part_of

LOWEST, HIGHEST = 1e18, 1e26
"""The budgets [FLOP] that a frontier spans at least."""
_DECADE = 10.0  # beyond the scenario's own budget
_FRONTIER_POINTS, _SLICE_POINTS = 25, 81


def command_of(
    part: str, texts: AnyTexts, catalog: Catalog, axis: str | None = None, place: Place = dotted
) -> list[str]:
    """Return the words of the shortest command line that answers as a part of a scenario does.

    Where the part inherits nothing these are its own options. Where it does, ``--set`` gives every text of the parts
    that it needs, as typed: no command of one part could say what was inherited where that is uncertain. What it
    inherits of parts of which nothing was said, a machine, is given as it is.

    Parameters
    ----------
    part : str
        One of `scaletui_core.calculator.PARTS`.
    texts : mapping
        Texts by part and field, of a scenario or of the app.
    catalog : Catalog
        Presets to look things up in.
    axis : str, optional
        The figure to draw.
    place : callable
        How an error names a field of a part.

    Raises
    ------
    InputError
        If the part has no answer, or a part that it needs was given something and has none.

    Examples
    --------
    >>> texts = {"calc": {"flops": "1e23..1e25"}, "speed": {"k": "5"}, "copies": {"tokens": "300B", "speed": "-"}}
    >>> " ".join(command_of("speed", texts, Catalog("presets")))
    'scaletui speed --k 5 --set calc.flops=1e23..1e25'
    >>> " ".join(command_of("calc", texts, Catalog("presets")))
    'scaletui calc --flops 1e23..1e25'
    """
    kept = texts_of_app(texts)
    found = part_of(part, Scenario("", "", None, kept), catalog, place)
    own = dict(kept.get(part, {}))
    needed: Texts = {name: kept[name] for name in NEEDS[part] if name in kept} if found.inherited else {}
    if not needed:  # then there is nothing to shut out either
        own = {name: text for name, text in own.items() if name not in shut_in(part, own)} | _pinned(part, found)
    drawn = [] if axis is None else ["--plot", "--axis", axis]
    return ["scaletui", part, *option_words(part, own), *set_words(needed), *drawn]


def _pinned(part: str, found: Part) -> dict[str, Typed]:
    return {
        item.name: item.text_of(found.inherited[item.name])
        for item in fields_of(calculator(part).inputs)
        if item.name in found.inherited
    }


def frontier_asked(budget: BudgetInputs, *flops: float | None) -> FrontierInputs:
    """Return the frontier that goes with a budget, a decade beyond each compute [FLOP] at least.

    >>> asked = frontier_asked(BudgetInputs(flops=1e26, law=("llama-3",)), 1e26)
    >>> asked.from_, asked.to, asked.law
    (1e+18, 1e+27, ('llama-3',))
    """
    known = [float(one) for one in flops if one is not None]
    low, high = min((LOWEST, *(one / _DECADE for one in known))), max((HIGHEST, *(one * _DECADE for one in known)))
    return FrontierInputs(low, high, _FRONTIER_POINTS, budget.unique, budget.law, budget.law_uncertainty)


def slice_asked(budget: BudgetInputs, flops: float) -> IsoflopInputs:
    """Return the isoFLOP slice that goes with a budget, at its compute [FLOP].

    >>> slice_asked(BudgetInputs(flops=1e24, unique=1e12), 1e24).points
    81
    """
    return IsoflopInputs(flops, _SLICE_POINTS, budget.unique, budget.law, budget.law_uncertainty)


def command_of_sweep(asked: FrontierInputs | IsoflopInputs, axis: str | None = None) -> list[str]:
    """Return the words of the command line that sweeps so; with an axis, that draws it.

    >>> " ".join(command_of_sweep(frontier_asked(BudgetInputs(flops=1e24), 1e24), "loss"))
    'scaletui frontier --points 25 --plot --axis loss'
    """
    drawn = [] if axis is None else ["--plot", "--axis", axis]
    return as_command("frontier" if isinstance(asked, FrontierInputs) else "isoflop", asked) + drawn
