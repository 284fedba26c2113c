"""A text over the app, to read and to close: the help, and every number explained."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget

from scaletui.bindings import bound
from scaletui.screens.dialog import Dialog
from scaletui.widgets.lines import LineView

_HEADING = re.compile(r"[A-Z ]{4,}(\(.*\))?")


class TextScreen(Dialog[None]):
    """Shows a text that scrolls, laid out for the width there is."""

    FOOT = "arrows, pages: read   tab: next heading   q: close"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,question_mark,f1", "close", "Close", show=False),
        bound("dialog.heading", "heading(1)"),
        bound("dialog.heading-before", "heading(-1)"),
    ]

    def __init__(self, title: str, text: Callable[[int], str]) -> None:
        super().__init__(title)
        self._text = text

    def inside(self) -> Iterable[Widget]:
        """Return lines without a cursor."""
        return [LineView(selectable=False, id="text")]

    def show(self) -> None:
        """Lay the text out."""
        lines = self._text(self.columns).splitlines()
        under = [*lines[1:], ""]
        heads = [
            bool(_HEADING.fullmatch(line)) or set(below) == {"="} for line, below in zip(lines, under, strict=True)
        ]
        self.lines.set_lines([("head" if head else "", line, "") for head, line in zip(heads, lines, strict=True)])
        self.call_after_refresh(self._tell_place)

    def on_mount(self) -> None:
        """Follow what is scrolled, too."""
        super().on_mount()
        self.watch(self.lines, "scroll_y", self._tell_place, init=False)

    def _tell_place(self) -> None:
        """Say which lines are in sight, where that is not all."""
        top, height, all_lines = round(self.lines.scroll_y), self.lines.size.height, len(self.lines.lines)
        place = f"   {top + 1}-{min(top + height, all_lines)} of {all_lines}" if height < all_lines else ""
        self.say(foot=self.FOOT + place)

    def action_heading(self, step: int) -> None:
        """Scroll to the next heading, or to the one before."""
        top = round(self.lines.scroll_y)
        heads = [index for index, (style, _, _) in enumerate(self.lines.lines) if style == "head"]
        beyond = [index for index in heads if (index - top) * step > 0]
        if beyond or step < 0:
            self.lines.scroll_to(y=beyond[0 if step > 0 else -1] if beyond else 0, animate=False)
