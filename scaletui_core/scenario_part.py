"""One part of a scenario, as its own command and its pane answer it; and how its options and origins are named."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from scaletui_core.answer import Answer, Row
from scaletui_core.errors import InputError
from scaletui_core.fields import Field, changed, fields_of
from scaletui_core.flow import NEEDS, Part, calculator, flow
from scaletui_core.presets import Catalog
from scaletui_core.quantity import Fleet
from scaletui_core.scenario import Scenario, dotted, inputs_of, shut_of
from scaletui_core.traced import Traced

_OPTION = re.compile(r"--[a-z][a-z0-9-]*")

Place = Callable[[str, Field], str]
"""From a part and its field to what the field is called where it was given."""


def part_of(name: str, scenario: Scenario, catalog: Catalog, place: Place = dotted) -> Part:
    """Return one part of a scenario, with what it inherits and its answer; only the parts that it needs are asked.

    Parameters
    ----------
    name : str
        One of `scaletui_core.calculator.PARTS`.
    scenario : Scenario
        What was typed.
    catalog : Catalog
        Presets to look things up in.
    place : callable
        How an error names a field of a part.

    Raises
    ------
    InputError
        If a text means nothing, a part that was given something cannot answer, or this one cannot.

    Examples
    --------
    >>> found = part_of("copies", Scenario("", "", None, {"calc": {"flops": "1e24"}}), Catalog("presets"))
    >>> sorted(found.inherited), found.answer.calculator
    (['speed', 'tokens'], 'copies')
    """
    texts = {part: scenario.texts[part] for part in (*NEEDS[name], name) if part in scenario.texts}
    asked = inputs_of(scenario._replace(texts=texts), place)
    parts = flow(asked, catalog, (name,), shut_of(texts))
    raise_of_given(parts, asked, place, name)
    error = parts[name].error
    if error is not None:
        raise placed(error, name, place, name)
    return parts[name]


def raise_of_given(parts: Mapping[str, Part], asked: Mapping[str, Any], place: Place, own: str) -> None:
    """Raise the error of the first part that was given something and has no answer.

    ``own`` is the part whose options the command takes by their own names.
    """
    for name, part in parts.items():
        if part.error is not None and name in asked and changed(asked[name]):
            raise placed(part.error, name, place, own)


def placed(error: InputError, part: str, place: Place, own: str) -> InputError:
    """Return the error of a part with its options named as they are given here."""
    where = error.where or (None if part == own else part)
    return InputError(
        renamed(error.what, part, place),
        where=where and renamed(where, part, place),
        hint=error.hint and renamed(_assigning(error.hint, part, place), part, place),
        text=error.text,
        column=error.column,
    )


def _assigning(hint: str, part: str, place: Place) -> str:
    """Return an example of options with those that are fields here written as assignments.

    >>> _assigning("such as --hardware 512xH100", "calc", dotted)
    'such as calc.hardware=512xH100'
    """
    if not hint.startswith("such as --"):
        return hint

    def assigned(found: re.Match[str]) -> str:
        known = _options(part).get(found[1])
        name = found[1] if known is None else place(part, known)
        return found[0] if name.startswith("--") else f"{name}={found[2]}"

    return re.sub(r"(--[a-z-]+) (\S+)", assigned, hint)


def renamed(text: str, part: str, place: Place) -> str:
    """Return a text that names options of a part with each called as it is given here.

    >>> renamed("needs --k (or add --explain)", "speed", dotted)
    'needs speed.k (or add --explain)'
    """
    known = _options(part)
    return _OPTION.sub(lambda found: place(part, known[found[0]]) if found[0] in known else found[0], text)


@lru_cache
def _options(part: str) -> dict[str, Field]:
    return {item.option: item for item in fields_of(calculator(part).inputs)}


def sourced(row: Row, part: str, inherited: Mapping[str, Any], place: Place) -> Row:
    """Return a row of a part whose sources say of each option whether it was given or inherited, by its name here."""
    known = _options(part)

    def said(source: str | None) -> str | None:
        if source is None or not source.startswith("given: "):
            return source
        names = [known[option].name for option in _OPTION.findall(source) if option in known]
        taken = bool(names) and all(name in inherited for name in names)
        return renamed(source.replace("given", "inherited", 1) if taken else source, part, place)

    working = row.working
    if working is not None:
        working = working._replace(numbers=tuple(n._replace(source=said(n.source)) for n in working.numbers))
    return row._replace(source=said(row.source), working=working)


def with_origins(answer: Answer, part: str, inherited: Mapping[str, Any], **more: Any) -> Answer:
    """Return a part's answer that says what of its inputs was inherited: in its sources, and in its ``provenance``.

    What else the provenance is to say stands in ``more``. Before samples or after, the answer comes out the same.

    >>> found = part_of("emergence", Scenario("", "", None, {"calc": {"flops": "1e24"}}), Catalog("presets"))
    >>> with_origins(found.answer, "emergence", found.inherited).provenance["inherited"]
    {'flops': 1e+24}
    """
    if inherited:
        more["inherited"] = inherited_values(part, inherited)
    if not more:
        return answer
    rows = tuple(sourced(row, part, inherited, lambda _, item: item.option) for row in answer.rows)
    version = {"version": answer.provenance["version"]}
    return answer._replace(rows=rows, provenance=version | more | answer.provenance)


def inherited_values(part: str, inherited: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a part took from those before it, by option name without the dashes, as JSON can hold it."""
    out: dict[str, Any] = {}
    for option, item in _options(part).items():
        if item.name in inherited:
            value = inherited[item.name]
            shown = item.text_of(value) if isinstance(value, Fleet) else value
            out[option[2:]] = {"value": float(value), "varies": True} if isinstance(value, Traced) else shown
    return out
