"""Inputs declared once: the name, unit, bounds and help of every field, from which all surfaces are made.

A calculator's inputs are a frozen dataclass whose fields are made by `field`. The command line's options, the app's
fields, the validation messages and the "copy as command" text derive from that declaration.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple, TypeVar

from scaletui_core.errors import InputError
from scaletui_core.quantity import Fleet, parse, parse_fleet
from scaletui_core.quantity_text import format_exact
from scaletui_core.traced import Traced

Inputs = TypeVar("Inputs")

NAMES, FLEET, CHOICE, FLAG, TEXT = "names", "fleet", "choice", "flag", "text"


class Field(NamedTuple):
    """One input as people meet it.

    Attributes
    ----------
    name : str
        Name of the dataclass field; the option is ``--`` and the name with hyphens.
    unit : str
        Base unit of the value, or ``names`` (a list of ids), ``fleet`` (``512xH100``), ``choice``, ``flag`` or
        ``text`` (words as they are, never none).
    help : str
        One line for people.
    label : str
        Short label for the app.
    example : str
        Something that works.
    default : str
        What the field means when it is left empty, as text; empty where that is nothing.
    bare : float
        Base units that a number without a unit means (86,400 for ``--days 30``).
    low, high : float or None
        Bounds of the value [base unit], inclusive.
    choices : tuple of str
        What a ``choice`` may be.
    whole : bool
        Whether the value is a count; a range of a count runs through all that lies between.
    ranged : bool
        Whether the value may be a range, which becomes an uncertain number.
    """

    name: str
    unit: str
    help: str
    label: str = ""
    example: str = ""
    default: str = ""
    bare: float = 1.0
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    whole: bool = False
    ranged: bool = True

    @property
    def option(self) -> str:
        """The command-line option.

        >>> Field("tokens_per_second", "tokens/s", "").option
        '--tokens-per-second'
        """
        return "--" + self.name.strip("_").replace("_", "-")

    def parse(self, text: str, where: str | None = None, name: str | None = None) -> Any:
        """Return the value that ``text`` means, in base units; a range is an uncertain number of that name.

        Raises
        ------
        InputError
            If it means nothing here; ``where`` names the place.
        """
        place = where or self.option
        try:
            return self._parse(text, name or self.option[2:])
        except InputError as error:
            raise error.at(place) from None

    def _parse(self, text: str, name: str) -> Any:
        if self.unit == FLEET:
            return _fleet(text, name) if ".." in text else parse_fleet(text)
        if self.unit == CHOICE:
            if text not in self.choices:
                raise InputError(f"must be one of {', '.join(self.choices)}", text=text, column=0)
            return text
        if self.unit == FLAG:
            return _said(text)
        if self.unit == TEXT:
            if not text.strip():
                raise InputError("nothing given", hint=f"such as {self.example}")
            return text.strip()
        quantity = parse(text, self.unit, bare=self.bare, allow_zero=self.low == 0.0)
        if quantity.low is not None and quantity.high is not None:
            if not self.ranged:
                raise InputError(
                    "takes one number, not a range", hint=f"such as {self.example}", text=text, column=text.find("..")
                )
            from scaletui_core.distributions import uncertain

            for end in (quantity.low, quantity.high):
                self._check_bounds(end)
            return uncertain(quantity, self.unit, name, least=self.low, most=self.high)
        self._check_bounds(quantity.value)
        return int(quantity.value) if self.whole else quantity.value

    def _check_bounds(self, value: float) -> None:
        if self.low is not None and value < self.low:
            raise InputError(f"must be at least {format_exact(self.low, self.unit)}", hint=f"such as {self.example}")
        if self.high is not None and value > self.high:
            raise InputError(f"must be at most {format_exact(self.high, self.unit)}", hint=f"such as {self.example}")
        if self.whole and value != int(value):
            raise InputError("must be a whole number", hint=f"such as {self.example}")

    def text_of(self, value: Any) -> str:
        """Return the shortest text that parses back to ``value``."""
        if isinstance(value, Fleet):
            return f"{getattr(value.count, 'text', value.count)}x{value.accelerator}"
        if isinstance(value, str):
            return value
        if isinstance(value, Traced):
            return str(getattr(value, "text", float(value)))
        if isinstance(value, bool):
            return "yes" if value else "no"
        if self.bare != 1.0:
            short = format_exact(value / self.bare, "1")
            # A number of days in millions ends in an M, which a duration cannot.
            if not short.endswith("M") and parse(short, self.unit, bare=self.bare).value == value:
                return short
        return format_exact(float(value), self.unit)


def _fleet(text: str, name: str) -> Fleet:
    """Return a fleet whose number of accelerators is a range, such as ``256..512xH100``.

    >>> _fleet("256..512xH100", "hardware").count.text
    '256..512'
    """
    from scaletui_core.distributions import uncertain

    hint = "such as 256..512xH100"
    at = min((at for at in map(text.find, "xX×") if at >= 0), default=0)
    if ".." not in text[:at]:
        raise InputError("a range stands before the x", hint=hint, text=text, column=text.find(".."))
    try:
        numbers = parse(text[:at], "1")
        alone = parse_fleet("1".rjust(at) + text[at:])
    except InputError as error:
        raise InputError(error.what, hint=hint, text=text, column=error.column) from None
    if any(end != int(end) for end in (numbers.low, numbers.high) if end is not None):
        raise InputError("a range of accelerators has whole ends", hint=hint, text=text, column=0)
    return Fleet(uncertain(numbers, "1", name, least=1.0), alone.accelerator)


_SAID = {"yes": True, "y": True, "true": True, "on": True, "no": False, "n": False, "false": False, "off": False}


def _said(text: str) -> bool:
    """Return what a flag's text says.

    >>> _said("Yes"), _said("no")
    (True, False)
    """
    said = _SAID.get(text.strip().lower())
    if said is None:
        raise InputError("must be yes or no", text=text, column=0)
    return said


def field(unit: str, help: str, *, default_value: Any = None, **more: Any) -> Any:
    """Return a dataclass field that carries a `Field`; ``default_value`` is the value when nothing is given."""
    return dataclasses.field(default=default_value, metadata={"unit": unit, "help": help, **more})


def fields_of(inputs: type | object) -> tuple[Field, ...]:
    """Return the declared fields of an inputs dataclass, in order."""
    return _declared(inputs if isinstance(inputs, type) else type(inputs))


@cache
def _declared(kind: type) -> tuple[Field, ...]:
    return tuple(Field(item.name, **item.metadata) for item in dataclasses.fields(kind))


def parse_inputs(
    kind: type[Inputs],
    texts: Mapping[str, str | Sequence[str] | bool | None],
    place: Callable[[Field], str] | None = None,
    part: str | None = None,
) -> Inputs:
    """Return the inputs that texts by field name mean; an absent or None text leaves the field at its default.

    ``part`` is the part of a scenario that they are of: the same field of two parts may be uncertain in each.

    Raises
    ------
    InputError
        For the first text that is wrong, named by ``place(field)`` (the option, by default).
    """
    values: dict[str, Any] = {}
    for item in fields_of(kind):
        text = texts.get(item.name)
        if text is None or text is False or text == ():
            continue
        where = place(item) if place else item.option
        if item.unit == NAMES:
            names = (text,) if isinstance(text, str) else tuple(str(one) for one in text)  # type: ignore[union-attr]
            for name in names:
                if not name.strip():
                    raise InputError("nothing given", where=where, hint=f"such as {item.example}")
            values[item.name] = tuple(part.strip() for name in names for part in name.split(","))
        elif item.unit == FLAG:
            values[item.name] = text is True or item.parse(str(text), where)
        else:
            name = f"{part}.{item.option[2:]}" if part else item.option[2:]
            values[item.name] = item.parse(str(text), where, name)
    return kind(**values)


def at_the_middle(inputs: Inputs) -> Inputs:
    """Return inputs with the median of every range in its place."""
    values = {item.name: getattr(inputs, item.name) for item in fields_of(inputs)}
    middles: dict[str, Any] = {name: float(value) for name, value in values.items() if isinstance(value, Traced)}
    fleets = {name: value for name, value in values.items() if isinstance(value, Fleet)}
    middles |= {name: Fleet(float(x.count), x.accelerator) for name, x in fleets.items() if isinstance(x.count, Traced)}
    return dataclasses.replace(inputs, **middles) if middles else inputs  # type: ignore[type-var]  # a dataclass


def given(inputs: object) -> dict[str, Any]:
    """Return what was set away from the defaults, by option name without the dashes, as JSON can hold it.

    Values are in base units, but for a field whose option names another unit (``--days``): that one is in days. A range
    is a table of its ends, its median, its coverage and its distribution.
    """
    out: dict[str, Any] = {}
    for item, value in changed(inputs):
        if isinstance(value, Fleet):
            value = item.text_of(value)
        elif hasattr(value, "as_dict"):
            value = value.as_dict(item.bare)
        elif isinstance(value, tuple):
            value = list(value)
        elif item.bare != 1.0:
            value = value / item.bare
        out[item.option[2:]] = value
    return out


def changed(inputs: object) -> list[tuple[Field, Any]]:
    """Return the fields that were set away from their defaults, with their values."""
    pairs = zip(fields_of(inputs), dataclasses.fields(inputs), strict=True)  # type: ignore[arg-type]
    values = [(item, getattr(inputs, item.name), declared.default) for item, declared in pairs]
    return [(item, value) for item, value, default in values if value != default]


def as_command(command: str, inputs: object) -> list[str]:
    """Return the words of the command line that gives these inputs.

    A shell needs `shlex.join` around them.
    """
    words = ["scaletui", command]
    for item, value in changed(inputs):
        if item.unit == FLAG:
            words.append(item.option)
        elif item.name == "name":  # an argument, not an option
            words += value
        elif item.unit == NAMES:
            words += [word for name in value for word in (item.option, name)]
        else:
            words += [item.option, item.text_of(value)]
    return words
