"""Random numbers for samples: every chunk a Latin hypercube, the same whatever the threads.

The samples of one input are a shuffled grid of equally likely strata, so that a median or a quantile of a single input
is exact to one part in the number of samples, and inputs are paired at random. Each input and chunk has a generator of
its own, seeded by the seed, the input's name and the chunk: neither the number of threads nor another uncertain input
changes what an input draws.
"""

from __future__ import annotations

import threading
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from scaletui_core.traced import Draw

Array = npt.NDArray[np.float64]
CHUNK = 16384
"""The most samples of a chunk: what all steps of a chunk touch then stays in a processor's cache."""
_PHASES = 128  # strata of a chunk are that many times finer over all chunks: 2^20 in all


def chunk_sizes(samples: int) -> list[int]:
    """Return the sizes of the chunks that make up a number of samples: all alike where a few more chunks allow it.

    The strata of chunks that are alike make up one even grid, and quantiles of a single input come out exact.

    >>> chunk_sizes(40000), chunk_sizes(16411), len(chunk_sizes(100_000))
    ([10000, 10000, 10000, 10000], [8206, 8205], 8)
    """
    least = -(-samples // CHUNK)
    count = next((n for n in range(least, 2 * least) if samples % n == 0), least)
    return [samples // count + (index < samples % count) for index in range(count)]


class Draws:
    """The draws of a run.

    Parameters
    ----------
    seed : int
        Any whole number from 0 up.
    samples : int
        How many samples the run has.

    Attributes
    ----------
    sizes : list of int
        Samples of each chunk.
    """

    def __init__(self, seed: int, samples: int) -> None:
        self.sizes = chunk_sizes(samples)
        self.seed = seed
        self._phases = min(len(self.sizes), _PHASES)
        self._grids: dict[tuple[str, int, int], Array] = {}
        self._lock = threading.Lock()

    def fill(self, draw: Draw, chunk: int, out: Array) -> None:
        """Put the draws of one chunk into an array of its size: standard normals, or uniforms between 0 and 1."""
        out[:] = self._grid(draw.kind, self.sizes[chunk], chunk % self._phases)
        key = (zlib.crc32(draw.name.encode()), chunk)
        seed: Any = np.random.SeedSequence(self.seed, spawn_key=key)
        np.random.Generator(np.random.SFC64(seed)).shuffle(out)

    def _grid(self, kind: str, size: int, phase: int) -> Array:
        key = (kind, size, phase)
        if key not in self._grids:
            grid = (np.arange(size) + (phase + 0.5) / self._phases) / size
            with self._lock:
                self._grids[key] = ndtri(grid) if kind == "normal" else grid
        return self._grids[key]
