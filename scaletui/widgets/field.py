"""Fields to type quantities into: one line each, no border, with labels, marked when they are wrong."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.containers import Grid
from textual.geometry import Region
from textual.strip import Strip
from textual.widgets import Input

from scaletui_core.fields import Field

LABEL_WIDTH = 10


class FieldInput(Input):
    """The input of one declared field."""

    DEFAULT_CSS = f"""
    FieldInput {{ height: 1; border: none; padding: 0; width: 1fr; background: $surface; margin: 0 1 0 {LABEL_WIDTH}; }}
    FieldInput:focus {{ border: none; background: $surface; text-style: underline; }}
    FieldInput.-wrong {{ text-style: reverse; }}
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "app.leave", "Results", show=False)]

    def __init__(self, field: Field, text: str) -> None:
        super().__init__(text, placeholder=field.default, id=f"field-{field.name}", select_on_focus=False)
        self.field = field
        # A blinking cursor is a kilobyte a second over a slow link, for ever.
        self.cursor_blink = False


class FieldGrid(Grid):
    """Fields in columns. The grid paints the labels itself: a widget each would double the time to first paint."""

    DEFAULT_CSS = """
    FieldGrid {
        grid-size: 3; grid-rows: 1; height: auto; max-height: 50%; overflow-y: auto; scrollbar-size-vertical: 1;
    }
    FieldGrid.-narrow { grid-size: 2; }
    """

    def on_resize(self) -> None:
        """Take two columns where a third would leave no room to type."""
        self.set_class(self.app.size.width < 3 * (LABEL_WIDTH + 9), "-narrow")

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return the lines of labels that lie under the inputs."""
        rows = {y: self._labels(y) for y in range(crop.y, crop.bottom)}
        return [rows[y].crop(crop.x, crop.right) for y in range(crop.y, crop.bottom)]

    def _labels(self, y: int) -> Strip:
        style = self.rich_style
        segments: list[Segment] = []
        at = 0
        for child in self.children:
            if isinstance(child, FieldInput) and child.region.y - self.region.y == y:
                start = child.region.x - self.region.x - LABEL_WIDTH
                segments.append(Segment(" " * (start - at), style))
                focused = Style(bold=True) if child.has_focus else Style()
                segments.append(Segment(child.field.label[:LABEL_WIDTH].ljust(LABEL_WIDTH), style + focused))
                at = start + LABEL_WIDTH
        segments.append(Segment(" " * (self.size.width - at), style))
        return Strip(segments, self.size.width)
