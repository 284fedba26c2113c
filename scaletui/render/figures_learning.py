"""The figure of learning: years learned a day against copies, and where the critical batch ends the gain."""

from __future__ import annotations

from dataclasses import replace

from scaletui.render.plot import Axis, Mark, Plot, Series
from scaletui.render.shapes import level
from scaletui.render.ticks import number
from scaletui_core.answer import Answer
from scaletui_core.frontier import log_spaced
from scaletui_core.learning import LearningInputs, calculate, learning_left, worth_of
from scaletui_core.presets import Catalog
from scaletui_core.work import years_of

_REACH = 100.0  # on either side of yours and of the critical number: there the line has left the ceiling behind


def ceiling(inputs: LearningInputs, answer: Answer, catalog: Catalog) -> Plot:
    """Return what copies, or users, make a model learn in a day: in proportion, and what the critical batch leaves."""
    name, own = ("users", inputs.users) if inputs.copies is None else ("copies", inputs.copies)
    assert own is not None  # the calculator takes no less

    def at(many: float) -> Answer:
        changed = replace(inputs, users=many) if inputs.copies is None else replace(inputs, copies=many)
        return calculate(changed, catalog)

    value = {row.id: row.value for row in answer.rows}
    limited = "critical_copies" in value
    turn = own * value["critical_copies"] / value["copies"] if limited else own
    ends = min(own, turn) / _REACH, max(own, turn) * _REACH
    many = log_spaced(*ends, 61)
    answers, left = [at(one) for one in many], "effective_years"
    speed = "" if inputs.speed is None else f", at {number(inputs.speed, '')}x human speed"
    series = [Series(f"in proportion{speed}", many, [one.row("learning_years").value for one in answers])]
    marks = [Mark(own, value["learning_years"], f"yours: {number(value['learning_years'], '')}", emphasis=True)]
    title = f"Years learned a day by {name}"
    if limited:
        most = years_of(learning_left(value["learning_time"], worth_of(value["critical_copies"], value["copies"])))
        series += [
            Series("what B_crit leaves", many, [one.row(left).value for one in answers], color=1),
            level(f"ceiling, {number(most, '')}", most, ends, 2),
        ]
        half = at(turn).row(left).value
        marks += [
            Mark(own, value[left], f"left: {number(value[left], '')}", emphasis=True),
            Mark(turn, half, f"critical: {number(turn, 'tokens')} {name}"),
        ]
        title += f"; B_crit = {number(value['critical_batch'], 'tokens')} tokens"
    return Plot(title, Axis(name, "", True, *ends), Axis("learned a day", "years"), tuple(series), tuple(marks))
