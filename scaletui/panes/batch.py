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
The batch that training wants: the critical batch at a loss, by default the loss that kaplan-2020 expects of the
budget, since B_crit(L) was measured with it; what batches around it cost in steps (time) and tokens (compute), in
multiples of the fewest; and the batch and learning rate that published laws print for C. Or from a noise scale that
was measured (B_noise), from squared gradient norms at two batches (B small, g small, B big, g big), or from the
fewest steps and tokens (S_min, E_min). Batch judges one batch instead of the list."""


PANE = BatchPane
