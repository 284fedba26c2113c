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
from scaletui_core.quantiles import Sketch, exact_quantiles, histogram, survey
from scaletui_core.sampling import Sampling
from scaletui_core.traced import Draw, Traced

Array = npt.NDArray[np.float64]
Ranks = list[tuple[str, Array]]
EXACT = 1_000_000
"""Up to so many samples, quantiles are exact; beyond, they come from a sketch, and memory no longer grows."""
_AT_ONCE = 2**24  # values kept for exact quantiles at once: 128 MiB
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
        program: Program,
        values: Sequence[Traced],
        sampling: Sampling,
        coverage: float,
        cancelled: Callable[[], bool],
        stage: Callable[[str], None],
    ) -> None:
        self._program, self._sampling, self._cancelled, self._stage = program, sampling, cancelled, stage
        first = {result: value for value, result in zip(reversed(values), reversed(program.result_of), strict=True)}
        self._distinct = [first[result] for result in range(len(program.targets))]
        tail = (1.0 - coverage) / 2.0
        self._probabilities = (0.5, tail, 1.0 - tail, *_SHOWN)
        self._draws = Draws(sampling.seed, sampling.samples)

    def spreads(self) -> list[Spread]:
        """Return what the samples of each value say.

        Raises
        ------
        Cancelled
            If ``cancelled`` said so.
        """
        self._compile(self._program)
        self._stage("sampling")
        chunk = self._program.run(self._draws, 0, self._program.room())
        pilots = [Pilot(kept, *survey(kept)) for kept in (values.copy() for values in chunk)]
        ranks = self._ranks(self._program.draws) if self._sampling.sensitivity else []
        made = self._exact(pilots, ranks) if self._sampling.samples <= EXACT else self._sketched(pilots, ranks)
        return [made[index] for index in self._program.result_of]

    def _compile(self, program: Program) -> None:
        self._stage("compiling")
        if not program.compile(self._cancelled):
            raise Cancelled

    def _ranks(self, draws: Sequence[Draw]) -> Ranks:
        """Return the ranks of every draw in the first chunk."""
        ranks: Ranks = []
        for draw in draws:
            drawn = np.empty(self._draws.sizes[0])
            self._draws.fill(draw, 0, drawn)
            ranks.append((draw.name, _ranked(drawn)))
        return ranks

    def _exact(self, pilots: list[Pilot], ranks: Ranks) -> list[Spread]:
        """Return spreads by exact quantiles; of so many values at once as fit into the memory that is allowed."""
        samples, program = self._sampling.samples, self._program
        edges = np.cumsum([0, *self._draws.sizes])
        group = max(_AT_ONCE // samples, 1)
        found: list[Spread] = []
        for start in range(0, len(pilots), group):
            some = pilots[start : start + group]
            if len(some) < len(pilots):
                program = Program(self._distinct[start : start + group])
                self._compile(program)
            memory = _borrowed(len(some) * samples)
            kept = memory[: len(some) * samples].reshape(len(some), samples)

            def into(chunk: int, kept: Array = kept) -> list[Array]:
                return list(kept[:, edges[chunk] : edges[chunk + 1]])

            self._over_chunks(program, into=into)
            made: list[Spread | None] = [None] * len(some)

            def fill(
                first: int, kept: Array = kept, some: list[Pilot] = some, made: list[Spread | None] = made
            ) -> None:
                for index in range(first, len(some), self._sampling.threads):
                    pilot = some[index]
                    if pilot.is_steady:
                        made[index] = _constant(pilot)
                        continue
                    ends = (pilot.least, pilot.most)
                    quantiles, good = exact_quantiles(kept[index], self._probabilities, ends)
                    made[index] = _spread(quantiles, good / samples, pilot, ranks)

            with ThreadPoolExecutor(self._sampling.threads) as pool:
                list(pool.map(fill, range(self._sampling.threads)))
            _given_back(memory)
            found += [spread for spread in made if spread is not None]
        return found

    def _sketched(self, pilots: list[Pilot], ranks: Ranks) -> list[Spread]:
        """Return spreads by a sketch that every thread fills for itself."""
        totals = [Sketch(pilot.values) for pilot in pilots]
        twins: list[list[Sketch]] = []

        def counting() -> Callable[[list[Array]], None]:
            own = [sketch.twin() for sketch in totals]
            twins.append(own)

            def count(values: list[Array]) -> None:
                for sketch, row in zip(own, values, strict=True):
                    sketch.count(row)

            return count

        self._over_chunks(self._program, counting)
        for own in twins:
            for total, sketch in zip(totals, own, strict=True):
                total.add(sketch)
        samples = self._sampling.samples
        return [
            _constant(pilot)
            if pilot.is_steady
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
        chunks = iter(range(len(self._draws.sizes)))
        lock = threading.Lock()

        def work() -> None:
            room, take = program.room(), taker() if taker else None
            while not self._cancelled():
                with lock:
                    chunk = next(chunks, None)
                if chunk is None:
                    return
                made = program.run(self._draws, chunk, room, into(chunk) if into else None)
                if take:
                    take(made)

        threads = min(self._sampling.threads, len(self._draws.sizes))
        with ThreadPoolExecutor(threads) as pool:
            for done in [pool.submit(work) for _ in range(threads)]:
                done.result()
        if self._cancelled():
            raise Cancelled


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


def _spread(quantiles: Array, share: float, pilot: Pilot, ranks: Ranks) -> Spread:
    middle, low, high, *ends = quantiles.tolist()
    bars = histogram(pilot.values, ends[0], ends[1], _BARS)
    drivers: list[tuple[str, float]] = []
    if ranks and pilot.good == pilot.values.size:
        ranked = _ranked(pilot.values)
        drivers = sorted(((name, _correlation(ranked, rank)) for name, rank in ranks), key=lambda pair: -abs(pair[1]))
    return Spread(middle, low, high, pilot.mean, 1.0 - share, bars, (ends[0], ends[1]), tuple(drivers))


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
