"""A measured speed in place of an estimate: what ``scaletui speed --measured`` puts into ``--human-multiple``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from scaletui.bench.results import load
from scaletui.printing import Asked, Made
from scaletui_core import human, roofline
from scaletui_core.answer import Answer, Note, Row
from scaletui_core.errors import InputError
from scaletui_core.fields import fields_of
from scaletui_core.formula import Number, Working
from scaletui_core.measured import FAR, caption, seconds_a_token
from scaletui_core.pace import regressed
from scaletui_core.presets import Catalog
from scaletui_core.quantity_text import format_exact, format_quantity
from scaletui_core.scenario import Texts
from scaletui_core.speed import SpeedInputs
from scaletui_core.tiled import TRIED, tile_rows
from scaletui_core.tiling import forward_seconds

_SAME_SIZE = 2.0  # times, within which a speed is taken to be of the model planned


def taken(name: str, part: str, given: dict[str, Any], whole: bool, flows: bool) -> Callable[[Made], Made]:
    """Put a measured speed into what is asked of a part, and return what makes its answer say so.

    Parameters
    ----------
    name : str
        The result; ``last`` is the newest.
    part : str
        The calculator: calc, speed, copies or learning.
    given : dict
        Its options as texts; the speed is put among them, unless it goes into a scenario.
    whole, flows : bool
        Whether the whole chain is asked, and whether the answer is one of a scenario, into which the speed goes.

    Raises
    ------
    InputError
        If another option gives the speed, there is no such result, or it has no line.
    """
    if part == "calc" and not whole:
        raise InputError("is of the whole chain: add --all", where="--measured")
    speed = part == "speed"
    field = "human_multiple" if speed else "speed"
    if given.get(field) is not None:
        raise InputError("gives the speed too: drop one", where="--" + field.replace("_", "-"))
    text, note = multiple_of(name, given if speed else {})
    if not flows:
        given[field] = text
        if speed and tells_multiply(given):
            given["matmul_time"] = multiply_of(name)

    def fed(make: Made) -> Made:
        def made(catalog: Catalog) -> Asked:
            inputs, answer = make(catalog)
            if speed:  # what the answer rests on: a scenario may have a person of its own
                answer = answer._replace(rows=(*answer.rows, *_beside(name, inputs.human_multiple)))
            return inputs, attributed(answer, note, name)

        return made

    return fed


def _beside(name: str, multiple: float) -> tuple[Row, ...]:
    """Return what stands beside an answer of speed: the speed in humans, and the speed-ups of k-tiling measured."""
    document = load(name, where="--measured")
    found = seconds_a_token(document)
    rows = [] if found is None else tile_rows(document, found.value, {})
    source = f"scaletui bench: {document['name']}"
    told = [Row("human_multiple", "x human, measured", multiple, "1", source=source, working=_working(found))]
    if size := (document.get("model") or {}).get("params"):
        told.append(Row("params", "N of the model measured", float(size), "parameters", source=source))
    return (*told, *(row for row in rows if row.id in TRIED))


def multiply_of(name: str) -> str | None:
    """Return the time of a matrix multiply of a result as text that a field reads; None of a model of unknown layers.

    A forward pass is two multiplies a layer, as `scaletui_core.tiling.forward_seconds` has it.
    """
    document = load(name, where="--measured")
    found, shape = seconds_a_token(document), (document.get("model") or {}).get("shape")
    layers = shape.get("layers") if isinstance(shape, dict) else None
    if found is None or not isinstance(layers, int) or layers < 1:
        return None
    return format_exact(found.value / forward_seconds(float(layers), 1.0), "s")


def into(name: str, texts: Texts, base: Texts, *, tiled: bool = False) -> tuple[Texts, Note]:
    """Return the texts of a scenario whose speed is a result's, and the note that says where it is from.

    With k-tiling the time of a multiply is the result's too.

    Parameters
    ----------
    name : str
        The result; ``last`` is the newest.
    texts, base : mapping
        The scenario's as they hold, and as they were before anything was typed: what was typed is not taken away.
    tiled : bool
        Whether k is given otherwise than in the texts.

    Raises
    ------
    InputError
        As `multiple_of`.
    """
    speed, before = texts.get("speed", {}), base.get("speed", {}).get("human_multiple")
    typed = {field: text for field, text in speed.items() if field != "human_multiple" or text != before}
    text, note = multiple_of(name, typed)
    for part in ("copies", "learning"):
        own = texts.get(part, {}).get("speed")
        if own is not None and own != base.get(part, {}).get("speed"):
            raise InputError(f"{part}.speed gives the speed too: drop one", where="--set")
    more = {"matmul_time": multiply_of(name)} if tells_multiply({"k": "5", **speed} if tiled else speed) else {}
    return {**texts, "speed": {**speed, "human_multiple": text, **{key: one for key, one in more.items() if one}}}, note


def tells_multiply(given: Mapping[str, Any]) -> bool:
    """Return whether a result's time of a multiply goes beside its speed: with k, where nothing else tells it.

    >>> tells_multiply({"k": "5"}), tells_multiply({"k": "5", "matmul_time": "1us"}), tells_multiply({})
    (True, False, False)
    """
    others = ("matmul_time", "hardware", "peak", "bandwidth")
    return bool(given.get("k")) and not any(given.get(one) for one in others)


def attributed(answer: Answer, note: Note, name: str) -> Answer:
    """Return an answer that says where its speed is from, and whether that is of a model of another size."""

    def is_speed(row: Row) -> bool:
        given = row.id == "human_multiple" and (row.source or "").startswith("given")
        return given or (row.id == "tokens_per_minute" and not row.subject)

    document = load(name, where="--measured")
    working = _working(seconds_a_token(document))
    rows = tuple(
        row._replace(label=row.label.replace("given", "measured"), source=note.source, working=working)
        if is_speed(row)
        else row._replace(working=_sourced(row.working, note.source))
        for row in answer.rows
    )
    notes = [note]
    size = (document.get("model") or {}).get("params")
    planned = next((float(row.value) for row in answer.rows if (row.id, row.subject) == ("params", "calc")), None)
    if size and planned and not 1.0 / _SAME_SIZE < planned / size < _SAME_SIZE:
        one, other = (format_quantity(float(value), "parameters") for value in (size, planned))
        text = f"The speed is of {one} parameters, the model planned has {other}: it would be another's."
        notes.append(Note("measured-size", text, note.source, kind="assumption"))
    return answer._replace(rows=rows, notes=(*notes, *answer.notes))


def _sourced(working: Working | None, source: str | None) -> Working | None:
    """Return a working whose speed is from a result, where it says that it was given."""
    if working is None:
        return None
    given = ("given: --human-multiple", "given: --speed")
    numbers = tuple(one._replace(source=source) if one.source in given else one for one in working.numbers)
    return working._replace(numbers=numbers)


def _working(seconds: Number | None) -> Working | None:
    return None if seconds is None else Working("60/t tokens a minute, t the slope of the line measured", (seconds,))


def multiple_of(name: str, given: Mapping[str, Any]) -> tuple[str, Note]:
    """Return the speed of a result in humans, as text that a field reads, and the note that says where it is from.

    Parameters
    ----------
    name : str
        The result; ``last`` is the newest.
    given : mapping
        The other options of speed, as texts; who the human is may be among them.

    Raises
    ------
    InputError
        If there is no such result, it has no line, or another option gives the speed.
    """
    for option in ("human_multiple", "params", "model"):
        if given.get(option) is not None:
            raise InputError("gives the speed too: drop one", where="--" + option.replace("_", "-"))
    document = load(name, where="--measured")
    found = seconds_a_token(document)
    if found is None:
        raise InputError(f"{document['name']} has too few timings for a speed", where="--measured")
    fields = {field.name: field for field in fields_of(SpeedInputs)}

    def said(option: str, default: float) -> float:
        text = given.get(option)
        return default if text is None else float(fields[option].parse(text))

    words = said("words_per_minute", human.WORDS_A_MINUTE["thinking"])
    ratio = said("tokens_per_word", human.TOKENS_A_WORD)
    tokens = roofline.tokens_a_minute(found.value)
    multiple = roofline.in_humans(roofline.words_a_minute(tokens, ratio), words)
    shown = format_quantity(tokens, "tokens")
    text = f"The speed is {document['name']}'s, {shown} tokens a minute: {caption(document)}."
    if document["status"] != "done":
        text += f" It is {document['status']}, with {len(document['points']):,} of its timings."
    line = regressed(document["points"])
    if line is not None and line.line.r2 < FAR:
        text += f" R^2 is {line.line.r2:.2f}: measure again before you rest anything on it."
    return format_exact(multiple, "1"), Note("measured", text, found.source, kind="assumption")
