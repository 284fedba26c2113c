"""Pane *Frontier*: N_opt, D_opt or L_opt against C, known models, your own point; and isoFLOP slices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Static

from scaletui.bindings import bound
from scaletui.panes.base import Pane, Shown
from scaletui.render.figures_scenario import own_marks
from scaletui.render.figures_sweep import AXES, known_models, sweep_plot, title_of
from scaletui.render.plot import Axis, Mark, Plot
from scaletui.scenario import Scenario
from scaletui.widgets.plot import PlotView
from scaletui_core.answer import Answer
from scaletui_core.flow import budget_found
from scaletui_core.frontier import FrontierInputs, IsoflopInputs, calculate, isoflop
from scaletui_core.pane_command import command_of_sweep, frontier_asked, slice_asked
from scaletui_core.quantity_text import format_quantity

_SWEEP = "frontier"


class FrontierPane(Pane):
    """A plot under a line that says what it shows."""

    TITLE = "Frontier"
    ORDER = 2
    HELP = """\
How should a model and its text grow with compute? Each line is the frontier of one scaling law: at each C the best N
(or D, or loss); each tick of an axis is ten times the one before. Points are known models, at 6 N D of what they were
trained on; the diamond is your budget. A line has gaps where it is beyond the runs behind its law. The isoFLOP slice
is the loss of models of every size that cost your C: too small at the left, read too little at the right, best at the
point. All of it follows the fields of Budget."""

    PLACES = ("frontier",)
    CALCULATORS = ("frontier", "isoflop")
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
        self._view: dict[str, Any] = {}

    def compose(self) -> ComposeResult:
        """Yield the line that says what is shown, and the plot."""
        yield Static("", id="frontier-line", markup=False)
        yield PlotView(glyphs=self.host.glyphs, id="plot")

    def show_scenario(self, scenario: Scenario) -> None:
        """Draw the frontier, or the slice, of the scenario's laws."""
        against = self.host.against
        key = (scenario.inputs, self._axis, self._slice, self._models, against and against.inputs)
        if key != self._shown:
            self._shown = key
            self._found = self._answer(scenario)
            self.query_one("#frontier-line", Static).update(self._caption(scenario))
        elif self._found is None or self.host.intervals.of(_SWEEP, self._found) is self._found:
            return
        draw = self._slice_plot if self._slice else self._frontier_plot
        plot = draw(scenario, self._found and self.host.intervals.of(_SWEEP, self._found))
        if against is not None:
            plot = self._with(plot, draw(against, self._answer(against)))
        self.query_one(PlotView).set_plot(plot)
        if self._view:
            view, self._view = self._view, {}
            self.query_one(PlotView).set_stand(view)

    def _with(self, plot: Plot, other: Plot) -> Plot:
        """Return a plot with that of the scenario it is compared with, unless one of them has nothing to show."""
        from scaletui.render.overlay import overlay

        return overlay(plot, other, ("now", self.host.against_name)) if plot.series and other.series else plot

    @property
    def shown(self) -> Shown | None:
        """The sweep, the command that prints it, and the plot."""
        asked = self._asked(self.host.scenario)
        if asked is None or self._found is None:
            return None
        run = isoflop if isinstance(asked, IsoflopInputs) else calculate
        whole = run(asked, self.host.scenario.catalog)  # type: ignore[arg-type]
        axis = "loss" if self._slice else self._axis
        return Shown(command_of_sweep(asked), command_of_sweep(asked, axis), whole, self.query_one(PlotView).text)

    def view(self) -> dict[str, bool | int | float | str | None]:
        """Return the axis, whether it is the slice, whether models are shown, and how the plot stands."""
        shown: dict[str, bool | int | float | str | None] = {
            "axis": self._axis, "slice": self._slice, "models": self._models,
        }  # fmt: skip
        return shown | (self.query_one(PlotView).stand() if self.is_mounted else self._view)

    def set_view(self, view: Mapping[str, Any]) -> None:
        """Look as before; what a file held that means nothing here is passed over."""
        if view.get("axis") in AXES:
            self._axis = str(view["axis"])
        self._slice, self._models = view.get("slice") is True, view.get("models") is not False
        self._view = dict(view)

    @property
    def answers(self) -> dict[str, Answer]:
        """The frontier or the slice in sight, of it what is drawn; and the budget, which is explained."""
        return super().answers | ({} if self._found is None else {_SWEEP: self._found})

    @property
    def on_screen(self) -> Answer | None:
        """The frontier or the slice in sight."""
        return self._found

    def _answer(self, scenario: Scenario) -> Answer | None:
        """Return the sweep that is drawn, at the middle of a range of budgets."""
        asked = self._asked(scenario)
        if asked is None:
            return None
        if isinstance(asked, IsoflopInputs):
            sweep, wanted = isoflop(asked, scenario.catalog), {"loss", "optimal_params", "optimal_loss"}
        else:
            sweep, wanted = calculate(asked, scenario.catalog), {self._axis}
        return sweep._replace(rows=tuple(row for row in sweep.rows if row.id in wanted))

    def _asked(self, scenario: Scenario) -> FrontierInputs | IsoflopInputs | None:
        """Return the sweep that is asked for; None for a slice where no C is given."""
        flops = self._budget(scenario)
        if not self._slice:
            return frontier_asked(scenario.inputs, flops)
        return None if flops is None else slice_asked(scenario.inputs, flops)

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
        found = scenario.answer.rows if scenario.answer is not None else ()
        names = (*scenario.catalog.load("laws").records, *(row.law for row in found if row.law is not None))
        return {name: index for index, name in enumerate(dict.fromkeys(names))}

    def _frontier_plot(self, scenario: Scenario, answer: Answer | None) -> Plot:
        assert answer is not None
        marks = known_models(scenario.catalog, self._axis) if self._models else []
        found = {"calc": scenario.budget.found}
        marks += own_marks(found, budget_found(found, scenario.catalog), _SWEEP, self._axis)
        title = title_of(answer, self._axis)
        return sweep_plot(answer, self._axis, title=title, marks=tuple(marks), colors=self._colors(scenario))

    def _slice_plot(self, scenario: Scenario, answer: Answer | None) -> Plot:
        if answer is None:
            return Plot(
                "The slice needs one C: give C, or N and D, or a machine and a time",
                Axis("N", "parameters"),
                Axis("L", "nats/token", False),
            )
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
