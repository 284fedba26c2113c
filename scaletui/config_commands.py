"""The commands of settings: where the file is, what holds and who says so, what is wrong, and a file to begin with."""

from __future__ import annotations

import os
import sys
from typing import Annotated, Any

import typer

from scaletui import settings, terminal
from scaletui.files import write_atomically
from scaletui.options import with_options
from scaletui.printing import say
from scaletui.root import CONTEXT, Option
from scaletui.settings import BY_NAME, Found
from scaletui_core.errors import InputError, ScaletuiError, unknown_name
from scaletui_core.safetext import visible

SCHEMA = "scaletui.config/1"
FORMATS = ("table", "json")
_FORMAT: Option = (
    "format",
    "table",
    Annotated[str, typer.Option("--format", metavar="|".join(FORMATS), help="How to print them.")],
)
_FORCE: Option = ("force", False, Annotated[bool, typer.Option("--force", help="Write over a file that is there.")])
_KEYS = "keys, parted by commas"


def application() -> typer.Typer:
    """Return the typer application of the commands of settings."""
    app = typer.Typer(
        help="Settings: where the file is, what holds and who says so, what is wrong.",
        no_args_is_help=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )
    commands: tuple[tuple[str, str, Any, tuple[Option, ...]], ...] = (
        ("path", "Where the file of settings is, or would be.", _path, ()),
        ("show", "Every setting: its value, who says so, and what it may be.", _show, (CONTEXT, _FORMAT)),
        ("validate", "Whether all settings are right; every error of the file and the environment.", _validate, ()),
        ("init", "Write a file with every setting, commented out.", _init, (_FORCE,)),
    )
    for name, help, function, options in commands:
        app.command(name, help=help)(with_options(function, options))
    return app


def _home() -> str:
    """Return the path of the file.

    Raises
    ------
    ScaletuiError
        If there is no home.
    """
    path = settings.path()
    if path is None:
        raise ScaletuiError("there is no home for settings: set HOME or XDG_CONFIG_HOME to a folder of yours")
    return path


def _path() -> None:
    sys.stdout.write(_home() + "\n")


def _show(click_context: typer.Context, format: str) -> None:
    if format not in FORMATS:
        raise unknown_name("format", format, FORMATS, where="--format")
    settings.settings(click_context.obj)  # what is wrong is said, and nothing shown: nothing would run with it
    found = list(settings.look(click_context.obj)[0].values())
    sys.stdout.write(_as_json(found) if format == "json" else _as_table(found, terminal.size(sys.stdout.isatty())[0]))


def _as_json(found: list[Found]) -> str:
    import json

    entries = [
        {"name": one.name, "value": one.text, "origin": one.origin, "allowed": _allowed(one.name)} for one in found
    ]
    return json.dumps({"schema": SCHEMA, "path": settings.path(), "settings": entries}, indent=2) + "\n"


def _as_table(found: list[Found], width: int) -> str:
    from scaletui.render.words import wrapped

    head = ("setting", "value", "from", "allowed")
    rows = [head, *((one.name, one.text, one.origin, _allowed(one.name)) for one in found)]
    widths = [max(len(row[index]) for row in rows) for index in range(3)]
    out = []
    for row in rows:
        start = "  ".join(text.ljust(size) for text, size in zip(row, widths, strict=False))
        room = max(width - len(start) - 2, 20)
        first, *more = wrapped(row[3], room, "")
        out += [f"{start}  {first}", *(" " * (len(start) + 2) + line for line in more)]
    return "\n".join(out) + "\n"


def _allowed(name: str) -> str:
    return BY_NAME[name].allowed if name in BY_NAME else _KEYS


def _validate() -> None:
    _, faults = settings.look()
    for fault in faults:
        say(str(fault))
    if faults:
        raise typer.Exit(2)
    path = settings.path()
    there = path is not None and os.path.exists(path)
    sys.stdout.write(f"ok: {visible(path or '', 200)}\n" if there else "ok: there is no file, and none is needed\n")


def _init(force: bool) -> None:
    from scaletui.settings_file import template

    path = _home()
    target = os.path.realpath(path) if force else path  # of a link among dotfiles the file behind it is written
    try:
        write_atomically(target, template(), over=force)
    except FileExistsError:
        raise InputError("is there already", where=visible(path, 200), hint="--force writes over it") from None
    except OSError as error:
        hint = "set XDG_CONFIG_HOME to a folder of yours that can be written"
        raise ScaletuiError(f"{visible(path, 200)}: cannot be written: {error.strerror} ({hint})") from None
    say(f"wrote {visible(path, 200)}; all in it is commented out")
