"""Fits as files: JSON with what was fitted, how, from which seed, and the resampled coefficients; each is a law too.

Reading one imports nothing that a one-shot command must not pay for.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from scaletui_core import __version__
from scaletui_core.errors import InputError
from scaletui_core.fields import given
from scaletui_core.presets import Record
from scaletui_core.safetext import visible

if TYPE_CHECKING:
    from scaletui_core.answer import Answer
    from scaletui_core.fitting.whole import Fitted

SCHEMA = "scaletui.fit/1"
SUFFIX = ".json"
FOLDER = "fits"
"""The folder, beside the user's presets, of fits that are laws everywhere."""
KEPT_RUNS = 20_000
"""Runs up to which a file holds the runs themselves; designs and comparisons ask for them."""
FAILED = 0.2
"""A larger share of resamples that do not converge gives no interval: those that do are not like the others."""
KEPT_SAMPLES = 100_000
"""Resamples of a method that a file holds at most, the first ones: a million are 100 MB, and say little more."""
_LIMIT = 200_000_000  # bytes
_LARGEST = 600.0  # of a logarithm


def written(found: Fitted, answer: Answer, options: dict[str, Any]) -> str:
    """Return the text of a fit's file.

    Parameters
    ----------
    found : Fitted
        The fit.
    answer : Answer
        What it says; its rows are kept with their intervals.
    options : dict
        How the runs were read, as JSON can hold it.
    """
    runs = found.runs
    spans = {
        name: [float(values.min()), float(values.max())]
        for name, values in (
            ("params", runs.params),
            ("tokens", runs.tokens),
            ("flops", runs.flops),
            ("loss", runs.loss),
        )
    }
    data: dict[str, Any] = {"file": runs.file, "sha256": runs.digest, "runs": runs.count, **spans}
    if runs.count <= KEPT_RUNS:
        data["values"] = {
            "params": runs.params.tolist(), "tokens": runs.tokens.tolist(), "flops": runs.flops.tolist(),
            "loss": runs.loss.tolist(),
        }  # fmt: skip
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "version": __version__,
        "data": data,
        "options": {**options, **given(found.inputs)},
        "seed": found.inputs.seed or 0,
        "coverage": found.coverage,
        "answer": {"rows": answer.as_dict()["rows"], "notes": answer.as_dict()["notes"]},
    }
    fit, doubt = found.parametric, found.doubt
    if fit is not None:
        document["parametric"] = {
            "coefficients": list(fit.coefficients),
            "objective": fit.objective,
            "loss": {"kind": fit.loss.kind, "scale": fit.loss.scale},
            "converged": fit.converged,
            "reasons": list(fit.reasons),
            "resample": None if doubt is None else doubt.how,
            "sample": _finite(doubt.sample) if doubt is not None and doubt.speaks else [],
            "without": _finite(doubt.without) if doubt is not None and doubt.without is not None else None,
        }
    for name, one in (("isoflop", found.isoflop), ("envelope", found.envelope)):
        if one is not None:
            document[name] = {
                "names": list(one.names),
                "values": [getattr(one, column) for column in one.names],
                "converged": one.converged,
                "sample": _mostly(one.sample),
            }
    if found.isoflop is not None:
        document["isoflop"]["valleys"] = [
            {"flops": v.flops, "params": v.params_opt, "tokens": v.tokens_opt, "loss": v.loss_opt}
            for v in found.isoflop.valleys
            if v.bracketed
        ]
    if found.power is not None:
        power = found.power
        document["power"] = {
            "names": ["log_a", "b", "c"], "values": [power.log_a, power.b, power.c], "converged": power.converged,
            "sample": _mostly(power.sample),
        }  # fmt: skip
    return json.dumps(document, allow_nan=False) + "\n"


def _finite(sample: Any) -> list[list[float]]:
    """Return the rows of a sample that are numbers throughout, of the first `KEPT_SAMPLES`."""
    return [row for row in sample[:KEPT_SAMPLES].tolist() if all(math.isfinite(value) for value in row)]


def _mostly(sample: Any) -> list[list[float]]:
    """Return the rows of a sample that are numbers; none where too many are not."""
    first = sample[:KEPT_SAMPLES]
    kept = _finite(first)
    return kept if len(kept) >= (1.0 - FAILED) * len(first) else []


def is_fit_file(name: str) -> bool:
    """Whether the name of a law is that of a file.

    >>> is_fit_file("runs/fit.json"), is_fit_file("chinchilla-3")
    (True, False)
    """
    return name.strip().lower().endswith(SUFFIX)


def is_fit(path: str) -> bool:
    """Whether a file is that of a fit."""
    try:
        read_fit(path)
    except InputError:
        return False
    return True


def read_fit(path: str, where: str | None = None) -> Record:
    """Return what a fit's file holds.

    Raises
    ------
    InputError
        If it cannot be read, or is no such file; ``where`` is the option that named it.
    """
    shown = visible(path, 200)
    place = f"{where}: {shown}" if where else shown
    hint = "a file that `scaletui fit runs.csv --out fit.json` wrote"
    try:
        if not os.path.isfile(path):
            what = "is not a file" if os.path.exists(path) else "there is no such file"
            raise InputError(what, where=place, hint=hint)
        if os.path.getsize(path) > _LIMIT:
            raise InputError(f"is larger than {_LIMIT:,} bytes", where=place)
        with open(path, "rb") as file:
            document = json.load(file)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=place) from None
    except ValueError as error:
        at = f":{error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise InputError("is not JSON", where=f"{place}{at}", hint=hint) from None
    except RecursionError:
        raise InputError("is nested too deeply for a fit", where=place, hint=hint) from None
    _check(document, place, hint)
    record: Record = document
    return record


def _check(document: Any, place: str, hint: str) -> None:
    if not isinstance(document, dict) or not str(document.get("schema", "")).startswith("scaletui.fit/"):
        raise InputError("is no fit of scaletui", where=place, hint=hint)
    if document["schema"] != SCHEMA:
        schema = visible(str(document["schema"]), 40)
        raise InputError(f"is of {schema}, and this scaletui reads {SCHEMA}", where=place, hint="update scaletui")
    found = [name for name in _SHAPES if name in document]
    for name, sound in (("data", _is_data), *((name, _SHAPES[name]) for name in found)):
        if not sound(document.get(name)):
            raise InputError(f"'{name}' is not as a fit has it", where=place, hint="fit the runs again")
    if not found:
        raise InputError("holds no law", where=place, hint="fit the runs again")


def _numbers(values: Any, count: int | None = None) -> bool:
    return (
        isinstance(values, list)
        and (count is None or len(values) == count)
        and all(isinstance(v, float | int) and not isinstance(v, bool) and math.isfinite(v) for v in values)
    )


def _rows(values: Any, count: int) -> bool:
    return isinstance(values, list) and all(_numbers(row, count) for row in values)


def _is_data(data: Any) -> bool:
    if not isinstance(data, dict) or not isinstance(data.get("file"), str) or not isinstance(data.get("runs"), int):
        return False
    spans = (data.get(name) for name in ("params", "tokens", "flops", "loss"))
    if not all(span is not None and _numbers(span, 2) and 0.0 < span[0] <= span[1] for span in spans):
        return False
    values = data.get("values")
    if values is None:
        return True
    if not isinstance(values, dict):
        return False
    columns = [values.get(name) for name in ("params", "tokens", "flops", "loss")]
    return all(
        column is not None and _numbers(column, data["runs"]) and min(column, default=0.0) > 0.0 for column in columns
    )


def _is_coefficients(row: Sequence[float]) -> bool:
    e, log_a, log_b, alpha, beta = row
    return e > 0.0 and abs(log_a) < _LARGEST and abs(log_b) < _LARGEST and alpha > 0.0 and beta > 0.0


def _is_parametric(one: Any) -> bool:
    return (
        isinstance(one, dict)
        and _numbers(one.get("coefficients"), 5)
        and _is_coefficients(one["coefficients"])
        and _rows(one.get("sample"), 5)
        and (one.get("without") is None or _rows(one["without"], 5))
        and isinstance(one.get("converged"), bool)
        and isinstance(one.get("loss"), dict)
    )


def _is_sampled(one: Any, *names: str) -> bool:
    if not isinstance(one, dict) or not _numbers(one.get("values")) or not isinstance(one.get("names"), list):
        return False
    return one["names"][: len(names)] == list(names) and _rows(one.get("sample"), len(one["names"]))


_SHAPES: dict[str, Callable[[Any], bool]] = {
    "parametric": _is_parametric,
    "isoflop": lambda one: _is_sampled(one, "a", "b", "log_k_params", "log_k_tokens"),
    "envelope": lambda one: _is_sampled(one, "a", "b", "log_k_params", "log_k_tokens"),
    "power": lambda one: _is_sampled(one, "log_a", "b", "c"),
}


def law_record(document: Record, name: str) -> Record:
    """Return a fit as the record of a law, as ``laws.toml`` has them.

    The law is that of Approach 3 with its resamples as the posterior; without it, the power laws of Approach 2 or 1,
    which have no loss.

    Raises
    ------
    InputError
        If it has neither, or did not converge.
    """
    data = document["data"]
    fitted = {
        "name": f"fit of {visible(os.path.basename(data['file']), 60)}, {data['runs']:,} runs",
        "counts": "what the runs count",
        "fitted": data["flops"] if data["flops"][0] < data["flops"][1] else [0, data["flops"][1]],
        "fitted_source": f"{name}: the runs",
    }
    if "parametric" in document:
        one = document["parametric"]
        if not one["converged"]:
            raise InputError("the fit did not converge, and is no law", where=name, hint="see its notes, or add runs")
        e, log_a, log_b, alpha, beta = one["coefficients"]
        sample = [
            [e_, math.exp(a_), math.exp(b_), alpha_, beta_]
            for e_, a_, b_, alpha_, beta_ in one["sample"]
            if _is_coefficients((e_, a_, b_, alpha_, beta_))
        ]
        why = "its fit has no resamples, or too many did not converge: it does not vary."
        more = {"posterior": sample} if sample else {"no_doubt": why}
        return {**fitted, "kind": "parametric", "E": e, "ln_A": log_a, "ln_B": log_b, "alpha": alpha, "beta": beta,
                "source": f"{name}: Approach 3", **more}  # fmt: skip
    for key, approach in (("isoflop", "Approach 2"), ("envelope", "Approach 1")):
        if key in document:
            a, _b, log_k, _ = document[key]["values"][:4]
            return {**fitted, "kind": "power", "params": [math.exp(log_k), a], "source": f"{name}: {approach}"}
    raise InputError("has a law of compute alone, which gives no N and D", where=name, hint="fit with --method all")
