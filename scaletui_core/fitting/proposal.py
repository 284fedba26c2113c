"""Which runs next: those of a given cost that leave the least variance of one prediction (a c-optimal design).

Runs are spread over a grid by greedy choice and exchange (Fedorov, 1972, Theory of Optimal Experiments), from several
ways to split the money; the best of these are then moved off the grid, two coordinates at a time: one run grows by what
another gives up. The search has no randomness in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, expm1, log, log1p
from typing import NamedTuple

import numpy as np

from scaletui_core.errors import InputError
from scaletui_core.fitting.information import Evidence, Target, gradients
from scaletui_core.fitting.records import Array
from scaletui_core.law_formulas import LN6, training_flops
from scaletui_core.quantity_text import format_quantity

LARGER, WIDER = 10.0, 3.0
"""How far beyond the runs there are N and D may go by default, and how far beyond theirs D/N."""
LADDER = 10.0**0.5
"""Step in compute of the ladder that a design is compared with."""
MOST_RUNS = 20
_SIDE = 40  # values of N and of D on the grid
_SPLITS = (0.6, 0.3, 0.1)  # what each run may cost over the one before
_CHEAP = 1e-3  # what a cheap run may cost over a dear one
_KEPT = 6  # splits that are moved off the grid
_TRADED = 4  # runs that are let grow, and that are let shrink, at a time
_LINES = np.array([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5], [1.0, -1.0]])  # in N, in D, at one D/N, at one cost
_STEPS = np.concatenate([sign * np.geomspace(1.0, 1e-7, 22) for sign in (1.0, -1.0)])
_ROUNDS, _GAIN = 600, 1e-10
_SLACK = 1e-12


class Bounds(NamedTuple):
    """What may be run: least and most N [parameters], D [tokens] and D/N [tokens/parameter]."""

    params: tuple[float, float]
    tokens: tuple[float, float]
    ratio: tuple[float, float]


class Step(NamedTuple):
    """One run of a design, and the standard error once it and those before it are there.

    Attributes
    ----------
    params, tokens, flops : float
        N [parameters], D [tokens] and C = 6 N D [FLOP].
    share : float
        Its part of the money.
    error : float
        Standard error of the logarithm of what is asked.
    """

    params: float
    tokens: float
    flops: float
    share: float
    error: float


@dataclass(frozen=True, slots=True)
class Proposal:
    """Runs to do next, what they are expected to say, and what others of the same cost would.

    Attributes
    ----------
    target : Target
        What is asked.
    bounds : Bounds
        Where runs were looked for.
    spend : float
        The money [FLOP].
    error_now : float
        Standard error of the logarithm of what is asked, by the runs there are.
    runs : tuple of Step
        The design, the run that says most first.
    single, ladder : tuple of Step
        All the money on one compute-optimal run, and on compute-optimal runs a half decade of compute apart.
    """

    target: Target
    bounds: Bounds
    spend: float
    error_now: float
    runs: tuple[Step, ...]
    single: tuple[Step, ...]
    ladder: tuple[Step, ...]

    @property
    def error_after(self) -> float:
        """Standard error once the design is run."""
        return self.runs[-1].error

    @property
    def shrinkage(self) -> float:
        """Share of the interval's width that the design takes off."""
        return 1.0 - self.error_after / self.error_now


def bounds_of(
    known: Evidence, *, params: tuple[float | None, float | None] = (None, None),
    tokens: tuple[float | None, float | None] = (None, None), ratio: tuple[float | None, float | None] = (None, None),
) -> Bounds:  # fmt: skip
    """Return what may be run; None stands for the default: from the least that was run to ten times the most.

    D/N may go three times beyond what was run, on both sides.

    Raises
    ------
    InputError
        If a least is above its most.
    """
    defaults = (
        (known.params[0], LARGER * known.params[1]),
        (known.tokens[0], LARGER * known.tokens[1]),
        (known.ratio[0] / WIDER, WIDER * known.ratio[1]),
    )
    pairs, names = [], ("params", "tokens", "ratio")
    for name, asked, default in zip(names, (params, tokens, ratio), defaults, strict=True):
        low, high = (own if given is None else given for given, own in zip(asked, default, strict=True))
        if not low <= high:
            unit = {"params": "parameters", "tokens": "tokens", "ratio": "tokens/parameter"}[name]
            least, most = (format_quantity(end, unit) for end in (low, high))
            given = "min" if asked[1] is None else "max"
            text = f"no run is left: the least {name} is {least} and the most {most}"
            raise InputError(text, where=f"--{given}-{name}")
        pairs.append((low, high))
    return Bounds(*pairs)


def propose(known: Evidence, target: Target, spend: float, runs: int, bounds: Bounds | None = None) -> Proposal:
    """Return the runs of a cost that leave the least standard error of what is asked.

    Parameters
    ----------
    known : Evidence
        What the runs there are know.
    target : Target
        What is asked, of `target_of` or `target_at`.
    spend : float
        What the new runs may cost together [FLOP].
    runs : int
        How many there may be, at most 20; runs of the same N and D differ in their seed.
    bounds : Bounds, optional
        What may be run.

    Raises
    ------
    InputError
        If no run that is allowed is cheap enough, or none at all is.

    Examples
    --------
    >>> from scaletui_core.fitting.information import evidence_of, target_of
    >>> from scaletui_core.fitting.parametric import Loss, fit
    >>> from scaletui_core.fitting.synthetic import synthetic
    >>> made = synthetic((1.8, 6.2, 7.7, 0.35, 0.37), noise=0.003)
    >>> known = evidence_of(made, fit(made, Loss("squared")))
    >>> found = propose(known, target_of(known, 1e24), 1e22, 3)
    >>> len(found.runs), found.error_after < found.single[-1].error < found.error_now
    (3, True)
    """
    if not 1 <= runs <= MOST_RUNS:
        raise InputError(f"must be 1 to {MOST_RUNS}", where="--runs")
    search = _Search(known, target, spend, runs, bounds or bounds_of(known))
    single, ladder = search.optimal((1.0,)), search.optimal(_rungs(runs))
    ladder = ladder if len(ladder) else single
    return Proposal(
        target, search.bounds, spend, search.error(search.points[:0]), search.steps(search.best((single, ladder))),
        search.steps(single), search.steps(ladder),
    )  # fmt: skip


def _rungs(runs: int) -> tuple[float, ...]:
    """Return the shares of the money of a ladder, the largest first."""
    shares = LADDER ** -np.arange(runs, dtype=np.float64)
    return tuple(float(share) for share in shares / shares.sum())


class _Search:
    """The search of one proposal, in ln N and ln D from the centre of the runs.

    Gradients are turned so that the information of the runs there are is 1: with ``I = T T^t``, ``g`` becomes
    ``T^-1 g``, and what is asked has ``c^t (1 + sum g g^t)^-1 c`` once runs are added, whatever the units.
    """

    def __init__(self, known: Evidence, target: Target, spend: float, runs: int, bounds: Bounds) -> None:
        self.known, self.spend, self.runs, self.bounds = known, spend, runs, bounds
        self.room = log(spend) - LN6 - sum(known.centre)  # x + y of a run that takes all the money
        ends = [(log(low), log(high)) for low, high in bounds]
        self.low = np.array([ends[0][0] - known.centre[0], ends[1][0] - known.centre[1]])
        self.high = np.array([ends[0][1] - known.centre[0], ends[1][1] - known.centre[1]])
        self.ratio = tuple(end + known.centre[0] - known.centre[1] for end in ends[2])
        self.turn = np.linalg.inv(np.linalg.cholesky(known.matrix)).T
        self.asked = target.gradient @ self.turn
        self.points = self._grid()
        self.turned = self.gradients(self.points)
        self.cost = np.exp(self.points.sum(axis=-1) - self.room)

    def _grid(self) -> Array:
        axes = [
            np.linspace(low, high, _SIDE if high > low else 1) for low, high in zip(self.low, self.high, strict=True)
        ]
        points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)
        corner = self._cheapest()
        points = np.concatenate((corner[None], points[self._inside(points)]))
        return points[np.exp(points.sum(axis=-1) - self.room) <= 1.0 + _SLACK]

    def _cheapest(self) -> Array:
        x, y = self.low
        x, y = max(x, y - self.ratio[1]), max(y, x + self.ratio[0])
        corner = np.array([x, y])
        if not self._inside(corner):
            text = "no N and D within their bounds have a D/N within its own"
            raise InputError(text, where="--min-ratio, --max-ratio")
        least = exp(x + y - self.room)
        if least > 1.0 + _SLACK:
            n, d = (exp(one + middle) for one, middle in zip(corner, self.known.centre, strict=True))
            text = (
                f"too little for any run that is allowed: the cheapest, {format_quantity(n, 'parameters')} parameters "
                f"on {format_quantity(d, 'tokens')} tokens, costs {format_quantity(least * self.spend, 'FLOP')} FLOP"
            )
            raise InputError(text, where="--spend", hint="spend more, or lower --min-params or --min-tokens")
        return corner

    def _inside(self, points: Array) -> Array:
        x, y = points[..., 0], points[..., 1]
        near = 1e-9
        return np.asarray(
            np.all((points >= self.low - near) & (points <= self.high + near), axis=-1)
            & (y - x >= self.ratio[0] - near)
            & (y - x <= self.ratio[1] + near)
        )

    def gradients(self, points: Array) -> Array:
        """Return the turned gradients at points, shape (..., 5)."""
        return np.asarray(gradients(self.known.theta, points[..., 0], points[..., 1]) @ self.turn)

    def variance(self, points: Array) -> Array:
        """Return the variance of designs (..., runs, 2) where spread and factor are 1, shape (...)."""
        g = self.gradients(points)
        matrix = np.eye(5) + np.swapaxes(g, -1, -2) @ g
        asked = np.broadcast_to(self.asked[:, None], (*matrix.shape[:-2], 5, 1))
        return np.asarray(np.linalg.solve(matrix, asked)[..., 0] @ self.asked)

    def error(self, points: Array) -> float:
        """Return the standard error with these runs added."""
        return float(self.known.spread * np.sqrt(self.known.factor * self.variance(points)))

    def optimal(self, shares: tuple[float, ...]) -> Array:
        """Return the compute-optimal runs of shares of the money, or the nearest to them that are allowed."""
        _, a, b, alpha, beta = self.known.theta
        found = []
        (x_low, y_low), (x_high, y_high) = self.low, self.high
        # The dearest run that is allowed: the bounds' upper corner, cut off by D/N.
        most = min(x_high, y_high - self.ratio[0]) + min(y_high, x_high + self.ratio[1])
        for share in shares:
            both = min(self.room + log(share), most)
            low = max(x_low, both - y_high, 0.5 * (both - self.ratio[1]))
            high = min(x_high, both - y_low, 0.5 * (both - self.ratio[0]))
            if low <= high + _SLACK:
                x = (log(alpha / beta) + a - b + beta * both) / (alpha + beta)
                x = min(max(x, low), high)
                found.append((x, both - x))
        return np.array(found).reshape(-1, 2)

    def steps(self, points: Array) -> tuple[Step, ...]:
        """Return runs with what each adds, the one that says most first."""
        left, done, out = list(range(len(points))), [], []
        for _ in range(len(points)):
            trials = np.stack([points[[*done, index]] for index in left])
            values = self.variance(trials)
            # Of runs that say the same the larger stands first, whatever rounding makes of it.
            near = [k for k in range(len(left)) if values[k] <= float(values.min()) * (1.0 + 1e-9)]
            done.append(left.pop(max(near, key=lambda k: float(points[left[k]].sum()))))
            n, d = (exp(float(one) + middle) for one, middle in zip(points[done[-1]], self.known.centre, strict=True))
            flops = training_flops(n, d)
            out.append(Step(n, d, flops, flops / self.spend, self.error(points[done])))
        return tuple(out)

    def best(self, more: tuple[Array, ...]) -> Array:
        """Return the best design that was found, among and beyond ``more``."""
        starts = [points for points in more if len(points)]
        plans = [split ** np.arange(self.runs, dtype=np.float64) for split in _SPLITS]
        for dear in range(1, self.runs + 1):  # so many alike, alone or beside cheap ones
            plans += [np.ones(dear), np.append(np.ones(dear), np.full(self.runs - dear, _CHEAP))]
        for shares in plans:
            starts.append(self.points[self._exchanged(self._greedy(shares / shares.sum()))])
        starts.sort(key=lambda points: float(self.variance(points)))
        kept: list[Array] = []
        for points in starts:
            new = all(len(points) != len(one) or not np.allclose(points, one) for one in kept)
            if len(kept) < _KEPT and new:
                kept.append(points)
        return min((self._moved(points) for points in kept), key=lambda points: float(self.variance(points)))

    def _gains(self, inverse: Array) -> Array:
        """Return what each point of the grid would take off the variance."""
        turned = self.turned @ inverse
        return np.asarray((turned @ self.asked) ** 2 / (1.0 + np.sum(turned * self.turned, axis=1)))

    def _inverse(self, chosen: list[int]) -> Array:
        g = self.turned[chosen]
        return np.asarray(np.linalg.inv(np.eye(5) + g.T @ g))

    def _greedy(self, shares: Array) -> list[int]:
        """Return points of the grid, each the one that says most of those its share and what is left over pay for."""
        chosen: list[int] = []
        over = 0.0
        for share in shares:
            allowed = self.cost <= share + over + _SLACK
            over += share
            if allowed.any():
                gains = np.where(allowed, self._gains(self._inverse(chosen)), -1.0)
                chosen.append(int(np.argmax(gains)))
                over -= float(self.cost[chosen[-1]])
        return chosen or [0]

    def _exchanged(self, chosen: list[int]) -> list[int]:
        """Return points after each was exchanged for a better one that can be paid for, until none is."""
        for _ in range(20):
            swapped = False
            for k in range(len(chosen)):
                others = chosen[:k] + chosen[k + 1 :]
                allowed = self.cost <= 1.0 - float(self.cost[others].sum()) + _SLACK
                allowed[chosen[k]] = True
                gains = np.where(allowed, self._gains(self._inverse(others)), -1.0)
                index = int(np.argmax(gains))
                if gains[index] > gains[chosen[k]] * (1.0 + 1e-9):
                    chosen, swapped = [*chosen[:k], index, *chosen[k + 1 :]], True
            if not swapped:
                break
        return chosen

    def _moved(self, points: Array) -> Array:
        """Return a design moved to where no trade between two coordinates betters it."""
        here = float(self.variance(points))
        for _ in range(_ROUNDS):
            trials = self._trials(points)
            if not len(trials):
                break
            values = self.variance(trials)
            index = int(np.argmin(values))
            if not values[index] < here * (1.0 - _GAIN):
                break
            points, here = trials[index], float(values[index])
        return points

    def _trials(self, points: Array) -> Array:
        """Return designs near one, none dearer than the money: runs that gain most grow by what others give up."""
        cost = np.exp(points.sum(axis=1) - self.room)
        spare = max(1.0 - float(cost.sum()), 0.0)
        moved = _LINES[:, None, None, :] * np.eye(len(points))[:, :, None]  # (line, run, run, 2)
        slope = (self.variance(points - 1e-6 * moved) - self.variance(points + 1e-6 * moved)) / 2e-6
        ahead, behind = self._reach(points, 1.0), self._reach(points, -1.0)
        out = []
        for run in np.argsort(-np.abs(slope[-1]), kind="stable")[:_TRADED]:
            steps = np.append(_STEPS, (ahead[-1, run], -behind[-1, run]))
            out.append(points + steps[:, None, None] * moved[-1, run])
        worth = slope[:-1] / cost
        up = _first(np.where(ahead[:-1] > 1e-9, -worth, np.inf))
        down = _first(np.where(behind[:-1] > 1e-9, worth, np.inf))
        for line, run in up:
            steps = np.append(_STEPS, (ahead[line, run], log1p(spare / cost[run])))
            out.append(points + steps[:, None, None] * moved[line, run])
            for other_line, other in down:
                if other != run:
                    last = log1p(cost[other] * -expm1(-behind[other_line, other]) / cost[run])
                    rise = np.append(_STEPS, (ahead[line, run], last))
                    left = 1.0 - cost[run] * np.expm1(rise) / cost[other]
                    rise, left = rise[left > 0.0], left[left > 0.0]
                    trade = (
                        rise[:, None, None] * moved[line, run] + np.log(left)[:, None, None] * moved[other_line, other]
                    )
                    out.append(points + trade)
        trials = np.concatenate(out)
        fits = np.all(self._inside(trials), axis=1)
        fits &= np.exp(trials.sum(axis=2) - self.room).sum(axis=1) <= 1.0 + _SLACK
        return np.asarray(trials[fits])

    def _reach(self, points: Array, sign: float) -> Array:
        """Return how far each run can go along each line before a bound, shape (lines, runs)."""
        lines = sign * np.column_stack((_LINES, _LINES[:, 1] - _LINES[:, 0]))[:, None]
        at = np.column_stack((points, points[:, 1] - points[:, 0]))
        low, high = np.append(self.low, self.ratio[0]), np.append(self.high, self.ratio[1])
        with np.errstate(divide="ignore", invalid="ignore"):
            far = np.where(lines > 0.0, (high - at) / lines, np.where(lines < 0.0, (low - at) / lines, np.inf))
        return np.asarray(np.clip(far.min(axis=2), 0.0, 50.0))


def _first(order: Array) -> list[tuple[int, int]]:
    """Return where the lowest finite values stand."""
    places = np.argsort(order, axis=None, kind="stable")[:_TRADED]
    return [divmod(int(k), order.shape[1]) for k in places if np.isfinite(order.flat[k])]
