"""The palette: every action, pane, field, scenario, law and theme by name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, NamedTuple

from textual.binding import Binding, BindingType
from textual.widget import Widget

from scaletui.bindings import bound
from scaletui.screens.ask import LineInput
from scaletui.screens.dialog import Dialog
from scaletui.widgets.lines import LineView
from scaletui_core.safetext import visible


class Entry(NamedTuple):
    """One thing to do.

    Attributes
    ----------
    words : str
        What it is called.
    key : str
        The key that does it without the palette, if there is one.
    action : str
        The action, as textual writes it.
    node : object
        The widget that the action is of; None for the app.
    """

    words: str
    key: str
    action: str
    node: Any = None


class Palette(Dialog[Entry]):
    """A list of entries that narrows as one types; returns the one that is taken."""

    FOOT = "type to narrow   up, down: choose   enter: do it   ctrl+g: leave"
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("prompt.leave", "close"),
        Binding("up", "move(-1)", show=False),
        Binding("down", "move(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
    ]

    def __init__(self, entries: Sequence[Entry]) -> None:
        super().__init__("Palette: every action by name")
        self._entries = entries
        self._found = list(entries)

    def inside(self) -> Iterable[Widget]:
        """Return the line to type into, and the list."""
        return [LineInput(placeholder="such as plot, laws, gopher, theme"), LineView(id="lines", always=True)]

    @property
    def start(self) -> Widget:
        """The line to type into."""
        return self.query_one(LineInput)

    def show(self) -> None:
        """Show the entries that hold every word that was typed, those that begin with them first."""
        words = self.query_one(LineInput).value.lower().split()
        found = [entry for entry in self._entries if all(word in entry.words.lower() for word in words)]
        self._found = sorted(found, key=lambda entry: not entry.words.lower().startswith(" ".join(words)))
        self.lines.set_lines(
            [("", f"{entry.key:>8}  {visible(entry.words, 200)}", str(n)) for n, entry in enumerate(self._found)]
        )

    def on_input_changed(self) -> None:
        """Narrow the list."""
        self.show()
        self.lines.action_end(-1)

    def action_take(self) -> None:
        """Return the entry under the cursor."""
        self.show()  # of all that was typed
        about = self.lines.about
        if about:
            self.dismiss(self._found[int(about)])

    def action_move(self, step: int) -> None:
        """Move in the list; the focus stays where one types."""
        self.lines.action_move(step)

    def action_page(self, step: int) -> None:
        """Move in the list by ten."""
        for _ in range(10):
            self.lines.action_move(step)
