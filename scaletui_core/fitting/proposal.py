"""Which runs next: those of a given cost that leave the least variance of one prediction (a c-optimal design)."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, sqrt
from typing import NamedTuple

import numpy as np

from scaletui_core.errors import InputError
from scaletui_core.fitting.design_search import Search
from scaletui_core.fitting.design_space import Bounds, Space, bounds_of
from scaletui_core.fitting.information import NO_NOISE, Evidence, Target
from scaletui_core.fitting.records import Array
from scaletui_core.law_formulas import training_flops

LADDER = 10.0**0.5
"""Step in compute of the ladder that a design is compared with."""
_OPEN = 5.0  # standard error of a logarithm beyond which a straight line says nothing


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
        How many there may be; runs of the same N and D differ in their seed.
    bounds : Bounds, optional
        What may be run.

    Raises
    ------
    InputError
        If no run that is allowed is cheap enough, none at all is, no noise is known, or
        the runs there are say next to nothing of what is asked.

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
    if not known.spread > NO_NOISE:
        text = "the runs lie on the law without any noise, so no interval has a width"
        raise InputError(text, where="--noise", hint="say what a run's noise will be: --noise 0.5%")
    if runs < 1:
        raise InputError("must be at least 1", where="--runs")
    space = Space(known, target, spend, bounds or bounds_of(known))
    single, ladder = space.optimal((1.0,)), _ladder(space, runs)
    none = _error(space, single[:0])
    if none > _OPEN:
        what = "N_opt" if target.what == "params" else "L"
        text = f"the runs there are leave {what} open: the standard error of its logarithm is {none:.3g}"
        raise InputError(text, hint="add cheap runs of other N, D and D/N first")
    found = Search(space, runs).best((single, ladder))
    return Proposal(
        target, space.bounds, spend, none, _steps(space, found), _steps(space, single), _steps(space, ladder)
    )


def _ladder(space: Space, runs: int) -> Array:
    """Return compute-optimal runs that cost all the money, a step apart, of which none is below the bounds."""
    for count in range(runs, 1, -1):
        shares = LADDER ** -np.arange(count, dtype=np.float64)
        points = space.optimal(tuple(float(share) for share in shares / shares.sum()))
        if len(points) == count:
            return points
    return space.optimal((1.0,))


def _error(space: Space, points: Array) -> float:
    """Return the standard error with these runs added."""
    return space.known.spread * sqrt(space.known.factor * float(space.variance(points)))


def _steps(space: Space, points: Array) -> tuple[Step, ...]:
    """Return runs with what each adds, the one that says most first."""
    left, done, out = list(range(len(points))), list[int](), list[Step]()
    for _ in range(len(points)):
        values = space.variance(np.stack([points[[*done, index]] for index in left]))
        # Of runs that say the same the larger stands first, whatever rounding makes of it.
        near = [k for k in range(len(left)) if values[k] <= float(values.min()) * (1.0 + 1e-9)]
        done.append(left.pop(max(near, key=lambda k: float(points[left[k]].sum()))))
        n, d = (exp(float(one) + middle) for one, middle in zip(points[done[-1]], space.known.centre, strict=True))
        flops = training_flops(n, d)
        out.append(Step(n, d, flops, flops / space.spend, _error(space, points[done])))
    return tuple(out)
