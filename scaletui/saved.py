"""The scenarios that there are: the shipped ones, and the user's own, one file each, written whole or not at all."""

from __future__ import annotations

import os
from typing import NamedTuple

from scaletui.files import write_atomically
from scaletui_core.errors import InputError, ScaletuiError, unknown_name
from scaletui_core.presets import Catalog, read_text
from scaletui_core.safetext import visible
from scaletui_core.scenario import Scenario, check_name, published
from scaletui_core.scenario_file import read, written

SUFFIX = ".toml"


class Shelf(NamedTuple):
    """What is there to choose from.

    Attributes
    ----------
    shipped, own : dict of Scenario
        By name; an own one goes before a shipped one of the same name.
    problems : list of InputError
        What is wrong with own files; each is passed over.
    """

    shipped: dict[str, Scenario]
    own: dict[str, Scenario]
    problems: list[InputError]

    @property
    def names(self) -> list[str]:
        """All names, the shipped ones first."""
        return list({**self.shipped, **self.own})

    def get(self, name: str) -> Scenario | None:
        """Return the scenario of a name, or None."""
        return self.own.get(name) or self.shipped.get(name)


def shelf(catalog: Catalog, folder: str | None) -> Shelf:
    """Return every scenario; a bad file is a problem, and the others are still there."""
    own: dict[str, Scenario] = {}
    problems: list[InputError] = []
    for name in _names(folder, problems):
        try:
            own[name] = _read(name, _path(folder, name))
        except InputError as error:
            problems.append(error)
    return Shelf(published(catalog), own, problems)


def load(name: str, catalog: Catalog, folder: str | None, where: str = "NAME") -> Scenario:
    """Return one scenario by its name; the user's own goes before a shipped one.

    Raises
    ------
    InputError
        If there is none of that name, with the nearest, or its file is wrong.
    """
    check_name(name, where)
    if folder is not None and os.path.lexists(_path(folder, name)):
        return _read(name, _path(folder, name))
    shipped = published(catalog)
    if name in shipped:
        return shipped[name]
    known = [*shipped, *_names(folder, [])]
    raise unknown_name("scenario", name, known, listing="scaletui scenario list", where=where)


def save(scenario: Scenario, catalog: Catalog, folder: str | None, force: bool = False) -> str:
    """Write a scenario into the user's folder, and return the path.

    Raises
    ------
    InputError
        If the name is taken, by an own or a shipped one, and ``force`` is not given.
    ScaletuiError
        If there is no home, or the folder takes no file.
    """
    name = check_name(scenario.name)
    path = _path(home(folder), name)
    text = written(scenario)
    taken = "there" if os.path.lexists(path) else "shipped" if name in published(catalog) else None
    if taken is not None and not force:
        what = "is there already" if taken == "there" else "is the name of a shipped one"
        raise InputError(f"'{name}' {what}", where="NAME", hint="take another name, or --force to go before it")
    try:
        write_atomically(path, text, over=force)
    except FileExistsError:
        raise InputError(f"'{name}' is there already", where="NAME", hint="take another name, or --force") from None
    except OSError as error:
        raise ScaletuiError(_unwritable(path, error)) from None
    return path


def delete(name: str, catalog: Catalog, folder: str | None) -> str:
    """Delete an own scenario, and return its path.

    Raises
    ------
    InputError
        If there is none of that name, or it is a shipped one.
    ScaletuiError
        If it cannot be deleted.
    """
    path = _path(home(folder), check_name(name))
    try:
        os.unlink(path)
    except FileNotFoundError:
        if name in published(catalog):
            what = "is shipped, and cannot be deleted"
            raise InputError(f"'{name}' {what}", where="NAME", hint="save one of that name to go before it") from None
        raise unknown_name(
            "own scenario", name, _names(folder, []), listing="scaletui scenario list", where="NAME"
        ) from None
    except OSError as error:
        raise ScaletuiError(_unwritable(path, error)) from None
    return path


def home(folder: str | None) -> str:
    """Return the folder of own scenarios.

    Raises
    ------
    ScaletuiError
        If there is no home.
    """
    if folder is None:
        raise ScaletuiError("there is no home for scenarios: set HOME or XDG_DATA_HOME to a folder of yours")
    return folder


def _unwritable(path: str, error: OSError) -> str:
    hint = "set XDG_DATA_HOME to a folder of yours that can be written"
    return f"{visible(path, 200)}: cannot be written: {error.strerror} ({hint})"


def _path(folder: str | None, name: str) -> str:
    return os.path.join(folder or "", name + SUFFIX)


def _names(folder: str | None, problems: list[InputError]) -> list[str]:
    """Return the names of the own files; what is not called as a scenario can be is a problem."""
    found = []
    try:
        entries = sorted(os.listdir(folder)) if folder is not None else []
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        problems.append(InputError(f"cannot be read: {error.strerror}", where=visible(folder or "", 200)))
        return []
    for entry in entries:
        if entry.endswith(SUFFIX):
            try:
                found.append(check_name(entry.removesuffix(SUFFIX), visible(os.path.join(folder or "", entry), 200)))
            except InputError as error:
                problems.append(error)
    return found


def _read(name: str, path: str) -> Scenario:
    text = read_text(path)
    if text is None:  # a link that leads nowhere, or deleted in between
        raise InputError("is not there", where=visible(path, 200))
    return read(text, name, path)
