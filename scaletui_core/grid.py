"""A grid of inputs to the chain: its axes, what stands beside them, and which rows are kept of every point."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import NamedTuple

from scaletui_core.axes import Axis
from scaletui_core.calculator import PARTS
from scaletui_core.chain import HEADLINES
from scaletui_core.errors import InputError, unknown_name
from scaletui_core.flow import NEEDS
from scaletui_core.scenario import Texts

DEFAULT = (
    ("calc", "params"),
    ("calc", "tokens"),
    ("calc", "loss"),
    ("speed", "human_multiple"),
    ("copies", "copies"),
    ("learning", "learning_years"),
)
"""What is shown where nobody says; of other parts that a grid is about, their headlines."""
_TILING = (("speed", "speed_factor"), ("copies", "copies_k"))  # what is shown beside that of k
MODEL = "model_"
"""What the ids of the budget's rows begin with that are of a model that was given."""


class Shown(NamedTuple):
    """A row that is kept of every point: its part, and its id there (of a given model that of the optimum's)."""

    part: str
    id: str

    @property
    def name(self) -> str:
        """How ``--show`` names it.

        >>> Shown("speed", "human_multiple").name
        'speed.human-multiple'
        """
        return f"{self.part}.{self.id.replace('_', '-')}"

    @property
    def column(self) -> str:
        """Its row id in the answer.

        >>> Shown("speed", "human_multiple").column
        'speed_human_multiple'
        """
        return f"{self.part}_{self.id}"


class Grid(NamedTuple):
    """What is asked.

    Attributes
    ----------
    axes : tuple of Axis
        The last one runs fastest.
    texts : dict
        What stands in the other fields, by part and name.
    shown : tuple of Shown
        Rows that are kept.
    """

    axes: tuple[Axis, ...]
    texts: Texts
    shown: tuple[Shown, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """How many values each axis has."""
        return tuple(len(axis.texts) for axis in self.axes)

    @property
    def size(self) -> int:
        """How many points there are."""
        return prod(self.shape)

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts that what is shown rests on, in order."""
        return tuple(part for part in PARTS if any(part in (one.part, *NEEDS[one.part]) for one in self.shown))

    def steps(self, index: int) -> tuple[int, ...]:
        """Return which value of each axis a point has.

        >>> grid = Grid((Axis("calc", "flops", ("1", "2")), Axis("calc", "law", ("a", "b", "c"))), {}, ())
        >>> grid.steps(0), grid.steps(4)
        ((0, 0), (1, 1))
        """
        out = []
        for size in reversed(self.shape):
            index, step = divmod(index, size)
            out.append(step)
        return tuple(reversed(out))


def default(about: Sequence[str], swept: set[tuple[str, str]]) -> tuple[Shown, ...]:
    """Return what is shown where nobody says: `DEFAULT`, C where it does not run, and the headlines of other parts.

    ``about`` are the dotted names of the fields that are given or run.

    >>> [one.name for one in default(["batch.loss", "calc.params"], {("calc", "params")})][:3]
    ['calc.compute', 'calc.tokens', 'calc.loss']
    """
    parts = {name.partition(".")[0] for name in about}
    wanted = [] if ("calc", "flops") in swept else [("calc", "compute")]
    wanted += [*DEFAULT, *(pair for pair in headlines() if pair[0] in parts - {part for part, _ in DEFAULT})]
    wanted += _TILING if {"speed.k", "copies.k"} & set(about) else ()
    return tuple(Shown(*pair) for pair in wanted if pair not in swept)


def headlines() -> list[tuple[str, str]]:
    """Return the rows of the chain, by part and id: those that `calc --all` prints."""
    pairs = ((line.part, row_id) for line in HEADLINES for row_id in line.ids)
    return list(dict.fromkeys((part, row_id.removeprefix(MODEL)) for part, row_id in pairs))


def headline_names() -> list[str]:
    """Return what ``--show`` takes whatever the grid.

    >>> headline_names()[:3]
    ['calc.compute', 'calc.params', 'calc.tokens']
    """
    return [Shown(*pair).name for pair in headlines()]


def shown_of(show: Sequence[str], swept: set[tuple[str, str]]) -> tuple[Shown, ...]:
    """Return the rows that names mean; of a bare one the part is that of the chain's row."""
    out: list[Shown] = []
    for name in (one.strip() for text in show for one in text.split(",")):
        part, dot, row_id = name.replace("-", "_").partition(".")
        if not dot:
            known = {row: of for of, row in reversed(headlines())}
            if part not in known:
                raise unknown_name("row of the chain", name.replace("_", "-"), headline_names(), where="--show")
            part, row_id = known[part], part
        elif part not in PARTS:
            raise unknown_name("part", part, PARTS, where="--show")
        one = Shown(part, row_id.removeprefix(MODEL) if part == PARTS[0] else row_id)
        if one in out:
            raise InputError(f"{one.name} is named twice: drop one", where="--show")
        if (part, one.id) in swept:
            raise InputError(f"{one.name} is an axis, which is shown in any case: drop it", where="--show")
        out.append(one)
    return tuple(out)
