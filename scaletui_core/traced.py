"""Floats that remember how they were made, so that the same formulas can make them again from samples.

A range that was typed becomes a `Traced` float at its middle. Every formula and every operator that it goes through
returns another; at the end each row of an answer holds the whole path from the inputs to its value, and
`scaletui_core.uncertainty` runs that path over samples. Plain floats go through untouched: nothing is traced, and
nothing is paid, where nothing is uncertain.
"""

from __future__ import annotations

from collections.abc import Callable
from math import exp as _exp
from math import log as _log
from typing import Any, NamedTuple, Self


class Draw(NamedTuple):
    """A source of randomness: ``normal`` (standard) or ``uniform`` (0 to 1), and the name of what is uncertain.

    ``of`` is what is drawn, such as `scaletui_core.distributions.Range`; it tells two draws of one name apart.
    """

    name: str
    kind: str
    of: Any = None


class Traced(float):
    """A float with the function and the arguments that made it.

    Attributes
    ----------
    how : callable or Draw
        A function of plain floats; or a draw, which has no parts.
    parts : tuple of float
        Its arguments, traced or plain.

    Examples
    --------
    >>> z = Traced(0.0, Draw("flops", "normal"), ())
    >>> y = 2.0 * exp(z) + 1.0
    >>> float(y), y.how.__name__, y.parts[1]
    (3.0, 'add', 1.0)
    """

    __slots__ = ("how", "parts")
    how: Callable[..., float] | Draw
    parts: tuple[float, ...]

    def __new__(cls, value: float, how: Callable[..., float] | Draw, parts: tuple[float, ...]) -> Self:
        """Return the float with its history."""
        made = super().__new__(cls, value)
        made.how = how
        made.parts = parts
        return made

    # Equal only to what varies alike: an uncertain number is not the plain number in its middle.
    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Traced) or float(self) != float(other):
            return False
        return self.how == other.how and self.parts == other.parts

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = float.__hash__

    def __add__(self, other: float) -> Traced:
        return trace(add, self, other)

    def __radd__(self, other: float) -> Traced:
        return trace(add, other, self)

    def __sub__(self, other: float) -> Traced:
        return trace(subtract, self, other)

    def __rsub__(self, other: float) -> Traced:
        return trace(subtract, other, self)

    def __mul__(self, other: float) -> Traced:
        return trace(multiply, self, other)

    def __rmul__(self, other: float) -> Traced:
        return trace(multiply, other, self)

    def __truediv__(self, other: float) -> Traced:
        return trace(divide, self, other)

    def __rtruediv__(self, other: float) -> Traced:
        return trace(divide, other, self)

    def __pow__(self, other: float, modulo: None = None) -> Traced:
        return trace(power, self, other)

    def __neg__(self) -> Traced:
        return trace(multiply, -1.0, self)


def trace(how: Callable[..., float], *arguments: float) -> Traced:
    """Return the value of a function of these floats, with how it was made."""
    return Traced(how(*map(float, arguments)), how, arguments)


def add(x: float, y: float) -> float:
    """Return x + y."""
    return x + y


def subtract(x: float, y: float) -> float:
    """Return x - y."""
    return x - y


def multiply(x: float, y: float) -> float:
    """Return x y."""
    return x * y


def divide(x: float, y: float) -> float:
    """Return x / y."""
    return x / y


def power(x: float, y: float) -> float:
    """Return x^y of a positive x."""
    return _exp(y * _log(x))


def exponential(x: float) -> float:
    """Return e^x."""
    return _exp(x)


def logarithm(x: float) -> float:
    """Return ln x."""
    return _log(x)


def at_least(x: float, least: float) -> float:
    """Return x, or ``least`` where it is below."""
    return max(x, least)


def at_most(x: float, most: float) -> float:
    """Return x, or ``most`` where it is above."""
    return min(x, most)


def unsampled(x: float) -> float:
    """Stand for what no kernel can make again, such as a bisection; no interval is given for what rests on it."""
    return x


def exp(x: float) -> float:
    """Return e^x, traced where x is; for code outside formulas, which take plain floats."""
    return trace(exponential, x) if isinstance(x, Traced) else _exp(x)


def log(x: float) -> float:
    """Return ln x, traced where x is; for code outside formulas, which take plain floats."""
    return trace(logarithm, x) if isinstance(x, Traced) else _log(x)


def larger(x: float, y: float) -> float:
    """Return the larger of two, traced where one is: `max` would forget the other."""
    return trace(at_least, x, y) if isinstance(x, Traced) or isinstance(y, Traced) else max(x, y)


def smaller(x: float, y: float) -> float:
    """Return the smaller of two, traced where one is: `min` would forget the other."""
    return trace(at_most, x, y) if isinstance(x, Traced) or isinstance(y, Traced) else min(x, y)


def as_float(x: float) -> float:
    """Return a whole number as a float, and a float as it is, traced or not."""
    return x if isinstance(x, float) else float(x)


def solved(value: float, *rests_on: float) -> float:
    """Return what a solver found; marked as what cannot be sampled where it rests on something that varies."""
    varies = [one for one in rests_on if isinstance(one, Traced)]
    return Traced(value, unsampled, (varies[0],)) if varies else value
