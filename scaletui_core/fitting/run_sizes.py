"""N of runs where no column has it: as the options give it, or as the runs' names say."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from scaletui_core.errors import InputError, unknown_name
from scaletui_core.fitting.columns import Layout
from scaletui_core.fitting.read_inputs import BY_NAME, ReadInputs
from scaletui_core.fitting.records import Array
from scaletui_core.quantity import parse
from scaletui_core.safetext import visible

_SIZE = re.compile(r"(?<![A-Za-z0-9.])(\d+(?:\.\d+)?[kKmMbBgGtT])(?![A-Za-z0-9])")
_NAME_LIMIT = 120
_OPTION = "--run-params"


def shown(run: Any) -> str:
    """Return a run's name as it may be shown; a run that has only its N is called by it."""
    return visible(run, _NAME_LIMIT) if isinstance(run, str) else f"N = {run:.6g}"


def all_shown(runs: Sequence[Any]) -> tuple[str, ...]:
    r"""Return the names of runs as they may be shown; most are plain, and there may be a million.

    >>> all_shown(["run-1", "\x1b[1m", 7e7])
    ('run-1', '\\x1b[1m', 'N = 7e+07')
    """
    if all(type(run) is str for run in runs) and max(map(len, runs), default=0) <= _NAME_LIMIT:
        together = "".join(runs)
        if together.isascii() and together.isprintable():
            return tuple(runs)
    return tuple(map(shown, runs))


class Sizes:
    """What `ReadInputs.run_params` says.

    Parameters
    ----------
    layout : Layout
        Which column is what.
    options : ReadInputs
        How the file is read.
    file : str
        Name of the file.

    Raises
    ------
    InputError
        If a text is no size, or there are no runs that could have one.
    """

    def __init__(self, layout: Layout, options: ReadInputs, file: str) -> None:
        self._file = file
        self._named: dict[str, float] = {}
        self._of_all: float | None = None
        self._by_name = False
        self._known: list[float] = []
        self._read(layout, options)

    def of(self, runs: Sequence[Any]) -> Array:
        """Return N of each run, and last that of rows without a run [parameters].

        Raises
        ------
        InputError
            For a run that has none.
        """
        self._known += [self._size(run) for run in runs[len(self._known) :]]
        return np.array([*self._known, np.nan if self._of_all is None else self._of_all])

    def check(self, runs: Sequence[Any]) -> None:
        """Refuse sizes that were given for runs that are not there.

        Raises
        ------
        InputError
            With the nearest run.
        """
        for name in self._named:
            if name not in runs:
                raise unknown_name("run", name, all_shown(runs), where=_OPTION)

    def _read(self, layout: Layout, options: ReadInputs) -> None:
        for text in options.run_params:
            name, equals, size = text.rpartition("=")
            if text.strip().lower() == BY_NAME:
                self._by_name = True
                continue
            try:
                quantity = parse(size, "parameters")
            except InputError as error:
                raise error.at(_OPTION) from None
            if quantity.is_range:
                raise InputError("takes one number, not a range", where=_OPTION, hint="such as run-1=70M")
            if equals:
                self._named[name.strip()] = quantity.value
            else:
                self._of_all = quantity.value
        if options.run_params and "params" in layout.at:
            column = visible(layout.names[layout.at["params"]])
            raise InputError(f"the column '{column}' says what N is", where=_OPTION, hint="leave one of them out")
        named = "run" in layout.at or layout.series or layout.tensorboard
        if (self._named or self._by_name) and not named:
            raise InputError(
                "there is no column of runs", where=_OPTION, hint="say --run-col NAME, or --run-params 70M"
            )

    def _size(self, run: Any) -> float:
        size = self._named.get(run, self._of_all)
        name = shown(run)
        if size is None and self._by_name:
            found = {parse(text, "parameters").value for text in _SIZE.findall(str(run))}
            if len(found) != 1:
                what = f"the name of run '{name}' has {'no' if not found else 'more than one'} number such as 70M"
                raise InputError(what, where=_OPTION, hint=f"say --run-params '{name}=70M'")
            return found.pop()
        if size is None:
            raise InputError(f"run '{name}' has no N", where=self._file, hint=f"say --run-params '{name}=70M'")
        return size
