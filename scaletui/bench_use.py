"""A measured speed put into the pane of speed, in place of its estimate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaletui.bench.feed import multiple_of, multiply_of, tells_multiply
from scaletui.sheet import in_app
from scaletui_core.errors import InputError, ScaletuiError
from scaletui_core.quantity_text import format_quantity
from scaletui_core.safetext import visible
from scaletui_core.scenario import NOTHING

if TYPE_CHECKING:
    from scaletui.app import ScaletuiApp

PART, FIELD = "speed", "human_multiple"
_LONGEST = 80  # characters of a name


def use(app: ScaletuiApp, name: str) -> str:
    """Put the speed of a result into the scenario, as one change, and return what there is to say about it."""
    scenario = app.scenario
    given = {one: text for one, text in scenario.texts[PART].items() if text.strip() not in ("", NOTHING)}
    given.pop(FIELD, None)  # it takes the place of that
    try:
        text, _ = multiple_of(name, given)
        multiply = multiply_of(name) if tells_multiply(given) else None
    except ScaletuiError as error:
        if isinstance(error, InputError) and error.where == "--measured":
            return error.what
        line = str(error).partition("\n")[0]
        return f"Speed: {in_app(line, PART)}"
    said = f"measured: {visible(name, _LONGEST)}"
    scenario.noted[PART][FIELD] = text, said
    put = {FIELD: text}
    if multiply is not None:
        scenario.noted[PART]["matmul_time"] = multiply, said
        put["matmul_time"] = multiply
    app.put_texts(PART, put)
    return f"x human in Speed is {format_quantity(float(text), '1')} now, {said}"
