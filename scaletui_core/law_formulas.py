"""The formulas of the scaling laws, each written once, in natural logarithms of compute, parameters and tokens."""

from __future__ import annotations

from math import exp, log

from scaletui_core.formula import examples, formula

LN6, LN10 = 1.791759469228055, 2.302585092994046
LOG_LIMIT = 690.0  # exp of more than this is too near the largest float to be multiplied


@formula("C = 6 N D", unit="FLOP", source="kaplan-2020: Sec. 2.1")
def training_flops(params: float, tokens: float) -> float:
    """Training compute of a dense transformer [FLOP] from parameters and tokens.

    >>> training_flops(280e9, 300e9)
    5.04e+23
    """
    return 6.0 * params * tokens


@formula("X = C / (6 Y)", unit="1", source="kaplan-2020: Sec. 2.1, solved for N or D")
def other_factor(flops: float, known: float) -> float:
    """Tokens from compute [FLOP] and parameters, or parameters from compute and tokens.

    >>> round(other_factor(5.88e23, 70e9) / 1e12, 12)
    1.4
    """
    return flops / (6.0 * known)


@formula("C / 8.64e19 FLOP", unit="PF-day", source="kaplan-2020: Sec. 1.3, a petaflop/s for a day")
def pf_days(flops: float) -> float:
    """Compute in PF-days from compute in FLOP.

    >>> round(pf_days(5.76e23))
    6667
    """
    return flops / 8.64e19


@formula("D/N", unit="tokens/parameter", source="scaletui: definition")
def tokens_per_param(tokens: float, params: float) -> float:
    """Tokens a parameter.

    >>> tokens_per_param(1.4e12, 70e9)
    20.0
    """
    return tokens / params


@formula("D/U, at least 1", unit="1", source="scaletui: definition")
def epochs_of(tokens: float, unique: float) -> float:
    """How often the unique tokens are seen.

    >>> epochs_of(4e11, 1e11), epochs_of(4e10, 1e11)
    (4.0, 1.0)
    """
    return max(tokens / unique, 1.0)


@formula("log10(C / end of the fit), 0 inside", unit="1", source="scaletui: definition")
def decades_outside(flops: float, low: float, high: float) -> float:
    """Orders of magnitude by which C lies above (+) or below (-) the compute from low to high; low may be 0, unknown.

    >>> [round(decades_outside(*some), 12) for some in ((1e24, 1e18, 1e22), (1e17, 1e18, 1e22), (1e17, 0.0, 1e22))]
    [2.0, -1.0, 0.0]
    """
    beyond = log(max(flops / high, 1.0)) / LN10
    return beyond if low <= 0.0 else beyond + log(min(flops / low, 1.0)) / LN10


@formula("y = k C^p", unit="1", source="scaletui: straight line in logarithms")
def log_power(log_flops: float, log_k: float, p: float) -> float:
    """Logarithm of a power law of compute.

    >>> round(exp(log_power(log(1e21), log(0.0991589), 0.4980987)) / 1e9, 2)  # Hoffmann D.4: 2.86B
    2.86
    """
    return log_k + p * log_flops


@formula("G = (alpha A / (beta B))^(1/(alpha + beta))", unit="1", source="hoffmann-2022: Eq. 4")
def log_allocation(log_a: float, log_b: float, alpha: float, beta: float) -> float:
    """Logarithm of G, the constant that splits compute between parameters and tokens.

    >>> round(exp(log_allocation(log(406.4), log(410.7), 0.34, 0.28)), 4)
    1.3447
    """
    return (log(alpha / beta) + log_a - log_b) / (alpha + beta)


@formula("K/X^p", unit="nats/token", source="hoffmann-2022: Eq. 2")
def power_term(log_x: float, log_k: float, p: float) -> float:
    """One term of a loss [nats/token], from the logarithms of N or D and of its coefficient.

    >>> round(power_term(log(1e9), log(1e3), 1 / 3), 12)
    1.0
    """
    return exp(log_k - p * log_x)


@formula("L = E + A/N^alpha + B/D^beta", unit="nats/token", source="hoffmann-2022: Eq. 2")
def parametric_loss(
    log_params: float, log_tokens: float, e: float, log_a: float, log_b: float, alpha: float, beta: float
) -> float:
    """Loss [nats/token] of a model and its data.

    >>> round(parametric_loss(log(1e9), log(1e8), 2.0, log(1e3), log(1e3), 1 / 3, 1 / 4), 12)  # lecture exercise
    13.0
    """
    return e + power_term(log_params, log_a, alpha) + power_term(log_tokens, log_b, beta)


@formula("L = (X_c / X)^alpha", unit="nats/token", source="kaplan-2020: Eq. 1.1 to 1.3")
def single_variable_loss(log_x: float, log_scale: float, alpha: float) -> float:
    """Loss [nats/token] where only one of N, D or C limits it.

    >>> round(single_variable_loss(log(8.8e13), log(8.8e13), 0.076), 12)
    1.0
    """
    return exp(alpha * (log_scale - log_x))


@formula("C = (K / (L - E))^(1/gamma)", unit="FLOP", source="hoffmann-2022: Eq. 2 at Eq. 4, inverted")
def log_flops_for_loss(excess: float, log_k: float, gamma: float) -> float:
    """Logarithm of the least compute [FLOP] whose optimal model has a loss of ``excess`` [nats/token] above E.

    ``log_k`` is the logarithm of that excess at 1 FLOP [nats/token]; ``gamma`` the exponent it falls by.

    >>> log_flops_for_loss(1.0, 3.0, 0.15)
    20.0
    """
    return (log_k - log(excess)) / gamma


@formula("X = (K_X / (L - E - K_Y/Y^q))^(1/p)", unit="1", source="hoffmann-2022: Eq. 2, solved for N or D")
def log_other_for_loss(
    loss: float, log_y: float, e: float, log_k_y: float, q: float, log_k_x: float, p: float
) -> float:
    """Logarithm of the N (or D) that reaches a loss [nats/token] beside a D (or N) of logarithm ``log_y``.

    >>> round(exp(log_other_for_loss(13.0, log(1e8), 2.0, log(1e3), 1 / 4, log(1e3), 1 / 3)))  # lecture exercise
    1000000000
    """
    return (log_k_x - log(loss - e - power_term(log_y, log_k_y, q))) / p


@formula("X' = U + U r (1 - e^(-R/r)), R = X/U - 1, r = R_D* or R_N*", unit="1", source="muennighoff-2023: Eq. 5 and 6")
def log_effective(log_x: float, log_unique: float, r_star: float) -> float:
    """Logarithm of what X tokens (or parameters) are worth when only U of them are unique.

    >>> round(exp(log_effective(log(4.0), log(1.0), 15.387756)), 2)  # four epochs are worth 3.73
    3.73
    """
    if log_x <= log_unique:
        return log_x
    repeats = exp(log_x - log_unique) - 1.0
    return log_unique + log(1.0 + r_star * (1.0 - exp(-repeats / r_star)))


@formula("kappa = (A/B)^(1/alpha)", unit="1", source="muennighoff-2023: Eq. 4 at alpha = beta, N over D")
def log_unique_ratio(log_a: float, log_b: float, alpha: float) -> float:
    """Logarithm of the parameters that one unique token is optimal for; it takes alpha = beta.

    >>> round(exp(log_unique_ratio(6.255414, 7.3049974, 0.3526596)), 7)
    0.0509865
    """
    return (log_a - log_b) / alpha


@formula("U_N = min(N, kappa U_D)", unit="parameters", source="muennighoff-2023: Eq. 6")
def log_base_params(log_params: float, log_unique_tokens: float, log_kappa: float) -> float:
    """Logarithm of the parameters that are not in excess: those that the unique tokens are optimal for, or fewer.

    >>> log_base_params(3.0, 5.0, -1.0)
    3.0
    """
    return min(log_params, log_kappa + log_unique_tokens)


@formula("L = E + A/N'^alpha + B/D'^beta", unit="nats/token", source="muennighoff-2023: Eq. 7")
def repeated_loss(
    log_params: float, log_tokens: float, log_unique: float, log_kappa: float,
    e: float, log_a: float, log_b: float, alpha: float, beta: float, r_d: float, r_n: float,
) -> float:  # fmt: skip
    """Loss [nats/token] when tokens repeat: U_D = min(U, D), U_N = min(N, kappa U_D)."""
    log_unique_tokens = min(log_unique, log_tokens)
    log_unique_params = log_base_params(log_params, log_unique_tokens, log_kappa)
    return parametric_loss(
        log_effective(log_params, log_unique_params, r_n),
        log_effective(log_tokens, log_unique_tokens, r_d),
        e, log_a, log_b, alpha, beta,
    )  # fmt: skip


@formula("ln(-dL/dln N) - ln(-dL/dln D)", unit="1", source="muennighoff-2023: Eq. 5 to 7, differentiated")
def log_marginal_ratio(
    log_params: float, log_tokens: float, log_unique: float, log_kappa: float,
    log_a: float, log_b: float, alpha: float, beta: float, r_d: float, r_n: float,
) -> float:  # fmt: skip
    """Return how much more a relative step in N gains than one in D, in logarithms, for D >= U and N >= kappa U."""
    log_unique_params = log_kappa + log_unique
    repeats_n = exp(log_params - log_unique_params) - 1.0
    repeats_d = exp(log_tokens - log_unique) - 1.0
    gain_n = log(alpha) + log_a - (alpha + 1.0) * log_effective(log_params, log_unique_params, r_n)
    gain_d = log(beta) + log_b - (beta + 1.0) * log_effective(log_tokens, log_unique, r_d)
    return (gain_n + log_params - repeats_n / r_n) - (gain_d + log_tokens - repeats_d / r_d)


@formula(
    "N_opt = argmin_N L(N, C/6N; U)", unit="parameters", source="muennighoff-2023: Eq. 5 to 7, minimised at C = 6ND"
)
def log_repeated_params(
    log_flops: float, log_unique: float, log_kappa: float,
    log_a: float, log_b: float, alpha: float, beta: float, r_d: float, r_n: float,
) -> float:  # fmt: skip
    """Logarithm of the best N for C when only U tokens are unique, by bisection on the marginal gains.

    Up to the budget whose optimum needs U tokens it is Eq. 4 of Hoffmann. Beyond, the optimum lies between N = kappa U
    (all compute above it spent on repeats) and D = U (all spent on parameters); the gain of N falls and that of D rises
    along the isoFLOP line between them, so their crossing is the minimum.
    """
    low = log_kappa + log_unique
    high = log_flops - LN6 - log_unique
    if high <= low:
        g = log_allocation(log_a, log_b, alpha, beta)
        return g + (log_flops - LN6) * beta / (alpha + beta)
    for _ in range(100):
        middle = 0.5 * (low + high)
        ratio = log_marginal_ratio(
            middle, log_flops - LN6 - middle, log_unique, log_kappa, log_a, log_b, alpha, beta, r_d, r_n
        )
        if ratio > 0.0:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


__test__ = examples(globals())
