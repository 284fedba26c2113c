"""Pane *Budget*: any sufficient subset in, the answer under every law as you type."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input, Static

from scaletui.panes.base import Pane
from scaletui.render.table import answer_lines
from scaletui.scenario import FIELDS, Scenario
from scaletui.widgets.field import FieldGrid, FieldInput
from scaletui.widgets.lines import LineView


class BudgetPane(Pane):
    """Fields above, results below."""

    TITLE = "Budget"
    ORDER = 1
    HELP = """\
Type any sufficient subset: C alone; N and D; N, D or a target loss L alone; a machine with a time; tokens/s with a
time; money on a machine. The table answers under every law: the compute-optimal N and D, D/N, the loss L, how many
orders of magnitude the budget lies beyond the compute the law was fitted on, and the nearest known model. Each law's
own convention of what N counts stands in its explanation (e). A field that makes no sense is marked and named in the
line below the fields; the last good answer stays.
Quantities: 5.76e23, 3200 PF-day, 70B, 1.4T, 512xH100, 30d, 2 weeks, 40%, $10M, $2/h. Laws: chinchilla-3,epoch-2024"""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "results", "To results", show=False),
    ]

    def compose(self) -> ComposeResult:
        """Yield the fields, the line that echoes them, and the results."""
        scenario: Scenario = self.app.scenario  # type: ignore[attr-defined]
        with FieldGrid(id="fields"):
            for field in FIELDS:
                yield FieldInput(field, scenario.texts[field.name])
        yield Static("", id="echo", markup=False)
        yield LineView(id="results")

    def show_scenario(self, scenario: Scenario) -> None:
        """Show the answer, mark the wrong field, and echo the one in focus."""
        results = self.query_one("#results", LineView)
        if scenario.answer is not None:
            results.set_lines(answer_lines(scenario.answer, max(self.size.width, 40) - 1))
        for widget in self.query(FieldInput):
            widget.set_class(scenario.wrong == widget.field.name, "-wrong")
        self._echo()

    def _echo(self) -> None:
        scenario: Scenario = self.app.scenario  # type: ignore[attr-defined]
        focused = self.app.focused
        line = ""
        if isinstance(focused, FieldInput):
            line = scenario.echo(focused.field.name)
        if scenario.error is not None:
            line = f"! {scenario.error.line}" + (" - last good answer below" if scenario.answer else "")
        echo = self.query_one("#echo", Static)
        if str(echo.content) != line:
            echo.update(line, layout=False)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Solve again at every keystroke."""
        if isinstance(event.input, FieldInput):
            self.app.set_field(event.input.field.name, event.value)  # type: ignore[attr-defined]

    def on_descendant_focus(self) -> None:
        """Echo the field that the focus came to."""
        self._echo()

    def on_resize(self) -> None:
        """Lay the results out for the new width."""
        self.show_scenario(self.app.scenario)  # type: ignore[attr-defined]

    def action_results(self) -> None:
        """Leave the field for the results."""
        self.query_one("#results", LineView).focus()

    def focus_first(self) -> None:
        """Put the focus into the results, where letters are keys."""
        self.query_one("#results", LineView).focus()

    @property
    def chosen_law(self) -> str:
        """The law of the line under the cursor."""
        return self.query_one("#results", LineView).about


PANE = BudgetPane
