"""What every dialog is: a frame with a title and a line of keys, closed by a key that is not Escape alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Generic, TypeVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Static

from scaletui.bindings import bound
from scaletui.widgets.lines import LineView

Result = TypeVar("Result")
_WIDEST = 110  # as .dialog in theme.tcss
_FRAME = 6  # border, padding, scrollbar and a space before it


class Dialog(ModalScreen[Result | None], Generic[Result]):
    """A frame over the panes. What it returns is None when it is closed.

    Attributes
    ----------
    FOOT : str
        The keys that work in it.
    """

    FOOT: ClassVar[str] = "q: close"
    BINDINGS: ClassVar[list[BindingType]] = [bound("dialog.close", "close")]

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title

    def compose(self) -> ComposeResult:
        """Yield the title, the inside, and the keys."""
        with Vertical(classes="dialog"):
            yield Static(self._title, classes="dialog-title", markup=False)
            yield from self.inside()
            yield Static(self.FOOT, classes="dialog-foot", markup=False)

    def inside(self) -> Iterable[Widget]:
        """Return the widgets between title and keys."""
        return [LineView(id="lines")]

    @property
    def start(self) -> Widget:
        """What has the focus to begin with."""
        return self.lines

    @property
    def lines(self) -> LineView:
        """The lines that it shows."""
        return self.query_one(LineView)

    @property
    def columns(self) -> int:
        """Columns that there are for a line."""
        return min(self.app.size.width, _WIDEST) - _FRAME

    def say(self, title: str = "", foot: str = "") -> None:
        """Show other words as the title, or in place of the keys."""
        if title:
            self.query_one(".dialog-title", Static).update(title, layout=False)
        if foot:
            self.query_one(".dialog-foot", Static).update(foot, layout=False)

    def on_mount(self) -> None:
        """Fill in the lines and take the focus."""
        self.show()
        self.set_focus(self.start)

    def on_resize(self) -> None:
        """Lay the lines out for the new width."""
        self.show()

    def show(self) -> None:
        """Show the lines as they stand."""

    def action_close(self) -> None:
        """Close without a result."""
        self.dismiss(None)
