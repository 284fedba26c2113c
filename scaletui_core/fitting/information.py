"""What runs say of a law's five coefficients, and so of what it predicts: Fisher information and standard errors.

Residuals of ln L are taken as independent and of one spread, and the law as a straight line in its coefficients about
the fit. With ``g`` the gradient of ln L_hat at each run, ``I = sum g g^T`` is what the runs know, and a prediction
whose gradient is ``c`` has the variance ``f s^2 c^T I^-1 c`` (Atkinson, Donev and Tobias, 2007, Optimum Experimental
Designs, ch. 17), where ``s`` is the spread and ``f`` what the sum that was minimised makes of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import erf, exp, log, pi, sqrt
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from scaletui_core.errors import InputError
from scaletui_core.fitting.records import Array, Runs
from scaletui_core.law_formulas import LN6, log_allocation

if TYPE_CHECKING:  # it brings numba, which a design does not need
    from scaletui_core.fitting.parametric import Loss, ParametricFit

COEFFICIENTS = ("E", "A", "B", "alpha", "beta")
TARGETS = ("loss", "params")
_MEDIAN = 0.6744897501960817  # median absolute value of a standard normal
NO_NOISE = 1e-12
"""A spread of ln L that is rounding alone."""
_SINGULAR = 1e-12  # least share of the information's largest direction that is more than rounding


@dataclass(frozen=True, slots=True)
class Evidence:
    """What runs know of a law.

    Attributes
    ----------
    theta : ndarray, shape (5,)
        (ln E, ln A', ln B', alpha, beta), A' and B' the terms at the centre, as the kernels take them.
    centre : tuple of float
        Mean ln N and mean ln D of the runs.
    matrix : ndarray, shape (5, 5)
        The sum over runs of g g^T: the information where the spread and the factor are 1.
    spread : float
        Standard deviation of ln L of one run.
    loss : Loss
        What the fit summed, its scale filled in.
    params, tokens, ratio, flops : tuple of float
        Least and most N [parameters], D [tokens], D/N [tokens/parameter] and C = 6 N D [FLOP] of the runs.
    count : int
        How many runs there are.
    resamples : int
        Bootstrap fits that ``matrix`` is by; 0 where it is by the law's gradients.
    """

    theta: Array
    centre: tuple[float, float]
    matrix: Array
    spread: float
    loss: Loss
    params: tuple[float, float]
    tokens: tuple[float, float]
    ratio: tuple[float, float]
    flops: tuple[float, float]
    count: int
    resamples: int = 0

    @property
    def factor(self) -> float:
        """Variance of the fit over that of least squares, where residuals are normal."""
        return variance_factor(self.loss, self.spread)

    def error(self, gradient: Array) -> float:
        """Return the standard error of what has this gradient, by the runs there are."""
        return self.spread * sqrt(self.factor * float(gradient @ np.linalg.solve(self.matrix, gradient)))

    def with_sample(self, sample: Array) -> Evidence:
        """Return what bootstrap fits say the runs know, where their noise is not the same at every size.

        Parameters
        ----------
        sample : ndarray, shape (resamples, 5)
            ``(E, ln A, ln B, alpha, beta)`` of each, more than 5; NaN rows are left out.

        Raises
        ------
        InputError
            If the fits do not spread in five directions.
        """
        kept = sample[np.isfinite(sample).all(axis=1)]
        thetas = kept - np.outer(kept[:, 3], (0, self.centre[0], 0, 0, 0))
        thetas -= np.outer(kept[:, 4], (0, 0, self.centre[1], 0, 0))
        thetas[:, 0] = np.log(kept[:, 0])
        covariance = np.cov(thetas, rowvar=False) if len(kept) > 5 else np.zeros((5, 5))
        size = np.sqrt(np.diag(covariance))
        if not (size.min() > 0.0 and np.linalg.eigvalsh(covariance / np.outer(size, size))[0] > _SINGULAR):
            raise InputError("the bootstrap fits do not spread in all five coefficients", hint="take more --bootstraps")
        matrix = self.spread**2 * self.factor * np.linalg.inv(covariance)
        return replace(self, matrix=matrix, resamples=len(kept))


class Target(NamedTuple):
    """What a design is to say more of: the logarithm of a loss or of an optimal N, and its gradient in theta.

    ``params`` and ``tokens`` are where the law is asked; ``what`` is ``loss`` or ``params``.
    """

    what: str
    log_value: float
    gradient: Array
    params: float
    tokens: float


def log_terms(theta: Array, x: npt.ArrayLike, y: npt.ArrayLike) -> tuple[Array, Array, Array, Array]:
    """Return ln L_hat and the shares of E, A/N^alpha and B/D^beta in it, ``x`` and ``y`` from the centre.

    >>> [round(float(one), 12) for one in log_terms(np.array([log(2.0), log(1.0), log(1.0), 0.3, 0.4]), 0.0, 0.0)]
    [1.38629436112, 0.5, 0.25, 0.25]
    """
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    of_n, of_d = np.exp(theta[1] - theta[3] * x), np.exp(theta[2] - theta[4] * y)
    whole = exp(theta[0]) + of_n + of_d
    return np.log(whole), exp(theta[0]) / whole, of_n / whole, of_d / whole


def gradients(theta: Array, x: npt.ArrayLike, y: npt.ArrayLike) -> Array:
    """Return the gradient of ln L_hat in theta at each run, shape (..., 5)."""
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    _, s, p, q = log_terms(theta, x, y)
    return np.stack((s, p, q, -x * p, -y * q), axis=-1)


def information(theta: Array, x: npt.ArrayLike, y: npt.ArrayLike, spread: float = 1.0, factor: float = 1.0) -> Array:
    """Return the Fisher information of theta from runs, shape (5, 5).

    Parameters
    ----------
    theta : ndarray, shape (5,)
        (ln E, ln A', ln B', alpha, beta) from the centre.
    x, y : array_like of shape (n,)
        ln N and ln D of the runs, from the same centre.
    spread : float
        Standard deviation of ln L.
    factor : float
        Variance of the fit over that of least squares, as `variance_factor` gives it.
    """
    g = gradients(theta, x, y)
    return np.asarray(g.T @ g) / (factor * spread * spread)


def variance_factor(loss: Loss, spread: float) -> float:
    """Return the variance of a fit over that of least squares, if residuals of ln L are normal of this spread.

    It is ``E[psi^2] / E[psi']^2`` for a spread of 1 (Huber, 1964, doi:10.1214/aoms/1177703732): 1 for squares, and
    pi/2 for Huber's function far narrower than the spread, which is nearly that of absolute residuals.

    >>> from scaletui_core.fitting.parametric import Loss
    >>> [round(variance_factor(Loss("huber", delta), 0.01), 4) for delta in (1e-9, 1e-3, 0.01345, 1.0)]
    [1.5708, 1.4923, 1.0526, 1.0]
    """
    if loss.kind == "squared":
        return 1.0
    assert loss.scale is not None  # a fit fills it in
    k = loss.scale / max(spread, NO_NOISE)
    if loss.kind == "huber":
        inside = erf(k / sqrt(2.0))
        if k < 1e-4:
            return pi / 2.0
        edge = exp(-0.5 * k * k) / sqrt(2.0 * pi)
        return (inside - 2.0 * k * edge + k * k * (1.0 - inside)) / inside**2
    from scaletui_core.fitting.kernels import DEGREES

    z = np.linspace(-10.0, 10.0, 200_001)
    density, wide = np.exp(-0.5 * z * z), DEGREES * k * k
    slope, bend = z / (wide + z * z), (wide - z * z) / (wide + z * z) ** 2
    return float(np.sum(density) * np.sum(slope**2 * density) / np.sum(bend * density) ** 2)


def robust_spread(residuals: Array) -> float:
    """Return the standard deviation that residuals of five fitted coefficients speak for, outliers held off.

    The median of the largest n - 5 absolute residuals over that of a standard normal: a fit can make five of them zero.

    >>> rng = np.random.default_rng(0)
    >>> round(robust_spread(rng.standard_normal(10_000)), 1)
    1.0
    """
    sizes = np.sort(np.abs(residuals))
    return float(np.median(sizes[min(5, len(sizes) - 1) :])) / _MEDIAN


def evidence(
    params: npt.ArrayLike, tokens: npt.ArrayLike, coefficients: Sequence[float], loss: Loss, *,
    spread: float | None = None, levels: npt.ArrayLike | None = None,
) -> Evidence:  # fmt: skip
    """Return what runs know of a law that was fitted to them.

    Parameters
    ----------
    params, tokens : array_like of shape (n,)
        N [parameters] and D [tokens] of the runs.
    coefficients : sequence of five floats
        ``(E, ln A, ln B, alpha, beta)`` of the fit, E in nats/token.
    loss : Loss
        What the fit summed, its scale filled in.
    spread : float, optional
        Standard deviation of ln L; by default that of the residuals, 0 where no losses are given.
    levels : array_like of shape (n,), optional
        Final losses [nats/token], for the residuals.

    Raises
    ------
    InputError
        If the runs leave a coefficient open, with what is missing.
    """
    log_n, log_d = np.log(np.asarray(params, np.float64)), np.log(np.asarray(tokens, np.float64))
    order = np.lexsort((log_d, log_n))  # sums of floats depend on it
    log_n, log_d = log_n[order], log_d[order]
    centre = (float(log_n.mean()), float(log_d.mean())) if len(log_n) else (0.0, 0.0)
    e, log_a, log_b, alpha, beta = coefficients
    theta = np.array([log(e), log_a - alpha * centre[0], log_b - beta * centre[1], alpha, beta])
    x, y = log_n - centre[0], log_d - centre[1]
    matrix = information(theta, x, y)
    _check(matrix, log_n, log_d)
    if spread is None:
        spread = 0.0
        if levels is not None:
            spread = robust_spread(log_terms(theta, x, y)[0] - np.log(np.asarray(levels, np.float64))[order])
    ratio = log_d - log_n
    n, d, r, c = ((exp(float(one.min())), exp(float(one.max()))) for one in (log_n, log_d, ratio, log_n + log_d + LN6))
    return Evidence(theta, centre, matrix, spread, loss, n, d, r, c, len(log_n))


def evidence_of(runs: Runs, found: ParametricFit, spread: float | None = None) -> Evidence:
    """Return what runs know of the law fitted to them, as `evidence`.

    Raises
    ------
    InputError
        If the fit did not converge, or the runs leave a coefficient open.
    """
    if not found.converged:
        raise InputError(f"a design needs a fit that converged: {'; '.join(found.reasons)}", where=runs.file or None)
    return evidence(runs.params, runs.tokens, found.coefficients, found.loss, spread=spread, levels=runs.loss)


def _check(matrix: Array, log_n: Array, log_d: Array) -> None:
    """Refuse runs that leave a coefficient open."""
    need = "a design needs runs that fix all five coefficients"
    if len(log_n) < 5:
        raise InputError(f"{need}, at least 5: there are {len(log_n)}", hint="run a few small models first")
    for values, what, symbol in ((log_n, "sizes", "N"), (log_d, "amounts of data", "D")):
        found = 1 + int(np.sum(np.diff(np.sort(values)) > 1e-6))
        if found < 3:
            text = f"{need}, of at least 3 {what}: there are {found}"
            raise InputError(text, hint=f"add cheap runs of another {symbol} first")
    size = np.sqrt(np.diag(matrix))
    for index in (1, 2):
        if not size[index] > 1e-9:
            name, symbol = (("A/N^alpha", "N"), ("B/D^beta", "D"))[index - 1]
            text = f"{need}: in these, {name} is too small to be seen"
            raise InputError(text, hint=f"add runs of smaller {symbol}")
    values, vectors = np.linalg.eigh(matrix / np.outer(size, size))
    if not values[0] > _SINGULAR * values[-1]:
        open_ = [name for name, part in zip(COEFFICIENTS, vectors[:, 0], strict=True) if abs(part) > 0.2]
        text = f"{need}: these cannot tell {', '.join(open_[:-1])} and {open_[-1]} apart"
        raise InputError(text, hint="add cheap runs of other N, D and D/N first")


def target_at(known: Evidence, params: float, tokens: float) -> Target:
    """Return the loss of a model of N parameters and its D tokens as what is asked."""
    x, y = log(params) - known.centre[0], log(tokens) - known.centre[1]
    log_loss = log_terms(known.theta, x, y)[0]
    return Target("loss", float(log_loss), gradients(known.theta, x, y), params, tokens)


def target_of(known: Evidence, flops: float, what: str = "loss") -> Target:
    """Return the loss of the compute-optimal model of a budget [FLOP], or its N, as what is asked.

    The optimum moves with the coefficients, but the loss is level there: its gradient is that at fixed N and D.

    Raises
    ------
    InputError
        If ``what`` is neither ``loss`` nor ``params``, or the exponents have no optimum.
    """
    if what not in TARGETS:
        raise InputError(f"must be one of {', '.join(TARGETS)}", where="--target")
    a, b, alpha, beta = (float(one) for one in known.theta[1:])
    if not (alpha > 0.0 and beta > 0.0):
        raise InputError("no model is optimal under exponents that are not above 0")
    log_c = log(flops) - LN6 - sum(known.centre)
    x = log_allocation(a, b, alpha, beta) + log_c * beta / (alpha + beta)
    y = log_c - x
    params, tokens = exp(x + known.centre[0]), exp(y + known.centre[1])
    if what == "loss":
        return target_at(known, params, tokens)
    gradient = np.array([0.0, 1.0, -1.0, 1.0 / alpha - x, y - 1.0 / beta]) / (alpha + beta)
    return Target("params", log(params), gradient, params, tokens)
