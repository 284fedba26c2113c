"""Intervals: the formulas of an answer run over samples of its uncertain inputs.

A calculator that was given a range answers with traced values at the middle of it. `with_intervals` runs their paths
over samples, one draw of an input for every row that it feeds, and puts the median and the interval into each row.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from scaletui_core.answer import Answer, Note, Row, Spread
from scaletui_core.distributions import Range
from scaletui_core.draws import Draws
from scaletui_core.errors import InputError
from scaletui_core.program import Program
from scaletui_core.quantiles import SKETCH_ERROR, Sketch, exact_quantiles
from scaletui_core.quantity_text import format_quantity, format_range
from scaletui_core.traced import Draw, Traced

Array = npt.NDArray[np.float64]
SAMPLES, SEED, COVERAGE, THREADS = 100_000, 0, 0.9, 2
EXACT = 1_000_000
"""Up to so many samples, quantiles are exact; beyond, they come from a sketch, and memory no longer grows."""
MOST = 1_000_000_000
_AT_ONCE = 2**24  # values kept for exact quantiles at once: 128 MiB
_BARS = 24
_CONSTANT = 1e-9  # a relative spread below this is rounding


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


class Cancelled(Exception):
    """The run was cancelled; a newer one is on its way."""


def is_uncertain(answer: Answer) -> bool:
    """Whether a value of an answer varies."""
    return any(isinstance(row.value, Traced) for row in answer.rows)


def with_intervals(
    answers: Sequence[Answer],
    sampling: Sampling | None = None,
    *,
    cancelled: Callable[[], bool] = lambda: False,
    stage: Callable[[str], None] = lambda words: None,
) -> list[Answer]:
    """Return answers with the median and the interval in every row that varies.

    Answers that are given together share their draws: what follows from one uncertain input varies together.

    Parameters
    ----------
    answers : sequence of Answer
        From calculators that were given uncertain inputs; others come back as they are.
    sampling : Sampling
        Number of samples, seed, coverage.
    cancelled : callable
        Asked between chunks; once it says yes, the run stops.
    stage : callable
        Told what is being done, ``compiling`` or ``sampling``.

    Raises
    ------
    InputError
        If the number of samples or the coverage cannot be.
    Cancelled
        If ``cancelled`` said so.

    Examples
    --------
    >>> from scaletui_core.budget import BudgetInputs
    >>> from scaletui_core.calc import calculate
    >>> from scaletui_core.distributions import uncertain
    >>> from scaletui_core.presets import Catalog
    >>> asked = BudgetInputs(flops=uncertain("1e23..1e25", "FLOP"), law=("chinchilla-1",))
    >>> (answer,) = with_intervals([calculate(asked, Catalog("presets"))])
    >>> [float(f"{x:.4g}") for x in answer.row("compute")[7:9]]
    [1e+23, 1e+25]
    """
    sampling = sampling or Sampling()
    values = [row.value for answer in answers for row in answer.rows if isinstance(row.value, Traced)]
    if not values:
        return list(answers)
    if not 1000 <= sampling.samples <= MOST:
        raise InputError(f"must be from 1,000 to {MOST:,}", where="--samples", hint="such as 100k")
    run = _Run(values, sampling, cancelled, stage)
    spreads = run.spreads()
    told = iter(spreads)
    out = []
    for answer in answers:
        rows = tuple(_with_spread(row, next(told)) if isinstance(row.value, Traced) else row for row in answer.rows)
        shares = [row.spread.missing for row in rows if row.spread is not None]
        notes = [_note(run.draws, sampling, run.coverage), *_missing_notes(rows, max(shares, default=0.0))]
        out.append(
            answer._replace(
                rows=rows,
                notes=(*notes, *answer.notes),
                provenance={**answer.provenance, "sampling": _provenance(run.draws, sampling, run.coverage)},
            )
        )
    return out


class _Run:
    """One run: all values over all chunks."""

    def __init__(
        self,
        values: list[Traced],
        sampling: Sampling,
        cancelled: Callable[[], bool],
        stage: Callable[[str], None],
    ) -> None:
        self._sampling, self._cancelled, self._stage = sampling, cancelled, stage
        self._values = values
        self.program = Program(values)
        self.draws = self.program.draws
        self.coverage = _coverage(self.draws, sampling.coverage)
        tail = (1.0 - self.coverage) / 2.0
        self._probabilities = (0.5, tail, 1.0 - tail)
        self._source = Draws(sampling.seed, sampling.samples)

    def spreads(self) -> list[Spread]:
        """Return what the samples of each value say."""
        self._compile(self.program)
        self._stage("sampling")
        pilots = self._pilots()
        found = self._exact() if self._sampling.samples <= EXACT else self._sketched(pilots)
        ranks = self._ranks() if self._sampling.sensitivity else []
        return [
            _spread(quantiles, good / self._sampling.samples, pilot, ranks)
            for (quantiles, good), pilot in zip(found, pilots, strict=True)
        ]

    def _compile(self, program: Program) -> None:
        self._stage("compiling")
        if not program.compile(self._cancelled):
            raise Cancelled

    def _pilots(self) -> list[Array]:
        """Return the values of the first chunk."""
        return [values.copy() for values in self.program.run(self._source, 0, self.program.room())]

    def _ranks(self) -> list[tuple[str, Array]]:
        """Return the ranks of every draw in the first chunk."""
        size = self._source.sizes[0]
        ranks = []
        for draw in self.draws:
            drawn = np.empty(size)
            self._source.fill(draw, 0, drawn)
            ranks.append((draw.name, _ranked(drawn)))
        return ranks

    def _exact(self) -> list[tuple[Array, int]]:
        """Return exact quantiles; of so many values at once as fit into the memory that is allowed."""
        samples, count = self._sampling.samples, len(self._values)
        group = max(_AT_ONCE // samples, 1)
        found: list[tuple[Array, int]] = []
        for start in range(0, count, group):
            part = self._values[start : start + group]
            program = self.program
            if len(part) < count:
                program = Program(part)
                self._compile(program)
            kept = np.empty((len(part), samples))
            edges = np.cumsum([0, *self._source.sizes])

            def keep(chunk: int, values: list[Array], kept: Array = kept, edges: npt.NDArray[np.int64] = edges) -> None:
                for line, row in zip(kept, values, strict=True):
                    line[edges[chunk] : edges[chunk + 1]] = row

            self._over_chunks(program, lambda: keep)
            with ThreadPoolExecutor(self._sampling.threads) as pool:
                found += pool.map(lambda line: exact_quantiles(line, self._probabilities), kept)
        return found

    def _sketched(self, pilots: list[Array]) -> list[tuple[Array, int]]:
        """Return the quantiles of a sketch that every thread fills for itself."""
        totals = [Sketch(pilot) for pilot in pilots]
        twins: list[list[Sketch]] = []

        def counting() -> Callable[[int, list[Array]], None]:
            own = [sketch.twin() for sketch in totals]
            twins.append(own)

            def count(chunk: int, values: list[Array]) -> None:
                for sketch, row in zip(own, values, strict=True):
                    sketch.count(row)

            return count

        self._over_chunks(self.program, counting)
        for own in twins:
            for total, sketch in zip(totals, own, strict=True):
                total.add(sketch)
        samples = self._sampling.samples
        return [(total.quantiles(self._probabilities), samples - total.missing) for total in totals]

    def _over_chunks(self, program: Program, taker: Callable[[], Callable[[int, list[Array]], None]]) -> None:
        """Run a program over all chunks; each thread hands its results to a taker of its own."""
        chunks = iter(range(len(self._source.sizes)))
        lock = threading.Lock()

        def work() -> None:
            room, take = program.room(), taker()
            while not self._cancelled():
                with lock:
                    chunk = next(chunks, None)
                if chunk is None:
                    return
                take(chunk, program.run(self._source, chunk, room))

        threads = min(self._sampling.threads, len(self._source.sizes))
        with ThreadPoolExecutor(threads) as pool:
            for done in [pool.submit(work) for _ in range(threads)]:
                done.result()
        if self._cancelled():
            raise Cancelled


def _spread(quantiles: Array, share: float, pilot: Array, ranks: list[tuple[str, Array]]) -> Spread:
    middle, low, high = (float(x) for x in quantiles)
    finite = pilot[np.isfinite(pilot)]
    bars: tuple[int, ...] = ()
    ends = (low, high)
    if finite.size and high > low:
        shown = np.quantile(finite, (0.005, 0.995))
        logs = finite.min() > 0.0
        ends = (float(shown[0]), float(shown[1]))
        if ends[0] < ends[1]:
            drawn, span = (np.log(finite), np.log(shown)) if logs else (finite, shown)
            bars = tuple(int(x) for x in np.histogram(drawn, _BARS, (span[0], span[1]))[0])
    ranked = _ranked(pilot) if ranks and finite.size == pilot.size else None
    drivers = () if ranked is None else tuple((name, _correlation(ranked, rank)) for name, rank in ranks)
    return Spread(middle, low, high, 1.0 - share, bars, ends, tuple(sorted(drivers, key=lambda pair: -abs(pair[1]))))


def _with_spread(row: Row, spread: Spread) -> Row:
    """Return a row with its median and interval; as it was where the ranges cancel out of it."""
    value = float(row.value)
    if not np.isfinite(spread.middle):
        return row._replace(value=value, spread=spread)
    if abs(spread.high - spread.low) <= _CONSTANT * abs(spread.middle):
        return row._replace(value=value)
    return row._replace(value=spread.middle, low=spread.low, high=spread.high, spread=spread)


def _ranked(values: Array) -> Array:
    """Return centred ranks, ties in the middle of theirs."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    middles: Array = ends - (counts - 1) / 2.0
    ranks: Array = middles[inverse] - (values.size + 1) / 2.0
    return ranks


def _correlation(x: Array, y: Array) -> float:
    norm = float(np.sqrt((x @ x) * (y @ y)))
    return float(x @ y) / norm if norm else 0.0


def _coverage(draws: Sequence[Draw], asked: float | None) -> float:
    """Return the coverage of the intervals: as asked, or as the ranges have it where they all have the same."""
    if asked is not None:
        return asked
    had = {draw.of.quantity.coverage for draw in draws if isinstance(draw.of, Range)}
    return had.pop() if len(had) == 1 else COVERAGE


def _said(draw: Draw) -> str:
    """Return what is uncertain, for people."""
    return f"{draw.name} {format_range(draw.of.quantity)}" if isinstance(draw.of, Range) else str(draw.of)


def _note(draws: Sequence[Draw], sampling: Sampling, coverage: float) -> Note:
    named = "; ".join(dict.fromkeys(_said(draw) for draw in draws))
    inside = format_quantity(coverage, "fraction")
    text = f"Uncertain: {named}. Values are medians of {sampling.samples:,} samples, with the central {inside}."
    return Note("uncertain", text, kind="assumption")


def _missing_notes(rows: Sequence[Row], most: float) -> list[Note]:
    if most <= 0.0:
        return []
    where = next(row for row in rows if row.spread is not None and row.spread.missing == most)
    share = format_quantity(most, "fraction")
    text = f"In up to {share} of the samples there is no answer ({where.label}); medians and intervals leave them out."
    return [Note("uncertain-missing", text, kind="assumption")]


def _provenance(draws: Sequence[Draw], sampling: Sampling, coverage: float) -> dict[str, object]:
    exact = sampling.samples <= EXACT
    return {
        "samples": sampling.samples,
        "seed": sampling.seed,
        "coverage": coverage,
        "quantiles": "exact" if exact else "sketch",
        "relative_error": 0.0 if exact else SKETCH_ERROR,
        "uncertain": list(dict.fromkeys(_said(draw) for draw in draws)),
    }
