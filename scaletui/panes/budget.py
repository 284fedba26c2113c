"""Pane *Budget*: any sufficient subset in, the answer under every law as you type."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Static

from scaletui.panes.base import Pane
from scaletui.render.table import answer_lines, wrapped
from scaletui.scenario import FIELDS, Scenario, in_app
from scaletui.widgets.field import FieldGrid, FieldInput
from scaletui.widgets.lines import LineView, cut

_BESIDE = 2  # a space before the results, their scrollbar behind
_REASON_LINES = 4


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

    def compose(self) -> ComposeResult:
        """Yield the fields, the line that echoes them, and the results."""
        scenario = self.host.scenario
        with FieldGrid(id="fields"):
            for field in FIELDS:
                yield FieldInput(field, scenario.texts[field.name])
        with Vertical(id="echo-place"):
            yield Static("", id="echo", markup=False)
        yield LineView(id="results")

    def show_scenario(self, scenario: Scenario) -> None:
        """Show the answer, mark the wrong field, and echo the one in focus."""
        results = self.query_one("#results", LineView)
        if scenario.answer is not None:
            lines = answer_lines(scenario.answer, max(self.size.width - _BESIDE, 40))
            results.set_lines([(style, in_app(text), about) for style, text, about in lines])
        for widget in self.query(FieldInput):
            name = widget.field.name
            widget.set_class(name == scenario.wrong or name in scenario.faults, "-wrong")
        self._echo()

    def _echo(self) -> None:
        """Say what the field in focus is understood as, or what is wrong; a long reason covers some of the results."""
        scenario = self.host.scenario
        focused = self.app.focused
        line = scenario.echo(focused.field.name) if isinstance(focused, FieldInput) else ""
        if scenario.error is not None:
            if not (isinstance(focused, FieldInput) and focused.field.name in scenario.faults):
                line = in_app(scenario.error.line)
            line = f"! {line}" + (" - last good answer below" if scenario.answer else "")
        width = max(self.size.width - _BESIDE, 20)
        lines = wrapped(line, width, "  ")
        if scenario.error is None:
            lines = [cut(line, width)]
        text = "\n".join(lines[:_REASON_LINES])
        echo = self.query_one("#echo", Static)
        if str(echo.content) != text:
            echo.styles.height = max(min(len(lines), _REASON_LINES), 1)
            echo.update(text, layout=False)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Solve again at every keystroke."""
        if isinstance(event.input, FieldInput):
            self.host.set_field(event.input.field.name, event.value)

    def on_descendant_focus(self) -> None:
        """Echo the field that the focus came to."""
        self._echo()

    def on_resize(self) -> None:
        """Lay the results out for the new width."""
        self.show_scenario(self.host.scenario)

    def focus_first(self) -> None:
        """Put the focus into the results, where letters are keys."""
        self.screen.set_focus(self.query_one("#results", LineView))

    @property
    def chosen_law(self) -> str:
        """The law of the line under the cursor."""
        return self.query_one("#results", LineView).about


PANE = BudgetPane
