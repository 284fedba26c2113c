"""What the app hands out: an answer, a plot or the screen as a file, and text for the clipboard."""

from __future__ import annotations

import contextlib
import os
from base64 import b64encode
from collections.abc import Callable, Sequence
from functools import partial

from scaletui.render import render
from scaletui_core.answer import Answer
from scaletui_core.errors import ScaletuiError
from scaletui_core.presets import Catalog
from scaletui_core.safetext import visible
from scaletui_core.traced import Traced

LONGEST_CLIP = 74_994
"""The longest text for the clipboard [bytes]: many terminals take a sequence of 100,000, of them 99,992 of base64."""
_MOST_FILES = 10_000
_PRINTED = ("json", "csv", "md")


def exports(
    answer: Answer | None, catalog: Catalog, plot: Sequence[str] | None = None, svg: str | None = None
) -> dict[str, Callable[[], str]]:
    r"""Return what can be saved of a pane: by kind, which is also the suffix, a function that makes its text.

    JSON, CSV and Markdown are what the pane's command prints with that ``--format``.

    Parameters
    ----------
    answer : Answer or None
        As the pane's command prints it (`scaletui.scenario.Scenario.printed`), with intervals where it varies.
    catalog : Catalog
        To name the documents that sources point to.
    plot : sequence of str, optional
        The rows of a plot, without colours.
    svg : str, optional
        The screen.

    Raises
    ------
    ScaletuiError
        By the functions, where the intervals of an answer that varies are not there.

    Examples
    --------
    >>> from scaletui_core.loss import CALCULATOR
    >>> answer = CALCULATOR.run(CALCULATOR.inputs(70e9, 1.4e12), Catalog("presets"))
    >>> found = exports(answer, Catalog("presets"), [" .  ", ".   "])
    >>> list(found), found["txt"](), found["csv"]().partition(",")[0]
    (['json', 'csv', 'md', 'txt'], ' .\n.\n', 'id')
    """
    found: dict[str, Callable[[], str]] = {}
    if answer is not None:
        found |= {form: partial(_printed, answer, form, catalog) for form in _PRINTED}
    if plot is not None:
        found["txt"] = lambda: "".join(f"{row.rstrip()}\n" for row in plot)
    if svg is not None:
        found["svg"] = lambda: svg
    return found


def _printed(answer: Answer, form: str, catalog: Catalog) -> str:
    if any(isinstance(row.value, Traced) for row in answer.rows):
        raise ScaletuiError("its intervals are not there yet: try again in a moment")
    # The app ranks what drives a spread, the command where it is asked to.
    rows = (row if row.spread is None else row._replace(spread=row.spread._replace(drivers=())) for row in answer.rows)
    return render(answer._replace(rows=tuple(rows)), form, catalog)


def stem_of(pane: str) -> str:
    """Return what the files of a pane are called, without the suffix.

    >>> stem_of("Speed")
    'scaletui-speed'
    """
    return f"scaletui-{pane.lower()}"


def save(kind: str, text: str, folder: str, stem: str) -> str:
    """Write a text into a new file and return its path: ``stem.kind`` in the folder, or ``stem-2.kind`` if it is taken.

    Nothing is ever overwritten, by another process neither.

    Raises
    ------
    ScaletuiError
        If the folder takes no file, or the disk is full; then no part of a file is left.
    """
    for number in range(1, _MOST_FILES):
        path = os.path.join(folder, f"{stem}{f'-{number}' * (number > 1)}.{kind}")
        try:
            # Line by line as it is printed, and what is no Unicode escaped as it is there.
            file = open(path, "x", encoding="utf-8", errors="backslashreplace", newline="")  # noqa: SIM115
        except FileExistsError:
            continue
        except OSError as error:
            raise _unwritable(folder, error) from None
        try:
            with file:
                file.write(text)
        except OSError as error:
            with contextlib.suppress(OSError):
                os.unlink(path)
            raise _unwritable(path, error) from None
        return path
    raise ScaletuiError(f"{visible(folder, 200)}: there are {_MOST_FILES:,} of {visible(stem)}.{kind} (delete some)")


def _unwritable(path: str, error: OSError) -> ScaletuiError:
    hint = "start scaletui in a folder of yours that can be written"
    return ScaletuiError(f"{visible(path, 200)}: cannot be written: {error.strerror} ({hint})")


def clip(text: str) -> str:
    r"""Return the sequence (OSC 52) that has a terminal put a text into its clipboard.

    Many do; tmux only with ``set-clipboard on``, which is not its default. A wrapper that passes it through tmux needs
    ``allow-passthrough on``, which is not either, so the plain sequence is the better guess; and nothing says whether
    it worked, so the text is to be shown as well.

    Raises
    ------
    ScaletuiError
        If the text is longer than many terminals take.

    Examples
    --------
    >>> clip("scaletui")
    '\x1b]52;c;c2NhbGV0dWk=\x07'
    """
    raw = text.encode("utf-8", "backslashreplace")
    if len(raw) > LONGEST_CLIP:
        raise ScaletuiError(f"too long for the clipboard: {len(raw):,} bytes of at most {LONGEST_CLIP:,} (save it)")
    return f"\x1b]52;c;{b64encode(raw).decode()}\x07"
