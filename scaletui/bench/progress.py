"""How far a measurement is that is under way, in a line: the same in a terminal and in the app."""

from __future__ import annotations

from typing import Any

from scaletui_core.pace import Regressed, regressed
from scaletui_core.quantity_text import format_quantity

_BAR = 20  # cells


def timings(document: dict[str, Any], points: list[dict[str, Any]] | None = None) -> tuple[int, int]:
    """Return how many timings of the ladder there are, or of ``points`` on it, and how many there will be.

    >>> timings({"spec": {"ladder": [100, 200, 300], "repeats": 2}, "points": [{}]})
    (1, 6)
    """
    found = document["points"] if points is None else points
    return len(found), len(document["spec"]["ladder"]) * document["spec"]["repeats"]


def seconds_left(document: dict[str, Any], points: list[dict[str, Any]], found: Regressed | None) -> float | None:
    """Return how long the rest of the ladder will take [s], by what was timed; None before anything was.

    >>> points = [{"tokens": 100, "seconds": 1.0}, {"tokens": 300, "seconds": 3.0}]
    >>> seconds_left({"spec": {"ladder": [100, 200, 300], "repeats": 2}}, points, None)
    8.0
    """
    if not points:
        return None
    spec = document["spec"]
    done, of = timings(document, points)
    # A server writes fewer tokens than it is asked for where it likes: the ladder goes on as asked.
    tokens: float = sum(spec["ladder"]) * spec["repeats"] - sum(point.get("asked", point["tokens"]) for point in points)
    if found is not None and found.line.slope > 0.0:
        return max(found.line.slope * tokens + max(found.line.intercept, 0.0) * (of - done), 0.0)
    each: float = sum(point["seconds"] for point in points) / sum(point["tokens"] for point in points)
    return tokens * each


def progress_line(document: dict[str, Any], event: dict[str, Any] | None, since: float = 0.0) -> str:
    """Return what is being done: a bar of timings, tokens a minute with their standard error, the time that is left.

    Parameters
    ----------
    document : dict
        The result as it is so far, of `scaletui.bench.results.Keeper`.
    event : dict or None
        The last event; None before there was one.
    since : float
        How long ago that was [s].

    Examples
    --------
    >>> points = [{"tokens": n, "repeat": 0, "seconds": 0.5 + 0.01 * n} for n in (100, 200, 300)]
    >>> progress_line({"spec": {"ladder": [100, 200, 300], "repeats": 2}, "points": points}, {"event": "point"}, 3.5)
    '[##########          ] 3 of 6 timings, 6,000 +- 0 tokens/min, 4 s left'
    """
    if event is None or event["event"] == "progress":
        return f"{event['words'] if event else 'starting'}..."
    points, lead = document["points"], ""
    if event["event"] in ("tile", "tile_point"):
        points, lead = [p for p in document.get("tile_points", ()) if p["k"] == event["k"]], f"k = {event['k']}: "
    done, of = timings(document, points)
    parts = [f"{lead}[{'#' * (_BAR * done // of):<{_BAR}}] {done} of {of} timings"]
    found = regressed(points)
    if found is not None and found.line.slope > 0.0:
        line = found.line
        parts.append(f"{60.0 / line.slope:,.0f} +- {60.0 * line.slope_error / line.slope**2:,.0f} tokens/min")
    if done < of:
        left = seconds_left(document, points, found)
        parts += [] if left is None else [f"{_about(left - since)} left"]
    elif following := _following(document):
        parts.append(f"now {following}")
    return ", ".join(parts)


def _about(seconds: float) -> str:
    """Return a time to wait, as exactly as it can be known."""
    if seconds < 60.0:
        return f"{max(seconds, 0.0):.0f} s"
    return format_quantity(round(seconds / 60.0) * 60.0, "s", digits=2)


def _following(document: dict[str, Any]) -> str:
    """Return what is timed after the ladder, and is not there yet."""
    spec = document["spec"]
    if "url" in spec:
        return ""
    asked = ["the prompt", *(f"{kind} {at:,}" for kind in ("batch", "context") for at in spec.get(_LISTS[kind], ()))]
    passed = [one for one in document.get("skipped", ()) if one["kind"] != "tile"]
    done = len(document.get("steps", ())) + len(passed) + ("prefill" in document)
    return asked[done] if done < len(asked) else ""


_LISTS = {"batch": "batches", "context": "contexts"}
