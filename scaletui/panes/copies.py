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
What else could the compute do that trained the model? Learning from D tokens costs as much as writing 3 D: how long
would one person think for that, and how many copies do it in the time given? It assumes that a copy's token is worth
a person's and costs 2 N FLOP, as in training; the person thinks 380 words a minute around the clock. x human and k
come from Speed: from its roofline, and k speeds that up here. Machine with Tok/s one: the copies of a fleet. Chain:
the forecast of GPT-2030, step by step; with your C the steps that stay as they were say 'GPT-2030's'."""

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
