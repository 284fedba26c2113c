"""The command line: one command a calculator, its options from the declared inputs. It never imports textual."""

from __future__ import annotations

import importlib
import inspect
import io
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, Optional, TextIO

import typer

from scaletui.render import FORMATS
from scaletui.render.figures import FIGURES, GLYPHS, axis_help, figure_named, plot_of, plot_text
from scaletui_core.answer import Answer
from scaletui_core.calculator import PARTS, Calculator
from scaletui_core.errors import InputError, ScaletuiError, unknown_name
from scaletui_core.fields import FLAG, NAMES, Field, changed, fields_of, parse_inputs
from scaletui_core.presets import Catalog
from scaletui_core.quantity import KINDS
from scaletui_core.safetext import visible
from scaletui_core.traced import Traced

if TYPE_CHECKING:
    from scaletui.render.plot import Plot


class Command(NamedTuple):
    """Where a command's calculator is, and what more the command can do."""

    module: str
    attribute: str = "CALCULATOR"
    chains: bool = False


COMMANDS = {
    "calc": Command("scaletui_core.calc", chains=True),
    "loss": Command("scaletui_core.loss"),
    "frontier": Command("scaletui_core.frontier"),
    "isoflop": Command("scaletui_core.frontier", "ISOFLOP"),
    "copies": Command("scaletui_core.copies"),
    "learning": Command("scaletui_core.learning"),
    "batch": Command("scaletui_core.batch"),
    "emergence": Command("scaletui_core.emergence"),
    "speed": Command("scaletui_core.speed"),
    "laws": Command("scaletui_core.listing", "LAWS"),
    "models": Command("scaletui_core.listing", "MODELS"),
    "hardware": Command("scaletui_core.listing", "HARDWARE"),
}

GROUPS = {"scenario": "scaletui.scenario_commands"}
"""Commands that have commands of their own: each a module with an ``application``."""

_USAGE_ERROR: type[Exception] = typer.BadParameter.__mro__[2]  # ClickException, which typer does not export


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code: 0 ok, 1 failed, 2 bad input, 130 interrupted."""
    if sys.stdout is None:
        return _fail("cannot write the output: standard output is closed", 1)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that is not UTF-8 gets what it cannot show written out, not a traceback.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        result = application(_named(arguments), arguments)(list(arguments), prog_name="scaletui", standalone_mode=False)
        sys.stdout.flush()
        return result if isinstance(result, int) else 0
    except ScaletuiError as error:
        return _fail(str(error), error.exit_code)
    except _USAGE_ERROR as error:
        return _fail(visible(error.format_message(), 300), 2)  # type: ignore[attr-defined]
    except typer.Abort:
        return 130
    except (BrokenPipeError, SystemExit) as leaving:
        # The reader has left (`| head`): what it wanted, it has. Click makes an exit of that where it sees it first.
        if isinstance(leaving, SystemExit) and not isinstance(leaving.__context__, BrokenPipeError):
            raise
        _silence(sys.stdout)
        return 0
    except FileNotFoundError as error:
        return _fail(str(error), 1)
    except OSError as error:
        _silence(sys.stdout)
        return _fail(f"cannot write the output: {error.strerror}", 1)


def _fail(message: str, code: int) -> int:
    say(message)
    return code


def say(message: str) -> None:
    """Tell the person something; a closed or full stderr takes nothing, and the exit code still says it."""
    if sys.stderr is None:
        return
    try:
        sys.stderr.write(f"scaletui: {message}\n")
        sys.stderr.flush()
    except OSError:
        _silence(sys.stderr)


def _silence(stream: TextIO) -> None:
    """Let a stream that fails lead nowhere, or the interpreter tries it again at exit and complains."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _named(arguments: Sequence[str]) -> str | None:
    """Return the command that the arguments start with, so that only that one is built."""
    return arguments[0] if arguments and (arguments[0] in COMMANDS or arguments[0] in GROUPS) else None


def application(only: str | None = None, words: Sequence[str] | None = None) -> typer.Typer:
    """Return the typer application with one command, or with all (for ``--help`` and completion).

    With the words of a command line, options that it does not use are left out where it uses none that is not known:
    each costs a tenth of a millisecond, and a command may have thirty.
    """
    # Without rich markup `--help` costs a third less, and text from outside cannot be read as markup.
    app = typer.Typer(
        add_completion=only is None,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        help="From a compute budget to the model it should train, under every published scaling law. "
        "Without a command: the app.",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback(invoke_without_command=True)(_root)
    for name, command in COMMANDS.items():
        if only in (None, name):
            calculator: Calculator = getattr(importlib.import_module(command.module), command.attribute)
            epilog = _RANGES if _takes_ranges(calculator.inputs) else None
            app.command(name, help=calculator.summary, epilog=epilog)(_function(calculator, command, words))
    for name, module in GROUPS.items():
        if only in (None, name):
            group: typer.Typer = importlib.import_module(module).application()
            app.add_typer(group, name=name)
    return app


def _root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", "-V", help="Show the version and leave.")] = False,
) -> None:
    if version:
        from scaletui_core import __version__

        sys.stdout.write(f"scaletui {__version__}\n")
    elif context.invoked_subcommand is None:
        from scaletui.start import open_app

        raise typer.Exit(open_app())


def _function(calculator: Calculator, command: Command, words: Sequence[str] | None) -> Callable[..., None]:
    """Return the function that typer makes a command of, with the options that the inputs declare."""
    declared = fields_of(calculator.inputs)

    def function(**given: Any) -> None:
        _answer(calculator, given)

    flowing = PART_OPTIONS if calculator.name in PARTS else {}
    used = None if words is None else {word.partition("=")[0] for word in words if word.startswith("-")}
    if used is not None and used <= {"--format", "--explain", *flowing, *(field.option for field in declared)}:
        kept = (field for field in declared if field.option in used or field.name == "name")
        taken = tuple(option for name, option in flowing.items() if name in used)
        return with_options(function, _options(kept) + taken + SHARED_OPTIONS)
    more = (ALL_OPTION,) * command.chains + (*flowing.values(),) + _plot_options(calculator.name) + SHARED_OPTIONS
    more += sampling_options() if _takes_ranges(calculator.inputs) else ()
    return with_options(function, _options(declared) + more)


_RANGES = (
    "Any number may be a range: 1e23..1e25 (the central 90% of a log-normal), 0.4..1.8..10 (with its median), "
    "1M..4M@50% (quartiles). Each answer then has a median and an interval."
)


def _takes_ranges(inputs: type) -> bool:
    return any(field.unit in KINDS and field.ranged for field in fields_of(inputs))


def with_options(function: Callable[..., None], options: tuple[Option, ...]) -> Callable[..., None]:
    """Return the function with a signature of these options, for typer to read."""
    keyword = inspect.Parameter.KEYWORD_ONLY
    parameters = [inspect.Parameter(name, keyword, default=value, annotation=what) for name, value, what in options]
    function.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return function


def declared_options(inputs: type) -> tuple[Option, ...]:
    """Return the options that inputs declare."""
    return _options(fields_of(inputs))


def _options(fields: Iterable[Field]) -> tuple[Option, ...]:
    return tuple((field.name, _default(field), _annotation(field)) for field in fields)


def sampling_options() -> tuple[Option, ...]:
    """Return the options of samples, for commands that take ranges."""
    from scaletui_core.sampling import SamplingInputs

    return declared_options(SamplingInputs)


Option = tuple[str, Any, Any]
"""An option of a command: the name of its parameter, its default, its annotation."""

SHARED_OPTIONS: tuple[Option, ...] = (
    (
        "format",
        "table",
        Annotated[str, typer.Option("--format", metavar="|".join(FORMATS), help="How to print the answer.")],
    ),
    ("explain", False, Annotated[bool, typer.Option("--explain", help="Each row with formula, numbers and source.")]),
)
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
PART_OPTIONS: dict[str, Option] = {"--scenario": SCENARIO_OPTION, "--set": SET_OPTION}
"""The options with which a command answers as part of a scenario, and inherits what its own options leave open."""


def _plot_options(calculator: str) -> tuple[Option, ...]:
    """Return the options of a calculator's figures; none where it has none."""
    if calculator not in FIGURES:
        return ()
    names = "|".join(figure.name for figure in FIGURES[calculator])
    return plot_options(names, axis_help(calculator), "Draw it in the terminal.")


def plot_options(names: str, axis_help: str, help: str) -> tuple[Option, ...]:
    """Return the options of plots: whether, which, and in which characters."""
    axis = Annotated[Optional[str], typer.Option("--axis", metavar=names, help=axis_help)]  # noqa: UP045
    words = "What to draw with: the dots of braille, half blocks, or ASCII alone. Default: braille, in a UTF-8 locale."
    glyphs = Annotated[Optional[str], typer.Option("--glyphs", metavar="|".join(GLYPHS), help=words)]  # noqa: UP045
    return (
        ("plot", False, Annotated[bool, typer.Option("--plot", help=help)]),
        ("axis", None, axis),
        ("glyphs", None, glyphs),
        ("ascii", False, Annotated[bool, typer.Option("--ascii", help="The same as --glyphs ascii.")]),
    )


def _default(declared: Field) -> Any:
    return False if declared.unit == FLAG else None


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


def _answer(calculator: Calculator, given: dict[str, Any]) -> None:
    """Compute one answer and print it."""
    whole, start, assignments = given.pop("all", False), given.pop("scenario", None), given.pop("set", None)
    own = {field.name for field in fields_of(calculator.inputs)}
    shown = {name: given.pop(name) for name in list(given) if name not in own}
    if shown.get("axis") is not None:
        figure_named(calculator.name, shown["axis"])
    if whole or start is not None or assignments:
        from scaletui import scenario_commands

        asked = scenario_commands.chain_of if whole else scenario_commands.part_of_scenario
        show(asked(calculator.name, given, start, assignments), **shown)
        return
    part = calculator.name if calculator.name in PARTS[1:] else None  # as in a scenario: the same seed, the same digits
    inputs: Any = parse_inputs(calculator.inputs, given, _place, part)
    show(lambda catalog: (inputs, calculator.run(inputs, catalog)), **shown)


Asked = tuple[Any, Answer]
"""An answer, behind the inputs that a figure of it is drawn of; None where it has no figure."""


def show(
    make: Callable[[Catalog], Asked],
    format: str,
    explain: bool,
    plot: bool = False,
    axis: str | None = None,
    ascii: bool = False,
    glyphs: str | None = None,
    **sampling: Any,
) -> None:
    """Compute an answer, over samples where it varies, and print it as the shared options say.

    What is wrong with the user's presets is said.
    """
    refuse_unused(format, explain, plot, axis, ascii, glyphs)
    if plot:

        def figure(catalog: Catalog) -> Plot:
            inputs, point = make(catalog)
            return plot_of(inputs, point, _sampled(point, sampling), catalog, axis)

        show_plot(figure, ascii, glyphs)
        return
    from scaletui import terminal
    from scaletui.render import render

    tty = sys.stdout.isatty()

    def text(catalog: Catalog) -> str:
        answer = _sampled(make(catalog)[1], sampling)
        bold = tty and terminal.colors(tty) != "none"
        return render(answer, format, catalog, explain=explain, width=terminal.size(tty)[0], bold=bold)

    _write(text)


def show_plot(make: Callable[[Catalog], Plot], ascii: bool, glyphs: str | None) -> None:
    """Draw a plot in the terminal, in the characters that the options ask for."""
    from scaletui import terminal

    if ascii and glyphs not in (None, "ascii"):
        raise InputError("--ascii is --glyphs ascii: drop one", where="--glyphs")
    chosen = next((one for one in GLYPHS if one == glyphs), None)
    if chosen is None:
        if glyphs is not None:
            raise unknown_name("set of glyphs", glyphs, GLYPHS, where="--glyphs")
        chosen = "ascii" if ascii or not terminal.unicode_shown() else "braille"
    tty = sys.stdout.isatty()
    columns, lines = terminal.size(tty)
    _write(lambda catalog: plot_text(make(catalog), columns, max(lines - 2, 12), chosen, terminal.colors(tty)))


def _write(text: Callable[[Catalog], str]) -> None:
    """Print what comes of the presets, and say what is wrong with the user's."""
    from scaletui import locations

    catalog = locations.catalog()
    try:
        out = text(catalog)
    finally:
        for problem in catalog.problems:
            say(f"your presets are passed over: {problem}")
    sys.stdout.write(out)


def _sampled(answer: Answer, sampling: dict[str, Any]) -> Answer:
    """Return an answer with intervals where an input was a range; what samples alone need is not even imported else."""
    varies = any(isinstance(row.value, Traced) for row in answer.rows)
    if not varies and not any(sampling.values()):
        return answer
    from scaletui_core.sampling import SamplingInputs

    asked = parse_inputs(SamplingInputs, sampling)
    if not varies:
        for item, _ in changed(asked):
            raise InputError("needs a range: nothing here is uncertain", where=item.option, hint="such as 1e23..1e25")
        return answer
    from scaletui import processors

    waiting = sys.stderr is not None and sys.stderr.isatty()

    def stage(words: str) -> None:
        if waiting:
            sys.stderr.write(f"\r{words}...\x1b[K")
            sys.stderr.flush()

    (found,) = processors.sampled([answer], asked.sampling(processors.threads()), stage=stage)
    if waiting:
        sys.stderr.write("\r\x1b[K")
    return found


def refuse_unused(form: str, explain: bool, plot: bool, axis: str | None, ascii_only: bool, glyphs: str | None) -> None:
    """Raise for an option of the output that is wrong or would change nothing."""
    if form not in FORMATS:
        raise unknown_name("format", form, FORMATS, where="--format")
    for option, given in (("--axis", axis is not None), ("--glyphs", glyphs is not None), ("--ascii", ascii_only)):
        if given and not plot:
            raise InputError("needs --plot", where=option)
    if plot and (form != "table" or explain):
        raise InputError("draws, and takes no --format or --explain", where="--plot")
    if explain and form == "csv":
        raise InputError("CSV has rows alone and no room for --explain", where="--format", hint="use json, md or table")


def _place(declared: Field) -> str:
    return "NAME" if declared.name == "name" else declared.option
