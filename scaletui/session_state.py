"""The state of an app that survives it, as JSON: what is written is read back, and nothing else is taken."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from math import isfinite
from typing import Any, NamedTuple

from scaletui.owners import Owner
from scaletui_core.calculator import PARTS
from scaletui_core.errors import InputError
from scaletui_core.fields import fields_of
from scaletui_core.flow import calculator
from scaletui_core.safetext import escaped, visible

VERSION = 1
LIMIT = 1_000_000
"""The largest file that is read or written [bytes]."""
_HEAD = 1000  # room for what stands before the state [bytes]

Texts = dict[str, dict[str, str]]
"""Texts by part and field name."""
View = bool | int | float | str | None
"""One thing about a pane, such as whether it is plotted."""


class State(NamedTuple):
    """What an app is like.

    Attributes
    ----------
    texts : dict of dict of str
        What stands in each field, by part.
    pane, beside : str
        The pane in sight, and the one beside it; empty for none.
    views : dict
        What each pane looks like, by the pane's name and names of its own.
    ranges : bool
        Whether ranges are on.
    history : list of list
        Texts as they were, and as they were before they were undone (`scaletui.history.History.as_list`); or nothing.
    """

    texts: Texts
    pane: str = ""
    beside: str = ""
    views: dict[str, dict[str, View]] = {}  # noqa: RUF012  (never mutated; a NamedTuple has no default factory)
    ranges: bool = True
    history: list[list[Texts]] = []  # noqa: RUF012


class Kept(NamedTuple):
    """A state as it was kept: when [s since 1970], on which host, and what in it is not known here and was left out."""

    state: State
    time: float
    host: str
    dropped: tuple[str, ...]


def encoded(state: State) -> str:
    """Return a state as JSON; its history is left out where that makes it too long.

    Raises
    ------
    InputError
        If it is too long all the same.

    Examples
    --------
    >>> encoded(State({"calc": {"flops": "1e24"}}))
    '{"texts":{"calc":{"flops":"1e24"}},"pane":"","beside":"","views":{},"ranges":true,"history":[]}'
    """
    for kept in (state, state._replace(history=[])):
        text = json.dumps(kept._asdict(), separators=(",", ":"), allow_nan=False)
        if len(text) <= LIMIT - _HEAD:
            return text
    raise InputError(f"the session is larger than {LIMIT:,} bytes", hint="empty the fields with long texts")


def written(state: str, owner: Owner, time: float) -> bytes:
    """Return what a file of a session holds, given its state in JSON.

    >>> state = State({"calc": {"flops": "1e24"}}, "budget", views={"budget": {"plotted": True}})
    >>> kept = read(written(encoded(state), Owner("login", "", "", 1, 2), 3.0))
    >>> kept.state == state, kept.time, kept.host, kept.dropped
    (True, 3.0, 'login', ())
    """
    head = {"version": VERSION, "time": time, "host": owner.host, "pid": owner.pid, "start": owner.start}
    return f'{json.dumps(head, allow_nan=False)[:-1]}, "state": {state}}}\n'.encode("ascii")


def read(content: bytes) -> Kept:
    """Return the state that bytes hold.

    Raises
    ------
    InputError
        If they are too many, no JSON, of another version, or something in them is of a wrong type.

    Examples
    --------
    >>> read(b'{"version": 2}')
    Traceback (most recent call last):
    scaletui_core.errors.InputError: was written by a newer scaletui (version 2; this one reads 1)
    """
    if len(content) > LIMIT:
        raise InputError(f"is larger than {LIMIT:,} bytes")
    try:
        record = json.loads(content)
    except (ValueError, RecursionError):
        raise InputError("is not JSON, or not all of it") from None
    version = _field(record, "version", int)
    if version != VERSION:
        newer = "was written by a newer scaletui" if version > VERSION else "has no version of a session"
        raise InputError(newer, hint=f"version {version}; this one reads {VERSION}" if version > VERSION else None)
    time, host, told = _field(record, "time", float), _field(record, "host", str), _field(record, "state", dict)
    _field(record, "pid", int)
    _field(record, "start", int)
    dropped: dict[str, None] = {}
    history = [
        [_texts(texts, dropped) for texts in _checked(states, list, "'history'")]
        for states in _field(told, "history", list, [])
    ]
    if history and (len(history) != 2 or not history[0]):
        raise InputError("'history' is not what was and what was undone")
    state = State(
        _texts(_field(told, "texts", dict), dropped),
        _safe(_field(told, "pane", str, "")),
        _safe(_field(told, "beside", str, "")),
        {_safe(name): _view(view) for name, view in _field(told, "views", dict, {}).items()},
        _field(told, "ranges", bool, True),
        history,
    )
    dropped |= {f"'{visible(key)}'": None for key in told if key not in State._fields}
    return Kept(state, time, _safe(host), tuple(dropped))


def _field(record: Any, name: str, kind: type, default: Any = None) -> Any:
    values = _checked(record, dict, "the session")
    if name not in values and default is None:
        raise InputError(f"has no '{name}'")
    return _checked(values.get(name, default), kind, f"'{name}'")


def _checked(value: Any, kind: type, what: str) -> Any:
    number = kind is float and isinstance(value, int | float) and not isinstance(value, bool)
    if not number and (not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool)):
        raise InputError(f"{what} is not of the right kind")
    if number and not isfinite(value):
        raise InputError(f"{what} is not finite")
    return value


def _texts(record: Any, dropped: dict[str, None]) -> Texts:
    """Return texts of known parts and fields, as they may be shown; what is not known is named in ``dropped``."""
    texts: Texts = {}
    for part, fields in _checked(record, dict, "the texts").items():
        given = _checked(fields, dict, "a part's texts")
        for text in given.values():
            _checked(text, str, "a text")
        if part not in PARTS:
            dropped[f"'{visible(part)}'"] = None
            continue
        names = _names(part) if given else ()
        dropped |= {f"'{part}.{visible(name)}'": None for name in given if name not in names}
        texts[part] = {name: _safe(text) for name, text in given.items() if name in names}
    return texts


@lru_cache  # a history has many texts
def _names(part: str) -> tuple[str, ...]:
    return tuple(field.name for field in fields_of(calculator(part).inputs))


def _view(record: Any) -> dict[str, View]:
    view: Mapping[str, Any] = _checked(record, dict, "a view")
    for value in view.values():
        if isinstance(value, float):
            _checked(value, float, "a view's number")
        elif value is not None and not isinstance(value, str | int):  # a flag is an int
            raise InputError("a view holds what is no text, number or flag")
    return {_safe(name): _safe(value) if isinstance(value, str) else value for name, value in view.items()}


def _safe(text: str) -> str:
    """Write out what a terminal would obey, as a field does with what is typed."""
    return "".join(map(escaped, text))
