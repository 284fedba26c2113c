"""Pane *Learning*: what copies learn together in a day."""

from __future__ import annotations

from scaletui.panes.calculator import CalculatorPane


class LearningPane(CalculatorPane):
    """What copies learn together in a day."""

    TITLE = "Learning"
    ORDER = 6
    PART = "learning"
    FIRST = ("copies", "speed", "critical_batch", "tokens_per_update", "users", "minutes", "loss")
    HELP = """\
How much copies of the model learn together in a day, in years of a person's life, with the copies and the speed of
the panes before; or what users learn it by: Users, and the Minutes of work that each asks for a day. B_crit, or a
loss L whose critical batch counts, is the ceiling: beyond it more copies give less, and the answer says how many are
worth how many. The person beside it is a setting: Human, Words/min, Hours/day.

e explains the line under the cursor."""


PANE = LearningPane
