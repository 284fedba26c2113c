"""A field to type a quantity into: one line, no border, marked when it is wrong."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Input, Static

from scaletui_core.fields import Field


class FieldInput(Input):
    """The input of one declared field."""

    DEFAULT_CSS = """
    FieldInput { height: 1; border: none; padding: 0; width: 1fr; background: $surface; }
    FieldInput:focus { border: none; background: $surface; text-style: underline; }
    FieldInput.-wrong { text-style: reverse; }
    """

    def __init__(self, field: Field, text: str) -> None:
        super().__init__(text, placeholder=field.default, id=f"field-{field.name}", select_on_focus=False)
        self.field = field
        # A blinking cursor is a kilobyte a second over a slow link, for ever.
        self.cursor_blink = False


class LabelledField(Horizontal):
    """A label and its input, side by side."""

    DEFAULT_CSS = """
    LabelledField { height: 1; width: 1fr; padding: 0 1 0 0; }
    LabelledField > Static { width: 10; }
    """

    def __init__(self, field: Field, text: str) -> None:
        super().__init__()
        self._field = field
        self._text = text

    def compose(self) -> ComposeResult:
        """Yield the label and the input."""
        yield Static(self._field.label, markup=False)
        yield FieldInput(self._field, self._text)
