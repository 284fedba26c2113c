"""A text over the app, to read and to close: the help, and every number explained."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget

from scaletui.screens.dialog import Dialog
from scaletui.widgets.lines import LineView


class TextScreen(Dialog[None]):
    """Shows a text that scrolls, laid out for the width there is."""

    FOOT = "arrows, page up, page down: read   q: close"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,question_mark,f1", "close", "Close", show=False)]

    def __init__(self, title: str, text: Callable[[int], str]) -> None:
        super().__init__(title)
        self._text = text

    def inside(self) -> Iterable[Widget]:
        """Return lines without a cursor."""
        return [LineView(selectable=False, id="text")]

    def show(self) -> None:
        """Lay the text out."""
        self.lines.set_lines([("", line, "") for line in self._text(self.columns).splitlines()])
