"""The figures of emergence: abilities by the scale at which they were first seen, and benchmark scores."""

from __future__ import annotations

from scaletui.render.plot import Axis, Mark, Plot, Series
from scaletui.render.shapes import level, upright
from scaletui_core.answer import Answer
from scaletui_core.emergence import FLOPS, PARAMS, EmergenceInputs
from scaletui_core.errors import InputError
from scaletui_core.known_models import model_flops
from scaletui_core.presets import Catalog
from scaletui_core.quantity_text import format_quantity

_ROOM = 3.0  # beyond the outermost points and your own scale
_PERCENT = 100.0
_SCORED = "mmlu"  # the benchmark whose rows are models of known compute


def ability_map(inputs: EmergenceInputs, answer: Answer, catalog: Catalog) -> Plot:
    """Return the abilities by the C and N at which they were first seen, and your own scale as a line.

    Raises
    ------
    InputError
        If there is no ability with both figures.
    """
    if inputs.benchmarks:
        raise InputError("draws abilities, not scores", hint="leave --benchmarks out, or take --axis scores")
    found: dict[str, dict[str, float]] = {}
    for row in answer.rows:
        if row.subject is not None:
            found.setdefault(row.subject, {})[row.id] = row.value
    places: dict[tuple[float, float], list[str]] = {}
    for key, values in found.items():
        if "flops" in values and "params" in values:
            places.setdefault((values["flops"], values["params"]), []).append(key)
    if not places:
        raise InputError("no ability found has both a C and an N", hint="search for less")
    axis, yours = (PARAMS, inputs.params) if inputs.params is not None else (FLOPS, inputs.flops)
    cs, ns = ([place[i] for place in places] for i in (0, 1))
    cs += [yours] if yours is not None and axis is FLOPS else []
    ns += [yours] if yours is not None and axis is PARAMS else []
    x_ends, y_ends = (min(cs) / _ROOM, max(cs) * _ROOM), (min(ns) / _ROOM, max(ns) * _ROOM)
    if yours is None:
        series = [_points("abilities", places, 0)]
    else:
        own = format_quantity(yours, axis.unit)
        standing = {place: any(found[key]["seen"] == 1.0 for key in keys) for place, keys in places.items()}
        series = [
            _points(f"seen by {axis.symbol} = {own}", {p: k for p, k in places.items() if standing[p]}, 0),
            _points("not yet", {p: k for p, k in places.items() if not standing[p]}, 1),
            upright("your C", yours, y_ends, 2) if axis is FLOPS else level("your N", yours, x_ends, 2),
        ]
    return Plot(
        "Abilities where they were first seen (Wei et al. 2022)",
        Axis("C", "FLOP", True, *x_ends),
        Axis("N", "parameters", True, *y_ends),
        tuple(series),
        _equivalent(inputs, answer),
    )


def _points(name: str, places: dict[tuple[float, float], list[str]], color: int) -> Series:
    """Return one series of places; a label names the first of those that share one, and counts the rest."""
    labels = [keys[0] + (f" +{len(keys) - 1}" if len(keys) > 1 else "") for keys in places.values()]
    cs, ns = ([place[i] for place in places] for i in (0, 1))
    return Series(name, cs, ns, "points", color, labels=labels)


def _equivalent(inputs: EmergenceInputs, answer: Answer) -> tuple[Mark, ...]:
    """Return where a law puts your budget or size: at its optimal N, or the C that makes it optimal."""
    for row in answer.rows:
        if row.id == "params_equivalent" and inputs.flops is not None:
            return (Mark(inputs.flops, row.value, f"yours by {row.law}", emphasis=True),)
        if row.id == "budget_equivalent" and inputs.params is not None:
            return (Mark(row.value, inputs.params, f"yours by {row.law}", emphasis=True),)
    return ()


def scores(inputs: EmergenceInputs, answer: Answer, catalog: Catalog) -> Plot:
    """Return a benchmark's score of each known model against its compute; what has none is a level.

    Raises
    ------
    InputError
        If the answer lists no scores.
    """
    if not inputs.benchmarks:
        raise InputError("needs --benchmarks")
    models = catalog.load("models").records
    records = catalog.load("benchmarks").records
    if _SCORED not in records:
        raise InputError(f"no benchmark is called {_SCORED}")
    rows = {str(row.subject): row for row in answer.rows if str(row.subject).startswith(f"{_SCORED}/")}
    labels = {f"{_SCORED}/{one['id']}": str(one["label"]) for one in records[_SCORED]["rows"]}
    known = [key for key in rows if key.partition("/")[2] in models and "tokens" in models[key.partition("/")[2]]]
    if not known:
        raise InputError("no model that was scored has a known compute")
    cs = [model_flops(models[key.partition("/")[2]]) for key in known]
    ends = min(cs) / _ROOM, max(cs) * _ROOM
    shares = [_PERCENT * rows[key].value for key in known]
    points = Series("models", cs, shares, "points", 0, labels=[labels[key] for key in known])
    others = [key for key in rows if key not in known]
    levels = [level(labels[key], _PERCENT * rows[key].value, ends, i) for i, key in enumerate(others, start=1)]
    title = f"{_SCORED.upper()}: right answers against the compute of the models"
    axes = Axis("C = 6ND", "FLOP", True, *ends), Axis("right answers", "%", False, 0.0, 100.0)
    return Plot(title, *axes, (points, *levels))
