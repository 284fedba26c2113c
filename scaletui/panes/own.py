"""What panes share whose calculator is no part of the scenario: texts of their own, with a past of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textual import events

from scaletui.history import History
from scaletui.own_sheet import OwnSheet
from scaletui.panes.calculator import CalculatorPane
from scaletui.render.figures import Figure
from scaletui.render.plot import Plot
from scaletui.scenario import Scenario
from scaletui.widgets.field import FieldInput
from scaletui_core.answer import Answer


class OwnPane(CalculatorPane):
    """A pane with texts of its own.

    Parameters
    ----------
    sheet : OwnSheet
        What stands in its fields, and the last answer.
    """

    def __init__(self, sheet: OwnSheet) -> None:
        super().__init__()
        self._own = sheet
        self._past: History[dict[str, str]] = History({})
        self._doing = ""

    @property
    def sheet(self) -> OwnSheet:
        """What stands in the fields, and the last answer."""
        return self._own

    @property
    def answers(self) -> dict[str, Answer]:
        """Nothing: such an answer finds its own intervals."""
        return {}

    def take(self, typed: FieldInput) -> None:
        """Take what stands in a field."""
        name = typed.field.name
        if self.sheet.texts.get(name, "") != typed.value:
            self._put({name: typed.value}, name)

    def put(self, texts: dict[str, str]) -> None:
        """Put texts into fields, as if they had been typed, and show what follows."""
        self._put(texts)
        self.show_texts(self.host.scenario)

    def _put(self, texts: Mapping[str, str], typed: str = "") -> None:
        self.sheet.put(texts)
        now = {name: text for name, text in self.sheet.texts.items() if text}
        self._past.record(now, typed, typing=bool(typed))
        self.texts_changed(again=False)
        self.show_scenario(self.host.scenario)
        self.host.changed()

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        """End a run of typing."""
        self._past.leave()

    def texts_changed(self, again: bool) -> None:
        """Do what other texts call for; ``again`` says that they stood there before."""

    def _say(self, words: str) -> None:
        """Say what is being done, here and in the bar; nothing where nothing is any more."""
        scenario = self.host.scenario
        if scenario.pending == self._doing:
            scenario.pending = words
            self.host.show_pending()
        self._doing = words
        self._echo()

    def show_scenario(self, scenario: Scenario) -> None:
        """Show the answer; the scenario has no part in it."""
        if self.is_mounted:
            super().show_scenario(scenario)

    def show_texts(self, scenario: Scenario) -> None:
        """Put the texts into the fields."""
        for widget in self.query(FieldInput):
            widget.put(self.sheet.texts.get(widget.field.name, ""))

    def _plot_of(self, figure: Figure, inputs: Any, answer: Answer) -> Plot:
        """Return a figure of the answer; nothing stands beside it."""
        return figure.draw(inputs, answer, self.host.scenario.catalog)

    # Its own past, and what a session keeps

    def travel(self, back: bool) -> str | None:
        """Take back a change of the fields, or make it again."""
        texts = self._past.undo() if back else self._past.redo()
        if texts is None:
            return f"nothing to {'undo' if back else 'redo'} in {self.TITLE}"
        before = dict(self.sheet.texts)
        self.sheet.put(dict.fromkeys(before, "") | texts)
        self.show_texts(self.host.scenario)
        self.texts_changed(again=True)
        self.show_scenario(self.host.scenario)
        names = [name for name in (*before, *texts) if before.get(name, "") != texts.get(name, "")]
        changed = (f"{self.PART}.{name}" for name in dict.fromkeys(names))
        return f"{'undone' if back else 'done again'}: {', '.join(changed)}"

    def view(self) -> dict[str, bool | int | float | str | None]:
        """Return also what stands in the fields."""
        return super().view() | {f"field.{name}": text for name, text in self.sheet.texts.items() if text}

    def set_view(self, view: Mapping[str, Any]) -> None:
        """Look as before; what a file held that means nothing here is passed over."""
        super().set_view(view)
        known = {f"field.{field.name}": field.name for field in self.sheet.fields}
        texts = {known[key]: text for key, text in view.items() if key in known and isinstance(text, str)}
        self.sheet.put(texts)
        self._past = History(texts)
