"""Export a pane: numbers as json, csv or md, the plot as text, the screen as SVG."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from scaletui import export
from scaletui.panes.base import Shown
from scaletui.screens.dialog import Dialog
from scaletui_core.errors import ScaletuiError
from scaletui_core.presets import Catalog

_WORDS = {
    "json": "every row in full precision and base units, with notes and provenance",
    "csv": "the rows alone, for a spreadsheet",
    "md": "a table for a page",
    "txt": "the plot as text",
    "svg": "the screen as a picture",
}


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
        self._stem, self._folder = export.stem_of(title), folder
        self._exports = export.exports(shown.answer, catalog, shown.plot or None, picture)

    def show(self) -> None:
        """Show the kinds."""
        self.lines.set_lines([("", f"{kind:<6} {_WORDS[kind]}", kind) for kind in self._exports])

    def action_save(self) -> None:
        """Save what is under the cursor as a file."""
        kind = self.lines.about
        try:
            path = export.save(kind, self._exports[kind](), self._folder, self._stem)
        except ScaletuiError as error:
            self.say(foot=str(error).partition("\n")[0])
        else:
            self.say(foot=f"saved {path}   q: close")

    def action_copy(self) -> None:
        """Send what is under the cursor to the clipboard."""
        try:
            text = self._exports[self.lines.about]()
            export.clip(text)  # whether a terminal would take it
        except ScaletuiError as error:
            self.say(foot=str(error).partition("\n")[0])
            return
        self.app.copy_to_clipboard(text)
        self.say(foot=f"sent {len(text):,} characters to the clipboard, if the terminal takes them   q: close")
