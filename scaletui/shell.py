"""The shell of the app: bars, panes, keys, the scenario and its past. What comes up over the panes is in `app`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, cast

from textual import events
from textual.app import App, ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.containers import Horizontal
from textual.screen import ModalScreen, Screen
from textual.widget import Widget
from textual.widgets import Input

from scaletui import locations, terminal
from scaletui.bindings import bound
from scaletui.history import History
from scaletui.intervals import Intervals
from scaletui.keymap import KEYS
from scaletui.painted import Painted
from scaletui.panes import pane_classes
from scaletui.panes.base import Pane
from scaletui.panes.calculator import CalculatorPane
from scaletui.render.plot import Glyphs
from scaletui.scenario import Scenario
from scaletui.state import State
from scaletui.widgets.bars import KeyBar, ScenarioBar, TabBar, TooSmall
from scaletui.widgets.field import FieldInput
from scaletui_core.calculator import PARTS

FIRST = {"calc": {"flops": "5.76e23"}}  # Gopher's budget, the question every law was asked first
WIDE = 160
"""Columns from which two panes stand side by side."""
_TORN = 400  # bytes; fewer come in one piece
# What a field leaves to the app; all else is typing.
_FROM_FIELD = ("field.", "prompt.", "dialog.", "app.help", "app.undo", "app.redo", "app.save", "app.palette",
               "app.redraw", "app.quit-anywhere", "app.interrupt")  # fmt: skip


class Shell(Painted):
    """Panes over one scenario.

    Parameters
    ----------
    texts : mapping
        What stands in the fields, by part and field.
    glyphs : str or None
        What lines are drawn with; None for what the terminal shows.
    colors : str or None
        How many colours may be used; None for what the terminal has.
    keymap : mapping
        Keys by id, where they are not the default ones.
    threads : int or None
        Threads that samples are drawn on; None for what suits the machine.

    Attributes
    ----------
    slots : list of int
        The panes at the left and at the right, by their places among the tabs; the right one stands where it is wide.
    side : int
        Which of the two has the keys.
    made_panes : dict of Pane
        The panes that were in sight so far, by place.
    views : dict
        How those that were not are to look, by name.
    against, against_name : Scenario or None, and str
        What the scenario is compared with on the plots.
    """

    TITLE = "scaletui"
    CSS_PATH = "theme.tcss"
    ENABLE_COMMAND_PALETTE = False

    BINDINGS: ClassVar[list[BindingType]] = [
        bound("app.undo", "undo"),
        bound("app.redo", "redo"),
        bound("app.ranges", "ranges"),
        bound("app.edit", "edit"),
        bound("app.other", "other"),
        bound("app.redraw", "redraw"),
        *(Binding(str(n % 10), f"pane({n - 1})", show=False) for n in range(1, 11)),
    ]

    def __init__(
        self,
        texts: Mapping[str, Mapping[str, str]] | None = None,
        glyphs: Glyphs | None = None,
        colors: terminal.Colors | None = None,
        keymap: Mapping[str, str] | None = None,
        threads: int | None = None,
    ) -> None:
        super().__init__(glyphs, colors)
        self.threads = threads
        self.keys: dict[str, str] = dict(keymap or {})
        self.set_keymap(self.keys)
        self.scenario = Scenario(locations.catalog(), FIRST if texts is None else texts)
        self.history: History[State] = History(self.scenario.state)
        self.against: Scenario | None = None
        self.against_name = ""
        self.intervals = Intervals(self)
        self._kinds = pane_classes()
        self.made_panes: dict[int, Pane] = {}
        self.views: dict[str, dict[str, bool | int | float | str | None]] = {}
        self.slots = [0, 1]
        self.side = 0
        self._saying = False
        self.keys_pressed = 0
        self._had_focus: Widget | None = None

    # Keys

    async def on_event(self, event: events.Event) -> None:
        """Act on a key as soon as it comes.

        Textual hands a key to the widget in focus and acts when it has bubbled back; a key typed right behind one that
        moves the focus would go to where the focus was.
        """
        if isinstance(event, events.Resize):
            self.call_after_refresh(self._fit)
        if isinstance(event, events.Key) and not event.is_forwarded:
            self.keys_pressed += 1
            if self._saying:
                self._saying = False
                self.show_keys()
            self.changed()
            if await self.before_key(event):
                return
            active = self.screen.active_bindings.get(event.key)
            if active is not None and self._is_ours(event, active.binding):
                await self._take_typed()
                if await self.run_action(active.binding.action, active.node):
                    return
            if active is None and isinstance(self.screen, ModalScreen) and not isinstance(self.focused, Input):
                # It means nothing here, but for what works everywhere; passed on, it would come back when the dialog
                # is gone, and mean something.
                await self._check_bindings(event.key, priority=True)
                return
        await super().on_event(event)

    async def _take_typed(self) -> None:
        """Have what was typed into the line in focus taken, before a key acts on it or on what follows from it.

        Text gets into the scenario through the queues of a field and of its pane, which keys that come in one go
        would overtake.
        """
        line = self.focused
        if isinstance(line, Input):
            done = asyncio.Event()
            if line.call_later(done.set):
                await done.wait()
        if isinstance(line, FieldInput):
            next(node for node in line.ancestors if isinstance(node, CalculatorPane)).take(line)

    async def before_key(self, event: events.Key) -> bool:
        """Take a key before anything else does; return whether it was taken."""
        return False

    def _is_ours(self, event: events.Key, binding: Binding) -> bool:
        if not isinstance(self.focused, Input):
            return not event.key.startswith("ctrl+") or binding.id is not None
        typed = self.focused.check_consume_key(event.key, event.character)
        return not typed and binding.id is not None and binding.id.startswith(_FROM_FIELD)

    def on_descendant_focus(self) -> None:
        """Follow the focus into the pane beside, and show the keys that work where it is now."""
        self.history.leave()
        pane = next((node for node in self.focused.ancestors if isinstance(node, Pane)), None) if self.focused else None
        for side, index in enumerate(self.slots):
            if pane is not None and self.made_panes.get(index) is pane and side != self.side:
                self.side = side
                self._show_tabs()
        self.show_keys()

    def show_keys(self) -> None:
        """Show the keys that work where the focus is, unless something is being said."""
        if self._saying or self._is_gone:
            return
        active = [item for item in self.screen.active_bindings.values() if item.enabled]
        typing = isinstance(self.focused, Input)
        if typing:
            active = [item for item in active if (item.binding.id or "").startswith(_FROM_FIELD)]
        # What the pane or dialog offers first, then the app, then the widget: the line may be too short for all.
        rank = {Pane: 0, Screen: 0, App: 1} if not typing else {FieldInput: 0}
        order = list(KEYS)

        def place(item: ActiveBinding) -> tuple[int, int]:
            kind = next((n for kind, n in rank.items() if isinstance(item.node, kind)), 2)
            return kind, order.index(item.binding.id) if item.binding.id in KEYS else len(order)

        active.sort(key=place)
        self._bar(KeyBar).show_keys([item.binding for item in active])

    def tell(self, words: str) -> None:
        """Say something in the line of keys, until the next key."""
        if not self._is_gone:
            self._bar(KeyBar).say(words)
            self._saying = True

    @property
    def _is_gone(self) -> bool:
        """Whether there is nothing left to show anything on: what a dialog returns may come behind the end."""
        return not self.screen_stack

    def _bar(self, kind: type[Any]) -> Any:
        """Return a bar of the panes' screen, whatever has come up over it."""
        return self.screen_stack[0].query_one(kind)

    # Panes

    def compose(self) -> ComposeResult:
        """Yield the bars and the first pane; the others are made when they are first wanted."""
        yield ScenarioBar(self.scenario)
        yield TabBar([kind.TITLE for kind in self._kinds])
        with Horizontal(id="panes"):
            yield self.pane
        yield KeyBar()
        yield TooSmall()

    async def on_mount(self) -> None:
        """Start in the results of the pane that a session may have left, and say what is wrong with the presets."""
        self._show_tabs()
        self.pane.show_scenario(self.scenario)
        self.pane.focus_first()
        await self._fit()
        self.call_after_refresh(self.want_intervals)
        self.screen_change_signal.subscribe(self, lambda _: self.show_keys())
        self.app_resume_signal.subscribe(self, lambda _: self.action_redraw())
        for problem in self.scenario.catalog.problems:
            self.notify(problem.line, title="Your presets are passed over", severity="warning", markup=False)

    async def _fit(self) -> None:
        """Put a second pane beside the first where there is room, and say so where there is none for one."""
        small, home = self._bar(TooSmall).show_size(*self.size), self.screen_stack[0]
        if small != home.has_class("-small"):
            if small:  # what is hidden loses the focus
                self._had_focus = home.focused
            home.set_class(small, "-small")
            if not small:
                self.call_after_refresh(home.set_focus, self._had_focus)
        if self.is_wide != (len(self._shown()) > 1):
            await self._arrange(for_keys=False)

    @property
    def is_wide(self) -> bool:
        """Whether two panes stand side by side."""
        return self.size.width >= WIDE

    @property
    def pane(self) -> Pane:
        """The pane that has the keys, made when it is first wanted."""
        return self.made(self.slots[self.side])

    @property
    def panes_in_sight(self) -> list[Pane]:
        """The pane that has the keys, and the one beside it."""
        return [self.made(index) for index in (self.slots if self.is_wide else [self.slots[self.side]])]

    def made(self, index: int) -> Pane:
        """Return a pane by its place among the tabs, made when it is first wanted."""
        if index not in self.made_panes:
            pane = self._kinds[index]()
            name = pane.TITLE.lower()
            pane.id = f"pane-{name}"
            pane.set_view(self.views.pop(name, {}))
            self.made_panes[index] = pane
        return self.made_panes[index]

    @property
    def titles(self) -> list[str]:
        """The titles of the panes, in order."""
        return [kind.TITLE for kind in self._kinds]

    def _shown(self) -> list[Pane]:
        return [pane for pane in self.made_panes.values() if pane.is_mounted and pane.display]

    async def action_pane(self, index: int) -> None:
        """Bring a pane into sight, in place of the one that has the keys; where it is in sight, give it the keys."""
        if index >= len(self._kinds):
            return
        if index in self.slots:
            self.side = self.slots.index(index)
        else:
            self.slots[self.side] = index
        await self._arrange()

    async def action_other(self) -> None:
        """Give the keys to the pane beside."""
        if self.is_wide:
            self.side = 1 - self.side
            await self._arrange()

    async def _arrange(self, for_keys: bool = True) -> None:
        """Have the panes stand that should, the left one first, and the keys go to the one that has them.

        A key may come right behind, and is for what a pane shows: then one that is new is laid out at once.
        """
        place = self._bar(Horizontal)
        wanted = self.panes_in_sight
        with self.batch_update():  # or all that lies between is painted: the one that stays across the whole width
            for pane in self.made_panes.values():
                pane.display = pane in wanted
            new = [pane for pane in wanted if not pane.is_mounted]
            for pane in new:
                await place.mount(pane)
            if len(wanted) > 1:
                place.move_child(wanted[1], after=wanted[0])
            if new and for_keys:
                self.screen_stack[0]._refresh_layout()
                self.screen_stack[0].refresh()
            self._show_tabs()
            self.show_panes()
        self.show_pending()
        self.pane.focus_first()
        self.want_intervals()
        self.changed()

    def _show_tabs(self) -> None:
        beside = self.slots[1 - self.side] if self.is_wide else None
        self._bar(TabBar).activate(self.slots[self.side], beside)
        for side, index in enumerate(self.slots):
            if index in self.made_panes:
                self.made_panes[index].set_class(self.is_wide and side == 1, "-right")

    async def show_part(self, part: str) -> None:
        """Bring the pane of a part into sight."""
        if part not in [pane.PART for pane in self.panes_in_sight]:
            await self.action_pane(next(n for n, kind in enumerate(self._kinds) if part == kind.PART))

    async def action_edit(self) -> None:
        """Go to the first field of the pane, or of the budget where it has none."""
        if not isinstance(self.pane, CalculatorPane):
            await self.action_pane(0)
        cast(CalculatorPane, self.pane).edit()

    def action_leave(self) -> None:
        """Leave a field for where letters are keys."""
        self.pane.focus_first()

    # The scenario

    def set_fields(self, part: str, texts: Mapping[str, str], key: str = "") -> None:
        """Put texts into a part of the scenario and show what follows; changes under one key are undone together."""
        if self.scenario.set(part, texts):
            self.history.record(self.scenario.state, key, typing=bool(key))
            self.show_scenario()

    def put_state(self, state: State) -> None:
        """Put a whole state into the scenario and its fields, as one change."""
        self.scenario.put(state)
        self.history.record(self.scenario.state)
        self.show_state()

    def show_state(self) -> None:
        """Show the texts of the scenario in the fields, and what follows from them."""
        for pane in self.made_panes.values():
            if pane.is_mounted:
                pane.show_texts(self.scenario)
        self.show_scenario()

    async def action_undo(self) -> None:
        """Take the last change back: of the pane's own where it has some, else of the scenario."""
        if (said := self.pane.travel(back=True)) is not None:
            self.tell(said)
            return
        await self._travel(self.history.undo, "undone", "nothing to undo")

    async def action_redo(self) -> None:
        """Make a change again that was taken back."""
        if (said := self.pane.travel(back=False)) is not None:
            self.tell(said)
            return
        await self._travel(self.history.redo, "done again", "nothing to redo")

    async def _travel(self, step: Callable[[], State | None], done: str, nothing: str) -> None:
        state = step()
        if state is None:
            self.tell(nothing)
            return
        before = self.scenario.state
        self.scenario.put(state)
        changed = state.differences(before)
        part = changed[0].partition(".")[0] if changed else ""
        if part in PARTS:
            await self.show_part(part)
        self.show_state()
        self.tell(f"{done}: {', '.join(changed[:3])}{'...' if len(changed) > 3 else ''}" if changed else done)

    def action_ranges(self) -> None:
        """Take every range at its middle, or as it was typed again."""
        state = self.scenario.state
        self.put_state(state._replace(ranges=not state.ranges))
        self.tell("ranges on" if self.scenario.ranges else "ranges off: each stands at its middle")

    def show_scenario(self) -> None:
        """Show the scenario as it stands: the point answer at once, its interval when it is there."""
        if self._is_gone:
            return
        self.show_panes()
        self.show_pending()  # after the panes, whose answers say what is wrong
        self.want_intervals()
        self.changed()

    def show_panes(self) -> None:
        """Show the scenario in the panes in sight."""
        for pane in self.panes_in_sight:
            pane.show_scenario(self.scenario)

    def changed(self) -> None:
        """Take note that something changed that a session would keep."""

    def show_pending(self) -> None:
        """Show the bar: the scenario in short, and what is still being computed."""
        self._bar(ScenarioBar).show_scenario(self.scenario, self.against_name)

    def want_intervals(self) -> None:
        """Have the intervals found of what is in sight."""
        self.intervals.want({key: answer for pane in self.panes_in_sight for key, answer in pane.answers.items()})

    def on_intervals_ready(self, message: Intervals.Ready) -> None:
        """Show intervals, or why there are none."""
        if not self.intervals.take(message):
            return
        if message.found is None:
            self.notify(message.reason, title="No interval", severity="warning", markup=False)
            return
        for pane in self.panes_in_sight:
            if message.key in pane.answers:
                pane.show_scenario(self.scenario)

    def on_intervals_stage(self, message: Intervals.Stage) -> None:
        """Show what a run is doing, where it takes long."""
        self.intervals.told(message.words)
