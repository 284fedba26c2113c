"""The texts of a scenario and those of the app, where each field is a line; and texts with every range at its middle.

In the app a flag is ``yes``, ``no`` or empty and a list of names has commas; a scenario holds a flag and the names.
"""

from __future__ import annotations

from collections.abc import Mapping

from scaletui_core.calculator import PARTS
from scaletui_core.errors import InputError
from scaletui_core.fields import FLAG, FLEET, NAMES, Field, fields_of
from scaletui_core.flow import calculator
from scaletui_core.quantity import KINDS, Fleet
from scaletui_core.scenario import Texts, Typed
from scaletui_core.traced import Traced

AnyTexts = Mapping[str, Mapping[str, Typed]]
"""Texts by part and field name, of a scenario or of the app."""


def texts_of_app(texts: AnyTexts) -> Texts:
    """Return the texts of a scenario that those of the app mean: what is empty, or a flag that says no, is left out.

    What means nothing stays as it is, and is an error where the scenario is asked. Texts of a scenario stay themselves,
    but for lists of names, which are split at their commas.

    >>> texts_of_app({"calc": {"flops": " 1e24 ", "law": "epoch-2024, llama-3", "mixture": "yes", "params": ""}})
    {'calc': {'flops': '1e24', 'law': ('epoch-2024', 'llama-3'), 'mixture': True}}
    """
    out: Texts = {}
    for part in PARTS:
        for item in fields_of(calculator(part).inputs) if texts.get(part) else ():
            kept = _kept(item, texts[part].get(item.name, ""))
            if kept is not None:
                out.setdefault(part, {})[item.name] = kept
    return out


def _kept(item: Field, text: Typed) -> Typed | None:
    if item.unit == NAMES:
        words = ",".join(text) if isinstance(text, tuple) else str(text)
        return tuple(word.strip() for word in words.split(",")) if words.strip() else None
    said = text.strip() if isinstance(text, str) else text
    if item.unit == FLAG and isinstance(said, str) and said:
        try:
            said = bool(item.parse(said))
        except InputError:
            return said
    return said or None


def texts_for_app(texts: Texts) -> dict[str, dict[str, str]]:
    """Return what stands in the fields of the app for the texts of a scenario.

    >>> texts_for_app({"calc": {"flops": "1e24", "law": ("epoch-2024", "llama-3"), "mixture": True}})
    {'calc': {'flops': '1e24', 'law': 'epoch-2024,llama-3', 'mixture': 'yes'}}
    """
    return {part: {name: _line(text) for name, text in fields.items()} for part, fields in texts.items()}


def _line(text: Typed) -> str:
    if isinstance(text, tuple):
        return ",".join(text)
    return text if isinstance(text, str) else "yes" if text else "no"


def at_middles(texts: AnyTexts) -> Texts:
    """Return texts in which the median stands in place of every range, written so that it parses back to it exactly.

    Where only whole numbers go it is the nearest of them. What means nothing stays as it is.

    >>> at_middles({"calc": {"flops": "1e23..1e25", "hardware": "256..512xH100"}, "speed": {"k": "1..3..9@50%"}})
    {'calc': {'flops': '1e24', 'hardware': '362xh100'}, 'speed': {'k': '3'}}
    """
    out: Texts = {}
    for part, fields in texts.items():
        known = {item.name: item for item in fields_of(calculator(part).inputs)}
        out[part] = {name: _at_middle(known[name], text) for name, text in fields.items()}
    return out


def _at_middle(item: Field, text: Typed) -> Typed:
    if not isinstance(text, str) or ".." not in text or (item.unit not in KINDS and item.unit != FLEET):
        return text
    try:
        value = item.parse(text)
    except InputError:
        return text
    if isinstance(value, Fleet):
        return item.text_of(Fleet(round(float(value.count)), value.accelerator))
    if not isinstance(value, Traced):  # a range whose ends are equal is a number
        return text
    return item.text_of(float(round(value)) if item.whole else float(value))
