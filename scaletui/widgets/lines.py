"""Lines of styled text that scroll, with a cursor line; only lines that changed are painted again."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.binding import BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from scaletui.bindings import bound
from scaletui.render.words import TextLine
from scaletui_core.safetext import cut


class LineView(ScrollView, can_focus=True):
    """Shows lines; those about something can be chosen with the arrow keys."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"lines--head", "lines--quiet", "lines--differs"}
    DEFAULT_CSS = """
    LineView > .lines--head { text-style: bold; color: $primary; }
    LineView > .lines--quiet { color: $muted; }
    LineView > .lines--differs { text-style: bold; color: $accent; }
    LineView {
        height: 1fr; overflow-x: hidden;
        scrollbar-gutter: stable; scrollbar-size-horizontal: 0; scrollbar-size-vertical: 1;
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        bound("lines.up", "move(-1)"),
        bound("lines.down", "move(1)"),
        bound("lines.page-up", "page(-1)"),
        bound("lines.page-down", "page(1)"),
        bound("lines.top", "end(-1)"),
        bound("lines.bottom", "end(1)"),
    ]

    class Moved(Message):
        """The cursor is on another line."""

    def __init__(
        self, *, selectable: bool = True, always: bool = False, id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._lines: list[TextLine] = []
        self._selectable = selectable
        self._always = always  # the cursor shows even where the keys go elsewhere
        self._at = -1

    @property
    def lines(self) -> list[TextLine]:
        """The lines that are shown."""
        return self._lines

    def choose(self, about: str) -> None:
        """Put the cursor on the first line about something, if there is one."""
        index = next((n for n, line in enumerate(self._lines) if line[2] == about), None)
        if index is not None and self._selectable:
            self._go(index)

    @property
    def about(self) -> str:
        """What the cursor line is about; empty without one."""
        return self._lines[self._at][2] if 0 <= self._at < len(self._lines) else ""

    def set_lines(self, lines: list[TextLine]) -> None:
        """Show other lines, painting only those that differ."""
        before, at, about = self._lines, self._at, self.about
        self._at = self._cursor(lines)
        self._lines = lines
        if len(before) != len(lines):
            self.virtual_size = Size(self.size.width, len(lines))
            self.refresh()
        else:
            for index, (old, new) in enumerate(zip(before, lines, strict=True)):
                if old != new or (index in (at, self._at) and at != self._at):
                    self.refresh_line(index)
        if about and about != self.about and len(before) != len(lines):  # all else than before
            self.scroll_to(y=0, animate=False)
        elif at != self._at and min(at, self._at) >= 0:
            self._reveal()

    def _cursor(self, lines: list[TextLine]) -> int:
        """Return where the cursor belongs: on what it was on, else on the first line of the table, or of all."""
        able = {index: line[2] for index, line in enumerate(lines) if line[2]} if self._selectable else {}
        if able.get(self._at) == self.about:
            return self._at
        again = [index for index, about in able.items() if about == self.about]
        if not again and self._at in able and len(lines) == len(self._lines):
            return self._at
        head = next((index for index, line in enumerate(lines) if line[0] == "head"), -1)
        return next(iter([*again, *(index for index in able if index > head), *able]), -1)

    def render_line(self, y: int) -> Strip:
        """Return one line of the view."""
        index = y + self.scroll_offset.y
        width = self.scrollable_content_region.width
        if not 0 <= index < len(self._lines):
            return Strip.blank(width, self.rich_style)
        style_id, text, _ = self._lines[index]
        style = self.get_component_rich_style(f"lines--{style_id}") if style_id else self.rich_style
        if index == self._at and (self.has_focus or self._always):
            style += Style(reverse=True)
        return Strip([Segment(cut(text, width).ljust(width), style)], width)

    def on_focus(self) -> None:
        """Show the cursor line."""
        self.refresh_line(self._at)

    def on_blur(self) -> None:
        """Hide the cursor line."""
        self.refresh_line(self._at)

    def action_move(self, step: int) -> None:
        """Move the cursor to the next line about something, or scroll."""
        index = self._at + step
        while self._selectable and 0 <= index < len(self._lines):
            if self._lines[index][2]:
                self._go(index)
                return
            index += step
        self.scroll_relative(y=step, animate=False)

    def _go(self, index: int) -> None:
        old, self._at = self._at, index
        self.refresh_line(old)
        self.refresh_line(index)
        self._reveal()
        self.post_message(self.Moved())

    def _reveal(self) -> None:
        """Scroll to the cursor where it is out of sight."""
        index, top, height = self._at, self.scroll_offset.y, self.size.height
        if index < top:
            self.scroll_to(y=index, animate=False)
        elif index >= top + height:
            self.scroll_to(y=index - height + 1, animate=False)

    def action_page(self, step: int) -> None:
        """Scroll by a page."""
        self.scroll_relative(y=step * max(self.size.height - 1, 1), animate=False)
        self.call_after_refresh(self._follow)

    def _follow(self) -> None:
        """Bring the cursor to the nearest line in sight that can be chosen."""
        top, bottom = self.scroll_offset.y, self.scroll_offset.y + self.size.height
        able = [n for n in range(top, min(bottom, len(self._lines))) if self._lines[n][2]] if self._selectable else []
        if able and not top <= self._at < bottom:
            self._go(able[0] if self._at < top else able[-1])

    def action_end(self, side: int) -> None:
        """Scroll to the top or the bottom."""
        able = [index for index, line in enumerate(self._lines) if line[2]] if self._selectable else []
        if able:
            self._go(able[0] if side < 0 else able[-1])
        self.scroll_to(y=0 if side < 0 else len(self._lines), animate=False)
