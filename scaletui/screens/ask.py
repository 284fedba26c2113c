"""A line to type into: a name, or what to look for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Static

from scaletui.bindings import bound
from scaletui.screens.dialog import Dialog
from scaletui.widgets.field import PlainInput


class LineInput(PlainInput):
    """A line of a dialog."""

    DEFAULT_CSS = """
    LineInput { height: 1; border: none; padding: 0; background: $boost; text-style: underline; }
    LineInput:focus { border: none; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [bound("prompt.take", "screen.take")]

    def __init__(self, text: str = "", placeholder: str = "") -> None:
        super().__init__(text, placeholder)


class AskScreen(Dialog[str]):
    """Asks for one line.

    Parameters
    ----------
    title : str
        What is asked.
    text : str
        What stands there to begin with.
    check : callable
        Returns what is wrong with a text, or nothing.
    """

    FOOT = "enter: take   ctrl+g: leave"
    BINDINGS: ClassVar[list[BindingType]] = [bound("prompt.leave", "close")]

    def __init__(self, title: str, text: str, check: Callable[[str], str]) -> None:
        super().__init__(title)
        self._text = text
        self._check = check

    def inside(self) -> Iterable[Widget]:
        """Return the line, and a place for what is wrong with it."""
        return [LineInput(self._text), Static("", classes="dialog-said", markup=False)]

    @property
    def start(self) -> Widget:
        """The line."""
        return self.query_one(LineInput)

    def action_take(self) -> None:
        """Return the text if nothing is wrong with it."""
        text = self.query_one(LineInput).value.strip()
        wrong = self._check(text)
        if wrong:
            self.query_one(".dialog-said", Static).update(wrong)
        else:
            self.dismiss(text)
