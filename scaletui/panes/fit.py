"""Pane *Fit*: a law of one's own runs, with its doubt; runs left out and taken in; the fit kept as a law."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events
from textual.binding import BindingType

from scaletui.bindings import bound
from scaletui.panes.base import Shown
from scaletui.panes.own import OwnPane
from scaletui.render.figures import Figure
from scaletui.render.plot import Plot
from scaletui.render.words import TextLine
from scaletui.widgets.field import FieldInput
from scaletui_core.answer import Answer
from scaletui_core.errors import InputError, ScaletuiError
from scaletui_core.fields import given
from scaletui_core.safetext import cut, visible

if TYPE_CHECKING:
    from scaletui.fit_sheet import FitSheet, Question
    from scaletui.fit_work import FitWork
    from scaletui_core.fitting.whole import Fitted

FILE = "file"
_EMPTY = "no runs yet: type the path of a file of runs into File, and press enter"


class FitPane(OwnPane):
    """A law of one's own runs. It is no part of the scenario; its texts and their past are its own."""

    TITLE = "Fit"
    ORDER = 8
    PART = "fit"
    FIRST = (
        "file", "method", "loss", "delta", "bootstraps", "seed", "resample", "exclude", "interval", "coverage",
    )  # fmt: skip
    HELP = """\
Which law do your own training runs follow? File names a table of them: any two of N, D and C, and the final loss, or
curves. Fitted are Hoffmann's three approaches and a law of compute, as far as the runs allow, each number with its
interval. It assumes that the runs differ in N and D alone, and were tuned alike. Read the notes below: they say what
your runs cannot tell. In the list of runs one can be left out, and the law moves; a fit that is kept is a law in every
pane. The work goes on behind the app, and can be stopped."""

    PLACES = ("pane", "fit")
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("fit.runs", "runs"),
        bound("fit.exclude", "exclude"),
        bound("fit.keep", "keep"),
        bound("fit.cancel", "cancel"),
    ]

    def __init__(self) -> None:
        from scaletui.fit_sheet import FitSheet
        from scaletui.fit_work import FitWork

        self._sheet: FitSheet = FitSheet()
        super().__init__(self._sheet)
        self._work: FitWork = FitWork(self)
        self._listing = False
        self._cursors: dict[bool, str] = {}  # what the cursor was on, in the fit and in the list of runs
        self._listed: tuple[Fitted, int, list[TextLine]] | None = None
        self._under_way: Question | None = None
        self._drawn: dict[str, tuple[object, Plot]] = {}

    @property
    def sheet(self) -> FitSheet:
        """What stands in the fields, and the last fit."""
        return self._sheet

    # Asking

    def on_mount(self) -> None:
        """Fit what a session left in the fields."""
        self._settle(look=True)

    def texts_changed(self, again: bool) -> None:
        """Fit anew where the file is what it was; another one is read when its field is left."""
        question, last = self._sheet.question, self._sheet.answered
        if again or (question is not None and last is not None and question.source == last.source):
            self._settle(look=False)

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        """Read the file that a field names which was left."""
        name = event.widget.field.name if isinstance(event.widget, FieldInput) else ""
        if name == FILE or self._sheet.question not in (self._sheet.answered, self._sheet.failed):
            self._settle(look=True)

    def _settle(self, look: bool) -> None:
        """Have the question answered that the fields ask, unless that is under way."""
        sheet = self._sheet
        question, last = sheet.question, sheet.answered
        if question is None or question == self._under_way:
            return
        excluded = question.inputs.exclude
        if excluded and last is not None and question.source != last.source and excluded == last.inputs.exclude:
            self.put({"exclude": ""})  # lines of another file
            self.host.tell(f"Exclude named lines of {last.source}, and is empty now")
            question = sheet.question
            if question is None:
                return
        known = question == sheet.answered and sheet.whole and sheet.error is None
        self._set_under_way(question)
        self._work.ask(question, look, known)

    def on_fit_work_ready(self, message: FitWork.Ready) -> None:
        """Show a fit."""
        if self._work.is_now(message.number):
            self._sheet.take(message.question, message.read, message.fitted, message.answer, message.whole)
            self.show_scenario(self.host.scenario)

    def on_fit_work_failed(self, message: FitWork.Failed) -> None:
        """Say why there is no fit."""
        if self._work.is_now(message.number):
            self._sheet.fail(message.question, message.error)
            self.show_scenario(self.host.scenario)

    def on_fit_work_stage(self, message: FitWork.Stage) -> None:
        """Say what is being done."""
        if self._work.is_now(message.number):
            self._say(message.words)
            if not message.words:
                self._set_under_way(None)

    def _set_under_way(self, question: Question | None) -> None:
        self._under_way = question
        self.host.show_keys()

    def action_cancel(self) -> None:
        """Stop a fit that is under way; the last one stays."""
        self._work.cancel()
        self._set_under_way(None)
        self._say("")
        self.host.tell("stopped; enter in File fits again")

    # Showing

    def lines(self, sheet: Any) -> list[TextLine]:
        """Return the fit in lines, or the list of runs; before there is one, what to do."""
        width = max(self.size.width - 2, 40)
        if self._sheet.answer is None:
            return [("quiet", cut(_EMPTY, width), "")] if not self._doing else []
        if self._listing and self._sheet.read is not None and self._sheet.fitted is not None:
            from scaletui.fit_lines import run_lines

            known, fitted = self._listed, self._sheet.fitted
            if known is None or known[0] is not fitted or known[1] != width:  # longer than a keystroke may take
                self._listed = known = fitted, width, run_lines(self._sheet.read.runs, fitted, width)
            return known[2]
        return super().lines(sheet)

    def _spread_line(self) -> str:
        """Return what is being done, what hinders a plot, or which runs these are."""
        found = self._sheet.fitted
        if self._doing or (self._plotted and self._reason) or found is None:
            return self._doing or self._reason
        left = found.runs.excluded
        more = f", {left.count:,} left out" if left is not None else ""
        return f"{visible(found.runs.file, 60)}: {found.runs.count:,} runs{more}"

    def _plot_of(self, figure: Figure, inputs: Any, answer: Answer) -> Plot:
        """Return a figure of the fit; profiles take a moment, and each is drawn once."""
        known = self._drawn.get(figure.name)
        if known is None or known[0] is not inputs:
            self._drawn[figure.name] = known = inputs, super()._plot_of(figure, inputs, answer)
        return known[1]

    @property
    def about(self) -> str:
        """What is to be explained: the line under the cursor; of the list of runs, all."""
        return "" if self._listing else super().about

    @property
    def shown(self) -> Shown | None:
        """The fit, the command that prints it, and the plot if it is plotted.

        Raises
        ------
        InputError
            If its intervals are on their way.
        """
        sheet = self._sheet
        if sheet.answer is None or sheet.answered is None:
            return None
        if not sheet.whole:
            raise InputError("its intervals are not there yet")
        words = sheet.answered.command
        if not self._plotted:
            return Shown(words, [], sheet.answer)
        drawing = [*words, "--plot", "--axis", self.figures[self._figure].name]
        from scaletui.widgets.plot import PlotView

        return Shown(words, drawing, sheet.answer, self.query_one(PlotView).text)

    # Runs, and keeping

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to leave out a run where one is under the cursor."""
        if action == "exclude":
            return self._listing and not self._plotted
        if action == "cancel":
            return self._under_way is not None
        return super().check_action(action, parameters)

    async def action_runs(self) -> None:
        """Show the list of runs, or the fit again."""
        self._cursors[self._listing] = self.results.about
        self._listing = self._plotted or not self._listing
        if self._plotted:
            await self.action_plot()
        else:
            self.show_scenario(self.host.scenario)
        if self._cursors.get(self._listing):
            self.results.choose(self._cursors[self._listing])
        self.host.show_keys()
        self.host.changed()

    def action_exclude(self) -> None:
        """Leave the run under the cursor out of the fit, or take it in again."""
        from scaletui.fit_sheet import toggled

        line = self.results.about
        if line.isdigit() and "exclude" not in self._sheet.faults:
            self.put({"exclude": toggled(self._sheet.texts.get("exclude", ""), int(line))})

    async def action_keep(self) -> None:
        """Keep the fit as a law, under a name that is asked for."""
        from scaletui.fits import Law
        from scaletui.screens.ask import AskScreen

        sheet = self._sheet
        if sheet.fitted is None or not sheet.whole:
            self.host.tell("nothing to keep yet: no fit, or its intervals are on their way")
            return
        asked = ""

        def check(name: str) -> str:
            nonlocal asked
            assert sheet.fitted is not None
            assert sheet.answered is not None
            try:
                law = Law(name, sheet.fitted, given(sheet.answered.reading), self.host.scenario.catalog)
                if asked != name and law.is_kept:
                    asked = name
                    return f"{name} is there already: enter again to go before it, or take another name"
                law.keep()
            except InputError as error:
                return error.line
            except ScaletuiError as error:
                return str(error).partition("\n")[0]
            self.host.scenario.laws_changed()
            self.host.show_scenario()
            return ""

        def went(name: str | None) -> None:
            if name is not None:
                self.host.tell(f"kept: {name} is a law in every pane (v chooses laws, --law {name} asks it)")

        await self.app.push_screen(AskScreen("Keep the fit as a law called", "", check), went)

    # What a session keeps

    def view(self) -> dict[str, bool | int | float | str | None]:
        """Return also whether runs are listed."""
        return super().view() | ({"listing": True} if self._listing else {})

    def set_view(self, view: Mapping[str, Any]) -> None:
        """Look as before; what a file held that means nothing here is passed over."""
        super().set_view(view)
        self._listing = view.get("listing") is True


PANE = FitPane
