"""What is fitted: runs with their final losses, and the curves of training; and what was odd about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]


class Fault(NamedTuple):
    """Something about a row of a file: why it cannot be used, or what is odd about it.

    Attributes
    ----------
    line : int
        Line of the file, counted from 1; 0 where it is about the file.
    reason : str
        What is wrong or odd, in words, foreign text made visible.
    kind : str
        ``bad`` (left out with ``--skip-bad``), or the oddity: ``nan``, ``spike``, ``duplicate``, ``d-below-n``, ...
    """

    line: int
    reason: str
    kind: str


@dataclass(frozen=True, slots=True)
class Runs:
    """Training runs with their final losses, sorted by N, D, C and loss, so that no result depends on their order.

    Attributes
    ----------
    params, tokens, flops : ndarray of float64, shape (n,)
        N [parameters], D [tokens], C [FLOP]; each above 0. Where a file gives two of them the third is by C = 6 N D.
    loss : ndarray of float64, shape (n,)
        Final loss [nats/token], above 0.
    lines : ndarray of int64, shape (n,)
        Line of the file that each is from, counted from 1.
    names : tuple of str
        Ids of the runs; empty where the file has none.
    file : str
        Name of the file, for people.
    digest : str
        SHA-256 of the numbers, in hexadecimal: the same for the same runs in any order and format.
    faults : tuple of Fault
        Rows that were left out, and oddities.
    derived : str
        Which of ``params``, ``tokens``, ``flops`` was computed from the others; empty where none was.
    told : str
        What a reader must know of how the losses came about, such as that they are the ends of curves.
    excluded : Runs or None
        The runs of the file that a person left out.
    """

    params: Array
    tokens: Array
    flops: Array
    loss: Array
    lines: Indices
    names: tuple[str, ...]
    file: str
    digest: str
    faults: tuple[Fault, ...] = ()
    derived: str = ""
    told: str = ""
    excluded: Runs | None = None

    @property
    def count(self) -> int:
        """How many runs there are."""
        return len(self.loss)


@dataclass(frozen=True, slots=True)
class Curves:
    """Training curves: of each run its N, and its smoothed loss against the tokens seen so far.

    Attributes
    ----------
    params : ndarray of float64, shape (m,)
        N of each curve [parameters].
    starts : ndarray of int64, shape (m + 1,)
        Where each curve's points begin in the arrays below; the last is their number.
    tokens, flops, loss : ndarray of float64, shape (p,)
        Tokens seen [tokens], compute spent [FLOP], and smoothed loss [nats/token], rising in tokens within a curve. At
        most a few thousand points a curve, spaced in the logarithm of tokens, however many rows the file has.
    names : tuple of str
        Ids of the runs.
    """

    params: Array
    starts: Indices
    tokens: Array
    flops: Array
    loss: Array
    names: tuple[str, ...]


def runs_of(
    params: npt.ArrayLike, tokens: npt.ArrayLike, loss: npt.ArrayLike, flops: npt.ArrayLike | None = None, *,
    lines: npt.ArrayLike | None = None, names: tuple[str, ...] = (), file: str = "", faults: tuple[Fault, ...] = (),
    derived: str = "", told: str = "",
) -> Runs:  # fmt: skip
    """Return runs of arrays, sorted, with their digest.

    Parameters
    ----------
    params, tokens, loss : array_like of shape (n,)
        N [parameters], D [tokens], final loss [nats/token]: finite numbers above 0, which a reader has checked.
    flops : array_like of shape (n,), optional
        C [FLOP]; 6 N D by default.
    lines, names, file, faults, derived, told
        As in `Runs`; lines are 1, 2, 3, ... by default.

    Examples
    --------
    >>> made = runs_of([2e8, 1e8], [4e9, 2e9], [2.9, 3.1])
    >>> made.params.tolist(), made.flops.tolist(), made.lines.tolist()
    ([100000000.0, 200000000.0], [1.2e+18, 4.8e+18], [2, 1])
    """
    import hashlib

    n, d, level = (np.array(values, dtype=np.float64) for values in (params, tokens, loss))
    c = 6.0 * n * d if flops is None else np.array(flops, dtype=np.float64)
    at = np.arange(1, len(n) + 1) if lines is None else np.array(lines, dtype=np.int64)
    order = np.lexsort((at, level, c, d, n))
    n, d, c, level = (np.ascontiguousarray(values[order]) for values in (n, d, c, level))
    digest = hashlib.sha256(np.stack((n, d, c, level)).astype("<f8").tobytes()).hexdigest()
    ordered = tuple(names[index] for index in order) if names else ()
    return Runs(
        n, d, c, level, at[order], ordered, file, digest, faults, derived or ("flops" if flops is None else ""), told
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """What every fit has: the same numbers refitted to resamples, and in words what to doubt.

    Attributes
    ----------
    names : tuple of str
        What the columns of ``sample`` are; each is also an attribute of the fit.
    sample : ndarray of float64, shape (bootstraps, len(names))
        The numbers from each resample; a row of NaN where a resample could not be fitted.
    converged : bool
        Whether the numbers are the optimum that was looked for.
    reasons : tuple of str
        Why not, or what is doubtful about the numbers.
    warnings : tuple of str
        What was odd about the data, and what was left out.
    """

    names: tuple[str, ...]
    sample: Array
    converged: bool = True
    reasons: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def column(self, name: str) -> Array:
        """Return the resampled values of one number, shape (bootstraps,), NaN where a resample could not be fitted."""
        return self.sample[:, self.names.index(name)]
