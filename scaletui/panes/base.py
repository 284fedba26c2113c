"""What every pane is: a title, a place in the order, help, and a way to show the scenario."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual.containers import Vertical

from scaletui.scenario import Scenario
from scaletui_core.answer import Answer

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
    PART : str
        The part of the scenario that it shows, one of `scaletui_core.calculator.PARTS`.
    """

    TITLE: ClassVar[str] = ""
    ORDER: ClassVar[int] = 99
    HELP: ClassVar[str] = ""
    PART: ClassVar[str] = "calc"

    @property
    def host(self) -> ScaletuiApp:
        """The app, whose scenario the panes share."""
        return cast("ScaletuiApp", self.app)

    @property
    def about(self) -> str:
        """What is to be explained: what the line under the cursor is about, or nothing for the whole answer."""
        return ""

    @property
    def answers(self) -> dict[str, Answer]:
        """The answers in sight, whose intervals are wanted where they vary, by what they are of."""
        answer = self.host.scenario.sheet(self.PART).answer
        return {} if answer is None else {self.PART: answer}

    def show_scenario(self, scenario: Scenario) -> None:
        """Show the scenario; called when it changed and the pane is in sight, and when the pane comes into sight."""
        raise NotImplementedError

    def focus_first(self) -> None:
        """Put the focus where work in this pane starts."""
