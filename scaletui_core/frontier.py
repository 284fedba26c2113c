"""Compute-optimal frontiers N_opt(C), D_opt(C), L_opt(C), and the isoFLOP slice across one of them."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log, log10

from scaletui_core.answer import Answer, Column, Note, Row, Sweep, Table
from scaletui_core.calc import beyond_rows, epochs_row, loss_rows, ratio_row
from scaletui_core.calculator import Calculator, extrapolation_note, law_notes, provenance
from scaletui_core.errors import InputError
from scaletui_core.fields import NAMES, field, given
from scaletui_core.formula import Number, Working
from scaletui_core.law_formulas import LN6, other_factor
from scaletui_core.law_kinds import Law
from scaletui_core.law_records import Unreachable
from scaletui_core.laws import chosen_laws, doubt_field
from scaletui_core.presets import Catalog

LARGEST_SWEEP = 2000


@dataclass(frozen=True, slots=True)
class FrontierInputs:
    """A span of budgets [FLOP], how many points on it, the unique tokens, and the laws to draw."""

    from_: float = field(
        "FLOP", "Lowest budget.", label="From", example="1e18", default="1e18", default_value=1e18, low=1.0, high=1e299,
        ranged=False,
    )  # fmt: skip
    to: float = field(
        "FLOP", "Highest budget.", label="To", example="1e26", default="1e26", default_value=1e26, low=1.0, high=1e299,
        ranged=False,
    )  # fmt: skip
    points: int | None = field(
        "1",
        "Budgets, evenly spaced in log C; default: one a decade.",
        label="Points",
        example="50",
        low=2,
        high=LARGEST_SWEEP,
        whole=True,
        ranged=False,
    )
    unique: float | None = field(
        "tokens", "Unique tokens there are.", label="Unique", example="100B", low=1.0, high=1e149
    )
    law: tuple[str, ...] = field(
        NAMES, "Law to draw; repeatable. Default: all.", label="Law", example="chinchilla-3", default_value=()
    )
    law_uncertainty: bool = doubt_field()


@dataclass(frozen=True, slots=True)
class IsoflopInputs:
    """A budget [FLOP] to spend on models of different sizes, how many, the unique tokens, and the laws to ask."""

    flops: float | None = field("FLOP", "Training compute C.", label="C", example="5.76e23", low=1e6, high=1e299)
    points: int | None = field(
        "1",
        "Model sizes, evenly spaced in log N.",
        label="Points",
        example="21",
        default="21",
        low=2,
        high=LARGEST_SWEEP,
        whole=True,
        ranged=False,
    )
    unique: float | None = field(
        "tokens", "Unique tokens there are.", label="Unique", example="100B", low=1.0, high=1e149
    )
    law: tuple[str, ...] = field(
        NAMES, "Law to ask; repeatable. Default: all with L(N, D).", label="Law", example="epoch-2024", default_value=()
    )
    law_uncertainty: bool = doubt_field()


def log_spaced(low: float, high: float, points: int) -> list[float]:
    """Return ``points`` values from ``low`` to ``high``, evenly spaced in their logarithm.

    Decades come out exact, so that 1e20 prints as 1e20.

    >>> log_spaced(1e18, 1e21, 4)
    [1e+18, 1e+19, 1e+20, 1e+21]
    """
    first, last = log(low), log(high)
    values = [exp(first + (last - first) * i / (points - 1)) for i in range(points)]
    return [low, *(float(f"{value:.12g}") for value in values[1:-1]), high]


def calculate(inputs: FrontierInputs, catalog: Catalog) -> Answer:
    """Return N_opt, D_opt, D/N and, where the law has one, L_opt over a span of budgets.

    Row ids: ``params``, ``tokens``, ``tokens_per_param``, ``loss``; ``at`` is the compute [FLOP].

    Raises
    ------
    InputError
        If the span is empty or a law is unknown.

    Examples
    --------
    >>> answer = calculate(FrontierInputs(1e20, 1e22, law=("chinchilla-1",)), Catalog("presets"))
    >>> [f"{row.at:g}: {row.value:.3g}" for row in answer.rows if row.id == "params"]
    ['1e+20: 9.08e+08', '1e+21: 2.86e+09', '1e+22: 9.01e+09']
    """
    if not inputs.from_ < inputs.to:
        raise InputError("must be less than --to", where="--from", hint="such as --from 1e18 --to 1e26")
    laws = chosen_laws(catalog, inputs.law, inputs.unique, doubt=inputs.law_uncertainty)
    decades = log10(inputs.to / inputs.from_)
    points = inputs.points or min(max(round(decades) + 1, 2), LARGEST_SWEEP)
    budgets = log_spaced(inputs.from_, inputs.to, points)
    rows: list[Row] = []
    notes: list[Note] = []
    for law in laws:
        for flops in budgets:
            rows += _rows_at(law, flops, inputs.unique)
        ends = (extrapolation_note(law, inputs.to), extrapolation_note(law, inputs.from_))
        notes += [note for note in dict.fromkeys(ends) if note is not None]
        notes += law_notes(law, inputs.unique)
    columns = (
        Column("params", "N", "parameters"),
        Column("tokens", "D", "tokens"),
        Column("tokens_per_param", "D/N", "tokens/parameter"),
        Column("epochs", "epochs", "1"),
        Column("loss", "loss", "nats/token"),
        Column("decades_beyond_fit", "beyond", "decades"),
    )
    table = Table("law", columns)
    return Answer(
        "frontier",
        given(inputs),
        tuple(rows),
        tuple(notes),
        provenance(points=points, fitted=_fitted(laws)),
        table,
        Sweep("compute", "C", "FLOP"),
    )


def _rows_at(law: Law, flops: float, unique: float | None) -> list[Row]:
    try:
        best = law.optimum(flops)
    except Unreachable:
        return []
    n, d = best.params, best.tokens
    rows = [
        Row(
            "params",
            f"optimal N, {law.counts}",
            n,
            "parameters",
            law.id,
            source=law.source,
            working=best.params_working,
        ),
        Row("tokens", "optimal D", d, "tokens", law.id, source=law.source, working=best.tokens_working),
        ratio_row("tokens_per_param", "optimal D/N", n, d, law.id),
    ]
    if unique is not None:
        rows.append(epochs_row("epochs", "passes over the unique tokens", d, unique, law.id))
    if law.has_optimal_loss:
        loss = law.optimal_loss(flops)
        label = "loss L(N, D)" if law.has_loss else "loss L(C)"
        rows.append(Row("loss", label, loss.value, "nats/token", law.id, source=loss.source, working=loss.working))
    rows += beyond_rows(law, flops)
    return [row._replace(at=flops) for row in rows]


def isoflop(inputs: IsoflopInputs, catalog: Catalog) -> Answer:
    """Return the loss of models of different sizes that all cost the same compute.

    Row ids: ``tokens``, ``loss`` and its terms, where ``at`` is N [parameters]; ``optimal_params`` and ``optimal_loss``
    a law. The sizes span two decades around the optima.

    Raises
    ------
    InputError
        If no budget is given or a law is unknown.

    Examples
    --------
    >>> answer = isoflop(IsoflopInputs(flops=5.76e23, points=41, law=("chinchilla-3",)), Catalog("presets"))
    >>> best = min((row for row in answer.rows if row.id == "loss"), key=lambda row: row.value)
    >>> round(best.at / 40.36e9, 1)
    1.0
    """
    if inputs.flops is None:
        raise InputError("nothing to start from", hint="give --flops 5.76e23")
    laws = chosen_laws(catalog, inputs.law, inputs.unique, doubt=inputs.law_uncertainty)
    able = [law for law in laws if law.has_loss]
    notes = [
        Note(f"unreachable:{x.id}", "has no loss of N and D together.", x.source, x.id, "unreachable")
        for x in laws
        if not x.has_loss
    ]
    rows: list[Row] = []
    if able:
        best = [float(law.optimum(inputs.flops).params) for law in able]
        most = exp(log(inputs.flops) - LN6)
        low, high = max(min(best) / 10, 1.0), min(max(best) * 10, most)
        for law in able:
            for params in log_spaced(low, high, inputs.points or 21):
                rows += _slice_rows(law, inputs.flops, params, inputs.unique)
            rows += _least_rows(law, inputs.flops)
            beyond = extrapolation_note(law, inputs.flops)
            notes += [beyond] if beyond else []
            notes += law_notes(law, inputs.unique)
    columns = (
        Column("tokens", "D", "tokens"),
        Column("epochs", "epochs", "1"),
        Column("loss", "loss", "nats/token"),
        Column("loss_params", "from N", "nats/token"),
        Column("loss_tokens", "from D", "nats/token"),
    )
    table = Table("law", columns)
    more = provenance(fitted=_fitted(able))
    return Answer("isoflop", given(inputs), tuple(rows), tuple(notes), more, table, Sweep("params", "N", "parameters"))


def _fitted(laws: list[Law]) -> dict[str, tuple[float, float]]:
    """Return the least and the most compute [FLOP] behind each law's fit; 0 where the source gives no least."""
    return {law.id: law.fitted for law in laws if law.fitted is not None}


def _least_rows(law: Law, flops: float) -> list[Row]:
    best = law.optimum(flops)
    loss = law.loss(best.params, best.tokens)
    n, source = best.params, law.source
    return [
        Row("optimal_params", "N of least loss", n, "parameters", law.id, source=source, working=best.params_working),
        Row("optimal_loss", "least loss", loss.value, "nats/token", law.id, source=loss.source, working=loss.working),
    ]


def _slice_rows(law: Law, flops: float, params: float, unique: float | None) -> list[Row]:
    tokens = other_factor(flops, params)
    numbers = (Number("C", flops, "FLOP"), Number("N", params, "parameters"))
    rows = [
        Row("tokens", "D at this N", tokens, "tokens", law.id, working=Working(other_factor.expression, numbers)),
        *([] if unique is None else [epochs_row("epochs", "passes over the unique tokens", tokens, unique, law.id)]),
        *loss_rows(law, law.loss(params, tokens), "loss", "loss L(N, C/6N)"),
    ]
    return [row._replace(at=params) for row in rows]


CALCULATOR = Calculator("frontier", FrontierInputs, calculate, "Compute-optimal N, D and loss over a span of budgets.")
ISOFLOP = Calculator("isoflop", IsoflopInputs, isoflop, "The loss of models of different sizes at one budget.")
