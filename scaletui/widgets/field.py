"""Fields to type quantities into: one line each, no border, with labels, marked when they are wrong."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.containers import Grid
from textual.geometry import Region
from textual.strip import Strip
from textual.widgets import Input

from scaletui_core.fields import Field
from scaletui_core.safetext import escaped

LABEL_WIDTH = 10
_EDITING = {
    key.strip(): binding.action
    for binding in Input.BINDINGS
    if isinstance(binding, Binding) and binding.action not in ("submit", "copy")
    for key in binding.key.split(",")
}


class FieldInput(Input):
    """The input of one declared field."""

    DEFAULT_CSS = f"""
    FieldInput {{ height: 1; border: none; padding: 0; width: 1fr; background: $surface; margin: 0 1 0 {LABEL_WIDTH}; }}
    FieldInput:focus {{ border: none; background: $surface; text-style: underline; }}
    FieldInput.-wrong {{ text-style: reverse; }}
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,escape", "app.leave", "Results", show=False)]

    def __init__(self, field: Field, text: str, placeholder: str, id: str) -> None:
        super().__init__(text, placeholder=placeholder, id=id, select_on_focus=True)
        self.field = field
        # A blinking cursor is a kilobyte a second over a slow link, for ever.
        self.cursor_blink = False

    async def _on_key(self, event: events.Key) -> None:
        """Edit in the order of the keys.

        Textual acts on backspace and the like only when the app gets them back, by when the focus may have moved on.
        """
        action = None if event.is_printable else _EDITING.get(event.key)
        if action is None:
            await super()._on_key(event)
            return
        event.stop()
        event.prevent_default()
        await self.run_action(action)

    def _on_blur(self, event: events.Blur) -> None:
        """Show the beginning of the text: its tail says too little."""
        super()._on_blur(event)
        self.cursor_position = 0

    def validate_value(self, value: str) -> str:
        """Write out what a terminal would obey: a paste may hold escapes."""
        return "".join(map(escaped, value))

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Whether the field takes a key as text: all that is printable but the one for help."""
        return character != "?" and super().check_consume_key(key, character)


class FieldGrid(Grid):
    """Fields in columns. The grid paints the labels itself: a widget each would double the time to first paint."""

    DEFAULT_CSS = """
    FieldGrid {
        grid-size: 3; grid-rows: 1; height: auto; max-height: 34%; overflow-y: auto; scrollbar-size-vertical: 1;
    }
    FieldGrid.-narrow { grid-size: 2; }
    """

    def on_resize(self) -> None:
        """Take two columns where a third would leave no room to type."""
        self.set_class(self.app.size.width < 3 * (LABEL_WIDTH + 9), "-narrow")

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return the lines of labels that lie under the inputs."""
        strips = [self._labels(y).crop(crop.x, crop.right) for y in range(crop.y, crop.bottom)]
        background = self.background_colors[1]
        for line_filter in self.get_line_filters():
            strips = [strip.apply_filter(line_filter, background) for strip in strips]
        return strips

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
