"""Intervals: the formulas of an answer run over samples of its uncertain inputs.

A calculator that was given a range answers with traced values at the middle of it. `with_intervals` runs their paths
over samples, one draw of an input for every row that it feeds, and puts the median and the interval into each row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import isfinite
from typing import NamedTuple

from scaletui_core.answer import Answer, Note, Row, Spread
from scaletui_core.distributions import Range, words_of
from scaletui_core.errors import InputError
from scaletui_core.program import Program
from scaletui_core.quantiles import SKETCH_ERROR
from scaletui_core.quantity_text import format_quantity
from scaletui_core.sampling import COVERAGE, FEWEST, MOST, Sampling
from scaletui_core.spreads import EXACT, Cancelled, Run
from scaletui_core.traced import Draw, Traced, unsampled

__all__ = ["Cancelled", "can_be_sampled", "is_uncertain", "with_intervals"]


def can_be_sampled(value: Traced) -> bool:
    """Whether every step to a value is one that samples can take too; a bisection is not."""
    known: set[int] = set()
    stack: list[float] = [value]
    while stack:
        one = stack.pop()
        if isinstance(one, Traced) and id(one) not in known:
            known.add(id(one))
            if one.how is unsampled:
                return False
            stack += one.parts
    return True


def is_uncertain(answer: Answer) -> bool:
    """Whether a value of an answer varies."""
    return any(isinstance(row.value, Traced) for row in answer.rows)


def with_intervals(
    answers: Sequence[Answer],
    sampling: Sampling | None = None,
    *,
    cancelled: Callable[[], bool] = lambda: False,
    stage: Callable[[str], None] = lambda words: None,
) -> list[Answer]:
    """Return answers with the median and the interval in every row that varies.

    Answers that are given together share their draws: what follows from one uncertain input varies together.

    Parameters
    ----------
    answers : sequence of Answer
        From calculators that were given uncertain inputs; others come back as they are.
    sampling : Sampling
        Number of samples, seed, coverage.
    cancelled : callable
        Asked between chunks; once it says yes, the run stops.
    stage : callable
        Told what is being done, ``compiling`` or ``sampling``.

    Raises
    ------
    InputError
        If the number of samples or the coverage cannot be.
    Cancelled
        If ``cancelled`` said so.

    Examples
    --------
    >>> from scaletui_core.budget import BudgetInputs
    >>> from scaletui_core.calc import calculate
    >>> from scaletui_core.distributions import uncertain
    >>> from scaletui_core.presets import Catalog
    >>> asked = BudgetInputs(flops=uncertain("1e23..1e25", "FLOP", "flops"), law=("chinchilla-1",))
    >>> (answer,) = with_intervals([calculate(asked, Catalog("presets"))])
    >>> [float(f"{x:.3g}") for x in answer.row("compute")[7:9]]
    [1e+23, 1e+25]
    """
    sampling = sampling or Sampling()
    _check(sampling)
    answers = [_without_solved(answer) for answer in answers]
    values = [row.value for answer in answers for row in answer.rows if isinstance(row.value, Traced)]
    if not values:
        return answers
    for answer in answers:
        _check_names(answer)
    draws = Program(values).draws
    made = _Made(draws, sampling, _coverage(draws, sampling.coverage))
    spreads = iter(Run(values, sampling, made.coverage, cancelled, stage).spreads())
    return [_told(answer, spreads, made) if is_uncertain(answer) else answer for answer in answers]


def _check(sampling: Sampling) -> None:
    """Raise for what no run can be made of."""
    if not FEWEST <= sampling.samples <= MOST:
        raise InputError(f"must be from {FEWEST:,} to {MOST:,}", where="--samples", hint="such as 100k")
    if sampling.coverage is not None and not 0.0 < sampling.coverage < 1.0:
        raise InputError("must be between 0 and 1", where="--coverage", hint="such as 50%")
    if sampling.seed < 0:
        raise InputError("must be a whole number from 0 up", where="--seed", hint="such as 1")
    if sampling.threads < 1:
        raise InputError("must be at least 1", where="threads")


def _check_names(answer: Answer) -> None:
    """Raise where two ranges of one answer have one name, and would move together; those of two scenarios may."""
    draws = Program([row.value for row in answer.rows if isinstance(row.value, Traced)]).draws
    names = [draw.name for draw in draws]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None and answer.calculator != "compare":
        raise InputError(
            f"two ranges are called '{twice}'", hint="give each a name of its own: uncertain(..., name=...)"
        )


def _without_solved(answer: Answer) -> Answer:
    """Return an answer whose rows that no sample can make stand at the middle of the ranges, with a note."""
    solved = [row for row in answer.rows if isinstance(row.value, Traced) and not can_be_sampled(row.value)]
    if not solved:
        return answer
    rows = tuple(row._replace(value=float(row.value)) if row in solved else row for row in answer.rows)
    names = ", ".join(dict.fromkeys(f"{row.label} ({row.law})" if row.law else row.label for row in solved))
    text = f"At the middle of the ranges, without an interval, since they are found by bisection: {names}."
    return answer._replace(rows=rows, notes=(Note("uncertain-solved", text, kind="assumption"), *answer.notes))


def _told(answer: Answer, spreads: Iterator[Spread], made: _Made) -> Answer:
    """Return an answer with what the samples say of it."""
    rows = tuple(_with_spread(row, next(spreads)) if isinstance(row.value, Traced) else row for row in answer.rows)
    notes = (made.note(), *_missing_notes(rows), *answer.notes)
    return answer._replace(rows=rows, notes=notes, provenance={**answer.provenance, "sampling": made.provenance()})


class _Made(NamedTuple):
    """How intervals were made: what varied, how it was sampled, what an interval holds."""

    draws: Sequence[Draw]
    sampling: Sampling
    coverage: float

    def note(self) -> Note:
        """Return the note that says so."""
        alike: dict[str, list[str]] = {}
        for words in dict.fromkeys(_said(draw) for draw in self.draws):
            start, _, shape = words.partition(" (")
            alike.setdefault(shape, []).append(start)
        named = "; ".join(", ".join(all_) + (f" ({shape}" if shape else "") for shape, all_ in alike.items())
        inside = format_quantity(self.coverage, "fraction", digits=6)
        text = f"Uncertain: {named}. Medians and central {inside} of {self.sampling.samples:,} samples."
        return Note("uncertain", text, kind="assumption")

    def provenance(self) -> dict[str, object]:
        """Return what makes the run again, and what its quantiles are worth."""
        exact = self.sampling.samples <= EXACT
        return {
            "samples": self.sampling.samples,
            "seed": self.sampling.seed,
            "coverage": self.coverage,
            "quantiles": "exact" if exact else "sketch",
            "relative_error": 0.0 if exact else SKETCH_ERROR,
            "uncertain": list(dict.fromkeys(_said(draw) for draw in self.draws)),
        }


def _with_spread(row: Row, spread: Spread) -> Row:
    """Return a row with its median and interval; as it was where the ranges cancel out of it."""
    value = float(row.value)
    if not isfinite(spread.middle):
        return row._replace(value=value, spread=spread)
    if not spread.bars and spread.low == spread.high == spread.mean:  # the ranges cancel out of it
        return row._replace(value=value)
    return row._replace(value=spread.middle, low=spread.low, high=spread.high, spread=spread)


def _coverage(draws: Sequence[Draw], asked: float | None) -> float:
    """Return the coverage of the intervals: as asked, or as the ranges have it where they all have the same."""
    if asked is not None:
        return asked
    had = {draw.of.quantity.coverage for draw in draws if isinstance(draw.of, Range)}
    return had.pop() if len(had) == 1 else COVERAGE


def _said(draw: Draw) -> str:
    """Return what is uncertain, for people."""
    return f"{draw.name} {words_of(draw.of)}" if isinstance(draw.of, Range) else str(draw.of)


def _missing_notes(rows: Sequence[Row]) -> list[Note]:
    """Return the note that some samples have no answer, where some have none."""
    found = [(row.spread.missing, row.label) for row in rows if row.spread is not None and row.spread.missing > 0.0]
    if not found:
        return []
    most, label = max(found)
    share = format_quantity(most, "fraction")
    text = f"Up to {share} of the samples have no answer ({label}); medians and intervals leave them out."
    return [Note("uncertain-missing", text, kind="assumption")]
