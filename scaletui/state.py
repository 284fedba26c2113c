"""What undo, sessions and scenarios keep of the app: the texts in its fields, and whether ranges are on."""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

from scaletui_core.app_texts import AnyTexts, at_middles
from scaletui_core.fields import at_the_middle, fields_of
from scaletui_core.scenario import Texts

DOUBTS = ("law_uncertainty", "mixture", "ranges")
"""Fields that make an answer uncertain without a range being typed."""


class State(NamedTuple):
    """Texts by part and field, none of them empty, and whether ranges are taken as such or at their middles."""

    texts: dict[str, dict[str, str]]
    ranges: bool = True

    def differences(self, other: State) -> list[str]:
        """Return what differs, as ``part.field``, and ``ranges``.

        >>> State({"calc": {"flops": "1e24"}}).differences(State({"speed": {"k": "5"}}, False))
        ['calc.flops', 'speed.k', 'ranges']
        """
        names = {
            f"{part}.{name}": None for texts in (self.texts, other.texts) for part in texts for name in texts[part]
        }
        found = []
        for dotted in names:
            part, _, name = dotted.partition(".")
            if self.texts.get(part, {}).get(name) != other.texts.get(part, {}).get(name):
                found.append(dotted)
        return found + (["ranges"] if self.ranges != other.ranges else [])


def without_ranges(inputs: Any) -> Any:
    """Return inputs of which nothing is uncertain: every range at its middle, the doubts of laws put aside."""
    known = {field.name for field in fields_of(inputs)}
    defaults = {item.name: item.default for item in dataclasses.fields(inputs)}
    doubts = {name: defaults[name] for name in DOUBTS if name in known}
    return dataclasses.replace(at_the_middle(inputs), **doubts)


def texts_without_ranges(texts: AnyTexts) -> Texts:
    """Return the texts that mean the inputs of `without_ranges`.

    >>> texts_without_ranges({"calc": {"flops": "1e23..1e25", "law_uncertainty": "yes"}})
    {'calc': {'flops': '1e24'}}
    """
    kept = {part: {name: text for name, text in one.items() if name not in DOUBTS} for part, one in texts.items()}
    return at_middles(kept)
