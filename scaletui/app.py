"""The app: a scenario bar, tabs, panes, keys in the footer. The panes do the work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, cast

from rich.console import RenderableType
from textual import events
from textual._ansi_sequences import SYNC_END, SYNC_START
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.filter import LineFilter
from textual.screen import Screen

from scaletui import locations, terminal
from scaletui.intervals import Intervals
from scaletui.painting import Painter
from scaletui.panes import pane_classes
from scaletui.panes.base import Pane
from scaletui.panes.calculator import CalculatorPane
from scaletui.render.plot import Glyphs
from scaletui.render.words import wrapped
from scaletui.scenario import Scenario
from scaletui.widgets.bars import KeyBar, ScenarioBar, TabBar
from scaletui.widgets.field import FieldInput

FIRST = {"calc": {"flops": "5.76e23"}}  # Gopher's budget, the question every law was asked first
_TORN = 400  # bytes; fewer come in one piece
# What a field leaves to the app; all else is typing.
FIELD_KEYS = frozenset({"tab", "shift+tab", "enter", "escape", "question_mark", "f1"})


class ScaletuiApp(App[None]):
    """scaletui in the terminal."""

    TITLE = "scaletui"
    CSS_PATH = "theme.tcss"
    ENABLE_COMMAND_PALETTE = False

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark,f1", "help", "Help", key_display="?", priority=True),
        Binding("e", "explain", "Explain"),
        Binding("v", "laws", "Laws"),
        Binding("slash", "edit", "Edit", key_display="/"),
        Binding("q", "quit", "Quit"),
        Binding("ctrl+c", "interrupt", "Quit", show=False, priority=True),
        *(Binding(str(n), f"pane({n - 1})", f"Pane {n}", show=False) for n in range(1, 10)),
    ]

    def __init__(self, texts: Mapping[str, Mapping[str, str]] | None = None, glyphs: Glyphs | None = None) -> None:
        super().__init__()
        self.animation_level = "none"
        self.glyphs: Glyphs = glyphs or ("braille" if terminal.unicode_shown() else "ascii")
        self.scenario = Scenario(locations.catalog(), FIRST if texts is None else texts)
        self._kinds = pane_classes()
        self._panes: dict[int, Pane] = {}
        self._current = 0
        self.intervals = Intervals(self)
        self._narrowing = _narrowing(self.glyphs)
        self._painter = Painter(terminal.colors(True), erases=terminal.erases_in_color())

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Return what every line passes through before it is painted."""
        return [*super().get_line_filters(), *self._narrowing]

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        """Write to the terminal what an update changes, and nothing where it changes nothing."""
        driver = self._driver
        if driver is None or driver.is_headless or not isinstance(renderable, LayoutUpdate | ChopsUpdate):
            super()._display(screen, renderable)
            return
        if self._batch_count or not self._running or self._closed:
            return
        written = self._painter.paint(renderable, self.size)
        if not written:
            return
        if isinstance(self.focused, FieldInput):
            written += self._painter.move(*self.cursor_position)
        synchronised = self._sync_available and len(written) > _TORN
        driver.write(f"{SYNC_START}{written}{SYNC_END}" if synchronised else written)
        driver.flush()

    async def on_event(self, event: events.Event) -> None:
        """Act on a key as soon as it comes.

        Textual hands a key to the widget in focus and acts when it has bubbled back; a key typed right behind one that
        moves the focus would go to where the focus was.
        """
        if isinstance(event, events.Resize):
            self._painter.reset()  # what a terminal makes of its lines then is its own affair
        if isinstance(event, events.Key) and not event.is_forwarded and self._is_ours(event.key):
            active = self.screen.active_bindings.get(event.key)
            if active is not None and await self.run_action(active.binding.action, active.node):
                return
        await super().on_event(event)

    def _is_ours(self, key: str) -> bool:
        return key in FIELD_KEYS or not (isinstance(self.focused, FieldInput) or key.startswith("ctrl+"))

    def compose(self) -> ComposeResult:
        """Yield the bars and the first pane; the others are made when they are first wanted."""
        yield ScenarioBar(self.scenario)
        yield TabBar([kind.TITLE for kind in self._kinds])
        with Container(id="panes"):
            yield self.pane
        yield KeyBar()

    def on_mount(self) -> None:
        """Start in the results, and say what is wrong with the user's presets."""
        self.pane.focus_first()
        self.call_after_refresh(self.want_intervals)
        self.screen_change_signal.subscribe(self, lambda _: self._show_keys())
        self.app_resume_signal.subscribe(self, lambda _: self.action_redraw())
        for problem in self.scenario.catalog.problems:
            self.notify(problem.line, title="Your presets are passed over", severity="warning", markup=False)

    @property
    def pane(self) -> Pane:
        """The pane in sight, made when it is first wanted."""
        if self._current not in self._panes:
            pane = self._kinds[self._current]()
            pane.id = f"pane-{pane.TITLE.lower()}"
            self._panes[self._current] = pane
        return self._panes[self._current]

    def on_descendant_focus(self) -> None:
        """Show the keys that work where the focus is now."""
        self._show_keys()

    def _show_keys(self) -> None:
        active = [item for item in self.screen.active_bindings.values() if item.enabled]
        # What the pane or dialog offers first, then the app, then the widget: the line may be too short for all.
        rank = {Pane: 0, Screen: 0, App: 1}
        active.sort(key=lambda item: next((n for kind, n in rank.items() if isinstance(item.node, kind)), 2))
        bindings = [item.binding for item in active]
        self.query_one(KeyBar).show_keys(bindings, isinstance(self.focused, FieldInput))

    def set_fields(self, part: str, texts: Mapping[str, str]) -> None:
        """Put texts into a part of the scenario and show what follows."""
        if self.scenario.set(part, texts):
            self.show_scenario()

    def show_scenario(self) -> None:
        """Show the scenario as it stands: the point answer at once, its interval when it is there."""
        self.pane.show_scenario(self.scenario)
        self.show_pending()  # after the pane, whose answer says what is wrong
        self.want_intervals()

    def show_pending(self) -> None:
        """Show the bar: the scenario in short, and what is still being computed."""
        self.query_one(ScenarioBar).show_scenario(self.scenario)

    def want_intervals(self) -> None:
        """Have the intervals found of what is in sight."""
        self.intervals.want(self.pane.answers)

    def on_intervals_ready(self, message: Intervals.Ready) -> None:
        """Show intervals, or why there are none."""
        if not self.intervals.take(message):
            return
        if message.found is None:
            self.notify(message.reason, title="No interval", severity="warning", markup=False)
        elif message.key in self.pane.answers:
            self.pane.show_scenario(self.scenario)

    def on_intervals_stage(self, message: Intervals.Stage) -> None:
        """Show what a run is doing, where it takes long."""
        self.intervals.told(message.words)

    async def action_pane(self, index: int) -> None:
        """Bring a pane into sight."""
        if index >= len(self._kinds):
            return
        self.pane.display = False
        self._current = index
        if not self.pane.is_mounted:
            await self.query_one("#panes", Container).mount(self.pane)
        self.pane.display = True
        self.query_one(TabBar).activate(index)
        self.pane.show_scenario(self.scenario)
        self.show_pending()
        self.pane.focus_first()
        self.want_intervals()

    async def action_edit(self) -> None:
        """Go to the first field of the pane, or of the budget where it has none."""
        if not isinstance(self.pane, CalculatorPane):
            await self.action_pane(0)
        cast(CalculatorPane, self.pane).edit()

    def action_redraw(self) -> None:
        """Paint the whole screen again, whatever stands there."""
        self._painter.reset()
        self.screen.refresh()

    def action_leave(self) -> None:
        """Leave a field for where letters are keys."""
        self.pane.focus_first()

    def action_interrupt(self) -> None:
        """Leave as a shell expects of Ctrl-C."""
        self.exit(return_code=130)

    async def action_help(self) -> None:
        """Show what this pane is for and every key."""
        from scaletui.screens.text import TextScreen

        if not isinstance(self.screen, TextScreen):
            await self.push_screen(
                TextScreen(f"Help: {self.pane.TITLE}", lambda width: help_text(self._kinds, self.pane, width))
            )

    async def action_explain(self) -> None:
        """Explain what is under the cursor: formulas, numbers, validity, sources, notes."""
        from scaletui.render.explain import as_explanation, narrowed
        from scaletui.screens.text import TextScreen

        sheet, about, catalog = self.scenario.sheet(self.pane.PART), self.pane.about, self.scenario.catalog
        if sheet.answer is None:
            return
        whole = self.intervals.of(self.pane.PART, sheet.answer)
        answer = narrowed(whole, about) if about else whole
        title = f"Explained: {about or ('all laws' if self.pane.PART == 'calc' else 'all')}"
        await self.push_screen(TextScreen(title, lambda width: sheet.in_app(as_explanation(answer, catalog, width))))

    async def action_laws(self) -> None:
        """Choose the laws."""
        from scaletui.screens.laws import LawScreen

        records = self.scenario.catalog.load("laws").records
        chosen = self.scenario.inputs.law
        names = {key: record["name"] for key, record in records.items()}
        await self.push_screen(LawScreen(names, chosen), self._take_laws)

    def _take_laws(self, laws: tuple[str, ...] | None) -> None:
        if laws is not None:
            cast(CalculatorPane, self._panes[0]).put({"law": ",".join(laws)})


def _narrowing(glyphs: Glyphs) -> list[LineFilter]:
    """Return what all lines pass through on a terminal that shows ASCII alone."""
    if glyphs != "ascii":
        return []
    from scaletui.widgets.filters import AsciiOnly

    return [AsciiOnly()]


def help_text(panes: Sequence[type[Pane]], current: Pane, width: int) -> str:
    """Return the help: the current pane's, the keys that work everywhere, and the symbols."""
    out = [current.TITLE.upper()]
    for part in current.HELP.split("\n\n"):
        out += wrapped(" ".join(part.split()), width, "")
    out += ["", "KEYS (letters and digits are keys when no field has the focus)"]
    shown = [entry for entry in KEYS if entry[0] != "p, a" or current.check_action("plot", ())]
    keys = [*((str(index + 1), pane.TITLE) for index, pane in enumerate(panes)), *shown]
    out += [line for key, text in keys for line in _entry(f"  {key:<10} ", text, width)]
    out += ["", "RANGES (in any field with a number)"]
    out += [line for text, words in RANGES for line in _entry(f"  {text:<20}  ", words, width)]
    out += ["", "SYMBOLS"]
    out += [line for symbol, text in SYMBOLS for line in _entry(f"  {symbol}  ", text, width)]
    return "\n".join(out)


def _entry(head: str, text: str, width: int) -> list[str]:
    lines = wrapped(text, max(width - len(head), 1), "")
    return [(head if index == 0 else " " * len(head)) + line for index, line in enumerate(lines)]


KEYS = (
    ("/", "edit: go to the first field, of the budget where the pane has none"),
    ("-", "in a field that shows what it inherits, as 72.2B (budget): inherit nothing; a text pins your own value"),
    ("tab", "next field; shift+tab: the one before"),
    ("enter", "leave a field for the results; so does Escape, which tmux holds back for half a second"),
    ("up, down", "choose a line of the results"),
    ("e", "explain the chosen line: formulas, numbers put in, validity, sources, contradictions"),
    ("p, a", "plot the answer, or the lines again; the next plot, where there are several"),
    ("v", "choose the laws that are asked"),
    ("?", "this help, from anywhere"),
    ("q", "close this, or quit"),
    ("ctrl+q", "quit from anywhere; ctrl+c too, with exit code 130"),
)
RANGES = (
    ("1e23..1e25", "the central 90% of a log-normal; of a fraction, such as 30%..50%, in its odds"),
    ("0.4..1.8..10", "the same with its median: a spread of its own on either side"),
    ("1M..4M@50%", "the ends are quartiles; any coverage may stand there"),
    ("70B..140B", "each part has its own suffix; a unit may stand on the last part alone: 20..40 d"),
    ("values, (a to b)", "medians, and the ends of the interval; in tables they stand below the value"),
    ("a |shape| b", "the spread of what the cursor is on, 0.5% to 99.5% of the samples, and what drives it"),
)
SYMBOLS = (
    ("C", "training compute [FLOP]; C = 6 N D, forward and backward pass of a dense transformer"),
    ("N", "parameters; what they count differs by law (explain says)"),
    ("D", "training tokens"),
    ("L", "loss on held-out text [nats/token]; losses of laws fitted on different data do not compare"),
)
