"""Fits that are kept: under a name, as a law of every command and pane, or as a file."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from scaletui import locations
from scaletui.files import write_atomically
from scaletui_core.errors import InputError, ScaletuiError
from scaletui_core.fit_file import FOLDER, SUFFIX
from scaletui_core.safetext import visible
from scaletui_core.scenario import check_name

if TYPE_CHECKING:
    from scaletui_core.fitting.whole import Fitted


def place_of(name: str, where: str = "NAME") -> str:
    """Return the file that a fit of a name is kept in.

    Raises
    ------
    InputError
        If no file can be called so, or there is no home.
    """
    check_name(name, where)
    folder = locations.config_folder()
    if folder is None:
        raise InputError("there is no home to keep it in", where=where, hint="--out fit.json")
    return os.path.join(folder, FOLDER, name + SUFFIX)


def write(target: str, found: Fitted, options: dict[str, Any]) -> None:
    """Write a fit into a file; ``options`` is how its runs were read.

    Raises
    ------
    ScaletuiError
        If it cannot be written.
    """
    from scaletui_core.fit import answer_of
    from scaletui_core.fit_file import written

    try:
        write_atomically(os.path.abspath(target), written(found, answer_of(found), options))
    except OSError as error:
        raise ScaletuiError(f"{visible(target, 200)}: cannot be written: {error.strerror}") from None
