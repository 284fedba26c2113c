"""The command itself: its options, which are those of the app, and which command a line names."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Container, Sequence
from typing import Annotated, Any, Optional

import typer

from scaletui.settings import BY_NAME, SETTINGS, Setting
from scaletui_core.errors import InputError

Option = tuple[str, Any, Any]
"""An option of a command: the name of its parameter, its default, its annotation."""
CONTEXT: Option = ("click_context", inspect.Parameter.empty, typer.Context)
"""What typer hands a function that asks for it: it holds the options that stand before the command."""
_EVERYWHERE = ("color", "ascii")
_WITHOUT_VALUE = {"--version", "-V", *(setting.option for setting in SETTINGS if setting.means)}
_WITH_VALUE = {"--scenario", *(setting.option for setting in SETTINGS if setting.option and not setting.means)}


def command_of(arguments: Sequence[str], known: Container[str]) -> str | None:
    """Return the command that a line names, so that only that one is built; empty where it has options alone.

    None is a line for which all are built: one that asks for help, or is wrong.

    >>> command_of(["--color", "16", "calc", "--plot"], ["calc"]), command_of(["--ascii"], []), command_of(["-h"], [])
    ('calc', '', None)
    """
    words = iter(arguments)
    for word in words:
        option, equals, _ = word.partition("=")
        if option in _WITH_VALUE:
            if not equals:
                next(words, None)
        elif word not in _WITHOUT_VALUE:
            return word if word in known else None
    return ""


def root(click_context: typer.Context, version: bool = False, scenario: str | None = None, **given: Any) -> None:
    """Open the app, show the version, or hand the options of the output on to the command behind them.

    ``config`` takes all: it shows what holds.
    """
    said = {BY_NAME[name]: value for name, value in given.items() if value not in (None, False)}
    options = {one.name: one.means or one.parse(value, one.option) for one, value in said.items()}
    command = click_context.invoked_subcommand
    if version:
        from scaletui_core import __version__

        sys.stdout.write(f"scaletui {__version__}\n")
    elif command is None:
        from scaletui.start import open_app

        raise typer.Exit(open_app(options if scenario is None else {**options, "scenario": scenario}))
    else:
        _refuse_of_app(command, [] if command == "config" else list(options), scenario)
        click_context.obj = options


def _refuse_of_app(command: str, names: list[str], scenario: str | None) -> None:
    """Raise for an option of the app before a command; those of the output hold for both."""
    for name in names:
        if name not in _EVERYWHERE:
            what = f"is an option of the app, which opens without a command: {command} takes none of it"
            raise InputError(what, where=BY_NAME[name].option)
    if scenario is not None:
        what = "is an option of the app, where it stands before a command"
        raise InputError(what, where="--scenario", hint="such as scaletui calc --all --scenario gopher")


def root_options() -> tuple[Option, ...]:
    """Return the options that stand before a command, or without one."""
    version = Annotated[bool, typer.Option("--version", "-V", help="Show the version and leave.")]
    help_ = "Open the app in a scenario (see `scaletui scenario list`)."
    scenario = Annotated[Optional[str], typer.Option("--scenario", metavar="NAME", help=help_)]  # noqa: UP045
    declared = tuple(setting_option(setting) for setting in SETTINGS if setting.option)
    return (("version", False, version), *declared, ("scenario", None, scenario))


def setting_option(setting: Setting) -> Option:
    """Return the command-line option of a setting."""
    if setting.means:
        return setting.name, False, Annotated[bool, typer.Option(setting.option, help=setting.told)]
    what = typer.Option(setting.option, metavar="|".join(setting.choices), help=setting.help)
    return setting.name, None, Annotated[Optional[str], what]  # noqa: UP045
