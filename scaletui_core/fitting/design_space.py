"""What may be run, and what it would say: ln N and ln D inside bounds, and the variance of a design there."""

from __future__ import annotations

from math import exp, log
from typing import NamedTuple

import numpy as np

from scaletui_core.errors import InputError
from scaletui_core.fitting.information import Evidence, Target, gradients
from scaletui_core.fitting.records import Array
from scaletui_core.law_formulas import LN6, log_allocation
from scaletui_core.quantity_text import format_quantity

LARGER, WIDER = 10.0, 1.0
"""How far beyond the runs there are N and D may go by default, and how far beyond theirs D/N: not at all."""
SLACK = 1e-12
"""Share of the money by which rounding may exceed it."""
LINES = np.array([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5], [1.0, -1.0]])
"""Ways to move a run: in N, in D, at one D/N, each by 1 in ln C; and at one cost."""
_SIDE = 40  # values of N and of D on the grid


class Bounds(NamedTuple):
    """What may be run: least and most N [parameters], D [tokens] and D/N [tokens/parameter]."""

    params: tuple[float, float]
    tokens: tuple[float, float]
    ratio: tuple[float, float]


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


class Space:
    """The plane of one design, in ln N and ln D from the centre of the runs there are.

    Gradients are turned so that the information of those runs is 1: with ``I = T T^t``, ``g`` becomes ``T^-1 g``, and
    what is asked has the variance ``c^t (1 + sum g g^t)^-1 c`` once runs are added, whatever the units.

    Parameters
    ----------
    known : Evidence
        What the runs there are know.
    target : Target
        What is asked.
    spend : float
        The money [FLOP].
    bounds : Bounds
        What may be run.

    Raises
    ------
    InputError
        If nothing may be run, or nothing for the money.
    """

    def __init__(self, known: Evidence, target: Target, spend: float, bounds: Bounds) -> None:
        self.known, self.spend, self.bounds = known, spend, bounds
        self.room = log(spend) - LN6 - sum(known.centre)  # x + y of a run that takes all the money
        ends = [(log(low), log(high)) for low, high in bounds]
        self.low = np.array([ends[0][0] - known.centre[0], ends[1][0] - known.centre[1]])
        self.high = np.array([ends[0][1] - known.centre[0], ends[1][1] - known.centre[1]])
        self.ratio = tuple(end + known.centre[0] - known.centre[1] for end in ends[2])
        self.turn = np.linalg.inv(np.linalg.cholesky(known.matrix)).T
        self.asked = target.gradient @ self.turn

    def cost(self, points: Array) -> Array:
        """Return the share of the money that runs cost, shape (...) for points of shape (..., 2)."""
        return np.asarray(np.exp(points.sum(axis=-1) - self.room))

    def grid(self) -> Array:
        """Return points that may be run for the money, shape (many, 2), the cheapest first."""
        high = np.minimum(self.high, self.room - self.low[::-1])  # beyond, no run can be paid for
        axes = [np.linspace(low, max(low, end), _SIDE) for low, end in zip(self.low, high, strict=True)]
        points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)
        corner = self._cheapest()
        points = np.concatenate((corner[None], points[self.inside(points)]))
        return np.asarray(points[self.cost(points) <= 1.0 + SLACK])

    def _cheapest(self) -> Array:
        x, y = self.low
        x, y = max(x, y - self.ratio[1]), max(y, x + self.ratio[0])
        corner = np.array([x, y])
        if not self.inside(corner):
            text = "no N and D within their bounds have a D/N within its own"
            raise InputError(text, where="--min-ratio, --max-ratio")
        least = exp(x + y - self.room)
        if least > 1.0 + SLACK:
            n, d = (exp(one + middle) for one, middle in zip(corner, self.known.centre, strict=True))
            text = (
                f"too little for any run that is allowed: the cheapest, {format_quantity(n, 'parameters')} parameters "
                f"on {format_quantity(d, 'tokens')} tokens, costs {format_quantity(least * self.spend, 'FLOP')} FLOP"
            )
            raise InputError(text, where="--spend", hint="spend more, or lower --min-params or --min-tokens")
        return corner

    def inside(self, points: Array) -> Array:
        """Return whether points lie inside the bounds."""
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

    def reach(self, points: Array, sign: float) -> Array:
        """Return how far each run can go along each line before a bound, shape (lines, runs)."""
        lines = sign * np.column_stack((LINES, LINES[:, 1] - LINES[:, 0]))[:, None]
        at = np.column_stack((points, points[:, 1] - points[:, 0]))
        low, high = np.append(self.low, self.ratio[0]), np.append(self.high, self.ratio[1])
        with np.errstate(divide="ignore", invalid="ignore"):
            far = np.where(lines > 0.0, (high - at) / lines, np.where(lines < 0.0, (low - at) / lines, np.inf))
        return np.asarray(np.clip(far.min(axis=2), 0.0, 50.0))

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
            if low <= high + SLACK:
                x = log_allocation(a, b, alpha, beta) + both * beta / (alpha + beta)
                x = min(max(x, low), high)
                found.append((x, both - x))
        return np.array(found).reshape(-1, 2)
