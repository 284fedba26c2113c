"""Which abilities have been seen by a budget or a size, which come next, and how many times more it takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from scaletui_core.answer import Answer, Column, Note, Row, Table
from scaletui_core.calculator import Calculator, extrapolation_note, law_notes, provenance
from scaletui_core.errors import InputError
from scaletui_core.fields import CHOICE, FLAG, NAMES, TEXT, changed, field, given
from scaletui_core.formula import Number, Working, examples, formula
from scaletui_core.law_kinds import Law
from scaletui_core.law_records import Unreachable
from scaletui_core.laws import chosen_laws, doubt_field
from scaletui_core.presets import Catalog, Record
from scaletui_core.quantity_text import format_quantity
from scaletui_core.safetext import visible
from scaletui_core.traced import Traced


@dataclass(frozen=True, slots=True)
class EmergenceInputs:
    """A budget [FLOP] or a size [parameters], what to search for, how to sort, and the law to translate with."""

    flops: float | None = field("FLOP", "Training compute C.", label="C", example="1e23", low=1.0, high=1e299)
    params: float | None = field("parameters", "Model size N.", label="N", example="70B", low=1.0, high=1e149)
    ability: str | None = field(
        TEXT, "Part of an ability's name, section or prompting.", label="Ability", example="chain"
    )
    model: str | None = field(TEXT, "Part of a model family's name.", label="Model", example="GPT-3")
    reference: str | None = field(TEXT, "Part of the paper's name, as its author.", label="Reference", example="Wei")
    sort: str | None = field(
        CHOICE, "Sort by compute or by size.", label="Sort", example="flops", choices=("flops", "params"),
        default="source order",
    )  # fmt: skip
    law: tuple[str, ...] = field(
        NAMES, "Law that says for which C each N is best.", label="Law", example="chinchilla-3", default_value=()
    )
    law_uncertainty: bool = doubt_field()
    benchmarks: bool = field(
        FLAG,
        "List benchmark scores instead.",
        label="Scores",
        example="scaletui emergence --benchmarks",
        default_value=False,
    )


class Axis(NamedTuple):
    """One of the two axes of scale: the key of a record, its symbol and unit, and its name for people."""

    key: str
    symbol: str
    unit: str
    words: str


FLOPS = Axis("flops", "C", "FLOP", "compute")
PARAMS = Axis("params", "N", "parameters", "parameters")


@formula("times more = scale at which it was first seen / yours", unit="1", source="scaletui: definition")
def times_more(first_seen: float, yours: float) -> float:
    """How many times more scale an ability takes than there is; at 1 or below it has been seen.

    >>> times_more(1.3e23, 1e23)
    1.3
    """
    return first_seen / yours


@formula("1 where the scale first seen is at most yours, else 0", unit="1", source="scaletui: definition")
def has_been_seen(first_seen: float, yours: float) -> float:
    """Whether an ability has been seen by a scale: 1 or 0; NaN where there is no scale, as in some samples of a range.

    >>> has_been_seen(3.3e22, 1e23), has_been_seen(1.3e23, 1e23)
    (1.0, 0.0)
    """
    return 1.0 if first_seen <= yours else 0.0 if first_seen > yours else yours


def calculate(inputs: EmergenceInputs, catalog: Catalog) -> Answer:
    """Return the scale at which each ability was first seen, and where a budget or a size stands among them.

    Row ids, one of each an ability (``subject`` is its id): ``flops`` and ``params`` (its label is the model family)
    at which it was first seen, ``perplexity`` of that model on WikiText103 where printed; with a budget or a size
    ``seen`` (1 or 0: seen where its scale is at most yours) and ``times_more``; with a law ``compute_equivalent``, the
    compute that the law finds optimal for its parameters; ``next`` for those that come next (its scale).

    Row ids of the whole: ``of_count`` (abilities with figures), ``seen_count``, ``next_times_more``; with a law
    ``params_equivalent`` (N_opt of the budget) or ``budget_equivalent`` (C that makes the size optimal) and
    ``seen_equivalent_count``, what has been seen at that. With ``benchmarks``: ``score`` alone.

    Parameters
    ----------
    inputs : EmergenceInputs
        A budget [FLOP] or a size [parameters], or neither for the whole table.
    catalog : Catalog
        Presets to look abilities, scores and the law up in.

    Raises
    ------
    InputError
        If both a budget and a size are given, a search finds nothing, or a law is unknown or one of several.

    Examples
    --------
    >>> answer = calculate(EmergenceInputs(flops=1e23), Catalog("presets"))
    >>> [answer.row(row_id).value for row_id in ("seen_count", "of_count", "next_times_more")]
    [6.0, 22.0, 1.3]
    >>> calculate(EmergenceInputs(params=70e9), Catalog("presets")).row("seen_count").value
    13.0
    """
    if inputs.benchmarks:
        return _benchmarks(inputs, catalog)
    if inputs.flops is not None and inputs.params is not None:
        raise InputError("takes a budget or a size: leave --flops or --params out", where="--params")
    if len(inputs.law) > 1:
        raise InputError("takes one law", where="--law", hint="such as chinchilla-3")
    law = chosen_laws(catalog, inputs.law, doubt=inputs.law_uncertainty)[0] if inputs.law else None
    if law is None and inputs.law_uncertainty:
        raise InputError("needs --law", where="--law-uncertainty", hint="such as --law epoch-2024")
    axis, yours = (PARAMS, inputs.params) if inputs.params is not None else (FLOPS, inputs.flops)
    presets = catalog.load("emergence")
    records = _sorted(_found(presets.records, inputs), inputs.sort)
    notes = [
        Note(n["id"], n["text"], n["source"], None, n.get("kind", "source")) for n in presets.settings.get("notes", ())
    ]
    rows = _summary(records, axis, yours)
    nearest = _next(records, axis, yours)
    for name, record in records.items():
        rows += _ability_rows(name, record)
        if yours is not None and axis.key in record:
            rows += _standing_rows(name, record, axis, yours, name in nearest)
        notes += _ability_notes(name, record)
    if law is not None:
        rows += _law_rows(records, law, axis, yours, notes)
        notes += _notes_of_law(law, rows)
    if isinstance(yours, Traced):
        text = (
            f"'seen 80%' is the share of the samples whose {axis.symbol} is at least that at which it was first seen; "
            "what is next, and by how many times, is so at the middle of the range."
        )
        notes.append(Note("seen-share", text, kind="assumption"))
    at = f"at {format_quantity(yours, axis.unit)}" if yours is not None else ""
    columns = (
        Column("params", "family", "label"),
        Column("flops", "C", "FLOP"),
        Column("params", "N", "parameters"),
        Column("compute_equivalent", "C for N", "FLOP"),
        Column("seen", at, "share"),
    )
    return Answer("emergence", given(inputs), tuple(rows), tuple(notes), provenance(), Table("subject", columns))


def _found(records: dict[str, Record], inputs: EmergenceInputs) -> dict[str, Record]:
    """Return the abilities that every search finds, ignoring case."""
    searches = (
        ("--ability", inputs.ability, ("name", "section", "prompting")),
        ("--model", inputs.model, ("family",)),
        ("--reference", inputs.reference, ("reference",)),
    )
    left = records
    for option, text, keys in searches:
        if text is None:
            continue
        if len(text) < 2:
            raise InputError("takes two characters or more", where=option)
        words = {name: [record.get(key, "") for key in keys] for name, record in left.items()}
        if option == "--ability":
            words = {name: [name, *texts] for name, texts in words.items()}
        found = {name: left[name] for name, texts in words.items() if _holds(texts, text)}
        if not found:
            whole = "all" if left is records else f"the {len(left)} left"
            raise InputError(f"'{visible(text)}' matches none of {whole}", where=option, hint="see scaletui emergence")
        left = found
    return left


def _holds(texts: list[str], part: str) -> bool:
    return any(part.casefold() in text.casefold() for text in texts)


def _sorted(records: dict[str, Record], key: str | None) -> dict[str, Record]:
    """Return the abilities by one axis, the smallest first, those without a figure last."""
    if key is None:
        return records
    return dict(sorted(records.items(), key=lambda item: item[1].get(key, float("inf"))))


def _next(records: dict[str, Record], axis: Axis, yours: float | None) -> dict[str, float]:
    """Return the abilities that come first beyond a scale, with theirs; several where they share it."""
    if yours is None:
        return {}
    beyond = {name: record[axis.key] for name, record in records.items() if record.get(axis.key, 0.0) > yours}
    first = min(beyond.values(), default=None)
    return {name: scale for name, scale in beyond.items() if scale == first}


def _seen(records: dict[str, Record], axis: Axis, yours: float) -> float:
    """Return how many abilities were first seen at or below a scale."""
    return sum(
        (has_been_seen(float(record[axis.key]), yours) for record in records.values() if axis.key in record), 0.0
    )


def _summary(records: dict[str, Record], axis: Axis, yours: float | None) -> list[Row]:
    keys = (axis.key,) if yours is not None else ("flops", "params")
    whole = sum(any(key in record for key in keys) for record in records.values())
    rows = [Row("of_count", "abilities with figures", float(whole), "1")]
    if yours is None:
        return rows
    scale = format_quantity(yours, axis.unit, with_unit=True)
    numbers = (Number(axis.symbol, yours, axis.unit),)
    working = Working(f"abilities first seen at {axis.symbol} or below", numbers)
    rows.insert(0, Row("seen_count", f"abilities seen by {scale}", _seen(records, axis, yours), "1", working=working))
    nearest = _next(records, axis, yours)
    if nearest:
        first = min(nearest.values())
        who = f"{len(nearest)} abilities" if len(nearest) > 1 else next(iter(nearest))
        label = f"next, {who}: times more"
        working = _times_working(first, yours, axis, None)
        rows.append(Row("next_times_more", label, times_more(first, yours), "1", working=working))
    for name, found in nearest.items():
        record = records[name]
        label = f"{record['name']}: next, at {axis.words}"
        rows.append(Row("next", label, float(found), axis.unit, subject=name, source=record["source"]))
    return rows


def _times_working(first: float, yours: float, axis: Axis, source: str | None) -> Working:
    return Working.of(
        times_more, (f"{axis.symbol} first seen", first, axis.unit, source), (f"your {axis.symbol}", yours, axis.unit)
    )


def _ability_rows(name: str, record: Record) -> list[Row]:
    source, elsewhere = record["source"], record.get("sources", {})
    found = (
        ("flops", f"{record['name']}: first seen at compute", "FLOP"),
        ("params", record["family"], "parameters"),
        ("perplexity", "WikiText103 perplexity of that model", "1"),
    )
    return [
        Row(key, label, float(record[key]), unit, subject=name, source=elsewhere.get(key, source))
        for key, label, unit in found
        if key in record
    ]


def _standing_rows(name: str, record: Record, axis: Axis, yours: float, is_next: bool) -> list[Row]:
    """Return whether an ability has been seen at a scale, and how many times more it takes."""
    scale, source = float(record[axis.key]), record["source"]
    times, seen = times_more(scale, yours), has_been_seen(scale, yours)
    shown = format_quantity(times, "1")
    words = "seen" if seen else "just beyond" if shown == "1" else f"needs {shown}x"
    words += ", next" if is_next else ""
    more = _times_working(scale, yours, axis, source)
    how = Working(has_been_seen.expression, more.numbers)
    label = f"times more {axis.words}; 1 or less is seen"
    return [
        Row("seen", words, seen, "1", subject=name, source=source, working=how),
        Row("times_more", label, times, "1", subject=name, source=source, working=more),
    ]


def _law_rows(
    records: dict[str, Record], law: Law, axis: Axis, yours: float | None, notes: list[Note]
) -> Iterator[Row]:
    """Yield what a law makes of a budget or a size on the other axis, what was seen by that, and every ability's C."""
    try:
        if yours is not None and axis is FLOPS:
            best = law.optimum(yours)
            label = f"optimal N of that, {law.counts}"
            row = Row("params_equivalent", label, best.params, "parameters", law.id, source=law.source)
            yield from _equivalent(row._replace(working=best.params_working), records, PARAMS)
        elif yours is not None:
            number = Number("N", yours, "parameters")
            label = "C that makes that N optimal"
            yield from _equivalent(_flops_row("budget_equivalent", label, law, number), records, FLOPS)
    except Unreachable as reason:
        notes.append(Note(f"unreachable:{law.id}", f"{law.id}: {reason}.", law.source, kind="unreachable"))
    for name, record in records.items():
        if "params" in record:
            number = Number("N", float(record["params"]), "parameters", record["source"])
            label = f"{record['name']}: C that makes its N optimal"
            try:
                yield _flops_row("compute_equivalent", label, law, number)._replace(subject=name)
            except Unreachable as reason:
                text = f"{name} under {law.id}: {reason}."
                notes.append(Note(f"unreachable:{law.id}:{name}", text, law.source, kind="unreachable"))


def _flops_row(row_id: str, label: str, law: Law, number: Number) -> Row:
    """Return the row of the compute [FLOP] whose optimal model has N parameters."""
    working = Working(f"C with N_opt(C) = N; {law.id}", (number,))
    flops = law.flops_for_params(number.value)
    return Row(row_id, label, flops, "FLOP", law.id, source=law.source, working=working)


def _equivalent(row: Row, records: dict[str, Record], axis: Axis) -> list[Row]:
    """Return what a budget or a size is worth on the other axis, and how many abilities were seen by that."""
    count, label = _seen(records, axis, row.value), f"abilities seen by that {axis.symbol}"
    working = Working(f"abilities first seen at {axis.symbol} or below", (Number(axis.symbol, row.value, row.unit),))
    return [row, Row("seen_equivalent_count", label, count, "1", row.law, working=working)]


def _ability_notes(name: str, record: Record) -> list[Note]:
    kinds = ", ".join(record[key] for key in ("section", "prompting") if key in record)
    text = f"{record['name']}; {f'{kinds}; ' if kinds else ''}{record['family']}; {record['reference']}."
    notes = [Note(f"ability:{name}", text, record["source"], name, "source")]
    if "flops" not in record and "params" not in record:
        text = "no single scale: many models, many thresholds."
        notes.append(Note(f"unreachable:{name}", text, record["source"], name, "unreachable"))
    return notes + [
        Note(n["id"], n["text"], n.get("source", record["source"]), name, n.get("kind", "source"))
        for n in record.get("notes", ())
    ]


def _notes_of_law(law: Law, rows: list[Row]) -> list[Note]:
    notes = law_notes(law)
    if law.counts != "all parameters":
        notes.insert(0, Note(f"counts:{law.id}", f"N counts {law.counts}.", law.source, law.id, "convention"))
    largest = max((row.value for row in rows if row.id == "compute_equivalent"), default=None)
    beyond = extrapolation_note(law, largest) if largest is not None else None
    return notes + ([beyond] if beyond else [])


def _benchmarks(inputs: EmergenceInputs, catalog: Catalog) -> Answer:
    """Return published scores [fraction], all benchmarks in one table."""
    for item, _ in changed(inputs):
        if item.name != "benchmarks":
            raise InputError("lists scores, and takes no other option", where=f"--benchmarks with {item.option}")
    rows: list[Row] = []
    notes: list[Note] = []
    captions: dict[str, str] = {}
    for key, record in catalog.load("benchmarks").records.items():
        notes.append(Note(f"benchmark:{key}", f"{record['name']}.", record["source"], key, "source"))
        for score in record["rows"]:
            subject = f"{key}/{score['id']}"
            captions[subject] = score["label"]
            label = f"{key}: {score['label']}"
            rows.append(Row("score", label, float(score["value"]), "fraction", subject=subject, source=score["source"]))
        notes += [
            Note(n["id"], n["text"], n.get("source", record["source"]), key, n.get("kind", "source"))
            for n in record.get("notes", ())
        ]
    table = Table("subject", (Column("score", "score", "fraction"),), captions)
    return Answer("emergence", given(inputs), tuple(rows), tuple(notes), provenance(), table)


CALCULATOR = Calculator(
    "emergence", EmergenceInputs, calculate, "Abilities by the scale at which they were first seen, and what is next."
)

__test__ = examples(globals())
