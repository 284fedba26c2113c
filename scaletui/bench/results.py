"""Results as files: one a measurement, in the user's data folder, written whole after each timing."""

from __future__ import annotations

import json
import math
import os
import re
from datetime import UTC, datetime
from typing import Any

from scaletui import locations
from scaletui.files import write_atomically
from scaletui_core import __version__
from scaletui_core.errors import InputError, ScaletuiError, unknown_name
from scaletui_core.fields import given
from scaletui_core.measuring import MeasureInputs
from scaletui_core.safetext import visible

SCHEMA = "scaletui.bench/1"
SUFFIX = ".json"
LAST = "last"
"""In place of a name: the newest."""
_LIMIT = 50_000_000  # bytes
_KEPT = ("machine", "model", "roofline", "prefill", "state")
_LISTED = {
    "point": "points", "step": "steps", "skipped": "skipped", "tile": "tiles", "tile_point": "tile_points",
}  # fmt: skip

Document = dict[str, Any]


class Keeper:
    """A result that grows: it takes events, and is on the disk after each that matters.

    Raises
    ------
    ScaletuiError
        If there is no home, or the folder takes no file; before anything is measured.
    """

    def __init__(self, inputs: MeasureInputs, spec: dict[str, Any], folder: str | None = None) -> None:
        self._folder = folder or home()
        try:
            os.makedirs(self._folder, exist_ok=True)
        except OSError as error:
            raise _unwritable(self._folder, error) from None
        if not os.access(self._folder, os.W_OK | os.X_OK):
            raise _unwritable(self._folder, PermissionError(13, "Permission denied"))
        self._path: str | None = None
        self.document: Document = {
            "schema": SCHEMA,
            "version": __version__,
            "name": "",
            "started": datetime.now(UTC).isoformat(timespec="seconds"),
            "status": "running",
            "inputs": given(inputs),
            "spec": {key: value for key, value in spec.items() if key != "shape"},
            "points": [],
            "steps": [],
            "skipped": [],
        }

    def take(self, event: dict[str, Any]) -> None:
        """Take an event of the measurement, and write what is kept."""
        kind = event["event"]
        rest = {key: value for key, value in event.items() if key != "event"}
        if kind in _KEPT:
            self.document[kind] = rest
        elif kind in _LISTED:
            self.document.setdefault(_LISTED[kind], []).append(rest)
        else:
            return
        self._write()

    def close(self, status: str) -> None:
        """Say how the measurement ended: ``done``, ``interrupted`` or ``failed``; one without a timing is not kept."""
        self.document["status"] = status
        if self.document["points"]:
            self._write()
        elif self._path is not None:
            os.unlink(self._path)

    def _write(self) -> None:
        try:
            if self._path is None:
                self._publish()
            else:
                write_atomically(self._path, self._text())
        except OSError as error:
            raise _unwritable(self._path or self._folder, error) from None

    def _publish(self) -> None:
        """Write under the first name that is free."""
        machine, number = self.document.get("machine", {}), 1
        parts = (self.document["spec"]["model"], machine.get("device"), machine.get("dtype"))
        stem = re.sub(r"[^a-z0-9.-]+", "-", "-".join(str(part) for part in parts if part).lower()).strip("-.")[:80]
        while True:
            self.document["name"] = f"{stem or 'model'}-{number}"
            path = os.path.join(self._folder, self.document["name"] + SUFFIX)
            try:
                write_atomically(path, self._text(), over=False)
            except FileExistsError:
                number += 1
                continue
            self._path = path
            return

    def _text(self) -> str:
        return json.dumps(self.document, indent=1, allow_nan=False) + "\n"


def _unwritable(path: str, error: OSError) -> ScaletuiError:
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


def load(name: str, folder: str | None = None) -> Document:
    """Return a result by its name; ``last`` is the newest.

    Raises
    ------
    InputError
        If there is none of that name, with the nearest, or its file is wrong.
    """
    folder = folder or home()
    known = names(folder)
    if not known:
        raise InputError("nothing has been measured yet", where="NAME", hint="scaletui bench measures")
    if name == LAST:
        name = known[-1]
    if name not in known:
        raise unknown_name("result", name, known, listing="scaletui bench list", where="NAME")
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


_NUMBERS: dict[str, tuple[str, ...]] = {
    "points": ("tokens", "seconds"),
    "steps": ("at", "batch", "context", "seconds", "low", "high"),
    "skipped": ("at",),
    "tiles": ("k", "parts", "threads", "sums", "bytes", "seconds", "low", "high"),
    "tile_points": ("k", "tokens", "seconds"),
    "model": ("params", "params_read", "bytes_per_weight", "kv_bytes_per_token", "memory"),
    "roofline": ("copy", "read", "matmul"),
    "prefill": ("tokens", "seconds", "low", "high"),
    "spec": ("batch", "prompt"),
}
_TEXTS: dict[str, tuple[str, ...]] = {"steps": ("kind",), "skipped": ("kind",), "model": ("name", "source")}


def fault(document: Document) -> str:
    """Return the key of a document that is not as `Keeper` writes it; empty where all is right.

    >>> fault({"status": "done", "started": "", "inputs": {}, "spec": {"batch": 1, "prompt": 8}, "points": 3})
    'points'
    """
    for key in ("status", "started"):
        if not isinstance(document.get(key), str):
            return key
    for key in ("inputs", "spec"):
        if not isinstance(document.get(key), dict):
            return key
    if not isinstance(document.get("points"), list):
        return "points"
    for key in ("machine", "state"):
        if not isinstance(document.get(key, {}), dict):
            return key
    for key, names_ in _NUMBERS.items():
        found = document.get(key, [])
        for one in found if isinstance(found, list) else [found]:
            if not isinstance(one, dict) or not all(_positive(one.get(name)) for name in names_):
                return key
            if not all(isinstance(one.get(name), str) and one[name] for name in _TEXTS.get(key, ())):
                return key
            if key == "points" and (not isinstance(one.get("repeat"), int) or not _positive(one.get("first", 1))):
                return key
    return ""


def _positive(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value > 0.0
