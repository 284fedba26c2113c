"""A text over the app, to read and to close: the help, and every number explained."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from scaletui.widgets.lines import LineView


class TextScreen(ModalScreen[None]):
    """Shows a text that scrolls."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("q,escape,enter,question_mark", "close", "Close")]

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self._title = title
        self._text = text

    def compose(self) -> ComposeResult:
        """Yield the title, the text, and how to leave."""
        with Vertical(classes="dialog"):
            yield Static(self._title, classes="dialog-title", markup=False)
            yield LineView(selectable=False, id="text")
            yield Static("arrows, page up, page down: read   q: close", classes="dialog-foot", markup=False)

    def on_mount(self) -> None:
        """Fill in the text and take the focus."""
        view = self.query_one(LineView)
        view.set_lines([("", line, "") for line in self._text.splitlines()])
        view.focus()

    def action_close(self) -> None:
        """Close the screen."""
        self.dismiss(None)
