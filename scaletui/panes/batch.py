"""Pane *Batch*: the batch that training wants, and what others cost."""

from __future__ import annotations

from scaletui.panes.calculator import CalculatorPane


class BatchPane(CalculatorPane):
    """The batch that training wants, and what others cost."""

    TITLE = "Batch"
    ORDER = 7
    PART = "batch"
    FIRST = ("flops", "loss", "batch", "noise_scale")
    HELP = """\
How many tokens should one step of training take in? Large batches need fewer steps, so less time; small ones fewer
tokens, so less compute. Each line is a batch and what it costs of both, over the fewest; at the critical batch both
are twice that. It assumes a step size tuned to each batch. The critical batch comes from a loss (the budget's, by
kaplan-2020), B_noise, gradients at two batches, or S_min and E_min. A law's batch and learning rate for C do not
combine with these."""


PANE = BatchPane
