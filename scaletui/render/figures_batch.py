"""The figures of batch: the hyperbola of steps and tokens, and what each batch costs of both."""

from __future__ import annotations

from scaletui.render.plot import Axis, Mark, Plot
from scaletui.render.shapes import curve
from scaletui.render.ticks import number
from scaletui_core.answer import Answer
from scaletui_core.batch import SWEEP, BatchInputs, in_critical, steps_multiple, steps_of, tokens_multiple, tokens_of
from scaletui_core.errors import InputError
from scaletui_core.frontier import log_spaced
from scaletui_core.presets import Catalog

_REACH = 64.0  # how far the curves go on either side of the critical batch
_MARKED = {share: in_critical(share) for share in SWEEP[2:-2]}


def _critical(answer: Answer) -> float:
    """Return the critical batch [tokens] of an answer, or raise for the inputs that give one."""
    for row in answer.rows:
        if row.id == "critical_batch":
            return row.value
    raise InputError("needs a critical batch", hint="add --loss 3.0, --noise-scale 1M, or --min-steps and --min-tokens")


def _batches(inputs: BatchInputs, critical: float) -> list[float]:
    """Return batches on either side of the critical one, and as far as the one to be judged."""
    reach = _REACH
    if inputs.batch is not None:
        reach = max(reach, 2.0 * inputs.batch / critical, 2.0 * critical / inputs.batch)
    return log_spaced(critical / reach, critical * reach, 81)


def hyperbola(inputs: BatchInputs, answer: Answer, catalog: Catalog) -> Plot:
    """Return steps against tokens to the same loss: in multiples of the fewest, or as they are where these are given.

    Raises
    ------
    InputError
        If there is no critical batch.
    """
    critical = _critical(answer)
    least_steps, least_tokens = inputs.min_steps, inputs.min_tokens
    axes = Axis("E/E_min", "times the fewest tokens", True, 1.0), Axis("S/S_min", "times the fewest steps", True, 1.0)
    if least_steps is not None and least_tokens is not None:
        axes = Axis("E", "tokens", True, least_tokens), Axis("S", "steps", True, least_steps)

    def point(batch: float) -> tuple[float, float]:
        steps, tokens = steps_multiple(batch, critical), tokens_multiple(batch, critical)
        if least_steps is None or least_tokens is None:
            return tokens, steps
        return tokens_of(least_tokens, tokens), steps_of(least_steps, steps)

    xs, ys = zip(*map(point, _batches(inputs, critical)), strict=True)
    along = dict(zip(xs, ys, strict=True))
    marks = [Mark(*point(critical * times), label) for times, label in _MARKED.items()]
    if inputs.batch is not None:
        marks.append(Mark(*point(inputs.batch), f"your B = {number(inputs.batch, 'tokens')}", emphasis=True))
    title = f"Steps against tokens to one loss; B_crit = {number(critical, 'tokens')} tokens"
    series = (curve("batches, small to large", xs, along.__getitem__, 0),)
    return Plot(title, *axes, series, tuple(marks))


def cost(inputs: BatchInputs, answer: Answer, catalog: Catalog) -> Plot:
    """Return the steps and the tokens that a batch costs, each in multiples of the fewest, against the batch.

    Raises
    ------
    InputError
        If there is no critical batch.
    """
    critical = _critical(answer)
    batches = _batches(inputs, critical)
    series = (
        curve("steps, so time", batches, lambda batch: steps_multiple(batch, critical), 0),
        curve("tokens, so compute", batches, lambda batch: tokens_multiple(batch, critical), 1),
    )
    marks = [Mark(critical, steps_multiple(critical, critical), f"B_crit = {number(critical, 'tokens')}")]
    if inputs.batch is not None:
        steps, tokens = steps_multiple(inputs.batch, critical), tokens_multiple(inputs.batch, critical)
        words = f"{number(steps, '')}x steps", f"{number(tokens, '')}x tokens"
        if inputs.min_steps is not None and inputs.min_tokens is not None:
            many, much = steps_of(inputs.min_steps, steps), tokens_of(inputs.min_tokens, tokens)
            words = f"{number(many, 'tokens')} steps", f"{number(much, 'tokens')} tokens"
        marks += [Mark(inputs.batch, y, word, True) for y, word in zip((steps, tokens), words, strict=True)]
    title = "What a batch costs, in times the fewest steps and tokens"
    x_axis = Axis("B", "tokens", True, batches[0], batches[-1])
    return Plot(title, x_axis, Axis("cost", "times the fewest", True, 1.0), series, tuple(marks))
