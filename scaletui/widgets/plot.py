"""The plot as a widget: the canvas of :mod:`scaletui.render.plot`, with zoom, pan and a cursor."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any, ClassVar, get_args

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from scaletui.bindings import bound
from scaletui.render.plot import PALETTE, Canvas, Glyphs, Plot, View, draw, readout
from scaletui.render.ticks import Scale, shown, to_data
from scaletui.terminal import colors

# The palette at a luminance of 0.2 at most: three to one against the grey of Textual's light theme (#E0E0E0).
_ON_LIGHT = ("#A67100", "#3D83AA", "#008D66", "#857E20", "#0072B2", "#CC5900", "#AC658C", "#7C7C7C")
# The sixteen colours differ by terminal; none of these is the ground of one.
_ANSI = ("bright_red", "cyan", "green", "yellow", "bright_blue", "red", "magenta", None)
STAND = (*View._fields, "cursor")
"""What `PlotView.stand` tells."""
_ZOOM = 0.8
_PAN = 0.1


class PlotView(Widget, can_focus=True):
    """Draws a :class:`~scaletui.render.plot.Plot`; only what changed is painted again."""

    DEFAULT_CSS = """
    PlotView { height: 1fr; }
    PlotView:focus { background-tint: $foreground 5%; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        bound("plot.zoom-in", "zoom(1)"),
        bound("plot.zoom-out", "zoom(-1)"),
        bound("plot.left", "pan(-1, 0)"),
        bound("plot.right", "pan(1, 0)"),
        bound("plot.up", "pan(0, 1)"),
        bound("plot.down", "pan(0, -1)"),
        bound("plot.cursor-left", "move_cursor(-1)"),
        bound("plot.cursor-right", "move_cursor(1)"),
        bound("plot.reset", "reset"),
        bound("plot.glyphs", "glyphs"),
    ]

    def __init__(
        self,
        plot: Plot | None = None,
        *,
        glyphs: Glyphs = "braille",
        name: str | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._plot = plot
        self._able = self._glyphs = glyphs
        self._view = View()
        self._cursor: float | None = None
        self._canvas = Canvas([])
        self._drawn = Size(0, 0)
        self._stale = True
        self._sixteen = colors(True) == "16"

    @property
    def plot(self) -> Plot | None:
        """The plot that is shown."""
        return self._plot

    @property
    def cursor(self) -> float | None:
        """Where the cursor stands on the x axis [data units]."""
        return self._cursor

    @property
    def view(self) -> View:
        """The part of the plane that is shown; ``None`` for the ends that come from the plot."""
        return self._view

    @property
    def glyphs(self) -> Glyphs:
        """The characters lines are drawn in: ``braille``, ``half`` or ``ascii``."""
        return self._glyphs

    @glyphs.setter
    def glyphs(self, glyphs: Glyphs) -> None:
        if glyphs not in get_args(Glyphs):
            raise ValueError(f"glyphs is {glyphs!r}; it may be one of {', '.join(get_args(Glyphs))}")
        if glyphs != self._glyphs:
            self._glyphs = glyphs
            self._update()

    def set_plot(self, plot: Plot) -> None:
        """Show ``plot``. The view is kept while the axes are the same ones; the cursor while the x axis is."""
        before, self._plot = self._plot, plot
        if before is not None:
            if before.x[:3] != plot.x[:3]:
                self._cursor = None
            if (before.x[:3], before.y[:3]) != (plot.x[:3], plot.y[:3]):
                self._view = View()
        if plot is not before:
            self._update()

    @property
    def text(self) -> tuple[str, ...]:
        """The rows of the plot as it stands, without colours."""
        return tuple("".join(text for _, text in row) for row in self._canvas.rows)

    def stand(self) -> dict[str, float | None]:
        """Return which part of the plane is shown, and where the cursor is."""
        return {**self._view._asdict(), "cursor": self._cursor}

    def set_stand(self, stand: Mapping[str, Any]) -> None:
        """Show the part of the plane that `stand` told; what is no number is passed over."""
        numbers = {key: value for key, value in stand.items() if isinstance(value, int | float) and isfinite(value)}
        self._view = View(*(numbers.get(key) for key in View._fields))
        self._cursor = numbers.get("cursor")
        self._update()

    def readout(self) -> list[tuple[str, float | None]]:
        """Return the y of each series at the cursor; nothing without a cursor."""
        return [] if self._plot is None or self._cursor is None else readout(self._plot, self._cursor)

    def styles_for(self, style_id: str) -> Style:
        """Return the style of a style id of the canvas.

        Axes and text keep the foreground: a dimmed one vanishes in 16 colours. Colours fit the theme's lightness.
        """
        theme = self.app.current_theme
        if style_id.startswith("line"):
            palette = _ANSI if theme.ansi or self._sixteen else PALETTE if theme.dark else _ON_LIGHT
            return Style(color=palette[int(style_id[4:])])
        if style_id == "grid":
            return Style(color="#808080")
        return Style(bold=style_id in ("title", "own", "cursor") or (style_id == "axis" and self.has_focus))

    def render_line(self, y: int) -> Strip:
        """Return a row of the canvas."""
        if self._stale or self._drawn != self.size:
            self._draw()
        if y >= len(self._canvas.rows):
            return Strip.blank(self.size.width, self.rich_style)
        base = self.rich_style
        segments = [Segment(text, base + self.styles_for(style_id)) for style_id, text in self._canvas.rows[y]]
        return Strip(segments, self._drawn.width)

    def on_mount(self) -> None:
        """Follow the theme: colours depend on whether it is dark."""
        self.app.theme_changed_signal.subscribe(self, lambda _: self.refresh())

    def on_click(self, event: events.Click) -> None:
        """Put the cursor where the pointer is."""
        offset = event.get_content_offset(self)
        canvas, scale = self._canvas, self._canvas.x
        if offset is not None and scale is not None and 0 <= offset.x - canvas.left < canvas.columns:
            self._cursor = scale.value((offset.x - canvas.left + 0.5) / canvas.columns)
            self._update()

    def action_zoom(self, direction: int) -> None:
        """Zoom in (1) or out (-1): around the cursor and the first series there, or the centre."""
        x, y = self._canvas.x, self._canvas.y
        if x is None or y is None:
            return
        at_x = at_y = 0.5
        if self._cursor is not None and 0 <= x.fraction(self._cursor) <= 1:
            at_x = x.fraction(self._cursor)
            heights = [y.fraction(value) for _, value in self.readout() if value is not None]
            at_y = next((height for height in heights if 0 <= height <= 1), 0.5)
        factor = _ZOOM**direction
        self._set_view(*((at * (1 - factor), at * (1 - factor) + factor) for at in (at_x, at_y)))

    def action_pan(self, right: int, up: int) -> None:
        """Move the view by a tenth of its size."""
        self._set_view(*((_PAN * steps, 1 + _PAN * steps) for steps in (right, up)))

    def action_move_cursor(self, cells: int) -> None:
        """Move the cursor by cells; the first move puts it in the middle."""
        scale, columns = self._canvas.x, self._canvas.columns
        if scale is None:
            return
        at = columns // 2
        if self._cursor is not None:
            at = min(max(int(scale.fraction(self._cursor) * columns) + cells, 0), columns - 1)
        self._cursor = scale.value((at + 0.5) / columns)
        self._update()

    def action_reset(self) -> None:
        """Show the whole plot again, without a cursor."""
        self._view, self._cursor = View(), None
        self._update()

    def action_glyphs(self) -> None:
        """Draw with the next characters: braille, half blocks, ASCII; on a terminal that shows ASCII alone, nothing."""
        if self._able != "ascii":
            known = get_args(Glyphs)
            self.glyphs = known[(known.index(self._glyphs) + 1) % len(known)]

    def _set_view(self, x: tuple[float, float], y: tuple[float, float]) -> None:
        """Show these fractions of what is shown, unless no axis could."""
        if self._canvas.x is None or self._canvas.y is None:
            return
        ends = (*_part(self._canvas.x, x), *_part(self._canvas.y, y))
        if None not in ends:
            self._view = View(*ends)
            self._update()

    def _update(self) -> None:
        """Draw again, and have the rows painted that came out different."""
        if self._stale or self._drawn != self.size or not self.is_on_screen:
            self._stale = True
            self.refresh()
            return
        before = self._canvas.rows
        self._draw()
        start: int | None = None
        changed = [old != new for old, new in zip(before, self._canvas.rows, strict=True)]
        for y, differs in enumerate((*changed, False)):
            if differs and start is None:
                start = y
            elif not differs and start is not None:
                self.refresh(Region(0, start, self.size.width, y - start))
                start = None

    def _draw(self) -> None:
        plot = self._plot
        self._drawn = self.size
        self._stale = False
        self._canvas = (
            Canvas([[("text", " " * self.size.width)] for _ in range(self.size.height)])
            if plot is None
            else draw(plot, *self.size, glyphs=self._glyphs, cursor=self._cursor, view=self._view)
        )


def _part(scale: Scale, ends: tuple[float, float]) -> tuple[float | None, float | None]:
    """Return the data values at two fractions of a scale; ``None`` if they lie too close or too far to be shown."""
    low, high = (scale.low + (scale.high - scale.low) * end for end in ends)
    room = 1e-4 if scale.log else 1e-4 * max(abs(low), abs(high))
    values = to_data(low, scale.log), to_data(high, scale.log)
    fine = high - low > room and all(shown(value, scale.log) for value in values)
    return values if fine else (None, None)
