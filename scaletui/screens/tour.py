"""The tour: four screens for the first start, to be called back from the palette."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from scaletui.render.words import wrapped
from scaletui.screens.dialog import Dialog

PAGES = (
    (
        "What this is",
        """\
scaletui turns a compute budget into the language model it should train, and follows what that model could do.

You start with one question: what should be trained with C = 5.76e23 FLOP (Gopher's budget)? The first pane, Budget,
answers it under every published scaling law at once: the compute-optimal parameters N, training tokens D, the loss to
expect, how far the budget lies beyond the runs that the law was fitted on, and the nearest known model.

C = 6 N D is the compute of training; laws differ in how they split it.""",
    ),
    (
        "Panes follow from each other",
        """\
Keys 1 to 9 turn to the panes: Budget; Frontier (N, D and loss against C, plotted); Emergence (abilities seen by this
scale); Speed (how fast the model thinks beside a person); Copies (how many could run on the compute that trained it);
Learning (what they learn together in a day); Batch; Fit (a law of your own training runs); Benchmark (how fast a model
writes here, measured).

Change the budget and all of them follow. A field that shows a value such as 72.2B (budget) inherits it; type into
it to pin a value of your own, empty it to follow again.""",
    ),
    (
        "Fields",
        """\
/ goes to the first field, tab to the next, enter back to the results. f puts a letter on each field: type it to go
there. Quantities are typed as people write them: 70B, 1.4T, 5.76e23, 512xH100, 30d, 40%, $10M.

up and down change a value by 10%, shift with them by 2, page up and page down by 10. A range such as 1e23..1e25 is an
uncertain value (its central 90%): every answer then has an interval. u undoes, whatever it was.""",
    ),
    (
        "Where numbers come from, and how they leave",
        """\
e explains the line under the cursor: the formula, the numbers put in, the law's range of validity, the source with
table or equation, and where sources contradict each other. p plots, v chooses laws.

y gives the command that prints the same pane, x exports it, o keeps scenarios. Everything is as you left it when you
come back, even when the connection drops. ? is the help of the pane you are in, : finds any action by name.""",
    ),
)


class Tour(Dialog[None]):
    """Pages to read one after the other."""

    FOOT = "enter, space: next   b: back   q: skip   (: and 'tour' brings it back)"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,space,right,n", "turn(1)", "Next", priority=True),
        Binding("b,left,backspace", "turn(-1)", "Back", priority=True),
    ]

    def __init__(self) -> None:
        super().__init__(PAGES[0][0])
        self._page = 0

    def takes(self, key: str) -> bool:
        """Whether a key is one of the tour; all others go on to the app, which is never in the way of a person."""
        return key in ("enter", "space", "right", "n", "b", "left", "backspace", "q", "escape", "up", "down", "ctrl+c")

    def show(self) -> None:
        """Show the page."""
        title, text = PAGES[self._page]
        self.say(f"{title} ({self._page + 1} of {len(PAGES)})")
        lines: list[str] = [""]
        for part in text.split("\n\n"):
            lines += [*wrapped(" ".join(part.split()), self.columns, ""), ""]
        self.lines.set_lines([("", line, "") for line in lines])

    def action_turn(self, step: int) -> None:
        """Turn the page; after the last one the tour is over."""
        if self._page + step == len(PAGES):
            self.dismiss(None)
            return
        self._page = max(self._page + step, 0)
        self.show()
