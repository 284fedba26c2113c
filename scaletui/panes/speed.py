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
How fast the model of the budget thinks beside a person, by published models of decoding side by side: the roofline of
memory and compute, Steinhardt's tiling, Erdil's latency-bound optimum, kipply's closed form; with the measured speeds
of a known model. N comes from the budget, under the first law that is named (v) or epoch-2024, and a machine that
holds it; N or a Model of your own takes their place. All but the roofline need layers: give Layers, or a Model such
as llama-3-70b. With k, k-tiling: as the source has it, and with what the latency of a matrix multiply leaves of it.
x human gives the speed instead of a model. With - for N, the measured table stands alone."""


PANE = SpeedPane
