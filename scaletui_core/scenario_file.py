"""A scenario as a file: TOML that a person can read and write, with a version, strict when it is read."""

from __future__ import annotations

from typing import Any

from scaletui_core.calculator import PARTS
from scaletui_core.errors import InputError
from scaletui_core.fields import FLAG, NAMES, Field, fields_of
from scaletui_core.flow import calculator
from scaletui_core.safetext import visible
from scaletui_core.scenario import Scenario, Texts, Typed
from scaletui_core.toml_checks import check_keys, document_of, fault

VERSION = 1
"""The version of the file; one that is higher is refused."""
TITLE_LIMIT = 200
"""The longest title and source [characters]."""
_ESCAPES = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}


def written(scenario: Scenario) -> str:
    r"""Return the text of a scenario's file: parts and fields in the order in which they are declared.

    Raises
    ------
    InputError
        If a text cannot be written as UTF-8, or the title or source is too long or holds control characters.

    Examples
    --------
    >>> print(written(Scenario("mine", "A run", None, {"speed": {"k": "5"}, "calc": {"flops": "1e24"}})), end="")
    version = 1
    title = "A run"
    <BLANKLINE>
    [calc]
    flops = "1e24"
    <BLANKLINE>
    [speed]
    k = "5"
    """
    lines = [f"version = {VERSION}", f"title = {_value(_line(scenario.title, 'the title'))}"]
    if scenario.source is not None:
        lines.append(f"source = {_value(_line(scenario.source, 'the source'))}")
    if scenario.sources:
        sources = {key: _line(text, "a source") for key, text in scenario.sources.items()}
        lines += ["", "[sources]", *(f"{_value(key)} = {_value(text)}" for key, text in sources.items())]
    for part in PARTS:
        fields = scenario.texts.get(part)
        if fields:
            order = [item.name for item in fields_of(calculator(part).inputs) if item.name in fields]
            lines += ["", f"[{part}]", *(f"{name} = {_value(fields[name])}" for name in order)]
    return "\n".join(lines) + "\n"


def _line(text: str, what: str) -> str:
    if not text.isprintable() or len(text) > TITLE_LIMIT:
        raise InputError(f"{what} must be one line of at most {TITLE_LIMIT} characters, without control characters")
    return text


def _value(value: Typed) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return f"[{', '.join(map(_value, value))}]"
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InputError(f"'{visible(value)}' cannot be written: it is not Unicode text") from None
    return '"' + "".join(map(_escaped, value)) + '"'


def _escaped(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    return f"\\u{ord(char):04x}" if char < " " or char == "\x7f" else char


def read(text: str, name: str, path: str) -> Scenario:
    r"""Return the scenario that a file's text is.

    Parameters
    ----------
    text : str
        What the file holds.
    name : str
        What the scenario is called.
    path : str
        The file, for errors.

    Raises
    ------
    InputError
        With file, line, key and the nearest known key, if it is not TOML, is of another version, or holds an unknown
        part or field, or a value that is not text as it is typed.

    Examples
    --------
    >>> read('version = 1\ntitle = "A run"\n[calc]\nflops = "1e24"', "mine", "mine.toml").texts
    {'calc': {'flops': '1e24'}}
    """
    shown = visible(path, 200)
    document = document_of(text, shown)
    if "version" not in document:
        raise InputError("needs 'version'", where=shown, hint=f"version = {VERSION}")
    if document["version"] != VERSION or isinstance(document["version"], bool):
        what = f"must be {VERSION}, the only one that this scaletui knows"
        raise fault(what, text, shown, ("version",))
    check_keys(document, ["version", "title", "source", "sources", *PARTS], text, shown, ())
    if "title" not in document:
        raise InputError("needs 'title'", where=shown, hint='title = "what it is"')
    for key in ("title", "source"):
        value = document.get(key, "")
        if not isinstance(value, str) or not value.isprintable() or len(value) > TITLE_LIMIT:
            raise fault(f"must be one line of text, at most {TITLE_LIMIT} characters", text, shown, (key,))
    sources = document.get("sources", {})
    if not isinstance(sources, dict) or not all(isinstance(one, str) and one.isprintable() for one in sources.values()):
        raise fault("must be a table of texts, by part.field", text, shown, ("sources",))
    texts: Texts = {}
    for part in PARTS:
        if part in document:
            texts[part] = checked_part(document[part], part, text, shown, (part,))
    kept = {part: fields for part, fields in texts.items() if fields}
    return Scenario(name, document["title"], document.get("source"), kept, sources)


def checked_part(table: Any, part: str, text: str, shown: str, at: tuple[str, ...]) -> dict[str, Typed]:
    """Return the texts of one part after checking that its fields are known and its values are as they are typed.

    Raises
    ------
    InputError
        With file, line and key.
    """
    if not isinstance(table, dict):
        raise fault("must be a table", text, shown, at)
    known = {item.name: item for item in fields_of(calculator(part).inputs)}
    check_keys(table, list(known), text, shown, at)
    return {key: _typed(value, known[key], text, shown, (*at, key)) for key, value in table.items()}


def _typed(value: Any, item: Field, text: str, shown: str, at: tuple[str, ...]) -> Typed:
    """Return a value of a file as it would have been typed."""
    if item.unit == FLAG:
        if isinstance(value, bool):
            return value
        raise fault("must be true or false", text, shown, at)
    if item.unit == NAMES and isinstance(value, list) and all(isinstance(one, str) for one in value):
        return tuple(value)
    if isinstance(value, str):
        return (value,) if item.unit == NAMES else value
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise fault(f'must be text as it is typed, in quotes: "{visible(str(value))}"', text, shown, at)
    raise fault("must be text as it is typed, in quotes", text, shown, at)
