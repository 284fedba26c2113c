"""Published scaling laws: how much to train, on how many tokens, and the loss to expect.

Every law's frontier is two straight lines in the logarithms of compute, ``ln N = k_n + p_n ln C`` and
``ln D = k_d + p_d ln C``; only repeated data (Muennighoff with fewer unique tokens than D) bends it, and is solved.
What a law's N counts differs from law to law and is part of the law.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import Self

from scaletui_core.formula import Number, Working
from scaletui_core.law_formulas import (
    LN6,
    LOG_LIMIT,
    decades_outside,
    log_power,
    single_variable_loss,
)
from scaletui_core.law_records import LawNote, Loss, Optimum, Unreachable, bisect_falling, budget_of
from scaletui_core.presets import Record
from scaletui_core.traced import exp, log, solved


class Law:
    """A power-law frontier, and the base of the laws that have more.

    Parameters
    ----------
    id : str
        What people call it, such as ``chinchilla-3``.
    record : dict
        The preset (see ``presets/laws.toml`` for its keys).
    """

    def __init__(self, id: str, record: Record) -> None:
        self.id = id
        self.record = record
        self.name: str = record["name"]
        self.counts: str = record["counts"]
        self.source: str = record["source"]
        self.teaching: bool = record.get("teaching", False)
        low, high = record.get("fitted", (0.0, 0.0))
        self.fitted: tuple[float, float] | None = (low, high) if high else None
        self.notes = tuple(
            LawNote(n["id"], n.get("kind", "source"), n["text"], n.get("source")) for n in record.get("notes", ())
        )
        self._set_frontier()

    # -- the frontier ----------------------------------------------------------------------------------------------

    def _set_frontier(self) -> None:
        """Set the two lines ``(ln k, p)`` of ``ln N`` and ``ln D`` in ``ln C``."""
        record = self.record
        log_per = log(record.get("per", 1.0))
        lines: dict[str, tuple[float, float]] = {}
        for key in ("params", "tokens", "flops_per_token"):
            if key in record:
                k, p = record[key]
                lines[key] = (log(k) - p * log_per, p)
        if "flops_per_token" in lines:
            k, p = lines["flops_per_token"]
            lines["params"] = (k - LN6, p)
            lines.setdefault("tokens", (-k, 1.0 - p))
        if "params" not in lines:
            k, p = lines["tokens"]
            lines["params"] = (-LN6 - k, 1.0 - p)
        if "tokens" not in lines:
            k, p = lines["params"]
            lines["tokens"] = (-LN6 - k, 1.0 - p)
        self.params_line = lines["params"]
        self.tokens_line = lines["tokens"]

    @property
    def form(self) -> str:
        """The law's formulas, as its explanation prints them."""
        return "; ".join(working.expression for working in self._frontier_working(1.0))

    @property
    def exponents(self) -> tuple[float, float]:
        """The exponents a and b of N_opt ~ C^a and D_opt ~ C^b."""
        return self.params_line[1], self.tokens_line[1]

    def log_optimum(self, log_flops: float) -> tuple[float, float]:
        """Return ``(ln N, ln D)`` at ``ln C``."""
        return log_power(log_flops, *self.params_line), log_power(log_flops, *self.tokens_line)

    def optimum(self, flops: float) -> Optimum:
        """Return the compute-optimal parameters and tokens at a budget [FLOP]."""
        log_flops = log(flops)
        log_params, log_tokens = self.log_optimum(log_flops)
        if not max(log_params, log_tokens) < LOG_LIMIT:
            raise Unreachable("unreachable: beyond 1e299")
        return Optimum(exp(log_params), exp(log_tokens), *self._frontier_working(flops))

    def _frontier_working(self, flops: float) -> tuple[Working, Working]:
        record, per = self.record, self.record.get("per", 1.0)
        given = [Number("C", flops, "FLOP")]
        ratio = "C"
        if per != 1.0:
            given.append(Number("C_0", per, "FLOP", self.source))
            ratio = "(C/C_0)"
        workings = {}
        for key, symbol in (("params", "N_opt"), ("tokens", "D_opt"), ("flops_per_token", "M_opt")):
            if key in record:
                k, p = record[key]
                numbers = (*given, Number("k", k, "1", self.source), Number("p", p, "1", self.source))
                workings[key] = Working(f"{symbol} = k {ratio}^p", numbers)
        if "flops_per_token" in workings:
            m = workings["flops_per_token"]
            workings.setdefault("params", Working(f"N_opt = M_opt/6, {m.expression}", m.numbers))
            workings.setdefault("tokens", Working(f"D_opt = C/M_opt, {m.expression}", m.numbers))
        for key, other, symbol, partner in (("params", "tokens", "N", "D"), ("tokens", "params", "D", "N")):
            if key not in workings:
                basis = workings[other]
                workings[key] = Working(f"{symbol}_opt = C/(6 {partner}_opt), {basis.expression}", basis.numbers)
        return workings["params"], workings["tokens"]

    # -- the loss --------------------------------------------------------------------------------------------------

    @property
    def has_loss(self) -> bool:
        """Whether the law gives L(N, D)."""
        return False

    @property
    def has_optimal_loss(self) -> bool:
        """Whether the law gives the loss of its compute-optimal model, L(C)."""
        return "compute_loss" in self.record

    @property
    def loss_source(self) -> str:
        """Where the loss formula stands."""
        source: str = self.record.get("loss_source", self.source)
        return source

    def loss(self, params: float, tokens: float) -> Loss:
        """Return L(N, D) [nats/token] with its terms.

        Raises
        ------
        Unreachable
            If the law has no L(N, D).
        """
        raise Unreachable("has no loss of N and D together")

    def optimal_loss(self, flops: float) -> Loss:
        """Return the loss of the compute-optimal model at a budget [FLOP].

        Raises
        ------
        Unreachable
            If the law has no loss.
        """
        return self.variable_loss("compute_loss", flops)

    def variable_loss(self, key: str, value: float) -> Loss:
        """Return a single-variable law: ``compute_loss`` of C, ``params_loss`` of N or ``tokens_loss`` of D.

        Raises
        ------
        Unreachable
            If the law has none of that kind.
        """
        if key not in self.record:
            raise Unreachable("no loss published")
        symbol, unit = {
            "compute_loss": ("C", "FLOP"),
            "params_loss": ("N", "parameters"),
            "tokens_loss": ("D", "tokens"),
        }[key]
        scale, alpha = self.record[key]
        scale *= self.record.get("per", 1.0) if key == "compute_loss" else 1.0
        loss = single_variable_loss(log(value), log(scale), alpha)
        numbers = (
            Number(symbol, value, unit),
            Number(f"{symbol}_c", scale, unit, self.loss_source),
            Number("alpha", alpha, "1", self.loss_source),
        )
        return Loss(loss, (), Working(f"L = ({symbol}_c/{symbol})^alpha", numbers), self.loss_source)

    # -- inverses --------------------------------------------------------------------------------------------------

    def flops_for_params(self, params: float) -> float:
        """Return the budget [FLOP] whose optimal model has N parameters."""
        return budget_of((log(params) - self.params_line[0]) / self.params_line[1])

    def flops_for_tokens(self, tokens: float) -> float:
        """Return the budget [FLOP] whose optimal model sees D tokens."""
        return budget_of((log(tokens) - self.tokens_line[0]) / self.tokens_line[1])

    def flops_for_loss(self, loss: float) -> float:
        """Return the least compute [FLOP] that reaches a loss [nats/token].

        Raises
        ------
        Unreachable
            If the law has no loss, or the loss is at or below its irreducible part.
        """
        if not self.has_optimal_loss:
            raise Unreachable("no loss published")
        scale, alpha = self.record["compute_loss"]
        return budget_of(log(scale * self.record.get("per", 1.0)) - log(loss) / alpha)

    def inverse_working(self, symbol: str, value: float) -> Working:
        """Return how the budget follows from an optimal N [parameters], D [tokens] or L [nats/token]."""
        if symbol == "L":
            return self._loss_inverse(value)
        (log_k, p), unit = {"N": (self.params_line, "parameters"), "D": (self.tokens_line, "tokens")}[symbol]
        numbers = (
            Number(symbol, value, unit),
            Number("k", exp(log_k), "1", self.source),
            Number("p", p, "1", self.source),
        )
        return Working(f"C = ({symbol}/k)^(1/p), {symbol}_opt = k C^p", numbers)

    def _loss_inverse(self, loss: float) -> Working:
        known = self.optimal_loss(self.flops_for_loss(loss)).working.numbers[1:]
        return Working("C = C_c / L^(1/alpha)", (Number("L", loss, "nats/token"), *known))

    def tokens_for_loss(self, params: float, loss: float) -> float:
        """Return the tokens that bring N parameters to a loss [nats/token].

        Raises
        ------
        Unreachable
            If the law has no L(N, D), or no number of tokens does.
        """
        return self._other_for_loss(loss, params, "N", lambda tokens: self.loss(float(params), tokens).value)

    def params_for_loss(self, tokens: float, loss: float) -> float:
        """Return the parameters that reach a loss [nats/token] on D tokens.

        Raises
        ------
        Unreachable
            If the law has no L(N, D), or no number of parameters does.
        """
        return self._other_for_loss(loss, tokens, "D", lambda params: self.loss(params, float(tokens)).value)

    def _other_for_loss(self, loss: float, known: float, given: str, loss_at: Callable[[float], float]) -> float:
        if not self.has_loss:
            raise Unreachable("has no loss of N and D together")
        worst, best = loss_at(1.0), loss_at(exp(LOG_LIMIT / 2))
        if loss <= best:
            raise Unreachable(f"unreachable: at this {given} the loss stays above {best:.4g}")
        if loss > worst:
            other = "token" if given == "N" else "parameter"
            raise Unreachable(f"unreachable: at this {given} even one {other} gives a loss of {worst:.4g}")
        return self._solve_other(loss, known, given, loss_at)

    def _solve_other(self, loss: float, known: float, given: str, loss_at: Callable[[float], float]) -> float:
        """Return the N or D that is asked, once it is known that there is one."""
        found = bisect_falling(lambda log_x: loss_at(exp(log_x)), float(loss), 0.0, LOG_LIMIT / 2)
        return solved(exp(found), loss, known, *self._constants)

    # -- doubt -----------------------------------------------------------------------------------------------------

    @property
    def _constants(self) -> tuple[float, ...]:
        """The law's numbers: what is solved under it rests on them."""
        return (*self.params_line, *self.tokens_line)

    def with_lines(self, params_line: tuple[float, float], tokens_line: tuple[float, float]) -> Self:
        """Return the law with other lines ``(ln k, p)`` of ``ln N`` and ``ln D`` in ``ln C``."""
        made = copy(self)
        made.params_line, made.tokens_line = params_line, tokens_line
        return made

    def with_note(self, note: LawNote) -> Self:
        """Return the law with one more note, which stands first."""
        made = copy(self)
        made.notes = (note, *self.notes)
        return made

    # -- validity --------------------------------------------------------------------------------------------------

    def decades_beyond(self, flops: float) -> float:
        """Return by how many orders of magnitude C lies above (+) or below (-) the compute the law was fitted on."""
        if self.fitted is None:
            return 0.0
        return decades_outside(flops, *self.fitted)

    def with_unique(self, unique: float) -> Law:
        """Return the law for data of which only ``unique`` tokens differ; only repeated-data laws change."""
        return self
