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
Which abilities have been seen by the C of the budget, which come next and how many times more they take, after Wei et
al. (2022), Table 1. N in place of C compares sizes; - for C shows the table alone. A part of a name in Ability, Model
or Reference searches; a Law gives each N the compute that makes it optimal. A scale at which something was first seen
is no fixed property of it: the notes say what moved it. Benchmark scores are MMLU, and hindsight neglect, whose trend
turned."""

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
