"""Fits side by side: their coefficients, and the runs of each as the laws of the others predict them."""

from __future__ import annotations

from math import exp, log, sqrt
from typing import Any

from scaletui_core.answer import Answer, Note, Row, Table
from scaletui_core.calculator import provenance
from scaletui_core.errors import InputError
from scaletui_core.fit_file import law_record
from scaletui_core.formula import Number, Working
from scaletui_core.parametric_law import ParametricLaw
from scaletui_core.presets import Record

_NAMES = ("E", "A", "B", "alpha", "beta", "a", "b")


def compare(documents: dict[str, Record]) -> Answer:
    """Return fits side by side.

    Row ids: of each fit (subject) ``E``, ``A``, ``B``, ``alpha``, ``beta``, ``a``, ``b`` with their intervals,
    ``runs``; and ``error_on``: the root mean square of ln L_hat - ln L of its law on the runs of each fit, those of
    another being held out of it.

    Parameters
    ----------
    documents : dict
        What `scaletui_core.fit_file.read_fit` returns, by name; two or more with Approach 3.

    Raises
    ------
    InputError
        If one has no Approach 3.
    """
    rows: list[Row] = []
    notes: list[Note] = []
    names = [name.rpartition("/")[2] for name in documents]
    if len(set(names)) < len(names):
        names = list(documents)
    laws: dict[str, ParametricLaw] = {}
    for name, document in zip(names, documents.values(), strict=True):
        if "parametric" not in document:
            raise InputError("has no Approach 3 to compare", where=name, hint="fit with --method all")
        laws[name] = ParametricLaw(name, law_record(document, name))
    for name, document in zip(names, documents.values(), strict=True):
        kept = document.get("answer", {}).get("rows", [])
        found = {row.get("id"): row for row in kept if isinstance(row, dict) and row.get("subject") == "parametric"}
        law = laws[name]
        alpha, beta = law.alpha, law.beta
        values = (law.e, exp(law.log_a), exp(law.log_b), alpha, beta, beta / (alpha + beta), alpha / (alpha + beta))
        for row_id, value in zip(_NAMES, values, strict=True):
            low, high = (found.get(row_id, {}).get(end) for end in ("low", "high"))
            sound = isinstance(low, float | int) and isinstance(high, float | int)
            unit = "nats/token" if row_id == "E" else "1"
            row = Row(row_id, row_id, value, unit, subject=name, source=law.source)
            rows.append(row._replace(low=low, high=high) if sound else row)
        rows.append(Row("runs", "runs", float(document["data"]["runs"]), "1", subject=name))
        rows += _errors(name, law, dict(zip(names, documents.values(), strict=True)), notes)
    notes.append(
        Note(
            "error",
            "error: root mean square of ln L_hat - ln L; bias: its mean. Runs of another fit are held out.",
            None,
        )
    )
    shared = {document["data"].get("sha256") for document in documents.values()}
    if len(shared) == 1:
        notes.append(Note("same-runs", "all are fits of the same runs.", None))
    return Answer("fit", {}, tuple(rows), tuple(notes), provenance(), Table("subject", (), digits=4, tells_all=True))


def _errors(name: str, law: ParametricLaw, documents: dict[str, Record], notes: list[Note]) -> list[Row]:
    """Return how far off the law is on the runs behind each fit."""
    out = []
    for other, document in documents.items():
        values: Any = document["data"].get("values")
        if values is None:
            note = Note(f"no-runs:{other}", f"{other} does not hold its runs: no law is tried on them.", None)
            if note not in notes:
                notes.append(note)
            continue
        total = bias = 0.0
        for params, tokens, loss in zip(values["params"], values["tokens"], values["loss"], strict=True):
            r = log(law.loss(params, tokens).value / loss)
            total += r * r
            bias += r
        count = len(values["loss"])
        number = Number("runs", float(count), "1", document["data"]["file"])
        working = Working("root mean square, or mean, of ln L_hat - ln L", (number,))
        whose = "its own runs" if other == name else f"runs of {other}"
        row = Row("error_on", f"error on {whose}", sqrt(total / count), "1", subject=name, working=working)
        out.append(row)
        mean = Row("bias_on", f"bias on {whose}", bias / count, "1", subject=name, working=working)
        out.append(mean)
    return out
