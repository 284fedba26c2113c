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
Which model should a budget train? Type what you have: compute C; N and D; a loss; a machine with a time or money.
Each line is one scaling law's answer: the size N and the tokens D of least loss at C = 6 N D, for a dense transformer
trained as the runs behind the law were (kaplan-2020 has C spent at tiny batches: 6 N D is 1.8 C). Laws disagree: look
at several, and trust one less the further 'beyond' its runs you are. With both N and D given, 'yours' is your own
loss."""


PANE = BudgetPane
