"""Fits side by side, and published laws beside them: coefficients, and the error of each on the runs of the others."""

from __future__ import annotations

from collections.abc import Mapping
from math import exp, log, sqrt
from typing import Any

from scaletui_core.answer import Answer, Note, Row, Table
from scaletui_core.calculator import provenance
from scaletui_core.errors import InputError
from scaletui_core.fit_file import law_record
from scaletui_core.fit_table import COLUMNS
from scaletui_core.formula import Number, Working
from scaletui_core.parametric_law import ParametricLaw
from scaletui_core.presets import Record

_NAMES = ("E", "A", "B", "alpha", "beta", "a", "b")
_ERROR = "root mean square of ln L_hat - ln L"


def compare(fits: Mapping[str, Record], published: Mapping[str, ParametricLaw]) -> Answer:
    """Return fits side by side, and published laws on the runs of the fits.

    Row ids: of each (subject) ``E``, ``A``, ``B``, ``alpha``, ``beta``, ``a``, ``b``, of fits with their intervals and
    ``runs``; and for the runs of every fit ``error_on`` and ``bias_on``: the root mean square and the mean of
    ln L_hat - ln L. The runs of one fit are held out of the others, unless they are the same.

    Parameters
    ----------
    fits : mapping
        What `scaletui_core.fit_file.read_fit` returns, by name.
    published : mapping
        Laws that give L(N, D), by id.

    Raises
    ------
    InputError
        If a fit has no Approach 3, or none holds its runs.
    """
    laws: dict[str, ParametricLaw] = {}
    for name, document in fits.items():
        if "parametric" not in document:
            raise InputError("has no Approach 3 to compare", where=name, hint="fit with --method all")
        laws[name] = ParametricLaw(name, law_record(document, name))
    rows: list[Row] = []
    notes: list[Note] = []
    for name, law in {**laws, **published}.items():
        rows += _coefficients(name, law, fits.get(name))
        for other, document in fits.items():
            found = _errors(name, law, other, document)
            rows += found
            if found:
                error, bias = (row.value for row in found)
                whose = "its own runs" if other == name else f"the runs of {other}"
                side = "high" if bias > 0 else "low"
                text = f"off by {error:.2%} in ln L on {whose}, {abs(bias):.2%} too {side} in the mean."
                notes.append(Note("error", text, None, name, "assumption"))
    for name, document in fits.items():
        if document["data"].get("values") is None:
            notes.append(Note("no-runs", f"{name} does not hold its runs, so no law is tried on them.", None))
    digests = [document["data"].get("sha256") for document in fits.values()]
    if len(digests) > 1 and len(set(digests)) == 1:
        notes.append(Note("same-runs", "all are fits of the same runs: nothing is held out.", None))
    if published:
        text = "a published law counts N, D and the loss in its own way: its tokenizer and data are not yours."
        notes.append(Note("published", text, None))
    table = Table("subject", COLUMNS, digits=4, tells_all=True)
    shares = {document.get("coverage") for document in fits.values()}
    origin = provenance(coverage=shares.pop()) if len(shares) == 1 else provenance()
    return Answer("fit", {}, tuple(rows), tuple(notes), origin, table)


def _coefficients(name: str, law: ParametricLaw, document: Record | None) -> list[Row]:
    kept = [] if document is None else document.get("answer", {}).get("rows", [])
    found = {row.get("id"): row for row in kept if isinstance(row, dict) and row.get("subject") == "parametric"}
    whole = law.alpha + law.beta
    values = (law.e, exp(law.log_a), exp(law.log_b), law.alpha, law.beta, law.beta / whole, law.alpha / whole)
    rows = []
    for row_id, value in zip(_NAMES, values, strict=True):
        low, high = (found.get(row_id, {}).get(end) for end in ("low", "high"))
        unit = "nats/token" if row_id == "E" else "1"
        row = Row(row_id, row_id, value, unit, subject=name, source=law.source)
        sound = isinstance(low, float | int) and isinstance(high, float | int)
        rows.append(row._replace(low=low, high=high) if sound else row)
    if document is not None:
        rows.append(Row("runs", "runs", float(document["data"]["runs"]), "1", subject=name))
    return rows


def _errors(name: str, law: ParametricLaw, other: str, document: Record) -> list[Row]:
    """Return how far off a law is on the runs behind a fit; nothing where its file does not hold them."""
    values: Any = document["data"].get("values")
    if values is None:
        return []
    residuals = [
        log(law.loss(params, tokens).value / loss)
        for params, tokens, loss in zip(values["params"], values["tokens"], values["loss"], strict=True)
    ]
    number = Number("runs", float(len(residuals)), "1", document["data"]["file"])
    error = sqrt(sum(r * r for r in residuals) / len(residuals))
    bias = sum(residuals) / len(residuals)
    return [
        Row("error_on", f"error on {other}, in ln L", error, "1", subject=name, working=Working(_ERROR, (number,))),
        Row("bias_on", f"bias on {other}, in ln L", bias, "1", subject=name,
            working=Working("mean of ln L_hat - ln L", (number,))),
    ]  # fmt: skip
