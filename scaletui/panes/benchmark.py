"""Pane *Benchmark*: tokens a minute measured here or of a server, live; results kept, compared, and gone on from."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import BindingType
from textual.timer import Timer

from scaletui.bindings import bound
from scaletui.keymap import KEYS, shown_key, shown_keys
from scaletui.panes.base import Shown
from scaletui.panes.own import OwnPane
from scaletui.render.words import TextLine, wrapped
from scaletui.state import State
from scaletui_core.errors import InputError, ScaletuiError
from scaletui_core.safetext import cut, visible

if TYPE_CHECKING:
    from scaletui.bench.document import Document
    from scaletui.bench.results import Keeper
    from scaletui.bench_sheet import BenchSheet
    from scaletui.bench_work import BenchWork

_OFTEN = 0.3  # s between two paints of what grows: a slow line takes no more
_TICK = 1.0  # s between two looks at the clock
_EMPTY = "nothing measured yet: {key} measures what the fields ask for"


class BenchmarkPane(OwnPane):
    """Measured speed. It is no part of the scenario; its texts and their past are its own."""

    TITLE = "Benchmark"
    ORDER = 9
    PART = "bench"
    CALCULATORS = ("bench", "bench-list", "bench-compare")
    TABLE_FIRST = True
    FIRST = ("model", "params", "device", "dtype", "ladder", "repeats", "batch", "prompt")
    FIRST_ROWS = ("r_squared", "time_per_token_error", "latency", "latency_error", "flop_share", "bandwidth_achieved")
    HELP = """\
How fast does a model write on this machine, or on a server of yours? Texts of n tokens are written for many n; their
times lie on a line: its slope is the time a token, its start the latency. It assumes that weights do not matter, which
are random, and that little else runs: R^2 near 1 says so. Beside it stand the machine's own bandwidth and arithmetic,
and published speeds. A process of its own measures, and ends with the app; each timing is kept at once. Speed can go
on from a result, and so Copies and Learning."""

    PLACES = ("pane", "bench")
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("bench.run", "run"),
        bound("bench.cancel", "cancel"),
        bound("bench.resume", "resume"),
        bound("bench.use", "use"),
        bound("bench.list", "list"),
        bound("bench.show", "show"),
        bound("bench.compare", "beside"),
        bound("bench.delete", "delete"),
    ]

    def __init__(self) -> None:
        from scaletui.bench_sheet import BenchSheet
        from scaletui.bench_work import BenchWork

        self._sheet: BenchSheet = BenchSheet()
        super().__init__(self._sheet)
        self._work: BenchWork = BenchWork(self)
        self._busy = False
        self._live: Document | None = None  # what grows
        self._result: str = ""  # the result to go back to from a list
        self._listed = False  # whether a session left the list in sight
        self._progress = ""
        self._due = False
        self._painted = 0.0
        self._ticker: Timer | None = None
        self._used: list[State] = []  # of the scenario, once a speed was put into it
        self._doomed = "", 0  # what is deleted if the next key says so again, and which key asked

    @property
    def sheet(self) -> BenchSheet:
        """What stands in the fields, and what is shown."""
        return self._sheet

    def on_mount(self) -> None:
        """Show the result that a session left in sight, else the newest."""
        self._sheet.catalog = self.host.scenario.catalog
        self._sheet.put({})
        self._ticker = self.set_interval(_TICK, self._tick, pause=True)
        if self._listed:
            self._show_list()
        else:
            self._show_kept(self._result)

    def on_unmount(self) -> None:
        """Leave no process behind."""
        self._work.leave()

    # Measuring

    def action_run(self) -> None:
        """Measure what the fields ask for."""
        from scaletui.bench.asked import specification
        from scaletui.bench.results import Keeper

        question = self._sheet.question
        if self._busy or question is None:  # the line of the fields says what is wrong with them
            return
        try:
            spec = specification(question, self.host.scenario.catalog)
            keeper = Keeper(question, spec)
        except ScaletuiError as error:
            self._sheet.fail(error)
            self.show_scenario(self.host.scenario)
            return
        self._begin(keeper, spec)

    async def action_resume(self) -> None:
        """Time what a result lacks: the one in sight, or under the cursor of a list."""
        from scaletui.bench.results import Keeper

        name = self._chosen
        if self._busy or not name:
            return
        try:
            keeper, spec = Keeper.resume(name)
        except ScaletuiError as error:
            self.host.tell(_said(error))
            return
        if self._plotted:
            await self.action_plot()
        self._begin(keeper, spec)

    @property
    def _chosen(self) -> str:
        """The name of the result in sight, or under the cursor of a list."""
        return self._sheet.document["name"] if self._sheet.document else self.results.about or ""

    def _begin(self, keeper: Keeper, spec: dict[str, Any]) -> None:
        self._work.begin(keeper, spec)
        self._sheet.fail(None)
        self._follow()
        self._set_busy(True)
        self._show_live()

    def action_cancel(self) -> None:
        """Stop what is under way; what was timed is kept."""
        self._work.stop()

    def _set_busy(self, busy: bool) -> None:
        self._busy = busy
        if self._ticker is not None:
            (self._ticker.resume if busy else self._ticker.pause)()
        self.host.show_keys()

    def _follow(self) -> None:
        """Show what grows from now on."""
        self._live, _, _ = self._work.now()
        self._result = ""
        self._sheet.show(self._live)

    def on_bench_work_changed(self) -> None:
        """Show what was timed: now, or when the last paint is a while ago."""
        if not self._due:
            self._due = True
            wait = self._painted + _OFTEN - time.monotonic()
            if wait > 0.0:
                self.set_timer(wait, self._show_live)
            else:
                self._show_live()

    def _show_live(self) -> None:
        self._due, self._painted = False, time.monotonic()
        if not self._busy:
            return
        document, _, _ = self._work.now()
        if self._sheet.document is self._live:
            first = self._sheet.answer is None
            self._sheet.show(document)
            if first and self._sheet.answer is not None:
                self.host.show_keys()  # now it can be gone on from
        self._live = document
        self._tick()
        if self in self.host.panes_in_sight:
            self.show_scenario(self.host.scenario)

    def _tick(self) -> None:
        """Say how far it is, and how long it will take."""
        from scaletui.bench.progress import progress_line, timings

        document, event, since = self._work.now()
        self._progress = progress_line(document, event, since)
        done, of = timings(document)
        self._say(f"measuring {done} of {of}")

    def on_bench_work_ended(self, message: BenchWork.Ended) -> None:
        """Show the whole result, or why there is none."""
        followed = self._sheet.document is self._live
        self._set_busy(False)
        self._progress, self._live = "", None
        document, error = message.document, message.error
        name = document["name"] if document["points"] else ""
        self._sheet.fail(error)
        if followed:
            self._show_kept(name)
        elif self._sheet.showing == "list":
            self._show_list()
        self._say("")
        self.show_scenario(self.host.scenario)
        if error is not None:
            if self not in self.host.panes_in_sight:  # where it is, a line says all
                self.host.tell(f"not measured: {self._sheet.in_app(str(error))}".partition("\n")[0])
        elif document["status"] == "interrupted":
            self.host.tell(f"stopped; kept: {name}" if name else "stopped; nothing was timed yet")
        else:
            self.host.tell(f"measured, and kept: {name}")
        self.host.changed()

    # What is kept

    def _show_kept(self, name: str) -> None:
        """Show a result that is kept, the newest where there is none of that name."""
        from scaletui.bench.results import LAST, load

        for one in dict.fromkeys((name or LAST, LAST)):
            try:
                self._sheet.show(load(one))
            except ScaletuiError:
                continue
            self._result = self._sheet.document["name"] if self._sheet.document else ""
            return
        self._sheet.show_nothing()

    def _show_list(self) -> None:
        from scaletui.bench_sheet import kept

        try:
            self._sheet.show_list(kept())
        except ScaletuiError as error:  # there is no home
            self.host.tell(str(error))

    async def _turned(self, to: Callable[[], None]) -> None:
        """Show something else, in lines."""
        about = self.results.about
        to()
        if self._plotted:
            await self.action_plot()
        self.show_scenario(self.host.scenario)
        if self._sheet.showing == "list":
            self.results.choose(self._result or about)
        self.host.show_keys()
        self._echo()
        self.host.changed()

    async def action_list(self) -> None:
        """Show the list of results, or the result again."""
        await self._turned(self._show_list if self._sheet.showing == "result" else self._back)

    def _back(self) -> None:
        if self._busy and not self._result:
            self._follow()
        else:
            self._show_kept(self._result)

    async def action_show(self) -> None:
        """Show the result under the cursor."""
        name = self.results.about
        if name and self._busy and self._live is not None and name == self._live["name"]:
            await self._turned(self._follow)
        elif name:
            await self._turned(lambda: self._show_kept(name))

    async def action_beside(self) -> None:
        """Show all results beside the one under the cursor, or the list again."""
        if self._sheet.showing == "compare":
            await self._turned(self._show_list)
            return
        first = self.results.about
        found = sorted(self._sheet.documents, key=lambda one: one["name"] != first)
        if len(found) < 2:
            self.host.tell("there is only one result")
            return
        await self._turned(lambda: self._sheet.show_beside(found))

    async def action_delete(self) -> None:
        """Delete the result in sight, or under the cursor of a list, where the very next key asks again."""
        from scaletui.bench.owned import delete

        name = self._chosen
        if not name:
            return
        if self._doomed != (name, self.host.keys_pressed - 1):
            self._doomed = name, self.host.keys_pressed
            keys = self.host.keys.get("bench.delete", KEYS["bench.delete"].keys)
            key = shown_key(keys.partition(",")[0])
            self.host.tell(f"{key} again deletes {visible(name, 60)} for good; any other key keeps it")
            return
        try:
            delete(name)
        except ScaletuiError as error:
            self.host.tell(_said(error))
            return
        self._result = "" if self._result == name else self._result
        await self._turned(self._back if self._sheet.showing == "result" else self._show_list)
        self.host.tell(f"deleted {visible(name, 60)}")

    def action_use(self) -> None:
        """Put the measured speed into Speed, in place of the estimate."""
        from scaletui.bench_use import use

        name = self._chosen
        before = self.host.scenario.state
        self.host.tell(use(self.host, name) if name else "nothing is measured yet")
        if self.host.scenario.state != before:
            self._used.append(self.host.scenario.state)

    # Showing

    def lines(self, sheet: Any) -> list[TextLine]:
        """Return what is shown in lines, with a line that says what it is; before there is any, what to do."""
        from scaletui.bench.asked import ABSENT, torch_is_there

        width = max(self.size.width - 2, 40)
        if self._sheet.answer is not None:
            lines = [("quiet", cut(self._sheet.headline, width), ""), *super().lines(sheet)]
        elif self._busy:
            lines = [("quiet", "the first timings are on their way", "")]
        else:
            key = shown_keys(self.host.keys.get("bench.run", KEYS["bench.run"].keys))
            lines = [("quiet", cut(_EMPTY.format(key=key), width), "")]
        if self._sheet.texts.get("command", "").strip() or self._sheet.error or torch_is_there():
            return lines
        return [*(("quiet", line, "") for line in wrapped(ABSENT, width, "  ")), *lines]

    def _spread_line(self) -> str:
        """Return how far a measurement is; else what hinders a plot."""
        return self._progress or (self._reason if self._plotted else "")

    @property
    def shown(self) -> Shown | None:
        """What is shown, the commands that print it and that measure it again, and the plot if it is plotted.

        Raises
        ------
        InputError
            If nothing of it is kept yet.
        """
        from scaletui.bench_sheet import again

        sheet = self._sheet
        if sheet.answer is None:
            return None
        words, anew = sheet.command, tuple(again(sheet.document) if sheet.document else ())
        if not self._plotted:
            return Shown(words, [], sheet.answer, again=anew)
        from scaletui.widgets.plot import PlotView

        drawing = [*words, "--plot", "--axis", self.figures[self._figure].name]
        return Shown(words, drawing, sheet.answer, self.query_one(PlotView).text, anew)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what can be done with what is shown."""
        sheet = self._sheet
        if action == "run":
            return not self._busy
        if action == "cancel":
            return self._busy
        if action == "resume":
            shown = sheet.documents if sheet.document is None else (sheet.document,)
            return not self._busy and sheet.showing != "compare" and any(one["status"] != "done" for one in shown)
        if action == "delete":
            return sheet.answer is not None and sheet.showing != "compare" and not self._plotted
        if action == "use":
            return sheet.answer is not None and sheet.showing != "compare"
        if action == "show":
            return sheet.showing == "list" and not self._plotted
        if action == "beside":
            return sheet.showing != "result" and not self._plotted
        if action in ("plot", "figure") and sheet.document is None:
            return False
        return super().check_action(action, parameters)

    # Its own past, and what a session keeps

    def travel(self, back: bool) -> str | None:
        """Take back a change of the fields, or make it again; one of Speed is the scenario's."""
        if back and self._used and self.host.history.state == self._used[-1]:
            self._used.pop()
            return None
        return super().travel(back)

    def view(self) -> dict[str, bool | int | float | str | None]:
        """Return also which result is shown, or that they are listed."""
        found: dict[str, bool | int | float | str | None] = {"result": self._result} if self._result else {}
        return super().view() | found | ({"listing": True} if self._sheet.showing != "result" else {})

    def set_view(self, view: Mapping[str, Any]) -> None:
        """Look as before; what a file held that means nothing here is passed over."""
        super().set_view(view)
        self._result = view["result"] if isinstance(view.get("result"), str) else ""
        self._listed = view.get("listing") is True
        self._plotted = self._plotted and not self._listed  # a list is no plot


def _said(error: ScaletuiError) -> str:
    """Return what an error says, in a line and without the option that the command would have."""
    return error.what if isinstance(error, InputError) else str(error).partition("\n")[0]


PANE = BenchmarkPane
