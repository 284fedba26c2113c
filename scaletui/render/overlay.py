"""Two plots of the same quantities in one: those of two scenarios, each line and mark named by whose it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from math import isclose

from scaletui.render.canvas import PALETTE
from scaletui.render.plot_model import Mark, Plot, Series, scales
from scaletui.render.ticks import Axis, Scale
from scaletui_core.errors import InputError
from scaletui_core.safetext import visible

_DIFFERING = 2  # words by which two titles may differ for the rest to stand once

Names = tuple[str, str]


def overlay(first: Plot, second: Plot, names: Names) -> Plot:
    """Return two plots in one, over axes that show all of both.

    What is the same in both is drawn once, as it was. All else is named by its scenario; the second's lines are dashed
    (and what was dashed before, in sparse dots), in colours that the first has not used, and stand beside their like in
    the legend: letters and dashes tell pairs apart where there is no colour.

    Parameters
    ----------
    first, second : Plot
        Plots of the same figure.
    names : tuple of str
        What their scenarios are called.

    Raises
    ------
    InputError
        If an axis of one shows another quantity, unit or scale than that of the other.

    Examples
    --------
    >>> axes = Axis("C", "FLOP"), Axis("N", "parameters")
    >>> law, other = Series("law", (1e18, 1e24), (1e8, 1e11)), Series("law", (1e18, 1e24), (1e7, 1e10))
    >>> plot = overlay(Plot("N against C", *axes, (law,)), Plot("N against C", *axes, (other,)), ("mine", "yours"))
    >>> plot.title, [one.name for one in plot.series], [one.dashed for one in plot.series]
    ('mine / yours: N against C', ['mine: law', 'yours: law'], [False, True])
    """
    pairs = (first.x, second.x), (first.y, second.y)
    for symbol, (a, b) in zip("xy", pairs, strict=True):
        if a[:3] != b[:3]:
            each = (f"{_words(axis)} for {visible(name)}" for axis, name in zip((a, b), names, strict=True))
            raise InputError(f"one plot cannot show both: its {symbol} axis would be {' and '.join(each)}")
    ends = scales(first), scales(second)
    x, y = (_covering(pair, [one and one[i] for one in ends]) for i, pair in enumerate(pairs))
    title = f"{' / '.join(names)}: {_title(first, second)}"
    return Plot(title, x, y, tuple(_series(first.series, second.series, names)), tuple(_marks(first, second, names)))


def _words(axis: Axis) -> str:
    unit = f" [{visible(axis.unit)}]" if axis.unit else ""
    return f"{visible(axis.label)}{unit}, {'logarithmic' if axis.log else 'linear'}"


def _covering(pair: tuple[Axis, Axis], drawn: Sequence[Scale | None]) -> Axis:
    """Return an axis that shows all that two show; an end that both leave to the data stays so."""
    lows = [one.value(0.0) if axis.low is None and one else axis.low for axis, one in zip(pair, drawn, strict=True)]
    highs = [one.value(1.0) if axis.high is None and one else axis.high for axis, one in zip(pair, drawn, strict=True)]
    low = None if all(axis.low is None for axis in pair) else min(end for end in lows if end is not None)
    high = None if all(axis.high is None for axis in pair) else max(end for end in highs if end is not None)
    return pair[0]._replace(low=low, high=high)


def _title(first: Plot, second: Plot) -> str:
    """Return the title of both: their own with the few words that differ side by side, or else the axes'.

    >>> axes = Axis("C", "FLOP"), Axis("N", "parameters")
    >>> _title(Plot("batches up to 64 tokens", *axes), Plot("batches up to 128 tokens", *axes))
    'batches up to 64 / 128 tokens'
    """
    a, b = first.title.split(), second.title.split()
    before = next((i for i, (x, y) in enumerate(zip_longest(a, b)) if x != y), None)
    if before is None:
        return first.title
    behind = next(i for i, (x, y) in enumerate(zip_longest(a[before:][::-1], b[before:][::-1])) if x != y)
    middles = a[before : len(a) - behind], b[before : len(b) - behind]
    if before == 0 or max(map(len, middles)) > _DIFFERING:
        return f"{first.y.label} against {first.x.label}"
    if not all(middles):  # one alone is, say, at the middle of its ranges
        return max(first.title, second.title, key=len)
    return " ".join([*a[:before], *middles[0], "/", *middles[1], *a[len(a) - behind :]])


def _series(first: Sequence[Series], second: Sequence[Series], names: Names) -> Iterator[Series]:
    """Yield the series of both: what they share once, each of the first's with the second's like behind it."""
    waiting = list(second)
    shift = 1 + max((one.color % len(PALETTE) for one in first), default=-1)
    alike = len(first) == len(second)
    for index, own in enumerate(first):
        other = next((one for one in waiting if one.name == own.name and one.kind == own.kind), None)
        if other is None and alike and second[index] in waiting:
            unnamed = all(one.name != second[index].name for one in first)
            other = second[index] if unnamed and second[index].kind == own.kind else None
        shared = None if other is None else _shared(own, other, names)
        if shared is not None:
            yield shared
        else:
            yield own._replace(name=_owned(names[0], own.name))
            if other is not None:
                yield _seconds(other, names[1], shift)
        if other is not None:
            waiting.remove(other)
    for other in waiting:
        yield _seconds(other, names[1], shift)


def _seconds(series: Series, name: str, shift: int) -> Series:
    """Return a series of the second plot as it is told apart from those of the first."""
    dotted = series.dashed or series.dotted
    return series._replace(name=_owned(name, series.name), dashed=True, dotted=dotted, color=series.color + shift)


def _shared(a: Series, b: Series, names: Names) -> Series | None:
    """Return what two series are if they are the same: in all points, or as levels and uprights of one height."""
    if a.kind != b.kind or a.labels != b.labels:
        return None
    if all(map(_same, (a.xs, a.ys, a.ys2 or ()), (b.xs, b.ys, b.ys2 or ()))):
        both = " / ".join(_owned(name, one.name) for name, one in zip(names, (a, b), strict=True))
        return a if a.name == b.name else a._replace(name=both)
    xs, ys = [*a.xs, *b.xs], [*a.ys, *b.ys]
    if a.name == b.name and a.kind == "line" and len(a.xs) == len(b.xs) == 2:
        if _same(ys, ys[:1] * 4):
            return a._replace(xs=(min(xs), max(xs)))
        if _same(xs, xs[:1] * 4):
            heights = [y for y in ys if y is not None]
            return a._replace(ys=(min(heights), max(heights)))
    return None


def _same(first: Sequence[float | None], second: Sequence[float | None]) -> bool:
    """Return whether all values of two lists are the same, but for what rounding leaves."""
    return len(first) == len(second) and all(
        x is y or (x is not None and y is not None and isclose(x, y)) for x, y in zip(first, second, strict=True)
    )


def _marks(first: Plot, second: Plot, names: Names) -> Iterator[Mark]:
    """Yield the marks of both, those that they share once, the others with the scenario before their label."""
    for plot, other, name in ((first, second, names[0]), (second, first, names[1])):
        for mark in plot.marks:
            again = any(mark[2:] == one[2:] and _same(mark[:2], one[:2]) for one in other.marks)
            if not again:
                yield mark._replace(label=_owned(name, mark.label))
            elif plot is first:
                yield mark


def _owned(name: str, label: str) -> str:
    """Return a label with whose it is; what has none stays without."""
    return f"{name}: {label}" if label else ""
