"""Choose the laws that everything is asked under."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from scaletui.widgets.lines import LineView
from scaletui_core.safetext import visible


class LawScreen(ModalScreen[tuple[str, ...] | None]):
    """A list of laws; space turns one on or off. Returns the ids chosen, or None to leave all as it was."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space,x", "switch", "On/off", priority=True),
        Binding("a", "all", "All"),
        Binding("enter", "take", "Take", priority=True),
        Binding("q,escape", "leave", "Leave"),
    ]

    def __init__(self, laws: dict[str, str], chosen: tuple[str, ...]) -> None:
        super().__init__()
        self._laws = laws
        self._given = chosen
        self._chosen = {name.lower() for name in chosen}

    def compose(self) -> ComposeResult:
        """Yield the list and its keys."""
        with Vertical(classes="dialog"):
            yield Static("Laws (none marked: all but the one for teaching)", classes="dialog-title", markup=False)
            yield LineView(id="laws")
            yield Static("space: on or off   a: all   enter: take   q: leave", classes="dialog-foot", markup=False)

    def on_mount(self) -> None:
        """Fill in the list and take the focus."""
        self._show()
        self.set_focus(self.query_one(LineView))

    def _show(self) -> None:
        lines = [
            ("", f"[{'x' if key in self._chosen else ' '}] {key:<22}{visible(name)}", key)
            for key, name in self._laws.items()
        ]
        self.query_one(LineView).set_lines(lines)

    def action_switch(self) -> None:
        """Turn the law under the cursor on or off."""
        self._chosen ^= {self.query_one(LineView).about}
        self._show()

    def action_all(self) -> None:
        """Go back to all laws, which is what choosing none means."""
        self._chosen = set()
        self._show()

    def action_take(self) -> None:
        """Return the choice: what was chosen before in its order, then the others in that of the list.

        The first is the one that the panes follow.
        """
        before = tuple(name for name in self._given if name.lower() in self._chosen)
        known = {name.lower() for name in before}
        taken = (*before, *(key for key in self._laws if key in self._chosen and key not in known))
        self.dismiss(None if taken == self._given else taken)

    def action_leave(self) -> None:
        """Return nothing."""
        self.dismiss(None)
