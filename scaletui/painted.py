"""An app that writes to the terminal only what changes, in the colours and characters that the terminal shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import RenderableType
from textual import events
from textual._ansi_sequences import SYNC_END, SYNC_START
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App
from textual.filter import LineFilter
from textual.screen import Screen
from textual.widgets import Input

from scaletui import terminal
from scaletui.lasting import LastingDriver
from scaletui.painting import Painter
from scaletui.render.plot import Glyphs

_TORN = 400  # bytes; fewer come in one piece


class Painted(App[None]):
    """A Textual app whose updates go through a `scaletui.painting.Painter`.

    Parameters
    ----------
    glyphs : str or None
        What lines are drawn with; None for what the terminal shows.
    colors : str or None
        How many colours may be used; None for what the terminal has.
    """

    def __init__(self, glyphs: Glyphs | None = None, colors: terminal.Colors | None = None) -> None:
        super().__init__(LastingDriver)
        self.animation_level = "none"
        self.glyphs: Glyphs = glyphs or ("braille" if terminal.unicode_shown() else "ascii")
        self.color_count: terminal.Colors = colors or terminal.colors(True)
        self._narrowing = _narrowing(self.glyphs)
        self._painter = Painter(self.color_count, erases=terminal.erases_in_color())

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Return what every line passes through before it is painted."""
        return [*super().get_line_filters(), *self._narrowing]

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        """Write to the terminal what an update changes, and nothing where it changes nothing."""
        driver = self._driver
        if driver is None or driver.is_headless or not isinstance(renderable, LayoutUpdate | ChopsUpdate):
            super()._display(screen, renderable)
            return
        if self._batch_count or not self._running or self._closed:
            return
        written = self._painter.paint(renderable, self.size)
        if not written:
            return
        if isinstance(self.focused, Input):
            written += self._painter.move(*self.cursor_position)
        synchronised = self._sync_available and len(written) > _TORN
        driver.write(f"{SYNC_START}{written}{SYNC_END}" if synchronised else written)
        driver.flush()

    def action_redraw(self) -> None:
        """Paint the whole screen again, whatever stands there."""
        self._painter.reset()
        self.screen.refresh()

    async def on_event(self, event: events.Event) -> None:
        """Forget what stands on a terminal that changes its size: what it makes of its lines then is its own affair."""
        if isinstance(event, events.Resize):
            self._painter.reset()
        await super().on_event(event)


def _narrowing(glyphs: Glyphs) -> list[LineFilter]:
    """Return what all lines pass through on a terminal that shows ASCII alone."""
    if glyphs != "ascii":
        return []
    from scaletui.widgets.filters import AsciiOnly

    return [AsciiOnly()]
