"""What the panes of calculators share: fields above, the line that echoes them, the answer below or plotted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import Input, Static

from scaletui.bindings import bound
from scaletui.keymap import KEYS, shown_keys
from scaletui.panes.base import Pane, Shown
from scaletui.render.doubt import drivers, histogram_line
from scaletui.render.figures import FIGURES, Figure
from scaletui.render.plot import Axis, Plot
from scaletui.render.table import about_of, answer_lines
from scaletui.render.words import TextLine, wrapped
from scaletui.scenario import Scenario
from scaletui.sheet import SOLVED, Sheet, fields_in
from scaletui.widgets.field import FieldGrid, FieldInput
from scaletui.widgets.lines import LineView
from scaletui.widgets.plot import STAND, PlotView
from scaletui_core.answer import Answer
from scaletui_core.errors import ScaletuiError
from scaletui_core.fields import Field
from scaletui_core.safetext import cut

_BESIDE = 2  # a space before the results, their scrollbar behind
_REASON_LINES = 4


def figures_for(part: str) -> Sequence[Figure]:
    """Return the figures that the answers of a part can be plotted as, the first one first."""
    return FIGURES.get(part, ())


class CalculatorPane(Pane):
    """A part of the scenario: its fields, and its answer.

    Attributes
    ----------
    FIRST : tuple of str
        Names of the fields that come before the others.
    FIRST_ROWS : tuple of str
        Ids of the rows that come before the others.
    """

    FIRST: ClassVar[tuple[str, ...]] = ()
    FIRST_ROWS: ClassVar[tuple[str, ...]] = ()

    PLACES: ClassVar[tuple[str, ...]] = ("pane",)
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("pane.plot", "plot"),
        bound("pane.figure", "figure"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._figure = 0
        self._plotted = False
        self._aside: dict[str, str] = {}
        self._reason = ""
        self._stand: dict[str, Any] = {}  # what a session kept of the plot, and below of the lines, until they are seen
        self._about = ""

    @property
    def results(self) -> LineView:
        """The answer in lines."""
        return self.query_one(f"#{self._named('results')}", LineView)

    def _named(self, what: str) -> str:
        """Return an id that no other pane uses."""
        return f"{self.TITLE.lower()}-{what}"

    def compose(self) -> ComposeResult:
        """Yield the fields, the line that echoes them, and the results."""
        sheet = self.sheet
        with FieldGrid(classes="fields"):
            for field in self.fields:
                name = self._named(f"field-{field.name}")
                yield FieldInput(
                    field,
                    sheet.texts.get(field.name, ""),
                    sheet.placeholder(field),
                    id=name,
                    start=partial(self._start, field),
                    solvable=self.PART == "calc" and field.name in SOLVED,
                )
        with Vertical(classes="echo-place"):
            yield Static("", classes="echo", markup=False)
        results = LineView(id=self._named("results"), classes="results")
        results.display = not self._plotted
        yield results
        if self._plotted:
            yield self._plot_view()

    def _start(self, field: Field) -> str:
        return self.sheet.start(field)

    def _plot_view(self) -> PlotView:
        return PlotView(glyphs=self.host.glyphs, id=self._named("plot"))

    def show_scenario(self, scenario: Scenario) -> None:
        """Show the answer, mark the wrong field, show what is inherited, and echo the field in focus."""
        if not self.size.width:  # not laid out yet; a size will come
            return
        sheet = self.sheet
        if self._plotted:
            self._draw(sheet)
            if self._stand:
                self.query_one(PlotView).set_stand(self._stand)
                self._stand = {}
        else:
            self.results.set_lines(self.lines(sheet))
            if self._about:
                self.results.choose(self._about)
                self._about = ""
        for widget in self.query(FieldInput):
            name = widget.field.name
            widget.set_class(name == sheet.wrong or name in sheet.faults, "-wrong")
            widget.placeholder = sheet.placeholder(widget.field)
        self.query_one(FieldGrid).show_tags(sheet.tags)
        self._echo()

    def show_texts(self, scenario: Scenario) -> None:
        """Put the texts of the scenario into the fields."""
        for widget in self.query(FieldInput):
            widget.put(self.sheet.texts.get(widget.field.name, ""))

    def lines(self, sheet: Sheet) -> list[TextLine]:
        """Return the last good answer in lines; none before there was one."""
        if sheet.answer is None:
            return []
        answer = sheet.told(self._ordered(self.host.intervals.of(self.PART, sheet.answer)))
        more = f"press {shown_keys(self.host.keys.get('app.explain', KEYS['app.explain'].keys))}"
        return answer_lines(answer, max(self.size.width - _BESIDE, 40), self.TABLE_FIRST, more)

    def _ordered(self, answer: Answer) -> Answer:
        return answer._replace(rows=tuple(sorted(answer.rows, key=lambda row: row.id not in self.FIRST_ROWS)))

    @property
    def on_screen(self) -> Answer | None:
        """The last good answer, in the order of its lines."""
        return None if self.sheet.answer is None else self._ordered(self.sheet.answer)

    @property
    def fields(self) -> Sequence[Field]:
        """The fields, those of `FIRST` before the others."""
        rank = {name: place for place, name in enumerate(self.FIRST)}
        return sorted(self.sheet.fields, key=lambda field: rank.get(field.name, len(rank)))

    def _echo(self) -> None:
        """Say what the field in focus is understood as, or what is wrong; a long reason covers some of the results."""
        sheet = self.sheet
        typed = self._typed_into
        line = sheet.echo(typed) if typed else self._spread_line()
        if sheet.error is not None:
            if typed not in sheet.faults:
                line = sheet.in_app(sheet.error.line)
            line = f"! {line}" + (" - last good answer below" if sheet.answer else "")
        width = max(self.size.width - _BESIDE, 20)
        lines = wrapped(line, width, "  ")
        if sheet.error is None and not self._reason:
            lines = [cut(line, width)]
        text = "\n".join(lines[:_REASON_LINES])
        echo = self.query_one(".echo", Static)
        if str(echo.content) != text:
            echo.styles.height = max(min(len(lines), _REASON_LINES), 1)
            echo.update(text, layout=False)

    @property
    def _typed_into(self) -> str:
        """The name of the field of this pane that has the focus; empty without one."""
        focused = self.app.focused
        return focused.field.name if isinstance(focused, FieldInput) and self in focused.ancestors else ""

    def _spread_line(self) -> str:
        """Return the shape of the spread of what the cursor is on: its first value that varies."""
        answer = self.sheet.answer
        if answer is None or self._plotted:
            return self._reason if self._plotted else ""
        found = self.host.intervals.of(self.PART, answer)
        # Not what is 0 or 1 in each sample: its share says all.
        flags = {one.id for one in found.table.columns if one.unit == "share"} if found.table else set()
        varying = [row for row in found.rows if row.spread is not None and row.id not in flags]
        rows = [row for row in varying if about_of(row, found.table) == self.about]
        if not rows or rows[0].spread is None:
            return ""
        shape = histogram_line(rows[0], ascii_only=self.host.glyphs == "ascii")
        driven = f"; driven by {drivers(rows[0].spread)}" if rows[0].spread.drivers else ""
        room = max(self.size.width - _BESIDE - len(shape) - len(driven) - 2, 12)
        return f"{shape}  {cut(rows[0].label, room)}{driven}" if shape else ""

    def on_line_view_moved(self) -> None:
        """Show the spread of what the cursor came to."""
        self._echo()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Solve again at every keystroke."""
        if isinstance(event.input, FieldInput):
            self.take(event.input)

    def take(self, typed: FieldInput) -> None:
        """Take what stands in a field now: a message may come late, behind what was done with the text since."""
        name = typed.field.name
        self.host.set_fields(self.PART, {name: typed.value}, key=f"{self.PART}.{name}")

    def on_descendant_focus(self) -> None:
        """Echo the field that the focus came to."""
        self._echo()

    def on_resize(self) -> None:
        """Lay the results out for the new width."""
        self.show_scenario(self.host.scenario)

    def focus_first(self) -> None:
        """Put the focus into the results, where letters are keys."""
        self.screen.set_focus(self.query_one(PlotView) if self._plotted else self.results)

    def edit(self) -> None:
        """Go to the first field."""
        self.screen.set_focus(self.query(FieldInput).first())

    @property
    def about(self) -> str:
        """What the line under the cursor is about; a plot is of the whole answer."""
        return "" if self._plotted else self.results.about

    def put(self, texts: dict[str, str]) -> None:
        """Put texts into fields, as if they had been typed, and show what follows."""
        self.host.set_fields(self.PART, texts)
        for widget in self.query(FieldInput):
            if widget.field.name in texts:
                widget.put(texts[widget.field.name])

    def switch(self, texts: dict[str, str], against: Sequence[str] = ()) -> None:
        """Put texts into fields; what ``against`` names would contradict them, and is put aside until `switch_back`."""
        now = self.sheet.texts
        self._aside = {name: now.get(name, "") for name in (*texts, *against)}
        self.put(dict.fromkeys(against, "") | texts)

    def switch_back(self, texts: dict[str, str]) -> None:
        """Put texts into fields, and back what `switch` put aside."""
        self.put(texts | self._aside)
        self._aside = {}

    # Plots

    @property
    def figures(self) -> Sequence[Figure]:
        """What the answer can be plotted as."""
        return figures_for(self.PART)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer plots where there are any."""
        if action in ("plot", "figure"):
            return len(self.figures) > (0 if action == "plot" else 1)
        return super().check_action(action, parameters)

    async def action_plot(self) -> None:
        """Show the plot in place of the lines, or the lines again."""
        self._plotted = not self._plotted
        if self._plotted and not self.query(PlotView):
            await self.mount(self._plot_view())
        self.results.display = not self._plotted
        self.query_one(PlotView).display = self._plotted
        self.show_scenario(self.host.scenario)
        self.focus_first()

    async def action_figure(self) -> None:
        """Turn to the next figure."""
        if not self._plotted:
            await self.action_plot()
            return
        self._figure = (self._figure + 1) % len(self.figures)
        self._draw(self.sheet)
        self._echo()

    def _draw(self, sheet: Sheet) -> None:
        self._reason = ""
        figure = self.figures[self._figure]
        plot = Plot(f"{figure.name}: nothing to plot yet", Axis("", ""), Axis("", ""))
        if sheet.answer is not None:
            try:
                plot = self._plot_of(figure, sheet.inputs, sheet.answer)
            except ScaletuiError as error:
                self._reason = sheet.in_app(str(error).partition("\n")[0])
        self.query_one(PlotView).set_plot(plot)

    def _plot_of(self, figure: Figure, inputs: Any, answer: Answer) -> Plot:
        """Return a figure, with that of the scenario it is compared with, where there is one and it can be drawn."""
        plot = figure.draw(inputs, answer, self.host.scenario.catalog)
        against = self.host.against
        other = against.sheet(self.PART) if against is not None else None
        if other is None or other.answer is None:
            return plot
        from scaletui.render.overlay import overlay

        second = figure.draw(other.inputs, other.answer, self.host.scenario.catalog)
        return overlay(plot, second, ("now", self.host.against_name))

    # What others ask of the pane

    @property
    def shown(self) -> Shown | None:
        """The answer as it stands, the command that prints it, and the plot if it is plotted."""
        answer = self.sheet.answer
        if answer is None:
            return None
        scenario = self.host.scenario
        found = scenario.printed(self.PART, self.host.intervals.of(self.PART, answer))
        words = scenario.command(self.PART)
        if not self._plotted:
            return Shown(words, [], found)
        drawing = scenario.command(self.PART, self.figures[self._figure].name)
        return Shown(words, drawing, found, self.query_one(PlotView).text)

    def view(self) -> dict[str, bool | int | float | str | None]:
        """Return whether it is plotted, which figure, where the cursor and the plot stand, and what was put aside."""
        view: dict[str, bool | int | float | str | None] = {"plotted": self._plotted}
        view |= {f"aside.{name}": text for name, text in self._aside.items()}
        if self.figures:
            view["figure"] = self.figures[self._figure].name
        about = self._about or (self.results.about if self.is_mounted else "")
        if about:
            view["about"] = about
        drawn = self.is_mounted and not self._stand and self.query(PlotView)
        return view | (self.query_one(PlotView).stand() if drawn else self._stand)

    def set_view(self, view: Mapping[str, Any]) -> None:
        """Look as before; what a file held that means nothing here is passed over."""
        names = [figure.name for figure in self.figures]
        self._figure = names.index(view["figure"]) if view.get("figure") in names else 0
        self._plotted = view.get("plotted") is True and bool(names)
        known = {f"aside.{field.name}": field.name for field in fields_in(self.PART)}
        self._aside = {known[key]: text for key, text in view.items() if key in known and isinstance(text, str)}
        self._stand = {name: view[name] for name in STAND if name in view}
        self._about = view["about"] if isinstance(view.get("about"), str) else ""
