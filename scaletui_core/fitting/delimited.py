"""Tables of text: CSV, TSV and semicolons, with or without quotes."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import NoReturn

import numpy as np

from scaletui_core.errors import InputError
from scaletui_core.fitting.faults import BAD, Faults
from scaletui_core.fitting.read_inputs import DELIMITERS
from scaletui_core.fitting.sheets import Block, Sheet
from scaletui_core.fitting.sources import Source, Text

MOST_COLUMNS = 20_000
"""The most columns that are read; a wide export of W&B has three a run."""
_WORDS = {sign: word for word, sign in DELIMITERS.items()}
_QUOTED = re.compile(r'"(?:[^"]|"")*"')


def sheet(source: Source, delimiter: str | None, faults: Faults) -> Sheet:
    """Return the table of a text whose first line names the columns; lines that begin with # may stand before it.

    Raises
    ------
    InputError
        If there is no such line, or it has too many columns.
    """
    texts = source.texts(quoted=True)
    head = next(texts)
    line, at = head.line, 0
    while (first := head.text[at : head.text.find("\n", at) + 1]) and (not first.strip() or first[0] == "#"):
        line, at = line + 1, at + len(first)
    rest = head.text[at:]
    if not rest:
        raise InputError("holds nothing but comments", where=source.file, hint="the first line names the columns")
    record, count = _record(rest)
    bare = _QUOTED.sub("", record)
    sign = DELIMITERS[delimiter] if delimiter else max(",;\t", key=bare.count)
    try:
        names = [name.strip() for name in next(csv.reader(io.StringIO(record, newline="\n"), delimiter=sign))]
    except csv.Error as error:
        _refuse(source, line, error)
    where = f"{source.file}:{line}"
    if len(names) > MOST_COLUMNS:
        raise InputError(f"{len(names):,} columns", where=where, hint=f"at most {MOST_COLUMNS:,} are read")
    if sum(map(_is_number, names)) * 2 >= len(names):
        what = "the first line holds numbers; it must name the columns"
        raise InputError(what, where=where, hint="add a line such as params,tokens,loss before it")
    others = [_WORDS[other] for other in DELIMITERS.values() if other != sign and other in bare]
    doubt = f"the line is split by {_WORDS[sign]}, and has {' and '.join(others)} too" if others else ""
    begin = Text(line + count, rest[len(record) :])
    return Sheet(names, line, _blocks(source, begin, texts, sign, len(names), faults), doubt)


def _record(text: str) -> tuple[str, int]:
    """Return the first record of a text, which may span lines within quotes, and how many lines it has."""
    end = 0
    while True:
        end = text.find("\n", end) + 1
        record = text[:end]
        if record.count('"') % 2 == 0 or end == len(text):
            return record, record.count("\n")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _refuse(source: Source, line: int, error: csv.Error) -> NoReturn:
    what = f"is not a table of text: {error}"
    if "field limit" in str(error):
        what = f"a cell of more than {csv.field_size_limit():,} characters"
    elif "new-line" in str(error):
        what = "a carriage return within a line"
    raise InputError(what, where=f"{source.file}:{line}", hint="one row a line") from None


def _blocks(
    source: Source, begin: Text, texts: Iterator[Text], sign: str, width: int, faults: Faults
) -> Iterator[Block]:
    text: Text | None = begin
    while text is not None:
        if text.text.strip("\n"):
            yield _plain(text, sign, width) or _read(source, text, sign, width, faults)
        text = next(texts, None)


def _plain(text: Text, sign: str, width: int) -> Block | None:
    """Return the rows of a text without quotes whose lines all have ``width`` cells; None for any other."""
    if '"' in text.text or "\r" in text.text:
        return None
    body = text.text.rstrip("\n") + "\n"
    array = np.frombuffer(body.encode(), np.uint8)
    marks = array[(array == ord(sign)) | (array == 10)]
    if len(marks) % width:
        return None
    grid = marks.reshape(-1, width)
    if not (grid[:, -1] == 10).all() or (grid[:, :-1] == 10).any() or (width == 1 and "\n\n" in body):
        return None
    cells = body[:-1].replace("\n", sign).split(sign)
    return Block(np.arange(text.line, text.line + len(grid)), lambda at: cells[at::width])


def _read(source: Source, text: Text, sign: str, width: int, faults: Faults) -> Block:
    """Return the rows of any text, those with another number of cells than the first line left out as bad."""
    reader = csv.reader(io.StringIO(text.text, newline="\n"), delimiter=sign)
    rows, lines, before = [], [], 0
    try:
        whole = list(csv.reader(io.StringIO(text.text, newline="\n"), delimiter=sign)) if width > 1 else []
        if len(whole) == text.text.count("\n") and set(map(len, whole)) == {width}:
            return Block(np.arange(text.line, text.line + len(whole)), lambda at: [row[at] for row in whole])
    except csv.Error:
        pass  # the line is found below
    try:
        for row in reader:
            if len(row) == width and (width > 1 or row[0].strip()):
                rows.append(row)
                lines.append(text.line + before)
            elif len(row) > 1 or (row and row[0].strip()):
                faults.add(BAD, [(text.line + before, _ragged(row, sign, width))])
            before = reader.line_num
    except csv.Error as error:
        _refuse(source, text.line + before, error)
    return Block(np.array(lines, dtype=np.int64), lambda at: [row[at] for row in rows])


def _ragged(row: list[str], sign: str, width: int) -> str:
    columns = "1 column" if len(row) == 1 else f"{len(row):,} columns"
    reason = f"{columns}, and the first line has {width:,}"
    for other, word in _WORDS.items():
        if other != sign and len(row) == 1 and row[0].count(other) == width - 1:
            return f"{reason}: this one is split by {word}, the first by {_WORDS[sign]}"
    return reason
