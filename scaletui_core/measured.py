"""What a measurement of speed says: a line through its timings, the person beside it, its share of the hardware."""

from __future__ import annotations

from statistics import median
from typing import Any

from scaletui_core import roofline
from scaletui_core.answer import Answer, Column, Note, Row, Table, made
from scaletui_core.calculator import provenance
from scaletui_core.formula import Number, examples, formula
from scaletui_core.pace import (
    HERE,
    METHOD,
    Regressed,
    achieved_flops,
    line_rows,
    pace,
    person,
    regressed,
    shares,
    spread_of,
)
from scaletui_core.presets import Catalog
from scaletui_core.quantity_text import format_quantity
from scaletui_core.roofline import MEASURED
from scaletui_core.tiled import tile_notes, tile_rows

SUBJECT = "measured"
LOADED = 0.5  # of the processors: from there on others will have slowed a measurement
FAR = 0.99
"""R^2 below which the line deserves a word."""
_OVER = 1.1
"""Share of a rate measured beside it from which that rate is plainly no limit."""
_APART = 1.5  # of the slowest repeat and the quickest


@formula("tokens/s = prompt / t", unit="tokens/s", source="scaletui: definition")
def prefill_rate(tokens: float, seconds: float) -> float:
    """Tokens of a prompt read in a second.

    >>> prefill_rate(512, 0.5)
    1024.0
    """
    return tokens / seconds


def seconds_a_token(document: dict[str, Any]) -> Number | None:
    """Return the measured time a token [s] of one sequence, for other calculators; None while there is none."""
    found = regressed(document["points"])
    if found is None or found.line.slope <= 0.0:
        return None
    return Number("t", found.line.slope, "s", f"scaletui bench: {document['name']}")


def answer_of(document: dict[str, Any], catalog: Catalog | None = None) -> Answer:
    """Return what a measurement says.

    Row ids: ``time_per_token``, ``time_per_token_error``, ``latency``, ``latency_error``, ``r_squared``,
    ``unexplained``; of the subjects ``measured``, ``batch N``, ``context N`` and each published speed
    ``time_per_token``, ``tokens_per_minute``, ``words_per_minute``, ``human_multiple``, ``throughput``,
    ``bandwidth_share``;
    ``bandwidth_achieved``, ``flop_share``, ``prefill_rate``, ``prefill_flop_share``, ``first_token``; of the machine
    ``bandwidth_copy``, ``bandwidth_read``, ``matmul_rate``; of the model ``params``, ``memory_needed``.

    Parameters
    ----------
    document : dict
        A result, as `scaletui.bench.results` keeps it.
    catalog : Catalog, optional
        With it the published table stands beside what was measured.
    """
    rows: list[Row] = []
    tiled: list[Row] = []
    notes: list[Note] = []
    captions = {SUBJECT: caption(document)}
    model, roof = document.get("model") or {}, document.get("roofline") or {}
    if model:
        rows.append(Row("params", "parameters", float(model["params"]), "parameters", source=model["source"]))
        rows.append(Row("memory_needed", "weights, cache and work", float(model["memory"]), "bytes", source=HERE))
    for row_id, label, key, unit in (
        ("bandwidth_copy", "bandwidth of a copy", "copy", "bytes/s"),
        ("bandwidth_read", "bandwidth of a sum", "read", "bytes/s"),
        ("matmul_rate", "rate of a square matmul", "matmul", "FLOP/s"),
    ):
        if key in roof:
            rows.append(Row(row_id, label, float(roof[key]), unit, source=HERE))
    found = regressed(document["points"])
    spec = document["spec"]
    if found is not None and found.line.slope > 0.0:
        rungs = [point["tokens"] for point in document["points"]]
        rows += line_rows(found)
        tiled = tile_rows(document, found.line.slope, captions)
        rows += pace(document, SUBJECT, found.line.slope, spec["batch"], spread_of(found.slopes))
        rows += shares(
            document, SUBJECT, found.line.slope, spec["batch"], spec["prompt"] + sum(rungs) / len(rungs), True
        )
        if found.line.r2 < FAR:
            text = f"R^2 is {found.line.r2:.4f}: something else ran, or the clock changed; measure again."
            notes.append(Note("noisy", text, METHOD, kind="assumption"))
    else:
        text = "Too few rungs were timed for a line, or they took no longer for more tokens."
        notes.append(Note("no-line", text, METHOD, kind="assumption"))
    rows += _prefill_rows(document)
    for step in document.get("steps", ()):
        subject = f"{step['kind']} {step['at']:,}"
        captions[subject] = f"{step['batch']} at once, {step['context']:,.0f} in the cache"
        rows += pace(document, subject, step["seconds"], step["batch"], (step["low"], step["high"]))
        rows += shares(document, subject, step["seconds"], step["batch"], step["context"], False)
    rows += tiled
    notes += tile_notes(document)
    if catalog is not None:
        rows += published_rows(catalog, captions)
        text = "The lines named pythia are published, not measured here: one A100, FP16."
        notes.append(Note("published", text, MEASURED, kind="source"))
    over = [row for row in rows if row.id.endswith("share") and row.unit == "fraction" and row.value > _OVER]
    if over:
        what = ", ".join(dict.fromkeys(row.label for row in over))
        text = f"Above 100% ({what}): the copy, sum or matmul that was timed beside it is no limit of this machine."
        notes.append(Note("over", text, kind="assumption"))
    notes += _notes(document, found)
    columns = (
        Column("time_per_token", "time/token", "s"),
        Column("tokens_per_minute", "tokens/min", "tokens"),
        Column("words_per_minute", "words/min", "1"),
        Column("human_multiple", "x human", "1"),
        Column("throughput", "tokens/s", "tokens/s"),
        Column("bandwidth_share", "bandwidth", "fraction"),
    )
    if tiled:  # what there is room for beside the speed-up
        ups = (Column("speed_up", "speed-up", "1"), Column("speed_up_latency", "expected", "1"))
        columns = (*columns[:2], columns[3], *ups, Column("speed_up_claimed", "k^2", "1"))
    table = Table("subject", columns, captions, tells_all=True) if any(row.subject for row in rows) else None
    said = provenance(name=document["name"], status=document["status"], started=document["started"])
    return Answer("bench", document["inputs"], tuple(rows), tuple(notes), said, table)


def caption(document: dict[str, Any]) -> str:
    """Return what was measured, in a few words."""
    machine, model = document.get("machine") or {}, document.get("model") or {}
    parts = (
        model.get("name") or document["spec"].get("model"), machine.get("hardware"), machine.get("dtype"),
        _threads(machine),
    )  # fmt: skip
    return ", ".join(str(part) for part in parts if part)


def place_of(document: dict[str, Any]) -> str:
    """Return what it was measured on, in a few words, those first that differ on one machine.

    >>> place_of({"machine": {"hardware": "AMD EPYC", "dtype": "fp32", "threads": 2}})
    'fp32, 2 threads, AMD EPYC'
    """
    machine = document.get("machine") or {}
    parts = machine.get("dtype"), _threads(machine), machine.get("hardware")
    return ", ".join(str(part) for part in parts if part)


def _threads(machine: dict[str, Any]) -> str:
    many = machine.get("threads") or 0
    return f"{many} thread{'s' * (many > 1)}" if many else ""


def _prefill_rows(document: dict[str, Any]) -> list[Row]:
    prefill, model, roof = (document.get(name) or {} for name in ("prefill", "model", "roofline"))
    rows = []
    if prefill:
        tokens, t = Number("prompt", float(prefill["tokens"]), "tokens"), Number("t", prefill["seconds"], "s", HERE)
        label = f"prompt read, {prefill['tokens']:,} tokens at once"
        row = made("prefill_rate", label, prefill_rate, tokens, t)
        rows.append(row._replace(low=tokens.value / prefill["high"], high=tokens.value / prefill["low"]))
        if model and roof:
            done = achieved_flops(float(model["params_read"]), tokens.value, t.value)
            rate = Number("measured", done, "FLOP/s", achieved_flops.source)
            peak = Number("roofline", roof["matmul"], "FLOP/s", HERE)
            label = "share of the matmul's rate, prompt"
            rows.append(made("prefill_flop_share", label, roofline.roofline_share, rate, peak))
    first = [point["first"] for point in document["points"] if "first" in point]
    if first:
        row = Row("first_token", "time to the first token, median", median(first), "s", source=HERE)
        rows.append(row._replace(low=min(first), high=max(first)))
    return rows


def published_rows(catalog: Catalog, captions: dict[str, str]) -> list[Row]:
    """Return the published table of the same method, pythia on an A100, and add what each of its lines is."""
    rows = []
    for key, record in catalog.load("speeds").records.items():
        if record["source"] != MEASURED or "params" not in record:
            continue
        captions[key] = f"Steinhardt 2023: {record['name']}"
        row = Row(
            "tokens_per_minute",
            f"published: {record['name']}",
            float(record["tokens_per_minute"]),
            "tokens",
            subject=key,
            source=record["source"],
        )
        rows += [row, *person().rows_of(row, key, record["name"])]
    return rows


def _notes(document: dict[str, Any], found: Regressed | None) -> list[Note]:
    notes = []
    if document["status"] != "done":
        text = f"The measurement is {document['status']}: {len(document['points'])} of its timings are kept."
        notes.append(Note("unfinished", text, kind="assumption"))
    if found is not None and min(found.slopes, default=1.0) <= 0.0:
        text = "In one repeat more tokens took no longer, so no spread is told: more rungs, or a machine to itself."
        notes.append(Note("spread", text, kind="assumption"))
    elif found is not None and len(found.slopes) > 1:
        times = max(found.slopes) / min(found.slopes)
        if times > _APART:
            text = f"The slowest repeat took {times:.2g} times as long a token as the quickest: something else ran."
            notes.append(Note("repeats-apart", text, kind="assumption"))
        text = f"Low and high are the least and the greatest of {len(found.slopes)} repeats, not an interval."
        notes.append(Note("spread", text, kind="convention"))
    asked, model = document["inputs"].get("params"), document.get("model") or {}
    if asked and model:
        text = f"The shape nearest to {format_quantity(float(asked), 'parameters')} parameters is {model['name']}."
        notes.append(Note("nearest", text, kind="convention"))
    for one in document.get("skipped", ()):
        text = f"{one['kind']} {one['at']:,} does not fit{': ' + one['why'] if 'why' in one else ''}."
        notes.append(Note(f"skipped:{one['kind']}:{one['at']}", text, kind="assumption"))
    machine = document.get("machine") or {}
    before, after = machine.get("before") or {}, document.get("state") or {}
    if before.get("load", 0.0) > LOADED * before.get("processors", 1):
        text = f"Others ran: the load was {before['load']:.1f} on {before['processors']} processors before it began."
        notes.append(Note("load", text, kind="assumption"))
    if before.get("others") or after.get("others"):
        notes.append(Note("others", "Other processes used the GPU too.", kind="assumption"))
    if after.get("throttled"):
        notes.append(Note("throttled", "The GPU held its clock down (heat or power).", kind="assumption"))
    versions = [str(machine["system"])] if machine.get("system") else []
    versions += [f"torch {machine['torch']}"] if machine.get("torch") else []
    versions += [f"runtime {machine['runtime']}"] if machine.get("runtime") else []
    versions += [f"driver {before['driver']}"] if before.get("driver") else []
    text = f"Measured: {'; '.join([caption(document), *versions])}."
    notes.append(Note("machine", text, kind="convention"))
    return notes


__test__ = examples(globals())
