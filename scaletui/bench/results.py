"""Results as files: one a measurement, in the user's data folder, written whole after each timing."""

from __future__ import annotations

import contextlib
import json
import os
import re
import zlib
from typing import Any

from scaletui import locations
from scaletui.bench.document import SCHEMA, Document, Growing, continued, fault
from scaletui.files import remove_drafts, write_atomically
from scaletui.held import AtWork, holding
from scaletui_core.errors import InputError, ScaletuiError, unknown_name
from scaletui_core.measuring import MeasureInputs
from scaletui_core.safetext import visible

SUFFIX = ".json"
LAST = "last"
"""In place of a name: the newest."""
AT_WORK = ".at-work"
"""The file in which a process holds the byte of each result that it measures."""
_LIMIT = 50_000_000  # bytes


class Keeper(Growing):
    """A result in the user's folder, on the disk after each event that matters.

    Parameters
    ----------
    inputs, spec
        What was asked, and what that came to.
    folder : str, optional
        Where results lie; by default the user's.
    name : str, optional
        What it is to be called; by default by the model, the device and the format, with the first number that is free.
    before : dict, optional
        The result to go on with, as `load` returns it.

    Raises
    ------
    InputError
        If another process measures what is to be gone on with.
    ScaletuiError
        If there is no home, or the folder takes no file; before anything is measured.
    """

    def __init__(
        self, inputs: MeasureInputs, spec: dict[str, Any], folder: str | None = None, *, name: str | None = None,
        before: Document | None = None,
    ) -> None:  # fmt: skip
        super().__init__(inputs, spec, before)
        self._folder = folder or home()
        make_folder(self._folder)
        remove_drafts(self._folder)
        self._name = name
        self._path: str | None = None
        self._held = contextlib.ExitStack()
        if before is not None:
            self._path = path_of(self.document["name"], self._folder)
            try:
                self._hold(alone=True)
            except AtWork:
                raise measured_now(self.document, "--resume") from None

    @classmethod
    def resume(cls, name: str, folder: str | None = None) -> tuple[Keeper, dict[str, Any]]:
        """Return the keeper of a result that broke off, and what the measuring process is to do for it.

        Raises
        ------
        InputError
            If there is none of that name, it lacks nothing, or another process measures it.
        ScaletuiError
            If it cannot be gone on with here, or the folder takes no file.
        """
        document = load(name, folder, "--resume")
        spec = continued(document)
        keeper = cls(MeasureInputs(), spec, folder, before=document)
        if load(document["name"], folder) != document:  # another went on with it until a moment ago
            keeper._held.close()
            raise measured_now(document, "--resume")
        return keeper, spec

    def close(self, status: str) -> None:
        """Say how the measurement ended: ``done``, ``interrupted`` or ``failed``; one without a timing is not kept."""
        super().close(status)
        if self._path is not None and not self.document["points"]:
            os.unlink(self._path)
        self._held.close()

    def _hold(self, alone: bool = False) -> None:
        path = os.path.join(self._folder, AT_WORK)
        self._held.enter_context(holding(path, byte_of(self.document), alone=alone))

    def _write(self) -> None:
        try:
            if self._path is None:
                self._path = publish(self.document, self._folder, self._name)
                self._hold()
            else:
                write_atomically(self._path, text_of(self.document))
        except OSError as error:
            raise unwritable(self._path or self._folder, error) from None


def publish(document: Document, folder: str, name: str | None = None) -> str:
    """Write a result under a name of its own, put the name into it, and return the path.

    Raises
    ------
    InputError
        If the name that it is to have is taken.
    OSError
        If the folder takes no file.
    """
    number = 1
    while True:
        document["name"] = name or f"{_stem(document)}-{number}"
        path = path_of(document["name"], folder)
        try:
            write_atomically(path, text_of(document), over=False)
        except FileExistsError:
            if name is not None:
                raise taken(name) from None
            number += 1
            continue
        return path


def _stem(document: Document) -> str:
    machine = document.get("machine", {})
    device, on = machine.get("device"), document.get("on")
    where = f"{on}-node-cpu" if on and device == "cpu" else on or device  # a node's CPU is not its GPU
    parts = (document["spec"].get("model"), where, machine.get("dtype"))
    stem = re.sub(r"[^a-z0-9.-]+", "-", "-".join(str(part) for part in parts if part).lower()).strip("-.")[:80]
    return stem or "model"


def text_of(document: Document) -> str:
    """Return the text of a result's file."""
    return json.dumps(document, indent=1, allow_nan=False) + "\n"


def path_of(name: str, folder: str) -> str:
    """Return the path of a result."""
    return os.path.join(folder, name + SUFFIX)


def taken(name: str) -> InputError:
    """Return the error of a name that another result has."""
    hint = "choose another, or scaletui bench delete it"
    return InputError(f"a result is called {visible(name)} already", where="--name", hint=hint)


def measured_now(document: Document, where: str) -> InputError:
    """Return the error of a result that a process measures now."""
    return InputError(f"{document['name']} is being measured now", where=where, hint="wait, or end that")


def byte_of(document: Document) -> int:
    """Return the byte of `AT_WORK` that stands for a result."""
    return zlib.crc32(str(document.get("id")).encode()) & 0x3FFFFFFF


def make_folder(folder: str) -> None:
    """Make the folder of results where it is missing.

    Raises
    ------
    ScaletuiError
        If it cannot be made, or takes no file.
    """
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        raise unwritable(folder, error) from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise unwritable(folder, PermissionError(13, "Permission denied"))


def unwritable(path: str, error: OSError) -> ScaletuiError:
    """Return the error of a folder of results that takes no file."""
    hint = "results are kept below XDG_DATA_HOME, which may be a folder of yours elsewhere"
    return ScaletuiError(f"{visible(path, 200)}: cannot be written: {error.strerror} ({hint})")


def home() -> str:
    """Return the folder of the results.

    Raises
    ------
    ScaletuiError
        If there is no home.
    """
    folder = locations.bench_folder()
    if folder is None:
        raise ScaletuiError("there is no home for results: set HOME or XDG_DATA_HOME to a folder of yours")
    return folder


def names(folder: str | None = None) -> list[str]:
    """Return the names of all results, the oldest first."""
    folder = folder or home()
    found = []
    try:
        for entry in os.scandir(folder):
            if entry.name.endswith(SUFFIX):
                found.append((entry.stat().st_mtime, entry.name.removesuffix(SUFFIX)))
    except OSError:
        return []
    return [name for _, name in sorted(found)]


def load(name: str, folder: str | None = None, where: str = "NAME") -> Document:
    """Return a result by its name; ``last`` is the newest. ``where`` is what an error calls the name.

    Raises
    ------
    InputError
        If there is none of that name, with the nearest, or its file is wrong.
    """
    folder = folder or home()
    known = names(folder)
    if not known:
        raise InputError("nothing has been measured yet", where=where, hint="scaletui bench measures")
    if name == LAST:
        name = known[-1]
    if name not in known:
        raise unknown_name("result", name, known, listing="scaletui bench list", where=where)
    path = os.path.join(folder, name + SUFFIX)
    where = visible(path, 200)
    try:
        if os.path.getsize(path) > _LIMIT:
            raise InputError(f"is larger than {_LIMIT:,} bytes", where=where)
        with open(path, "rb") as file:
            document = json.load(file)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=where) from None
    except (ValueError, RecursionError):
        raise InputError("is not JSON", where=where, hint="delete it, and measure again") from None
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise InputError(f"is no result of {SCHEMA}", where=where, hint="update scaletui, or delete it")
    wrong = fault(document)
    if wrong:
        raise InputError(f"'{wrong}' is not as a result has it", where=where, hint="delete it, and measure again")
    return {**document, "name": name}
