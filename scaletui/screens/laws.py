"""Choose the laws that everything is asked under."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from scaletui.screens.dialog import Dialog
from scaletui_core.safetext import visible


class LawScreen(Dialog[tuple[str, ...]]):
    """A list of laws; space turns one on or off. Returns the ids chosen, or None to leave all as it was."""

    FOOT = "space: on or off   o: this one only   a: all   enter: take   q: leave"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space,x", "switch", "On/off", priority=True),
        Binding("a", "all", "All"),
        Binding("o", "only", "Only"),
        Binding("enter", "take", "Take", priority=True),
    ]

    def __init__(self, laws: dict[str, str], chosen: tuple[str, ...]) -> None:
        super().__init__("Laws (none marked: all but the one for teaching)")
        self._laws = laws
        self._given = chosen
        self._chosen = {name.lower() for name in chosen}

    def show(self) -> None:
        """Show which laws are on."""
        lines = [
            ("", f"[{'x' if key in self._chosen else ' '}] {key:<22}{visible(name)}", key)
            for key, name in self._laws.items()
        ]
        self.lines.set_lines(lines)

    def action_switch(self) -> None:
        """Turn the law under the cursor on or off."""
        self._chosen ^= {self.lines.about}
        self.show()

    def action_only(self) -> None:
        """Choose the law under the cursor alone."""
        self._chosen = {self.lines.about}
        self.show()

    def action_all(self) -> None:
        """Go back to all laws, which is what choosing none means."""
        self._chosen = set()
        self.show()

    def action_take(self) -> None:
        """Return the choice: what was chosen before in its order, then the others in that of the list.

        The first is the one that the panes follow.
        """
        before = tuple(name for name in self._given if name.lower() in self._chosen)
        known = {name.lower() for name in before}
        taken = (*before, *(key for key in self._laws if key in self._chosen and key not in known))
        self.dismiss(None if taken == self._given else taken)
