"""The lines around the panes: the scenario, the tabs, the keys."""

from __future__ import annotations

from rich.text import Text
from textual.binding import Binding
from textual.widget import Widget

from scaletui.scenario import Scenario, scenario_line
from scaletui_core.safetext import cut


class ScenarioBar(Widget):
    """C, N, D, machine and laws of the scenario, always in sight; at its end, what is still being computed."""

    DEFAULT_CSS = "ScenarioBar { height: 1; text-style: reverse; }"

    def __init__(self, scenario: Scenario) -> None:
        super().__init__(id="scenario-bar")
        self._text = scenario_line(scenario)
        self._end = _end(scenario)

    def show_scenario(self, scenario: Scenario) -> None:
        """Show the last good scenario."""
        shown = scenario_line(scenario), _end(scenario)
        if shown != (self._text, self._end):
            self._text, self._end = shown
            self.refresh()

    def render(self) -> Text:
        """Return the line."""
        end = f"  {self._end} " if self._end else ""
        room = max(self.size.width - len(end), 0)
        return Text(cut(self._text, room).ljust(room) + end, no_wrap=True, overflow="ellipsis")


def _end(scenario: Scenario) -> str:
    """Return what the bar ends in: what is being computed, else which part is wrong, and stands at its last good."""
    return scenario.pending or (f"! {', '.join(scenario.broken)}: last good" if scenario.broken else "")


class TabBar(Widget):
    """The panes' names with their keys."""

    DEFAULT_CSS = "TabBar { height: 1; }"

    def __init__(self, titles: list[str]) -> None:
        super().__init__(id="tab-bar")
        self._titles = titles
        self._active = 0

    def activate(self, index: int) -> None:
        """Mark one tab as the one in sight."""
        if index != self._active:
            self._active = index
            self.refresh()

    def render(self) -> Text:
        """Return the line."""
        text = Text(no_wrap=True)
        labels, between = fitted(self._titles, self.size.width)
        for index, label in enumerate(labels):
            text.append(label, style="bold reverse" if index == self._active else "")
            text.append(between)
        return text


def fitted(titles: list[str], width: int) -> tuple[list[str], str]:
    """Return the labels of tabs, and what stands between them, that fit a width: the longest titles give way first.

    >>> fitted(["Budget", "Frontier"], 80)
    ([' 1 Budget ', ' 2 Frontier '], ' ')
    >>> fitted(["Budget", "Frontier"], 20)
    ([' 1 Budget ', ' 2 Front~ '], '')
    """
    longest = max(map(len, titles))
    for between, most in ((" ", longest), *(("", n) for n in range(longest, 0, -1))):
        labels = [f" {index} {cut(title, most)} " for index, title in enumerate(titles, 1)]
        if sum(map(len, labels)) + len(between) * (len(labels) - 1) <= width:
            break
    return labels, between


class KeyBar(Widget):
    """The keys that work where the focus is, as many as fit; help has them all."""

    DEFAULT_CSS = "KeyBar { height: 1; }"

    def __init__(self) -> None:
        super().__init__(id="key-bar")
        self._keys: list[tuple[str, str]] = []

    def show_keys(self, bindings: list[Binding], typing: bool) -> None:
        """Show the keys of these bindings; while a field takes letters, those that still work."""
        found: dict[str, tuple[str, str]] = {}
        for b in bindings:
            if b.show:
                found.setdefault(b.action, (b.key_display or b.key, b.description))
        keys = list(found.values())
        if typing:
            keys = [("?", "Help"), ("tab", "Next field"), ("enter", "Results"), ("ctrl+q", "Quit")]
        if keys != self._keys:
            self._keys = keys
            self.refresh()

    def render(self) -> Text:
        """Return the line."""
        text = Text(no_wrap=True)
        for key, description in self._keys:
            if len(text) + len(key) + len(description) + 2 > self.size.width:
                break
            text.append(f" {key}", style="bold")
            text.append(f" {description} ")
        return text
