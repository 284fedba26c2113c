"""A straight line through timings: its slope is the time a token, its intercept the latency."""

# No `from __future__ import annotations`, as in quantity.py: NamedTuple compiles annotations that are text.
from collections.abc import Sequence
from math import fsum, isfinite, sqrt
from typing import NamedTuple


class Line(NamedTuple):
    """An ordinary least-squares line.

    Attributes
    ----------
    slope : float
        Of y in x [y/x].
    intercept : float
        y at x = 0 [y].
    slope_error, intercept_error : float
        Standard errors, from the spread of the residuals; 0 where all points lie on the line.
    r2 : float
        Share of the variance of y that the line accounts for, 0 to 1.
    count : int
        Points it goes through.
    """

    slope: float
    intercept: float
    slope_error: float
    intercept_error: float
    r2: float
    count: int  # type: ignore[assignment]  # hides tuple.count, which nobody needs here


def fit_line(x: Sequence[float], y: Sequence[float]) -> Line:
    """Return the line of least squares through points, with an intercept and standard errors.

    ``slope = sum (x - mean x)(y - mean y) / sum (x - mean x)^2``; the variance of the residuals has two degrees of
    freedom less than points.

    Parameters
    ----------
    x : sequence of float
        Such as tokens generated [tokens], at least three points at two different places.
    y : sequence of float
        Such as the time it took [s].

    Returns
    -------
    Line
        Slope [s/token] and intercept [s], with their standard errors.

    Raises
    ------
    ValueError
        If there are fewer than three points, all at one place, or one that is not finite.

    References
    ----------
    Steinhardt (2023), "What will GPT-2030 look like?", Appendix A: time regressed on n = 100, 200, ..., 1900.

    Examples
    --------
    >>> line = fit_line([100, 200, 300, 400], [1.5, 2.5, 3.5, 4.5])
    >>> line.slope, line.intercept, line.r2
    (0.01, 0.5, 1.0)
    """
    points = [(float(a), float(b)) for a, b in zip(x, y, strict=True)]
    if len(points) < 3 or not all(isfinite(a) and isfinite(b) for a, b in points):
        raise ValueError("a line with standard errors goes through three finite points or more")
    count = len(points)
    x0, y0 = (fsum(column) / count for column in zip(*points, strict=True))
    spread = fsum((a - x0) ** 2 for a, _ in points)
    if spread == 0.0:
        raise ValueError("a line needs two different places")
    slope = fsum((a - x0) * (b - y0) for a, b in points) / spread
    intercept = y0 - slope * x0
    left = fsum((b - intercept - slope * a) ** 2 for a, b in points)
    whole = fsum((b - y0) ** 2 for _, b in points)
    variance = left / (count - 2)
    return Line(
        slope,
        intercept,
        sqrt(variance / spread),
        sqrt(variance * (1.0 / count + x0 * x0 / spread)),
        1.0 if whole == 0.0 else max(0.0, 1.0 - left / whole),
        count,
    )
