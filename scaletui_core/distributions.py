"""What a range means: the distribution between its ends, and the uncertain number that stands for it.

``lo..hi`` is a log-normal, ``lo..mid..hi`` a log-normal on each side of its median; a fraction is so in its odds. A
value that the input does not allow, far out in a tail, is held at the bound. Imported only where a range was typed.
"""

from __future__ import annotations

from math import exp, inf, log
from statistics import NormalDist
from typing import NamedTuple

from scaletui_core.formula import Formula, examples, formula
from scaletui_core.quantity import Quantity, parse
from scaletui_core.quantity_text import format_exact, format_range
from scaletui_core.traced import Draw, Traced

SOURCE = "scaletui: definition of a range"
_REACH = 6.0  # standard deviations; a bound further out holds nobody


@formula(
    "x = mid (hi/mid)^(z/q) above, mid (mid/lo)^(z/q) below, q = Phi^-1((1 + coverage)/2)", unit="1", source=SOURCE
)
def log_normal(z: float, log_middle: float, below: float, above: float) -> float:
    """Value at a standard normal z of a log-normal with its own spread on either side of the median.

    >>> [round(log_normal(z, log(100.0), log(10.0), log(2.0)), 9) for z in (-1.0, 0.0, 1.0)]
    [10.0, 100.0, 200.0]
    """
    return exp(log_middle + min(z, 0.0) * below + max(z, 0.0) * above)


@formula("x/(1 - x) as a log-normal", unit="fraction", source=SOURCE)
def logit_normal(z: float, log_middle: float, below: float, above: float) -> float:
    """Fraction at a standard normal z whose odds are such a log-normal.

    >>> round(logit_normal(0.0, log(0.4 / 0.6), 1.0, 1.0), 12)
    0.4
    """
    return 1.0 / (1.0 + exp(-(log_middle + min(z, 0.0) * below + max(z, 0.0) * above)))


@formula("x = mid + z sigma", unit="1", source="scaletui: a published estimate and its standard error")
def normal(z: float, middle: float, sigma: float) -> float:
    """Value at a standard normal z of a normal.

    >>> normal(2.0, 1.0, 0.25)
    1.5
    """
    return middle + z * sigma


@formula("x, held between the bounds of the input", unit="1", source=SOURCE)
def held(x: float, low: float, high: float) -> float:
    """Value, no lower and no higher than what the input allows.

    >>> held(5.0, 1.0, 4.0)
    4.0
    """
    return min(max(x, low), high)


class Range(NamedTuple):
    """A range as it was typed, and the bounds of the input that it is for."""

    quantity: Quantity
    least: float = -inf
    most: float = inf


class Uncertain(Traced):
    """A number that was given as a range; as a float it is the median."""

    __slots__ = ("name", "range")
    name: str
    range: Range

    @property
    def text(self) -> str:
        """The range as `parse` reads it back: ``0.4..1.8..10@50%``.

        >>> uncertain("0.4M..1.8M..10M@50%", "tokens").text
        '4e5..1.8M..10M@50%'
        """
        quantity = self.range.quantity
        assert quantity.low is not None
        assert quantity.high is not None
        ends = [quantity.low, quantity.high]
        if quantity.distribution.startswith("two-piece"):
            ends.insert(1, quantity.value)
        coverage = "" if quantity.coverage == 0.9 else "@" + format_exact(quantity.coverage, "fraction")
        return "..".join(format_exact(end, quantity.unit) for end in ends) + coverage

    @property
    def words(self) -> str:
        """The range for people, with its distribution."""
        return format_range(self.range.quantity)


def uncertain(
    given: str | Quantity, unit: str = "1", name: str = "x", least: float | None = None, most: float | None = None
) -> float:
    """Return the uncertain number that a range means, or a plain float where it is no range.

    Parameters
    ----------
    given : str or Quantity
        A text such as ``0.4M..10M@50%``, or what `scaletui_core.quantity.parse` makes of one.
    unit : str
        Unit of a text.
    name : str
        What is uncertain; two ranges of one name in one scenario are still drawn apart.
    least, most : float, optional
        Bounds [unit] that no sample leaves.

    Raises
    ------
    InputError
        If a text is no quantity.

    Examples
    --------
    >>> flops = uncertain("1e23..1e25", "FLOP", "flops")
    >>> float(flops), flops.range.quantity.distribution, uncertain("1e24", "FLOP")
    (1e+24, 'log-normal', 1e+24)
    """
    quantity = parse(given, unit) if isinstance(given, str) else given
    if not quantity.is_range:
        return quantity.value
    asked = Range(quantity, -inf if least is None else least, inf if most is None else most)
    z = Traced(0.0, Draw(name, "normal", asked), ())
    how, middle, below, above = _shape(quantity)
    parts: tuple[float, ...] = (z, middle, below, above)
    reach = [how(side * _REACH, middle, below, above) for side in (-1.0, 1.0)]
    if reach[0] < asked.least or reach[1] > asked.most:
        inner = Traced(quantity.value, how.function, parts)
        made = Uncertain(quantity.value, held.function, (inner, asked.least, asked.most))
    else:
        made = Uncertain(quantity.value, how.function, parts)
    made.name, made.range = name, asked
    return made


def _shape(quantity: Quantity) -> tuple[Formula, float, float, float]:
    """Return the formula of a range's distribution with the logarithm of its median and its spread on either side."""
    low, middle, high = quantity.low, quantity.value, quantity.high
    assert low is not None
    assert high is not None
    reach = NormalDist().inv_cdf(0.5 + quantity.coverage / 2.0)
    if quantity.unit == "fraction":
        ends = [log(x / (1.0 - x)) for x in (low, middle, high)]
        return logit_normal, ends[1], (ends[1] - ends[0]) / reach, (ends[2] - ends[1]) / reach
    ends = [log(x) for x in (low, middle, high)]
    return log_normal, ends[1], (ends[1] - ends[0]) / reach, (ends[2] - ends[1]) / reach


__test__ = examples(globals())
