"""The command line: one command a calculator, its options from the declared inputs. It never imports textual."""

from __future__ import annotations

import importlib
import inspect
import io
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Any, NamedTuple, Optional, TextIO

import typer

from scaletui.render import FORMATS
from scaletui.render.figures import FIGURES, axis_help, figure_named, plot_text
from scaletui.root import CONTEXT, Option, command_of, root, root_options, setting_option
from scaletui.settings import BY_NAME, settings
from scaletui_core.answer import Answer
from scaletui_core.calculator import PARTS, Calculator
from scaletui_core.errors import InputError, ScaletuiError, unknown_name
from scaletui_core.fields import FLAG, NAMES, Field, changed, fields_of, parse_inputs
from scaletui_core.presets import Catalog
from scaletui_core.quantity import KINDS
from scaletui_core.safetext import visible
from scaletui_core.traced import Traced


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

GROUPS = {
    "scenario": "scaletui.scenario_commands",
    "config": "scaletui.config_commands",
    "completion": "scaletui.completion_commands",
}
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
        app = application(command_of(arguments, {**COMMANDS, **GROUPS}), arguments)
        result = app(list(arguments), prog_name="scaletui", standalone_mode=False)
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


def application(only: str | None = None, words: Sequence[str] | None = None) -> typer.Typer:
    """Return the typer application with one command, with none (``""``), or with all (for ``--help`` and completion).

    With the words of a command line, options that it does not use are left out where it uses none that is not known:
    each costs a tenth of a millisecond, and a command may have thirty.
    """
    # Without rich markup `--help` costs a third less, and text from outside cannot be read as markup.
    app = typer.Typer(
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        help="From a compute budget to the model it should train, under every published scaling law. "
        "Without a command: the app.",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    before = words is None or list(words[:1]) != [only]  # whether something may stand before the command
    taken = (CONTEXT, *(root_options() if before else ()))
    app.callback(invoke_without_command=True)(with_options(lambda **given: root(**given), taken))
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


def _function(calculator: Calculator, command: Command, words: Sequence[str] | None) -> Callable[..., None]:
    """Return the function that typer makes a command of, with the options that the inputs declare."""
    declared = fields_of(calculator.inputs)

    def function(**given: Any) -> None:
        _answer(calculator, given)

    used = None if words is None else {word.partition("=")[0] for word in words if word.startswith("-")}
    if used is not None and used <= {"--format", "--explain", *(field.option for field in declared)}:
        kept = (field for field in declared if field.option in used or field.name == "name")
        return with_options(function, _options(kept) + BARE_OPTIONS)
    more = (CHAIN_OPTIONS if command.chains else ()) + _plot_options(calculator.name) + SHARED_OPTIONS
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
SET_OPTION: Option = (
    "set",
    None,
    Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--set", metavar="PART.FIELD=TEXT", help="Give a part something of its own; repeatable. Such as speed.k=5."
        ),
    ],
)
CHAIN_OPTIONS: tuple[Option, ...] = (
    (
        "all",
        False,
        Annotated[bool, typer.Option("--all", help="The whole chain: abilities, speed, copies, learning, batch.")],
    ),
    (
        "scenario",
        None,
        Annotated[
            Optional[str],  # noqa: UP045
            typer.Option("--scenario", metavar="NAME", help="Start from a scenario (see `scaletui scenario list`)."),
        ],
    ),
    SET_OPTION,
)


def _plot_options(calculator: str) -> tuple[Option, ...]:
    """Return the options of a calculator's figures; none where it has none."""
    if calculator not in FIGURES:
        return ()
    names = "|".join(figure.name for figure in FIGURES[calculator])
    axis = Annotated[Optional[str], typer.Option("--axis", metavar=names, help=axis_help(calculator))]  # noqa: UP045
    return (
        ("plot", False, Annotated[bool, typer.Option("--plot", help="Draw it in the terminal.")]),
        ("axis", None, axis),
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
    if whole:
        from scaletui.scenario_commands import chain_of

        show(chain_of(given, start, assignments), **shown)
        return
    for option, text in (("--scenario", start), ("--set", assignments)):
        if text:
            raise InputError("needs --all, the whole chain", where=option, hint="such as calc --all --set speed.k=5")

    if shown.get("axis") is not None:
        figure_named(calculator.name, shown["axis"])
    part = calculator.name if calculator.name in PARTS[1:] else None  # as in a scenario: the same seed, the same digits
    inputs: Any = parse_inputs(calculator.inputs, given, _place, part)
    show(lambda catalog: calculator.run(inputs, catalog), inputs=inputs, **shown)


def show(
    make: Callable[[Catalog], Answer],
    click_context: typer.Context,
    format: str,
    explain: bool,
    plot: bool = False,
    axis: str | None = None,
    color: str | None = None,
    ascii: bool = False,
    inputs: Any = None,
    **sampling: Any,
) -> None:
    """Compute an answer, over samples where it varies, and print it as the shared options say.

    ``click_context`` has the options that stand before the command, ``inputs`` are what a figure is drawn of. What is
    wrong with the user's presets is said.
    """
    from scaletui import locations, terminal
    from scaletui.render import render

    if format not in FORMATS:
        raise unknown_name("format", format, FORMATS, where="--format")
    _refuse_unused(format, explain, plot, axis, ascii)
    here = {"color": color, "ascii": "yes" if ascii else None}
    options = (click_context.obj or {}) | {name: text for name, text in here.items() if text is not None}
    chosen = settings(options)
    catalog = locations.catalog()
    tty = sys.stdout.isatty()
    columns, lines = terminal.size(tty)
    colors = terminal.colors(tty, chosen.color, forced="color" in options)
    try:
        point = make(catalog)
        answer = _sampled(point, sampling, chosen.threads)
        ascii = not terminal.unicode_shown(chosen.ascii)
        if plot:
            text = plot_text(inputs, point, answer, catalog, axis, columns, max(lines - 2, 12), ascii, colors)
        else:
            bold = colors != "none"
            text = render(answer, format, catalog, explain=explain, width=columns, bold=bold, ascii_only=ascii)
    finally:
        for problem in catalog.problems:
            say(f"your presets are passed over: {problem}")
    sys.stdout.write(text)


def _sampled(answer: Answer, sampling: dict[str, Any], threads: int | None) -> Answer:
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

    (found,) = processors.sampled([answer], asked.sampling(processors.threads(threads)), stage=stage)
    if waiting:
        sys.stderr.write("\r\x1b[K")
    return found


def _refuse_unused(form: str, explain: bool, plot: bool, axis: str | None, ascii_only: bool) -> None:
    """Raise for an option of the output that is wrong or would change nothing."""
    if axis is not None and not plot:
        raise InputError("needs --plot", where="--axis")
    if ascii_only and not plot and not explain:
        raise InputError("needs --plot or --explain", where="--ascii")
    if plot and (form != "table" or explain):
        raise InputError("draws, and takes no --format or --explain", where="--plot")
    if explain and form == "csv":
        raise InputError("CSV has rows alone and no room for --explain", where="--format", hint="use json, md or table")


def _place(declared: Field) -> str:
    return "NAME" if declared.name == "name" else declared.option
