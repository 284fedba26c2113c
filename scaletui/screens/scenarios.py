"""Scenarios: the sources' own and one's own, to open, save, rename, duplicate, compare and delete."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from textual.binding import Binding, BindingType

from scaletui import saved
from scaletui.screens.ask import AskScreen
from scaletui.screens.dialog import Dialog
from scaletui_core.errors import InputError, ScaletuiError
from scaletui_core.presets import Catalog
from scaletui_core.safetext import cut, visible
from scaletui_core.scenario import Scenario, check_name


class Choice(NamedTuple):
    """What is to be done with a scenario: ``open`` or ``compare``."""

    verb: str
    scenario: Scenario


class ScenarioScreen(Dialog[Choice]):
    """The list of scenarios.

    Parameters
    ----------
    now : Scenario
        What stands in the fields; it is what is saved.
    catalog : Catalog
        With the published ones.
    folder : str or None
        Of one's own; None where there is no home.
    """

    FOOT = "enter: open  s: save as  c: compare  r: rename  d: double  x: delete  q"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose('open')", "Open", priority=True),
        Binding("c", "choose('compare')", "Compare"),
        Binding("s", "save", "Save"),
        Binding("r", "rename", "Rename"),
        Binding("d", "duplicate", "Duplicate"),
        Binding("x,delete", "delete", "Delete"),
    ]

    def __init__(self, now: Scenario, catalog: Catalog, folder: str | None) -> None:
        super().__init__("Scenarios: the sources' own, and yours")
        self._now, self._catalog, self._folder = now, catalog, folder
        self._doomed = ""

    @property
    def _chosen(self) -> Scenario | None:
        return saved.shelf(self._catalog, self._folder).get(self.lines.about)

    def show(self) -> None:
        """Show the list as the folder has it."""
        shelf = saved.shelf(self._catalog, self._folder)
        lines = []
        for name in shelf.names:
            scenario = shelf.get(name)
            assert scenario is not None
            whose = "yours" if name in shelf.own else "source"
            lines.append(("", f"{cut(name, 20):<20} {whose:<7} {visible(scenario.title, 200)}", name))
        lines += [("quiet", f"passed over: {visible(problem.line, 300)}", "") for problem in shelf.problems]
        self.lines.set_lines(lines)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Let keys alone while a name is asked for."""
        return self.is_current and (super().check_action(action, parameters) or False)

    def action_choose(self, verb: str) -> None:
        """Return the scenario under the cursor, and what is to be done with it."""
        scenario = self._chosen
        if scenario is not None:
            self.dismiss(Choice(verb, scenario))

    async def action_save(self) -> None:
        """Save what stands in the fields under a name that is asked for."""
        await self.app.push_screen(self.asking("Save what stands in the fields as", "", self._now), self._went)

    async def action_duplicate(self) -> None:
        """Save the scenario under the cursor under another name too."""
        scenario = self._chosen
        if scenario is not None:
            title = f"Duplicate {scenario.name} as"
            await self.app.push_screen(self.asking(title, f"{scenario.name}-2"[:40], scenario), self._went)

    async def action_rename(self) -> None:
        """Give the scenario under the cursor another name."""
        scenario = self._chosen
        if scenario is None:
            return
        if not self._own(scenario.name):
            self.say(foot=f"{scenario.name} is of the sources: d makes a duplicate of your own")
            return

        def renamed(name: str | None) -> None:
            if name is not None and name != scenario.name:
                self._try(lambda: saved.delete(scenario.name, self._catalog, self._folder))
            self._went(name)

        await self.app.push_screen(self.asking(f"Rename {scenario.name} to", scenario.name, scenario), renamed)

    def action_delete(self) -> None:
        """Delete one's own scenario under the cursor, when asked twice."""
        name = self.lines.about
        if not name:
            return
        if not self._own(name):
            self.say(foot=f"{name} is of the sources, and stays")
        elif self._doomed != name:
            self._doomed = name
            self.say(foot=f"x again deletes {name} for good   any other key: keep it")
        else:
            self._doomed = ""
            if self._try(lambda: saved.delete(name, self._catalog, self._folder)):
                self.say(foot=f"deleted {name}   {self.FOOT}")
            self.show()

    def on_line_view_moved(self) -> None:
        """Forget what was to be deleted."""
        self._doomed = ""
        self.say(foot=self.FOOT)

    def asking(self, title: str, text: str, scenario: Scenario) -> AskScreen:
        """Return a screen that asks for a name and saves a scenario under it."""
        return name_screen(title, text, scenario, self._catalog, self._folder)

    def _own(self, name: str) -> bool:
        return name in saved.shelf(self._catalog, self._folder).own

    def _went(self, name: str | None) -> None:
        if name is not None:
            self.say(foot=f"saved {name}   {self.FOOT}")
        self.show()

    def _try(self, work: object) -> bool:
        try:
            work()  # type: ignore[operator]
        except ScaletuiError as error:
            self.say(foot=str(error).partition("\n")[0])
            return False
        return True


def name_screen(title: str, text: str, scenario: Scenario, catalog: Catalog, folder: str | None) -> AskScreen:
    """Return a screen that asks for a name and saves a scenario under it; a name that is taken is asked for twice."""
    asked = ""

    def check(name: str) -> str:
        nonlocal asked
        title = scenario.title or name
        try:
            check_name(name)
            saved.save(scenario._replace(name=name, title=title), catalog, folder, force=asked == name)
        except InputError as error:
            if "is there already" in error.what or "shipped" in error.what:
                asked = name
                return f"{error.what}: enter again to go before it, or take another name"
            return error.line
        except ScaletuiError as error:
            return str(error).partition("\n")[0]
        return ""

    return AskScreen(title, text, check)
