"""The app: the shell, and what comes up over it: help, explanations, laws, scenarios, commands, files, the palette."""

from __future__ import annotations

import asyncio
import os
import shlex
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events
from textual.binding import Binding, BindingType

from scaletui import locations, terminal
from scaletui.bindings import bound
from scaletui.keeping import become, kept_of
from scaletui.keymap import KEYS
from scaletui.panes.base import Shown
from scaletui.render.plot import Glyphs
from scaletui.scenario import Scenario
from scaletui.sheet import SOLVED
from scaletui.shell import FIRST, Shell
from scaletui.state import State
from scaletui.themes import THEMES
from scaletui.widgets.field import FieldGrid, FieldInput
from scaletui_core.errors import InputError, ScaletuiError
from scaletui_core.scenario import Scenario as Saved

if TYPE_CHECKING:
    from scaletui.session import Session

_STILL = 0.5  # s without a change until the state is kept
_LETTERS = "asdfghjklqwertyuiopzxcvbnmASDFGHJKLQWERTYUIOPZXCVBNM"


class ScaletuiApp(Shell):
    """scaletui in the terminal.

    Parameters
    ----------
    theme : str
        By name; ``auto`` for what suits the terminal, and for that of the session.
    session : Session or None
        Where the state is kept; what it restores goes before the texts that a start has.
    tour : bool
        Whether to begin with the tour.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        bound("app.help", "help", priority=True),
        bound("app.explain", "explain"),
        bound("app.laws", "laws"),
        bound("app.copy", "copy"),
        bound("app.export", "export"),
        bound("app.scenarios", "scenarios"),
        bound("app.save", "save"),
        bound("app.jump", "jump"),
        bound("app.palette", "palette"),
        bound("app.theme", "theme"),
        bound("app.quit", "quit"),
        bound("app.quit-anywhere", "quit", priority=True),
        Binding("ctrl+c", "interrupt", show=False, priority=True),
    ]

    def __init__(
        self,
        texts: Mapping[str, Mapping[str, str]] | None = None,
        glyphs: Glyphs | None = None,
        colors: terminal.Colors | None = None,
        keymap: Mapping[str, str] | None = None,
        theme: str = "auto",
        threads: int | None = None,
        session: Session | None = None,
        tour: bool = False,
    ) -> None:
        super().__init__(texts, glyphs, colors, keymap, threads)
        for one in THEMES.values():
            self.register_theme(one)
        self.theme = terminal.theme(self.color_count) if theme == "auto" else theme
        self._jumps: dict[str, FieldInput] = {}
        self._locks: dict[str | None, dict[str, str]] = {}
        self._turned: dict[str, str] = {}
        self._session = session
        self._settling: asyncio.TimerHandle | None = None
        self._leaving, self._code = False, 0
        self._tour = tour
        if session is not None and session.restored is not None and texts is None:
            become(self, session.restored, theme == "auto")

    # Starting, and what a session keeps

    async def on_mount(self) -> None:
        """Say what the session has to say, and take the tour at the first start."""
        if self.against_name:
            self._compare_again(self.against_name)
        if self._session is not None:
            for problem in self._session.problems:
                self.notify(problem, severity="warning", markup=False)
            if self._session.restored is not None:
                self.tell("as you left it; for a new start, : and 'afresh'")
        if self._tour:
            await self.action_tour()

    def _compare_again(self, name: str) -> None:
        """Go on comparing with a scenario by its name; one that is gone is compared with no more."""
        from scaletui import saved

        self.against_name = ""
        with suppress(ScaletuiError):
            self.set_beside(saved.load(name, self.scenario.catalog, locations.scenario_folder()))
            self.show_scenario()

    def changed(self) -> None:
        """Have the state kept when it has been still for half a second; on the way out that has been done."""
        if self._session is not None and self.is_running and not self._leaving:
            if self._settling is not None:
                self._settling.cancel()
            self._settling = asyncio.get_running_loop().call_later(_STILL, self.keep)

    def keep(self) -> None:
        """Keep the state now; where that fails, say why, once."""
        self._settling = None
        if self._session is not None:
            problem = self._session.keep(kept_of(self))
            if problem is not None:
                self.notify(problem, severity="warning", markup=False)

    def exit(self, result: None = None, return_code: int = 0, message: Any = None) -> None:
        """Leave, and keep the state as it is."""
        if self._session is not None and not self._leaving:
            self._session.keep(kept_of(self))
        self._leaving, self._code = True, return_code
        if self._settling is not None:  # it would look at panes that are gone by then
            self._settling.cancel()
        super().exit(result, return_code, message)

    def _fatal_error(self) -> None:
        """Leave after a fault of our own: the state is kept, and one message says what broke.

        What was under way when the panes went finds them gone: one that leaves already leaves as it was to.
        """
        from scaletui.crash import told

        if self._leaving:
            self._return_code = self._code
            self._close_messages_no_wait()
            return

        with suppress(Exception):
            if self._session is not None:
                self._session.keep(kept_of(self))
        self._exit_renderables.append(told(self._exception or RuntimeError("for no reason that is known")))
        self._close_messages_no_wait()

    # Reading

    async def action_help(self) -> None:
        """Show the help, or close it."""
        from scaletui.help import Page, help_text
        from scaletui.screens.text import TextScreen

        if isinstance(self.screen, TextScreen):
            self.screen.action_close()
            return
        pane = self.pane
        field = self.focused.field.name if isinstance(self.focused, FieldInput) else ""
        said = pane.sheet.echo(field) if field else ""
        page = Page(pane.TITLE, pane.HELP, pane.PLACES, pane.CALCULATORS or (pane.PART,), pane.on_screen,
                    pane.TABLE_FIRST, pane.PART, pane.fields, field, said, pane.figures)  # fmt: skip

        def text(width: int) -> str:
            return help_text(page, self.titles, self.keys, width)

        await self.push_screen(TextScreen(f"Help: {pane.TITLE}", text))

    async def action_explain(self) -> None:
        """Explain what the line under the cursor is about, or the whole answer."""
        from scaletui.render.explain import as_explanation, narrowed
        from scaletui.screens.text import TextScreen

        sheet, about = self.pane.sheet, self.pane.about
        if sheet.answer is None:
            self.tell("nothing to explain yet: no answer")
            return
        whole = self.intervals.of(self.pane.PART, sheet.answer)
        answer = narrowed(whole, about) if about else whole
        catalog = self.scenario.catalog
        named = next((row.label for row in whole.rows if row.id == about), about)
        if whole.table is not None and whole.table.names:  # what stands on the line, not where on the sweep it is
            named = next((whole.table.names.get(row.at or 0.0) or named for row in narrowed(whole, about).rows), named)
        title = f"Explained: {named or ('all laws' if self.pane.PART == 'calc' else 'all')}"
        await self.push_screen(TextScreen(title, lambda width: sheet.in_app(as_explanation(answer, catalog, width))))

    # Choosing

    async def action_laws(self) -> None:
        """Choose the laws."""
        from scaletui.screens.laws import LawScreen

        records = self.scenario.catalog.load("laws").records
        names = {key: record["name"] for key, record in records.items()}
        await self.push_screen(LawScreen(names, self.scenario.inputs.law), self._take_laws)

    def _take_laws(self, laws: tuple[str, ...] | None) -> None:
        if laws is not None:
            self.put_texts("calc", {"law": ",".join(laws)})

    def action_take_laws(self, laws: str) -> None:
        """Choose laws by their names, parted by commas; none for all."""
        self.put_texts("calc", {"law": laws})

    def put_texts(self, part: str, texts: Mapping[str, str]) -> None:
        """Put texts into a part as one change, and into its fields."""
        self.set_fields(part, texts)
        for pane in self.made_panes.values():
            if part == pane.PART and pane.is_mounted:
                pane.show_texts(self.scenario)

    def action_theme(self) -> None:
        """Take the next theme."""
        names = list(THEMES)
        self.take_theme(names[(names.index(self.theme) + 1) % len(names)] if self.theme in names else names[0])

    def action_take_theme(self, name: str) -> None:
        """Take a theme by its name."""
        self.take_theme(name)

    def take_theme(self, name: str) -> None:
        """Show everything in a theme, and keep it for the next start."""
        self.theme = name
        self.tell(f"theme: {name}")
        self.changed()

    # What is solved for

    def action_solve_next(self) -> None:
        """Turn the lock: by law, for C, for N, for D."""
        from scaletui_core.solving import next_lock, solved_for

        inputs = self.scenario.budget.own
        self._solve(next_lock(solved_for(inputs), inputs))

    def action_solve_for(self, name: str) -> None:
        """Solve for what a field of the budget holds."""
        from scaletui_core.solving import LOCK_OF_FIELD

        self._solve(LOCK_OF_FIELD[name])

    def _solve(self, which: str) -> None:
        from scaletui_core.flow import budget_found
        from scaletui_core.solving import lock_words, solve_for, solved_for

        budget, texts = self.scenario.budget, self.scenario.texts["calc"]
        now = {name: texts.get(name, "") for name in SOLVED}
        if now != self._turned:  # something was typed since
            self._locks.clear()
        self._locks[solved_for(budget.own)] = now
        try:
            turned = solve_for(which, texts, budget_found({"calc": budget.found}, self.scenario.catalog))
        except InputError as error:
            self.tell(budget.in_app(error.line))
            return
        # Once around, the texts are those that there were, not what six digits make of them.
        self._turned = self._locks.get(which, turned.texts)
        self.put_texts("calc", self._turned)
        if budget.error is not None:  # what is wrong goes before what is solved for
            self.tell(budget.in_app(budget.error.line))
            return
        said = f"solved for: {lock_words(self.scenario.budget.own)}"
        self.tell(f"{said}; {turned.words}" if turned.words else said)

    # Jumping

    def action_jump(self) -> None:
        """Show a letter on each field in sight; the next key goes there."""
        letters = iter(_LETTERS)
        self._jumps = {}
        for pane in self.panes_in_sight:
            for grid in pane.query(FieldGrid):
                fields = dict(zip(letters, grid.query(FieldInput), strict=False))
                grid.show_letters({widget.field.name: letter for letter, widget in fields.items()})
                self._jumps |= fields
        self.tell("a letter: its field   1 to 9: a pane   any other key: stay")

    async def before_key(self, event: events.Key) -> bool:
        """Take the key behind a jump; a key that is not the tour's ends it, and is acted on; help comes over it."""
        from scaletui.screens.tour import Tour

        if isinstance(self.screen, Tour) and not (self.screen.takes(event.key) or self._is_help(event.key)):
            await self.screen.dismiss(None)
            return False
        if not self._jumps:
            return False
        target = self._jumps.get(event.character or "")
        self._jumps = {}
        for grid in self.query(FieldGrid):
            grid.show_letters({})
        if target is not None:
            self.screen.set_focus(target)
            return True
        return not (event.character or "").isdigit()

    def _is_help(self, key: str) -> bool:
        return key in self.keys.get("app.help", KEYS["app.help"].keys).split(",")

    # Taking along

    def _taken(self) -> Shown | None:
        """Return what the pane shows, for a command or a file; where there is nothing, say why."""
        try:
            shown = self.pane.shown
        except InputError as error:
            self.tell(f"no command prints this: {error.line}")
            return None
        if shown is None:
            self.tell("nothing to take along yet: no answer")
        return shown

    async def action_copy(self) -> None:
        """Copy the command that prints this pane, and show it."""
        from scaletui.screens.copied import CopyScreen

        shown = self._taken()
        if shown is not None:
            commands = [shlex.join(words) for words in (shown.drawing, shown.command, shown.again) if words]
            self.copy_to_clipboard(commands[0])
            await self.push_screen(CopyScreen(commands, os.getcwd(), self.scenario.broken))

    async def action_export(self) -> None:
        """Export the pane."""
        from scaletui.screens.export import ExportScreen

        shown = self._taken()
        if shown is not None:
            picture = self.export_screenshot(title="scaletui")
            await self.push_screen(ExportScreen(self.pane.TITLE, shown, picture, self.scenario.catalog, os.getcwd()))

    # Scenarios

    @property
    def saved_now(self) -> Saved:
        """What stands in the fields, as a scenario that can be saved."""
        from scaletui_core.app_texts import texts_of_app

        return Saved("", "", None, texts_of_app(self.scenario.texts))

    async def action_scenarios(self) -> None:
        """Show the scenarios."""
        from scaletui.screens.scenarios import Choice, ScenarioScreen

        def took(choice: Choice | None) -> None:
            if choice is not None:
                self.call_later(self.open if choice.verb == "open" else self.compare, choice.scenario)

        folder = locations.scenario_folder()
        await self.push_screen(ScenarioScreen(self.saved_now, self.scenario.catalog, folder), took)

    async def action_save(self) -> None:
        """Save what stands in the fields under a name."""
        from scaletui.screens.scenarios import name_screen

        def went(name: str | None) -> None:
            if name is not None:
                self.tell(f"saved as {name}: o opens it, scaletui scenario show {name} prints it")

        title = "Save what stands in the fields as"
        folder = locations.scenario_folder()
        await self.push_screen(name_screen(title, "", self.saved_now, self.scenario.catalog, folder), went)

    async def action_open(self, name: str) -> None:
        """Open a scenario by its name."""
        from scaletui import saved

        try:
            await self.open(saved.load(name, self.scenario.catalog, locations.scenario_folder()))
        except ScaletuiError as error:
            self.tell(str(error).partition("\n")[0])

    async def open(self, scenario: Saved) -> None:
        """Put a scenario into the fields, in place of what stood there; undo brings that back."""
        from scaletui_core.app_texts import texts_for_app

        self.put_state(State(texts_for_app(scenario.texts)))
        self.tell(f"opened {scenario.name}: {scenario.title}"[: self.size.width - 2])

    async def compare(self, scenario: Saved) -> None:
        """Compare what stands in the fields with a scenario: as lines now, and on the plots until it is ended."""
        from scaletui.screens.compared import CompareScreen
        from scaletui_core.compare import compare

        try:
            answer = compare(self.saved_now._replace(name="now", title="what stands in the fields"), scenario,
                             self.scenario.catalog)  # fmt: skip
        except ScaletuiError as error:
            self.tell(str(error).partition("\n")[0])
            return
        self.set_beside(scenario)
        self.show_scenario()
        await self.push_screen(CompareScreen(answer, scenario.name))

    def set_beside(self, scenario: Saved) -> None:
        """Have a scenario stand beside this one on the plots."""
        from scaletui_core.app_texts import texts_for_app

        self.against = Scenario(self.scenario.catalog, texts_for_app(scenario.texts))
        self.against_name = scenario.name

    def action_compare_no_more(self) -> None:
        """Show the scenario alone on the plots again."""
        self.against, self.against_name = None, ""
        self.show_scenario()

    def action_fresh(self) -> None:
        """Start afresh; undo brings back what stood there."""
        self.put_state(State({part: dict(fields) for part, fields in FIRST.items()}))

    # The palette, and the tour

    async def action_palette(self) -> None:
        """Choose any action by its name."""
        from scaletui.palette import entries_of
        from scaletui.screens.palette import Entry, Palette

        async def do(entry: Entry | None) -> None:
            if entry is not None:
                await self.run_action(entry.action, entry.node)

        await self.push_screen(Palette(entries_of(self)), do)

    def action_go(self, field_id: str) -> None:
        """Go to a field by its id."""
        self.screen.set_focus(self.query_one(f"#{field_id}", FieldInput))

    async def action_tour(self) -> None:
        """Take the tour."""
        from scaletui.screens.tour import Tour

        await self.push_screen(Tour())

    # Leaving

    def action_interrupt(self) -> None:
        """Leave as a program does that was interrupted."""
        self.exit(return_code=130)
