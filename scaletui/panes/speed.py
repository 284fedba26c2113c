"""Pane *Speed*: how fast the model thinks beside a person."""

from __future__ import annotations

from scaletui.panes.calculator import CalculatorPane


class SpeedPane(CalculatorPane):
    """How fast the model thinks beside a person."""

    TITLE = "Speed"
    ORDER = 4
    PART = "speed"
    FIRST = (
        "params", "model", "hardware", "k", "human_multiple", "batch", "context", "prompt", "layers", "price",
    )  # fmt: skip
    TABLE_FIRST = True
    FIRST_ROWS = (
        "speed", "speed_factor", "latency_speed", "latency_speed_factor", "latency_ceiling", "latency_speed_ceiling",
        "throughput_factor", "gpus_factor", "copies_factor",
    )  # fmt: skip
    HELP = """\
How fast does the model write, beside a person who thinks 380 words a minute? Each line is one way to tell, assuming
chips at their peak: roofline is a bound from above; steinhardt-2022 spreads the model over as many chips as help,
without latency; erdil-2025 counts the time between chips; kipply is a rule for small batches. N and Machine come from
the budget; all but roofline need Layers, or a Model. k: k-tiling, first as claimed, then what latency leaves. x human:
a speed as given. With - in N the measured speeds stand alone."""


PANE = SpeedPane
