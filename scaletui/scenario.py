"""The scenario that all panes share: what was typed, the last inputs that made sense, and their answer."""

from __future__ import annotations

import re
from typing import Any

from scaletui_core.answer import Answer
from scaletui_core.budget import BudgetInputs
from scaletui_core.calc import calculate
from scaletui_core.errors import InputError
from scaletui_core.fields import NAMES, Field, fields_of, parse_inputs
from scaletui_core.law_kinds import Law
from scaletui_core.laws import chosen_laws
from scaletui_core.presets import Catalog
from scaletui_core.quantity_text import format_quantity

FIELDS = fields_of(BudgetInputs)
_LABELS = {field.option: field.label for field in FIELDS} | {"add --explain": "press e"}
_OPTION = re.compile(r"(?:add )?--[a-z][a-z-]*")


class Scenario:
    """Texts by field name in, the answer out; wrong texts leave the last good answer standing.

    Attributes
    ----------
    texts : dict of str
        What stands in each field.
    inputs, answer : BudgetInputs and Answer
        The last that made sense together.
    error : InputError or None
        Why the texts as they stand do not; None when the answer is theirs.
    wrong : str or None
        Name of the field at fault, where it is one field.
    faults : dict of InputError
        What is wrong with each text that means nothing by itself.
    """

    def __init__(self, catalog: Catalog, texts: dict[str, str]) -> None:
        self.catalog = catalog
        self.texts = {field.name: texts.get(field.name, "") for field in FIELDS}
        self.inputs = parse_inputs(BudgetInputs, {})
        self.answer: Answer | None = None
        self.error: InputError | None = None
        self.wrong: str | None = None
        self.faults: dict[str, InputError] = {}
        self._solve()

    def set(self, name: str, text: str) -> bool:
        """Put a text into a field, solve, and return whether anything changed."""
        if self.texts[name] == text:
            return False
        self.texts[name] = text
        self._solve()
        return True

    def _solve(self) -> None:
        self.error = self.wrong = None
        given: dict[str, Any] = {name: text for name, text in self.texts.items() if text.strip()}
        self.faults = {name: error for name, text in given.items() if (error := _fault(name, text)) is not None}
        if self.faults:
            self.wrong, self.error = next(iter(self.faults.items()))
            return
        try:
            inputs = parse_inputs(BudgetInputs, given, _place)
            answer = calculate(inputs, self.catalog)
        except InputError as error:
            self.error = error
            self.wrong = _field_named(error.where)
            return
        self.inputs, self.answer = inputs, answer

    @property
    def laws(self) -> list[Law]:
        """The laws that the answer is under."""
        return chosen_laws(self.catalog, self.inputs.law, self.inputs.unique)

    def echo(self, name: str) -> str:
        """Return what a field is understood as, or why it is not."""
        field = next(field for field in FIELDS if field.name == name)
        text = self.texts[name]
        if name in self.faults:
            return self.faults[name].line
        if self.error is not None and self.wrong in (name, None):
            return in_app(self.error.line)
        if not text.strip():
            return f"{field.help} Such as {field.example}." + (f" Default: {field.default}." if field.default else "")
        value = getattr(parse_inputs(BudgetInputs, {name: text}, _place), name)
        return f"{field.label} = {echo_of(field, value)}"


def _place(field: Field) -> str:
    return field.label


def in_app(text: str) -> str:
    """Return a text that names options as it reads in the app, where they are fields.

    >>> in_app("given: --flops")
    'given: C'
    """
    return _OPTION.sub(lambda found: _LABELS.get(found[0], found[0]), text)


def _fault(name: str, text: str) -> InputError | None:
    """Return why a text means nothing in its field, or None if it means something."""
    try:
        parse_inputs(BudgetInputs, {name: text}, _place)
    except InputError as error:
        return error
    return None


def _field_named(where: str | None) -> str | None:
    for field in FIELDS:
        if where in (field.option, field.label):
            return field.name
    return None


def echo_of(field: Field, value: Any) -> str:
    """Return a parsed value for people, with its unit."""
    if field.unit == NAMES:
        return ", ".join(value)
    if isinstance(value, float):
        return format_quantity(value, field.unit, digits=6, with_unit=True)
    return field.text_of(value)


def scenario_line(scenario: Scenario) -> str:
    """Return the scenario in one line: C, N, D, machine, laws."""
    inputs, rows = scenario.inputs, scenario.answer.rows if scenario.answer else ()
    single = {row.id: row for row in rows if row.law is None}
    parts = []
    for symbol, row_id, unit, given in (
        ("C", "compute", "FLOP", inputs.flops),
        ("N", "model_params", "parameters", inputs.params),
        ("D", "model_tokens", "tokens", inputs.tokens),
    ):
        value = single[row_id].value if row_id in single else given
        parts.append(f"{symbol} {'by law' if value is None else format_quantity(value, unit)}")
    if inputs.loss is not None:
        parts.append(f"L {inputs.loss:g}")
    if inputs.hardware is not None:
        parts.append(f"on {inputs.hardware.count}x{inputs.hardware.accelerator}")
    parts.append(", ".join(inputs.law) or "all laws")
    return " scaletui  " + "   ".join(parts)
