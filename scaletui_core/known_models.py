"""Known models as points: the parameters that work on each token, the compute that trained them, the nearest one."""

from __future__ import annotations

from math import log

from scaletui_core.law_formulas import training_flops
from scaletui_core.presets import Catalog, Record


def working_params(record: Record) -> float:
    """Return the parameters of a known model that work on each token: all, or a mixture of experts' active ones.

    >>> working_params({"params": 671e9, "active_params": 37e9})
    37000000000.0
    """
    return float(record["active_params"] if "active_params" in record else record["params"])


def model_flops(record: Record) -> float:
    """Return the training compute [FLOP] of a known model: 6ND, with the parameters that work on each token.

    >>> model_flops({"params": 280e9, "tokens": 300e9})
    5.04e+23
    """
    return training_flops(working_params(record), record["tokens"])


def nearest_model(catalog: Catalog, params: float, tokens: float) -> tuple[str, Record] | None:
    """Return the known model nearest in ln N and ln D, as its id and record."""
    best, found = float("inf"), None
    log_n, log_d = log(params), log(tokens)
    for key, record in catalog.load("models").records.items():
        if "tokens" in record:
            distance = (log(working_params(record)) - log_n) ** 2 + (log(record["tokens"]) - log_d) ** 2
            if distance < best:
                best, found = distance, (key, record)
    return found
