"""Approach 3: L = E + A/N^alpha + B/D^beta fitted to final losses, at the global minimum of the objective.

The objective is that of Hoffmann et al. (2022), Appendix D.2: the *sum* over runs of Huber(ln L_hat - ln L) with
delta = 1e-3. It has plateaus and local minima that stop a general optimiser, so the minimum is found by construction:
for given exponents the loss is linear in E, A and B, and so a grid of exponents shows every valley there is (variable
projection); the bottoms of these and the best of Hoffmann's 4500 starts are refined by damped Newton steps with the
true Hessian, each through objectives of falling delta. Then the runs are weighted at random, and the minimum that each
such weighting leads to is tried for a lower one (Wood, 2001, doi:10.1111/j.0006-341X.2001.00240.x).
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from scaletui_core.compiled import compiled
from scaletui_core.errors import InputError
from scaletui_core.fitting import exponents, kernels
from scaletui_core.fitting.inputs import DELTA, LOSSES
from scaletui_core.fitting.records import Array, Indices, Runs
from scaletui_core.quantity_text import format_quantity

FEWEST = 6
"""Runs that five coefficients need, so that there is a residual."""
FEW = 1000.0
"""Parameters that no language model has: the column is in millions or billions."""
LEAST, MOST = 1e-3, 10.0
"""Where exponents are looked for; at an end of that none was found."""

_EXPONENTS = np.geomspace(0.02, 2.5, 20)
_ROUNDS, _VALLEYS, _BEST, _SHAKEN = 2, 12, 4, 24
_STEPS, _LAST, _TOLERANCE = 100, 1000, 1e-13
_FAR = 1e9  # a scale beyond all residuals: squares
_SEARCHED = 4096  # runs that the search looks at; the rest join in the last refinement
_LOOKED = 64  # runs that starts are ranked by
_DEPTH = 4.0  # of ln(term/loss) at the centre of the runs
_COLLINEAR = 0.9999
_ONE_BUDGET = 0.3  # of ln C: 35%
_UNITS = "is the column in millions or billions? write 17M, or the number in full"


class Loss(NamedTuple):
    """What is summed over residuals r of ln L.

    Attributes
    ----------
    kind : str
        ``huber``: r^2/2 inside ``scale``, scale (abs(r) - scale/2) outside; ``squared``: r^2/2; ``student-t``: minus
        the logarithm of the density with 4 degrees of freedom, ``scale`` its width.
    scale : float or None
        Residual in ln L; None chooses it from the data: for Huber 1.345 times the robust deviation of the residuals,
        for Student's t the most likely one.
    """

    kind: str = "huber"
    scale: float | None = DELTA

    @property
    def number(self) -> int:
        """The kernels' number of the kind."""
        return LOSSES.index(self.kind)

    @property
    def width(self) -> float:
        """The scale as the kernels take it: of squares one beyond all residuals."""
        return _FAR if self.kind == "squared" or self.scale is None else self.scale


HOFFMANN = Loss()
"""Huber with delta = 1e-3, what Hoffmann et al. sum."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Runs as the kernels take them.

    Attributes
    ----------
    x, y : ndarray, shape (n,)
        ln N and ln D from their centre.
    log_loss, weight : ndarray, shape (n,)
        ln L, and ones.
    centre : tuple of float
        Mean ln N and mean ln D.
    box : ndarray, shape (2, 5)
        Where a point may lie.
    """

    x: Array
    y: Array
    log_loss: Array
    weight: Array
    centre: tuple[float, float]
    box: Array

    def theta(self, coefficients: Sequence[float]) -> Array:
        """Return the point of ``(E, ln A, ln B, alpha, beta)``."""
        e, log_a, log_b, alpha, beta = coefficients
        return np.array([np.log(e), log_a - alpha * self.centre[0], log_b - beta * self.centre[1], alpha, beta])

    def coefficients(self, thetas: Array) -> Array:
        """Return ``(E, ln A, ln B, alpha, beta)`` of points, shape (..., 5)."""
        out = thetas.copy()
        out[..., 0] = np.exp(thetas[..., 0])
        out[..., 1] += thetas[..., 3] * self.centre[0]
        out[..., 2] += thetas[..., 4] * self.centre[1]
        return out


@dataclass(frozen=True, slots=True)
class ParametricFit:
    """The minimum that was found.

    Attributes
    ----------
    coefficients : tuple of float
        ``(E, ln A, ln B, alpha, beta)``, E in nats/token.
    theta : ndarray, shape (5,)
        The same from the centre of the runs, as the kernels take it.
    objective : float
        The sum over runs of rho(ln L_hat - ln L).
    loss : Loss
        What was summed, its scale filled in.
    converged : bool
        Whether it is a minimum inside the box, where the Hessian is positive definite.
    reasons : tuple of str
        Why it is not, in words.
    starts, agreeing : int
        Refined starts, and how many of them ended at this minimum.
    """

    coefficients: tuple[float, float, float, float, float]
    theta: Array
    objective: float
    loss: Loss
    converged: bool
    reasons: tuple[str, ...]
    starts: int
    agreeing: int

    @property
    def exponents(self) -> tuple[float, float]:
        """``a = beta/(alpha + beta)`` and ``b``, of N_opt ~ C^a and D_opt ~ C^b (Hoffmann et al., Eq. 4)."""
        alpha, beta = self.coefficients[3:]
        return beta / (alpha + beta), alpha / (alpha + beta)


def problem_of(runs: Runs) -> Problem:
    """Return runs as the kernels take them.

    Raises
    ------
    InputError
        If no fit of five coefficients can follow from them, with what is missing.
    """
    need = "Approach 3 fits five coefficients"
    if runs.count < FEWEST:
        raise InputError(f"{need} and needs at least {FEWEST} runs, not {runs.count}", where=runs.file or None)
    if runs.params.max() < FEW:
        size = format_quantity(float(runs.params.max()), "parameters")
        raise InputError(f"no run has more than {size} parameters", where=runs.file or None, hint=_UNITS)
    log_n, log_d, log_loss = np.log(runs.params), np.log(runs.tokens), np.log(runs.loss)
    for name, values, what in (("parameters", log_n, "sizes"), ("tokens", log_d, "amounts of data")):
        found = _distinct(values)
        if found < 3:
            text = f"{need} and needs runs of at least 3 {what}, not {found}: add runs of other {name}"
            raise InputError(text, where=runs.file or None)
    if np.ptp(log_loss) == 0.0:
        raise InputError("every run has the same loss: nothing falls with N or D", where=runs.file or None)
    along = float(np.corrcoef(log_n, log_d)[0, 1])
    if abs(along) > _COLLINEAR or float(np.ptp(np.log(runs.flops))) < _ONE_BUDGET:
        low, high = (format_quantity(float(end), "FLOP") for end in (runs.flops.min(), runs.flops.max()))
        if along < 0.0:
            text = f"every run has one budget ({low} to {high} FLOP): add runs of other budgets"
        else:
            text = "D rises with N along one line, so their terms cannot be told apart: add runs of other D/N"
        raise InputError(text, where=runs.file or None)
    centre = float(log_n.mean()), float(log_d.mean())
    x, y = log_n - centre[0], log_d - centre[1]
    least, most = float(log_loss.min()), float(log_loss.max())
    wide = [MOST * float(np.abs(values).max()) for values in (x, y)]
    box = np.array(
        [
            [least - 20.0, least - 20.0 - wide[0], least - 20.0 - wide[1], LEAST, LEAST],
            [most + 1.0, most + 1.0 + wide[0], most + 1.0 + wide[1], MOST, MOST],
        ]
    )
    return Problem(x, y, log_loss, np.ones(runs.count), centre, box)


def _distinct(values: Array) -> int:
    """Return how many values differ by more than rounding, of logarithms."""
    return 1 + int(np.sum(np.diff(np.sort(values)) > 1e-6))


def score(runs: Runs, coefficients: Sequence[float], loss: Loss = HOFFMANN) -> float:
    """Return the objective of a law: the sum over runs of rho(ln L_hat - ln L).

    Parameters
    ----------
    runs : Runs
        Any number of them.
    coefficients : sequence of five floats
        ``(E, ln A, ln B, alpha, beta)``, E in nats/token and above 0.
    loss : Loss
        What is summed; its scale must be given.

    Examples
    --------
    >>> from math import log
    >>> from scaletui_core.fitting.records import runs_of
    >>> runs = runs_of([1e9], [1e8], [13.0])  # the lecture's exercise: L = 13 exactly
    >>> round(score(runs, (2.0, log(1e3), log(1e3), 1 / 3, 1 / 4)), 12)
    0.0
    """
    e, log_a, log_b, alpha, beta = coefficients
    work = np.empty((kernels.ROOM, kernels.BLOCK))
    theta = np.array([np.log(e), log_a, log_b, alpha, beta])
    columns = (np.log(runs.params), np.log(runs.tokens), np.log(runs.loss), np.ones(runs.count))
    return float(compiled(kernels.objective)(theta, *columns, loss.number, loss.width, work))


def fit(runs: Runs, loss: Loss = HOFFMANN, *, exhaustive: bool = False, threads: int = 1) -> ParametricFit:
    """Fit Approach 3 to runs, at the global minimum of its objective.

    Parameters
    ----------
    runs : Runs
        At least 6, of at least 3 sizes and 3 amounts of data.
    loss : Loss
        What is summed over runs.
    exhaustive : bool
        Refine all 4500 of Hoffmann's starts too.
    threads : int
        Threads; they change the time, never the result.

    Raises
    ------
    InputError
        If no fit can follow from the runs.

    References
    ----------
    Hoffmann et al. (2022), arXiv:2203.15556, Sec. 3.3 and Appendix D.2. Besiroglu et al. (2024), arXiv:2404.10102: the
    original averaged over runs instead of summing, so that its optimiser stopped early.

    Examples
    --------
    >>> from scaletui_core.fitting.synthetic import synthetic
    >>> found = fit(synthetic((1.8, 6.2, 7.7, 0.35, 0.37), noise=0.0))
    >>> [round(value, 6) for value in found.coefficients], found.converged
    ([1.8, 6.2, 7.7, 0.35, 0.37], True)
    """
    problem = problem_of(runs)
    if loss.kind == "squared":
        return _fit(problem, loss._replace(scale=_FAR), exhaustive, threads)
    if loss.scale is not None:
        return _fit(problem, loss, exhaustive, threads)
    found = _fit(problem, Loss("huber", DELTA), exhaustive, threads)
    for _ in range(20):
        scale = _scale_of(problem, found.theta, loss.kind)
        last, found = found, _fit(problem, loss._replace(scale=scale), exhaustive, threads)
        if last.loss.kind == loss.kind and abs(scale - (last.loss.scale or 0.0)) <= 1e-6 * scale:
            break
    return found


def residuals(problem: Problem, theta: Array) -> Array:
    """Return ln L_hat - ln L of each run."""
    a, b, alpha, beta = theta[1:]
    whole = np.exp(theta[0]) + np.exp(a - alpha * problem.x) + np.exp(b - beta * problem.y)
    return np.asarray(np.log(whole) - problem.log_loss)


def _scale_of(problem: Problem, theta: Array, kind: str) -> float:
    """Return the scale that residuals speak for."""
    r = residuals(problem, theta)
    deviation = float(np.median(np.abs(r))) / 0.6744897501960817  # of a normal
    if kind == "huber":
        return max(1.345 * deviation, 1e-9)
    scale = max(deviation, 1e-9)
    for _ in range(200):
        weights = (kernels.DEGREES + 1.0) / (kernels.DEGREES + (r / scale) ** 2)
        before, scale = scale, max(float(np.sqrt(np.mean(weights * r * r))), 1e-9)
        if abs(scale - before) <= 1e-9 * scale:
            break
    return scale


def hoffmann_starts(problem: Problem) -> Array:
    """Return Hoffmann's 4500 starts: ln E, ln A, ln B, alpha, beta on a grid (Appendix D.2)."""
    grids = np.meshgrid(
        [-1.0, -0.5, 0.0, 0.5, 1.0], *[np.arange(0.0, 30.0, 5.0)] * 2, *[np.arange(0.0, 2.5, 0.5)] * 2, indexing="ij"
    )
    starts = np.stack([grid.ravel() for grid in grids], axis=1)
    starts[:, 1] -= starts[:, 3] * problem.centre[0]
    starts[:, 2] -= starts[:, 4] * problem.centre[1]
    return np.ascontiguousarray(starts)


def _seen(problem: Problem, starts: Array) -> Array:
    """Return starts whose terms can be seen: where a term is nothing at the centre of the runs, nothing moves it."""
    out = starts.copy()
    out[:, 1:3] = np.clip(starts[:, 1:3], problem.log_loss.min() - _DEPTH, problem.log_loss.max() + 1.0)
    return out


def _fit(problem: Problem, loss: Loss, exhaustive: bool, threads: int) -> ParametricFit:
    scale = loss.scale or _FAR
    small = _part(problem, _SEARCHED)
    straight, falling = np.array([scale]), _falling(scale)
    bottoms = _valleys(small, loss, scale)
    starts = _seen(problem, hoffmann_starts(problem))
    heights = np.empty(len(starts))
    compiled(kernels.look)(starts, *_columns(_part(problem, _LOOKED)), loss.number, scale, heights)
    few = starts[np.argsort(heights, kind="stable")[:_BEST]]
    tried = [
        _refined(small, np.concatenate((bottoms, few)), loss, straight, threads),
        _refined(small, np.concatenate((bottoms, few)), loss, falling, threads),
    ]
    if exhaustive:
        tried.append(_refined(small, starts, loss, falling[1:], threads))
    points, values = np.concatenate([one[0] for one in tried]), np.concatenate([one[1] for one in tried])
    for _ in range(3):
        best = points[np.argmin(values)]
        shaken = _shaken(small, best, loss, scale, threads)
        more, heights, _ = _refined(small, shaken, loss, straight, threads)
        lower = heights.min() < values.min() * (1.0 - 1e-9)
        points, values = np.concatenate((points, more)), np.concatenate((values, heights))
        if not lower:
            break
    best = points[np.argmin(values)][None]
    (theta,), (value,), (state,) = _refined(problem, best, loss, straight, 1, _LAST)
    agreeing = int(np.sum(values <= values.min() * (1.0 + 1e-9) + 1e-300))
    reasons = _reasons(problem, theta, int(state))
    e, log_a, log_b, alpha, beta = (float(one) for one in problem.coefficients(theta))
    used = loss._replace(scale=scale)
    return ParametricFit(
        (e, log_a, log_b, alpha, beta), theta, float(value), used, not reasons, reasons, len(values), agreeing
    )


def _columns(problem: Problem) -> tuple[Array, Array, Array, Array]:
    return problem.x, problem.y, problem.log_loss, problem.weight


def _part(problem: Problem, most: int) -> Problem:
    """Return every so many-th run of a large problem, so that the search takes no longer than for a small one."""
    if len(problem.x) <= most:
        return problem
    which = np.linspace(0, len(problem.x) - 1, most).astype(np.int64)
    x, y, log_loss, weight = (values[which] for values in _columns(problem))
    return Problem(x, y, log_loss, weight, problem.centre, problem.box)


def _falling(scale: float) -> Array:
    """Return scales that fall to the one that is asked for."""
    return np.array([_FAR, *(step for step in (0.1, 0.01) if step > scale), scale])


def _valleys(problem: Problem, loss: Loss, scale: float) -> Array:
    """Return the bottoms of the objective over the exponents, the lowest first."""
    many = len(_EXPONENTS)
    thetas, values = np.empty((many, many, 5)), np.empty((many, many))
    level = np.exp(problem.log_loss)
    compiled(exponents.profile)(
        _EXPONENTS, problem.x, problem.y, level, problem.log_loss, problem.weight, loss.number, scale, _ROUNDS, thetas,
        values,
    )  # fmt: skip
    padded = np.pad(values, 1, constant_values=np.inf)
    beside = [padded[1 + i : many + 1 + i, 1 + j : many + 1 + j] for i in (-1, 0, 1) for j in (-1, 0, 1) if i or j]
    bottoms = np.flatnonzero((values <= np.min(beside, axis=0)).ravel())
    lowest = bottoms[np.argsort(values.ravel()[bottoms], kind="stable")[:_VALLEYS]]
    return thetas.reshape(-1, 5)[lowest]


def _refined(
    problem: Problem, starts: Array, loss: Loss, scales: Array, threads: int, most: int = _STEPS
) -> tuple[Array, Array, Indices]:
    """Return where starts lead, the objective there, and the state of each."""
    points, values = starts.copy(), np.empty(len(starts))
    states = np.empty(len(starts), np.int64)
    kernel = compiled(kernels.refine)

    def run(first: int, last: int) -> None:
        kernel(
            points, first, last, *_columns(problem), loss.number, scales, problem.box, _TOLERANCE, most, values, states
        )  # fmt: skip

    in_chunks(run, len(starts), 64, threads)
    return points, values, states


def in_chunks(run: Any, count: int, size: int, threads: int) -> None:
    """Call ``run(first, last)`` for chunks of so many, on threads; what each writes does not depend on them."""
    spans = [(first, min(first + size, count)) for first in range(0, count, size)]
    if threads < 2 or len(spans) < 2:
        for span in spans:
            run(*span)
        return
    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(run, *span) for span in spans]:
            done.result()


def refitted(
    problem: Problem, theta: Array, loss: Loss, weights: Array, threads: int = 1, tolerance: float = 1e-8
) -> tuple[Array, Array, Indices]:
    """Return the minima from ``theta`` on under other weights of the runs, a row each: points, objectives, states."""
    count = len(weights)
    points, values, states = np.empty((count, 5)), np.empty(count), np.empty(count, np.int64)
    kernel = compiled(kernels.refit)

    def run(first: int, last: int) -> None:
        kernel(
            weights, first, last, theta, problem.x, problem.y, problem.log_loss, loss.number, loss.width, problem.box,
            tolerance, _LAST, points, values, states,
        )  # fmt: skip

    in_chunks(run, count, 64, threads)
    return points, values, states


def _shaken(problem: Problem, theta: Array, loss: Loss, scale: float, threads: int) -> Array:
    """Return the minima under random weights of the runs, from which a lower one than ``theta`` may be reached."""
    weights = np.random.default_rng(0).exponential(size=(_SHAKEN, len(problem.x)))
    return refitted(problem, theta, loss._replace(scale=scale), weights, threads, 1e-4)[0]


def _reasons(problem: Problem, theta: Array, state: int) -> tuple[str, ...]:
    """Return why a point is no minimum that the data speak for."""
    shares = np.exp(theta[:3])
    loss = np.exp(problem.log_loss)
    terms = (
        (shares[1] * np.exp(-theta[3] * problem.x), "N", "A/N^alpha"),
        (shares[2] * np.exp(-theta[4] * problem.y), "D", "B/D^beta"),
    )
    out = []
    for term, symbol, words in terms:
        if float(np.max(term / loss)) < 1e-7:
            out.append(f"the data show no term {words}: the loss does not fall with {symbol}")
    for value, name in ((theta[3], "alpha"), (theta[4], "beta")):
        if not out and not LEAST * 1.001 < value < MOST * 0.999:
            out.append(f"{name} ran to {value:.3g}, an end of where it is looked for: the data do not bound it")
    if not out and state != kernels.CONVERGED:
        out.append("the search stopped before its steps had become small")
    return tuple(out)
