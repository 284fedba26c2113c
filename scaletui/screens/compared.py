"""Two scenarios side by side, what differs in bold."""

from __future__ import annotations

from scaletui.screens.dialog import Dialog
from scaletui_core.answer import Answer


class CompareScreen(Dialog[None]):
    """Shows a comparison.

    Parameters
    ----------
    answer : Answer
        Of `scaletui_core.compare`.
    name : str
        Of the second scenario.
    """

    FOOT = "bold: differs   the plots show both now, until `: compare no more`   q: close"

    def __init__(self, answer: Answer, name: str) -> None:
        super().__init__(f"What stands in the fields (now), and {name}")
        self._answer = answer

    def show(self) -> None:
        """Lay the comparison out."""
        from scaletui.render.compared import compared_lines

        self.lines.set_lines(compared_lines(self._answer, self.columns))
