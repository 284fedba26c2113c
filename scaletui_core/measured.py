"""What a measurement of speed says: a line through its timings, the person beside it, its share of the hardware."""

from __future__ import annotations

from statistics import median
from typing import Any, NamedTuple

from scaletui_core import human, roofline
from scaletui_core.answer import Answer, Column, Note, Row, Table, made
from scaletui_core.calculator import provenance
from scaletui_core.formula import Formula, Number, Working, examples, formula
from scaletui_core.presets import Catalog
from scaletui_core.regression import Line, fit_line
from scaletui_core.roofline import MEASURED, Person

SUBJECT = "measured"
HERE = "scaletui bench: measured here"
METHOD = "steinhardt-2023: Appendix A"
"""Time regressed on the number of tokens, n = 100, 200, ..., 1900, with an intercept."""
LOADED = 0.5  # of the processors: from there on others will have slowed a measurement
_FAR = 0.99  # R^2 below which the line deserves a word


@formula("bytes/s = (p N read + b x context x KV a token) / t", unit="bytes/s", source="scaletui: definition")
def achieved_bandwidth(
    bytes_per_weight: float, read_params: float, batch: float, context: float, kv_token: float, seconds: float
) -> float:
    """Memory bandwidth that a step of decoding reaches: it reads every weight and the cache once.

    >>> achieved_bandwidth(2, 12e9, 1, 0, 0, 0.012)
    2000000000000.0
    """
    return (bytes_per_weight * read_params + batch * context * kv_token) / seconds


@formula("FLOP/s = 2 N read x b / t", unit="FLOP/s", source="scaletui: definition, attention left out")
def achieved_flops(read_params: float, tokens: float, seconds: float) -> float:
    """Arithmetic that reading or writing some tokens in a time comes to.

    >>> achieved_flops(1e9, 500, 0.1)
    10000000000000.0
    """
    return 2.0 * read_params * tokens / seconds


@formula("tokens/s = prompt / t", unit="tokens/s", source="scaletui: definition")
def prefill_rate(tokens: float, seconds: float) -> float:
    """Tokens of a prompt read in a second.

    >>> prefill_rate(512, 0.5)
    1024.0
    """
    return tokens / seconds


class Regressed(NamedTuple):
    """The line through the medians of each rung, and the slopes of the repeats that are whole."""

    line: Line
    slopes: tuple[float, ...]


def regressed(points: list[dict[str, Any]]) -> Regressed | None:
    """Return the line through timings; None while there are too few.

    A rung that was timed several times goes in with its median: one bad moment then moves nothing.

    >>> points = [{"tokens": n, "repeat": r, "seconds": 0.5 + 0.01 * n} for r in (0, 1) for n in (100, 200, 300)]
    >>> found = regressed(points)
    >>> round(found.line.slope, 9), round(found.line.intercept, 9), len(found.slopes)
    (0.01, 0.5, 2)
    """
    by_tokens: dict[float, list[float]] = {}
    by_repeat: dict[int, list[tuple[float, float]]] = {}
    for point in points:
        by_tokens.setdefault(point["tokens"], []).append(point["seconds"])
        by_repeat.setdefault(point["repeat"], []).append((point["tokens"], point["seconds"]))
    # A server may stop where it likes: its rungs are what it wrote, and each its own.
    if len(by_tokens) < 3:
        return None
    rungs = sorted(by_tokens)
    line = fit_line(rungs, [median(by_tokens[tokens]) for tokens in rungs])
    most = max(map(len, by_repeat.values()))
    whole = [pairs for pairs in by_repeat.values() if len(pairs) == most and len({x for x, _ in pairs}) >= 3]
    slopes = tuple(fit_line(*zip(*pairs, strict=True)).slope for pairs in whole)
    return Regressed(line, slopes)


def person() -> Person:
    """Return whom the measured model is put beside."""
    words = Number("words/min", human.WORDS_A_MINUTE["thinking"], "1", human.SOURCE)
    return Person(words, Number("tokens/word", human.TOKENS_A_WORD, "1", human.SOURCE))


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
        rows += pace(document, SUBJECT, found.line.slope, spec["batch"], spread_of(found.slopes))
        rows += shares(
            document, SUBJECT, found.line.slope, spec["batch"], spec["prompt"] + sum(rungs) / len(rungs), True
        )
        if found.line.r2 < _FAR:
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
    if catalog is not None:
        rows += published_rows(catalog, captions)
        text = "The lines named pythia are published, not measured here: one A100, FP16."
        notes.append(Note("published", text, MEASURED, kind="source"))
    notes += _notes(document, found)
    columns = (
        Column("time_per_token", "time/token", "s"),
        Column("tokens_per_minute", "tokens/min", "tokens"),
        Column("words_per_minute", "words/min", "1"),
        Column("human_multiple", "x human", "1"),
        Column("throughput", "tokens/s", "tokens/s"),
        Column("bandwidth_share", "bandwidth", "fraction"),
    )
    table = Table("subject", columns, captions, tells_all=True) if any(row.subject for row in rows) else None
    said = provenance(name=document["name"], status=document["status"], started=document["started"])
    return Answer("bench", document["inputs"], tuple(rows), tuple(notes), said, table)


def caption(document: dict[str, Any]) -> str:
    """Return what was measured, in a few words."""
    machine, model = document.get("machine") or {}, document.get("model") or {}
    threads = f"{machine['threads']} threads" if machine.get("threads") else ""
    parts = (model.get("name") or document["spec"].get("model"), machine.get("hardware"), machine.get("dtype"), threads)
    return ", ".join(str(part) for part in parts if part)


def spread_of(values: tuple[float, ...]) -> tuple[float, float] | None:
    """Return the least and the greatest of several; of one, nothing."""
    return (min(values), max(values)) if len(values) > 1 else None


def line_rows(found: Regressed) -> list[Row]:
    """Return what the line says beside its slope."""
    line = found.line
    points = Number("rungs", float(line.count), "1"), Number("repeats", float(max(len(found.slopes), 1)), "1")
    working = Working("slope and intercept of t = latency + slope x n, least squares", points)

    def row(row_id: str, label: str, value: float, unit: str) -> Row:
        return Row(row_id, label, value, unit, source=METHOD, working=working)

    return [
        row("time_per_token_error", "standard error of the time a token", line.slope_error, "s"),
        row("latency", "latency, the line's intercept", line.intercept, "s"),
        row("latency_error", "standard error of the latency", line.intercept_error, "s"),
        row("r_squared", "R^2 of the line", line.r2, "1"),
        row("unexplained", "variance that the line leaves", 1.0 - line.r2, "fraction"),
    ]


def _ranged(row: Row, how: Formula, ends: tuple[float, float] | None, *rest: float) -> Row:
    """Return a row with what its formula gives for the ends of the repeats."""
    if ends is None:
        return row
    low, high = sorted(how(end, *rest) for end in ends)
    return row._replace(low=low, high=high)


def pace(
    document: dict[str, Any], subject: str, seconds: float, batch: int, ends: tuple[float, float] | None
) -> list[Row]:
    """Return a time a token with what follows from it; ``ends`` are the least and the greatest of the repeats [s]."""
    who = person()
    t, b = Number("t", seconds, "s", HERE), Number("b", float(batch), "1")
    time = Row("time_per_token", f"time a token, {subject}", seconds, "s", subject=subject, source=HERE)
    if ends is not None:
        time = time._replace(low=ends[0], high=ends[1])
    name = f"tokens a minute, {subject}"
    tokens = made("tokens_per_minute", name, roofline.tokens_a_minute, t, subject=subject)
    tokens = _ranged(tokens, roofline.tokens_a_minute, ends)
    words, multiple = who.rows_of(tokens, subject, subject)
    if tokens.low is not None and tokens.high is not None:
        words = _ranged(words, roofline.words_a_minute, (tokens.low, tokens.high), who.ratio.value)
        assert words.low is not None
        assert words.high is not None
        multiple = _ranged(multiple, roofline.in_humans, (words.low, words.high), who.words.value)
    label = f"tokens/s of the batch, {subject}"
    return [time, tokens, words, multiple, made("throughput", label, roofline.batch_throughput, b, t, subject=subject)]


def shares(
    document: dict[str, Any], subject: str, seconds: float, batch: int, context: float, whole: bool
) -> list[Row]:
    """Return the share of the machine's own bandwidth; with ``whole`` also of its arithmetic, and both rates."""
    model, roof = document.get("model") or {}, document.get("roofline") or {}
    if not model or not roof:
        return []
    t, read = Number("t", seconds, "s", HERE), Number("N read", float(model["params_read"]), "parameters")
    weight, many = Number("p", float(model["bytes_per_weight"]), "bytes"), Number("b", float(batch), "1")
    place = Number("context", float(context), "tokens")
    cache = Number("KV a token", float(model["kv_bytes_per_token"]), "bytes")
    numbers = weight, read, many, place, cache, t
    label = f"bandwidth reached, {subject}"
    bandwidth = made("bandwidth_achieved", label, achieved_bandwidth, *numbers)
    reached = Number("measured", bandwidth.value, "bytes/s")
    most = Number("roofline", max(roof["copy"], roof["read"]), "bytes/s", "the larger of the copy and the sum")
    label = f"share of the bandwidth measured, {subject}"
    share = made("bandwidth_share", label, roofline.roofline_share, reached, most, subject=subject)
    if not whole:
        return [share]
    rate = Number("measured", achieved_flops(read.value, many.value, seconds), "FLOP/s", achieved_flops.source)
    peak = Number("roofline", roof["matmul"], "FLOP/s", HERE)
    label = "share of the matmul's rate"
    return [bandwidth, share, made("flop_share", label, roofline.roofline_share, rate, peak)]


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
    if found is not None and len(found.slopes) > 1:
        text = f"Low and high are the least and the greatest of {len(found.slopes)} repeats, not an interval."
        notes.append(Note("spread", text, kind="convention"))
    for one in document.get("skipped", ()):
        notes.append(Note(f"skipped:{one['kind']}", f"{one['kind']} {one['at']:,} does not fit.", kind="assumption"))
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
