"""A scenario: what was typed for each part of the chain, kept as text, so that ranges and units survive."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from scaletui_core.calculator import PARTS
from scaletui_core.errors import InputError, unknown_name
from scaletui_core.fields import FLAG, NAMES, Field, fields_of, parse_inputs
from scaletui_core.flow import ORIGINS, calculator
from scaletui_core.presets import Catalog
from scaletui_core.safetext import visible

NAME_LIMIT = 40
"""The longest name of a scenario [characters]."""
NOTHING = "-"
"""What stands in a field that is to inherit nothing."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")

Typed = str | bool | tuple[str, ...]
"""What stands in one field: a text, a flag, or the names of a list."""
Texts = dict[str, dict[str, Typed]]
"""Texts by part and field name."""


class Scenario(NamedTuple):
    """A named set of texts.

    Attributes
    ----------
    name : str
        Id, as `check_name` has it; empty for one that was not saved.
    title : str
        What it is, for people.
    source : str or None
        ``source-id: locator`` of a published one.
    texts : dict
        Texts by part and field name; a part or a field that is absent is left open.
    sources : dict
        Where single texts stand, by ``part.field``, where that is not the source of the whole.
    """

    name: str
    title: str
    source: str | None
    texts: Texts
    sources: dict[str, str] = {}  # noqa: RUF012  (never mutated; a NamedTuple has no default factory)


def check_name(name: str, where: str = "NAME") -> str:
    """Return a name after checking that a file can be called so.

    Raises
    ------
    InputError
        If it holds anything but letters, digits, ``-`` and ``_``, starts with a mark, or is too long.

    Examples
    --------
    >>> check_name("my-run_2")
    'my-run_2'
    """
    if not _NAME.fullmatch(name) or not name.isascii() or len(name) > NAME_LIMIT:
        what = (
            f"'{visible(name)}' cannot be a name: use letters, digits, '-' and '_', a letter or digit first, "
            f"at most {NAME_LIMIT}"
        )
        raise InputError(what, where=where, hint="such as my-run")
    return name


def dotted(part: str, field: Field) -> str:
    """Return the name of a field of a part, as ``--set`` and the errors have it.

    >>> dotted("speed", Field("human_multiple", "1", ""))
    'speed.human-multiple'
    """
    return f"{part}.{field.option[2:]}"


def field_of(part: str, name: str, where: str = "--set") -> Field:
    """Return a field of a part by its name, written with hyphens or underscores.

    Raises
    ------
    InputError
        If there is no such part or field, with the nearest that there is.

    Examples
    --------
    >>> field_of("copies", "hours-a-day").name
    'hours_a_day'
    """
    if part not in PARTS:
        raise unknown_name("part", part, PARTS, where=where)
    known = {item.option[2:]: item for item in fields_of(calculator(part).inputs)}
    found = known.get(name.replace("_", "-"))
    if found is None:
        raise unknown_name(f"field of {part}", name.replace("_", "-"), list(known), where=where)
    return found


def assigned(texts: Texts, assignments: Sequence[str], where: str = "--set") -> Texts:
    """Return texts after ``PART.FIELD=TEXT`` assignments; an empty TEXT leaves the field open again.

    Raises
    ------
    InputError
        If one is not of that shape, names no field, sets a field twice, or a flag is neither true nor false.

    Examples
    --------
    >>> assigned({"speed": {"k": "2"}}, ["speed.k=5", "copies.hours_a_day=8"])
    {'speed': {'k': '5'}, 'copies': {'hours_a_day': '8'}}
    """
    out = {part: dict(fields) for part, fields in texts.items()}
    done: set[str] = set()
    for assignment in assignments:
        left, equals, text = assignment.partition("=")
        part, dot, name = left.strip().partition(".")
        if not (equals and dot and part and name):
            raise InputError(f"'{visible(assignment)}' is not PART.FIELD=TEXT", where=where, hint="such as speed.k=5")
        item = field_of(part, name, where)
        place = dotted(part, item)
        if place in done:
            raise InputError(f"sets {place} twice: drop one", where=where)
        done.add(place)
        value = _typed(item, text.strip(), place)
        if value is None:
            out.get(part, {}).pop(item.name, None)
        else:
            out.setdefault(part, {})[item.name] = value
    return {part: fields for part, fields in out.items() if fields}


def _typed(item: Field, text: str, place: str) -> Typed | None:
    if not text:
        return None
    if item.unit == FLAG:
        return item.parse(text, place) or None
    return (text,) if item.unit == NAMES else text


def shut_in(part: str, texts: Mapping[str, Typed]) -> frozenset[str]:
    """Return the fields of a part that are to inherit nothing, and stay at their own defaults.

    >>> shut_in("speed", {"params": "-", "k": "5"})
    frozenset({'params'})
    """
    return frozenset(name for name in ORIGINS[part] if _is_nothing(texts.get(name, "")))


def part_inputs(part: str, texts: Mapping[str, Typed], place: Callable[[Field], str]) -> Any:
    """Return the inputs that the texts of one part mean, those left out that are to inherit nothing.

    Raises
    ------
    InputError
        For the first text that means nothing in its field, named by ``place(field)``; so is ``-`` where nothing is
        ever inherited.

    Examples
    --------
    >>> found = part_inputs("speed", {"params": "-", "k": "5"}, lambda field: field.label)
    >>> found.params, found.k
    (None, 5.0)
    """
    kind = calculator(part).inputs
    shut = shut_in(part, texts)
    for item in fields_of(kind):
        if item.name not in shut and _is_nothing(texts.get(item.name, "")):
            what = f"inherits nothing in any case, and takes no '{NOTHING}'"
            raise InputError(what, where=place(item), hint="leave it open")
    given = {name: text for name, text in texts.items() if name not in shut}
    return parse_inputs(kind, given, place, None if part == PARTS[0] else part)


def _is_nothing(text: Typed) -> bool:
    return text == (NOTHING,) or (isinstance(text, str) and text.strip() == NOTHING)


def inputs_of(scenario: Scenario, place: Callable[[str, Field], str] = dotted) -> dict[str, Any]:
    """Return the inputs of each part of a scenario, in base units, as `scaletui_core.flow.flow` takes them.

    An uncertain one is called as its option is, and beyond the budget ``part.name``.

    Parameters
    ----------
    scenario : Scenario
        What was typed.
    place : callable
        How an error names a field of a part.

    Raises
    ------
    InputError
        For the first text that means nothing in its field.

    Examples
    --------
    >>> inputs_of(Scenario("", "", None, {"speed": {"k": "5"}}))["speed"].k
    5.0
    """
    return {
        part: part_inputs(part, scenario.texts[part], lambda item, part=part: place(part, item))  # type: ignore[misc]
        for part in PARTS
        if part in scenario.texts
    }


def shut_of(texts: Texts) -> dict[str, frozenset[str]]:
    """Return the fields by part that are to inherit nothing, as `scaletui_core.flow.flow` takes them.

    >>> shut_of({"calc": {"flops": "1e24"}, "copies": {"k": "-"}})
    {'copies': frozenset({'k'})}
    """
    found = {part: shut_in(part, fields) for part, fields in texts.items()}
    return {part: names for part, names in found.items() if names}


def as_words(scenario: Scenario) -> list[str]:
    """Return the words of the command line that runs a scenario.

    >>> " ".join(as_words(Scenario("", "", None, {"calc": {"flops": "1e24"}, "speed": {"k": "5"}})))
    'scaletui calc --all --flops 1e24 --set speed.k=5'
    """
    calc, *others = PARTS
    own = option_words(calc, scenario.texts.get(calc, {}))
    return ["scaletui", calc, "--all", *own, *set_words({part: scenario.texts.get(part, {}) for part in others})]


def option_words(part: str, texts: Mapping[str, Typed]) -> list[str]:
    """Return the options of a part's own command that give these texts, in the order of the declared fields.

    >>> option_words("calc", {"law": ("epoch-2024", "llama-3"), "flops": "1e24", "mixture": True})
    ['--flops', '1e24', '--law', 'epoch-2024,llama-3', '--mixture']
    """
    return [
        word
        for _, item, text in _each({part: dict(texts)})
        for word in ([item.option] if text is True else [item.option, _as_text(text)])
    ]


def set_words(texts: Texts) -> list[str]:
    """Return the words of ``--set`` that give these texts, in order.

    >>> set_words({"speed": {"k": "5"}, "copies": {"law_uncertainty": True}})
    ['--set', 'speed.k=5', '--set', 'copies.law-uncertainty=yes']
    """
    return [word for part, item, text in _each(texts) for word in ("--set", f"{dotted(part, item)}={_as_text(text)}")]


def _as_text(text: Typed, comma: str = ",") -> str:
    return comma.join(text) if isinstance(text, tuple) else "yes" if text is True else str(text)


def typed(texts: Texts) -> dict[str, str]:
    """Return every text by its dotted name, in the order of the declared fields.

    >>> typed({"copies": {"speed": "1"}, "calc": {"law": ("epoch-2024", "llama-3")}})
    {'calc.law': 'epoch-2024, llama-3', 'copies.speed': '1'}
    """
    return {dotted(part, item): _as_text(text, ", ") for part, item, text in _each(texts)}


def _each(texts: Texts) -> list[tuple[str, Field, Typed]]:
    return [
        (part, item, texts[part][item.name])
        for part in PARTS
        if part in texts
        for item in fields_of(calculator(part).inputs)
        if texts[part].get(item.name, False) is not False
    ]


def from_record(name: str, record: Mapping[str, Any]) -> Scenario:
    """Return the scenario of a record of ``presets/scenarios.toml``."""
    texts: Texts = {part: {key: _kept(text) for key, text in record[part].items()} for part in PARTS if part in record}
    return Scenario(name, record["name"], record["source"], texts, dict(record.get("sources", {})))


def _kept(text: Any) -> Typed:
    return tuple(text) if isinstance(text, list) else text


def published(catalog: Catalog) -> dict[str, Scenario]:
    """Return the scenarios among the presets, by name.

    >>> list(published(Catalog("presets")))
    ['gopher', 'chinchilla', 'gpt-3', 'gpt-2030', 'llama-3-405b']
    """
    return {name: from_record(name, record) for name, record in catalog.load("scenarios").records.items()}
