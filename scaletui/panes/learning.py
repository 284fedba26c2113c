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
How much do all copies of a model learn in a day, if they share what each learns? It is counted in a person's life:
copies times their speed (those of Copies, before k-tiling), or what Users ask for in Minutes each. It assumes that a
copy learns as much from a token as a person does, and that sharing loses nothing. B_crit, or an L that gives it, sets
the ceiling: what copies add beyond that batch is nearly lost, and the last lines say how much is left."""


PANE = LearningPane
