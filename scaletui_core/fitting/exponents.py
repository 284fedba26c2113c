"""Where the objective of Approach 3 may be lowest: solved for E, A and B at every pair of a grid of exponents.

For given exponents the loss is linear in E, A and B, so that each pair takes one small system of equations (variable
projection, Golub and Pereyra, 1973, doi:10.1137/0710036).
"""

from __future__ import annotations

from math import exp, log

import numpy as np

from scaletui_core.compiled import summing
from scaletui_core.fitting.kernels import BLOCK, DEGREES, ROOM, STUDENT, objective
from scaletui_core.fitting.records import Array


@summing
def normal_sums(u: Array, v: Array, level: Array, weight: Array, sums: Array) -> None:
    """Fill in the weighted sums of the normal equations of ``level = E + A u + B v``."""
    one = first = second = uu = uv = vv = of_one = of_u = of_v = 0.0
    for i in range(u.size):
        w, wu, wv = weight[i], weight[i] * u[i], weight[i] * v[i]
        one += w
        first += wu
        second += wv
        uu += wu * u[i]
        uv += wu * v[i]
        vv += wv * v[i]
        of_one += w * level[i]
        of_u += wu * level[i]
        of_v += wv * level[i]
    sums[0], sums[1], sums[2], sums[3], sums[4], sums[5] = one, first, second, uu, uv, vv
    sums[6], sums[7], sums[8] = of_one, of_u, of_v


def least_squares(sums: Array, found: Array) -> None:
    """Solve for E, A and B, none below zero: the best of the seven sets of them that may be above it."""
    best = 0.0
    found[0] = found[1] = found[2] = 0.0
    m = np.empty((3, 4))
    answer = np.empty(3)
    for chosen in range(7, 0, -1):
        for i in range(3):
            for j in range(3):
                low, high = min(i, j), max(i, j)
                m[i, j] = sums[high] if low == 0 else sums[2 + high if low == 1 else 5]
            m[i, 3] = sums[6 + i]
        for i in range(3):
            if not (chosen >> i) & 1:
                for j in range(4):
                    m[i, j] = 0.0
                    if j < 3:
                        m[j, i] = 0.0
                m[i, i] = 1.0
        sound = True
        for i in range(3):
            if not m[i, i] > 1e-12 * sums[0 if i == 0 else (3 if i == 1 else 5)] and (chosen >> i) & 1:
                sound = False
                break
            for k in range(i + 1, 3):
                ratio = m[k, i] / m[i, i]
                for j in range(i, 4):
                    m[k, j] -= ratio * m[i, j]
        if not sound:
            continue
        gain = 0.0
        for i in range(2, -1, -1):
            value = m[i, 3]
            for j in range(i + 1, 3):
                value -= m[i, j] * answer[j]
            answer[i] = value / m[i, i]
            sound = sound and (answer[i] > 0.0 or not (chosen >> i) & 1)
        if not sound:
            continue
        for i in range(3):
            gain += answer[i] * sums[6 + i]  # what the squares fall by
        if gain > best:
            best = gain
            for i in range(3):
                found[i] = answer[i]
            if chosen == 7:
                return


def reweigh(u: Array, v: Array, level: Array, weight: Array, found: Array, kind: int, scale: float, out: Array) -> None:
    """Fill in the weights of relative squares that stand for rho at these E, A and B."""
    for i in range(u.size):
        r = (found[0] + found[1] * u[i] + found[2] * v[i]) / level[i] - 1.0
        squares = weight[i] / (level[i] * level[i])
        if kind == STUDENT:
            out[i] = squares * (DEGREES + 1.0) / (DEGREES + r * r / (scale * scale))
        else:
            out[i] = squares * min(1.0, scale / max(abs(r), 1e-300))


def profile(
    exponents: Array, x: Array, y: Array, level: Array, log_loss: Array, weight: Array, kind: int, scale: float,
    rounds: int, thetas: Array, values: Array,
) -> None:  # fmt: skip
    """Solve for E, A and B at each pair of exponents, and fill in the points and their objectives.

    For given exponents the loss is linear in E, A and B: relative squares are solved, weighed again ``rounds`` times so
    that they stand for rho. ``thetas`` has shape (k, k, 5), ``values`` (k, k) for k exponents.
    """
    size, many = x.size, exponents.size
    of_n, of_d, squares = np.empty((many, size)), np.empty((many, size)), np.empty(size)
    work, sums, found = np.empty((ROOM, BLOCK)), np.empty(9), np.empty(3)
    for k in range(many):
        for i in range(size):
            of_n[k, i] = exp(-exponents[k] * x[i])
            of_d[k, i] = exp(-exponents[k] * y[i])
    for k in range(many):
        for j in range(many):
            u, v, theta = of_n[k], of_d[j], thetas[k, j]
            for i in range(size):
                squares[i] = weight[i] / (level[i] * level[i])
            for turn in range(rounds + 1):
                normal_sums(u, v, level, squares, sums)
                least_squares(sums, found)
                if turn < rounds:
                    reweigh(u, v, level, weight, found, kind, scale, squares)
            for i in range(3):
                theta[i] = log(max(found[i], 1e-9))
            theta[3], theta[4] = exponents[k], exponents[j]
            values[k, j] = objective(theta, x, y, log_loss, weight, kind, scale, work)
