"""How many copies a training budget, a fleet or a forecast runs at human speed, and the years of work they do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from scaletui_core.answer import Answer, Column, Note, Row, Table, made
from scaletui_core.budget import BudgetInputs, resolve
from scaletui_core.calculator import Calculator, extrapolation_note, law_notes, provenance
from scaletui_core.errors import InputError
from scaletui_core.fields import CHOICE, FLAG, FLEET, NAMES, field, given
from scaletui_core.formula import Number, Working
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
from scaletui_core.law_kinds import Law
from scaletui_core.law_records import Unreachable
from scaletui_core.laws import chosen_laws, doubt_field, mixture_field
from scaletui_core.machine import LARGEST_FLEET, accelerator
from scaletui_core.presets import Catalog, Record
from scaletui_core.quantity import Fleet, count_text
from scaletui_core.quantity_text import format_quantity
from scaletui_core.safetext import visible
from scaletui_core.tiling import tiled_copies, tiled_speed
from scaletui_core.traced import Traced, as_float
from scaletui_core.work import (
    DAY,
    MINUTE,
    YEAR,
    accelerators_a_copy,
    copies_of,
    copies_tiled,
    fleet_rate,
    passes_of_fleet,
    passes_of_flops,
    passes_of_tokens,
    speed_tiled,
    work_seconds,
    work_tiled,
    year_of_work,
    years_of,
)

CHAINS = ("gpt-2030",)
LIKELY_K = 10.0  # "likely at least 100" of k^2


@dataclass(frozen=True, slots=True)
class CopiesInputs:
    """A training budget, a fleet or a forecast; how fast a copy is; the time it has; the person beside it."""

    tokens: float | None = field("tokens", "Training data D.", label="D", example="300B", low=1.0, high=1e149)
    flops: float | None = field("FLOP", "Training compute C.", label="C", example="3.1e23", low=1.0, high=1e299)
    params: float | None = field("parameters", "Model size N.", label="N", example="175B", low=1.0, high=1e149)
    law: tuple[str, ...] = field(
        NAMES, "Law for the N of --flops; repeatable. Default: all.", label="Law", example="chinchilla-2",
        default_value=(),
    )  # fmt: skip
    law_uncertainty: bool = doubt_field()
    mixture: bool = mixture_field()
    chain: str | None = field(
        CHOICE, "Published forecast to follow step by step.", label="Chain", example="gpt-2030", choices=CHAINS
    )
    ranges: bool = field(
        FLAG, "Let what the forecast judged vary in its own ranges.", label="Ranges",
        example="scaletui copies --chain gpt-2030 --ranges", default_value=False,
    )  # fmt: skip
    hardware: Fleet | None = field(  # noqa: RUF009  (as for every other field, `field` is `dataclasses.field`)
        FLEET, "Accelerators to run copies on, instead of a training run.", label="Machine", example="512xH100"
    )
    tokens_per_second_per_accelerator: float | None = field(
        "tokens/s", "Tokens/s of one accelerator.", label="Tok/s one", example="2000", low=1e-6, high=1e12
    )
    speed: float | None = field(
        "1", "Speed of a copy, in humans.", label="x human", example="5", default="1", low=1e-3, high=1e6
    )
    k: float | None = field(
        "1", "k-tiling: k^3 copies become one, k^2 times faster.", label="k", example="5", low=1.0, high=1e3
    )
    years: float | None = field(
        "s", "Time for the work of the copies.", label="Years", example="1.2", default="1", bare=YEAR, low=MINUTE,
        high=1e6 * YEAR,
    )  # fmt: skip
    days: float | None = field(
        "s", "The same time, in days.", label="Days", example="73", bare=DAY, low=MINUTE, high=1e6 * YEAR
    )
    compute_multiple: float | None = field(
        "1", "Compute to run copies on, over that of training.", label="x compute", example="10", default="1", low=1e-3,
        high=1e3,
    )  # fmt: skip
    human: str | None = human_field()
    words_per_minute: float | None = words_field()
    tokens_per_word: float | None = tokens_per_word_field()
    tokens_per_minute: float | None = tokens_per_minute_field()
    hours_a_day: float | None = hours_field()
    days_a_week: float | None = days_field()


class Setting(NamedTuple):
    """What holds for every law: the person, the speed of a copy, k, the time [s], the compute at deployment."""

    human: Human
    speed: Number
    k: Number | None
    seconds: Number
    multiple: Number


def calculate(inputs: CopiesInputs, catalog: Catalog) -> Answer:
    """Return the passes, years of work and copies that a budget, a fleet or a forecast amounts to.

    Row ids: ``human_tokens_per_minute``, ``passes``, ``work_time``, ``work_years``, ``copies``, ``year_of_work_time``;
    where they apply ``clock_share``, ``workers``, ``compute``, ``params``, ``fleet_rate``, ``accelerators_per_copy``;
    with k ``speed_k``, ``copies_k``, ``work_time_k``, ``work_years_k``, ``year_of_work_time_k``,
    ``accelerators_per_copy_k``; with a forecast its steps, ``chain_...`` (see `scaletui_core.forecast`).

    Raises
    ------
    InputError
        If there is nothing to start from, the inputs contradict each other, or one would change nothing.

    Examples
    --------
    >>> answer = calculate(CopiesInputs(tokens=300e9), Catalog("presets"))
    >>> answer.row("passes").value, round(answer.row("work_years").value, 1)
    (900000000000.0, 3379.6)
    """
    _refuse_unused(inputs)
    record = None if inputs.chain is None else catalog.load("forecasts").records[inputs.chain]
    setting = _setting(inputs, record)
    rows, notes = list(setting.human.rows), list(setting.human.notes)
    table = None
    if record is not None:
        from scaletui_core.forecast import chain

        steps, passes, said = chain(record, inputs.flops, setting.human.tokens_per_minute, inputs.ranges)
        rows += [*steps, passes, *_work_rows(passes, setting)]
        notes = [*said, *notes]
    elif inputs.hardware is not None:
        rows += _fleet_rows(inputs, setting, catalog)
    else:
        rows += _run_rows(inputs, setting, catalog, notes)
        table = _TABLE if all(row.law for row in rows if row.id == "passes") else None
        notes.insert(0, _COST)
    rows += _shared_rows(setting)
    notes += _tiling_notes(setting)
    return Answer("copies", given(inputs), tuple(rows), tuple(notes), provenance(), table)


def _refuse_unused(inputs: CopiesInputs) -> None:
    run = [name for name in ("tokens", "flops", "params") if getattr(inputs, name) is not None]
    if inputs.years is not None and inputs.days is not None:
        raise InputError("drop one", where="--days with --years")
    rate = inputs.tokens_per_second_per_accelerator
    if inputs.chain is not None:
        for name in ("tokens", "params", "hardware", "tokens_per_second_per_accelerator", "law", "law_uncertainty",
                     "mixture"):  # fmt: skip
            if getattr(inputs, name):
                raise InputError("the forecast has its own: drop one", where=f"--{name.replace('_', '-')} with --chain")
    elif inputs.ranges:
        raise InputError("needs --chain", where="--ranges", hint="such as --chain gpt-2030")
    elif inputs.hardware is not None or rate is not None:
        for name in (
            *run,
            *(["law"] if inputs.law else []),
            *(["compute_multiple"] if inputs.compute_multiple else []),
            *(name for name in ("law_uncertainty", "mixture") if getattr(inputs, name)),
        ):
            raise InputError(
                "a fleet needs no training run: drop one", where=f"--{name.replace('_', '-')} with --hardware"
            )
        if inputs.hardware is None:
            raise InputError("needs --hardware", where="--tokens-per-second-per-accelerator", hint="such as 512xH100")
        if rate is None:
            hint = "add --tokens-per-second-per-accelerator 2000"
            raise InputError("says where, not how fast", where="--hardware", hint=hint)
    elif not run:
        hint = (
            "give --tokens 300B, --flops 3.1e23 with --params 175B, --chain gpt-2030, or --hardware with its tokens/s"
        )
        raise InputError("needs --flops alone, or --params alone" if inputs.law else "nothing to start from",
                         where="--law" if inputs.law else None, hint=hint)  # fmt: skip
    elif inputs.tokens is not None or len(run) > 1:
        for name in ("law", "law_uncertainty", "mixture"):
            if getattr(inputs, name):
                what, hint = "changes nothing: 3D passes under every law", "give --flops or --params alone"
                raise InputError(what, where=f"--{name.replace('_', '-')}", hint=hint)


def _setting(inputs: CopiesInputs, record: Record | None) -> Setting:
    """Return what holds for every law; a forecast's ``record`` has a person, a speed, k and a time of its own."""
    sources: dict[str, str] = {} if record is None else record.get("sources", {})
    if record is not None:
        from scaletui_core.forecast import judged

    def number(symbol: str, name: str, default: float | None) -> Number | None:
        value = getattr(inputs, name)
        if value is not None:
            return Number(symbol, value, "1", f"given: --{name.replace('_', '-')}")
        if record is not None and name in record:
            return Number(symbol, judged(record, name, "1", inputs.ranges), "1", sources.get(name, record["source"]))
        return None if default is None else Number(symbol, default, "1")

    time, human = Number("t", YEAR, "s"), human_of(inputs)
    if record is not None:
        time = Number("t", record["training_years"] * YEAR, "s", sources.get("training_years", record["source"]))
        source = str(sources.get("base_tokens_per_minute", record["source"]))
        human = human_of(inputs, float(record["base_tokens_per_minute"]), source)
    if inputs.years is not None or inputs.days is not None:
        name, value = ("--years", inputs.years) if inputs.years is not None else ("--days", inputs.days)
        time = Number("t", value or YEAR, "s", f"given: {name}")
    speed, multiple = number("speed", "speed", 1.0), number("m", "compute_multiple", 1.0)
    assert speed is not None
    assert multiple is not None
    return Setting(human, speed, number("k", "k", None), time, multiple)


def _run_rows(inputs: CopiesInputs, setting: Setting, catalog: Catalog, notes: list[Note]) -> list[Row]:
    """Return what a training run amounts to: 3D where D is fixed, else C/2N under each law."""
    rows: list[Row] = []
    plan = resolve(BudgetInputs(flops=inputs.flops, params=inputs.params, tokens=inputs.tokens), catalog)
    notes += plan.notes
    if plan.flops is not None:
        source, working = f"given: {plan.flops.given_by}", plan.flops.working
        rows.append(Row("compute", "training compute C", plan.flops.value, "FLOP", source=source, working=working))
    if plan.tokens is not None:
        passes = made("passes", _PASSES, passes_of_tokens, Number("D", plan.tokens.value, "tokens"))
        return [*rows, passes, *_work_rows(passes, setting)]
    for law in chosen_laws(catalog, inputs.law, doubt=inputs.law_uncertainty, mixture=inputs.mixture):
        try:
            rows += _law_rows(law, inputs, setting, notes)
        except Unreachable as reason:
            notes.append(Note(f"unreachable:{law.id}", f"{reason}.", law.source, law.id, "unreachable"))
        notes += law_notes(law)
    return rows


def _law_rows(law: Law, inputs: CopiesInputs, setting: Setting, notes: list[Note]) -> list[Row]:
    """Return the passes of a law's optimal model for C, or of the run whose optimum has N parameters."""
    rows: list[Row] = []
    if inputs.flops is not None:
        best = law.optimum(inputs.flops)
        flops, params = inputs.flops, best.params
        label = f"optimal N, {law.counts}"
        rows.append(Row("params", label, params, "parameters", law.id, source=law.source, working=best.params_working))
    else:
        assert inputs.params is not None
        params, flops = inputs.params, law.flops_for_params(inputs.params)
        working, source = Working("C with N_opt(C) = N", (Number("N", params, "parameters"),)), law.source
        rows.append(Row("compute", "C whose optimum is N", flops, "FLOP", law.id, source=source, working=working))
    numbers = (Number("C", flops, "FLOP"), Number("N", params, "parameters", law.source))
    passes = made("passes", _PASSES, passes_of_flops, *numbers, law=law.id)
    beyond = extrapolation_note(law, flops)
    notes += [beyond] if beyond else []
    return [*rows, passes, *_work_rows(passes, setting)]


def _work_rows(passes: Row, setting: Setting) -> list[Row]:
    """Return the work that passes amount to, and the copies that do it in the time, as they are and k-tiled."""
    person, law = setting.human, passes.law
    p, rate = Number("P", passes.value, "1", passes.source), person.tokens_per_minute
    time = made(
        "work_time",
        "time that one person would take for them",
        work_seconds,
        setting.multiple,
        p,
        rate,
        person.share,
        law=law,
    )
    years = made("work_years", "person-years of work", years_of, Number("t", time.value, "s"), law=law)
    shown = format_quantity(setting.seconds.value, "s")
    # A copy runs around the clock, whatever hours the person keeps.
    work = Number("work", time.value * person.share.value, "s")
    label = f"copies at {_multiple(setting.speed.value)} human speed that do it in {shown}"
    rows = [time, years, made("copies", label, copies_of, work, setting.speed, setting.seconds, law=law)]
    if person.share.value != 1.0:
        label = f"people at these hours who do it in {shown}"
        whole = Number("work", time.value, "s")
        rows.append(made("workers", label, copies_of, whole, Number("speed", 1.0, "1"), setting.seconds, law=law))
    if setting.k is not None:
        tiled = speed_tiled(setting.speed.value, setting.k.value)
        copies, done = Number("copies", rows[2].value, "1"), Number("work", time.value, "s")
        label = f"copies after k-tiling, at {_multiple(tiled)}"
        rows.append(made("copies_k", label, copies_tiled, copies, setting.k, law=law))
        left = made("work_time_k", f"work the k-tiled copies do in {shown}", work_tiled, done, setting.k, law=law)
        years = made("work_years_k", "person-years that they do", years_of, Number("t", left.value, "s"), law=law)
        rows += [left, years]
    return rows


def _multiple(speed: float) -> str:
    """Return a speed in humans in short; of one that varies, about where it lies."""
    return f"{'~' if isinstance(speed, Traced) else ''}{speed:.4g}x"


def _fleet_rows(inputs: CopiesInputs, setting: Setting, catalog: Catalog) -> list[Row]:
    """Return the copies that a fleet runs, the work that they do in the time, and the accelerators each takes up."""
    assert inputs.hardware is not None
    assert inputs.tokens_per_second_per_accelerator is not None
    _, record = accelerator(catalog, inputs.hardware.accelerator)
    name = visible(record["name"])
    n = Number("n", as_float(inputs.hardware.count), "1", "given: --hardware")
    if n.value > LARGEST_FLEET:
        raise InputError(f"is more than {LARGEST_FLEET:,} accelerators", where="--hardware")
    each = inputs.tokens_per_second_per_accelerator
    rate = Number("tokens/s", each, "tokens/s", "given: --tokens-per-second-per-accelerator")
    label = f"tokens/s of {count_text(inputs.hardware.count)} x {name}"
    passes = made("passes", "tokens they write in the time", passes_of_fleet, n, rate, setting.seconds)
    rows = [made("fleet_rate", label, fleet_rate, n, rate), passes, *_work_rows(passes, setting)]
    for row in [row for row in rows if row.id in ("copies", "copies_k")]:
        end = row.id.removeprefix("copies")
        label = f"{name} a copy" + (" after k-tiling" if end else "")
        copies = Number("copies", row.value, "1")
        rows.append(made(f"accelerators_per_copy{end}", label, accelerators_a_copy, n, copies))
    return rows


def _shared_rows(setting: Setting) -> list[Row]:
    """Return what holds under every law: the speed of a copy, and how long a human year takes it."""
    share = setting.human.share
    rows = [made("year_of_work_time", "a copy's time for a year of work", year_of_work, share, setting.speed)]
    if setting.k is not None:
        tiled = made("speed_k", "speed after k-tiling, in humans", speed_tiled, setting.speed, setting.k)
        fast = Number("speed", tiled.value, "1")
        label = "time for a year of work after k-tiling"
        rows += [tiled, made("year_of_work_time_k", label, year_of_work, share, fast)]
    return rows


def _tiling_notes(setting: Setting) -> list[Note]:
    if setting.k is None or setting.k.value == 1.0:
        return []
    k, source = setting.k.value, tiled_copies.source
    text = (
        f"k-tiling is taken as the source has it, without latency: `scaletui speed --k {k:.4g}` shows what that leaves."
    )
    notes = [Note("tiling-latency", text, source, kind="assumption")]
    if k > LIKELY_K:
        text = f"k^2 = {tiled_speed(k):.4g} is beyond the 100 that the source calls likely."
        notes.append(Note("tiling-reach", text, source, kind="extrapolation"))
    return notes


_PASSES = "tokens training's compute could write"
_COST = Note(
    "passes-cost",
    "A token counts as 2 N FLOP at the utilisation of training, at any speed; attention to the context, and decoding "
    "that waits for memory, as that of few sequences at once does, come on top and leave fewer copies.",
    kind="assumption",
)
_TABLE = Table(
    "law",
    (
        Column("params", "N", "parameters"),
        Column("compute", "C", "FLOP"),
        Column("passes", "passes", "1"),
        Column("work_time", "work", "s"),
        Column("copies", "copies", "1"),
        Column("copies_k", "k-tiled", "1"),
    ),
)
CALCULATOR = Calculator(
    "copies", CopiesInputs, calculate, "The copies that a training budget runs at human speed, and their years of work."
)
