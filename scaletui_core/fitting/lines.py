"""Weighted least squares of a line and of a parabola, for many sets of weights at once, in closed form."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from scaletui_core.fitting.records import Array

FLAT = 1e-15
"""A variance of x [of its half-width, squared] that is none: of a single x, up to rounding."""


class Lines(NamedTuple):
    """Lines ``y = level + slope (x - centre)``, one a set of weights; NaN where the weights leave a single x."""

    slope: Array
    level: Array
    centre: float

    @property
    def start(self) -> Array:
        """Where each line is at x = 0."""
        return self.level - self.slope * self.centre


class Parabolas(NamedTuple):
    """Parabolas ``y = c0 + c1 z + c2 z^2`` in ``z = (x - centre) / scale``, one a set of weights.

    They mean nothing where the weights leave fewer than three different x; the caller counts.
    """

    c0: Array
    c1: Array
    c2: Array
    centre: float
    scale: float


class Unit(NamedTuple):
    """Where x is measured from, and the length it is measured in: about its middle, and half its width."""

    centre: float
    scale: float


def _unit(x: Array) -> Unit:
    return Unit(float(x.mean()), float(np.ptp(x)) / 2.0 or 1.0)


def weighted(weights: Array, values: Array) -> Array:
    """Return the weighted sums of values, which are the same for all sets of weights or have a row for each.

    Not by BLAS, whose last bits may depend on its threads, and whose threads wait for each other on a busy machine.
    """
    return np.asarray(np.einsum("ij,j->i" if values.ndim == 1 else "ij,ij->i", weights, values), dtype=np.float64)


def lines(x: Array, y: Array, weights: Array, unit: Unit | None = None) -> Lines:
    """Return the lines of least squares.

    Parameters
    ----------
    x, y : ndarray of float64, shape (n,) or (sets, n)
        Where, and what was measured there; finite also where the weight is 0.
    weights : ndarray of float64, shape (sets, n)
        Not negative.
    unit : Unit, optional
        For an x of many rows, so that the last bits of one set do not depend on which others are there.

    Examples
    --------
    >>> found = lines(np.array([1.0, 2.0, 4.0]), np.array([3.0, 5.0, 9.0]), np.ones((1, 3)))
    >>> round(float(found.slope[0]), 12), round(float(found.start[0]), 12)
    (2.0, 1.0)
    """
    centre, scale = unit or _unit(x)
    z = (x - centre) / scale
    with np.errstate(divide="ignore", invalid="ignore"):
        total = weights.sum(axis=1)
        mean_z, mean_y = weighted(weights, z) / total, weighted(weights, y) / total
        spread = weighted(weights, z * z) / total - mean_z * mean_z
        spread = np.where(spread > FLAT, spread, np.nan)
        slope = (weighted(weights, y * z) / total - mean_z * mean_y) / spread
    return Lines(slope / scale, mean_y - slope * mean_z, centre)


def parabolas(x: Array, y: Array, weights: Array, unit: Unit | None = None) -> Parabolas:
    """Return the parabolas of least squares (all as for `lines`).

    The normal equations are in polynomials that are orthogonal over all x, so that those of a resample are far from
    singular wherever it keeps three different x that are far apart.

    Examples
    --------
    >>> found = parabolas(np.array([0.0, 1.0, 2.0, 4.0]), np.array([1.0, 2.0, 5.0, 17.0]), np.ones((1, 4)))
    >>> found.centre, found.scale, round(float(found.c2[0]), 12)
    (1.75, 2.0, 4.0)
    """
    centre, scale = unit or _unit(x)
    z = (x - centre) / scale
    square, lean = 1.0 / 3.0, 0.0  # as if spread evenly
    if unit is None:
        square = float((z * z).mean())
        lean = float((z * z * z).mean()) / square if square else 0.0
    bend = z * z - lean * z - square
    with np.errstate(divide="ignore", invalid="ignore"):
        total = weights.sum(axis=1)
        mean_z, mean_bend, mean_y = (weighted(weights, values) / total for values in (z, bend, y))
        zz = weighted(weights, z * z) / total - mean_z * mean_z
        zb = weighted(weights, z * bend) / total - mean_z * mean_bend
        bb = weighted(weights, bend * bend) / total - mean_bend * mean_bend
        zy = weighted(weights, y * z) / total - mean_z * mean_y
        by = weighted(weights, y * bend) / total - mean_bend * mean_y
        determinant = zz * bb - zb * zb
        on_z, on_bend = (zy * bb - by * zb) / determinant, (by * zz - zy * zb) / determinant
        level = mean_y - on_z * mean_z - on_bend * mean_bend
        return Parabolas(level - on_bend * square, on_z - on_bend * lean, on_bend, centre, scale)
