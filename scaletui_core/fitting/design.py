"""The calculator of designs: which runs to do next for the sharpest prediction, and what they are expected to buy."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from scaletui_core.answer import Answer
from scaletui_core.calculator import provenance
from scaletui_core.errors import InputError
from scaletui_core.fields import CHOICE, field, given

if TYPE_CHECKING:  # numpy, which the declaration of the inputs does not need
    from scaletui_core.fitting.information import Evidence

RUNS, MOST_RUNS = 4, 20


@dataclass(frozen=True, slots=True)
class DesignInputs:
    """What is to be predicted, the compute [FLOP] for new runs, how many, their noise, and what may be run."""

    flops: float | None = field(
        "FLOP", "Budget C whose optimal model is predicted.", label="C", example="1e25", low=1e6, high=1e299,
        ranged=False,
    )  # fmt: skip
    params: float | None = field(
        "parameters", "Or the model whose loss is predicted: N.", label="N", example="70B", low=1.0, high=1e149,
        ranged=False,
    )  # fmt: skip
    tokens: float | None = field(
        "tokens", "And its data D.", label="D", example="1.4T", low=1.0, high=1e149, ranged=False
    )
    target: str = field(
        CHOICE, "What is predicted of the budget: its loss, or its optimal N.", label="Target", example="params",
        default="loss", default_value="loss", choices=("loss", "params"),
    )  # fmt: skip
    spend: float | None = field(
        "FLOP", "Compute for the new runs together.", label="Spend", example="1e22", low=1e6, high=1e299, ranged=False
    )
    runs: int = field(
        "1", "How many new runs at most.", label="Runs", example="6", default=str(RUNS), default_value=RUNS, low=1,
        high=MOST_RUNS, whole=True, ranged=False,
    )  # fmt: skip
    noise: float | None = field(
        "fraction", "Standard deviation of ln L of a run; default: of the fit's residuals.", label="Noise",
        example="0.5%", low=1e-9, high=1.0, ranged=False,
    )  # fmt: skip
    min_params: float | None = field(
        "parameters", "Least N; default: the least that was run.", label="Least N", example="50M", low=1.0, high=1e149,
        ranged=False,
    )  # fmt: skip
    max_params: float | None = field(
        "parameters", "Most N; default: 10 times the most that was run.", label="Most N", example="7B", low=1.0,
        high=1e149, ranged=False,
    )  # fmt: skip
    min_tokens: float | None = field(
        "tokens", "Least D; default: the least that was run.", label="Least D", example="1B", low=1.0, high=1e149,
        ranged=False,
    )  # fmt: skip
    max_tokens: float | None = field(
        "tokens", "Most D; default: 10 times the most that was run.", label="Most D", example="1T", low=1.0,
        high=1e149, ranged=False,
    )  # fmt: skip
    min_ratio: float | None = field(
        "tokens/parameter", "Least D/N; default: the least that was run.", label="Least D/N", example="5",
        low=1e-149, high=1e149, ranged=False,
    )  # fmt: skip
    max_ratio: float | None = field(
        "tokens/parameter", "Most D/N; default: the most that was run.", label="Most D/N", example="200",
        low=1e-149, high=1e149, ranged=False,
    )  # fmt: skip


def answer_of(inputs: DesignInputs, known: Evidence) -> Answer:
    """Return the runs to do next, what they do to the interval of a prediction, and what a naive choice would.

    Row ids: ``target_now`` and ``target_after``, the prediction with its interval (``low``, ``high``) before and after;
    ``error_now``, ``error_after``; ``interval_now``, ``interval_after``, ``interval_single``, ``interval_ladder``, half
    of its width in the logarithm; ``shrinkage``, ``shrinkage_single``, ``shrinkage_ladder``; ``spent``; and for each
    subject ``run-1``, ``run-2``, ... ``params``, ``tokens``, ``flops``, ``tokens_per_param``, ``share`` and
    ``interval``, that with it and those before it. Runs stand in the order of what they add.

    Parameters
    ----------
    inputs : DesignInputs
        A target (a budget, or N and D), and what may be spent.
    known : Evidence
        What the runs behind the fit know, as `scaletui_core.fitting.information.evidence_of` gives it with
        ``inputs.noise`` for a spread.

    Raises
    ------
    InputError
        If there is no target or no money, too little of it for any run, or no noise is known.

    Examples
    --------
    >>> from scaletui_core.fitting.information import evidence_of
    >>> from scaletui_core.fitting.parametric import Loss, fit
    >>> from scaletui_core.fitting.synthetic import synthetic
    >>> runs = synthetic((1.8, 6.2, 7.7, 0.35, 0.37), noise=0.003)
    >>> answer = answer_of(DesignInputs(flops=1e24, spend=1e22, runs=3), evidence_of(runs, fit(runs, Loss("squared"))))
    >>> round(answer.row("shrinkage").value, 3), round(answer.row("shrinkage_single").value, 3)
    (0.199, 0.084)
    """
    from scaletui_core.fitting.design_rows import TABLE, interval_rows, notes_of, run_rows, target_rows
    from scaletui_core.fitting.design_space import bounds_of
    from scaletui_core.fitting.information import target_at, target_of
    from scaletui_core.fitting.proposal import propose

    if inputs.spend is None:
        raise InputError("no compute for new runs", where="--spend", hint="such as --spend 1e22")
    if inputs.noise is not None:
        known = replace(known, spread=inputs.noise)
    if inputs.flops is not None:
        for name in ("params", "tokens"):
            if getattr(inputs, name) is not None:
                raise InputError("two targets: a budget, or N and D; drop one", where=f"--flops with --{name}")
        target = target_of(known, inputs.flops, inputs.target)
    elif inputs.params is not None and inputs.tokens is not None:
        if inputs.target != "loss":
            raise InputError("an optimal N needs a budget, not a model", where="--target", hint="give --flops 1e25")
        target = target_at(known, inputs.params, inputs.tokens)
    else:
        raise InputError("nothing to predict", hint="give --flops 1e25, or --params 70B and --tokens 1.4T")
    bounds = bounds_of(
        known, params=(inputs.min_params, inputs.max_params), tokens=(inputs.min_tokens, inputs.max_tokens),
        ratio=(inputs.min_ratio, inputs.max_ratio),
    )  # fmt: skip
    found = propose(known, target, inputs.spend, inputs.runs, bounds)
    rows = target_rows(known, found, inputs.flops) + interval_rows(known, found) + run_rows(found)
    return Answer("design", given(inputs), tuple(rows), tuple(notes_of(known, found)), provenance(), TABLE)
