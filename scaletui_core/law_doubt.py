"""Laws in doubt: coefficients that vary as far as their source says, and several laws of which any may hold.

A posterior sample varies all coefficients together. Where a source prints marginal errors alone, only the exponents
vary, and what the law says at the centre of the runs behind it stays: A with alpha and B with beta are almost
collinear, and errors drawn for each by itself give absurd spreads.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import exp, log, sqrt
from statistics import NormalDist

from scaletui_core.distributions import either, held, two_piece_normal
from scaletui_core.errors import InputError
from scaletui_core.formula import Number, Working
from scaletui_core.law_kinds import Law
from scaletui_core.law_records import LawNote, Loss, Optimum, Unreachable
from scaletui_core.parametric_law import ParametricLaw
from scaletui_core.program import Pick
from scaletui_core.quantity_text import format_quantity
from scaletui_core.repeated_law import RepeatedLaw
from scaletui_core.traced import Draw, Traced

_EXPONENTS = (0.01, 1.0)  # what an exponent may be, as in preset_checks
_DECILE = NormalDist().inv_cdf(0.9)
_KIND = "assumption"


def in_doubt(law: Law) -> Law:
    """Return a law whose coefficients vary as far as its source says, with a note on how; else one that says why not.

    >>> from scaletui_core.laws import law
    >>> from scaletui_core.presets import Catalog
    >>> one = in_doubt(law(Catalog("presets"), "epoch-2024"))
    >>> type(one.alpha).__name__, round(one.alpha, 4), one.notes[0].id
    ('Traced', 0.3478, 'epoch-2024-doubt')
    """
    if isinstance(law, ParametricLaw) and law.record.get("posterior"):
        return _from_posterior(law, law.record["posterior"])
    if "no_doubt" in law.record:
        return law.with_note(_note(law, law.record["no_doubt"]))
    errors = law.record.get("standard_errors", {})
    if isinstance(law, ParametricLaw) and not isinstance(law, RepeatedLaw) and {"alpha", "beta"} <= set(errors):
        return _from_errors(law, errors)
    if "printed_exponents" in law.record and "a" in law.record["printed_exponents"]:
        return _from_exponent(law, *law.record["printed_exponents"]["a"])
    return law.with_note(_note(law, "its source prints no uncertainty of its coefficients: it does not vary."))


def _note(law: Law, text: str, source: str | None = None, kind: str = _KIND) -> LawNote:
    return LawNote(f"{law.id}-doubt", kind, text, source or law.source)


def _from_posterior(law: ParametricLaw, sample: Sequence[Sequence[float]]) -> ParametricLaw:
    words = f"coefficients of {law.id} (a posterior sample of {len(sample):,})"
    which = Traced(0.5, Draw(f"{law.id} posterior", "uniform", words), ())
    columns = list(zip(*((e, log(a), log(b), alpha, beta) for e, a, b, alpha, beta in sample), strict=True))
    varied = [Traced(own, Pick(column), (which,)) for own, column in zip(law.coefficients, columns, strict=True)]
    text = f"its coefficients vary together, by a posterior sample of {len(sample):,}."
    return law.with_coefficients(*varied).with_note(_note(law, text))


def _centre(law: Law) -> float | None:
    """Return the middle, in logarithms, of the budgets [FLOP] behind a law; None where its lower end is not known."""
    return sqrt(law.fitted[0] * law.fitted[1]) if law.fitted is not None and law.fitted[0] else None


def _from_errors(law: ParametricLaw, errors: dict[str, float]) -> Law:
    centre = _centre(law)
    if centre is None:
        return law.with_note(
            _note(law, "the runs behind it are not known, so nothing holds its loss: it does not vary.")
        )
    log_n, log_d = law.log_optimum(log(centre))
    alpha = _varied(
        law, "alpha", law.alpha, errors["alpha"], errors["alpha"], f"{law.alpha:.4g} +- {errors['alpha']:g}"
    )
    beta = _varied(law, "beta", law.beta, errors["beta"], errors["beta"], f"{law.beta:.4g} +- {errors['beta']:g}")
    log_a, log_b = law.log_a + (alpha - law.alpha) * log_n, law.log_b + (beta - law.beta) * log_d
    text = (
        f"alpha +- {errors['alpha']:g} and beta +- {errors['beta']:g} (standard errors) vary; the source prints no "
        "correlations, so A and B follow from the loss at the centre of its runs, which is held: "
        f"{_short(exp(log_n))} parameters on {_short(exp(log_d))} tokens."
    )
    return law.with_coefficients(law.e, log_a, log_b, alpha, beta).with_note(_note(law, text))


def _from_exponent(law: Law, printed: float, low: float, high: float) -> Law:
    own, source = law.exponents[0], law.record["printed_exponents"]["source"]
    centre = _centre(law)
    if isinstance(law, ParametricLaw):
        text = "its source prints intervals of exponents alone, none of its coefficients: it does not vary."
        if low < own < high:
            return law.with_note(_note(law, text, source))
    elif centre is None:
        return law.with_note(_note(law, "the runs behind it are not known, so nothing holds its N: it does not vary."))
    if not low < own < high or centre is None:
        text = (
            f"its source prints {low:g} to {high:g} for an exponent of {printed:g}, and the law has {own:.4g}: an "
            "interval that does not hold its value is not used, and it does not vary."
        )
        return law.with_note(_note(law, text, source, "contradiction"))
    words = f"{own:.4g}, {low:g} to {high:g} in the central 80%"
    a = _varied(law, "a", own, (own - low) / _DECILE, (high - own) / _DECILE, words)
    shift = a - own
    (log_k_n, _), (log_k_d, p_d) = law.params_line, law.tokens_line
    at = log(centre)
    text = (
        f"the exponent a varies, {low:g} to {high:g} in the central 80%, and b = 1 - a with it; N and D at the centre "
        f"of its runs, {format_quantity(centre, 'FLOP')} FLOP, are held."
    )
    made = law.with_lines((log_k_n - shift * at, a), (log_k_d + shift * at, p_d - shift))
    return made.with_note(_note(law, text, source))


def _varied(law: Law, symbol: str, middle: float, below: float, above: float, words: str) -> Traced:
    z = Traced(0.0, Draw(f"{law.id} {symbol}", "normal", f"{symbol} of {law.id} {words} (normal)"), ())
    drawn = Traced(middle, two_piece_normal.function, (z, middle, below, above))
    return Traced(middle, held.function, (drawn, *_EXPONENTS))


def _short(value: float) -> str:
    return format_quantity(value, "parameters")


class MixtureLaw(Law):
    """Laws of which any may be the one that holds, all equally likely: of N and D, never of losses.

    Parameters
    ----------
    laws : list of Law
        Two or more.
    """

    def __init__(self, laws: list[Law]) -> None:
        if len(laws) < 2:
            raise InputError("takes two laws or more", where="--mixture", hint="such as --law epoch-2024,chinchilla-1")
        self._laws = laws
        names = ", ".join(law.id for law in laws)
        self.id = "mixture"
        self.name = f"one of {names}"
        self.counts = "what the law drawn counts"
        self.source = "scaletui: equal weights"
        self.record = {"name": self.name, "counts": self.counts, "source": self.source}
        self.teaching = False
        self.fitted = None
        text = f"any of {names} may be the law that holds, equally likely; losses are not mixed."
        self.notes = (LawNote("mixture", _KIND, text, None),)
        self._which = Traced(0.5, Draw("law", "uniform", f"law, one of {names} (equally likely)"), ())
        self.params_line = self.tokens_line = (0.0, 0.5)

    def _mixed(self, logs: Sequence[float]) -> float:
        """Return the logarithm under the law that is drawn; its middle is the mean over the laws."""
        value, count = logs[-1], len(logs)
        for index in range(count - 2, -1, -1):
            mean = sum(map(float, logs)) / count
            value = Traced(mean, either.function, (self._which, (index + 1) / count, logs[index], value))
        return value

    def with_unique(self, unique: float) -> Law:
        """Return the mixture of the laws for data of which only ``unique`` tokens differ."""
        return MixtureLaw([law.with_unique(unique) for law in self._laws])

    @property
    def exponents(self) -> tuple[float, float]:
        """The exponents a and b under the law that is drawn."""
        pairs = [law.exponents for law in self._laws]
        return self._mixed([a for a, _ in pairs]), self._mixed([b for _, b in pairs])

    def log_optimum(self, log_flops: float) -> tuple[float, float]:
        """Return ``(ln N, ln D)`` at ``ln C``, both of the law that is drawn."""
        pairs = [law.log_optimum(log_flops) for law in self._laws]
        return self._mixed([n for n, _ in pairs]), self._mixed([d for _, d in pairs])

    def optimum(self, flops: float) -> Optimum:
        """Return the compute-optimal parameters and tokens at a budget [FLOP], of the law that is drawn."""
        best = [law.optimum(flops) for law in self._laws]
        given = (Number("C", flops, "FLOP"),)
        n = tuple(Number(f"N of {x.id}", y.params, "parameters") for x, y in zip(self._laws, best, strict=True))
        d = tuple(Number(f"D of {x.id}", y.tokens, "tokens") for x, y in zip(self._laws, best, strict=True))
        found = super().optimum(flops)
        workings = Working("N_opt of one of the laws", given + n), Working("D_opt of one of the laws", given + d)
        return Optimum(found.params, found.tokens, *workings)

    def _frontier_working(self, flops: float) -> tuple[Working, Working]:
        return Working("N_opt of one of the laws", ()), Working("D_opt of one of the laws", ())

    def flops_for_params(self, params: float) -> float:
        """Return the budget [FLOP] whose optimal model has N parameters, under the law that is drawn."""
        return self._budget(lambda law: law.flops_for_params(params))

    def flops_for_tokens(self, tokens: float) -> float:
        """Return the budget [FLOP] whose optimal model sees D tokens, under the law that is drawn."""
        return self._budget(lambda law: law.flops_for_tokens(tokens))

    def _budget(self, of: Callable[[Law], float]) -> float:
        from scaletui_core import traced

        return traced.exp(self._mixed([traced.log(of(law)) for law in self._laws]))

    def flops_for_loss(self, loss: float) -> float:
        """Refuse: losses of different laws are not mixed."""
        raise Unreachable("losses of laws fitted on different data are not mixed")

    def optimal_loss(self, flops: float) -> Loss:
        """Refuse: losses of different laws are not mixed."""
        raise Unreachable("losses of laws fitted on different data are not mixed")

    def inverse_working(self, symbol: str, value: float) -> Working:
        """Return how the budget follows from an optimal N or D."""
        unit = {"N": "parameters", "D": "tokens", "L": "nats/token"}[symbol]
        return Working(f"C with {symbol}_opt(C) = {symbol}, of one of the laws", (Number(symbol, value, unit),))
