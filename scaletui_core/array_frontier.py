"""Frontiers over millions of budgets: N_opt, D_opt and L of arrays, in one pass over memory."""

from __future__ import annotations

from math import exp, log
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from scaletui_core.compiled import compiled
from scaletui_core.errors import InputError
from scaletui_core.law_formulas import (
    LN6,
    log_power,
    log_repeated_params,
    parametric_loss,
    repeated_loss,
    single_variable_loss,
)
from scaletui_core.law_kinds import Law
from scaletui_core.parametric_law import ParametricLaw
from scaletui_core.repeated_law import RepeatedLaw

Array = npt.NDArray[np.float64]


class Frontier(NamedTuple):
    """Compute-optimal parameters, tokens and loss [nats/token] of budgets; the loss is None where the law has none."""

    params: Array
    tokens: Array
    loss: Array | None


def frontier(law: Law, flops: npt.ArrayLike) -> Frontier:
    """Return N_opt, D_opt and L_opt of an array of budgets.

    Parameters
    ----------
    law : Law
        Any law, with or without unique tokens.
    flops : array_like
        Budgets [FLOP], of any shape, each from 1 to 1e290.

    Returns
    -------
    Frontier
        float64 arrays of the shape of ``flops``; within 1e-12 of the scalar path.

    Raises
    ------
    InputError
        If a budget is not a finite number from 1 to 1e290.

    Examples
    --------
    >>> from scaletui_core.laws import law
    >>> from scaletui_core.presets import Catalog
    >>> found = frontier(law(Catalog("presets"), "chinchilla-1"), [1e20, 1e21])
    >>> [float(f"{n:.3g}") for n in found.params]
    [908000000.0, 2860000000.0]
    """
    try:
        given = np.asarray(flops, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError("every budget must be a number of FLOP") from None
    budgets = np.ascontiguousarray(given)
    # NaN fails the comparison too.
    if budgets.size and not (budgets.min() >= 1.0 and budgets.max() <= 1e290):
        raise InputError("every budget must be a finite number of FLOP from 1 to 1e290")
    flat = budgets.reshape(-1)
    params, tokens = np.empty_like(flat), np.empty_like(flat)
    loss = np.empty_like(flat) if law.has_optimal_loss else None
    _run(law, flat, params, tokens, loss)
    shape = given.shape
    return Frontier(params.reshape(shape), tokens.reshape(shape), None if loss is None else loss.reshape(shape))


def _run(law: Law, flops: Array, params: Array, tokens: Array, loss: Array | None) -> None:
    lines = (*law.params_line, *law.tokens_line)
    if isinstance(law, RepeatedLaw) and law.unique is not None:
        compiled(_repeated)(flops, params, tokens, loss, law.e, *law.solver_arguments())
    elif isinstance(law, ParametricLaw):
        compiled(_parametric)(flops, params, tokens, loss, *lines, *law.coefficients)
    elif loss is not None:
        scale, alpha = law.record["compute_loss"]
        compiled(_single)(flops, params, tokens, loss, *lines, log(scale * law.record.get("per", 1.0)), float(alpha))
    else:
        compiled(_lines)(flops, params, tokens, *lines)


# The kernels: float64 in and out, no defaults, no exceptions. They run as plain Python too.


def _parametric(
    flops: Any, params: Any, tokens: Any, loss: Any, k_n: float, p_n: float, k_d: float, p_d: float,
    e: float, log_a: float, log_b: float, alpha: float, beta: float,
) -> None:  # fmt: skip
    for i in range(flops.size):
        log_flops = log(flops[i])
        log_params = log_power(log_flops, k_n, p_n)
        log_tokens = log_power(log_flops, k_d, p_d)
        params[i] = exp(log_params)
        tokens[i] = exp(log_tokens)
        loss[i] = parametric_loss(log_params, log_tokens, e, log_a, log_b, alpha, beta)


def _single(
    flops: Any, params: Any, tokens: Any, loss: Any, k_n: float, p_n: float, k_d: float, p_d: float,
    log_scale: float, alpha: float,
) -> None:  # fmt: skip
    for i in range(flops.size):
        log_flops = log(flops[i])
        params[i] = exp(log_power(log_flops, k_n, p_n))
        tokens[i] = exp(log_power(log_flops, k_d, p_d))
        loss[i] = single_variable_loss(log_flops, log_scale, alpha)


def _lines(flops: Any, params: Any, tokens: Any, k_n: float, p_n: float, k_d: float, p_d: float) -> None:
    for i in range(flops.size):
        log_flops = log(flops[i])
        params[i] = exp(log_power(log_flops, k_n, p_n))
        tokens[i] = exp(log_power(log_flops, k_d, p_d))


def _repeated(
    flops: Any, params: Any, tokens: Any, loss: Any, e: float, log_unique: float, log_kappa: float,
    log_a: float, log_b: float, alpha: float, beta: float, r_d: float, r_n: float,
) -> None:  # fmt: skip
    for i in range(flops.size):
        log_flops = log(flops[i])
        log_params = log_repeated_params(log_flops, log_unique, log_kappa, log_a, log_b, alpha, beta, r_d, r_n)
        log_tokens = log_flops - LN6 - log_params
        params[i] = exp(log_params)
        tokens[i] = exp(log_tokens)
        loss[i] = repeated_loss(log_params, log_tokens, log_unique, log_kappa, e, log_a, log_b, alpha, beta, r_d, r_n)
