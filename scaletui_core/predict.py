"""What a big run will reach by a team's own fit, and how sure that is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, log, log10
from typing import Any

from scaletui_core.answer import Answer, Note, Row, Table
from scaletui_core.calculator import INSIDE, provenance
from scaletui_core.errors import InputError
from scaletui_core.fields import CHOICE, field, given
from scaletui_core.fit_file import law_record
from scaletui_core.fitting.inputs import INTERVALS
from scaletui_core.formula import Number, Working
from scaletui_core.law_formulas import log_power, training_flops
from scaletui_core.law_records import Unreachable
from scaletui_core.parametric_law import ParametricLaw
from scaletui_core.presets import Record
from scaletui_core.quantity_text import format_quantity

_SYMBOLS = {"compute": ("C", "flops", "FLOP"), "params": ("N", "params", "parameters"),
            "tokens": ("D", "tokens", "tokens")}  # fmt: skip
_UNITS = {"compute": "FLOP", "params": "parameters", "tokens": "tokens", "loss": "nats/token",
          "tokens_per_param": "tokens/parameter"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PredictInputs:
    """The run that is asked about: a budget C [FLOP], or N [parameters] and D [tokens], or one of them."""

    flops: float | None = field(
        "FLOP", "Training compute C.", label="C", example="1e25", low=1.0, high=1e60, ranged=False
    )
    params: float | None = field(
        "parameters", "Model size N; alone, that of a compute-optimal model.", label="N", example="70B", low=1.0,
        high=1e30, ranged=False,
    )  # fmt: skip
    tokens: float | None = field(
        "tokens", "Training data D; alone, that of a compute-optimal model.", label="D", example="1.4T", low=1.0,
        high=1e30, ranged=False,
    )  # fmt: skip
    coverage: float | None = field(
        "fraction", "Share inside an interval.", label="Coverage", example="80%", default="as the fit has", low=0.01,
        high=0.9999, ranged=False,
    )  # fmt: skip
    interval: str | None = field(
        CHOICE, "How intervals follow from resamples.", label="Interval", example="percentile", default="bca",
        choices=INTERVALS,
    )  # fmt: skip


def calculate(document: Record, name: str, inputs: PredictInputs) -> Answer:
    """Return what each law of a fit says of a run, with intervals.

    Row ids: ``compute``, ``params``, ``tokens``, ``tokens_per_param``, ``loss`` of the subjects ``parametric``,
    ``isoflop``, ``envelope`` and ``power``, as far as the fit has them; ``beyond_compute``, ``beyond_params``,
    ``beyond_tokens``: orders of magnitude beyond the runs, of the subject ``data``.

    Parameters
    ----------
    document : dict
        A fit's file, as `scaletui_core.fit_file.read_fit` returns it.
    name : str
        What the fit is called, for people.
    inputs : PredictInputs
        The run.

    Raises
    ------
    InputError
        If nothing is asked, or C beside N and D disagrees with 6 N D, or the fit is no law.
    """
    rows: list[Row] = []
    notes: list[Note] = []
    coverage = inputs.coverage or document.get("coverage") or 0.9
    asked = _asked(inputs)
    if "parametric" in document:
        rows += _parametric(document, name, inputs, asked, coverage)
    for key in ("isoflop", "envelope"):
        if key in document:
            rows += _frontier(document[key], key, name, asked, coverage)
    flops = next((row.value for row in rows if row.id == "compute"), asked.get("compute"))
    if "power" in document and flops is not None and set(asked) != {"params", "tokens"}:
        rows += _compute_law(document["power"], name, flops, coverage)
    if not rows:
        hint = "give --flops, or fit with --method parametric"
        raise InputError("the fit has no law that answers this", where=name, hint=hint)
    rows += _beyond(document["data"], rows, notes)
    failed = [
        key for key in ("parametric", "isoflop", "envelope", "power") if not document.get(key, {}).get("converged", 1)
    ]
    notes += [Note(f"not-converged:{key}", f"the fit did not converge: {key}.", None, key) for key in failed]
    if any(row.low is not None for row in rows):
        text = (
            f"values are of the fit itself, intervals {coverage:.0%} of its resamples "
            f"({inputs.interval or 'bca'}; Approaches 1 and 2 and the law of compute by percentiles). With "
            "--law-uncertainty other commands show medians and percentiles of the same resamples."
        )
        notes.append(Note("intervals", text, None, None, "convention"))
    else:
        notes.append(
            Note("no-doubt", "the fit has no resamples, so nothing has an interval.", None, None, "assumption")
        )
    origin = provenance(fit=name, data=document["data"]["file"], data_sha256=document["data"].get("sha256"),
                        seed=document.get("seed"), coverage=coverage)  # fmt: skip
    return Answer(
        "predict", given(inputs), tuple(rows), tuple(notes), origin, Table("subject", (), digits=4, tells_all=True)
    )


def _asked(inputs: PredictInputs) -> dict[str, float]:
    """Return what is given by row id.

    Raises
    ------
    InputError
        If it is nothing, or too much.
    """
    named = {"compute": inputs.flops, "params": inputs.params, "tokens": inputs.tokens}
    asked = {key: value for key, value in named.items() if value is not None}
    if not asked:
        raise InputError("nothing to predict", hint="give --flops 1e25, or --params 70B --tokens 1.4T")
    if len(asked) == 3:
        raise InputError("C follows from N and D: drop one of the three", where="--flops")
    if set(asked) == {"compute", "params"}:
        return {"params": asked["params"], "tokens": asked["compute"] / (6.0 * asked["params"])}
    if set(asked) == {"compute", "tokens"}:
        return {"params": asked["compute"] / (6.0 * asked["tokens"]), "tokens": asked["tokens"]}
    return asked


def _values(law: ParametricLaw, asked: dict[str, float]) -> list[float]:
    """Return C, N, D, D/N and L under a law."""
    if set(asked) == {"params", "tokens"}:
        params, tokens = asked["params"], asked["tokens"]
        flops = training_flops(params, tokens)
    else:
        if "compute" in asked:
            flops = asked["compute"]
        else:
            flops = (
                law.flops_for_params(asked["params"]) if "params" in asked else law.flops_for_tokens(asked["tokens"])
            )
        log_params, log_tokens = law.log_optimum(log(flops))
        params, tokens = exp(log_params), exp(log_tokens)
    return [flops, params, tokens, tokens / params, law.loss(params, tokens).value]


_OPTIMAL = {
    "compute": "training compute C",
    "params": "compute-optimal parameters N",
    "tokens": "compute-optimal tokens D",
    "tokens_per_param": "tokens a parameter D/N",
    "loss": "loss L(N, D)",
}
_IDS = tuple(_OPTIMAL)


def _parametric(
    document: Record, name: str, inputs: PredictInputs, asked: dict[str, float], coverage: float
) -> list[Row]:
    fit = document["parametric"]
    law = ParametricLaw(name, law_record({**document, "parametric": {**fit, "converged": True}}, name))
    optimal = set(asked) != {"params", "tokens"}
    values = _values(law, asked)
    sample = _drawn(fit["sample"], lambda row: _values(law.with_coefficients(*row), asked))
    without = _drawn(fit.get("without") or [], lambda row: _values(law.with_coefficients(*row), asked))
    kind = "percentile" if fit.get("resample") == "subsample" else (inputs.interval or "bca")
    source = law.source
    params, tokens = values[1], values[2]
    loss = law.loss(params, tokens)
    workings: dict[str, Working | None] = {"loss": loss.working}
    if optimal:
        best = law.optimum(values[0])
        workings |= {"params": best.params_working, "tokens": best.tokens_working}
    else:
        numbers = (Number("N", params, "parameters"), Number("D", tokens, "tokens"))
        workings["compute"] = Working(training_flops.expression, numbers)
    labels = _OPTIMAL if optimal else {**_OPTIMAL, "params": "parameters N", "tokens": "tokens D"}
    out = []
    for index, row_id in enumerate(_IDS):
        row = Row(row_id, labels[row_id], values[index], _UNITS[row_id], subject="parametric", source=source,
                  working=workings.get(row_id))  # fmt: skip
        own = row_id in asked or (not optimal and row_id in ("compute", "tokens_per_param"))
        out.append(row if own else _spread(row, sample, without, index, coverage, kind))
    return out


def _drawn(rows: list[list[float]], values: Callable[[list[float]], list[float]]) -> list[list[float]]:
    """Return what each set of coefficients says; one that says nothing is left out."""
    out = []
    for row in rows:
        try:
            out.append(values(row))
        except (Unreachable, OverflowError):
            continue
    return out


def _spread(row: Row, sample: Any, without: Any, index: int, coverage: float, kind: str) -> Row:
    """Return a row with the interval of a column of a sample."""
    if len(sample) < 2:
        return row
    import numpy as np

    from scaletui_core.fitting.bootstrap import intervals

    column = np.array([[one[index]] for one in sample])
    left = np.array([[one[index]] for one in without]) if len(without) else None
    (found,) = intervals(column, [float(row.value)], left, coverage, kind)
    return row._replace(low=found.low, high=found.high)


def _frontier(one: Record, key: str, name: str, asked: dict[str, float], coverage: float) -> list[Row]:
    """Return N_opt and D_opt of a frontier that was fitted directly."""
    if set(asked) == {"params", "tokens"}:
        return []

    def values(row: list[float]) -> list[float]:
        a, b, log_k, log_m = row[:4]
        if "compute" in asked:
            log_flops = log(asked["compute"])
        elif "params" in asked:
            log_flops = (log(asked["params"]) - log_k) / a
        else:
            log_flops = (log(asked["tokens"]) - log_m) / b
        log_params, log_tokens = log_power(log_flops, log_k, a), log_power(log_flops, log_m, b)
        return [exp(log_flops), exp(log_params), exp(log_tokens), exp(log_tokens - log_params)]

    point, sample = values(one["values"]), _drawn(one["sample"], values)
    a, b, log_k, log_m = one["values"][:4]
    approach = "Approach 2" if key == "isoflop" else "Approach 1"
    source = f"{name}: {approach}"
    numbers = {"params": (exp(log_k), a, "N_opt = k C^a"), "tokens": (exp(log_m), b, "D_opt = k C^b")}
    out = []
    for index, row_id in enumerate(_IDS[:4]):
        working = None
        if row_id in numbers:
            k, p, expression = numbers[row_id]
            parts = (Number("C", point[0], "FLOP"), Number("k", k, "1", source), Number(expression[-1], p, "1", source))
            working = Working(expression, parts)
        row = Row(row_id, _OPTIMAL[row_id], point[index], _UNITS[row_id], subject=key, source=source, working=working)
        out.append(row if row_id in asked else _spread(row, sample, [], index, coverage, "percentile"))
    return out


def _compute_law(one: Record, name: str, flops: float, coverage: float) -> list[Row]:
    """Return the loss of the frontier at a budget, by L = a C^b + c."""

    def value(row: list[float]) -> list[float]:
        log_a, b, c = row[:3]
        return [exp(log_a + b * log(flops)) + c]

    (point,), sample = value(one["values"]), _drawn(one["sample"], value)
    log_a, b, c = one["values"][:3]
    source = f"{name}: law of compute"
    numbers = (Number("C", flops, "FLOP"), Number("a", exp(log_a), "1", source), Number("b", b, "1", source),
               Number("c", c, "nats/token", source))  # fmt: skip
    row = Row("loss", "loss of the frontier L(C)", point, "nats/token", subject="power", source=source,
              working=Working("L = a C^b + c", numbers))  # fmt: skip
    return [_spread(row, sample, [], 0, coverage, "percentile")]


def _beyond(data: Record, rows: list[Row], notes: list[Note]) -> list[Row]:
    """Return how far beyond the runs the run lies."""
    out = []
    for row_id, (symbol, key, unit) in _SYMBOLS.items():
        row = next((row for row in rows if row.id == row_id), None)
        if row is None:
            continue
        low, high = data[key]
        value = float(row.value)
        beyond = log10(value / high) if value > high else log10(value / low) if value < low else 0.0
        numbers = (
            Number(symbol, value, unit),
            Number("smallest", low, unit, data["file"]),
            Number("largest", high, unit, data["file"]),
        )
        working = Working(f"log10({symbol} / end of the runs), 0 among them", numbers)
        label = f"{symbol} beyond the runs, in decades"
        out.append(Row(f"beyond_{row_id}", label, beyond, "1", subject="data", working=working))
        if row_id == "compute" and abs(beyond) >= INSIDE:
            side, edge = ("above the largest", high) if beyond > 0 else ("below the smallest", low)
            text = (
                f"{format_quantity(value, unit)} {unit} is {abs(beyond):.1f} orders of magnitude {side} run, "
                f"{format_quantity(edge, unit)} {unit}: the intervals hold if the law does."
            )
            notes.append(Note("extrapolation", text, None, None, "extrapolation"))
    return out
