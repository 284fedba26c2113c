"""Results as the user's own: names of their choice, those measured elsewhere put among them once, and deleted."""

from __future__ import annotations

import contextlib
import os

from scaletui.bench.document import Document
from scaletui.bench.results import (
    AT_WORK,
    LAST,
    byte_of,
    home,
    load,
    make_folder,
    measured_now,
    names,
    path_of,
    publish,
    taken,
    unwritable,
)
from scaletui.held import held
from scaletui_core.errors import InputError, ScaletuiError, unknown_name
from scaletui_core.safetext import visible
from scaletui_core.scenario import check_name


def check_free(name: str, folder: str | None = None) -> None:
    """Raise unless a result can be called so.

    Raises
    ------
    InputError
        If it is no name, or another has it.
    """
    check_name(name, "--name")
    if name == LAST:
        raise InputError(f"'{LAST}' is always the newest", where="--name", hint="choose another")
    if os.path.lexists(path_of(name, folder or home())):
        raise taken(name)


def adopt(document: Document, name: str | None = None, folder: str | None = None) -> Document:
    """Put a result that was measured elsewhere among the user's, once, and return it with its name.

    Raises
    ------
    ScaletuiError
        If there is no home, or its folder takes no file.
    """
    import fcntl

    folder = folder or home()
    make_folder(folder)
    lock = None
    try:
        with contextlib.suppress(OSError):
            lock = os.open(folder, os.O_RDONLY)
            fcntl.flock(lock, fcntl.LOCK_EX)  # two who collect at once
        for one in names(folder):
            with contextlib.suppress(InputError):
                found = load(one, folder)
                if found.get("id") == document["id"]:
                    return found
        if name is not None and os.path.lexists(path_of(name, folder)):
            name = None  # taken since it was sent: better by another name than not at all
        found = {**document}
        publish(found, folder, name)
    except OSError as error:
        raise unwritable(folder, error) from None
    finally:
        if lock is not None:
            os.close(lock)
    return found


def delete(name: str, folder: str | None = None) -> str:
    """Delete a result, whatever its file holds, and return the path.

    Raises
    ------
    InputError
        If there is none of that name, or it is measured now.
    ScaletuiError
        If it cannot be deleted.
    """
    folder = folder or home()
    known = names(folder)
    if name not in known:
        raise unknown_name("result", name, known, listing="scaletui bench list", where="NAME")
    path = path_of(name, folder)
    try:
        document = load(name, folder)
    except InputError:  # damaged, which is a reason to delete it
        pass
    else:
        if held(os.path.join(folder, AT_WORK), [byte_of(document)]):
            raise measured_now(document, "NAME")
    try:
        os.unlink(path)
    except OSError as error:
        raise ScaletuiError(f"{visible(path, 200)}: cannot be deleted: {error.strerror}") from None
    return path
