"""What a law answers with: an optimum, a loss and its terms, or that it cannot; and the solvers behind its inverses."""

# No `from __future__ import annotations`, as in quantity.py: NamedTuple compiles annotations that are text.
from collections.abc import Callable
from typing import NamedTuple

from scaletui_core.formula import Working
from scaletui_core.law_formulas import LOG_LIMIT
from scaletui_core.traced import exp


class Optimum(NamedTuple):
    """The compute-optimal model at a budget: parameters N, tokens D, and how they were found."""

    params: float
    tokens: float
    params_working: Working
    tokens_working: Working


class Term(NamedTuple):
    """One term of a loss: ``irreducible``, ``params`` or ``tokens``, its value [nats/token] and its working."""

    id: str
    value: float
    working: Working


class Loss(NamedTuple):
    """A loss [nats/token], its terms where it has any, its working and its source."""

    value: float
    terms: tuple[Term, ...]
    working: Working
    source: str


class LawNote(NamedTuple):
    """A note that belongs to a law wherever it is shown."""

    id: str
    kind: str
    text: str
    source: str | None


class Unreachable(Exception):
    """A target that the law cannot meet; the message says why, for people."""


def budget_of(log_value: float) -> float:
    """Return the budget [FLOP] of a logarithm.

    Raises
    ------
    Unreachable
        If it is below 1 FLOP or above 1e299.
    """
    if not log_value < LOG_LIMIT:
        raise Unreachable("unreachable: needs more than 1e299 FLOP")
    if log_value < 0.0:
        raise Unreachable("less than 1 FLOP is enough")
    return exp(log_value)


def bisect_falling(function: Callable[[float], float], target: float, low: float, high: float) -> float:
    """Return x with ``function(x) == target`` for a falling function, to the last bit of x."""
    for _ in range(200):
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        if function(middle) > target:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)
