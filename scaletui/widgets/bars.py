"""The two lines at the top: the scenario, and the tabs."""

from __future__ import annotations

from rich.text import Text
from textual.widget import Widget

from scaletui.scenario import Scenario
from scaletui_core.quantity_text import format_quantity


class ScenarioBar(Widget):
    """C, N, D, machine and laws of the scenario, always in sight."""

    DEFAULT_CSS = "ScenarioBar { height: 1; text-style: reverse; }"

    def __init__(self) -> None:
        super().__init__(id="scenario-bar")
        self._text = ""

    def show_scenario(self, scenario: Scenario) -> None:
        """Show the last good scenario."""
        text = scenario_line(scenario)
        if text != self._text:
            self._text = text
            self.refresh()

    def render(self) -> Text:
        """Return the line."""
        return Text(self._text, no_wrap=True, overflow="ellipsis")


def scenario_line(scenario: Scenario) -> str:
    """Return the scenario in one line."""
    inputs, rows = scenario.inputs, scenario.answer.rows if scenario.answer else ()
    single = {row.id: row for row in rows if row.law is None}
    parts = []
    for symbol, row_id, given in (
        ("C", "compute", inputs.flops),
        ("N", "model_params", inputs.params),
        ("D", "model_tokens", inputs.tokens),
    ):
        value = single[row_id].value if row_id in single else given
        unit = {"C": "FLOP", "N": "parameters", "D": "tokens"}[symbol]
        parts.append(f"{symbol} {'by law' if value is None else format_quantity(value, unit)}")
    if inputs.loss is not None:
        parts.append(f"L {inputs.loss:g}")
    if inputs.hardware is not None:
        parts.append(f"on {inputs.hardware.count}x{inputs.hardware.accelerator}")
    parts.append(", ".join(inputs.law) or "all laws")
    return " scaletui  " + "   ".join(parts)


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
