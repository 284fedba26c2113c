"""The options of commands: those that inputs declare, those of the output, of scenarios, of plots, of samples."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Annotated, Any, Optional

import typer

from scaletui.render import FORMATS
from scaletui.render.figures import FIGURES, GLYPHS, axis_help
from scaletui.root import CONTEXT, Option, setting_option
from scaletui.settings import BY_NAME
from scaletui_core.fields import FLAG, NAMES, Field, fields_of
from scaletui_core.quantity import KINDS


def with_options(function: Callable[..., Any], options: tuple[Option, ...]) -> Callable[..., Any]:
    """Return the function with a signature of these options, for typer to read."""
    keyword = inspect.Parameter.KEYWORD_ONLY
    parameters = [inspect.Parameter(name, keyword, default=value, annotation=what) for name, value, what in options]
    function.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return function


def takes_ranges(inputs: type) -> bool:
    """Whether any of the inputs may be a range."""
    return any(field.unit in KINDS and field.ranged for field in fields_of(inputs))


def declared_options(inputs: type) -> tuple[Option, ...]:
    """Return the options that inputs declare."""
    return fields_options(fields_of(inputs))


def fields_options(fields: Iterable[Field]) -> tuple[Option, ...]:
    """Return the options of declared fields."""
    return tuple((field.name, False if field.unit == FLAG else None, _annotation(field)) for field in fields)


def sampling_options() -> tuple[Option, ...]:
    """Return the options of samples, for commands that take ranges."""
    from scaletui_core.sampling import SamplingInputs

    return declared_options(SamplingInputs)


BARE_OPTIONS: tuple[Option, ...] = (
    CONTEXT,
    (
        "format",
        "table",
        Annotated[str, typer.Option("--format", metavar="|".join(FORMATS), help="How to print the answer.")],
    ),
    ("explain", False, Annotated[bool, typer.Option("--explain", help="Each row with formula, numbers and source.")]),
)
SHARED_OPTIONS = (*BARE_OPTIONS, setting_option(BY_NAME["color"]), setting_option(BY_NAME["ascii"]))
ALL_OPTION: Option = (
    "all",
    False,
    Annotated[bool, typer.Option("--all", help="The whole chain: abilities, speed, copies, learning, batch.")],
)
SCENARIO_OPTION: Option = (
    "scenario",
    None,
    Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--scenario", metavar="NAME", help="Start from a scenario (see `scaletui scenario list`)."),
    ],
)
SET_OPTION: Option = (
    "set",
    None,
    Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--set",
            metavar="PART.FIELD=TEXT",
            help="Give a part of the scenario something of its own; repeatable. Such as speed.k=5; - inherits nothing.",
        ),
    ],
)
MEASURED_OPTION: Option = (
    "measured",
    None,
    Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--measured", metavar="NAME", help="The speed that scaletui bench measured; last is the newest."),
    ],
)
PART_OPTIONS: dict[str, Option] = {"--scenario": SCENARIO_OPTION, "--set": SET_OPTION}
"""The options with which a command answers as part of a scenario, and inherits what its own options leave open."""


def figure_options(calculator: str) -> tuple[Option, ...]:
    """Return the options of a calculator's figures; none where it has none."""
    if calculator not in FIGURES:
        return ()
    names = "|".join(figure.name for figure in FIGURES[calculator])
    return plot_options(names, axis_help(calculator), "Draw it in the terminal.")


def plot_options(names: str, axis_help: str, help: str) -> tuple[Option, ...]:
    """Return the options of plots: whether, which, and in which characters; ``--ascii`` is shared by all commands."""
    axis = Annotated[Optional[str], typer.Option("--axis", metavar=names, help=axis_help)]  # noqa: UP045
    words = "What to draw with: the dots of braille, half blocks, or ASCII alone. Default: braille, in a UTF-8 locale."
    glyphs = Annotated[Optional[str], typer.Option("--glyphs", metavar="|".join(GLYPHS), help=words)]  # noqa: UP045
    return (("plot", False, Annotated[bool, typer.Option("--plot", help=help)]), ("axis", None, axis),
            ("glyphs", None, glyphs))  # fmt: skip


_METAVARS = {"fleet": "NxNAME", "nats/token": "nats", "1": "count"}


def _annotation(declared: Field) -> Any:
    help_ = f"{declared.help} Such as {declared.example}." if declared.example else declared.help
    if declared.default:
        help_ += f" Default: {declared.default}."
    if declared.unit == FLAG:
        return Annotated[bool, typer.Option(declared.option, help=help_)]
    if declared.name == "name":
        return Annotated[Optional[list[str]], typer.Argument(help=help_, metavar="[NAME]...")]  # noqa: UP045
    if declared.unit == NAMES:
        return Annotated[Optional[list[str]], typer.Option(declared.option, help=help_, metavar="ID")]  # noqa: UP045
    unit = declared.name if declared.bare != 1.0 else _METAVARS.get(declared.unit, declared.unit)
    metavar = "|".join(declared.choices) or unit.upper()
    return Annotated[Optional[str], typer.Option(declared.option, help=help_, metavar=metavar)]  # noqa: UP045
