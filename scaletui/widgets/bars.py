"""The lines around the panes: the scenario, the tabs, the keys."""

from __future__ import annotations

from rich.text import Text
from textual.binding import Binding
from textual.widget import Widget

from scaletui.scenario import Scenario, scenario_line


class ScenarioBar(Widget):
    """C, N, D, machine and laws of the scenario, always in sight."""

    DEFAULT_CSS = "ScenarioBar { height: 1; text-style: reverse; }"

    def __init__(self, scenario: Scenario) -> None:
        super().__init__(id="scenario-bar")
        self._text = scenario_line(scenario)

    def show_scenario(self, scenario: Scenario) -> None:
        """Show the last good scenario."""
        text = scenario_line(scenario)
        if text != self._text:
            self._text = text
            self.refresh()

    def render(self) -> Text:
        """Return the line."""
        return Text(self._text.ljust(self.size.width), no_wrap=True, overflow="ellipsis")


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
        for index, title in enumerate(self._titles):
            text.append(f" {index + 1} {title} ", style="bold reverse" if index == self._active else "")
            text.append(" ")
        return text


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
