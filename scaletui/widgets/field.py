"""Fields to type quantities into: one line each, no border, with labels, marked when they are wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Self

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.containers import Grid
from textual.geometry import Region
from textual.strip import Strip
from textual.widgets import Input

from scaletui.bindings import bound
from scaletui_core.fields import CHOICE, FLAG, Field
from scaletui_core.nudge import nudged, turned
from scaletui_core.safetext import escaped

LABEL_WIDTH = 10
_EDITING = {
    key.strip(): binding.action
    for binding in Input.BINDINGS
    if isinstance(binding, Binding) and binding.action not in ("submit", "copy")
    for key in binding.key.split(",")
}


class PlainInput(Input):
    """An input of one line without a frame, whose cursor stands still: blinking costs a kilobyte a second, for ever."""

    # On a theme of the sixteen colours Textual takes the terminal's own, whatever the theme says.
    DEFAULT_CSS = """
    PlainInput:ansi { background: $background; color: $foreground; }
    PlainInput:ansi > .input--cursor { background: $input-cursor-background; color: $input-cursor-foreground; }
    """

    def __init__(self, text: str, placeholder: str, id: str | None = None) -> None:
        super().__init__(text, placeholder=placeholder, id=id, select_on_focus=True)
        self.cursor_blink = False

    def validate_value(self, value: str) -> str:
        """Write out what a terminal would obey: a paste may hold escapes."""
        return "".join(map(escaped, value))

    def render_line(self, y: int) -> Strip:
        """Return the line to its end: where only an underline shows the field, an empty one shows too."""
        return super().render_line(y).extend_cell_length(self.size.width, self.rich_style)


class FieldInput(PlainInput):
    """The input of one declared field.

    Parameters
    ----------
    field : Field
        What it takes.
    text, placeholder : str
        What stands in it, and what is shown where nothing does.
    start : callable
        Returns the text that a nudge starts from in an empty field.
    solvable : bool
        Whether ``=`` asks for what is typed here to be solved for.
    """

    DEFAULT_CSS = f"""
    FieldInput {{ height: 1; border: none; padding: 0; width: 1fr; background: $surface; margin: 0 1 0 {LABEL_WIDTH}; }}
    FieldInput:focus {{ border: none; background: $surface; text-style: underline; }}
    FieldInput > .input--placeholder {{ color: $muted; }}
    FieldInput:ansi {{ text-style: underline; }}
    FieldInput.-wrong {{ color: $error; text-style: reverse; }}
    FieldInput.-wrong:ansi > .input--cursor {{ text-style: not reverse; }}
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        bound("field.leave", "app.leave"),
        bound("field.next", "app.focus_next"),
        bound("field.previous", "app.focus_previous"),
        bound("field.up", "nudge(1.1, -1)"),
        bound("field.down", "nudge(0.9090909090909091, 1)"),
        bound("field.double", "nudge(2.0, -1)"),
        bound("field.halve", "nudge(0.5, 1)"),
        bound("field.ten-times", "nudge(10.0, -1)"),
        bound("field.tenth", "nudge(0.1, 1)"),
        bound("field.solve", "solve"),
    ]

    def __init__(
        self, field: Field, text: str, placeholder: str, id: str, *, start: Callable[[], str], solvable: bool = False
    ) -> None:
        super().__init__(text, placeholder, id)
        self.field = field
        self._start = start
        self._solvable = solvable

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

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Whether the field takes a key as text: all that is printable but the one for help."""
        if character == "=" and self._solvable:
            return False
        return character != "?" and super().check_consume_key(key, character)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to solve only where there is something to solve for."""
        return self._solvable if action == "solve" else super().check_action(action, parameters)

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        """Paint again; but no text makes a field of one line wider, and to lay all out again takes half a keystroke."""
        if layout and self.size.width:
            layout = False
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def put(self, text: str) -> None:
        """Show a text that the scenario holds already."""
        if self.value != text:
            with self.prevent(Input.Changed):
                self.value = text
            self.cursor_position = len(text) if self.has_focus else 0

    def action_nudge(self, factor: float, step: int) -> None:
        """Make it more or less by a factor; a choice goes to the one before or the next."""
        choice = self.field.unit in (CHOICE, FLAG)
        text = self.value
        self.value = turned(self.field, text, step) if choice else nudged(self.field, text, factor, self._start())
        self.cursor_position = len(self.value)

    async def action_solve(self) -> None:
        """Have this field solved for, by the others."""
        await self.run_action(f"app.solve_for('{self.field.name}')")


class FieldGrid(Grid):
    """Fields in columns. The grid paints the labels itself: a widget each would double the time to first paint."""

    DEFAULT_CSS = """
    FieldGrid {
        grid-size: 3; grid-rows: 1; height: auto; max-height: 34%; overflow-y: auto; scrollbar-size-vertical: 1;
    }
    FieldGrid.-narrow { grid-size: 2; }
    """

    def __init__(self, *, classes: str | None = None) -> None:
        super().__init__(classes=classes)
        self._tags: dict[str, str] = {}
        self._letters: dict[str, str] = {}
        self._drawn: tuple[object, ...] = ()
        self._strips: list[Strip] = []

    def on_resize(self) -> None:
        """Take two columns where a third would leave no room to type."""
        self.set_class(self.size.width < 3 * (LABEL_WIDTH + 9), "-narrow")

    def show_tags(self, tags: dict[str, str]) -> None:
        """Show words behind the labels of fields, by name."""
        if tags != self._tags:
            self._tags = tags
            self.refresh()

    def show_letters(self, letters: dict[str, str]) -> None:
        """Show letters on the labels of fields, by name, to jump there."""
        if letters != self._letters:
            self._letters = letters
            self.refresh()

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return the lines of labels that lie under the inputs."""
        key = self._look()
        if key != self._drawn:
            self._drawn = key
            background, filters = self.background_colors[1], self.get_line_filters()
            self._strips = [self._labels(y) for y in range(self.size.height)]
            for line_filter in filters:
                self._strips = [strip.apply_filter(line_filter, background) for strip in self._strips]
        return [self._strips[y].crop(crop.x, crop.right) for y in range(crop.y, crop.bottom)]

    def _look(self) -> tuple[object, ...]:
        """Return all that the labels depend on; where a child was not laid out yet it is like nothing before."""
        last = self.children[-1].region if self.children else None
        focused = self.app.focused
        within = focused if isinstance(focused, FieldInput) and focused.parent is self else None
        tags, letters = tuple(self._tags.items()), tuple(self._letters.items())
        return self.region, self.scroll_offset, last, within, tags, letters, self.app.theme

    def _labels(self, y: int) -> Strip:
        style = self.rich_style
        segments: list[Segment] = []
        at = 0
        for child in self.children:
            if isinstance(child, FieldInput) and child.region.y - self.region.y == y:
                start = child.region.x - self.region.x - LABEL_WIDTH
                segments.append(Segment(" " * (start - at), style))
                focused = Style(bold=True) if child.has_focus else Style()
                label, tag = child.field.label, self._tags.get(child.field.name, "")
                label = f"{label} {tag}"[: LABEL_WIDTH - 1].ljust(LABEL_WIDTH - 1)
                segments.append(Segment(label, style + focused))
                letter = self._letters.get(child.field.name)
                marked = style if letter is None else style + Style(reverse=True, bold=True)
                segments.append(Segment(letter or " ", marked))
                at = start + LABEL_WIDTH
        segments.append(Segment(" " * (self.size.width - at), style))
        return Strip(segments, self.size.width)
