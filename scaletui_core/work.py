"""What forward passes amount to: years of a person's work, copies that do it in a time, what k-tiling makes of them."""

from __future__ import annotations

from scaletui_core.formula import examples, formula
from scaletui_core.tiling import tiled_copies, tiled_speed, tiled_throughput

MINUTE, DAY, YEAR = 60.0, 86400.0, 31536000.0


@formula("P = 6 N D / (2 N) = 3 D", unit="1", source="steinhardt-2023: Section 3 (6 N D over 2 N a token)")
def passes_of_tokens(tokens: float) -> float:
    """Forward passes that cost as much as training on D tokens.

    >>> passes_of_tokens(300e9)  # GPT-3
    900000000000.0
    """
    return 3.0 * tokens


@formula("P = C / (2 N)", unit="1", source="steinhardt-2023: Section 3 (2 N a token)")
def passes_of_flops(flops: float, params: float) -> float:
    """Forward passes of N parameters that cost C.

    >>> round(passes_of_flops(6 * 175e9 * 300e9, 175e9))
    900000000000
    """
    return flops / (2.0 * params)


@formula("P = n x tokens/s x t", unit="1", source="scaletui: definition")
def passes_of_fleet(count: float, tokens_per_second: float, seconds: float) -> float:
    """Tokens that n accelerators write in a time [s].

    >>> passes_of_fleet(512, 1000.0, 86400.0)
    44236800000.0
    """
    return count * tokens_per_second * seconds


@formula("n x tokens/s", unit="tokens/s", source="scaletui: definition")
def fleet_rate(count: float, tokens_per_second: float) -> float:
    """Tokens a second of n accelerators.

    >>> fleet_rate(512.0, 2000.0)
    1024000.0
    """
    return count * tokens_per_second


@formula("t = 60 s x m P / (tokens/min) / share", unit="s", source="steinhardt-2023: Section 3")
def work_seconds(multiple: float, passes: float, tokens_per_minute: float, share: float) -> float:
    """Time [s] that one person needs for as many tokens as there are forward passes.

    >>> round(work_seconds(1.0, 9e11, 380 * 4 / 3, 1.0) / YEAR, 1)  # printed: about 3400
    3379.6
    """
    return MINUTE * multiple * passes / tokens_per_minute / share


@formula("years = t / 365 d", unit="1", source="scaletui: a year is 365 days")
def years_of(seconds: float) -> float:
    """Years of 365 days.

    >>> years_of(63072000.0)
    2.0
    """
    return seconds / YEAR


@formula("time for a human year = 365 d x share / speed", unit="s", source="steinhardt-2023: Section 3")
def year_of_work(share: float, speed: float) -> float:
    """Time [s] in which one copy does what a person does in a year.

    >>> year_of_work(1.0, 5.0) / 86400.0, year_of_work(1.0, 125.0) / 86400.0  # 2.4 months, 3 days
    (73.0, 2.92)
    """
    return YEAR * share / speed


@formula("copies = work / (speed x t)", unit="1", source="steinhardt-2023: Section 4")
def copies_of(work: float, speed: float, seconds: float) -> float:
    """How many copies, running without a pause, do so much work [s at human speed] in a time [s].

    >>> round(copies_of(1.8e6 * YEAR, 1.0, 1.2 * YEAR))
    1500000
    """
    return work / speed / seconds


@formula("speed x k^2", unit="1", source=tiled_speed.source)
def speed_tiled(speed: float, k: float) -> float:
    """Speed of a k-tiled copy, in humans.

    >>> speed_tiled(5.0, 5.0)
    125.0
    """
    return speed * tiled_speed(k)


@formula("copies / k^3", unit="1", source=tiled_copies.source)
def copies_tiled(copies: float, k: float) -> float:
    """How many copies the same machines run after k-tiling.

    >>> round(copies_tiled(1.8e6, 5.0))
    14400
    """
    return copies * tiled_copies(k)


@formula("work / k", unit="s", source=tiled_throughput.source)
def work_tiled(work: float, k: float) -> float:
    """Work [s] that the same machines do in the same time after k-tiling.

    >>> round(work_tiled(1.8e6 * YEAR, 5.0) / YEAR)
    360000
    """
    return work * tiled_throughput(k)


@formula("accelerators a copy = n / copies", unit="1", source="scaletui: definition")
def accelerators_a_copy(count: float, copies: float) -> float:
    """Accelerators, or the part of one, that a copy takes up.

    >>> accelerators_a_copy(512.0, 1024.0)
    0.5
    """
    return count / copies


__test__ = examples(globals())
