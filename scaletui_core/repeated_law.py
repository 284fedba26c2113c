"""The law of repeated data: tokens seen again, and parameters in excess, lose their worth."""

from __future__ import annotations

from collections.abc import Callable

from scaletui_core.formula import Number, Working
from scaletui_core.law_formulas import (
    LN6,
    LOG_LIMIT,
    log_base_params,
    log_effective,
    log_repeated_params,
    log_unique_ratio,
    repeated_loss,
)
from scaletui_core.law_kinds import Law
from scaletui_core.law_records import Loss, Unreachable, bisect_falling, budget_of
from scaletui_core.parametric_law import ParametricLaw
from scaletui_core.presets import Record
from scaletui_core.traced import exp, log, smaller, solved


class RepeatedLaw(ParametricLaw):
    """Muennighoff et al.: repeated tokens and excess parameters lose value exponentially."""

    def __init__(self, id: str, record: Record, unique: float | None = None) -> None:
        super().__init__(id, record)
        self.unique = unique

    @property
    def form(self) -> str:
        """The law's formulas."""
        return "; ".join(one.expression for one in (repeated_loss, log_effective, log_base_params, log_unique_ratio))

    @property
    def log_kappa(self) -> float:
        """Logarithm of U_N / U_D, the parameters that one unique token is optimal for."""
        return log_unique_ratio(self.log_a, self.log_b, self.alpha)

    @property
    def decay(self) -> tuple[float, float]:
        """``(R_D*, R_N*)``, the repetitions after which data and parameters have lost 1 - 1/e of their worth."""
        return float(self.record["R_D"]), float(self.record["R_N"])

    @property
    def _constants(self) -> tuple[float, ...]:
        return (*self.coefficients, self.unique or 1.0)

    def with_unique(self, unique: float) -> Law:
        """Return the law for data of which only ``unique`` tokens differ."""
        return RepeatedLaw(self.id, self.record, unique)

    def solver_arguments(self) -> tuple[float, ...]:
        """Return what `log_repeated_params` takes after ``ln C``."""
        if self.unique is None:
            raise ValueError("no unique tokens given")
        return log(self.unique), self.log_kappa, *self.coefficients[1:], *self.decay

    def log_optimum(self, log_flops: float) -> tuple[float, float]:
        """Return ``(ln N, ln D)`` at ``ln C``, solved where tokens repeat."""
        if self.unique is None:
            return super().log_optimum(log_flops)
        log_params = log_repeated_params(log_flops, *self.solver_arguments())
        return log_params, log_flops - LN6 - log_params

    def _frontier_working(self, flops: float) -> tuple[Working, Working]:
        if self.unique is None:
            return super()._frontier_working(flops)
        r_d, r_n = self.decay
        numbers = (
            Number("C", flops, "FLOP"),
            Number("U", self.unique, "tokens"),
            Number("kappa", exp(self.log_kappa), "1", self.source),
            *self._coefficient_numbers(),
            Number("R_D*", r_d, "1", self.source),
            Number("R_N*", r_n, "1", self.source),
        )
        return (
            Working(f"{log_repeated_params.expression} (bisection on the marginal gains)", numbers),
            Working(f"D_opt = C/(6 N_opt), {log_repeated_params.expression}", numbers),
        )

    def loss(self, params: float, tokens: float) -> Loss:
        """Return L(N, D) [nats/token] of effective N and D, with its terms."""
        r_d, r_n = self.decay
        unique = tokens if self.unique is None else smaller(self.unique, tokens)
        log_n, log_d, log_u = log(params), log(tokens), log(unique)
        log_unique_params = log_base_params(log_n, log_u, self.log_kappa)
        value = repeated_loss(log_n, log_d, log_u, self.log_kappa, *self.coefficients, r_d, r_n)
        extra = (
            Number("U_D", unique, "tokens"),
            Number("kappa", exp(self.log_kappa), "1", self.source),
            Number("U_N", exp(log_unique_params), "parameters"),
            Number("R_D*", r_d, "1", self.source),
            Number("R_N*", r_n, "1", self.source),
        )
        how = (repeated_loss, log_effective, log_base_params, log_unique_ratio)
        return self._explained(
            value,
            "; ".join(one.expression for one in how),
            log_effective(log_n, log_unique_params, r_n),
            log_effective(log_d, log_u, r_d),
            params,
            tokens,
            extra,
        )

    def flops_for_params(self, params: float) -> float:
        """Return the budget [FLOP] whose optimal model has N parameters."""
        if self.unique is None:
            return super().flops_for_params(params)
        return self._budget_where(lambda x: -self.log_optimum(x)[0], -log(params))

    def flops_for_tokens(self, tokens: float) -> float:
        """Return the budget [FLOP] whose optimal model sees D tokens."""
        if self.unique is None:
            return super().flops_for_tokens(tokens)
        return self._budget_where(lambda x: -self.log_optimum(x)[1], -log(tokens))

    def flops_for_loss(self, loss: float) -> float:
        """Return the least compute [FLOP] that reaches a loss [nats/token] with these unique tokens."""
        if self.unique is None:
            return super().flops_for_loss(loss)
        floor = self.optimal_loss(exp(LOG_LIMIT / 2)).value
        if loss <= floor:
            raise Unreachable(f"unreachable: with these unique tokens the loss stays above {floor:.4g}")
        return self._budget_where(lambda x: self.optimal_loss(exp(x)).value, loss, LOG_LIMIT / 2)

    def _budget_where(self, falling: Callable[[float], float], target: float, limit: float = LOG_LIMIT) -> float:
        """Return the budget [FLOP] at whose logarithm a falling function has a value; found by bisection."""
        found = bisect_falling(lambda x: float(falling(x)), float(target), -limit, limit)
        return solved(budget_of(found), target, *self._constants)

    def _solve_other(self, loss: float, known: float, given: str, loss_at: Callable[[float], float]) -> float:
        # Parameters beyond what the tokens are optimal for lose worth even where no token repeats: no closed form.
        return Law._solve_other(self, loss, known, given, loss_at)

    def inverse_working(self, symbol: str, value: float) -> Working:
        """Return how the budget follows from an optimal N, D or L."""
        if self.unique is None:
            return super().inverse_working(symbol, value)
        unit = {"N": "parameters", "D": "tokens", "L": "nats/token"}[symbol]
        numbers = self._frontier_working(1.0)[0].numbers[1:]
        return Working(f"C with {symbol}_opt(C) = {symbol}, by bisection", (Number(symbol, value, unit), *numbers))
