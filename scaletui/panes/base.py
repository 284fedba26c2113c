"""What every pane is: a title, a place in the order, help, and a way to show the scenario."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, cast

from textual.containers import Vertical

from scaletui.render.figures import Figure
from scaletui.scenario import Scenario
from scaletui.sheet import Sheet
from scaletui_core.answer import Answer
from scaletui_core.fields import Field

if TYPE_CHECKING:
    from scaletui.app import ScaletuiApp


class Shown(NamedTuple):
    """What a pane shows, for a command that prints it and for files.

    Attributes
    ----------
    command : list of str
        The words of the command line that prints the same numbers.
    drawing : list of str
        Those that draw the same figure; empty where the pane shows lines.
    answer : Answer
        As that command prints it, with intervals where they are there.
    plot : tuple of str
        The rows of the plot, if one is shown.
    again : tuple of str
        The words of the command that does anew what was only kept; empty where the first one does all.
    """

    command: list[str]
    drawing: list[str]
    answer: Answer
    plot: tuple[str, ...] = ()
    again: tuple[str, ...] = ()


class Pane(Vertical):
    """One pane of the app.

    Attributes
    ----------
    TITLE : str
        Name on the tab.
    ORDER : int
        Place among the tabs, which is also its key.
    HELP : str
        What the pane is for, for the help screen; what its keys do is in the table of keys.
    PART : str
        The part of the scenario that it shows, one of `scaletui_core.calculator.PARTS`; ``fit`` and ``bench`` are none.
    PLACES : tuple of str
        Where the keys of the pane are declared: first parts of their ids.
    CALCULATORS : tuple of str
        Whose numbers it shows, where it is not the one of its part.
    TABLE_FIRST : bool
        Whether the table of an answer comes before the rows that hold for all of it.
    """

    TITLE: ClassVar[str] = ""
    ORDER: ClassVar[int] = 99
    HELP: ClassVar[str] = ""
    PART: ClassVar[str] = "calc"
    PLACES: ClassVar[tuple[str, ...]] = ()
    CALCULATORS: ClassVar[tuple[str, ...]] = ()
    TABLE_FIRST: ClassVar[bool] = False

    @property
    def host(self) -> ScaletuiApp:
        """The app, whose scenario the panes share."""
        return cast("ScaletuiApp", self.app)

    @property
    def sheet(self) -> Sheet:
        """What was typed into the pane's part of the scenario, and its answer."""
        return self.host.scenario.sheet(self.PART)

    @property
    def about(self) -> str:
        """What is to be explained: what the line under the cursor is about, or nothing for the whole answer."""
        return ""

    @property
    def answers(self) -> dict[str, Answer]:
        """The answers in sight, whose intervals are wanted where they vary, by what they are of."""
        answer = self.sheet.answer
        return {} if answer is None else {self.PART: answer}

    @property
    def on_screen(self) -> Answer | None:
        """The answer whose numbers are in sight, its rows in the order in which they are shown."""
        return None

    @property
    def fields(self) -> Sequence[Field]:
        """The fields of the pane, in order."""
        return ()

    @property
    def figures(self) -> Sequence[Figure]:
        """What the answer can be plotted as in place of its lines."""
        return ()

    @property
    def shown(self) -> Shown | None:
        """What the pane shows; None before there is an answer."""
        return None

    def travel(self, back: bool) -> str | None:
        """Take back a change of what is the pane's own, or make it again, and say so; None where it has none."""
        return None

    def show_scenario(self, scenario: Scenario) -> None:
        """Show the scenario; called when it changed and the pane is in sight, and when the pane comes into sight."""
        raise NotImplementedError

    def show_texts(self, scenario: Scenario) -> None:
        """Show the texts of the scenario where they were changed elsewhere than in the fields."""

    def focus_first(self) -> None:
        """Put the focus where work in this pane starts."""

    def view(self) -> dict[str, bool | int | float | str | None]:
        """Return how the pane looks, beyond the scenario, a word or number each: a session keeps it."""
        return {}

    def set_view(self, view: Mapping[str, Any]) -> None:
        """Look as `view` said; called before the pane is mounted, with whatever a file held."""
