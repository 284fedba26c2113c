"""Pane *Budget*: any sufficient subset in, the answer under every law as you type."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from scaletui.bindings import bound
from scaletui.panes.calculator import CalculatorPane


class BudgetPane(CalculatorPane):
    """From a budget to the model it should train."""

    PLACES = ("budget",)
    BINDINGS: ClassVar[list[BindingType]] = [bound("budget.solve", "app.solve_next")]
    TITLE = "Budget"
    ORDER = 1
    PART = "calc"
    HELP = """\
Type any sufficient subset: C alone; N and D; N, D or a target loss L alone; a machine with a time; tokens/s with a
time; money on a machine. The table answers under every law: the compute-optimal N and D, D/N, the loss L, how many
orders of magnitude the budget lies beyond the compute the law was fitted on, and the nearest known model. Each law's
own convention of what N counts stands in its explanation (e). A field that makes no sense is marked and named in the
line below the fields; the last good answer stays.

Quantities: 5.76e23, 3200 PF-day, 70B, 1.4T, 512xH100, 30d, 2 weeks, 40%, $10M, $2/h. Laws: chinchilla-3,epoch-2024"""


PANE = BudgetPane
