"""The reference of the app: a Textual app with one label."""

from textual.app import App, ComposeResult
from textual.widgets import Label


class One(App[None]):
    """One label."""

    def compose(self) -> ComposeResult:
        """Yield it."""
        yield Label("label")


if __name__ == "__main__":
    One().run()
