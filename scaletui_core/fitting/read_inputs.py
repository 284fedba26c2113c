"""How a file of runs is to be read: which column is what, declared once; the options derive from it."""

from __future__ import annotations

from dataclasses import dataclass

from scaletui_core.fields import CHOICE, FLAG, NAMES, TEXT, field

DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t"}
FINAL, CURVES = "final", "curves"
BY_NAME = "names"
"""What `ReadInputs.run_params` says when N stands in the names of the runs."""


@dataclass(frozen=True, slots=True)
class ReadInputs:
    """How to read a file of runs. Where a field is not given, the column is known by its name.

    Attributes
    ----------
    params_col, tokens_col, flops_col, loss_col, run_col, step_col : str
        Names of the columns of N, D, C, the loss, the run's id, and the step.
    tokens_per_step : float
        Tokens in one step [tokens]: then D is the step times this, and no column of tokens is used.
    run_params : tuple of str
        N of runs that have no column of it: ``70M`` for all, ``run-1=70M`` for one, ``names`` where it stands in the
        names of the runs.
    rows : str
        ``final`` where each row is a final loss, ``curves`` where rows are points of training curves; by default
        curves where a run comes with several numbers of tokens.
    delimiter : str
        What separates columns; by default what the first line has most of.
    skip_bad : bool
        Whether rows that cannot be used are left out; by default they are an error.
    """

    params_col: str | None = field(
        TEXT, "Column of the model size N.", label="N column", example="'Model Size'", default="by its name"
    )
    tokens_col: str | None = field(
        TEXT, "Column of the training tokens D.", label="D column", example="tokens", default="by its name"
    )
    flops_col: str | None = field(
        TEXT, "Column of the training compute C.", label="C column", example="flops", default="by its name"
    )
    loss_col: str | None = field(
        TEXT, "Column of the loss.", label="L column", example="eval/loss", default="by its name"
    )
    run_col: str | None = field(TEXT, "Column of the run's id.", label="Run col", example="Name", default="by its name")
    step_col: str | None = field(
        TEXT, "Column of the training step.", label="Step col", example="_step", default="by its name"
    )
    tokens_per_step: float | None = field(
        "tokens", "Tokens in one step, where steps stand for D.", label="Tok/step", example="2M", low=1.0,
        high=1e18, ranged=False,
    )  # fmt: skip
    run_params: tuple[str, ...] = field(
        NAMES, "N where no column has it: 70M, run-1=70M (repeatable), or: names.", label="N of runs",
        example="run-1=70M", default_value=(),
    )  # fmt: skip
    rows: str | None = field(
        CHOICE, "What rows are: final losses, or points of curves.", label="Rows", example="curves",
        default="curves where a run comes again", choices=(FINAL, CURVES),
    )  # fmt: skip
    delimiter: str | None = field(
        CHOICE, "What separates columns.", label="Delimiter", example="tab", default="found",
        choices=tuple(DELIMITERS),
    )  # fmt: skip
    skip_bad: bool = field(
        FLAG,
        "Leave out rows that cannot be used.",
        label="Skip bad",
        example="scaletui fit runs.csv --skip-bad",
        default_value=False,
    )
