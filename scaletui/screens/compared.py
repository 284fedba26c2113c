"""Two scenarios side by side, what differs in bold."""

from __future__ import annotations

from scaletui.screens.dialog import Dialog
from scaletui_core.answer import Answer
from scaletui_core.traced import Traced


class CompareScreen(Dialog[None]):
    """Shows a comparison.

    Parameters
    ----------
    answer : Answer
        Of `scaletui_core.compare`.
    name : str
        Of the second scenario.
    """

    FOOT = "bold: differs   plots show both, until : compare no more   q: close"

    def __init__(self, answer: Answer, name: str) -> None:
        super().__init__(f"What stands in the fields (now), and {name}")
        self._varies = any(isinstance(row.value, Traced) for row in answer.rows)
        self._answer = answer.at_the_middle()

    def show(self) -> None:
        """Lay the comparison out."""
        from scaletui.render.compared import compared_lines

        lines = compared_lines(self._answer, self.columns)
        if self._varies:
            lines.append(("quiet", "Of what is uncertain the middle is compared.", ""))
        self.lines.set_lines(lines)
