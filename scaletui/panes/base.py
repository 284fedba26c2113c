"""What every pane is: a title, a place in the order, help, and a way to show the scenario."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual.containers import Vertical

from scaletui.scenario import Scenario

if TYPE_CHECKING:
    from scaletui.app import ScaletuiApp


class Pane(Vertical):
    """One pane of the app.

    Attributes
    ----------
    TITLE : str
        Name on the tab.
    ORDER : int
        Place among the tabs, which is also its key.
    HELP : str
        What the pane is for and what its keys do, for the help screen.
    """

    TITLE: ClassVar[str] = ""
    ORDER: ClassVar[int] = 99
    HELP: ClassVar[str] = ""

    @property
    def host(self) -> ScaletuiApp:
        """The app, whose scenario the panes share."""
        return cast("ScaletuiApp", self.app)

    def show_scenario(self, scenario: Scenario) -> None:
        """Show the scenario; called when it changed and the pane is in sight, and when the pane comes into sight."""
        raise NotImplementedError

    def focus_first(self) -> None:
        """Put the focus where work in this pane starts."""
