"""The app: a scenario bar, tabs, panes, keys in the footer. The panes do the work."""

from __future__ import annotations

from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container

from scaletui import locations, terminal
from scaletui.panes import pane_classes
from scaletui.panes.base import Pane
from scaletui.render.plot import Glyphs
from scaletui.scenario import Scenario
from scaletui.widgets.bars import KeyBar, ScenarioBar, TabBar
from scaletui.widgets.field import FieldInput

FIRST = {"flops": "5.76e23"}  # Gopher's budget, the question every law was asked first


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
        *(Binding(str(n), f"pane({n - 1})", f"Pane {n}", show=False) for n in range(1, 10)),
    ]

    def __init__(self, texts: dict[str, str] | None = None, glyphs: Glyphs | None = None) -> None:
        super().__init__()
        self.animation_level = "none"
        self.glyphs: Glyphs = glyphs or ("braille" if terminal.unicode_shown() else "ascii")
        self.scenario = Scenario(locations.catalog(), FIRST if texts is None else texts)
        self._panes: list[Pane] = [make() for make in pane_classes()]
        for pane in self._panes:
            pane.id = f"pane-{pane.TITLE.lower()}"
        self._current = 0

    def compose(self) -> ComposeResult:
        """Yield the bars and the first pane; the others are made when they are first wanted."""
        yield ScenarioBar(self.scenario)
        yield TabBar([pane.TITLE for pane in self._panes])
        with Container(id="panes"):
            yield self._panes[0]
        yield KeyBar()

    def on_mount(self) -> None:
        """Start in the results, and say what is wrong with the user's presets."""
        self._panes[0].focus_first()
        for problem in self.scenario.catalog.problems:
            self.notify(problem.line, title="Your presets are passed over", severity="warning", markup=False)

    @property
    def pane(self) -> Pane:
        """The pane in sight."""
        return self._panes[self._current]

    def on_descendant_focus(self) -> None:
        """Show the keys that work where the focus is now."""
        active = [item for item in self.screen.active_bindings.values() if item.enabled]
        # What the pane offers first, then the app, then the widget: the line may be too short for all.
        rank = {Pane: 0, App: 1}
        active.sort(key=lambda item: next((n for kind, n in rank.items() if isinstance(item.node, kind)), 2))
        bindings = [item.binding for item in active]
        self.query_one(KeyBar).show_keys(bindings, isinstance(self.focused, FieldInput))

    def set_field(self, name: str, text: str) -> None:
        """Put a text into the scenario and show what follows."""
        if self.scenario.set(name, text):
            self.query_one(ScenarioBar).show_scenario(self.scenario)
            self.pane.show_scenario(self.scenario)

    async def action_pane(self, index: int) -> None:
        """Bring a pane into sight."""
        if index >= len(self._panes):
            return
        self.pane.display = False
        self._current = index
        if not self.pane.is_mounted:
            await self.query_one("#panes", Container).mount(self.pane)
        self.pane.display = True
        self.query_one(TabBar).activate(index)
        self.pane.show_scenario(self.scenario)
        self.pane.focus_first()

    async def action_edit(self) -> None:
        """Go to the first field of the budget."""
        await self.action_pane(0)
        self.query(FieldInput).first().focus()

    def action_help(self) -> None:
        """Show what this pane is for and every key."""
        from scaletui.screens.text import TextScreen

        if not isinstance(self.screen, TextScreen):
            self.push_screen(TextScreen(f"Help: {self.pane.TITLE}", help_text(self._panes, self.pane)))

    def action_explain(self) -> None:
        """Explain the law under the cursor: formulas, numbers, validity, sources, notes."""
        from scaletui.render.explain import as_explanation
        from scaletui.screens.text import TextScreen

        answer = self.scenario.answer
        if answer is None:
            return
        law = getattr(self.pane, "chosen_law", "")
        part = answer._replace(
            rows=tuple(row for row in answer.rows if not law or row.law in (law, None)),
            notes=tuple(note for note in answer.notes if not law or note.law in (law, None)),
        )
        width = min(self.size.width * 92 // 100, 110) - 6
        text = as_explanation(part, self.scenario.catalog, width)
        self.push_screen(TextScreen(f"Explained: {law or 'all laws'}", text))

    def action_laws(self) -> None:
        """Choose the laws."""
        from scaletui.screens.laws import LawScreen

        records = self.scenario.catalog.load("laws").records
        chosen = self.scenario.inputs.law
        self.push_screen(LawScreen({key: record["name"] for key, record in records.items()}, chosen), self._take_laws)

    def _take_laws(self, laws: tuple[str, ...] | None) -> None:
        if laws is not None:
            self.query_one("#field-law", FieldInput).value = ",".join(laws)
            self.set_field("law", ",".join(laws))


def help_text(panes: list[Pane], current: Pane) -> str:
    """Return the help: the current pane's, the keys that work everywhere, and the other panes."""
    keys = "\n".join(f"  {index + 1}          {pane.TITLE}" for index, pane in enumerate(panes))
    return f"""{current.TITLE.upper()}
{current.HELP}

KEYS (letters and digits are keys when no field has the focus)
{keys}
  /          edit the budget: go to the first field
  tab, shift+tab    next, previous field
  enter      leave a field for the results
  up, down   choose a law in the results
  e          explain the chosen law: formulas, numbers put in, validity, sources, contradictions
  v          choose the laws that are asked
  ?          this help, from anywhere
  q          close this, or quit
  ctrl+q     quit from anywhere

SYMBOLS
  C  training compute [FLOP]; C = 6 N D, forward and backward pass of a dense transformer
  N  parameters; what they count differs by law (explain says)
  D  training tokens
  L  loss on held-out text [nats/token]; losses of laws fitted on different data do not compare
"""
