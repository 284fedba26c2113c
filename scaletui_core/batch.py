"""The batch that training wants: the noise scale, the critical batch, and what a batch costs in time and compute."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log, nan

from scaletui_core.answer import Answer, Column, Note, Row, Sweep, Table, made
from scaletui_core.calculator import Calculator, extrapolation_note, provenance
from scaletui_core.errors import InputError
from scaletui_core.fields import field, given
from scaletui_core.formula import Number, Working, examples, formula
from scaletui_core.laws import law
from scaletui_core.presets import Catalog

B_STAR, ALPHA_B = 2e8, 0.21  # tokens at a loss of 1 nat, and the exponent
B_CRIT_SOURCE = "kaplan-2020: Eq. 1.4 and 5.3"
HYPERBOLA_SOURCE = "mccandlish-2018: Sec. 2.3 (kaplan-2020: Eq. 5.1)"
NOISE_SOURCE = "mccandlish-2018: Sec. 2.2"
SWEEP = tuple(4.0**i for i in range(-4, 5))  # batches of the table, in critical batches


@dataclass(frozen=True, slots=True)
class BatchInputs:
    """One way to the critical batch, a batch to judge, and a budget for published laws of batch and learning rate."""

    loss: float | None = field(
        "nats/token", "Loss at which B_crit(L) is wanted.", label="L", example="2.0", low=1e-6, high=1e6
    )
    noise_scale: float | None = field(
        "tokens", "Gradient noise scale, as measured.", label="B_noise", example="1M", low=1e-6, high=1e30
    )
    small_batch: float | None = field(
        "tokens", "Small batch of a measured pair.", label="B small", example="64k", low=1.0, high=1e15
    )
    small_norm2: float | None = field(
        "1", "Squared norm of the small batch's gradient.", label="g small", example="0.9", low=1e-30, high=1e30
    )
    big_batch: float | None = field("tokens", "Big batch of it.", label="B big", example="4M", low=1.0, high=1e15)
    big_norm2: float | None = field(
        "1", "Squared norm of the big batch's gradient.", label="g big", example="0.3", low=1e-30, high=1e30
    )
    min_steps: float | None = field(
        "1", "Fewest steps, at a boundless batch.", label="S_min", example="10k", low=1.0, high=1e15
    )
    min_tokens: float | None = field(
        "tokens", "Fewest tokens, at a tiny batch.", label="E_min", example="10B", low=1.0, high=1e30
    )
    batch: float | None = field("tokens", "Batch to judge.", label="Batch", example="4M", low=1e-6, high=1e30)
    flops: float | None = field(
        "FLOP", "Training compute C, for the batches of laws.", label="C", example="1e21", low=1.0, high=1e299
    )


@formula("B_crit = B_* / L^(1/alpha_B)", unit="tokens", source=B_CRIT_SOURCE)
def critical_batch(loss: float, scale: float, alpha: float) -> float:
    """Critical batch [tokens] at a loss [nats/token].

    >>> [f"{critical_batch(loss, 2e8, 0.21):.3e}" for loss in (4.0, 3.0, 2.0)]
    ['2.717e+05', '1.069e+06', '7.371e+06']
    """
    return exp(log(scale) - log(loss) / alpha)


@formula("B_crit = E_min / S_min", unit="tokens", source=HYPERBOLA_SOURCE)
def batch_of_minima(min_tokens: float, min_steps: float) -> float:
    """Critical batch [tokens] from the fewest tokens and the fewest steps.

    >>> batch_of_minima(1e10, 1e4)
    1000000.0
    """
    return min_tokens / min_steps


@formula("S/S_min = 1 + B_crit/B, as (S/S_min - 1)(E/E_min - 1) = 1", unit="1", source=HYPERBOLA_SOURCE)
def steps_multiple(batch: float, critical: float) -> float:
    """How many times the fewest steps, and so the least time, a batch takes.

    >>> steps_multiple(1e6, 1e6), steps_multiple(1e6, 3e6)
    (2.0, 4.0)
    """
    return 1.0 + critical / batch


@formula("E/E_min = 1 + B/B_crit, as (S/S_min - 1)(E/E_min - 1) = 1", unit="1", source=HYPERBOLA_SOURCE)
def tokens_multiple(batch: float, critical: float) -> float:
    """How many times the fewest tokens, and so the least compute, a batch takes.

    >>> tokens_multiple(1e6, 1e6), tokens_multiple(3e6, 1e6)
    (2.0, 4.0)
    """
    return 1.0 + batch / critical


@formula("eps/eps_max = 1 / (1 + B_noise/B)", unit="fraction", source=NOISE_SOURCE)
def step_size(batch: float, noise: float) -> float:
    """Return the best step size at a batch, as a share of that at a boundless one.

    >>> step_size(1e6, 1e6)
    0.5
    """
    return 1.0 / (1.0 + noise / batch)


@formula("|G|^2 = (B_b g_b - B_s g_s) / (B_b - B_s)", unit="1", source="mccandlish-2018: Appendix A.1")
def gradient_norm2(small: float, small_norm2: float, big: float, big_norm2: float) -> float:
    """Squared norm of the true gradient, without bias, from the squared norms measured at two batches.

    >>> gradient_norm2(10.0, 3.0, 40.0, 1.5)
    1.0
    """
    return (big * big_norm2 - small * small_norm2) / (big - small)


@formula("tr Sigma = (g_s - g_b) / (1/B_s - 1/B_b)", unit="1", source="mccandlish-2018: Appendix A.1")
def gradient_trace(small: float, small_norm2: float, big: float, big_norm2: float) -> float:
    """Trace of the gradient's covariance over tokens, without bias, from the same.

    >>> gradient_trace(10.0, 3.0, 40.0, 1.5)
    20.0
    """
    return (small_norm2 - big_norm2) * (small / (big - small)) * big


@formula("x, where the pair measures a gradient and noise", unit="1", source="mccandlish-2018: Appendix A.1")
def where_measured(x: float, trace: float, norm2: float) -> float:
    """Return x; NaN where an estimate is not above 0, as in some samples of a range: there the pair measures nothing.

    >>> where_measured(5.0, 20.0, 1.0), where_measured(5.0, -1.0, 1.0)
    (5.0, nan)
    """
    return x if trace > 0.0 and norm2 > 0.0 else nan


@formula("B_noise = tr Sigma / |G|^2", unit="tokens", source=NOISE_SOURCE)
def noise_of(trace: float, norm2: float) -> float:
    """Gradient noise scale [tokens].

    >>> noise_of(20.0, 1.0)
    20.0
    """
    return trace / norm2


@formula("y = k C^p", unit="1", source="deepseek-2024: Eq. 1")
def power_of(flops: float, k: float, p: float) -> float:
    """Return a power law of compute: a learning rate, or a batch [tokens].

    >>> f"{power_of(8.04e23, 0.3118, -0.1250):.1e}"  # DeepSeek 67B: 3.2e-4
    '3.2e-04'
    """
    return exp(log(k) + p * log(flops))


@formula("S = S_min x S/S_min", unit="1", source=HYPERBOLA_SOURCE)
def steps_of(least: float, multiple: float) -> float:
    """Return the steps to the same loss.

    >>> steps_of(1e4, 2.0)
    20000.0
    """
    return least * multiple


@formula("E = E_min x E/E_min", unit="tokens", source=HYPERBOLA_SOURCE)
def tokens_of(least: float, multiple: float) -> float:
    """Return the tokens to the same loss.

    >>> tokens_of(1e10, 2.0)
    20000000000.0
    """
    return least * multiple


def in_critical(share: float) -> str:
    """Return the name of a batch that is so many critical ones.

    >>> in_critical(0.25), in_critical(1.0), in_critical(16.0)
    ('B_crit/4', 'B_crit', '16 B_crit')
    """
    return "B_crit" if share == 1.0 else f"{share:g} B_crit" if share > 1.0 else f"B_crit/{1.0 / share:g}"


def calculate(inputs: BatchInputs, catalog: Catalog) -> Answer:
    """Return the critical batch, what batches around it (or one) cost, and the published batches of a budget.

    Row ids: ``critical_batch``; with a measured pair ``gradient_norm2``, ``gradient_trace``; at each batch (``at``)
    ``steps_multiple``, ``tokens_multiple``, ``step_size``, and with the minima ``steps``, ``tokens``; with compute
    ``batch_tokens`` and ``learning_rate`` of each law that prints them.

    Raises
    ------
    InputError
        If there is nothing to start from, more than one way to the critical batch, or a pair that measures none.

    Examples
    --------
    >>> answer = calculate(BatchInputs(loss=3.0), Catalog("presets"))
    >>> f"{answer.row('critical_batch').value:.3e}"
    '1.069e+06'
    """
    way = _way(inputs)
    rows: list[Row] = []
    notes: list[Note] = []
    table, sweep = None, None
    if way is not None:
        rows += _critical_rows(inputs, way, notes)
        critical = Number("B_crit", rows[-1].value, "tokens", rows[-1].source)
        # Where the critical batch varies, the batches beside it are those around its middle.
        names = {float(critical.value) * share: in_critical(share) for share in SWEEP}
        if inputs.batch is not None:
            names = {inputs.batch: "your batch"}
        for at in names:
            rows += [row._replace(subject=way, at=float(at)) for row in _batch_rows(inputs, critical, at)]
        table, sweep = (
            _TABLE._replace(names={float(at): name for at, name in names.items()}),
            Sweep("batch", "B", "tokens"),
        )
        notes += _NOTES
    if inputs.flops is not None:
        rows += _published_rows(inputs.flops, catalog, notes)
    return Answer("batch", given(inputs), tuple(rows), tuple(notes), provenance(), table, sweep)


_PAIR = ("small_batch", "small_norm2", "big_batch", "big_norm2")
_WAYS = {"loss": ("loss",), "noise-scale": ("noise_scale",), "measured": _PAIR, "minima": ("min_steps", "min_tokens")}


def _way(inputs: BatchInputs) -> str | None:
    """Return the way to the critical batch that is given, or None where only compute is."""
    found = []
    for way, names in _WAYS.items():
        missing = [name for name in names if getattr(inputs, name) is None]
        if len(missing) == len(names):
            continue
        if missing:
            first = next(name for name in names if name not in missing)
            raise InputError(f"needs {_option(missing[0])}", where=_option(first))
        found.append(way)
    if len(found) > 1:
        first, second = (_option(_WAYS[way][0]) for way in found[:2])
        raise InputError("two ways to the critical batch: drop one", where=f"{first} with {second}")
    if not found and inputs.batch is not None:
        raise InputError("needs a critical batch to be judged by", where="--batch", hint="add --loss or --noise-scale")
    if not found and inputs.flops is None:
        hint = "give --loss 3.0, --noise-scale 1M, a measured pair (--small-batch ...), or --flops 1e21"
        raise InputError("nothing to start from", hint=hint)
    return found[0] if found else None


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _critical_rows(inputs: BatchInputs, way: str, notes: list[Note]) -> list[Row]:
    """Return the rows that lead to the critical batch, which is the last."""
    label = "critical batch"
    if way == "loss":
        assert inputs.loss is not None
        constants = (Number("B_*", B_STAR, "tokens", B_CRIT_SOURCE), Number("alpha_B", ALPHA_B, "1", B_CRIT_SOURCE))
        loss = Number("L", inputs.loss, "nats/token", "given: --loss")
        text = "B_crit(L) was measured on WebText2 with its own tokens; losses on other data or tokens do not compare."
        notes.append(Note("kaplan-loss", text, B_CRIT_SOURCE, kind="assumption"))
        return [made("critical_batch", f"{label} at this loss", critical_batch, loss, *constants)]
    if way == "noise-scale":
        assert inputs.noise_scale is not None
        numbers = (Number("B_noise", inputs.noise_scale, "tokens", "given: --noise-scale"),)
        working = Working("B_crit = B_noise", numbers)
        return [Row("critical_batch", label, inputs.noise_scale, "tokens", source=NOISE_SOURCE, working=working)]
    if way == "minima":
        assert inputs.min_tokens is not None
        assert inputs.min_steps is not None
        minima = (Number("E_min", inputs.min_tokens, "tokens"), Number("S_min", inputs.min_steps, "1"))
        return [made("critical_batch", label, batch_of_minima, *minima)]
    return _pair_rows(inputs)


def _pair_rows(inputs: BatchInputs) -> list[Row]:
    """Return the noise scale that two measured batches give.

    Raises
    ------
    InputError
        If the batches are not small and big, or their norms leave no gradient, or no noise.
    """
    units = ("tokens", "1", "tokens", "1")
    symbols = zip(("B_s", "g_s", "B_b", "g_b"), _PAIR, units, strict=True)
    numbers = [Number(s, getattr(inputs, name), unit, f"given: {_option(name)}") for s, name, unit in symbols]
    small, small_norm2, big, big_norm2 = numbers
    if not small.value < big.value:
        raise InputError("must be more than --small-batch", where="--big-batch")
    norm2 = made("gradient_norm2", "|G|^2 of the true gradient", gradient_norm2, *numbers)
    trace = made("gradient_trace", "tr Sigma, its variance a token", gradient_trace, *numbers)
    if not small_norm2.value > big_norm2.value:
        what = "must be less than --small-norm2: noise adds to a small batch's norm, so no noise was measured"
        raise InputError(what, where="--big-norm2", hint="average the norms over more batches")
    if not norm2.value > 0.0:
        floor = small_norm2.value * small.value / big.value
        what = f"must be more than {floor:.6g}, what noise alone leaves of --small-norm2 at the big batch"
        raise InputError(what, where="--big-norm2", hint="average the norms over more batches, or take a bigger one")
    estimates = trace.value, norm2.value
    norm2, trace = (row._replace(value=where_measured(row.value, *estimates)) for row in (norm2, trace))
    used = (Number("tr Sigma", trace.value, "1"), Number("|G|^2", norm2.value, "1"))
    return [norm2, trace, made("critical_batch", "noise scale, about the critical batch", noise_of, *used)]


def _batch_rows(inputs: BatchInputs, critical: Number, batch: float) -> list[Row]:
    """Return what a batch costs against the minima."""
    b = Number("B", batch, "tokens")
    rows = [
        made("steps_multiple", "steps, and time, over the fewest", steps_multiple, b, critical),
        made("tokens_multiple", "tokens, and compute, over the fewest", tokens_multiple, b, critical),
        made("step_size", "step size over the largest", step_size, b, critical._replace(symbol="B_noise")),
    ]
    if inputs.min_steps is not None and inputs.min_tokens is not None:
        least, more = Number("S_min", inputs.min_steps, "1"), Number("S/S_min", rows[0].value, "1")
        rows.append(made("steps", "steps to the same loss", steps_of, least, more))
        least, more = Number("E_min", inputs.min_tokens, "tokens"), Number("E/E_min", rows[1].value, "1")
        rows.append(made("tokens", "tokens to the same loss", tokens_of, least, more))
    return rows


def _published_rows(flops: float, catalog: Catalog, notes: list[Note]) -> list[Row]:
    """Return the learning rate and the batch that laws print for a budget [FLOP]."""
    rows: list[Row] = []
    for key, record in catalog.load("laws").records.items():
        found = []
        source = record.get("hyperparameter_source", record["source"])
        for name, label, unit in (("batch_tokens", "batch for C", "tokens"), ("learning_rate", "learning rate", "1")):
            if name in record:
                k, p = record[name]
                numbers = (Number("C", flops, "FLOP"), Number("k", k, "1", source), Number("p", p, "1", source))
                row = made(name, f"{record['name']}: {label}", power_of, *numbers, law=key, source=source)
                found.append(row._replace(unit=unit))
        beyond = extrapolation_note(law(catalog, key), flops) if found else None
        rows += found
        notes += [beyond] if beyond else []
    return rows


_NOTES = (
    Note(
        "batch-hyperbola",
        "Steps (so time) and tokens (so compute) are in multiples of the fewest to one loss, the step size tuned at "
        "each batch; at B = B_crit both are 2. B_crit grows as the loss falls.",
        HYPERBOLA_SOURCE,
        kind="convention",
    ),
    Note(
        "batch-noise",
        "The noise scale is taken for the critical batch: they agree where the Hessian is near a multiple of 1.",
        NOISE_SOURCE,
        kind="assumption",
    ),
)
_TABLE = Table(
    "subject",
    (
        Column("steps_multiple", "x steps", "1"),
        Column("tokens_multiple", "x tokens", "1"),
        Column("step_size", "step size", "fraction"),
        Column("steps", "S", "1"),
        Column("tokens", "E", "tokens"),
    ),
)
CALCULATOR = Calculator(
    "batch", BatchInputs, calculate, "The critical batch, and the time, compute and step size that a batch costs."
)
__test__ = examples(globals())
