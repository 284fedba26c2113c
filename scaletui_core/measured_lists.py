"""Measurements beside each other: all there are, and some as ratios to the first."""

from __future__ import annotations

from typing import Any

from scaletui_core import roofline
from scaletui_core.answer import Answer, Column, Note, Row, Table, made
from scaletui_core.calculator import provenance
from scaletui_core.formula import Number, examples, formula
from scaletui_core.measured import FAR, caption, place_of
from scaletui_core.pace import HERE, METHOD, line_rows, pace, regressed, shares, spread_of


@formula("ratio = tokens/min / (tokens/min of the first)", unit="1", source="scaletui: definition")
def speed_ratio(tokens: float, first: float) -> float:
    """Speed of one result in that of another.

    >>> speed_ratio(3602, 1801)
    2.0
    """
    return tokens / first


def listed(documents: list[dict[str, Any]]) -> Answer:
    """Return all results in a table, the oldest first."""
    rows: list[Row] = []
    captions: dict[str, str] = {}
    for document in documents:
        name, found = document["name"], regressed(document["points"])
        model = str((document.get("model") or {}).get("name") or document["spec"].get("model") or "")
        place = place_of(document)  # a name that says the model leaves the room to what is beside it
        captions[name] = place if name.startswith(model) else f"{model}, {place}"
        if document["status"] != "done":
            captions[name] = f"{document['status']}; {captions[name]}"
        timings = float(len(document["points"]))
        rows.append(Row("timings", f"timings, {document['status']}", timings, "1", subject=name, source=HERE))
        if found is not None and found.line.slope > 0.0:
            rows += pace(document, name, found.line.slope, document["spec"]["batch"], None)
            rows += [row._replace(subject=name) for row in line_rows(found) if row.id == "unexplained"]
    columns = (
        Column("tokens_per_minute", "tokens/min", "tokens"),
        Column("human_multiple", "x human", "1"),
        Column("unexplained", "1 - R^2", "fraction"),
        Column("timings", "timings", "1"),
    )
    notes = () if documents else (Note("none", "Nothing has been measured yet: scaletui bench measures.", None),)
    return Answer(
        "bench-list", {}, tuple(rows), notes, provenance(), Table("subject", columns, captions, tells_all=True)
    )


def differences(documents: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Return in what else measurements differ, each with its values in the order of the documents.

    >>> one, other = {"machine": {"device": "cpu", "threads": 2}}, {"machine": {"device": "cpu", "threads": 1}}
    >>> differences([one, other]), differences([one, one])
    ({'threads': ['2', '1']}, {})
    """
    found = {}
    for label, of, key in (
        ("model", "model", "name"),
        ("hardware", "machine", "hardware"),
        ("device", "machine", "device"),
        ("format", "machine", "dtype"),
        ("threads", "machine", "threads"),
        ("batch", "spec", "batch"),
    ):
        values = [str((document.get(of) or {}).get(key) or "-") for document in documents]
        if len(set(values)) > 1:
            found[label] = values
    return found


def compared(documents: list[dict[str, Any]]) -> Answer:
    """Return results side by side, each with its speed as a ratio to that of the first.

    Row ids, by the result's name as subject: those of a pace, ``latency``, ``unexplained``, ``bandwidth_share``,
    ``speed_ratio``. A note says in what else they differ.
    """
    rows: list[Row] = []
    notes: list[Note] = []
    captions: dict[str, str] = {}
    first: Number | None = None
    for document in documents:
        name, found = document["name"], regressed(document["points"])
        captions[name] = caption(document)
        if found is None or found.line.slope <= 0.0:
            notes.append(Note(f"unreachable:{name}", "too few timings for a line.", None, name, "unreachable"))
            continue
        slope = found.line.slope
        rows += pace(document, name, slope, document["spec"]["batch"], spread_of(found.slopes))
        rows += [row._replace(subject=name) for row in line_rows(found) if row.id in ("latency", "unexplained")]
        rungs = [point["tokens"] for point in document["points"]]
        context = document["spec"]["prompt"] + sum(rungs) / len(rungs)
        rows += shares(document, name, slope, document["spec"]["batch"], context, False)
        speed = Number("tokens/min", roofline.tokens_a_minute(slope), "tokens", HERE)
        first = first or speed._replace(symbol="tokens/min of the first")
        rows.append(made("speed_ratio", f"speed, as a ratio, {name}", speed_ratio, speed, first, subject=name))
        if found.line.r2 < FAR:
            text = f"{name}: R^2 is {found.line.r2:.4f}: something else ran, or the clock changed; measure again."
            notes.append(Note(f"noisy:{name}", text, METHOD, kind="assumption"))
    apart = [f"{label} {', '.join(values)}" for label, values in differences(documents).items()]
    if apart:
        notes.append(Note("differences", f"Not alone the speed differs: {'; '.join(apart)}.", kind="assumption"))
    columns = (
        Column("time_per_token", "time/token", "s"),
        Column("tokens_per_minute", "tokens/min", "tokens"),
        Column("speed_ratio", "ratio", "1"),
        Column("bandwidth_share", "bandwidth", "fraction"),
        Column("unexplained", "1 - R^2", "fraction"),
    )
    table = Table("subject", columns, captions, tells_all=True)
    return Answer("bench-compare", {}, tuple(rows), tuple(notes), provenance(), table)


__test__ = examples(globals())
