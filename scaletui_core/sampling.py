"""How samples are drawn, as it is asked for: how many, from which seed, what an interval holds."""

# No `from __future__ import annotations`, as in quantity.py: NamedTuple compiles annotations that are text.
from dataclasses import dataclass
from typing import NamedTuple

from scaletui_core.fields import FLAG, field

SAMPLES, SEED, COVERAGE, THREADS = 100_000, 0, 0.9, 2
FEWEST, MOST = 1000, 1_000_000_000


class Sampling(NamedTuple):
    """How to sample.

    ``coverage`` is the share of the samples inside an interval; None takes that of the ranges where they agree, else
    90%. ``threads`` changes the time, never the result. ``sensitivity`` asks for the rank correlations too.
    """

    samples: int = SAMPLES
    seed: int = SEED
    coverage: float | None = None
    threads: int = THREADS
    sensitivity: bool = False


@dataclass(frozen=True, slots=True)
class SamplingInputs:
    """What a command that takes ranges takes beside them."""

    samples: int | None = field(
        "1", "Samples of an uncertain input.", label="Samples", example="1M", default="100k", low=float(FEWEST),
        high=float(MOST), whole=True, ranged=False,
    )  # fmt: skip
    seed: int | None = field(
        "1", "Seed of the samples; the same one gives the same answer.", label="Seed", example="1", default="0",
        low=0.0, high=float(2**53), whole=True, ranged=False,
    )  # fmt: skip
    coverage: float | None = field(
        "fraction", "Share of the samples inside an interval.", label="Coverage", example="50%",
        default="that of the ranges, or 90%", low=0.01, high=0.9999, ranged=False,
    )  # fmt: skip
    sensitivity: bool = field(
        FLAG, "Rank which uncertain input drives each answer.", label="Sensitivity",
        example="scaletui calc --flops 1e23..1e25 --mfu 30%..50% --hardware h100 --sensitivity", default_value=False,
    )  # fmt: skip

    def sampling(self, threads: int = THREADS) -> Sampling:
        """Return how to sample, with so many threads.

        >>> SamplingInputs(samples=5000).sampling()
        Sampling(samples=5000, seed=0, coverage=None, threads=2, sensitivity=False)
        """
        samples = SAMPLES if self.samples is None else self.samples
        return Sampling(samples, self.seed or SEED, self.coverage, threads, self.sensitivity)
