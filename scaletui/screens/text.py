"""A text over the app, to read and to close: the help, and every number explained."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from scaletui.widgets.lines import LineView

_WIDEST = 110  # as .dialog in theme.tcss
_FRAME = 6  # border, padding, scrollbar and a space before it


class TextScreen(ModalScreen[None]):
    """Shows a text that scrolls, laid out for the width there is."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q,escape,enter,question_mark,f1", "close", "Close"),
    ]

    def __init__(self, title: str, text: Callable[[int], str]) -> None:
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
        self._show()
        self.set_focus(self.query_one(LineView))

    def on_resize(self) -> None:
        """Lay the text out for the new width."""
        self._show()

    def _show(self) -> None:
        text = self._text(min(self.app.size.width, _WIDEST) - _FRAME)
        self.query_one(LineView).set_lines([("", line, "") for line in text.splitlines()])

    def action_close(self) -> None:
        """Close the screen."""
        self.dismiss(None)
