"""The human side of every comparison: words and tokens a minute, and working hours."""

from __future__ import annotations

from typing import Any, NamedTuple

from scaletui_core.answer import Note, Row, made
from scaletui_core.errors import InputError
from scaletui_core.fields import CHOICE, field
from scaletui_core.formula import Number, Working, examples, formula

SOURCE = "steinhardt-2023: Appendix A"
WORDS_A_MINUTE = {"thinking": 380.0, "reading": 300.0, "listening": 400.0, "speaking": 160.0, "extended": 4200.0}
"""Words a minute of a person, by what the person does; ``extended`` is thought written out into whole sentences."""
TOKENS_A_WORD = 4.0 / 3.0
PRINTED_TOKENS_A_MINUTE = 500.0
HOURS_A_DAY, DAYS_A_WEEK = 24.0, 7.0


@formula("tokens/min = words/min x tokens/word", unit="tokens", source=SOURCE)
def human_tokens(words_per_minute: float, tokens_per_word: float) -> float:
    """Tokens a minute of a person.

    >>> round(human_tokens(380.0, 4 / 3), 2)  # printed as 500
    506.67
    """
    return words_per_minute * tokens_per_word


@formula("share = h/24 x d/7", unit="fraction", source="scaletui: definition")
def clock_share(hours_a_day: float, days_a_week: float) -> float:
    """Return the share of the clock that a person works.

    >>> round(1 / clock_share(8.0, 5.0), 12)
    4.2
    """
    return hours_a_day / HOURS_A_DAY * (days_a_week / DAYS_A_WEEK)


class Human(NamedTuple):
    """A person to compare with: tokens a minute, the share of the clock at work, and how both were found."""

    tokens_per_minute: Number
    share: Number
    rows: tuple[Row, ...]
    notes: tuple[Note, ...]


def human_field() -> Any:
    """Return the field of what the person does."""
    doing = tuple(WORDS_A_MINUTE)
    return field(CHOICE, "What the person does.", label="Human", example="reading", default=doing[0], choices=doing)


def words_field() -> Any:
    """Return the field of words a minute."""
    return field("1", "Words a minute of a person.", label="Words/min", example="300", default="380", low=1.0, high=1e6)


def tokens_per_word_field() -> Any:
    """Return the field of tokens a word."""
    return field("1", "Tokens a word.", label="Tok/word", example="1.3", default="4/3", low=1.0, high=100.0)


def tokens_per_minute_field() -> Any:
    """Return the field of tokens a minute, instead of words."""
    return field(
        "tokens", "Tokens a minute of a person.", label="Tok/min", example="500", default="507", low=1.0, high=1e8
    )


def hours_field() -> Any:
    """Return the field of hours a day."""
    return field("1", "Hours a day a person works.", label="Hours/day", example="8", default="24", low=0.1, high=24.0)


def days_field() -> Any:
    """Return the field of days a week."""
    return field("1", "Days a week a person works.", label="Days/week", example="5", default="7", low=0.1, high=7.0)


def human_of(inputs: Any, tokens_per_minute: float | None = None, source: str = SOURCE) -> Human:
    """Return the person that inputs describe; ``tokens_per_minute`` [tokens] from ``source`` is what they may change.

    Raises
    ------
    InputError
        If one of them would change nothing.
    """
    given = inputs.tokens_per_minute
    words = inputs.words_per_minute
    for name in ("human", "words_per_minute", "tokens_per_word"):
        if given is not None and getattr(inputs, name) is not None:
            raise InputError("drop one", where=f"--{name.replace('_', '-')} with --tokens-per-minute")
    if words is not None and inputs.human is not None:
        raise InputError("drop one", where="--human with --words-per-minute")
    settled = all(x is None for x in (given, words, inputs.human, inputs.tokens_per_word))
    working = None
    if given is not None:
        rate = Number("tokens/min", given, "tokens", "given: --tokens-per-minute")
    elif settled and tokens_per_minute is not None:
        rate = Number("tokens/min", tokens_per_minute, "tokens", source)
    else:
        spoken = (
            Number("words/min", WORDS_A_MINUTE[inputs.human or "thinking"], "1", SOURCE)
            if words is None
            else Number("words/min", words, "1", "given: --words-per-minute")
        )
        per_word = (
            Number("tokens/word", TOKENS_A_WORD, "1", SOURCE)
            if inputs.tokens_per_word is None
            else Number("tokens/word", inputs.tokens_per_word, "1", "given: --tokens-per-word")
        )
        rate = Number("tokens/min", human_tokens(spoken.value, per_word.value), "tokens", SOURCE)
        working = Working.of(human_tokens, spoken, per_word)
    hours = Number("h", inputs.hours_a_day or HOURS_A_DAY, "1")
    days = Number("d", inputs.days_a_week or DAYS_A_WEEK, "1")
    share = Number("share", clock_share(hours.value, days.value), "fraction")
    label = "tokens a minute of a person"
    rows = [Row("human_tokens_per_minute", label, rate.value, "tokens", source=rate.source, working=working)]
    notes = []
    if working is not None and settled:
        text = (
            f"A person thinks 380 words, {rate.value:.2f} tokens, a minute; the source rounds that to 500, which makes "
            f"{rate.value / PRINTED_TOKENS_A_MINUTE:.4f} times as much work (GPT-3: 3424.7 years instead of 3379.6)."
        )
        notes.append(Note("human-rounded", text, SOURCE, kind="convention"))
    if share.value == 1.0:
        text = "A year of work is 365 days around the clock; at 8 hours on 5 days a week it would be 4.2 times as many."
        notes.append(Note("clock", text, "steinhardt-2023: Section 3", kind="convention"))
    else:
        rows.append(made("clock_share", "share of the clock that a person works", clock_share, hours, days))
    return Human(rate, share, tuple(rows), tuple(notes))


__test__ = examples(globals())
