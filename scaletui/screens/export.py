"""Export a pane: numbers as json, csv or md, the plot as text, the screen as SVG."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from scaletui import export
from scaletui.panes.base import Shown
from scaletui.screens.dialog import Dialog
from scaletui_core.errors import ScaletuiError
from scaletui_core.presets import Catalog


class ExportScreen(Dialog[None]):
    """A list of what can be saved.

    Parameters
    ----------
    title : str
        Of the pane.
    shown : Shown
        What it shows.
    picture : str
        The screen as SVG.
    catalog : Catalog
        Presets, to name sources by.
    folder : str
        Where files go.
    """

    FOOT = "enter: save   y: copy   q: close"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "save", "Save", priority=True),
        Binding("y", "copy", "Copy"),
    ]

    def __init__(self, title: str, shown: Shown, picture: str, catalog: Catalog, folder: str) -> None:
        super().__init__(f"Export {title} into {folder}")
        self._stem, self._folder = f"scaletui-{title.lower()}", folder
        self._exports = {one.kind: one for one in export.exports(shown.answer, catalog, shown.plot or None, picture)}

    def show(self) -> None:
        """Show the kinds."""
        self.lines.set_lines([("", f"{kind:<6} {one.words}", kind) for kind, one in self._exports.items()])

    def action_save(self) -> None:
        """Save what is under the cursor as a file."""
        one = self._exports[self.lines.about]
        try:
            path = export.save(one.kind, one.text(), self._folder, self._stem)
        except ScaletuiError as error:
            self.say(foot=str(error).partition("\n")[0])
        else:
            self.say(foot=f"saved {path}   q: close")

    def action_copy(self) -> None:
        """Send what is under the cursor to the clipboard."""
        one = self._exports[self.lines.about]
        text = one.text()
        self.app.copy_to_clipboard(text)
        self.say(foot=f"sent {len(text):,} characters to the clipboard, if the terminal takes them   q: close")
