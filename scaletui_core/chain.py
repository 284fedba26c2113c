"""The whole chain in one answer: the headline rows of every part, what each inherited, and the law followed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from scaletui_core.answer import Answer, Note, Row, Table
from scaletui_core.calculator import PARTS, provenance
from scaletui_core.errors import InputError
from scaletui_core.fields import Field, fields_of, given
from scaletui_core.flow import LOSS_OF_BATCH, Found, Part, budget_found, flow
from scaletui_core.presets import Catalog
from scaletui_core.quantity import Fleet
from scaletui_core.quantity_text import format_quantity
from scaletui_core.scenario import NOTHING, Scenario, dotted, inputs_of, shut_of
from scaletui_core.scenario_part import inherited_values, raise_of_given, renamed, sourced
from scaletui_core.traced import Traced


class Headline(NamedTuple):
    """One line of the chain.

    Attributes
    ----------
    part : str
        Part that it is of.
    ids : tuple of str
        Row ids, the first that the part has counts.
    subject : str or None
        Subject of the row in its part.
    label : str
        Label where the part's own says too little outside its answer.
    """

    part: str
    ids: tuple[str, ...]
    subject: str | None = None
    label: str = ""


HEADLINES = (
    Headline("calc", ("compute",)),
    Headline("calc", ("model_params", "params")),
    Headline("calc", ("model_tokens", "tokens")),
    Headline("calc", ("model_tokens_per_param", "tokens_per_param")),
    Headline("calc", ("model_loss", "loss")),
    Headline("emergence", ("seen_count",), None, "abilities seen by C, of {of_count}"),
    Headline("emergence", ("next_times_more",)),
    Headline("speed", ("tokens_per_minute",), "roofline"),
    Headline("speed", ("tokens_per_minute",)),
    Headline("speed", ("human_multiple",), "roofline"),
    Headline("speed", ("speed", "speed_factor")),
    Headline("speed", ("latency_speed", "latency_speed_factor")),
    Headline("copies", ("passes",)),
    Headline("copies", ("work_years",)),
    Headline("copies", ("chain_work_judged",)),
    Headline("copies", ("copies",)),
    Headline("copies", ("copies_k",)),
    Headline("learning", ("learning_years",)),
    Headline("learning", ("effective_years",), None, "the same under the critical batch"),
    Headline("batch", ("critical_batch",)),
)
"""What is shown of each part, in order."""


def chain(scenario: Scenario, catalog: Catalog, inputs: Mapping[str, Any] | None = None) -> Answer:
    """Return the headline rows of every part of a scenario; each row's ``subject`` is its part.

    Row ids: of ``calc`` ``compute``, ``params``, ``tokens``, ``tokens_per_param``, ``loss`` of the law followed, or
    ``model_params`` and so on where N and D are given; of ``emergence`` ``seen_count``, ``next_times_more``; of
    ``speed`` ``tokens_per_minute``, ``human_multiple`` (by the roofline, or as given), with k ``speed`` and
    ``latency_speed`` (or their factors); of ``copies`` ``passes``, ``work_years``, ``copies``, ``copies_k``, of a
    forecast ``chain_work_judged``; of ``learning`` ``learning_years``, ``effective_years``; of ``batch``
    ``critical_batch``. The ``provenance`` says which law was followed and what was inherited.

    Parameters
    ----------
    scenario : Scenario
        What was typed.
    catalog : Catalog
        Presets to look things up in.
    inputs : mapping, optional
        Its inputs by part, where they are known already.

    Raises
    ------
    InputError
        If a text means nothing, a part that was given something cannot answer, or no part can.

    Examples
    --------
    >>> run = Scenario("", "", None, {"calc": {"params": "175B", "tokens": "300B"}, "copies": {"speed": "1"}})
    >>> answer = chain(run, Catalog("presets"))
    >>> [round(answer.row(row_id, subject="copies").value, 1) for row_id in ("passes", "work_years")]
    [900000000000.0, 3379.6]
    """
    asked = inputs_of(scenario) if inputs is None else inputs
    shut = shut_of(scenario.texts)
    parts = flow(asked, catalog, shut=shut)
    raise_of_given(parts, asked, chain_place, PARTS[0])
    found = budget_found(parts, catalog)
    rows = [row for line in HEADLINES if (row := _headline(line, parts, found)) is not None]
    if not rows:
        raise parts["calc"].error or InputError("nothing to start from", hint="give --flops 5.76e23")
    rows = _with_given_speed(rows, parts["speed"])
    notes = [*_law_notes(parts, found, rows), *_inherited_note(parts)]
    shown = {row.subject for row in rows}
    for name, part in parts.items():
        if part.answer is not None and name not in shown:
            text = "nothing of its answer has a place in the chain."
            notes.append(Note(f"unreachable:{name}", text, None, name, "unreachable"))
    for name, part in parts.items():
        notes += _part_notes(name, part, {found.law, "roofline", *_shown(name, parts)})
    sources = {"scenario": scenario.name} if scenario.name else {}
    more = provenance(law=found.law, inherited=_inherited(parts), **sources)
    return Answer("chain", _given(asked, shut), tuple(rows), tuple(notes), more, Table("subject", ()))


def _headline(line: Headline, parts: dict[str, Part], found: Found) -> Row | None:
    """Return a part's row as it stands in the chain: the very row, with the part as its subject."""
    answer = parts[line.part].answer
    if answer is None:
        return None
    for row_id in line.ids:
        for row in answer.rows:
            if row.id == row_id and row.subject == line.subject and row.law in (None, found.law):
                row = sourced(row, line.part, parts[line.part].inherited, chain_place)
                counts = {one.id: format_quantity(one.value, "1") for one in answer.rows if one.id == "of_count"}
                if line.part == "batch" and "loss" in parts["batch"].inherited:
                    loss = format_quantity(parts["batch"].inputs.loss, "nats/token")
                    return row._replace(subject=line.part, label=f"critical batch at L {loss} ({LOSS_OF_BATCH})")
                return row._replace(subject=line.part, label=line.label.format(**counts) or _short(row.label))
    return None


def _short(label: str) -> str:
    """Return a label without the words that the rows around it say; beside it an interval must fit."""
    return label.replace("your model's ", "").replace(" that do it in ", ", in ")


def _with_given_speed(rows: list[Row], speed: Part) -> list[Row]:
    """Return the rows with the speed in humans where it was given, behind the tokens a minute that follow from it."""
    multiple = speed.inputs.human_multiple
    if speed.answer is None or multiple is None:
        return rows
    row = Row("human_multiple", "x human, given", multiple, "1", None, "speed", source="given: speed.human-multiple")
    at = next(i for i, one in enumerate(rows) if (one.subject, one.id) == ("speed", "tokens_per_minute")) + 1
    return [*rows[:at], row, *rows[at:]]


def _shown(name: str, parts: dict[str, Part]) -> set[str]:
    """Return the subjects of a part that its headlines are about."""
    answer = parts[name].answer
    return {row.subject for row in answer.rows if row.id == "next" and row.subject} if answer else set()


def _law_notes(parts: dict[str, Part], found: Found, rows: list[Row]) -> list[Note]:
    """Return which law is followed, and why."""
    calc = parts["calc"]
    if calc.answer is None or not any(row.law == found.law for row in rows):
        return []
    asked = calc.inputs.law
    first = asked[0].split(",")[0].strip().lower() if asked else None
    if first is None:
        why = "the refit, by default"
    elif first == found.law:
        why = "the first that --law names"
    else:
        why = f"{first} has no answer here"
    own = any(row.id == "model_params" for row in rows)
    loss = any(row.unit == "nats/token" and row.subject == "calc" for row in rows)
    what = "Loss by" if own else "N, D and loss by" if loss else "No loss; N and D by"
    text = f"{what} {found.law} ({why})."
    return [Note("chain-law", text, None, None, "assumption")]


def _inherited(parts: dict[str, Part]) -> dict[str, Any]:
    """Return what each part took from those before it, by dotted option name."""
    return {
        f"{name}.{option}": value
        for name, part in parts.items()
        for option, value in inherited_values(name, part.inherited).items()
    }


def _inherited_note(parts: dict[str, Part]) -> list[Note]:
    """Return the same in short: the labels of the fields, with the machine, which no headline has."""
    said = []
    for name, part in parts.items():
        if part.inherited and part.answer is not None:
            items = [item for item in fields_of(part.calculator.inputs) if item.name in part.inherited]
            of = ", which holds the middle of N" if isinstance(part.inherited.get("params"), Traced) else ""
            texts = (_text(item, part.inherited[item.name]) for item in items)
            said.append(f"{name} {', '.join(texts)}{of}")
    return [Note("chain-inherited", f"Inherited: {'; '.join(said)}.", None, None, "assumption")] if said else []


def _text(item: Field, value: Any) -> str:
    return f"{item.label} {item.text_of(value)}" if isinstance(value, Fleet) else item.label


def _part_notes(name: str, part: Part, about: set[str]) -> list[Note]:
    """Return the notes of one part that are about what is shown of it; a part without an answer says why."""
    if part.answer is None:
        error = part.error
        reason = "no answer" if error is None else renamed(error.line, name, chain_place)
        return [Note(f"unreachable:{name}", f"{reason}.", None, name, "unreachable")]
    kept = [note for note in part.answer.notes if note.law is None or note.law in about]
    return [
        Note(f"{name}:{note.id}", f"{note.law}: {note.text}" if note.law else note.text, note.source, name, note.kind)
        for note in kept
        if note.kind != "unreachable"
    ]


def chain_place(part: str, item: Field) -> str:
    """Return the name of a field in the chain, where those of the budget are options."""
    return item.option if part == PARTS[0] else dotted(part, item)


def _given(asked: Mapping[str, Any], shut: Mapping[str, frozenset[str]]) -> dict[str, Any]:
    """Return what was given, by option name: bare for the budget, ``part.name`` for the rest."""
    out: dict[str, Any] = {}
    for part in PARTS:
        if part in asked:
            prefix = "" if part == PARTS[0] else f"{part}."
            out |= {f"{prefix}{name}": value for name, value in given(asked[part]).items()}
            names = shut.get(part, ())
            out |= {dotted(part, item): NOTHING for item in fields_of(asked[part]) if item.name in names}
    return out
