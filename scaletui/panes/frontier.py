"""Pane *Frontier*: N_opt, D_opt or L_opt against C, known models, your own point; and isoFLOP slices."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Static

from scaletui.bindings import bound
from scaletui.panes.base import Pane
from scaletui.render.figures_sweep import AXES, known_models, sweep_plot, title_of
from scaletui.render.plot import Axis, Mark, Plot
from scaletui.scenario import Scenario
from scaletui.widgets.plot import PlotView
from scaletui_core.answer import Answer
from scaletui_core.frontier import FrontierInputs, IsoflopInputs, calculate, isoflop
from scaletui_core.quantity_text import format_quantity

_LOWEST, _HIGHEST = 1e18, 1e26
_SWEEP = "frontier"


class FrontierPane(Pane):
    """A plot under a line that says what it shows."""

    TITLE = "Frontier"
    ORDER = 2
    HELP = """\
The compute-optimal N, D or loss against compute C, one line a law, with known models at their 6ND as points and your
own budget as a diamond. The isoFLOP slice at your C is the loss of models of every size that cost the same: its
lowest point is the compute-optimal model."""

    PLACES = ("frontier",)
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("frontier.axis", "axis"),
        bound("frontier.slice", "slice"),
        bound("frontier.models", "models"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._axis = "params"
        self._slice = False
        self._models = True
        self._shown: tuple[object, ...] = ()
        self._found: Answer | None = None

    def compose(self) -> ComposeResult:
        """Yield the line that says what is shown, and the plot."""
        yield Static("", id="frontier-line", markup=False)
        yield PlotView(glyphs=self.host.glyphs, id="plot")

    def show_scenario(self, scenario: Scenario) -> None:
        """Draw the frontier, or the slice, of the scenario's laws."""
        key = (scenario.inputs, self._axis, self._slice, self._models)
        if key != self._shown:
            self._shown = key
            self._found = self._answer(scenario)
            self.query_one("#frontier-line", Static).update(self._caption(scenario))
        elif self._found is None or self.host.intervals.of(_SWEEP, self._found) is self._found:
            return
        self.query_one(PlotView).set_plot(self._slice_plot(scenario) if self._slice else self._frontier_plot(scenario))

    @property
    def answers(self) -> dict[str, Answer]:
        """The frontier or the slice in sight, of it what is drawn; and the budget, which is explained."""
        return super().answers | ({} if self._found is None else {_SWEEP: self._found})

    def _answer(self, scenario: Scenario) -> Answer | None:
        """Return the sweep that is drawn, at the middle of a range of budgets."""
        flops, asked = self._budget(scenario), scenario.inputs
        if self._slice:
            if flops is None:
                return None
            sweep = isoflop(IsoflopInputs(flops, 81, asked.unique, asked.law, asked.law_uncertainty), scenario.catalog)
            wanted = {"loss", "optimal_params", "optimal_loss"}
        else:
            low, high = (_LOWEST, _HIGHEST) if flops is None else (min(_LOWEST, flops / 10), max(_HIGHEST, flops * 10))
            inputs = FrontierInputs(low, high, 25, asked.unique, asked.law, asked.law_uncertainty)
            sweep, wanted = calculate(inputs, scenario.catalog), {self._axis}
        return sweep._replace(rows=tuple(row for row in sweep.rows if row.id in wanted))

    def _budget(self, scenario: Scenario) -> float | None:
        """Return the scenario's compute [FLOP], if it fixes one for all laws."""
        rows = scenario.answer.rows if scenario.answer is not None else ()
        return next((float(row.value) for row in rows if row.id == "compute" and row.law is None), None)

    def _caption(self, scenario: Scenario) -> str:
        flops = self._budget(scenario)
        typed = getattr(scenario.inputs.flops, "text", "")
        budget = "no single C" if flops is None else f"C = {typed or format_quantity(flops, 'FLOP')} FLOP"
        laws = ", ".join(scenario.inputs.law) or "all laws"
        what = "isoFLOP slice: loss against N" if self._slice else f"{AXES[self._axis][0]} against C"
        return f"{what}; {budget}; {laws}"

    def _colors(self, scenario: Scenario) -> dict[str, int]:
        return {name: index for index, name in enumerate(scenario.catalog.load("laws").records)}

    def _frontier_plot(self, scenario: Scenario) -> Plot:
        assert self._found is not None
        flops, answer = self._budget(scenario), self.host.intervals.of(_SWEEP, self._found)
        marks = known_models(scenario.catalog, self._axis) if self._models else []
        own = self._own_mark(scenario, flops)
        marks += [own] if own else []
        title = title_of(answer, self._axis)
        return sweep_plot(answer, self._axis, title=title, marks=tuple(marks), colors=self._colors(scenario))

    def _own_mark(self, scenario: Scenario, flops: float | None) -> Mark | None:
        """Return the user's point: the given N, D and loss, or the first law's optimum at the given C."""
        if flops is None or scenario.answer is None:
            return None
        for row in scenario.answer.rows:
            if row.id == f"model_{self._axis}":
                return Mark(flops, row.value, "your model", emphasis=True)
        for row in scenario.answer.rows:
            if row.id == self._axis:
                return Mark(flops, row.value, f"your C, {row.law}", emphasis=True)
        return None

    def _slice_plot(self, scenario: Scenario) -> Plot:
        if self._found is None:
            return Plot(
                "The slice needs one C: give C, or N and D, or a machine and a time",
                Axis("N", "parameters"),
                Axis("L", "nats/token", False),
            )
        answer = self.host.intervals.of(_SWEEP, self._found)
        best = {row.law: row.value for row in answer.rows if row.id == "optimal_params"}
        least = {row.law: row.value for row in answer.rows if row.id == "optimal_loss"}
        marks = [Mark(n, least[law], format_quantity(n, "parameters")) for law, n in best.items()]
        without = [note.law or "" for note in answer.notes if note.kind == "unreachable"]
        title = title_of(answer, "loss") + (f" (none of {', '.join(without)})" if 0 < len(without) <= 2 else "")
        if not best:
            title = "The laws asked have no loss of N and D together"
        return sweep_plot(answer, "loss", title=title, marks=tuple(marks), colors=self._colors(scenario))

    def action_axis(self) -> None:
        """Turn the y axis: N, D, loss."""
        names = list(AXES)
        self._axis = names[(names.index(self._axis) + 1) % len(names)]
        self._slice = False
        self._redraw()

    def action_slice(self) -> None:
        """Show the isoFLOP slice, or the frontier again."""
        self._slice = not self._slice
        self._redraw()

    def action_models(self) -> None:
        """Show or hide the known models."""
        self._models = not self._models
        self._redraw()

    def _redraw(self) -> None:
        self.show_scenario(self.host.scenario)
        self.host.want_intervals()

    def focus_first(self) -> None:
        """Put the focus on the plot."""
        self.screen.set_focus(self.query_one(PlotView))


PANE = FrontierPane
