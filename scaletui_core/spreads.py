"""One run over samples: every value of some answers over all chunks, to its median, interval and shape."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from scaletui_core.answer import Spread
from scaletui_core.draws import Draws
from scaletui_core.program import Program
from scaletui_core.quantiles import LARGEST, Sketch, exact_quantiles, histogram, prepare, survey
from scaletui_core.sampling import Sampling
from scaletui_core.traced import Draw, Traced

Array = npt.NDArray[np.float64]
Drivers = tuple[tuple[str, float], ...]
Ranked = Callable[[int, Array], Drivers]
EXACT = 1_000_000
"""Up to so many samples, quantiles are exact; beyond, they come from a sketch, and memory no longer grows."""
_AT_ONCE = 2**24  # values kept for exact quantiles at once: 128 MiB
_SKETCHES = 64  # sketches at once
_MOST_SPARE = 2**23  # values of memory held between runs: 64 MiB
_BARS, _SHOWN = 24, (0.005, 0.995)  # bars of a histogram, and the quantiles it lies between
_CONSTANT = 1e-9  # a relative spread below this is rounding


class Cancelled(Exception):
    """The run was cancelled; a newer one is on its way."""


class Pilot(NamedTuple):
    """The samples of one value in the first chunk, with their least, most and mean, and how many have an answer."""

    values: Array
    least: float
    most: float
    mean: float
    good: int

    @classmethod
    def of(cls, values: Array) -> Pilot:
        """Return the samples with what a survey of them says."""
        return cls(values, *survey(values))

    @property
    def is_steady(self) -> bool:
        """Whether the samples differ by rounding alone: the ranges cancel out of the value."""
        return self.good == self.values.size and self.most - self.least <= _CONSTANT * abs(self.mean)


class Run:
    """Values over samples.

    Parameters
    ----------
    values : sequence of Traced
        What varies.
    sampling : Sampling
        How many samples, from which seed, on how many threads.
    coverage : float
        Share of the samples inside an interval.
    cancelled : callable
        Asked between chunks; once it says yes, the run stops.
    stage : callable
        Told what is being done, ``compiling`` or ``sampling``.
    """

    def __init__(
        self,
        values: Sequence[Traced],
        sampling: Sampling,
        coverage: float,
        cancelled: Callable[[], bool],
        stage: Callable[[str], None],
    ) -> None:
        self._values, self._sampling, self._cancelled, self._stage = values, sampling, cancelled, stage
        tail = (1.0 - coverage) / 2.0
        self._probabilities = (0.5, tail, 1.0 - tail, *_SHOWN)
        self._draws = Draws(sampling.seed, sampling.samples)
        self._stop = threading.Event()

    def spreads(self) -> list[Spread]:
        """Return what the samples of each value say; of so many values at once as memory is allowed for.

        Raises
        ------
        Cancelled
            If ``cancelled`` said so.
        """
        exact = self._sampling.samples <= EXACT
        most = max(_AT_ONCE // self._sampling.samples, 1) if exact else _SKETCHES
        found: list[Spread] = []
        for start in range(0, len(self._values), most):
            program = Program(self._values[start : start + most])
            self._stage("compiling")
            if not program.compile(self._is_over):
                raise Cancelled
            prepare()
            self._stage("sampling")
            ranked = self._ranks(program) if self._sampling.sensitivity else lambda index, values: ()
            made = self._exact(program, ranked) if exact else self._sketched(program, ranked)
            found += [made[index] for index in program.result_of]
        return found

    def _is_over(self) -> bool:
        return self._stop.is_set() or self._cancelled()

    def _exact(self, program: Program, ranked: Ranked) -> list[Spread]:
        """Return spreads by exact quantiles."""
        samples, threads, count = self._sampling.samples, self._sampling.threads, len(program.targets)
        edges = np.cumsum([0, *self._draws.sizes])
        memory = _borrowed(count * samples)
        kept = memory[: count * samples].reshape(count, samples)
        self._over_chunks(program, into=lambda chunk: list(kept[:, edges[chunk] : edges[chunk + 1]]))
        made: dict[int, Spread] = {}

        def fill(first: int) -> None:
            for index in range(first, count, threads):
                line = kept[index]
                pilot = Pilot.of(line[: edges[1]])
                if pilot.is_steady:
                    made[index] = _constant(pilot)
                    continue
                quantiles, good = exact_quantiles(line, self._probabilities, (pilot.least, pilot.most))
                made[index] = _spread(quantiles, good / samples, pilot, ranked(index, pilot.values))

        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(fill, range(threads)))
        _given_back(memory)
        return [made[index] for index in range(count)]

    def _sketched(self, program: Program, ranked: Ranked) -> list[Spread]:
        """Return spreads by a sketch that every thread fills for itself."""
        first = program.run(self._draws, 0, program.room())
        pilots = [Pilot.of(values.copy()) for values in first]
        totals = [Sketch(pilot.values) for pilot in pilots]
        twins: list[list[Sketch]] = []

        def counting() -> Callable[[list[Array]], None]:
            own = [sketch.twin() for sketch in totals]
            twins.append(own)

            def count(values: list[Array]) -> None:
                for sketch, row in zip(own, values, strict=True):
                    sketch.count(row)

            return count

        self._over_chunks(program, counting)
        for own in twins:
            for total, sketch in zip(totals, own, strict=True):
                total.add(sketch)
        samples = self._sampling.samples
        return [
            _constant(pilot)
            if pilot.is_steady
            else _spread(
                total.quantiles(self._probabilities), 1.0 - total.missing / samples, pilot, ranked(index, pilot.values)
            )
            for index, (total, pilot) in enumerate(zip(totals, pilots, strict=True))
        ]

    def _over_chunks(
        self,
        program: Program,
        taker: Callable[[], Callable[[list[Array]], None]] | None = None,
        into: Callable[[int], list[Array]] | None = None,
    ) -> None:
        """Run a program over all chunks; results go ``into`` arrays, or from each thread to a taker of its own."""
        chunks = iter(range(len(self._draws.sizes)))
        lock = threading.Lock()

        def work() -> None:
            room, take = program.room(), taker() if taker else None
            while not self._is_over():
                with lock:
                    chunk = next(chunks, None)
                if chunk is None:
                    return
                made = program.run(self._draws, chunk, room, into(chunk) if into else None)
                if take:
                    take(made)

        threads = min(self._sampling.threads, len(self._draws.sizes))
        with ThreadPoolExecutor(threads) as pool:
            try:
                for done in [pool.submit(work) for _ in range(threads)]:
                    done.result()
            except BaseException:  # Ctrl-C waits for a chunk, not for the whole run
                self._stop.set()
                raise
        if self._is_over():
            raise Cancelled

    def _ranks(self, program: Program) -> Ranked:
        """Return the function from a value's index and its samples in the first chunk to what drives it.

        A normal draw has an order, and its rank correlation a sign. A uniform one picks a law or a row of a posterior,
        in no order: of it the correlation ratio is taken, the root of the rank correlation with the same value where
        this draw is the same and all others are drawn again.
        """
        size = self._draws.sizes[0]
        others: list[tuple[Draw, list[Array]]] = []
        for draw in program.draws:
            if draw.kind == "uniform":
                again = program.run(_Again(self._draws, draw), 0, program.room())
                others.append((draw, [values.copy() for values in again]))
            else:
                drawn = np.empty(size)
                self._draws.fill(draw, 0, drawn)
                others.append((draw, [drawn] * len(program.targets)))

        def ranked(index: int, values: Array) -> Drivers:
            found = []
            for draw, made in others:
                rank = _rank_correlation(values, made[index])
                found.append((draw.name, max(rank, 0.0) ** 0.5 if draw.kind == "uniform" else rank))
            return tuple(sorted(found, key=lambda pair: -abs(pair[1])))

        return ranked


class _Again(Draws):
    """The draws of another seed, but for one draw, which stays."""

    def __init__(self, draws: Draws, kept: Draw) -> None:
        super().__init__(draws.seed + 1, sum(draws.sizes))
        self._draws, self._kept = draws, kept

    def fill(self, draw: Draw, chunk: int, out: Array) -> None:
        if draw == self._kept:
            self._draws.fill(draw, chunk, out)
        else:
            super().fill(draw, chunk, out)


_spare: list[Array] = []
"""Memory of an earlier run: at a keystroke, new memory would take as long to come as the samples."""


def _borrowed(size: int) -> Array:
    """Return memory for so many values, that of an earlier run if it is large enough."""
    try:
        memory = _spare.pop()
    except IndexError:
        return np.empty(size)
    return memory if memory.size >= size else np.empty(size)


def _given_back(memory: Array) -> None:
    if memory.size <= _MOST_SPARE and not _spare:
        _spare.append(memory)


def _constant(pilot: Pilot) -> Spread:
    value = float(pilot.values[0])
    return Spread(value, value, value, value, 0.0, (), (value, value), ())


def _spread(quantiles: Array, share: float, pilot: Pilot, ranks: Drivers) -> Spread:
    middle, low, high, *ends = quantiles.tolist()
    bars = histogram(pilot.values, ends[0], ends[1], _BARS)
    return Spread(middle, low, high, pilot.mean, 1.0 - share, bars, (ends[0], ends[1]), ranks)


def _rank_correlation(x: Array, y: Array) -> float:
    """Return Spearman's rank correlation, of the samples that have an answer in both."""
    good = (np.abs(x) <= LARGEST) & (np.abs(y) <= LARGEST)
    first, second = _ranked(x[good]), _ranked(y[good])
    norm = float(np.sqrt((first @ first) * (second @ second)))
    return float(first @ second) / norm if norm else 0.0


def _ranked(values: Array) -> Array:
    """Return centred ranks, ties in the middle of theirs."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    middles: Array = ends - (counts - 1) / 2.0
    ranks: Array = middles[inverse] - (values.size + 1) / 2.0
    return ranks
