"""Answers as programs: the path from the uncertain inputs to each value, run over chunks of samples.

A traced value is a graph of formulas. `Program` puts the graphs of many values into one list of steps, each step once,
and runs the list over a chunk by the compiled kernel of each step: the same code that made the point answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from scaletui_core.draws import CHUNK, Draws
from scaletui_core.traced import Draw, Traced

Array = npt.NDArray[np.float64]


class Pick:
    """A value picked from a table by a uniform draw: a posterior sample, all its coefficients by one draw.

    Parameters
    ----------
    table : sequence of float
        Equally likely values.
    """

    def __init__(self, table: Sequence[float]) -> None:
        self.table = tuple(table)

    def __call__(self, uniform: float) -> float:
        """Return the value at a draw from 0 to 1."""
        return self.table[min(int(uniform * len(self.table)), len(self.table) - 1)]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pick) and self.table == other.table

    def __hash__(self) -> int:
        return hash(self.table)

    def kernel(self, out: Array, uniform: Array) -> None:
        """Fill an array with the values at an array of draws."""
        table = np.array(self.table)
        np.take(table, np.minimum((uniform * table.size).astype(np.intp), table.size - 1), out=out)


class Step(NamedTuple):
    """One step: a function or a draw, the place of its result, and its arguments, other steps or numbers."""

    how: Any
    place: int
    arguments: tuple[int | float, ...]
    arrays: tuple[bool, ...]


class Program:
    """The steps that make some traced values from draws.

    Parameters
    ----------
    values : sequence of Traced
        What is wanted.

    Attributes
    ----------
    draws : list of Draw
        The sources of randomness, each once.
    steps : list of Step
        In the order in which they run.
    targets : list of int
        Steps whose results are wanted, each once.
    result_of : list of int
        Which of them each value is.
    """

    def __init__(self, values: Sequence[Traced]) -> None:
        self.draws: list[Draw] = []
        self._nodes: list[tuple[Any, tuple[tuple[bool, float], ...]]] = []
        known: dict[int, int] = {}
        alike: dict[Any, int] = {}
        self._kept: list[Traced] = []  # an id is only good while its object lives
        wanted = [self._node(value, known, alike) for value in values]
        self.targets = list(dict.fromkeys(wanted))
        self.result_of = [self.targets.index(index) for index in wanted]
        self.steps = self._placed()
        self.width = 1 + max((step.place for step in self.steps), default=0)
        self._kernels: list[Callable[..., None]] = []

    def _node(self, root: Traced, known: dict[int, int], alike: dict[Any, int]) -> int:
        """Return the index of a value's node, after those of its parts; what is made alike is made once."""
        stack = [root]
        while stack:
            value = stack[-1]
            if id(value) in known:
                stack.pop()
                continue
            missing = [part for part in value.parts if isinstance(part, Traced) and id(part) not in known]
            if missing:
                stack += missing
                continue
            parts = tuple(
                (True, known[id(part)]) if isinstance(part, Traced) else (False, float(part)) for part in value.parts
            )
            key = (value.how, parts)
            if key not in alike:
                alike[key] = len(self._nodes)
                self._nodes.append((value.how, parts))
                if isinstance(value.how, Draw):
                    self.draws.append(value.how)
            known[id(value)] = alike[key]
            self._kept.append(value)
            stack.pop()
        return known[id(root)]

    def _placed(self) -> list[Step]:
        """Return the steps with a place each for its result, taken again once nobody needs what was there."""
        last = list(range(len(self._nodes)))
        for index, (_, parts) in enumerate(self._nodes):
            for array, part in parts:
                if array:
                    last[int(part)] = index
        for index in self.targets:
            last[index] = len(self._nodes)
        free: list[int] = []
        places: list[int] = []
        most = 0
        steps = []
        for index, (how, parts) in enumerate(self._nodes):
            if free:
                place = free.pop()
            else:
                place, most = most, most + 1
            places.append(place)
            arguments = tuple(int(part) if array else part for array, part in parts)
            steps.append(Step(how, place, arguments, tuple(array for array, _ in parts)))
            free += {places[int(part)] for array, part in parts if array and last[int(part)] == index}
        return steps

    def compile(self, cancelled: Callable[[], bool] = lambda: False) -> bool:
        """Make sure that every kernel is compiled; return False if that was cancelled before it was done."""
        from scaletui_core.compiled import kernel

        kernels: list[Callable[..., None]] = []
        for step in self.steps:
            if cancelled():
                return False
            if isinstance(step.how, Draw):
                kernels.append(_nothing)
            else:
                kernels.append(step.how.kernel if isinstance(step.how, Pick) else kernel(step.how, step.arrays))
        self._kernels = kernels
        return True

    def room(self) -> Array:
        """Return what one thread needs to run a chunk."""
        return np.empty((self.width, CHUNK))

    def run(self, draws: Draws, chunk: int, room: Array, into: Sequence[Array] | None = None) -> list[Array]:
        """Return the results of one chunk, in the order of the targets; `compile` comes first.

        They are put ``into`` the arrays given, of the chunk's size; else they lie in ``room`` until the next run.
        """
        size = draws.sizes[chunk]
        places = [room[place, :size] for place in range(self.width)]
        made: list[Any] = [places[step.place] for step in self.steps]
        for index, out in zip(self.targets, into or (), strict=False):
            made[index] = out
        for step, fill, out in zip(self.steps, self._kernels, made, strict=True):
            if fill is _nothing:
                draws.fill(step.how, chunk, out)
            else:
                fill(out, *[made[int(x)] if a else x for x, a in zip(step.arguments, step.arrays, strict=True)])
        return [made[index] for index in self.targets]

    def values(self, draws: Draws, chunk: int) -> list[Array]:
        """Return the values of one chunk, in the order in which they were wanted."""
        made = self.run(draws, chunk, self.room())
        return [made[index] for index in self.result_of]


def _nothing(out: Array) -> None:
    """Stand for the kernel of a draw."""
