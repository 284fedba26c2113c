"""Which of C, N and D a budget solves for: C = 6 N D for one of them, or the laws for N and D; and turning that lock.

A machine with its time or money fixes C, a throughput with its time fixes D: what is fixed so is not solved for, and
what was typed there is left alone. A target loss has all three follow from it, and no lock.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from scaletui_core.budget import BudgetInputs
from scaletui_core.errors import InputError
from scaletui_core.fields import fields_of, parse_inputs
from scaletui_core.flow import Found
from scaletui_core.law_formulas import other_factor
from scaletui_core.quantity_text import format_quantity
from scaletui_core.traced import Traced

LAW, COMPUTE, PARAMS, TOKENS = LOCKS = ("law", "compute", "params", "tokens")
"""What may be solved for: N and D by law, or one of C, N, D by the two others; in the order in which the lock turns."""
LOCK_OF_FIELD = {"flops": COMPUTE, "params": PARAMS, "tokens": TOKENS}
"""What is solved for when a field is."""
DIGITS = 6
"""Significant digits of a value that was computed and becomes a text."""
_OFF = 1e-5  # as far as the digits hold C = 6 N D
_LABELS = {"flops": "C", "params": "N", "tokens": "D"}
_FIELDS = {field.name: field for field in fields_of(BudgetInputs) if field.name in _LABELS}
_WORDS = {COMPUTE: "C = 6 N D", PARAMS: "N = C/(6 D)", TOKENS: "D = C/(6 N)"}


class Turned(NamedTuple):
    """The texts of the fields ``flops``, ``params``, ``tokens`` after a turn, and what there is to say of it."""

    texts: dict[str, str]
    words: str


def solved_for(inputs: BudgetInputs) -> str | None:
    """Return what a budget solves for, one of `LOCKS`; None for a target loss, for nothing, and where all is given.

    Examples
    --------
    >>> solved_for(BudgetInputs(flops=1e24)), solved_for(BudgetInputs(params=7e10, tokens=1.4e12))
    ('law', 'compute')
    >>> solved_for(BudgetInputs(flops=1e24, tokens=1.4e12)), solved_for(BudgetInputs(loss=2.0))
    ('params', None)
    """
    fixed = _fixed(inputs)
    if inputs.loss is not None or len(fixed) in (0, 3):
        return None
    if len(fixed) == 1:
        return LAW
    return next(lock for name, lock in LOCK_OF_FIELD.items() if name not in fixed)


def lock_words(inputs: BudgetInputs) -> str:
    """Return what a budget solves for, in words for people.

    >>> lock_words(BudgetInputs(flops=1e24)), lock_words(BudgetInputs(params=7e10, tokens=1.4e12))
    ('N and D by law', 'C = 6 N D')
    >>> lock_words(BudgetInputs(loss=2.0, params=7e10)), lock_words(BudgetInputs())
    ('C and D by law, for L', '')
    """
    lock, fixed = solved_for(inputs), _fixed(inputs)
    if lock in _WORDS:
        return _WORDS[lock]
    *others, last = (label for name, label in _LABELS.items() if (name in fixed) == (len(fixed) == 3))
    names = f"{', '.join(others)} and {last}" if others else last
    if len(fixed) == 3:
        return f"{names} given"
    if inputs.loss is not None:
        return f"{names} by law, for L"
    return f"{names} by law" if fixed else ""


def why_not(lock: str, inputs: BudgetInputs) -> InputError | None:
    """Return why something cannot be solved for while a budget stands as it does, or None where it can.

    >>> print(why_not("compute", BudgetInputs(loss=2.0)))
    --loss: C, N and D follow from this (empty it first)
    """
    if inputs.loss is not None:
        return InputError("C, N and D follow from this", where="--loss", hint="empty it first")
    if lock == COMPUTE and inputs.fixes_flops:
        option, hint = f"--{inputs.fixes_flops[0]}", "empty it first; the answer then says what C takes"
        return InputError("with --hardware this fixes C", where=option, hint=hint)
    if lock == TOKENS and inputs.fixes_tokens:
        return InputError("with --days this fixes D", where="--tokens-per-second", hint="empty one of the two first")
    return None


def next_lock(lock: str | None, inputs: BudgetInputs | None = None) -> str:
    """Return the lock after one: law, compute, params, tokens, law; the next that ``inputs`` allow, where one is.

    >>> next_lock("law"), next_lock("tokens"), next_lock(None)
    ('compute', 'law', 'law')
    """
    at = LOCKS.index(lock) if lock is not None else -1
    order = [LOCKS[(at + step) % len(LOCKS)] for step in range(1, len(LOCKS) + 1)]
    return next((one for one in order if one != lock and (inputs is None or why_not(one, inputs) is None)), order[0])


def solve_for(lock: str, texts: Mapping[str, str], found: Found) -> Turned:
    """Return the texts of C, N and D with which a budget solves for something else and comes to the same C, N and D.

    What was typed stays as it is, ranges too. What was computed becomes a text of six digits; where it varied, its
    median. Some laws' own N and D are not at C = 6 N D (Kaplan's are 1.8 times above): then C and N go on, not D.

    Parameters
    ----------
    lock : str
        One of `LOCKS`.
    texts : mapping
        Texts of the budget's fields by name; an absent one is empty.
    found : Found
        What the texts come to (`scaletui_core.flow.budget_found`); only what is not typed is taken from it.

    Raises
    ------
    InputError
        If a text is wrong, or that cannot be solved for (`why_not`), or nothing was found yet.

    Examples
    --------
    >>> at = Found("chinchilla-3", 1e24, None, 2e12, None)
    >>> solve_for("params", {"params": "70B", "tokens": "2T"}, at).texts
    {'flops': '1e24', 'params': '', 'tokens': '2T'}
    """
    filled = {name: text for name, text in texts.items() if text.strip()}
    inputs = parse_inputs(BudgetInputs, filled)
    now = {name: filled.get(name, "") for name in _FIELDS}
    refusal = why_not(lock, inputs)
    if refusal is not None:
        raise refusal
    if solved_for(inputs) == lock:
        return Turned(now, "")
    if lock != LAW:
        left = [name for name, one in LOCK_OF_FIELD.items() if one == lock]
    else:
        left = ["flops", "params"] if inputs.fixes_tokens else ["params", "tokens"]
    kept = [name for name in _FIELDS if name not in left and name not in _by_others(inputs)]
    words: list[str] = []
    middle = []
    for name in kept:
        if not now[name]:
            value, said = _at_six_n_d(name, found, filled)
            now[name] = format_quantity(float(value), _FIELDS[name].unit, digits=DIGITS)
            words += [said] if said else []
            middle += [_LABELS[name]] if isinstance(value, Traced) else []
    if middle:
        words.append(f"{' and '.join(middle)} {'is' if len(middle) == 1 else 'are'} put at the median")
    words += [f"{_LABELS[name]} was {now[name]}" for name in left if ".." in now[name]]
    out = {name: "" if name in left else text for name, text in now.items()}
    parse_inputs(BudgetInputs, {name: text for name, text in out.items() if text})  # within the bounds
    return Turned(out, "; ".join(words))


def _by_others(inputs: BudgetInputs) -> set[str]:
    """Return which of C and D other fields fix."""
    return {name for name, so in (("flops", inputs.fixes_flops), ("tokens", inputs.fixes_tokens)) if so}


def _fixed(inputs: BudgetInputs) -> set[str]:
    """Return which of C, N and D are given, or fixed by what is."""
    return {name for name in _FIELDS if getattr(inputs, name) is not None} | _by_others(inputs)


def _at_six_n_d(name: str, found: Found, typed: Mapping[str, str]) -> tuple[float, str]:
    """Return the value of C, N or D that goes on, and what is to be said where it had to move for C = 6 N D."""
    values = {"flops": found.flops, "params": found.params, "tokens": found.tokens}
    value = values[name]
    if value is None:
        raise InputError("there is no C, N and D yet to go on from", hint="give C such as 5.76e23")
    other = {"tokens": "params", "params": "tokens"}.get(name)
    # C stays, and what was typed; beside C it is D that moves.
    if (
        other is None
        or found.flops is None
        or (partner := values[other]) is None
        or (name == "params" and other not in typed)
    ):
        return value, ""
    right = other_factor(found.flops, partner)
    if abs(right / value - 1.0) < _OFF:
        return value, ""
    shown, was = (format_quantity(float(one), _FIELDS[name].unit) for one in (right, value))
    return right, f"{_LABELS[name]} is {shown} for C = 6 N D, where {found.law} itself has {was}"
