"""The command that prints a pane: copied, shown so that it can be selected, and saved where that is asked for."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from scaletui import export
from scaletui.render.words import wrapped
from scaletui.screens.dialog import Dialog
from scaletui_core.errors import ScaletuiError


class CopyScreen(Dialog[None]):
    """Shows a command.

    Parameters
    ----------
    commands : list of str
        As a shell takes them: what prints the numbers, behind what draws the figure, where one is shown.
    folder : str
        Where a file of the first goes.
    broken : list of str
        Parts whose fields make no sense as they stand.
    """

    FOOT = "s: save it as a file   q: close"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("s", "save", "Save"), Binding("enter,y", "close", show=False)]

    def __init__(self, commands: list[str], folder: str, broken: list[str]) -> None:
        super().__init__("The command that prints this pane")
        self._commands, self._folder, self._broken = commands, folder, broken

    def show(self) -> None:
        """Show the command, broken as a shell takes it, and how it was copied."""
        lines = [("", "", "")]
        for command in self._commands:
            lines += [("", line, "") for line in broken(command, self.columns)] + [("", "", "")]
        said: tuple[str, ...] = (
            f"{'It' if len(self._commands) == 1 else 'The first'} was sent to the clipboard (OSC 52). Not every "
            "terminal takes that, and tmux only with `set -g set-clipboard on`: then select it above, with shift held "
            "where the mouse is taken.",
            "With --format json, csv or md the numbers are printed in full.",
        )
        if self._broken:
            said = (f"A field of {', '.join(self._broken)} makes no sense: this is the last good answer.", *said)
        told = [line for text in said for line in wrapped(text, self.columns, "")]
        self.lines.set_lines(lines + [("quiet", text, "") for text in told])

    def action_save(self) -> None:
        """Save the command as a file."""
        try:
            path = export.save("sh", self._commands[0] + "\n", self._folder, "scaletui")
        except ScaletuiError as error:
            self.say(foot=str(error).partition("\n")[0])
        else:
            self.say(foot=f"saved {path}   q: close")


def broken(command: str, width: int) -> list[str]:
    r"""Return a command in lines of a width; all but the last end as a shell goes on.

    >>> broken("scaletui calc --flops 5.76e23", 20)
    ['scaletui calc \\', '  --flops 5.76e23']
    """
    lines: list[str] = []
    line = ""
    for word in _words(command):
        if line and len(line) + 1 + len(word) > width - 2:
            lines.append(line + " \\")
            line = f"  {word}"
        else:
            line = f"{line} {word}" if line else word
    return [*lines, line]


def _words(command: str) -> list[str]:
    """Return the words of a command with their quotes, an option together with its text."""
    words: list[str] = []
    quoted = False
    for piece in command.split(" "):
        if quoted or (words and words[-1].startswith("--") and " " not in words[-1] and not piece.startswith("--")):
            words[-1] += f" {piece}"
        else:
            words.append(piece)
        quoted = quoted ^ (piece.count("'") % 2 == 1)
    return words
