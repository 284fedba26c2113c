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
    from scaletui_core.presets import Catalog


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
    _write(target, _text(found, options))


def _text(found: Fitted, options: dict[str, Any]) -> str:
    from scaletui_core.fit import answer_of
    from scaletui_core.fit_file import written

    return written(found, answer_of(found), options)


def _write(target: str, text: str) -> None:
    try:
        write_atomically(os.path.abspath(target), text)
    except OSError as error:
        raise ScaletuiError(f"{visible(target, 200)}: cannot be written: {error.strerror}") from None


class Law:
    """A fit that is to be kept as a law.

    Parameters
    ----------
    name : str
        What the law is to be called.
    found : Fitted
        The fit.
    options : dict
        How its runs were read.
    catalog : Catalog
        The laws that there are.

    Raises
    ------
    InputError
        If no law can be called so.
    """

    def __init__(self, name: str, found: Fitted, options: dict[str, Any], catalog: Catalog) -> None:
        self._target = place_of(name, "the name")
        self._name, self._found, self._options = name, found, options
        if not self.is_kept and name in catalog.load("laws").records:
            raise InputError(f"a law is called {name} already", where="the name", hint="take another")

    @property
    def is_kept(self) -> bool:
        """Whether a fit of that name is kept."""
        return os.path.exists(self._target)

    def keep(self) -> None:
        """Keep it, in place of one that is there.

        Raises
        ------
        ScaletuiError
            If it is no law, as it did not converge, or cannot be written.
        """
        import json

        from scaletui_core.fit_file import law_record

        text = _text(self._found, self._options)
        law_record(json.loads(text), self._name)  # which says why it is none
        _write(self._target, text)
