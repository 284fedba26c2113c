"""Intervals: the formulas of an answer run over samples of its uncertain inputs.

A calculator that was given a range answers with traced values at the middle of it. `with_intervals` runs their paths
over samples, one draw of an input for every row that it feeds, and puts the median and the interval into each row.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from scaletui_core.answer import Answer, Note, Row, Spread
from scaletui_core.distributions import Range
from scaletui_core.draws import Draws
from scaletui_core.errors import InputError
from scaletui_core.program import Program
from scaletui_core.quantiles import SKETCH_ERROR, Sketch, exact_quantiles, histogram
from scaletui_core.quantity_text import format_quantity, format_range
from scaletui_core.sampling import COVERAGE, FEWEST, MOST, Sampling
from scaletui_core.traced import Draw, Traced, unsampled

Array = npt.NDArray[np.float64]
Ranks = list[tuple[str, Array]]
EXACT = 1_000_000
"""Up to so many samples, quantiles are exact; beyond, they come from a sketch, and memory no longer grows."""
_AT_ONCE = 2**24  # values kept for exact quantiles at once: 128 MiB
_BARS, _SHOWN = 24, (0.005, 0.995)  # bars of a histogram, and the quantiles it lies between
_CONSTANT = 1e-9  # a relative spread below this is rounding


class Cancelled(Exception):
    """The run was cancelled; a newer one is on its way."""


def can_be_sampled(value: Traced) -> bool:
    """Whether every step to a value is one that samples can take too; a bisection is not."""
    known: set[int] = set()
    stack: list[float] = [value]
    while stack:
        one = stack.pop()
        if isinstance(one, Traced) and id(one) not in known:
            known.add(id(one))
            if one.how is unsampled:
                return False
            stack += one.parts
    return True


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
    if not FEWEST <= sampling.samples <= MOST:
        raise InputError(f"must be from {FEWEST:,} to {MOST:,}", where="--samples", hint="such as 100k")
    answers = [_without_solved(answer) for answer in answers]
    values = [row.value for answer in answers for row in answer.rows if isinstance(row.value, Traced)]
    if not values:
        return answers
    run = _Run(values, sampling, cancelled, stage)
    spreads = iter(run.spreads())
    return [_told(answer, spreads, run) if is_uncertain(answer) else answer for answer in answers]


def _without_solved(answer: Answer) -> Answer:
    """Return an answer whose rows that no sample can make stand at the middle of the ranges, with a note."""
    solved = [row for row in answer.rows if isinstance(row.value, Traced) and not can_be_sampled(row.value)]
    if not solved:
        return answer
    rows = tuple(row._replace(value=float(row.value)) if row in solved else row for row in answer.rows)
    names = ", ".join(dict.fromkeys(f"{row.label} ({row.law})" if row.law else row.label for row in solved))
    text = f"At the middle of the ranges, without an interval, since they are found by bisection: {names}."
    return answer._replace(rows=rows, notes=(Note("uncertain-solved", text, kind="assumption"), *answer.notes))


def _told(answer: Answer, spreads: Iterator[Spread], run: _Run) -> Answer:
    """Return an answer with what the samples say of it."""
    rows = tuple(_with_spread(row, next(spreads)) if isinstance(row.value, Traced) else row for row in answer.rows)
    notes = (run.note(), *_missing_notes(rows), *answer.notes)
    return answer._replace(rows=rows, notes=notes, provenance={**answer.provenance, "sampling": run.provenance()})


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
        self.program = Program(values)
        first = {
            result: value for value, result in zip(reversed(values), reversed(self.program.result_of), strict=True)
        }
        self._distinct = [first[result] for result in range(len(self.program.targets))]
        self.draws = self.program.draws
        self.coverage = _coverage(self.draws, sampling.coverage)
        tail = (1.0 - self.coverage) / 2.0
        self._probabilities = (0.5, tail, 1.0 - tail, *_SHOWN)
        self._source = Draws(sampling.seed, sampling.samples)

    def spreads(self) -> list[Spread]:
        """Return what the samples of each value say."""
        self._compile(self.program)
        self._stage("sampling")
        pilots = [values.copy() for values in self.program.run(self._source, 0, self.program.room())]
        ranks = self._ranks() if self._sampling.sensitivity else []
        made = self._exact(pilots, ranks) if self._sampling.samples <= EXACT else self._sketched(pilots, ranks)
        return [made[index] for index in self.program.result_of]

    def note(self) -> Note:
        """Return the note that says what varied, and how it was sampled."""
        named = "; ".join(dict.fromkeys(_said(draw) for draw in self.draws))
        inside = format_quantity(self.coverage, "fraction")
        text = (
            f"Uncertain: {named}. Values are medians of {self._sampling.samples:,} samples, with the central {inside}."
        )
        return Note("uncertain", text, kind="assumption")

    def provenance(self) -> dict[str, object]:
        """Return what makes the run again, and what its quantiles are worth."""
        exact = self._sampling.samples <= EXACT
        return {
            "samples": self._sampling.samples,
            "seed": self._sampling.seed,
            "coverage": self.coverage,
            "quantiles": "exact" if exact else "sketch",
            "relative_error": 0.0 if exact else SKETCH_ERROR,
            "uncertain": list(dict.fromkeys(_said(draw) for draw in self.draws)),
        }

    def _compile(self, program: Program) -> None:
        self._stage("compiling")
        if not program.compile(self._cancelled):
            raise Cancelled

    def _ranks(self) -> Ranks:
        """Return the ranks of every draw in the first chunk."""
        size = self._source.sizes[0]
        ranks: Ranks = []
        for draw in self.draws:
            drawn = np.empty(size)
            self._source.fill(draw, 0, drawn)
            ranks.append((draw.name, _ranked(drawn)))
        return ranks

    def _exact(self, pilots: list[Array], ranks: Ranks) -> list[Spread]:
        """Return spreads by exact quantiles; of so many values at once as fit into the memory that is allowed."""
        samples, program = self._sampling.samples, self.program
        edges = np.cumsum([0, *self._source.sizes])
        group = max(_AT_ONCE // samples, 1)
        found: list[Spread] = []
        for start in range(0, len(pilots), group):
            some = pilots[start : start + group]
            kept = np.empty((len(some), samples))
            if len(some) < len(pilots):
                program = Program(self._distinct[start : start + group])
                self._compile(program)

            def into(chunk: int, kept: Array = kept) -> list[Array]:
                return list(kept[:, edges[chunk] : edges[chunk + 1]])

            self._over_chunks(program, into=into)

            def spread(pair: tuple[Array, Array]) -> Spread:
                line, pilot = pair
                if _is_steady(pilot):
                    return _constant(pilot)
                quantiles, good = exact_quantiles(line, self._probabilities, (pilot.min(), pilot.max()))
                return _spread(quantiles, good / samples, pilot, ranks)

            with ThreadPoolExecutor(self._sampling.threads) as pool:
                found += pool.map(spread, zip(kept, some, strict=True))
        return found

    def _sketched(self, pilots: list[Array], ranks: Ranks) -> list[Spread]:
        """Return spreads by a sketch that every thread fills for itself."""
        totals = [Sketch(pilot) for pilot in pilots]
        twins: list[list[Sketch]] = []

        def counting() -> Callable[[list[Array]], None]:
            own = [sketch.twin() for sketch in totals]
            twins.append(own)

            def count(values: list[Array]) -> None:
                for sketch, row in zip(own, values, strict=True):
                    sketch.count(row)

            return count

        self._over_chunks(self.program, counting)
        for own in twins:
            for total, sketch in zip(totals, own, strict=True):
                total.add(sketch)
        samples = self._sampling.samples
        return [
            _constant(pilot)
            if _is_steady(pilot)
            else _spread(total.quantiles(self._probabilities), 1.0 - total.missing / samples, pilot, ranks)
            for total, pilot in zip(totals, pilots, strict=True)
        ]

    def _over_chunks(
        self,
        program: Program,
        taker: Callable[[], Callable[[list[Array]], None]] | None = None,
        into: Callable[[int], list[Array]] | None = None,
    ) -> None:
        """Run a program over all chunks; results go ``into`` arrays, or from each thread to a taker of its own."""
        chunks = iter(range(len(self._source.sizes)))
        lock = threading.Lock()

        def work() -> None:
            room, take = program.room(), taker() if taker else None
            while not self._cancelled():
                with lock:
                    chunk = next(chunks, None)
                if chunk is None:
                    return
                made = program.run(self._source, chunk, room, into(chunk) if into else None)
                if take:
                    take(made)

        threads = min(self._sampling.threads, len(self._source.sizes))
        with ThreadPoolExecutor(threads) as pool:
            for done in [pool.submit(work) for _ in range(threads)]:
                done.result()
        if self._cancelled():
            raise Cancelled


def _is_steady(pilot: Array) -> bool:
    """Whether samples differ by rounding alone: the ranges cancel out of the value. Not where one has no answer."""
    return float(pilot.max() - pilot.min()) <= _CONSTANT * abs(float(pilot[0]))


def _constant(pilot: Array) -> Spread:
    value = float(pilot[0])
    return Spread(value, value, value, value, 0.0, (), (value, value), ())


def _spread(quantiles: Array, share: float, pilot: Array, ranks: Ranks) -> Spread:
    middle, low, high, *ends = (float(x) for x in quantiles)
    bars = histogram(pilot, ends[0], ends[1], _BARS)
    ranked = None if not ranks or np.isnan(pilot).any() else _ranked(pilot)
    drivers = () if ranked is None else tuple((name, _correlation(ranked, rank)) for name, rank in ranks)
    strongest = tuple(sorted(drivers, key=lambda pair: -abs(pair[1])))
    mean = float(pilot[np.isfinite(pilot)].mean()) if share > 0.0 else middle
    return Spread(middle, low, high, mean, 1.0 - share, bars, (ends[0], ends[1]), strongest)


def _with_spread(row: Row, spread: Spread) -> Row:
    """Return a row with its median and interval; as it was where the ranges cancel out of it."""
    value = float(row.value)
    if not np.isfinite(spread.middle):
        return row._replace(value=value, spread=spread)
    if spread.low == spread.high:
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


def _missing_notes(rows: Sequence[Row]) -> list[Note]:
    """Return the note that some samples have no answer, where some have none."""
    found = [(row.spread.missing, row.label) for row in rows if row.spread is not None and row.spread.missing > 0.0]
    if not found:
        return []
    most, label = max(found)
    share = format_quantity(most, "fraction")
    text = f"Up to {share} of the samples have no answer ({label}); medians and intervals leave them out."
    return [Note("uncertain-missing", text, kind="assumption")]
