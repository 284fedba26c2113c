"""The scenario that all panes share: what was typed, by part, the last inputs that made sense, and their answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from scaletui.sheet import Sheet, in_short, title_of
from scaletui.state import DOUBTS, State, texts_without_ranges
from scaletui_core.answer import Answer
from scaletui_core.calculator import PARTS
from scaletui_core.fields import Field
from scaletui_core.flow import NEEDS
from scaletui_core.pane_command import command_of
from scaletui_core.presets import Catalog
from scaletui_core.quantity import count_text
from scaletui_core.scenario_part import with_origins


class Scenario:
    """Texts by part and field in, answers out, each computed when it is wanted and something it rests on changed.

    Attributes
    ----------
    texts : dict of dict of str
        What stands in each field, by part; an absent one is empty.
    ranges : bool
        Whether ranges are taken as such, or each at its middle.
    pending : str
        What is still being computed, such as an interval, for the scenario bar; empty where all is there.
    noted : dict of dict
        Texts that were put into fields from elsewhere, and where from, by part and field.
    """

    def __init__(self, catalog: Catalog, texts: Mapping[str, Mapping[str, str]]) -> None:
        self.catalog = catalog
        self.texts = {part: dict(texts.get(part, {})) for part in PARTS}
        self.ranges = True
        self.pending = ""
        self.noted: dict[str, dict[str, tuple[str, str]]] = {part: {} for part in PARTS}
        self._sheets: dict[str, Sheet] = {}
        self._stale = set(PARTS)

    def set(self, part: str, texts: Mapping[str, str]) -> bool:
        """Put texts into fields of a part, by name, and return whether anything changed."""
        if all(self.texts[part].get(name, "") == text for name, text in texts.items()):
            return False
        self.texts[part].update(texts)
        self._stale |= {part, *(other for other in PARTS if part in NEEDS[other])}
        return True

    @property
    def state(self) -> State:
        """What stands in the fields, and whether ranges are on."""
        texts = {part: {name: text for name, text in fields.items() if text} for part, fields in self.texts.items()}
        return State({part: fields for part, fields in texts.items() if fields}, self.ranges)

    def put(self, state: State) -> None:
        """Take a whole state in place of this one."""
        for part, texts in self.texts.items():
            texts.clear()
            texts.update(state.texts.get(part, {}))
        self.ranges = state.ranges
        self._stale = set(PARTS)

    def laws_changed(self) -> None:
        """Read the laws again, and have every answer found anew."""
        self.catalog.read_again("laws")
        self._sheets.clear()
        self._stale = set(PARTS)

    @property
    def has_ranges(self) -> bool:
        """Whether anything that was typed is uncertain."""
        return any(
            ".." in text or (name in DOUBTS and text.strip().lower().startswith(("y", "t", "on")))
            for fields in self.texts.values()
            for name, text in fields.items()
        )

    def sheet(self, part: str) -> Sheet:
        """Return a part as it stands, solved."""
        if part not in self._sheets:
            self._sheets[part] = Sheet(part, self.texts[part])
            self._sheets[part].noted = self.noted[part]
        sheet = self._sheets[part]
        if part in self._stale:
            sheet.solve({other: self.sheet(other).found for other in NEEDS[part]}, self.catalog, self.ranges)
            self._stale.discard(part)
        return sheet

    def command(self, part: str, axis: str | None = None) -> list[str]:
        """Return the words of the command line that prints the answer of a part as it stands, or draws a figure of it.

        Raises
        ------
        InputError
            If it has none, or shows the last good one of fields before it that have changed since.
        """

        def place(of: str, field: Field) -> str:
            return field.label if of == part else f"{title_of(of)}: {field.label}"

        texts = {other: self.sheet(other).good for other in (*NEEDS[part], part)}
        return command_of(part, texts if self.ranges else texts_without_ranges(texts), self.catalog, axis, place)

    def printed(self, part: str, answer: Answer) -> Answer:
        """Return the answer of a part, with its intervals or without, as that command prints it."""
        sheet = self.sheet(part)
        said = any(self.sheet(other).good for other in NEEDS[part])
        return with_origins(answer, part, sheet.found.inherited) if said else answer

    @property
    def broken(self) -> list[str]:
        """The parts whose texts make no sense as they stand: what follows goes on from their last good answer."""
        return [title_of(part) for part in PARTS if part in self._sheets and self._sheets[part].error is not None]

    @property
    def budget(self) -> Sheet:
        """The part that all others follow from."""
        return self.sheet("calc")

    @property
    def inputs(self) -> Any:
        """The budget's last inputs that made sense."""
        return self.budget.inputs

    @property
    def answer(self) -> Answer | None:
        """The budget's last answer."""
        return self.budget.answer


def scenario_line(parts: Sequence[str], width: int) -> str:
    """Return a scenario in one line, its parts closer together where there is less room.

    >>> scenario_line(["C 1e24", "all laws"], 40), scenario_line(["C 1e24", "all laws"], 16)
    (' scaletui  C 1e24   all laws', ' C 1e24 all laws')
    """
    for head, gap in (("scaletui  ", "   "), ("", "   "), ("", "  "), ("", " ")):
        line = f" {head}{gap.join(parts)}"
        if len(line) <= width:
            break
    return line


def scenario_parts(scenario: Scenario) -> list[str]:
    """Return what the scenario is in short: C, N, D, machine, laws, ranges."""
    inputs, rows = scenario.inputs, scenario.answer.rows if scenario.answer else ()
    single = {row.id: row for row in rows if row.law is None}
    solved = scenario.budget.solved
    parts = []
    for symbol, row_id, unit, name in (
        ("C", "compute", "FLOP", "flops"),
        ("N", "model_params", "parameters", "params"),
        ("D", "model_tokens", "tokens", "tokens"),
    ):
        given = getattr(inputs, name)
        value = single[row_id].value if row_id in single else given
        sign = "" if value is None or given is not None else "="
        if value is None and len(inputs.law) == 1 and name in solved:
            value, sign = solved[name].value, "="
        parts.append(f"{symbol} {'by law' if value is None else sign + in_short(value, unit)}")
    if inputs.loss is not None:
        parts.append(f"L {inputs.loss:g}")
    if inputs.hardware is not None:
        parts.append(f"on {count_text(inputs.hardware.count)}x{inputs.hardware.accelerator}")
    parts.append(", ".join(inputs.law) or "all laws")
    parts.append(f"ranges {'on' if scenario.ranges else 'off'}" if scenario.has_ranges else "no ranges")
    return parts
