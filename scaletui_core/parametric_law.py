"""L = E + A/N^alpha + B/D^beta: a loss of parameters and tokens, and the frontier that follows from it."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import Self

from scaletui_core.formula import Number, Working
from scaletui_core.law_formulas import (
    LN6,
    log_allocation,
    log_flops_for_loss,
    log_other_for_loss,
    parametric_loss,
    power_term,
)
from scaletui_core.law_kinds import Law
from scaletui_core.law_records import Loss, Term, Unreachable, budget_of
from scaletui_core.traced import Traced, exp, log


class ParametricLaw(Law):
    """L = E + A/N^alpha + B/D^beta, whose frontier is Eq. 4 of Hoffmann et al."""

    def _set_frontier(self) -> None:
        record = self.record
        self._set_coefficients(
            exp(record["ln_E"]) if "ln_E" in record else float(record["E"]),
            record["ln_A"] if "ln_A" in record else log(record["A"]),
            record["ln_B"] if "ln_B" in record else log(record["B"]),
            float(record["alpha"]),
            float(record["beta"]),
        )

    def with_coefficients(self, e: float, log_a: float, log_b: float, alpha: float, beta: float) -> Self:
        """Return the law with other coefficients, E [nats/token] and the rest as the formulas take them."""
        made = copy(self)
        made._set_coefficients(e, log_a, log_b, alpha, beta)
        return made

    def _set_coefficients(self, e: float, log_a: float, log_b: float, alpha: float, beta: float) -> None:
        self.e, self.log_a, self.log_b, self.alpha, self.beta = e, log_a, log_b, alpha, beta
        self.log_g = log_allocation(log_a, log_b, alpha, beta)
        a, b = beta / (alpha + beta), alpha / (alpha + beta)
        self.params_line = (self.log_g - a * LN6, a)
        self.tokens_line = (-self.log_g - b * LN6, b)

    @property
    def _constants(self) -> tuple[float, ...]:
        return self.coefficients

    @property
    def coefficients(self) -> tuple[float, float, float, float, float]:
        """``(E, ln A, ln B, alpha, beta)``, as the formulas take them."""
        return self.e, self.log_a, self.log_b, self.alpha, self.beta

    @property
    def form(self) -> str:
        """The law's formula; Eq. 4 of Hoffmann et al. follows from it."""
        return parametric_loss.expression

    def _coefficient_numbers(self) -> tuple[Number, ...]:
        values = (
            ("E", self.e),
            ("A", exp(self.log_a)),
            ("B", exp(self.log_b)),
            ("alpha", self.alpha),
            ("beta", self.beta),
        )
        return tuple(Number(symbol, value, "1", self.source) for symbol, value in values)

    def _frontier_working(self, flops: float) -> tuple[Working, Working]:
        a, b = self.exponents
        shared = (
            Number("C", flops, "FLOP"),
            *self._coefficient_numbers()[1:],
            Number("G", exp(self.log_g), "1", "hoffmann-2022: Eq. 4"),
        )
        split = log_allocation.expression
        return (
            Working(f"N_opt = G (C/6)^a, a = beta/(alpha + beta), {split}", (*shared, Number("a", a, "1"))),
            Working(f"D_opt = (C/6)^b / G, b = alpha/(alpha + beta), {split}", (*shared, Number("b", b, "1"))),
        )

    @property
    def has_loss(self) -> bool:
        """Always: L(N, D) is what the law is."""
        return True

    @property
    def has_optimal_loss(self) -> bool:
        """Always: L(N, D) at the optimum."""
        return True

    def loss(self, params: float, tokens: float) -> Loss:
        """Return L(N, D) [nats/token] with its terms."""
        log_n, log_d = log(params), log(tokens)
        value = parametric_loss(log_n, log_d, *self.coefficients)
        return self._explained(value, parametric_loss.expression, log_n, log_d, params, tokens, ())

    def _explained(
        self,
        value: float,
        expression: str,
        log_n: float,
        log_d: float,
        params: float,
        tokens: float,
        extra: tuple[Number, ...],
    ) -> Loss:
        """Return a loss with the terms of effective ``ln N'`` and ``ln D'``, and its working."""
        e, a, b, alpha, beta = self._coefficient_numbers()
        given = (Number("N", params, "parameters"), Number("D", tokens, "tokens"))
        worth = given
        if extra:
            worth = (Number("N'", exp(log_n), "parameters"), Number("D'", exp(log_d), "tokens"))
            extra = (*extra, *worth)
        (n, d) = worth
        terms = (
            Term("irreducible", self.e, Working("E", (e,))),
            Term("params", power_term(log_n, self.log_a, self.alpha), Working(f"A/{n.symbol}^alpha", (a, n, alpha))),
            Term("tokens", power_term(log_d, self.log_b, self.beta), Working(f"B/{d.symbol}^beta", (b, d, beta))),
        )
        working = Working(expression, (*given, *extra, e, a, b, alpha, beta))
        return Loss(value, terms, working, self.loss_source)

    def optimal_loss(self, flops: float) -> Loss:
        """Return the loss of the compute-optimal model at a budget [FLOP]."""
        best = self.optimum(flops)
        return self.loss(best.params, best.tokens)

    def flops_for_loss(self, loss: float) -> float:
        """Return the least compute [FLOP] that reaches a loss above E [nats/token]."""
        excess = loss - self.e
        if excess <= 0.0:
            middle = f"at the middle of the range, {loss:.4g}, " if isinstance(loss, Traced) else ""
            raise Unreachable(f"unreachable: {middle}below the irreducible loss E = {self.e:.4g}")
        return budget_of(log_flops_for_loss(excess, *self._excess_line()))

    def _solve_other(self, loss: float, known: float, given: str, loss_at: Callable[[float], float]) -> float:
        n, d = (self.log_a, self.alpha), (self.log_b, self.beta)
        other, asked = (n, d) if given == "N" else (d, n)
        return exp(log_other_for_loss(loss, log(known), self.e, *other, *asked))

    def _excess_line(self) -> tuple[float, float]:
        """Return ``(ln K, gamma)`` of L_opt - E = K C^-gamma: both terms fall alike on the frontier."""
        at_one = parametric_loss(self.params_line[0], self.tokens_line[0], 0.0, *self.coefficients[1:])
        return log(at_one), self.alpha * self.params_line[1]

    def _loss_inverse(self, loss: float) -> Working:
        log_k, gamma = self._excess_line()
        numbers = (
            Number("L", loss, "nats/token"),
            Number("E", self.e, "nats/token", self.source),
            Number("K", exp(log_k), "nats/token"),
            Number("gamma", gamma, "1"),
        )
        how = "K and gamma of L_opt = E + K C^-gamma, Eq. 2 at Eq. 4"
        return Working(f"{log_flops_for_loss.expression}, {how}", numbers)
