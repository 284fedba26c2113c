"""Pane *Copies*: how many copies the trainer's compute could run, and the work that they do."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from scaletui.bindings import bound
from scaletui.panes.calculator import CalculatorPane
from scaletui_core.scenario import NOTHING

_CHAIN = "gpt-2030"
_AGAINST = ("tokens", "params", "hardware", "tokens_per_second_per_accelerator", "law", "law_uncertainty", "mixture")


class CopiesPane(CalculatorPane):
    """The work that the compute of a training run could do."""

    TITLE = "Copies"
    ORDER = 5
    PART = "copies"
    FIRST = ("tokens", "speed", "k", "years", "compute_multiple", "chain", "flops", "params")
    HELP = """\
What the compute that trained the model does when it runs copies of it instead: forward passes, years of a person's
work, copies for a time. D comes from the budget, and the speed of a copy and k from the pane Speed. A Machine with
its tokens/s (Tok/s one) gives the copies of a fleet. x compute buys more at deployment. The person beside it is a
setting: Human, Words/min, Hours/day.

The forecast of GPT-2030 (Steinhardt 2023) can be followed step by step: as published, each step a measurement,
arithmetic or a judgement; then with the C of the budget in it."""

    PLACES = ("pane", "copies")
    BINDINGS: ClassVar[list[BindingType]] = [bound("copies.chain", "chain")]

    def action_chain(self) -> None:
        """Follow the forecast as published, then with the compute of the budget, then the budget's own run again."""
        if self.sheet.texts.get("chain", "") != _CHAIN:
            self.switch({"chain": _CHAIN, "flops": NOTHING}, _AGAINST)
        elif self.sheet.texts.get("flops") == NOTHING:
            self.put({"flops": ""})
        else:
            self.switch_back({"chain": ""})


PANE = CopiesPane
