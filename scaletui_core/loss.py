"""The loss of a model and its data under every law that gives one, with its terms."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp

from scaletui_core.answer import Answer, Column, Note, Row, Table
from scaletui_core.calc import loss_rows, term_row
from scaletui_core.calculator import Calculator, extrapolation_note, law_notes, provenance
from scaletui_core.errors import InputError
from scaletui_core.fields import NAMES, field, given
from scaletui_core.formula import Working
from scaletui_core.law_formulas import LOG_LIMIT, training_flops
from scaletui_core.law_kinds import Law
from scaletui_core.law_records import Unreachable
from scaletui_core.laws import chosen_laws, doubt_field
from scaletui_core.parametric_law import ParametricLaw
from scaletui_core.presets import Catalog


@dataclass(frozen=True, slots=True)
class LossInputs:
    """A model size N [parameters], its data D [tokens], the unique tokens among them, and the laws to ask."""

    params: float | None = field("parameters", "Model size N.", label="N", example="70B", low=1.0, high=1e149)
    tokens: float | None = field("tokens", "Training data D.", label="D", example="1.4T", low=1.0, high=1e149)
    unique: float | None = field(
        "tokens", "Unique tokens among them.", label="Unique", example="100B", low=1.0, high=1e149
    )
    law: tuple[str, ...] = field(
        NAMES, "Law to ask; repeatable. Default: all.", label="Law", example="chinchilla-3", default_value=()
    )
    law_uncertainty: bool = doubt_field()


def calculate(inputs: LossInputs, catalog: Catalog) -> Answer:
    """Return L(N, D) [nats/token] and its terms; with N or D alone, the limit where the other does not bind.

    Row ids: ``loss``, ``loss_irreducible``, ``loss_params``, ``loss_tokens``; of single-variable laws
    ``loss_of_params``, ``loss_of_tokens``, ``loss_of_compute``.

    Raises
    ------
    InputError
        If neither N nor D is given, or a law is unknown.

    Examples
    --------
    >>> exercise = LossInputs(params=1e12, tokens=1e16, law=("lecture-exercise",))
    >>> round(calculate(exercise, Catalog("presets")).row("loss").value, 9)
    2.2
    """
    if inputs.params is None and inputs.tokens is None:
        raise InputError("nothing to start from", hint="give --params 70B, --tokens 1.4T, or both")
    laws = chosen_laws(catalog, inputs.law, inputs.unique, doubt=inputs.law_uncertainty)
    rows: list[Row] = []
    notes: list[Note] = []
    for law in laws:
        found = _rows(law, inputs)
        if found:
            rows += found
            notes += law_notes(law, inputs.unique)
        else:
            notes.append(Note(f"unreachable:{law.id}", "no loss published.", law.source, law.id, "unreachable"))
        if found and inputs.params is not None and inputs.tokens is not None:
            beyond = extrapolation_note(law, training_flops(inputs.params, inputs.tokens))
            notes += [beyond] if beyond else []
    columns = (
        Column("loss", "loss", "nats/token"),
        Column("loss_irreducible", "E", "nats/token"),
        Column("loss_params", "from N", "nats/token"),
        Column("loss_tokens", "from D", "nats/token"),
        Column("loss_of_params", "L(N)", "nats/token"),
        Column("loss_of_tokens", "L(D)", "nats/token"),
        Column("loss_of_compute", "L(C)", "nats/token"),
    )
    used = tuple(column for column in columns if any(row.id == column.id for row in rows))
    return Answer("loss", given(inputs), tuple(rows), tuple(notes), provenance(), Table("law", used))


def _rows(law: Law, inputs: LossInputs) -> list[Row]:
    rows: list[Row] = []
    if isinstance(law, ParametricLaw):
        if inputs.params is not None and inputs.tokens is not None:
            return loss_rows(law, law.loss(inputs.params, inputs.tokens), "loss", "loss L(N, D)")
        return _limit_rows(law, inputs)
    values = {"params": inputs.params, "tokens": inputs.tokens, "compute": None}
    if inputs.params is not None and inputs.tokens is not None:
        values["compute"] = training_flops(inputs.params, inputs.tokens)
    for key, value in values.items():
        if value is None:
            continue
        try:
            loss = law.variable_loss(f"{key}_loss", value)
        except Unreachable:
            continue
        label = {"params": "L(N), data unlimited", "tokens": "L(D), size unlimited", "compute": "L(C), best N"}[key]
        rows.append(
            Row(f"loss_of_{key}", label, loss.value, "nats/token", law.id, source=loss.source, working=loss.working)
        )
    return rows


def _limit_rows(law: ParametricLaw, inputs: LossInputs) -> list[Row]:
    """Return the loss where the quantity that is not given is unlimited.

    In a plain law its term falls away; where repetition counts, unique data and parameters beyond it saturate instead.
    """
    endless = exp(LOG_LIMIT / 2)
    loss = law.loss(inputs.params or endless, inputs.tokens or endless)
    absent, gone = ("D", loss.terms[2]) if inputs.tokens is None else ("N", loss.terms[1])
    numbers = tuple(number for number in loss.working.numbers if number.symbol != absent)
    working = Working(f"{loss.working.expression} ({absent} unlimited)", numbers)
    rows = [
        Row("loss", f"loss, {absent} unlimited", loss.value, "nats/token", law.id, source=loss.source, working=working)
    ]
    return rows + [term_row(law, loss, term) for term in loss.terms if term is not gone or term.value > 1e-12]


CALCULATOR = Calculator(
    "loss", LossInputs, calculate, "The loss of a model and its data, with its terms, under every law."
)
