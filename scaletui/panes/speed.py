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
chips at their peak. roofline: the most on these chips, and what Copies takes. Others may use more chips, and need
Layers or a Model: steinhardt-2022 as many as help, without latency (k is for this one); erdil-2025 their best
number, with the time between them, and erdil-2025-fleet yours; kipply: for small batches. k: k-tiling as claimed,
then what latency leaves. With - in N measured speeds stand alone."""


PANE = SpeedPane
