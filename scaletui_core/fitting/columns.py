"""Which column is what: known by its name in any spelling, or as the options say."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from scaletui_core.errors import InputError, unknown_name
from scaletui_core.fitting.read_inputs import ReadInputs
from scaletui_core.fitting.sheets import Sheet
from scaletui_core.safetext import visible

WORDS = {"params": "N", "tokens": "D", "flops": "C", "loss": "the loss", "run": "the run", "step": "the step"}
"""The roles of columns, with what people call them."""

KNOWN: dict[str, tuple[str, ...]] = {
    role: tuple(names.split())
    for role, names in (
        (
            "params",
            "n params n_params num_params param_count params_count total_params model_params parameters n_parameters "
            "num_parameters parameter_count total_parameters model_parameters model_size size "
            "non_embedding_params nonembedding_params params_non_embedding non_embedding_parameters n_non_embedding "
            "num_non_embedding_params "
            "config_n_params config_params model_n_params",
        ),
        (
            "tokens",
            "d tokens n_tokens num_tokens token_count tokens_seen seen_tokens total_tokens train_tokens "
            "training_tokens tokens_trained trained_tokens consumed_tokens tokens_consumed dataset_size dataset_tokens "
            "data_tokens data_size num_input_tokens_seen train_num_input_tokens_seen train_tokens_seen train_n_tokens "
            "throughput_total_tokens",
        ),
        (
            "flops",
            "c flop flops n_flops total_flop total_flops train_flop train_flops training_flop training_flops compute "
            "training_compute train_compute total_compute compute_flop compute_flops total_flos train_total_flos",
        ),
        (
            "loss",
            "l loss final_loss last_loss train_loss training_loss final_train_loss train_final_loss val_loss "
            "valid_loss validation_loss final_val_loss eval_loss evaluation_loss final_eval_loss test_loss "
            "final_test_loss lm_loss loss_lm cross_entropy cross_entropy_loss train_cross_entropy_loss "
            "loss_nats smoothed_loss",
        ),
        ("run", "run_id run run_name id name experiment exp trial job"),
        ("step", "step global_step train_global_step trainer_global_step train_step training_step iteration iter"),
    )
}
"""The names by which a column is known, as `plain` writes them; of several runs' ids the first here is taken."""

_TENSORBOARD = {"wall_time", "step", "value"}
_LISTED = 20


def plain(name: str) -> str:
    """Return a name without case and punctuation.

    >>> plain("Model Size"), plain("eval/loss"), plain("_step")
    ('model_size', 'eval_loss', 'step')
    """
    return re.sub(r"[^0-9a-z]+", "_", name.lower()).strip("_")


class Series(NamedTuple):
    """One run of a wide table: its name, and the positions of its loss and of its own step, if it has one."""

    run: str
    loss: int
    step: int | None


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the numbers of a table are.

    Attributes
    ----------
    at : dict of str to int
        Positions of columns, by role.
    names : list of str
        Names of all columns.
    series : tuple of Series
        Where each run has a column of its own; empty for a table with a row for each point.
    tensorboard : bool
        Whether it is a CSV of TensorBoard: one curve, of the run that the file is named for.
    """

    at: dict[str, int]
    names: list[str]
    series: tuple[Series, ...] = field(default=())
    tensorboard: bool = False


def layout(sheet: Sheet, options: ReadInputs, file: str) -> Layout:
    """Return which column is what.

    Raises
    ------
    InputError
        If a mapped column is not there, two columns could be the same thing, or something needed is missing.
    """
    where = f"{file}:{sheet.line}" if sheet.line else file
    names = sheet.names
    spelled = [plain(name) for name in names]
    tensorboard = set(spelled) == _TENSORBOARD and options.loss_col is None
    mapped = _mapped(names, options, where) if not _wide(names) else {}
    at = dict(mapped)
    if tensorboard:
        at["loss"] = spelled.index("value")
    used = set(at.values())
    for role in WORDS:
        found = [here for here, name in enumerate(spelled) if name in KNOWN[role] and here not in used]
        if role == "tokens" and options.tokens_per_step is not None:
            found = []
        if role in at or not found:
            continue
        if role == "run":
            found.sort(key=lambda here: KNOWN["run"].index(spelled[here]))
        elif len(found) > 1 and (role != "step" or options.tokens_per_step is not None):
            raise _ambiguous(role, [names[here] for here in found], where)
        at[role] = found[0]
    if _wide(names):
        return _wide_layout(names, at, options, where)
    _check_enough(at, options, names, where, sheet.doubt)
    return Layout(at, names, tensorboard=tensorboard)


def _mapped(names: list[str], options: ReadInputs, where: str) -> dict[str, int]:
    at: dict[str, int] = {}
    for role in WORDS:
        wanted = getattr(options, f"{role}_col")
        if wanted is None:
            continue
        option = f"--{role}-col"
        at[role] = _position(wanted, names, option, where)
        for other, here in at.items():
            if other != role and here == at[role]:
                raise InputError(f"--{other}-col names that column too", where=option, hint="a column is one thing")
    if "tokens" in at and options.tokens_per_step is not None:
        raise InputError("goes without --tokens-col", where="--tokens-per-step", hint="either says what D is")
    return at


def _position(wanted: str, names: list[str], option: str, where: str) -> int:
    spellings: tuple[Callable[[str], str], ...] = (str, str.lower, plain)
    for spelling in spellings:
        found = [at for at, name in enumerate(names) if spelling(name) == spelling(wanted.strip())]
        if len(found) > 1:
            raise InputError(f"{len(found)} columns are called '{visible(wanted)}'", where=where, hint="rename one")
        if found:
            return found[0]
    raise unknown_name("column", wanted, [visible(name) for name in names if name], where=f"{option}, {where}")


def _ambiguous(role: str, found: list[str], where: str) -> InputError:
    shown = " and ".join(f"'{visible(name)}'" for name in found)
    hint = f"say --{role}-col NAME" if len(set(found)) > 1 else "rename one"
    return InputError(f"the columns {shown} could each be {WORDS[role]}", where=where, hint=hint)


def _check_enough(at: dict[str, int], options: ReadInputs, names: list[str], where: str, doubt: str) -> None:
    """Refuse a table without the loss, or with fewer than two of N, D and C."""
    listed = ", ".join(f"'{visible(name)}'" for name in names[:_LISTED])
    found = f"{listed} and {len(names) - _LISTED:,} more" if len(names) > _LISTED else listed
    tail = f"; the columns are {found}" + (f"; {doubt}" if doubt else "")
    if "loss" not in at:
        raise InputError(f"no column is known to be the loss{tail}", where=where, hint="say --loss-col NAME")
    if options.tokens_per_step is not None and "step" not in at:
        raise InputError(f"no column is known to be the step{tail}", where=where, hint="say --step-col NAME")
    has = [
        "N" if "params" in at or options.run_params else "",
        "D" if "tokens" in at or options.tokens_per_step is not None else "",
        "C" if "flops" in at else "",
    ]
    if sum(map(bool, has)) >= 2:
        return
    known = next(filter(None, has), "")
    ways = {
        "N": "--params-col NAME or --run-params 70M",
        "D": "--tokens-per-step NUMBER" if "step" in at else "--tokens-col NAME",
        "C": "--flops-col NAME",
    }
    hint = "say " + ", or ".join(way for word, way in ways.items() if word != known)
    only = f"only {known} is known" if known else "none of them is known"
    raise InputError(f"two of N, D and C are needed, and {only}{tail}", where=where, hint=hint)


def _parted(name: str) -> tuple[str, str] | None:
    """Return run and metric of a column of a wide W&B export, such as ``run-1 - eval/loss``."""
    run, dash, metric = name.rpartition(" - ")
    return (run, metric) if dash and run and metric else None


def _wide(names: list[str]) -> bool:
    """Whether all columns but the first, the axis, are of one run each.

    >>> _wide(["Step", "run-1 - loss", "run-1 - loss__MIN"]), _wide(["step", "loss"])
    (True, False)
    """
    return len(names) > 1 and _parted(names[0]) is None and all(map(_parted, names[1:]))


def _wide_layout(names: list[str], at: dict[str, int], options: ReadInputs, where: str) -> Layout:
    """Return the layout of a W&B chart: an axis, and for each run its metric, with __MIN and __MAX left out."""
    columns: dict[str, dict[str, int]] = {}
    for here, name in enumerate(names[1:], 1):
        run, metric = _parted(name) or ("", "")
        if metric.endswith(("__MIN", "__MAX")):
            continue
        if run in columns.setdefault(metric, {}):
            what = f"two columns are called '{visible(name)}'"
            raise InputError(what, where=where, hint="give runs different names, or export a table")
        columns[metric][run] = here
    known = [metric for metric in columns if plain(metric) in KNOWN["loss"]]
    if options.loss_col is not None:
        named = list(columns)
        loss = named[_position(options.loss_col, named, "--loss-col", where)]
    elif len(known) == 1:
        loss = known[0]
    elif known:
        raise _ambiguous("loss", known, where)
    else:
        metrics = ", ".join(f"'{visible(metric)}'" for metric in list(columns)[:_LISTED])
        what = f"no metric of the runs is known to be the loss; they are {metrics}"
        raise InputError(what, where=where, hint="say --loss-col NAME")
    steps = next((columns[metric] for metric in columns if plain(metric) in KNOWN["step"]), {})
    axis = {role: here for role, here in at.items() if here == 0 and role in ("tokens", "flops", "step")}
    wanted = {"tokens": options.tokens_col, "flops": options.flops_col, "step": options.step_col}
    for role, asked in wanted.items():
        if asked is not None:
            _position(asked, names[:1], f"--{role}-col", where)
            axis = {role: 0}
    for role in ("params", "run"):
        if getattr(options, f"{role}_col") is not None:
            hint = "N is by --run-params" if role == "params" else "runs are in the names of its columns"
            raise InputError(f"a chart has no column of {WORDS[role]}", where=f"--{role}-col", hint=hint)
    if options.tokens_per_step is not None and steps and "step" not in axis:
        axis["step"] = next(iter(steps.values()))
    _check_enough({"loss": 1, **axis}, options, names, where, "")
    own = steps if plain(names[0]) not in KNOWN["step"] else {}
    lacking = next((run for run in columns[loss] if own and run not in own), None)
    if lacking is not None:
        what = f"run '{visible(lacking)}' has no column of steps, and others have"
        raise InputError(what, where=where, hint="export the chart over steps")
    return Layout(axis, names, tuple(Series(run, here, own.get(run)) for run, here in columns[loss].items()))
