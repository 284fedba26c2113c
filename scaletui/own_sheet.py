"""What stands in a pane of a calculator that is no part of the scenario: texts that are answered when that is asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scaletui.sheet import Sheet, echo_of, in_app
from scaletui_core.answer import Answer
from scaletui_core.errors import InputError
from scaletui_core.fields import CHOICE, FLAG, Field, parse_inputs
from scaletui_core.safetext import cut

_ROOM = 15  # cells of a field at 80 columns


class OwnSheet(Sheet):
    """Texts of a pane; wrong ones leave the last good answer standing. No text is answered here.

    Parameters
    ----------
    part : str
        The command of the calculator.
    fields : tuple of Field
        The fields of the pane.
    kinds : mapping
        The dataclass that a field is declared in, by name.
    """

    def __init__(self, part: str, fields: tuple[Field, ...], kinds: Mapping[str, type]) -> None:
        self.part = part
        self.fields = fields
        self._kinds = kinds
        self.texts: dict[str, str] = {}
        self.answer: Answer | None = None
        self.error: InputError | None = None
        self.wrong: str | None = None
        self.faults: dict[str, InputError] = {}
        self.solved = {}
        self.noted = {}

    def put(self, texts: Mapping[str, str]) -> None:
        """Take texts into fields, by name. Nothing is looked up."""
        raise NotImplementedError

    def filled(self, texts: Mapping[str, str]) -> tuple[dict[str, str], InputError | None]:
        """Take texts into fields, and return those that say something, with the first that means nothing, if any."""
        self.texts.update(texts)
        filled = {name: text for name, text in self.texts.items() if text.strip()}
        self.faults = {name: error for name, text in filled.items() if (error := self.fault(name, text)) is not None}
        return filled, next(iter(self.faults.values()), None)

    def fault(self, name: str, text: str) -> InputError | None:
        """Return why a text means nothing in its field, or None if it means something."""
        raise NotImplementedError

    def start(self, field: Field) -> str:
        """Return the text that an empty field is nudged from: its default."""
        return field.default or field.example

    def placeholder(self, field: Field) -> str:
        """Return what stands in a field that is empty: its default."""
        return cut(field.default, _ROOM)

    def origin(self, name: str) -> str:
        """Return nothing: nothing is inherited."""
        return ""

    def echo(self, name: str) -> str:
        """Return what a field is understood as, or why it is not."""
        field = next(field for field in self.fields if field.name == name)
        if name in self.faults:
            return self.in_app(self.faults[name].line)
        if self.error is not None and self.wrong in (name, None):
            return self.in_app(self.error.line)
        return self._words(field, self.texts.get(name, ""))

    def _words(self, field: Field, text: str) -> str:
        """Return what a text that makes sense is understood as; of an empty field what it takes."""
        if text.strip():
            value: Any = getattr(parse_inputs(self._kinds[field.name], {field.name: text}, label_of), field.name)
            return f"{field.label} = {echo_of(field, value)}"
        if field.unit == FLAG:
            return f"yes or no. {self.in_app(field.help)}"
        if field.unit == CHOICE:
            return f"{', '.join(field.choices)} (default: {field.default}). {self.in_app(field.help)}"
        default = f" Default: {field.default}." if field.default else ""
        return f"{self.in_app(field.help)} Such as {field.example}.{default}"

    def in_app(self, text: str) -> str:
        """Return a text about the answer as it reads in the app."""
        return in_app(text, self.part)


def label_of(field: Field) -> str:
    """Return what a field is called in messages of the app."""
    return field.label
