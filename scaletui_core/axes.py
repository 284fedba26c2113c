"""The axes of a grid of inputs: which field each runs over, and the texts that stand in it, as a person types them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import exp, log
from typing import NamedTuple

from scaletui_core.calculator import PARTS
from scaletui_core.errors import InputError, unknown_name
from scaletui_core.fields import NAMES, Field, fields_of
from scaletui_core.flow import calculator
from scaletui_core.quantity import KINDS
from scaletui_core.safetext import visible
from scaletui_core.scenario import Typed, dotted, field_of, part_inputs

MOST = 1_000_000
"""Points that a grid has at most."""
LINEAR = ("fraction", "nats/token")
"""Units whose values are spaced evenly as they are; others in the logarithm, unless the span begins at 0."""
_DIGITS = 12  # of a value between the ends: 1e23 is then 1e23, and not its neighbour
_SPAN = re.compile(r"(?P<low>[^,]+?)\.\.(?P<high>[^,:]+):(?P<count>[^,:]*)(?::(?P<scale>[^,:]*))?")
_SCALES = ("linear", "log")


class Axis(NamedTuple):
    """One field, and what stands in it at each step.

    Attributes
    ----------
    part, name : str
        The field.
    texts : tuple of str
        As they would be typed.
    """

    part: str
    name: str
    texts: tuple[str, ...]

    @property
    def field(self) -> Field:
        """The field as it is declared."""
        return next(item for item in fields_of(calculator(self.part).inputs) if item.name == self.name)

    @property
    def dotted(self) -> str:
        """The field as ``--set`` names it.

        >>> Axis("speed", "human_multiple", ("1", "2")).dotted
        'speed.human-multiple'
        """
        return dotted(self.part, self.field)

    def typed(self) -> list[Typed]:
        """Return what stands in the field at each step, as a scenario keeps it."""
        return [(text,) for text in self.texts] if self.field.unit == NAMES else [*self.texts]


def axis_of(text: str, where: str = "--over") -> Axis:
    """Return the axis that ``PART.FIELD=VALUES`` is; PART may be left out where it is ``calc``.

    VALUES are texts as the field takes them, with commas between; or, of a number, ``LOW..HIGH:COUNT``, spaced evenly
    in the logarithm (a fraction, a loss, or what begins at 0 evenly as it is; ``:linear`` or ``:log`` behind it says
    so), its inner values to 12 digits.

    Raises
    ------
    InputError
        If it is not of that shape, there is no such field, or a text means nothing in it.

    Examples
    --------
    >>> axis_of("flops=1e22..1e24:3")
    Axis(part='calc', name='flops', texts=('1e22', '1e23', '1e24'))
    >>> axis_of("calc.mfu=30%..50%:3").texts, axis_of("calc.law=epoch-2024,llama-3").texts
    (('30%', '40%', '50%'), ('epoch-2024', 'llama-3'))
    """
    left, equals, values = text.partition("=")
    if not equals or not left.strip():
        what = f"'{visible(text)}' is not PART.FIELD=VALUES"
        raise InputError(what, where=where, hint="such as calc.flops=1e22..1e26:9, or calc.law=epoch-2024,llama-3")
    part, item = field_named(left, where)
    place = f"{where} {dotted(part, item)}"
    texts = _texts(item, values.strip(), place)
    if len(set(texts)) < len(texts):
        twice = next(one for index, one in enumerate(texts) if one in texts[:index])
        raise InputError(f"has '{visible(twice)}' twice: drop one", where=place)
    # What lies between two ends that are right is right too, and there may be a million.
    for one in (texts[0], texts[-1]) if _SPAN.fullmatch(values.strip()) and item.unit in KINDS else texts:
        typed: Typed = (one,) if item.unit == NAMES else one
        part_inputs(part, {item.name: typed}, lambda _: place)
    return Axis(part, item.name, texts)


def field_named(name: str, where: str) -> tuple[str, Field]:
    """Return the field of a dotted name, or the budget's own of a bare one, with its part.

    Raises
    ------
    InputError
        If there is none, with the nearest that there is.

    Examples
    --------
    >>> part, item = field_named("human-multiple", "--over")
    Traceback (most recent call last):
    scaletui_core.errors.InputError: --over: no field is called 'human-multiple' (did you mean speed.human-multiple?)
    """
    part, dot, field = name.strip().partition(".")
    if dot:
        return part, field_of(part, field, where)
    wanted = part.replace("_", "-")
    known = {item.option[2:]: item for item in fields_of(calculator(PARTS[0]).inputs)}
    if wanted in known:
        return PARTS[0], known[wanted]
    others = [dotted(one, item) for one in PARTS[1:] for item in fields_of(calculator(one).inputs)]
    same = [one for one in others if one.partition(".")[2] == wanted]
    if same:
        what = f"no field is called '{visible(wanted)}'"
        raise InputError(what, where=where, hint=f"did you mean {' or '.join(same)}?")
    raise unknown_name("field", wanted, [*known, *others], where=where)


def _texts(item: Field, values: str, place: str) -> tuple[str, ...]:
    """Return the texts that a span or a list stands for."""
    hint = f"such as {item.example}" if item.example else None
    found = _SPAN.fullmatch(values) if item.unit in KINDS else None
    if found is not None:
        return _spanned(item, values, found, place)
    texts = tuple(one.strip() for one in values.split(","))
    if "" in texts:
        raise InputError("nothing given" if len(texts) == 1 else "nothing between two commas", where=place, hint=hint)
    if len(texts) == 1 and ".." in values and item.unit in KINDS:
        raise InputError("a span needs a count", where=place, hint=f"such as {visible(values)}:9; a range is for --set")
    return texts


def _spanned(item: Field, values: str, found: re.Match[str], place: str) -> tuple[str, ...]:
    """Return the texts of ``LOW..HIGH:COUNT``."""
    at = found.start("count")
    count = found["count"].strip().replace("_", "")
    if not (count.isascii() and count.isdigit()) or int(count[:9]) < 2:
        what = "the count must be a whole number, at least 2"
        raise InputError(what, where=place, hint="such as 1e22..1e26:9", text=values, column=at)
    if len(count) > 9 or int(count) > MOST:
        raise InputError(f"a span has at most {MOST:,} points", where=place, text=values, column=at)
    scale = found["scale"]
    if scale is not None and scale.strip() not in _SCALES:
        what = "after the count stands linear or log"
        raise InputError(what, where=place, text=values, column=found.start("scale"))
    if ".." in found["high"]:
        what = "an end of a span is one number"
        raise InputError(what, where=place, hint="such as 1e22..1e26:9", text=values, column=found.start("high"))
    ends = [item.parse(found[end].strip(), place) for end in ("low", "high")]
    low, high = (float(end) / item.bare for end in ends)
    if not low < high:
        raise InputError("the first end must be below the second", where=place, text=values, column=0)
    linear = scale.strip() == "linear" if scale is not None else item.unit in LINEAR or low == 0.0
    if not linear and low == 0.0:
        raise InputError("begins at 0, which has no logarithm", where=place, hint="drop :log", text=values, column=0)
    steps = spaced(low, high, int(count), linear)
    inner = [float(round(x)) if item.whole else x for x in steps[1:-1]]
    numbers = [ends[0], *(x * item.bare for x in inner), ends[1]]
    if item.whole and len(set(numbers)) < len(numbers):
        most = int(ends[1] - ends[0]) + 1
        what = f"has no {len(numbers):,} whole numbers so spaced"
        raise InputError(what, where=place, hint=f"a smaller count; there are {most:,} in all", text=values, column=at)
    return tuple(item.text_of(one) for one in numbers)


def spaced(low: float, high: float, count: int, linear: bool) -> list[float]:
    """Return numbers from one end to the other, evenly spaced as they are or in the logarithm, the inner to 12 digits.

    >>> spaced(1e22, 1e26, 5, False), spaced(0.0, 1.0, 3, True)
    ([1e+22, 1e+23, 1e+24, 1e+25, 1e+26], [0.0, 0.5, 1.0])
    """
    first, last = (low, high) if linear else (log(low), log(high))
    inner = [first + (last - first) * index / (count - 1) for index in range(1, count - 1)]
    return [low, *(float(f"{x if linear else exp(x):.{_DIGITS}g}") for x in inner), high]


def check_axes(axes: Sequence[Axis], given: Sequence[str], where: str = "--over") -> int:
    """Return how many points a grid has, after checking that its axes go together.

    Parameters
    ----------
    axes : sequence of Axis
        The axes.
    given : sequence of str
        The dotted names of fields that ``--set`` gives.
    where : str
        The option, for errors.

    Raises
    ------
    InputError
        If there is no axis, one is there twice or also set, or there are too many points.

    Examples
    --------
    >>> check_axes([axis_of("flops=1e22..1e26:9"), axis_of("law=epoch-2024,llama-3")], ["speed.k"])
    18
    """
    if not axes:
        raise InputError("nothing to sweep over", where=where, hint="such as --over flops=1e22..1e26:9")
    names = [axis.dotted for axis in axes]
    count = 1
    for index, axis in enumerate(axes):
        if names[index] in names[:index]:
            raise InputError(f"{names[index]} is an axis twice: drop one", where=where)
        if names[index] in given:
            raise InputError(f"{names[index]} is an axis: drop one", where="--set")
        count *= len(axis.texts)
    if count > MOST:
        sizes = " x ".join(f"{len(axis.texts):,}" for axis in axes)
        shown = f"{count:,} points" if len(axes) == 1 else f"{sizes} = {count:,} points"
        raise InputError(f"{shown}, and a grid has at most {MOST:,}", where=where, hint="smaller counts")
    return count
