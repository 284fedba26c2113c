"""The command line: one command a calculator, its options from the declared inputs. It never imports textual."""

from __future__ import annotations

import importlib
import io
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import typer

from scaletui.options import (
    ALL_OPTION,
    BARE_OPTIONS,
    MEASURED_OPTION,
    PART_OPTIONS,
    SHARED_OPTIONS,
    fields_options,
    figure_options,
    sampling_options,
    takes_ranges,
    with_options,
)
from scaletui.printing import say, show, silence
from scaletui.render.figures import figure_named
from scaletui.root import CONTEXT, command_of, root, root_options
from scaletui_core.calculator import PARTS, Calculator
from scaletui_core.errors import ScaletuiError
from scaletui_core.fields import Field, fields_of, parse_inputs
from scaletui_core.safetext import visible

if TYPE_CHECKING:
    from scaletui.printing import Asked, Made
    from scaletui_core.presets import Catalog


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
    "jobs": "scaletui.jobs.commands",
    "completion": "scaletui.completion_commands",
    "bench": "scaletui.bench.commands",
}
"""Commands that have commands of their own: each a module with an ``application``."""

FITS = ("fit", "predict", "design")
"""Commands of runs and files rather than of declared inputs alone, in `scaletui.fit_commands`."""

SWEEP = "sweep"
"""The command of a grid of inputs, in `scaletui.sweep_commands`."""

_USAGE_ERROR: type[Exception] = typer.BadParameter.__mro__[2]  # ClickException, which typer does not export


def run(arguments: Sequence[str]) -> int:
    """Run one command line, return its exit code: 0 ok, 1 failed, 2 bad input, 3 cluster refused, 130 interrupted."""
    if sys.stdout is None:
        return _fail("cannot write the output: standard output is closed", 1)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that is not UTF-8 gets what it cannot show written out, not a traceback.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        app = application(command_of(arguments, {*COMMANDS, *GROUPS, *FITS, SWEEP}), arguments)
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
        silence(sys.stdout)
        return 0
    except FileNotFoundError as error:
        return _fail(str(error), 1)
    except OSError as error:
        silence(sys.stdout)
        return _fail(f"cannot write the output: {error.strerror}", 1)


def _fail(message: str, code: int) -> int:
    say(message)
    return code


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
            epilog = _RANGES if takes_ranges(calculator.inputs) else None
            app.command(name, help=calculator.summary, epilog=epilog)(_function(calculator, command, words))
    for name in FITS:
        if only in (None, name):
            from scaletui import fit_commands

            summary, function = fit_commands.command(name)
            app.command(name, help=summary)(function)
    if only in (None, SWEEP):
        from scaletui import sweep_commands

        app.command(SWEEP, help=sweep_commands.SUMMARY, epilog=sweep_commands.EPILOG)(sweep_commands.command())
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

    flowing = PART_OPTIONS if calculator.name in PARTS else {}
    used = None if words is None else {word.partition("=")[0] for word in words if word.startswith("-")}
    if used is not None and used <= {"--format", "--explain", *flowing, *(field.option for field in declared)}:
        kept = (field for field in declared if field.option in used or field.name == "name")
        taken = tuple(option for name, option in flowing.items() if name in used)
        return with_options(function, fields_options(kept) + taken + BARE_OPTIONS)
    more = (ALL_OPTION,) * command.chains + (*flowing.values(),) + figure_options(calculator.name) + SHARED_OPTIONS
    more += (MEASURED_OPTION,) if calculator.name in _SPED else ()
    more += sampling_options() if takes_ranges(calculator.inputs) else ()
    return with_options(function, fields_options(declared) + more)


_SPED = ("calc", "speed", "copies", "learning")
"""The commands whose answers follow from a speed, which may be a measured one."""
_RANGES = (
    "Any number may be a range: 1e23..1e25 (the central 90% of a log-normal), 0.4..1.8..10 (with its median), "
    "1M..4M@50% (quartiles). Each answer then has a median and an interval."
)


def _answer(calculator: Calculator, given: dict[str, Any]) -> None:
    """Compute one answer and print it."""
    whole, start, assignments = given.pop("all", False), given.pop("scenario", None), given.pop("set", None)
    measured = given.pop("measured", None)
    own = {field.name for field in fields_of(calculator.inputs)}
    shown = {name: given.pop(name) for name in list(given) if name not in own}
    if shown.get("axis") is not None:
        figure_named(calculator.name, shown["axis"])
    flows = whole or start is not None or bool(assignments)
    fed: Callable[[Made], Made] | None = None
    if measured is not None:
        from scaletui.bench import feed

        fed = feed.taken(measured, calculator.name, given, whole, flows)
    if flows:
        from scaletui import scenario_commands

        asked = scenario_commands.chain_of if whole else scenario_commands.part_of_scenario
        make = asked(calculator.name, given, start, assignments, measured)
        show(make if fed is None else fed(make), **shown)
        return
    part = calculator.name if calculator.name in PARTS[1:] else None  # as in a scenario: the same seed, the same digits
    inputs: Any = parse_inputs(calculator.inputs, given, _place, part)

    def alone(catalog: Catalog) -> Asked:
        return inputs, calculator.run(inputs, catalog)

    show(alone if fed is None else fed(alone), **shown)


def _place(declared: Field) -> str:
    return "NAME" if declared.name == "name" else declared.option
