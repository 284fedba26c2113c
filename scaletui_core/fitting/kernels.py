"""The inner loops of Approach 3: the objective with gradient and Hessian, and damped Newton in a box.

A point is ``theta = (ln E, ln A', ln B', alpha, beta)`` where A' and B' are the terms at the centre of the runs, so
that ``ln L = ln(exp(ln E) + exp(ln A' - alpha x) + exp(ln B' - beta y))`` with ``x = ln N``, ``y = ln D``, both from
the centre. Residuals are ``r = ln L_hat - ln L``, and the objective is their weighted *sum* of ``rho(r)``.

All functions are plain and take arrays of float64; `scaletui_core.compiled.compiled` makes the machine's code of them.
"""

from __future__ import annotations

from math import exp, log

import numpy as np

from scaletui_core.compiled import summing
from scaletui_core.fitting.records import Array

HUBER, SQUARED, STUDENT = 0, 1, 2
DEGREES = 4.0
"""Degrees of freedom of Student's t."""
BLOCK = 512
"""Runs at a time, so that what lies between the loops stays in the first-level cache."""
SUMS = 21
"""Sums of an evaluation: the objective, five of the gradient, fifteen of the Hessian."""
ROOM = 6
"""Rows of a workspace: the shares of E, A and B in L_hat, the residual, and its two weights."""
CONVERGED, STALLED, RAN_OUT = 0, 1, 2


def predict(theta: Array, x: Array, y: Array, log_loss: Array, start: int, stop: int, work: Array) -> None:
    """Fill in the shares of the three terms and the residual of some runs."""
    irreducible, a, b, alpha, beta = exp(theta[0]), theta[1], theta[2], theta[3], theta[4]
    e_share, n_share, d_share, residual = work[0], work[1], work[2], work[3]
    for i in range(stop - start):
        of_n = exp(a - alpha * x[start + i])
        of_d = exp(b - beta * y[start + i])
        whole = irreducible + of_n + of_d
        each = 1.0 / whole
        e_share[i] = irreducible * each
        n_share[i] = of_n * each
        d_share[i] = of_d * each
        residual[i] = log(whole) - log_loss[start + i]


@summing
def weigh(kind: int, scale: float, weight: Array, start: int, count: int, work: Array) -> float:
    """Return the sum of rho over some runs, and fill in w rho' and w rho''."""
    residual, slope, bend = work[3], work[4], work[5]
    total = 0.0
    if kind == STUDENT:
        spread = DEGREES * scale * scale
        for i in range(count):
            r, w = residual[i], weight[start + i]
            below = spread + r * r
            slope[i] = w * (DEGREES + 1.0) * r / below
            bend[i] = w * (DEGREES + 1.0) * (spread - r * r) / (below * below)
            total += w * 0.5 * (DEGREES + 1.0) * log(below / spread)
    else:
        for i in range(count):
            r, w = residual[i], weight[start + i]
            held = min(max(r, -scale), scale)
            slope[i] = w * held
            bend[i] = w if held == r else 0.0
            total += w * held * (r - 0.5 * held)
    return total


@summing
def add_up(x: Array, y: Array, start: int, count: int, work: Array, sums: Array) -> None:
    """Add the gradient's and the Hessian's sums of some runs."""
    e_share, n_share, d_share, slope, bend = work[0], work[1], work[2], work[4], work[5]
    g_e = g_a = g_b = g_alpha = g_beta = 0.0
    ee = ea = eb = e_alpha = e_beta = aa = ab = a_alpha = a_beta = bb = b_alpha = b_beta = 0.0
    alpha_alpha = alpha_beta = beta_beta = 0.0
    for i in range(count):
        s, p, q, w1 = e_share[i], n_share[i], d_share[i], slope[i]
        both = bend[i] - w1
        u, v = -x[start + i], -y[start + i]
        s1, p1, q1 = w1 * s, w1 * p, w1 * q
        g_e += s1
        g_a += p1
        g_b += q1
        g_alpha += p1 * u
        g_beta += q1 * v
        bs, bp = both * s, both * p
        ee += bs * s + s1
        sp, sq, pq = bs * p, bs * q, bp * q
        pp, qq = bp * p + p1, both * q * q + q1
        ea += sp
        e_alpha += sp * u
        eb += sq
        e_beta += sq * v
        aa += pp
        a_alpha += pp * u
        alpha_alpha += pp * u * u
        bb += qq
        b_beta += qq * v
        beta_beta += qq * v * v
        ab += pq
        b_alpha += pq * u
        a_beta += pq * v
        alpha_beta += pq * u * v
    sums[1] += g_e
    sums[2] += g_a
    sums[3] += g_b
    sums[4] += g_alpha
    sums[5] += g_beta
    sums[6] += ee
    sums[7] += ea
    sums[8] += eb
    sums[9] += e_alpha
    sums[10] += e_beta
    sums[11] += aa
    sums[12] += ab
    sums[13] += a_alpha
    sums[14] += a_beta
    sums[15] += bb
    sums[16] += b_alpha
    sums[17] += b_beta
    sums[18] += alpha_alpha
    sums[19] += alpha_beta
    sums[20] += beta_beta


def evaluate(
    theta: Array, x: Array, y: Array, log_loss: Array, weight: Array, kind: int, scale: float, work: Array, sums: Array
) -> float:
    """Return the objective, and fill in ``sums``: the objective, its gradient, the upper triangle of its Hessian."""
    for k in range(SUMS):
        sums[k] = 0.0
    for start in range(0, x.size, BLOCK):
        stop = min(start + BLOCK, x.size)
        predict(theta, x, y, log_loss, start, stop, work)
        sums[0] += weigh(kind, scale, weight, start, stop - start, work)
        add_up(x, y, start, stop - start, work, sums)
    total: float = sums[0]
    return total


def objective(
    theta: Array, x: Array, y: Array, log_loss: Array, weight: Array, kind: int, scale: float, work: Array
) -> float:
    """Return the objective alone."""
    total = 0.0
    for start in range(0, x.size, BLOCK):
        stop = min(start + BLOCK, x.size)
        predict(theta, x, y, log_loss, start, stop, work)
        total += weigh(kind, scale, weight, start, stop - start, work)
    return total


def solve(sums: Array, damping: float, free: Array, matrix: Array, step: Array) -> float:
    """Fill in the Newton step of the free coordinates; return the decrease of the quadratic, or -1 where it has none.

    ``damping`` times each diagonal element is added to it. A matrix that is not positive definite has no step.
    """
    row = 0
    at = 6
    for i in range(5):
        for j in range(i, 5):
            matrix[i, j] = matrix[j, i] = sums[at]
            at += 1
    for i in range(5):
        step[i] = -sums[1 + i]
        if free[i] == 0.0:
            step[i] = 0.0
            for j in range(5):
                matrix[i, j] = matrix[j, i] = 0.0
            matrix[i, i] = 1.0
        else:
            matrix[i, i] += damping * abs(matrix[i, i])
    for i in range(5):  # Cholesky, in the lower triangle
        left = matrix[i, i]
        whole = abs(left)
        for k in range(i):
            left -= matrix[i, k] * matrix[i, k]
        if not left > 1e-13 * whole:
            return -1.0
        root = np.sqrt(left)
        matrix[i, i] = root
        for row in range(i + 1, 5):
            value = matrix[row, i]
            for k in range(i):
                value -= matrix[row, k] * matrix[i, k]
            matrix[row, i] = value / root
    gain = 0.0
    for i in range(5):
        value = step[i]
        for k in range(i):
            value -= matrix[i, k] * step[k]
        step[i] = value / matrix[i, i]
        gain += step[i] * step[i]
    for i in range(4, -1, -1):
        value = step[i]
        for k in range(i + 1, 5):
            value -= matrix[k, i] * step[k]
        step[i] = value / matrix[i, i]
    return 0.5 * gain


def descend(
    theta: Array, x: Array, y: Array, log_loss: Array, weight: Array, kind: int, scale: float, box: Array,
    tolerance: float, most: int, work: Array, sums: Array, scratch: Array,
) -> tuple[int, float, int]:  # fmt: skip
    """Move ``theta`` to a minimum of the objective in the box, by damped Newton steps with the true Hessian.

    Returns the status, the objective, and how often it was evaluated. It has converged where an undamped step would
    gain less than ``tolerance`` of the objective, or than rounding makes of it. ``box`` has shape (2, 5), ``sums``
    (2, 21), ``scratch`` (8, 5).
    """
    matrix, step, trial, free = scratch[:5], scratch[5], scratch[6], scratch[7]
    now, calls, damping = 0, 1, 0.0
    rounding = 1e-27 * x.size  # of residuals that are off by 3e-14
    here = evaluate(theta, x, y, log_loss, weight, kind, scale, work, sums[0])
    while True:
        slopes = sums[now]
        for i in range(5):
            outward = (theta[i] <= box[0, i] and slopes[1 + i] >= 0.0) or (
                theta[i] >= box[1, i] and slopes[1 + i] <= 0.0
            )
            free[i] = 0.0 if outward else 1.0
        gain = solve(slopes, damping, free, matrix, step)
        while gain < 0.0:
            damping = max(4.0 * damping, 1e-3)
            if damping > 1e12:
                return STALLED, here, calls
            gain = solve(slopes, damping, free, matrix, step)
        if damping <= 1e-6 and gain <= tolerance * here + rounding:
            for i in range(5):  # the last step is taken unseen: no more than the tolerance hangs on it
                theta[i] = min(max(theta[i] + step[i], box[0, i]), box[1, i])
            return CONVERGED, here - gain, calls
        if calls >= most:
            return RAN_OUT, here, calls
        moved = False
        for i in range(5):
            trial[i] = min(max(theta[i] + step[i], box[0, i]), box[1, i])
            moved = moved or trial[i] != theta[i]
        if not moved:
            return STALLED, here, calls
        there = evaluate(trial, x, y, log_loss, weight, kind, scale, work, sums[1 - now])
        calls += 1
        if there < here:
            good = here - there > 0.5 * gain
            damping = 0.0 if damping < 1e-4 else damping * (0.1 if good else 0.5)
            here = there
            now = 1 - now
            for i in range(5):
                theta[i] = trial[i]
        elif gain <= 1e-11 * here + rounding:
            return CONVERGED, here, calls  # what is left is rounding
        else:
            damping = max(4.0 * damping, 1e-3)


def refine(
    starts: Array, first: int, last: int, x: Array, y: Array, log_loss: Array, weight: Array, kind: int, scales: Array,
    box: Array, tolerance: float, most: int, values: Array, states: Array,
) -> None:  # fmt: skip
    """Move starts to minima, each through objectives of ever smaller scale; the last is the one that is asked for.

    ``starts`` is moved in place; ``values`` and ``states`` get the objective and the status of each.
    """
    work, sums, scratch = np.empty((ROOM, BLOCK)), np.empty((2, SUMS)), np.empty((8, 5))
    for k in range(first, last):
        theta = starts[k]
        for i in range(5):
            theta[i] = min(max(theta[i], box[0, i]), box[1, i])
        for s in range(scales.size):
            near = tolerance if s == scales.size - 1 else 1e-2
            state, value, _ = descend(
                theta, x, y, log_loss, weight, kind, scales[s], box, near, most, work, sums, scratch
            )
        values[k], states[k] = value, state


def refit(
    weights: Array, first: int, last: int, best: Array, x: Array, y: Array, log_loss: Array, kind: int, scale: float,
    box: Array, tolerance: float, most: int, found: Array, values: Array, states: Array,
) -> None:  # fmt: skip
    """Fit again from ``best`` under other weights of the runs, a row each; runs of no weight are left out."""
    work, sums, scratch = np.empty((ROOM, BLOCK)), np.empty((2, SUMS)), np.empty((8, 5))
    size = x.size
    kept = np.empty((4, size))
    for k in range(first, last):
        count = 0
        for i in range(size):
            if weights[k, i] > 0.0:
                kept[0, count], kept[1, count], kept[2, count] = x[i], y[i], log_loss[i]
                kept[3, count] = weights[k, i]
                count += 1
        theta = found[k]
        for i in range(5):
            theta[i] = best[i]
        states[k], values[k], _ = descend(
            theta, kept[0, :count], kept[1, :count], kept[2, :count], kept[3, :count], kind, scale, box, tolerance,
            most, work, sums, scratch,
        )  # fmt: skip


def look(
    starts: Array, x: Array, y: Array, log_loss: Array, weight: Array, kind: int, scale: float, values: Array
) -> None:
    """Fill in the objective at many points."""
    work = np.empty((ROOM, BLOCK))
    for k in range(starts.shape[0]):
        values[k] = objective(starts[k], x, y, log_loss, weight, kind, scale, work)
