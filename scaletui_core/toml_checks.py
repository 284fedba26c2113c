"""TOML that people write: the document, and errors that name the file, the line, the key and the nearest known key."""

from __future__ import annotations

from typing import Any

from scaletui_core.errors import InputError
from scaletui_core.safetext import visible


def document_of(text: str, shown: str) -> dict[str, Any]:
    r"""Return the document that a TOML text is; ``shown`` names the file.

    Raises
    ------
    InputError
        If it is not TOML, with the line.

    Examples
    --------
    >>> document_of("[calc]\nflops = '1e24'", "mine.toml")
    {'calc': {'flops': '1e24'}}
    """
    import tomllib

    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # ValueError is also a number of more than 4300 digits
        line = _line_in_message(str(error)) or (text.count("\n") + 1 if "end of document" in str(error) else None)
        raise InputError(
            f"is not TOML: {visible(str(error), 200)}", where=f"{shown}:{line}" if line else shown
        ) from None


def check_keys(table: dict[str, Any], known: list[str], text: str, shown: str, at: tuple[str, ...]) -> None:
    """Raise for the first key of a table that is not a known one, with the nearest that is."""
    for key in table:
        if key not in known:
            from difflib import get_close_matches

            near = get_close_matches(key[:100], known, n=1, cutoff=0.5)
            hint = f"did you mean '{near[0]}'?" if near else "known: " + ", ".join(known)
            raise InputError(
                f"'{visible(key)}' is not a key of {visible('.'.join(at)) or 'the file'}",
                where=f"{shown}:{line_of(text, (*at, key))}",
                hint=hint,
            )


def fault(what: str, text: str, shown: str, at: tuple[str, ...]) -> InputError:
    """Return the error of a key, with the line on which it stands."""
    return InputError(f"{visible('.'.join(at))}: {what}", where=f"{shown}:{line_of(text, at)}")


def line_of(text: str, at: tuple[str, ...]) -> int:
    r"""Return the line [from 1] where a key of a table stands, as near as a scan of the text can tell.

    Of a key inside an inline table it is the line of the nearest table around it that has one.

    >>> line_of("[keymap]\n'app.quit' = 'Q'\nfield = { up = 'k' }", ("keymap", "field", "up"))
    3
    """
    wanted, under, found, depth = ".".join(at), "", 1, 0
    for number, line in enumerate(text.splitlines(), 1):
        bare = line.partition("#")[0].strip()
        header = bare.startswith("[") and bare.endswith("]") and "," not in bare  # and no line of a list
        name = (bare.strip("[]") if header else line.partition("=")[0]).translate(_BARE)
        if header:
            under = f"{name}."
        path = name if header else under + name
        if path == wanted or path.startswith(f"{wanted}."):  # a dotted key makes the tables that it names
            return number
        if wanted.startswith(f"{path}.") and len(path) > depth:
            found, depth = number, len(path)
    return found


_BARE = str.maketrans("", "", "\"' \t")


def _line_in_message(message: str) -> int | None:
    _, found, rest = message.rpartition("at line ")
    digits = rest.split(",", 1)[0]
    return int(digits) if found and digits.isdigit() else None
