"""How much copies learn together in a day, in a person's years, and where the critical batch ends the gain."""

from __future__ import annotations

from dataclasses import dataclass

from scaletui_core.answer import Answer, Note, Row, made
from scaletui_core.batch import ALPHA_B, B_CRIT_SOURCE, B_STAR, HYPERBOLA_SOURCE, critical_batch
from scaletui_core.calculator import Calculator, provenance
from scaletui_core.errors import InputError
from scaletui_core.fields import field, given
from scaletui_core.formula import Number, examples, formula
from scaletui_core.human import (
    Human,
    days_field,
    hours_field,
    human_field,
    human_of,
    tokens_per_minute_field,
    tokens_per_word_field,
    words_field,
)
from scaletui_core.presets import Catalog, Record
from scaletui_core.quantity_text import format_quantity
from scaletui_core.safetext import visible
from scaletui_core.work import DAY, MINUTE, YEAR, years_of

FORECAST = "gpt-2030"


@dataclass(frozen=True, slots=True)
class LearningInputs:
    """Copies at a speed, or users with their minutes; the critical batch and what a copy adds to it; the person."""

    copies: float | None = field("1", "Copies that learn at once.", label="Copies", example="1M", low=1e-3, high=1e30)
    speed: float | None = field(
        "1", "Speed of a copy, in humans.", label="x human", example="5", default="1", low=1e-3, high=1e6
    )
    users: float | None = field(
        "1", "People a day who use the model.", label="Users", example="250M", low=1.0, high=1e30
    )
    minutes: float | None = field(
        "s", "A person's work that each of --users asks for in a day; by default as steinhardt-2023 has it.",
        label="Minutes", example="5", default="5.54", bare=MINUTE, low=1e-3, high=1e12,
    )  # fmt: skip
    critical_batch: float | None = field(
        "tokens", "Critical batch of what is learned.", label="B_crit", example="4M", low=1e-6, high=1e30
    )
    loss: float | None = field(
        "nats/token", "Loss whose B_crit(L) counts.", label="L", example="2.0", low=1e-6, high=1e6
    )
    tokens_per_update: float | None = field(
        "tokens", "Tokens that each copy adds to one update.", label="D/update", example="500", default="1",
        low=1e-3, high=1e12,
    )  # fmt: skip
    human: str | None = human_field()
    words_per_minute: float | None = words_field()
    tokens_per_word: float | None = tokens_per_word_field()
    tokens_per_minute: float | None = tokens_per_minute_field()
    hours_a_day: float | None = hours_field()
    days_a_week: float | None = days_field()


@formula("learned a day = copies x speed x 1 d / share", unit="s", source="steinhardt-2023: Section 4")
def copies_learning(copies: float, speed: float, share: float) -> float:
    """Time [s] that a person takes to live through what copies do in a day.

    >>> round(copies_learning(1e6, 1.0, 1.0) / YEAR)  # printed as 2500
    2740
    """
    return copies * speed * DAY / share


@formula("learned a day = users x minutes / share", unit="s", source="steinhardt-2023: Section 4")
def users_learning(users: float, seconds: float, share: float) -> float:
    """Time [s] that a person takes to do what users ask for in a day.

    >>> round(users_learning(250e6, 60 * 5.53846, 1.0) / DAY)
    961538
    """
    return users * seconds / share


@formula("minutes = person-days x 1 d / users", unit="s", source="steinhardt-2023: Section 4")
def minutes_of(person_days: float, users: float) -> float:
    """Work [s] of a person that each user asks for in a day.

    >>> round(minutes_of(0.05e6, 13e6) / 60, 2)
    5.54
    """
    return person_days * DAY / users


@formula("person-days = t / 1 d", unit="1", source="scaletui: definition")
def days_of(seconds: float) -> float:
    """Days of 24 hours.

    >>> days_of(172800.0)
    2.0
    """
    return seconds / DAY


@formula("years an hour = years a day / 24", unit="1", source="scaletui: definition")
def hourly(daily: float) -> float:
    """Return what comes in an hour of what comes in a day.

    >>> round(hourly(1e6 * 86400.0 / YEAR))  # 1 million hours
    114
    """
    return daily / 24.0


@formula("copies = learned a day x share / 1 d", unit="1", source="steinhardt-2023: Section 4")
def copies_busy(learned: float, share: float) -> float:
    """How many copies at human speed, without a pause, so much a day [s] keeps busy.

    >>> copies_busy(172800.0, 1.0)
    2.0
    """
    return learned * share / DAY


@formula("tokens a day = copies x tokens/min x 1440", unit="tokens", source="scaletui: definition")
def tokens_a_day(copies: float, tokens_per_minute: float) -> float:
    """Tokens that copies at human speed write in a day.

    >>> tokens_a_day(2.0, 500.0)
    1440000.0
    """
    return copies * tokens_per_minute * (DAY / MINUTE)


@formula("critical number = B_crit / (tokens an update)", unit="1", source=HYPERBOLA_SOURCE)
def critical_number(critical: float, tokens_per_update: float) -> float:
    """How many copies fill the critical batch.

    >>> critical_number(4e6, 500.0)
    8000.0
    """
    return critical / tokens_per_update


@formula("effective = copies / (1 + copies/critical number)", unit="1", source=HYPERBOLA_SOURCE)
def effective_copies(copies: float, critical: float) -> float:
    """How many copies, each learning as if alone, so many are worth: E_min/E of them, with E from the hyperbola.

    >>> effective_copies(8000.0, 8000.0), round(effective_copies(1e12, 8000.0))
    (4000.0, 8000)
    """
    return copies / (1.0 + copies / critical)


@formula("worth = effective / copies", unit="fraction", source=HYPERBOLA_SOURCE)
def worth_of(effective: float, copies: float) -> float:
    """Return what one more copy of so many is worth on average.

    >>> worth_of(4000.0, 8000.0)
    0.5
    """
    return effective / copies


@formula("learned a day x worth", unit="s", source=HYPERBOLA_SOURCE)
def learning_left(learned: float, worth: float) -> float:
    """Return what is learned a day [s] when examples beyond the critical batch add little.

    >>> learning_left(100.0, 0.5)
    50.0
    """
    return learned * worth


def calculate(inputs: LearningInputs, catalog: Catalog) -> Answer:
    """Return what copies, or users, make a model learn in a day, and what the critical batch leaves of it.

    Row ids: ``human_tokens_per_minute``, ``person_days``, ``learning_time``, ``learning_years``,
    ``learning_years_an_hour``, ``copies``, ``tokens_a_day``; where they apply ``clock_share``, ``minutes``; with a
    critical batch ``critical_batch``, ``critical_copies``, ``effective_copies``, ``worth``, ``effective_time``,
    ``effective_years``.

    Raises
    ------
    InputError
        If there is nothing to start from, or an input would change nothing.

    Examples
    --------
    >>> answer = calculate(LearningInputs(copies=1e6), Catalog("presets"))
    >>> round(answer.row("learning_years").value)
    2740
    """
    _refuse_unused(inputs)
    record = catalog.load("forecasts").records[FORECAST]
    person = human_of(inputs)
    rows, notes = list(person.rows), list(person.notes)
    if inputs.copies is not None:
        copies, speed = Number("copies", inputs.copies, "1", "given: --copies"), inputs.speed or 1.0
        fast = Number("speed", speed, "1", None if inputs.speed is None else "given: --speed")
        label = "a person would take, for what is learned a day"
        learned = made("learning_time", label, copies_learning, copies, fast, person.share)
    else:
        learned = _market(inputs, record, person, rows, notes)
    rows += _daily_rows(learned, person)
    notes += _source_notes(record)
    if inputs.critical_batch is not None or inputs.loss is not None:
        rows += _ceiling_rows(inputs, learned, rows[-2])
        notes.append(_CEILING)
    return Answer("learning", given(inputs), tuple(rows), tuple(notes), provenance())


def _refuse_unused(inputs: LearningInputs) -> None:
    if inputs.copies is None and inputs.users is None:
        for name in ("speed", "minutes", "critical_batch", "loss", "tokens_per_update"):
            if getattr(inputs, name) is not None:
                needed = "--users" if name == "minutes" else "--copies" if name == "speed" else "--copies or --users"
                raise InputError(f"needs {needed}", where=f"--{name.replace('_', '-')}", hint="such as --copies 1M")
        raise InputError("nothing to start from", hint="give --copies 1M, or --users 250M")
    if inputs.copies is not None and inputs.users is not None:
        raise InputError("two estimates: drop one", where="--copies with --users")
    if inputs.copies is not None and inputs.minutes is not None:
        raise InputError("needs --users", where="--minutes", hint="such as --users 250M")
    if inputs.users is not None and inputs.speed is not None:
        raise InputError("needs --copies: users set the pace", where="--speed", hint="such as --copies 1M")
    if inputs.critical_batch is not None and inputs.loss is not None:
        raise InputError("two critical batches: drop one", where="--loss with --critical-batch")
    if inputs.tokens_per_update is not None and inputs.critical_batch is None and inputs.loss is None:
        raise InputError("needs --critical-batch or --loss", where="--tokens-per-update", hint="such as --loss 2.0")


def _market(inputs: LearningInputs, record: Record, person: Human, rows: list[Row], notes: list[Note]) -> Row:
    """Return what users make a model do in a day; without minutes, as much each as the source has it."""
    assert inputs.users is not None
    source = _source(record, "person_days")
    if inputs.minutes is None:
        known = (
            Number("person-days", record["person_days"], "1", source),
            Number("users", record["users"], "1", source),
        )
        rows.append(made("minutes", "a person's work that each user asks for", minutes_of, *known))
        each = Number("minutes", rows[-1].value, "s", source)
        grown = record["users_grown"]
        found = days_of(users_learning(grown, each.value, 1.0))
        text = (
            f"The source prints {_short(record['printed_person_days'])} person-days a day for {_short(grown)} users; "
            f"at its {_short(record['person_days'])} for {_short(record['users'])} they make {_short(found)}."
        )
        notes.append(Note("learning-market", text, source, kind="contradiction"))
    else:
        each = Number("minutes", inputs.minutes, "s", "given: --minutes")
    users = Number("users", inputs.users, "1", "given: --users")
    label = "a person would take, for what is asked a day"
    return made("learning_time", label, users_learning, users, each, person.share)


def _daily_rows(learned: Row, person: Human) -> list[Row]:
    """Return what is learned a day in other words; the last two are the copies it keeps busy and their tokens."""
    t = Number("t", learned.value, "s")
    years = made("learning_years", "years of a person, learned a day", years_of, t)
    learned_a_day = Number("learned a day", learned.value, "s")
    busy = made("copies", "copies at human speed that are kept busy", copies_busy, learned_a_day, person.share)
    number = Number("copies", busy.value, "1")
    return [
        made("person_days", "person-days learned a day", days_of, t),
        learned,
        years,
        made("learning_years_an_hour", "years learned an hour", hourly, Number("years a day", years.value, "1")),
        busy,
        made("tokens_a_day", "tokens a day", tokens_a_day, number, person.tokens_per_minute),
    ]


def _ceiling_rows(inputs: LearningInputs, learned: Row, busy: Row) -> list[Row]:
    """Return what the critical batch leaves of learning in parallel."""
    if inputs.loss is not None:
        constants = (Number("B_*", B_STAR, "tokens", B_CRIT_SOURCE), Number("alpha_B", ALPHA_B, "1", B_CRIT_SOURCE))
        loss = Number("L", inputs.loss, "nats/token", "given: --loss")
        critical = made("critical_batch", "critical batch at this loss", critical_batch, loss, *constants)
    else:
        assert inputs.critical_batch is not None
        critical = Row(
            "critical_batch", "critical batch", inputs.critical_batch, "tokens", source="given: --critical-batch"
        )
    batch, update = Number("B_crit", critical.value, "tokens", critical.source), inputs.tokens_per_update or 1.0
    each = Number(
        "tokens an update", update, "tokens", "given: --tokens-per-update" if inputs.tokens_per_update else None
    )
    most = made("critical_copies", "copies that fill it", critical_number, batch, each)
    copies = Number("copies", busy.value, "1")
    left = made("effective_copies", "copies that these are worth", effective_copies, copies,
                Number("critical number", most.value, "1"))  # fmt: skip
    worth = made("worth", "what each is worth", worth_of, Number("effective", left.value, "1"), copies)
    day = (Number("learned a day", learned.value, "s"), Number("worth", worth.value, "fraction"))
    time = made("effective_time", "learned a day under this ceiling", learning_left, *day)
    years = made("effective_years", "years of a person, under this ceiling", years_of, Number("t", time.value, "s"))
    return [critical, most, left, worth, time, years]


def _source_notes(record: Record) -> list[Note]:
    """Return what the source says of learning, beside what its own numbers give."""
    copies, printed = record["copies_learning"], record["printed_learning_years"]
    found = years_of(copies_learning(copies, 1.0, 1.0))
    text = (
        f"The source prints {printed:,.0f} years for {_short(copies)} days; at 365 days a year they are {found:,.0f}."
    )
    busy = record["other_learning_years"] * YEAR / DAY
    other = (
        f"{visible(record['other_name'])}, by the same author's guess: {_short(record['other_years'])} years of work, "
        f"{record['other_learning_years']:g} learning-years a day, which are {busy:,.0f} copies at human speed."
    )
    return [
        Note("learning-days", text, _source(record, "printed_learning_years"), kind="contradiction"),
        Note("learning-other", other, _source(record, "other_years"), kind="source"),
    ]


def _source(record: Record, key: str) -> str:
    found: str = record.get("sources", {}).get(key, record["source"])
    return found


def _short(value: float) -> str:
    return format_quantity(value, "parameters")


_CEILING = Note(
    "learning-ceiling",
    "The ceiling takes copies for examples of one batch, (S/S_min - 1)(E/E_min - 1) = 1: independent draws from what "
    "is learned, one update a turn, the step size tuned. B_crit was measured in pretraining, so this goes beyond what "
    "was measured; copies that learn different things lose less, copies that repeat each other more.",
    HYPERBOLA_SOURCE,
    kind="assumption",
)
CALCULATOR = Calculator(
    "learning", LearningInputs, calculate, "What copies learn together in a day, in a person's years, and its ceiling."
)
__test__ = examples(globals())
