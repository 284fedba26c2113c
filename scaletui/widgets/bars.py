"""The lines around the panes: the scenario, the tabs, the keys."""

from __future__ import annotations

from rich.text import Text
from textual import events
from textual.binding import Binding
from textual.widget import Widget
from textual.widgets import Static

from scaletui.keymap import KEYS, shown_key
from scaletui.scenario import Scenario, scenario_line, scenario_parts
from scaletui_core.safetext import cut

_ALWAYS = ("app.help", "app.quit")  # without these a person is lost
SMALLEST = (60, 18)
"""Columns and rows that the app needs."""


class ScenarioBar(Widget):
    """C, N, D, machine and laws of the scenario, always in sight; at its end, what is still being computed."""

    DEFAULT_CSS = "ScenarioBar { height: 1; color: $primary; text-style: bold reverse; }"

    def __init__(self, scenario: Scenario) -> None:
        super().__init__(id="scenario-bar")
        self._parts = scenario_parts(scenario)
        self._end = _end(scenario)

    def show_scenario(self, scenario: Scenario, beside: str = "") -> None:
        """Show the last good scenario, and the name of the one that it is compared with."""
        shown = scenario_parts(scenario), _end(scenario) or (f"beside {beside}" if beside else "")
        if shown != (self._parts, self._end):
            self._parts, self._end = shown
            self.refresh()

    def render(self) -> Text:
        """Return the line."""
        end = f"  {self._end} " if self._end else ""
        room = max(self.size.width - len(end), 0)
        line = cut(scenario_line(self._parts, room), room)
        return Text(line.ljust(room) + end, no_wrap=True, overflow="ellipsis")


def _end(scenario: Scenario) -> str:
    """Return what the bar ends in: what is being computed, else which part is wrong, and stands at its last good."""
    return scenario.pending or (f"! {', '.join(scenario.broken)}: last good" if scenario.broken else "")


class TabBar(Widget):
    """The panes' names with their keys; a click on one turns to it."""

    DEFAULT_CSS = "TabBar { height: 1; }"

    def __init__(self, titles: list[str]) -> None:
        super().__init__(id="tab-bar")
        self._titles = titles
        self._active = 0
        self._beside: int | None = None

    def activate(self, index: int, beside: int | None = None) -> None:
        """Mark the tab of the pane that has the keys, and of the one in sight beside it."""
        if (index, beside) != (self._active, self._beside):
            self._active, self._beside = index, beside
            self.refresh()

    async def on_click(self, event: events.Click) -> None:
        """Turn to the pane whose name was clicked."""
        labels, between = fitted(self._titles, self.size.width)
        at = 0
        for index, label in enumerate(labels):
            if at <= event.x < at + len(label):
                await self.run_action(f"app.pane({index})")
            at += len(label) + len(between)

    def render(self) -> Text:
        """Return the line."""
        text = Text(no_wrap=True)
        labels, between = fitted(self._titles, self.size.width)
        for index, label in enumerate(labels):
            style = "bold reverse" if index == self._active else "underline" if index == self._beside else ""
            close = not style and label[1] != " " != label[0]  # the key stands out where no space does it
            text.append(label[:1], style="bold" if close else style)
            text.append(label[1:], style=style)
            text.append(between)
        return text


def fitted(titles: list[str], width: int) -> tuple[list[str], str]:
    """Return the labels of tabs, and what stands between them, that fit a width: spaces give way, then long titles.

    >>> fitted(["Budget", "Frontier"], 80)
    ([' 1 Budget ', ' 2 Frontier '], ' ')
    >>> fitted(["Budget", "Frontier"], 20), fitted(["Budget", "Frontier"], 17), fitted(["Budget", "Frontier"], 15)
    ((['1 Budget', '2 Frontier'], '  '), (['1Budget', '2Frontier'], ' '), (['1Budget', '2Front~'], ' '))
    """
    longest = max(map(len, titles))
    whole = (
        (" ", " ", " ", longest), (" ", " ", "", longest), ("", " ", "  ", longest), ("", " ", " ", longest),
    )  # fmt: skip
    for around, gap, between, most in (*whole, *(("", "", " ", n) for n in range(longest, 0, -1))):
        labels = [f"{around}{index % 10}{gap}{cut(title, most)}{around}" for index, title in enumerate(titles, 1)]
        if sum(map(len, labels)) + len(between) * (len(labels) - 1) <= width:
            break
    return labels, between


class TooSmall(Static):
    """What stands in place of all on a terminal that is too small to hold it."""

    DEFAULT_CSS = """
    TooSmall { display: none; width: 100%; height: 100%; content-align: center middle; text-align: center; }
    """

    def __init__(self) -> None:
        super().__init__(markup=False)

    def show_size(self, columns: int, rows: int) -> bool:
        """Show what is needed beside what there is, and return whether it is too small."""
        small = columns < SMALLEST[0] or rows < SMALLEST[1]
        if small:
            needed = f"{SMALLEST[0]}x{SMALLEST[1]}"
            self.update(f"Make me larger:\nscaletui needs {needed},\nthis is {columns}x{rows}.\nNothing is lost.")
        return small


class KeyBar(Widget):
    """The keys that work where the focus is, as many as fit; help has them all."""

    DEFAULT_CSS = "KeyBar { height: 1; }"

    def __init__(self) -> None:
        super().__init__(id="key-bar")
        self._keys: list[tuple[str, str]] = []
        self._always: list[tuple[str, str]] = []

    def show_keys(self, bindings: list[Binding]) -> None:
        """Show the keys of these bindings, the first key of each."""
        first: dict[str, str] = {}
        for binding in bindings:
            if binding.id is not None:
                first.setdefault(binding.id, shown_key(binding.key))
        keys: list[tuple[str, str]] = []
        always: list[tuple[str, str]] = []
        for id, key in first.items():
            label, pair = KEYS[id].label, KEYS[id].pair
            if label:
                shown = (f"{key} {first[pair]}" if pair in first else key, label)
                (always if id in _ALWAYS else keys).append(shown)
        self.show(keys, always)

    def say(self, words: str) -> None:
        """Show words in place of the keys."""
        self.show([("", words)])

    def show(self, keys: list[tuple[str, str]], always: list[tuple[str, str]] | None = None) -> None:
        """Show keys, each with its word: as many as fit before those that are always there."""
        if (keys, always or []) != (self._keys, self._always):
            self._keys, self._always = keys, always or []
            self.refresh()

    def render(self) -> Text:
        """Return the line."""
        text = Text(no_wrap=True)
        room = self.size.width - sum(map(_width, self._always))
        for number, shown in enumerate((*self._keys, *self._always)):
            if not shown[0]:
                text.append(cut(f" {shown[1]}", self.size.width))
            elif len(text) + _width(shown) > (room if number < len(self._keys) else self.size.width):
                continue
            else:
                text.append(f" {shown[0]}", style="bold")
                text.append(f" {shown[1]} ")
        return text


def _width(shown: tuple[str, str]) -> int:
    return len(shown[0]) + len(shown[1]) + 3
