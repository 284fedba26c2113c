"""One formula, written once: the expression people read, its unit, its source, and the arithmetic.

A formula is a plain Python function of floats. Scalars call it as it is. Arrays get the same code compiled
(`scaletui_core.compiled`), with `exp` and `log` replaced by versions that vectorise; there is no second version to keep
in step. Formulas work in natural logarithms of compute, parameters and tokens, because a budget of 1e100 FLOP is a
legal question and because a compiled kernel then needs one logarithm a budget.
"""

# No `from __future__ import annotations`, as in quantity.py: NamedTuple compiles annotations that are text.
from collections.abc import Callable
from typing import Any, NamedTuple

from scaletui_core.traced import Traced


class Formula:
    """A function of floats with the expression, unit and source that explain it.

    Parameters
    ----------
    function : callable
        Plain arithmetic on floats; it may use `math.exp`, `math.log`, other formulas and module constants, no more.
    expression : str
        The formula as it is printed, in the field's symbols.
    unit : str
        Unit of the value, one of `scaletui_core.quantity`.
    source : str
        ``source-id: locator``, the source's id as in the presets.
    """

    def __init__(self, function: Callable[..., float], expression: str, unit: str, source: str) -> None:
        self.function = function
        self.name = function.__name__
        self.expression = expression
        self.unit = unit
        self.source = source
        self.__doc__ = function.__doc__

    def __call__(self, *arguments: float) -> float:
        """Return the value for these floats; where one is traced, so is the value."""
        for one in arguments:
            if isinstance(one, Traced):
                return Traced(self.function(*map(float, arguments)), self.function, arguments)
        return self.function(*arguments)

    def __repr__(self) -> str:
        return f"<formula {self.name}: {self.expression}>"


def formula(expression: str, *, unit: str, source: str) -> Callable[[Callable[..., float]], Formula]:
    """Return a decorator that makes a `Formula` of a function.

    >>> @formula("C = 6 N D", unit="FLOP", source="kaplan-2020: Sec. 2.1")
    ... def training_flops(params: float, tokens: float) -> float:
    ...     return 6.0 * params * tokens
    >>> training_flops(70e9, 1.4e12), training_flops
    (5.88e+23, <formula training_flops: C = 6 N D>)
    """

    def decorate(function: Callable[..., float]) -> Formula:
        return Formula(function, expression, unit, source)

    return decorate


class Number(NamedTuple):
    """A number that was put into a formula: its symbol, value [unit] and where it came from."""

    symbol: str
    value: float
    unit: str
    source: str | None = None


class Working(NamedTuple):
    """How one value was obtained: the expression as printed and the numbers put into it."""

    expression: str
    numbers: tuple[Number, ...]

    @classmethod
    def of(cls, formula_: Formula, *numbers: Any) -> "Working":
        """Return the working of a formula with `Number` tuples ``(symbol, value, unit, source?)``."""
        return cls(formula_.expression, tuple(Number(*number) for number in numbers))


def examples(namespace: dict[str, Any]) -> dict[str, str]:
    """Return the docstrings of a module's formulas, for ``__test__``: doctest does not look inside objects."""
    return {name: item.__doc__ for name, item in namespace.items() if isinstance(item, Formula) and item.__doc__}
