"""The pace of what was measured: the line through its timings, what a token's time comes to, shares of the hardware."""

from __future__ import annotations

from statistics import median
from typing import Any, NamedTuple

from scaletui_core import human, roofline
from scaletui_core.answer import Row, made
from scaletui_core.formula import Formula, Number, Working, examples, formula
from scaletui_core.regression import Line, fit_line
from scaletui_core.roofline import Person

HERE = "scaletui bench: measured here"
METHOD = "steinhardt-2023: Appendix A"
"""Time regressed on the number of tokens, n = 100, 200, ..., 1900, with an intercept."""


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


def spread_of(values: tuple[float, ...]) -> tuple[float, float] | None:
    """Return the least and the greatest of several times; nothing of one, or where noise made one less than nothing.

    >>> spread_of((0.011, 0.01, 0.012)), spread_of((0.01,)), spread_of((0.01, -0.002))
    ((0.01, 0.012), None, None)
    """
    return (min(values), max(values)) if len(values) > 1 and min(values) > 0.0 else None


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
    label = "share of the matmul's rate, decoding"
    return [bandwidth, share, made("flop_share", label, roofline.roofline_share, rate, peak)]


__test__ = examples(globals())
