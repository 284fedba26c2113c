"""Pane *Emergence*: which abilities have been seen by this scale, and what comes next."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from scaletui.bindings import bound
from scaletui.panes.calculator import CalculatorPane

_ORDERS = ("", "flops", "params")


class EmergencePane(CalculatorPane):
    """The abilities of Wei et al. (2022) by the scale at which they were first seen."""

    TITLE = "Emergence"
    ORDER = 3
    PART = "emergence"
    HELP = """\
Which abilities have models shown at this scale, and which come next? Each line is an ability, with the C and N of the
smallest model of the family it was first seen in; the last column compares your C, or your N. It assumes that scale
alone decides; better text or training moves it, so read the order of abilities from it, and no promise. A Law says
for which C each N is best, as old models read little text for their size. With - in C the table stands alone."""

    PLACES = ("pane", "emergence")
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("emergence.sort", "sort"),
        bound("emergence.scores", "scores"),
    ]

    @property
    def _scores(self) -> bool:
        return bool(self.sheet.inputs.benchmarks)

    def action_sort(self) -> None:
        """Sort by the other axis, or as the source does."""
        if not self._scores:
            now = _ORDERS.index(self.sheet.inputs.sort or "")
            self.put({"sort": _ORDERS[(now + 1) % len(_ORDERS)]})

    def action_scores(self) -> None:
        """Show benchmark scores, or the abilities again; scores take no other field."""
        if self._scores:
            self.switch_back({"benchmarks": ""})
        else:
            self.switch({"benchmarks": "yes"}, [field.name for field in self.sheet.fields])


PANE = EmergencePane
