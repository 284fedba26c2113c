"""What a range means: the distribution between its ends, and the uncertain number that stands for it.

``lo..hi`` is a log-normal, ``lo..mid..hi`` a log-normal on each side of its median; a fraction is so in its odds. A
value that the input does not allow, far out in a tail, is held at the bound. Imported only where a range was typed.
"""

from __future__ import annotations

from math import exp, inf, log, log10
from statistics import NormalDist
from typing import NamedTuple

from scaletui_core.formula import Formula, examples, formula
from scaletui_core.quantity import Quantity, parse
from scaletui_core.quantity_text import format_exact, format_range
from scaletui_core.traced import Draw, Traced

SOURCE = "scaletui: definition of a range"
_REACH = 6.0  # standard deviations; a bound further out holds nobody
_LARGEST = 1e299
_WIDE = 5.0  # orders of magnitude; more may be a forgotten suffix


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


@formula("x = mid + z s, with an s for each side", unit="1", source="scaletui: a published estimate and its interval")
def two_piece_normal(z: float, middle: float, below: float, above: float) -> float:
    """Value at a standard normal z of a normal with its own spread on either side of the median.

    >>> two_piece_normal(-2.0, 1.0, 0.25, 0.5), two_piece_normal(2.0, 1.0, 0.25, 0.5)
    (0.5, 2.0)
    """
    return middle + min(z, 0.0) * below + max(z, 0.0) * above


@formula("x if u < share, else y", unit="1", source="scaletui: a mixture")
def either(u: float, share: float, x: float, y: float) -> float:
    """Return one of two values, by a uniform draw.

    >>> either(0.2, 0.5, 1.0, 2.0), either(0.8, 0.5, 1.0, 2.0)
    (1.0, 2.0)
    """
    return x if u < share else y


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


def words_of(asked: Range) -> str:
    """Return a range for people: its ends, its distribution, and how wide it is where that may be a slip.

    >>> words_of(Range(parse("70..140B", "parameters")))
    '70..140B (90%, log-normal; 9.3 orders of magnitude)'
    """
    text, quantity = format_range(asked.quantity), asked.quantity
    assert quantity.low is not None
    assert quantity.high is not None
    wide = log10(quantity.high) - log10(quantity.low)
    return text if wide < _WIDE else f"{text.removesuffix(')')}; {wide:.1f} orders of magnitude)"


class Uncertain(Traced):
    """A number that was given as a range; as a float it is the median."""

    __slots__ = ("name", "range")
    name: str
    range: Range

    @property
    def text(self) -> str:
        """The range as `parse` reads it back: ``0.4..1.8..10@50%``.

        >>> uncertain("0.4M..1.8M..10M@50%", "tokens", "D").text
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

    def as_dict(self, size: float = 1.0) -> dict[str, object]:
        """Return the range as JSON has it, in units of so many base units.

        >>> uncertain("1..4", "1", "k").as_dict()["value"]
        2.0
        """
        low, high, coverage, distribution = self.range.quantity[2:]
        assert low is not None
        assert high is not None
        ends = {"low": low / size, "value": float(self) / size, "high": high / size}
        return {**ends, "coverage": coverage, "distribution": distribution}

    @property
    def words(self) -> str:
        """The range for people, with its distribution."""
        return words_of(self.range)


def uncertain(
    given: str | Quantity, unit: str, name: str, least: float | None = None, most: float | None = None
) -> float:
    """Return the uncertain number that a range means, or a plain float where it is no range.

    Parameters
    ----------
    given : str or Quantity
        A text such as ``0.4M..10M@50%``, or what `scaletui_core.quantity.parse` makes of one.
    unit : str
        Unit of a text.
    name : str
        What is uncertain. Its draws are by its name: two ranges of one name move together.
    least, most : float, optional
        Bounds [unit] that no sample leaves.

    Raises
    ------
    InputError
        If a text is no quantity.

    Examples
    --------
    >>> flops = uncertain("1e23..1e25", "FLOP", "flops")
    >>> float(flops), flops.range.quantity.distribution, uncertain("1e24", "FLOP", "flops")
    (1e+24, 'log-normal', 1e+24)
    """
    quantity = parse(given, unit) if isinstance(given, str) else given
    if not quantity.is_range:
        return quantity.value
    asked = Range(quantity, -inf if least is None else least, inf if most is None else most)
    z = Traced(0.0, Draw(name, "normal", asked), ())
    how, middle, below, above = _shape(quantity)
    parts: tuple[float, ...] = (z, middle, below, above)
    if _leaves(asked, how, middle, below, above):
        inner = Traced(quantity.value, how.function, parts)
        bounds = max(asked.least, -_LARGEST), min(asked.most, _LARGEST)
        made = Uncertain(quantity.value, held.function, (inner, *bounds))
    else:
        made = Uncertain(quantity.value, how.function, parts)
    made.name, made.range = name, asked
    return made


def _leaves(asked: Range, how: Formula, middle: float, below: float, above: float) -> bool:
    """Whether a tail of a range leaves the bounds of its input, or what a float can hold."""
    try:
        return how(-_REACH, middle, below, above) < asked.least or how(_REACH, middle, below, above) > asked.most
    except OverflowError:
        return True


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
