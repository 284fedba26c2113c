"""One part of a scenario in the app: what was typed, the last inputs that made sense, their answer, their words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from scaletui.state import without_ranges
from scaletui_core.answer import Answer, Note
from scaletui_core.calculator import PARTS
from scaletui_core.errors import InputError
from scaletui_core.fields import CHOICE, FLAG, NAMES, Field, fields_of, parse_inputs
from scaletui_core.flow import ORIGINS, Part, budget_found, calculator, follow
from scaletui_core.presets import Catalog
from scaletui_core.quantity import Fleet
from scaletui_core.quantity_text import format_quantity
from scaletui_core.scenario import NOTHING, part_inputs, shut_in
from scaletui_core.traced import Traced

SOLVED = ("flops", "params", "tokens")
"""The fields of the budget of which those that are empty are solved for."""
_ROOM = 15  # cells of a field at 80 columns
_OPTION = re.compile(r"`[^`]*`|--[a-z][a-z-]*")  # a command between backquotes stays one


class Sheet:
    """One part of a scenario: its texts by field name, and its answer; wrong texts leave the last good answer standing.

    Attributes
    ----------
    part : str
        One of `scaletui_core.calculator.PARTS`.
    fields : tuple of Field
        What the part's calculator takes.
    texts : dict of str
        What stands in each field; an absent one is empty.
    good : dict of str
        The last texts that made sense.
    own, shut : dataclass and frozenset
        The inputs that they mean, and the names of the fields that inherit nothing.
    found : Part
        What these come to, with what they inherit: what the parts that follow go on from.
    answer : Answer or None
        The last there was.
    error : InputError or None
        Why the texts as they stand make no sense; None when the answer is theirs.
    wrong : str or None
        Name of the field at fault, where it is one field.
    faults : dict of InputError
        What is wrong with each text that means nothing by itself.
    solved : dict of Solved
        What the budget comes to for those of C, N and D that were not given, by field name.
    noted : dict of tuple of str
        Texts that were put into fields from elsewhere, and where from, by field name.
    """

    found: Part
    noted: dict[str, tuple[str, str]]

    def __init__(self, part: str, texts: dict[str, str]) -> None:
        self.part = part
        self._kind: Any = calculator(part).inputs
        self.fields = fields_of(self._kind)
        self.texts = texts
        self.good: dict[str, str] = {}
        self.own: Any = parse_inputs(self._kind, {})
        self.shut: frozenset[str] = frozenset()
        self.answer: Answer | None = None
        self.error: InputError | None = None
        self.wrong: str | None = None
        self.faults: dict[str, InputError] = {}
        self.solved: dict[str, Solved] = {}
        self.noted = {}
        self._forecast: dict[str, str] = {}  # what fields stand for that the forecast of the chain fills

    @property
    def inputs(self) -> Any:
        """The last inputs that made sense, with what they inherit."""
        return self.found.inputs

    def solve(self, parts: Mapping[str, Part], catalog: Catalog, ranges: bool = True) -> None:
        """Answer the texts as they stand, given the parts that this one needs; without ranges each at its middle."""
        self._answer(parts, catalog, ranges)
        self.solved = _solved(self.found, catalog) if self.part == PARTS[0] else {}
        self._forecast = _filled_by_forecast(self.inputs, catalog)

    def _answer(self, parts: Mapping[str, Part], catalog: Catalog, ranges: bool) -> None:
        self.error = self.wrong = None
        filled = {name: text for name, text in self.texts.items() if text.strip()}
        self.faults = {name: error for name, text in filled.items() if (error := self._fault(name, text)) is not None}
        if self.faults:
            self.wrong, self.error = next(iter(self.faults.items()))
        else:
            own, shut = part_inputs(self.part, filled, _place), shut_in(self.part, filled)
            own = own if ranges else without_ranges(own)
            found = follow(self.part, own, parts, catalog, shut)
            if found.error is None:
                self.good = filled
                if not (self.answer is not None and own == self.own and shut == self.shut and self._follows(found)):
                    self.own, self.shut, self.found, self.answer = own, shut, found, found.answer
                return
            self.error, self.wrong = found.error, self._field_named(found.error.where)
        found = follow(self.part, self.own, parts, catalog, self.shut)
        if self.answer is None or not self._follows(found):
            self.found, self.answer = found, found.answer or self.answer

    def _follows(self, found: Part) -> bool:
        """Whether what is inherited is what it was: then the answer that there is stays, intervals and all."""
        old, new = self.found.inherited, found.inherited
        same = (old[name] is new[name] or (not _varies(old[name], new[name]) and old[name] == new[name]) for name in new
                if name in old)  # fmt: skip
        return old.keys() == new.keys() and all(same) and self.found.which == found.which

    def _fault(self, name: str, text: str) -> InputError | None:
        """Return why a text means nothing in its field, or None if it means something."""
        try:
            part_inputs(self.part, {name: text}, _place)
        except InputError as error:
            return error
        return None

    def _field_named(self, where: str | None) -> str | None:
        return next((field.name for field in self.fields if where in (field.option, field.label)), None)

    def origin(self, name: str) -> str:
        """Return where the value that a field inherits comes from, or nothing where it inherits none."""
        if name not in self.found.inherited:
            return ""
        which = self.found.which.get(name)
        return title_of(ORIGINS[self.part][name]) + (f" ({which})" if which else "")

    @property
    def tags(self) -> dict[str, str]:
        """Words behind the labels of fields that are empty: which of C, N and D are solved for."""
        return {name: solved.tag for name, solved in self.solved.items() if not self.texts.get(name, "").strip()}

    def start(self, field: Field) -> str:
        """Return the text that an empty field is nudged from: what it is solved or inherited as, its default."""
        value = self.found.inherited.get(field.name, getattr(self.solved.get(field.name), "value", None))
        if isinstance(value, float):
            return format_quantity(float(value), field.unit, digits=4)
        default = self._forecast.get(field.name, field.default or field.example)
        return default if value is None else field.text_of(value)

    def placeholder(self, field: Field) -> str:
        """Return what stands in a field that is empty: what it is solved for or inherits, or its default."""
        if field.name in self.solved:
            return in_short(self.solved[field.name].value, field.unit)
        if field.name not in self.found.inherited:
            filled = self._forecast.get(field.name)
            return field.default if filled is None else f"{filled} ({self.inputs.chain})"
        value = self.found.inherited[field.name]
        shown = in_short(value, field.unit) if isinstance(value, float) else field.text_of(value)
        which = self.found.which.get(field.name, "").partition("-")[0]  # of a law its author
        origin = which or title_of(ORIGINS[self.part][field.name])
        text = f"{shown} ({origin})"
        return text if len(text) <= _ROOM else f"{shown} {origin}"

    def echo(self, name: str) -> str:
        """Return what a field is understood as, or why it is not."""
        field = next(field for field in self.fields if field.name == name)
        text = self.texts.get(name, "")
        if name in self.faults:
            return self.faults[name].line
        if self.error is not None and self.wrong in (name, None):
            return self.in_app(self.error.line)
        if text.strip() == NOTHING and name in ORIGINS[self.part]:
            return f"{field.label} inherits nothing; empty, it follows the {title_of(ORIGINS[self.part][name])} again"
        if text.strip():
            value = getattr(parse_inputs(self._kind, {name: text}, _place), name)
            said = self.note_of(name)
            return f"{field.label} = {echo_of(field, value)}{f', {said}' if said else ''}"
        if name in self.found.inherited:
            value = echo_of(field, self.found.inherited[name])
            if isinstance(self.found.inherited[name], Traced):
                value = f"about {value}, at the middle of the ranges"
            return f"{field.label} = {value}, from the {self.origin(name)}; type to pin your own, {NOTHING} for none"
        if name in self.solved:
            solved = self.solved[name]
            about = "about " if isinstance(solved.value, Traced) else ""
            return (
                f"{field.label} = {about}{echo_of(field, float(solved.value))}, {solved.words}; type to give your own"
            )
        if field.unit == FLAG:
            return f"yes or no. {self.in_app(field.help)}"
        if field.unit == CHOICE:
            return f"{', '.join(field.choices)} (default: {field.default}). {self.in_app(field.help)}"
        default = self._forecast.get(name, field.default)
        return f"{self.in_app(field.help)} Such as {field.example}." + (f" Default: {default}." if default else "")

    def note_of(self, name: str) -> str:
        """Return where the text in a field came from, while it is that text; else nothing."""
        text, said = self.noted.get(name, ("", ""))
        return said if text and self.texts.get(name, "").strip() == text else ""

    def in_app(self, text: str) -> str:
        """Return a text about this part's answer as it reads in the app: an inherited value was not given."""
        for name in self.found.inherited:
            option = next(field.option for field in self.fields if field.name == name)
            text = re.sub(f"given: {option}(?![a-z-])", f"from the {self.origin(name)}", text)
        return in_app(text, self.part)

    def told(self, answer: Answer) -> Answer:
        """Return an answer in the words of the app; before it is laid out, so that no option is broken over lines."""
        rows = [row._replace(source=row.source and self.in_app(row.source)) for row in answer.rows]
        notes = [note._replace(text=self.in_app(note.text)) for note in answer.notes]
        labels = {field.name: field.label for field in self.fields}
        said = [Note(f"noted:{name}", f"{labels[name]} is {self.note_of(name)}.", kind="source")
                for name in self.noted if self.note_of(name)]  # fmt: skip
        return answer._replace(rows=tuple(rows), notes=(*said, *notes))


class Solved(NamedTuple):
    """One of C, N and D that was not given.

    Attributes
    ----------
    value : float
        In base units.
    tag, words : str
        How it came about, in short and at length.
    """

    value: float
    tag: str
    words: str


def _solved(found: Part, catalog: Catalog) -> dict[str, Solved]:
    """Return which of C, N and D the budget was solved for, and what they come to under the law that is followed."""
    if found.answer is None:
        return {}
    budget = budget_found({PARTS[0]: found}, catalog)
    given = {name for name in SOLVED if getattr(found.inputs, name) is not None}
    out = {}
    for name, value in zip(SOLVED, (budget.flops, budget.params, budget.tokens), strict=True):
        if name in given or value is None:
            continue
        others = [one for one in SOLVED if one != name]
        by_arithmetic = name == "flops" or any(one in given for one in others if one != "flops")
        if not by_arithmetic:
            out[name] = Solved(value, "by law", f"compute-optimal by {budget.law}")
        elif name == "flops" and not given:
            out[name] = Solved(value, "=", "from what else was given")
        else:
            out[name] = Solved(value, "=", "solved for by C = 6 N D")
    return out


def _filled_by_forecast(inputs: Any, catalog: Catalog) -> dict[str, str]:
    if getattr(inputs, "chain", None) is None:
        return {}
    from scaletui_core.forecast import defaults

    return defaults(catalog.load("forecasts").records[inputs.chain])


_TITLES = {"calc": "budget"}


def title_of(part: str) -> str:
    """Return what a part is called in the app."""
    return _TITLES.get(part, part)


def fields_in(part: str) -> tuple[Field, ...]:
    """Return the fields of a part, or of the panes of fits and of measured speed, which are none."""
    if part in PARTS:
        return fields_of(calculator(part).inputs)
    if part == "bench":
        from scaletui_core.measuring import MeasureInputs

        return fields_of(MeasureInputs)
    from scaletui.fit_sheet import FIELDS

    return FIELDS


def _place(field: Field) -> str:
    return field.label


@lru_cache
def _labels(part: str) -> dict[str, str]:
    return {field.option: field.label for field in fields_in(part)}


def in_app(text: str, part: str = "calc") -> str:
    """Return a text that names options as it reads in the app, where they are fields.

    >>> in_app("given: --flops")
    'given: C'
    """
    return _OPTION.sub(lambda found: _labels(part).get(found[0], found[0]), text)


def echo_of(field: Field, value: Any) -> str:
    """Return a parsed value for people, with its unit."""
    if field.unit == NAMES:
        return ", ".join(value)
    if isinstance(value, float):
        words: str = getattr(value, "words", "")  # a range says what it is
        return words or format_quantity(value, field.unit, digits=6, with_unit=True)
    if isinstance(value, Fleet) and isinstance(value.count, Traced):
        return f"{echo_of(field._replace(unit='1'), value.count)} x {value.accelerator}"
    return field.text_of(value)


def _varies(*values: Any) -> bool:
    return any(isinstance(value, Traced) for value in values)


def in_short(value: float, unit: str) -> str:
    """Return a value for the bar; of one that varies the range that was typed, or about where it lies."""
    typed: str = getattr(value, "text", "")
    return typed or ("~" if isinstance(value, Traced) else "") + format_quantity(value, unit)
