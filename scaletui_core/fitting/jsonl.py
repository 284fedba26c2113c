"""Tables of JSON: one object a line, or one array of objects."""

from __future__ import annotations

import json
from itertools import chain
from typing import Any

import numpy as np

from scaletui_core.errors import InputError
from scaletui_core.fitting.faults import BAD, Faults
from scaletui_core.fitting.sheets import Block, Sheet
from scaletui_core.fitting.sources import Source, Text

LARGEST_ARRAY = 1 << 26
"""The longest array of objects that is read [bytes]; lines of objects may be of any number."""
_Rows = tuple[list[dict[str, Any]], list[int]]
_BROKEN = (ValueError, RecursionError)


def sheet(source: Source, faults: Faults) -> Sheet:
    """Return the table whose columns are the keys of the first rows, in the order in which they come.

    Raises
    ------
    InputError
        If there is no object, or an array of objects is broken or too long.
    """
    array = source.head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"["
    parts = iter((_array(source),)) if array else (_lines(text, faults) for text in source.texts(quoted=False))
    first: _Rows = ([], [])
    for first in parts:
        if any(first[0]):
            break
    else:
        faults.check()
        raise InputError("holds no JSON objects", where=source.file, hint='such as {"params": 1e8, "loss": 3.2}')
    names = list(dict.fromkeys(key for row in first[0] for key in row))
    return Sheet(names, first[1][0], (_block(rows, names) for rows in chain((first,), parts)))


def _block(rows: _Rows, names: list[str]) -> Block:
    objects, lines = rows
    return Block(np.array(lines, dtype=np.int64), lambda at: [row.get(names[at]) for row in objects])


def _lines(text: Text, faults: Faults) -> _Rows:
    """Return the objects of lines; lines that are none are bad."""
    lines = text.text.split("\n")
    full = [(text.line + at, line) for at, line in enumerate(lines) if line.strip()]
    try:
        # One call for all lines takes half the time of one for each.
        if all(line[0] == "{" and line.rstrip()[-1] == "}" for _, line in full):
            objects = json.loads("[" + ",".join(line for _, line in full) + "]")
            if len(objects) == len(full):
                return objects, [at for at, _ in full]
    except _BROKEN:
        pass
    good: _Rows = ([], [])
    for at, line in full:
        try:
            row = json.loads(line)
        except _BROKEN as error:
            faults.add(BAD, [(at, _reason(error))])
            continue
        if isinstance(row, dict):
            good[0].append(row)
            good[1].append(at)
        else:
            faults.add(BAD, [(at, "is not a JSON object")])
    return good


def _reason(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"is not a JSON object: {error.msg}, at column {error.colno}"
    return f"is not a JSON object ({'nested too deeply' if isinstance(error, RecursionError) else 'a number too long'})"


def _array(source: Source) -> _Rows:
    """Return the objects of an array, each with the line on which it begins."""
    text = source.all(LARGEST_ARRAY)
    if text is None:
        what = f"an array of more than {LARGEST_ARRAY:,} bytes"
        raise InputError(what, where=source.file, hint="write one object a line, as jq -c '.[]' does")
    decoder, blanks = json.JSONDecoder(), json.decoder.WHITESPACE  # type: ignore[attr-defined]
    rows: _Rows = ([], [])
    at, line, counted = text.index("[") + 1, 1, 0

    def skip() -> int:
        return int(blanks.match(text, at).end())

    def refuse(what: str) -> InputError:
        row, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
        return InputError(f"{what}, at column {column}", where=f"{source.file}:{row}", hint="an array of objects")

    at = skip()
    while text[at : at + 1] != "]":
        try:
            row, end = decoder.raw_decode(text, at)
        except json.JSONDecodeError as error:
            at = error.pos
            raise refuse(f"is not JSON: {error.msg}") from None
        except _BROKEN as error:
            raise refuse(_reason(error)) from None
        if not isinstance(row, dict):
            raise refuse("is not a JSON object")
        line, counted = line + text.count("\n", counted, at), at
        rows[0].append(row)
        rows[1].append(line)
        at = end
        at = skip()
        if text[at : at + 1] == ",":
            at += 1
            at = skip()
        elif text[at : at + 1] != "]":
            raise refuse("the array is not closed" if at >= len(text) else "a comma was wanted")
    at += 1
    if skip() < len(text):
        raise refuse("something stands behind the array")
    return rows
