"""How a command prints: a table, JSON, CSV, Markdown, an explanation or a plot; and how it talks beside that."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, TextIO

from scaletui.render import FORMATS
from scaletui.render.figures import GLYPHS, plot_of, plot_text
from scaletui.settings import settings
from scaletui_core.answer import Answer
from scaletui_core.errors import InputError, unknown_name
from scaletui_core.fields import changed, parse_inputs
from scaletui_core.presets import Catalog
from scaletui_core.traced import Traced

if TYPE_CHECKING:
    import typer

    from scaletui.render.plot import Plot
    from scaletui.terminal import Colors

Asked = tuple[Any, Answer]
"""An answer, behind the inputs that a figure of it is drawn of; None where it has no figure."""
Made = Callable[[Catalog], Asked]
"""What makes one of the presets."""


def say(message: str) -> None:
    """Tell the person something; a closed or full stderr takes nothing, and the exit code still says it."""
    if sys.stderr is None:
        return
    try:
        sys.stderr.write(f"scaletui: {message}\n")
        sys.stderr.flush()
    except OSError:
        silence(sys.stderr)


def silence(stream: TextIO) -> None:
    """Let a stream that fails lead nowhere, or the interpreter tries it again at exit and complains."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


class Manner(NamedTuple):
    """How to print: for a terminal of so many columns and lines, in so many colours, in ASCII alone, on threads."""

    columns: int
    lines: int
    colors: Colors
    ascii: bool
    threads: int | None


def manner_of(click_context: typer.Context, color: str | None, ascii: bool) -> Manner:
    """Return how to print, by the options of a command, those before it, the environment, the file and the terminal.

    Raises
    ------
    InputError
        If one of them is wrong.
    """
    from scaletui import terminal

    here = {"color": color, "ascii": "yes" if ascii else None}
    options = (click_context.obj or {}) | {name: text for name, text in here.items() if text is not None}
    chosen = settings(options)
    tty = sys.stdout.isatty()
    colors = terminal.colors(tty, chosen.color, forced="color" in options)
    return Manner(*terminal.size(tty), colors, not terminal.unicode_shown(chosen.ascii), chosen.threads)


def show(
    make: Callable[[Catalog], Asked],
    click_context: typer.Context,
    format: str,
    explain: bool,
    plot: bool = False,
    axis: str | None = None,
    glyphs: str | None = None,
    color: str | None = None,
    ascii: bool = False,
    **sampling: Any,
) -> None:
    """Compute an answer, over samples where it varies, and print it as the shared options say.

    ``click_context`` has the options that stand before the command. What is wrong with the user's presets is said.
    """
    refuse_unused(format, explain, plot, axis, ascii, glyphs)
    manner = manner_of(click_context, color, ascii)
    if plot:

        def figure(catalog: Catalog) -> Plot:
            inputs, point = make(catalog)
            return plot_of(inputs, point, _sampled(point, sampling, manner.threads), catalog, axis)

        show_plot(figure, manner, glyphs)
        return
    from scaletui.render import render

    def text(catalog: Catalog) -> str:
        answer = _sampled(make(catalog)[1], sampling, manner.threads)
        bold = manner.colors != "none"
        return render(
            answer, format, catalog, explain=explain, width=manner.columns, bold=bold, ascii_only=manner.ascii
        )

    _write(text)


def show_plot(make: Callable[[Catalog], Plot], manner: Manner, glyphs: str | None) -> None:
    """Draw a plot in the terminal, in the characters that the options ask for."""
    chosen = next((one for one in GLYPHS if one == glyphs), None) or ("ascii" if manner.ascii else "braille")
    _write(lambda catalog: plot_text(make(catalog), manner.columns, max(manner.lines - 2, 12), chosen, manner.colors))


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


def refuse_unused(form: str, explain: bool, plot: bool, axis: str | None, ascii_only: bool, glyphs: str | None) -> None:
    """Raise for an option of the output that is wrong or would change nothing."""
    if form not in FORMATS:
        raise unknown_name("format", form, FORMATS, where="--format")
    for option, given in (("--axis", axis is not None), ("--glyphs", glyphs is not None)):
        if given and not plot:
            raise InputError("needs --plot", where=option)
    if ascii_only and not plot and not explain:
        raise InputError("needs --plot or --explain", where="--ascii")
    if glyphs is not None and glyphs not in GLYPHS:
        raise unknown_name("set of glyphs", glyphs, GLYPHS, where="--glyphs")
    if ascii_only and glyphs not in (None, "ascii"):
        raise InputError("--ascii is --glyphs ascii: drop one", where="--glyphs")
    if plot and (form != "table" or explain):
        raise InputError("draws, and takes no --format or --explain", where="--plot")
    if explain and form == "csv":
        raise InputError("CSV has rows alone and no room for --explain", where="--format", hint="use json, md or table")
