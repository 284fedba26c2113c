"""Slow, independent twins of the scaling laws, written from the papers; nothing of the project is imported here.

Losses are computed as printed, in plain N and D; optima are searched for on the isoFLOP line D = C/6N, and budgets by
root finding on that search. E is left out of every search: it moves no optimum, and costs digits.
"""

from __future__ import annotations

from collections.abc import Callable
from math import exp, log

import numpy as np
from scipy.optimize import brentq, minimize_scalar

PF_DAY = 1e15 * 24 * 3600

# --- power laws: Kaplan 2020 Table 6, Llama 3 Sec. 3.2.1, DeepSeek Eq. 2 and 4 --------------------------------------


def power(k: float, p: float, c: float) -> float:
    """Return k C^p."""
    return float(k * np.power(c, p))


def kaplan_optimum(c: float) -> tuple[float, float]:
    """Return the N and D that Kaplan's Table 6 gives for C_min [FLOP]."""
    days = c / PF_DAY
    return 1.3e9 * days**0.73, 2e10 * days**0.27


def kaplan_loss(c: float) -> float:
    """Return Kaplan's L(C_min), Eq. 1.3."""
    return float((3.1e8 / (c / PF_DAY)) ** 0.050)


def llama_3_optimum(c: float) -> tuple[float, float]:
    """Return D = .299 C^.537 and the N that spends the rest."""
    d = 0.299 * c**0.537
    return c / (6 * d), d


def deepseek_optimum(c: float) -> tuple[float, float]:
    """Return M/6 and D of DeepSeek's Eq. 4."""
    return 0.1715 * c**0.5243 / 6, 5.8316 * c**0.4757


# --- parametric laws: Hoffmann 2022 Eq. 2 and 4 ---------------------------------------------------------------------


def parametric_loss(n: float, d: float, e: float, a: float, b: float, alpha: float, beta: float) -> float:
    """Return E + A/N^alpha + B/D^beta."""
    return float(e + a / n**alpha + b / d**beta)


def parametric_optimum(c: float, a: float, b: float, alpha: float, beta: float) -> tuple[float, float]:
    """Return the N and D that minimise the loss at 6ND = C."""

    def excess(log_n: float) -> float:
        n = exp(log_n)
        return parametric_loss(n, c / (6 * n), 0.0, a, b, alpha, beta)

    grid = np.linspace(log(1e-3), log(c), 2001)
    best = int(np.argmin([excess(x) for x in grid]))
    bounds = (grid[max(best - 1, 0)], grid[min(best + 1, 2000)])
    n = exp(minimize_scalar(excess, bounds=bounds, method="bounded", options={"xatol": 1e-12}).x)
    return n, c / (6 * n)


# --- repeated data: Muennighoff 2023 Eq. 5 to 7 ---------------------------------------------------------------------


def own_size(d: float, a: float, b: float, alpha: float, beta: float) -> float:
    """Return the N whose optimal number of tokens is D, by root finding on Hoffmann's Eq. 4."""
    g = (alpha * a / (beta * b)) ** (1 / (alpha + beta))

    def tokens_missed(log_c: float) -> float:
        return (log_c - log(6)) * alpha / (alpha + beta) - log(g) - log(d)

    c = exp(brentq(tokens_missed, -50, 600, xtol=1e-13, rtol=1e-14))
    return c / (6 * d)


def repeated_loss(
    n: float, d: float, u: float, e: float, a: float, b: float, alpha: float, beta: float, r_d: float, r_n: float
) -> float:
    """Return the loss of N parameters on D tokens of which U are unique, from the definitions in ORACLES.md."""
    u_d = min(u, d)
    repeats_d = d / u_d - 1
    u_n = min(n, own_size(u_d, a, b, alpha, beta))
    repeats_n = max(n / u_n - 1, 0)
    n_effective = u_n + u_n * r_n * (1 - np.exp(-repeats_n / r_n))
    d_effective = u_d + u_d * r_d * (1 - np.exp(-repeats_d / r_d))
    return float(e + a / n_effective**alpha + b / d_effective**beta)


def repeated_optimum(
    c: float, u: float, a: float, b: float, alpha: float, beta: float, r_d: float, r_n: float
) -> tuple[float, float]:
    """Return the N and D that minimise the repeated loss at 6ND = C: a dense grid in ln N, refined ten times.

    In extended precision, because far above U the loss is flat to more digits than a float has. For alpha = beta, where
    U_N is a fixed share of U_D.
    """
    share = np.longdouble(own_size(1.0, a, b, alpha, beta))
    c_, u_ = np.longdouble(c), np.longdouble(u)

    def excess(log_n: np.ndarray) -> np.ndarray:
        n = np.exp(log_n)
        d = c_ / (6 * n)
        u_d = np.minimum(u_, d)
        u_n = np.minimum(n, share * u_d)
        n_effective = u_n + u_n * r_n * (1 - np.exp(-(n / u_n - 1) / r_n))
        d_effective = u_d + u_d * r_d * (1 - np.exp(-(d / u_d - 1) / r_d))
        return a * n_effective**-alpha + b * d_effective**-beta

    low, high = np.longdouble(-20), np.log(c_)
    for _ in range(10):
        grid = low + (high - low) * np.arange(2001, dtype=np.longdouble) / 2000
        best = int(np.argmin(excess(grid)))
        low, high = grid[max(best - 2, 0)], grid[min(best + 2, 2000)]
        if high - low < 1e-8:
            break
    n = exp(float((low + high) / 2))
    return n, c / (6 * n)


# --- budgets --------------------------------------------------------------------------------------------------------


def budget_for(value: float, quantity: Callable[[float], float], low: float = 1e6, high: float = 1e40) -> float:
    """Return the C at which ``quantity(C)`` is ``value``, for a quantity that rises or falls with C throughout."""

    def missed(log_c: float) -> float:
        return log(quantity(exp(log_c))) - log(value)

    return exp(brentq(missed, log(low), log(high), xtol=1e-12, rtol=1e-14))


# --- fits -----------------------------------------------------------------------------------------------------------


def fit_objective(
    coefficients: np.ndarray, n: np.ndarray, d: np.ndarray, loss: np.ndarray, delta: float | None = 1e-3
) -> float:
    """Return the sum over runs of Huber(ln L_hat - ln L) at (ln E, ln A, ln B, alpha, beta); squares without delta."""
    total = 0.0
    e, a, b, alpha, beta = (float(value) for value in coefficients)
    for size, data, level in zip(n, d, loss, strict=True):
        r = abs(log(exp(e) + exp(a) * size**-alpha + exp(b) * data**-beta) - log(level))
        total += r * r / 2 if delta is None or r <= delta else delta * (r - delta / 2)
    return total


def fit_gradient(
    coefficients: np.ndarray, n: np.ndarray, d: np.ndarray, loss: np.ndarray, delta: float | None = 1e-3
) -> np.ndarray:
    """Return the gradient of `fit_objective`, by hand, for optimisers that are compared with ours."""
    e, a, b, alpha, beta = coefficients
    x, y = np.log(n), np.log(d)
    terms = np.stack((np.full_like(x, np.exp(e)), np.exp(a - alpha * x), np.exp(b - beta * y)))
    whole = terms.sum(axis=0)
    r = np.log(whole) - np.log(loss)
    slope = r if delta is None else np.clip(r, -delta, delta)
    share = slope * terms / whole
    return np.array([share[0].sum(), share[1].sum(), share[2].sum(), -(share[1] * x).sum(), -(share[2] * y).sum()])
