"""What every number of a pane means, in plain words: by calculator and row id, in the order in which they are shown."""

from __future__ import annotations

from typing import NamedTuple

from scaletui.glossary_bench import BENCH, BENCH_COMPARE, BENCH_LIST
from scaletui.glossary_fit import FIT
from scaletui.glossary_running import COPIES, LEARNING, SPEED
from scaletui.render.table import head_rows, lines_of
from scaletui_core.answer import Answer


class Entry(NamedTuple):
    """What one row id is about.

    Attributes
    ----------
    label : str
        What stands beside the number on the screen, or above it; ``*`` for what differs.
    meaning : str
        What it is, its unit in brackets, and what a large or a small one means.
    """

    label: str
    meaning: str


CALC = """
compute: training compute C
    arithmetic of the run [FLOP]: more lowers the loss
pf_days: petaflop/s-days
    C in days of a machine that does 10^15 FLOP/s
duration: time on *
    how long the run takes, on the machine or at the tokens/s that are given
accelerator_hours: * hours, *
    accelerators times hours, when each does MFU of its peak in that number format; hire and energy follow from it
cost: hire
    rent of the accelerators for the run [USD]; staff, storage and runs that fail come on top
energy: energy of the accelerators
    electricity that they take at their rated power [Wh]; hosts, network and cooling come on top
mfu: MFU that this means
    share of the machine's peak that goes into 6 N D: large is good, and above 100% cannot be
model_params: your model's parameters N
    the size that you gave, or that C leaves beside your D [parameters]
model_tokens: your model's tokens D
    the text that you gave, or that C leaves beside your N [tokens]
model_tokens_per_param: your model's D/N
    tokens for each of its parameters; beside it, what each law would have chosen
model_epochs: your model's passes over the unique tokens
    how many times it reads each of them; 1 is once, and each further pass teaches less
params: N
    size of the model [parameters]: large is slow to run
tokens: D
    text to train it on [tokens]: so much must first be found
tokens_per_param: D/N
    tokens a parameter: large is a small model trained long
loss: loss
    how badly it predicts new text [nats/token]: small is good
model_loss: yours
    loss of your own N and D; what it has above the loss beside it is the price of not being optimal
epochs: epochs
    how many times the unique tokens are read; 1 is once, and each further pass teaches less
decades_beyond_fit: beyond
    C outside the runs behind the law: 10^2x is 100 times above them, 10^-1x a tenth of the least; 'inside' is safest
nearest_model: nearest
    the known model whose N and D are most like these
loss_irreducible: irreducible loss E
    part of the loss that stays however large N and D are [nats/token]
loss_params: loss from finite N
    part of the loss that a larger model would take away [nats/token]
loss_tokens: loss from finite D
    part of the loss that more text would take away [nats/token]
model_loss_irreducible: irreducible loss E
    that part of your own model's loss [nats/token]
model_loss_params: loss from finite N
    that part of your own model's loss: large, if the model is too small [nats/token]
model_loss_tokens: loss from finite D
    that part of your own model's loss: large, if it has read too little [nats/token]
"""

FRONTIER = """
compute: C
    training compute [FLOP], from left to right
params: N
    size that reaches the least loss at that C [parameters]; a steep line puts compute into size
tokens: D
    text to train that model on [tokens]; a steep line puts compute into text
tokens_per_param: D/N
    tokens for each parameter; the same at every C where both grow alike
epochs: epochs
    how many times the unique tokens are read; 1 is once, and each further pass teaches less
loss: loss
    the least loss that C reaches [nats/token]: small is good
decades_beyond_fit: beyond
    C outside the runs behind the law: 10^2x is 100 times above them; drawn with gaps
"""

ISOFLOP = """
params: N
    size of the model [parameters], from left to right; each costs the same C
tokens: D
    text that C leaves for that size, C / (6 N) [tokens]: the larger the model, the less
epochs: epochs
    how many times the unique tokens are read; 1 is once, and each further pass teaches less
loss: loss
    loss of that model [nats/token]: small is good, and the lowest point the best size
loss_params: from N
    part of the loss that a larger model would take away: rules at the left [nats/token]
loss_tokens: from D
    part of the loss that more text would take away: rules at the right [nats/token]
optimal_params: N of least loss
    the size at the lowest point of the line [parameters]; its mark names it
optimal_loss: least loss
    the loss there [nats/token]
loss_irreducible: irreducible loss E
    part of the loss that stays however large N and D are [nats/token]
"""

EMERGENCE = """
seen_count: abilities seen by *
    shown by models of this scale or below
of_count: abilities with figures
    how many have a known scale
next_times_more: next, *: times more
    how many times your scale the next ability takes: 1.1 is near, 10 is far
params_equivalent: optimal N of that, *
    size that the law finds best for your C [parameters]
budget_equivalent: C that makes that N optimal
    compute for which the law finds your size best [FLOP]
seen_equivalent_count: abilities seen by that *
    how many are seen if that is taken for your scale: old models read little text for their size
params: N
    the smallest model that showed it, and its size [parameters]
flops: C
    training compute of that model [FLOP]: large comes late
compute_equivalent: C for N
    compute for which the law finds that N best [FLOP]
seen: at *
    'seen': your scale is at least that; 'needs 3x': it took three times yours; 'seen 80%': of the samples of a range
score: score
    share of the questions answered right: large is good; guessing gives 25% on MMLU, 50% on hindsight neglect
next: *: next, at *
    scale of the ability that comes next [FLOP or parameters]
times_more: times more *; 1 or less is seen
    scale at which it was first seen, over yours: small is near
perplexity: WikiText103 perplexity of that model
    how unsure it is of the next word in Wikipedia: among so many equally likely ones; small is good
"""

BATCH = """
gradient_norm2: |G|^2 of the true gradient
    squared length of the gradient once noise is taken out: small says that batches disagree
gradient_trace: tr Sigma, its variance a token
    how much the gradients of single tokens scatter: large wants large batches
critical_batch: critical batch
    batch that takes twice the fewest steps and tokens [tokens]: larger ones save little time, smaller little compute
batch_tokens: *: batch for C
    what the law would take for the least loss at your C [tokens], however long it takes
learning_rate: *: learning rate
    step size that the law would take with that batch; 'step size' is no share of it
batch: B
    the batch of the line [tokens]; 'name': in critical ones
steps_multiple: x steps
    steps, and so time, over the fewest of any batch: 1 is the least
tokens_multiple: x tokens
    tokens, and so compute, over the fewest: 1 is the least
step_size: step size
    best step size, as a share of that for a boundless batch: small batches are noisy, and want small steps
steps: S
    steps to the loss that S_min is for
tokens: E
    tokens to the loss that E_min is for [tokens]
"""


def _entries(text: str) -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    row_id = ""
    for line in text.strip().splitlines():
        if line.startswith(" "):
            label, meaning = found[row_id]
            found[row_id] = Entry(label, f"{meaning} {line.strip()}".strip())
        else:
            row_id, _, label = line.partition(": ")
            found[row_id] = Entry(label, "")
    return found


ENTRIES: dict[str, dict[str, Entry]] = {
    name: _entries(text)
    for name, text in {
        "calc": CALC, "frontier": FRONTIER, "isoflop": ISOFLOP, "emergence": EMERGENCE, "speed": SPEED,
        "copies": COPIES, "learning": LEARNING, "batch": BATCH, "fit": FIT,
        "bench": BENCH, "bench-list": BENCH_LIST, "bench-compare": BENCH_COMPARE,
    }.items()
}  # fmt: skip
"""What each number means, by calculator and row id; of a sweep also what runs down it."""


def shown(answer: Answer, table_first: bool = False) -> list[tuple[str, str]]:
    """Return the row ids that an answer shows, each with its label there, from the top to the bottom.

    What only an explanation shows, as the terms of a loss, is left out.

    Parameters
    ----------
    answer : Answer
        Its rows in the order in which they are shown.
    table_first : bool
        Whether the table comes before what holds for all of it.

    Examples
    --------
    >>> from scaletui_core.calc import calculate
    >>> from scaletui_core.budget import BudgetInputs
    >>> from scaletui_core.presets import Catalog
    >>> shown(calculate(BudgetInputs(flops=1e21, law=("chinchilla-1",)), Catalog("presets")))[1:4]
    [('pf_days', 'petaflop/s-days'), ('params', 'N'), ('tokens', 'D')]
    """
    head: dict[str, str] = {}
    for row in head_rows(answer):
        head.setdefault(row.id, row.label)
    columns: dict[str, str] = {}
    if answer.table is not None:
        lines = lines_of(answer)
        if answer.sweep is not None and any(line.at is not None for line in lines):
            columns[answer.sweep.id] = answer.sweep.symbol
        filled = {row_id for line in lines for row_id in line.rows}
        for column in answer.table.columns:
            if column.id in filled:
                before = columns.get(column.id)
                columns[column.id] = f"{before}, {column.heading}" if before else column.heading
    first, second = (columns, head) if table_first else (head, columns)
    return [*first.items(), *((row_id, label) for row_id, label in second.items() if row_id not in first)]
