"""The file of settings: what it says, with the line of each, and all that is wrong; and one to begin with."""

from __future__ import annotations

from typing import Any

from scaletui.settings import BY_NAME, FILE, KEYMAP, SETTINGS, Found, Layer
from scaletui_core.errors import InputError
from scaletui_core.safetext import visible
from scaletui_core.toml_checks import check_keys, document_of, fault, line_of


def read(text: str, path: str) -> Layer:
    r"""Return what the text of a file says, and an error for all that is wrong in it, with file, line and nearest key.

    The keys of an action may be written ``"app.quit" = "Q"``, ``app.quit = "Q"``, or in a table ``[keymap.app]``.

    >>> read('theme = "dark"\n[keymap]\napp.quit = "Q"', "config.toml")[1]
    Found(name='keymap.app.quit', text='Q', origin='config.toml, line 3')
    >>> print(read("\nthem = 1", "config.toml")[0])
    config.toml:2: 'them' is not a key of the file (did you mean 'theme'?)
    """
    shown = visible(path, 200)
    try:
        document = document_of(text, shown)
    except InputError as error:
        return [error]
    found: Layer = []
    for key, value in document.items():
        try:
            check_keys({key: value}, [*BY_NAME, KEYMAP], text, shown, ())
            if key == KEYMAP:
                found += _keys(value, text, shown)
                continue
            line = line_of(text, (key,))
            found.append(Found(key, BY_NAME[key].parse(value, f"{shown}:{line}", f"{key}: "), _origin(line)))
        except InputError as error:
            found.append(error)
    return found


def _origin(line: int) -> str:
    return f"{FILE}, line {line}"


def _keys(table: Any, text: str, shown: str) -> Layer:
    """Return the keys that the file gives actions."""
    from scaletui.keymap import check_keys as checked

    if not isinstance(table, dict):
        raise fault('must be a table of actions and keys, such as "app.quit" = "Q"', text, shown, (KEYMAP,))
    found: Layer = []
    for at, value in _leaves(table, (KEYMAP,)):
        id, line = ".".join(at[1:]), line_of(text, at)
        where, what = f"{shown}:{line}", f"{KEYMAP}.{visible(id)}"
        try:
            if id in BY_NAME:
                raise InputError(f"'{id}' is a setting, not an action", hint=f"it stands before [{KEYMAP}]")
            if not isinstance(value, str):
                raise InputError("must be keys in quotes, parted by commas", hint='such as "Q,ctrl+x"')
            found.append(Found(f"{KEYMAP}.{id}", checked(id, value, where), _origin(line)))
        except InputError as error:
            found.append(InputError(f"{what}: {error.what}", where=where, hint=error.hint))
    return found


def _leaves(table: dict[str, Any], at: tuple[str, ...]) -> list[tuple[tuple[str, ...], Any]]:
    """Return what stands in a table and in the tables of it: ``app.quit = "Q"`` makes a table of its first half."""
    out: list[tuple[tuple[str, ...], Any]] = []
    for key, value in table.items():
        deeper = isinstance(value, dict) and value and len(at) == 1
        out += _leaves(value, (*at, key)) if deeper else [((*at, key), value)]
    return out


def template() -> str:
    """Return a file in which every setting stands at its default, commented out.

    >>> print(template().splitlines()[0])
    # Settings of scaletui. A line that begins with "#" says nothing: what stands there is the default.
    """
    from scaletui.keymap import KEYS
    from scaletui.render.words import wrapped

    out = [
        '# Settings of scaletui. A line that begins with "#" says nothing: what stands there is the default.',
        "# The command line goes before the environment, and that before this file: `scaletui config show` says what",
        "# holds, `scaletui config validate` what is wrong.",
    ]
    for setting in SETTINGS:
        other = f" Option: {setting.option}." if setting.option else ""
        out += ["", *wrapped(f"# {setting.help}", 100, "# ")]
        out += [f"# One of: {setting.allowed}. Variable: {setting.variable}.{other}"]
        out += [f'# {setting.name} = "{setting.default}"']
    out += [
        "",
        "# Keys of one's own, parted by commas; they go before those of the set. Below are the default ones.",
        f"# [{KEYMAP}]",
    ]
    out += [f'# "{key.id}" = "{key.keys}"  # {key.words}' for key in KEYS.values()]
    return "\n".join(out) + "\n"
