"""The document of a measurement: how it grows event by event, what one that broke off lacks, what is wrong with one."""

from __future__ import annotations

import math
import os
from datetime import UTC, datetime
from typing import Any

from scaletui.bench import asked
from scaletui.bench.shapes import Shape
from scaletui_core import __version__
from scaletui_core.errors import InputError, ScaletuiError
from scaletui_core.fields import given
from scaletui_core.measuring import MeasureInputs
from scaletui_core.safetext import visible

SCHEMA = "scaletui.bench/1"
Document = dict[str, Any]

_KEPT = ("machine", "model", "roofline", "prefill", "state")
_LISTED = {
    "point": "points", "step": "steps", "skipped": "skipped", "tile": "tiles", "tile_point": "tile_points",
}  # fmt: skip
_APART = ("shape", "have")  # of a specification: the model's own event has the one, the result the other
_SAME = ("hardware", "device", "dtype", "threads", "torch", "runtime")
"""What must be as it was, of the machine, for timings to go into one result."""


class Elsewhere(ScaletuiError):
    """A result cannot be gone on with here: the hardware is another, the format, or torch."""


class Growing:
    """A document that takes events; where and when it is written is its heirs' to say.

    Parameters
    ----------
    inputs, spec
        What was asked, and what that came to.
    before : dict, optional
        The document to go on with, on the same machine.
    """

    def __init__(self, inputs: MeasureInputs, spec: dict[str, Any], before: Document | None = None) -> None:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        self.begun = before is None
        if before is not None:
            lists = {key: [*before[key]] for key in _LISTED.values() if key in before}
            resumed = [*before.get("resumed", ()), now]
            self.document: Document = {**before, **lists, "status": "running", "resumed": resumed}
            return
        self.document = {
            "schema": SCHEMA,
            "version": __version__,
            "id": os.urandom(8).hex(),
            "name": "",
            "started": now,
            "status": "running",
            "inputs": given(inputs),
            "spec": {key: value for key, value in spec.items() if key not in _APART},
            "points": [],
            "steps": [],
            "skipped": [],
        }

    def take(self, event: dict[str, Any]) -> None:
        """Take an event of the measurement, and write what is kept.

        Raises
        ------
        Elsewhere
            If the document was begun on another machine; it stays as it was.
        """
        kind = event["event"]
        rest = {key: value for key, value in event.items() if key != "event"}
        if kind == "machine" and not self.begun:
            _compare(self.document.get("machine") or {}, rest)
            self.begun = True
        elif kind in _KEPT:
            self.document[kind] = rest
        elif kind in _LISTED:
            self.document.setdefault(_LISTED[kind], []).append(rest)
        else:
            return
        self._write()

    def close(self, status: str) -> None:
        """Say how the measurement ended: ``done``, ``interrupted`` or ``failed``."""
        if self.begun:
            self.document["status"] = status
            if self.document["points"]:
                self._write()

    def _write(self) -> None:
        raise NotImplementedError


def _compare(before: dict[str, Any], now: dict[str, Any]) -> None:
    for key in _SAME:
        if before.get(key) != now.get(key):
            was, found = (visible(str(one.get(key)), 100) for one in (before, now))
            what = f"was measured with {key} {was}, and here it is {found}"
            raise Elsewhere(f"{what}: timings of both are not one result (measure anew)")


def have_of(document: Document) -> dict[str, Any]:
    """Return what a document has, for the measuring process to pass over.

    >>> have = have_of({"points": [{"tokens": 8, "repeat": 1}], "steps": [], "skipped": [{"kind": "batch", "at": 9}]})
    >>> have["points"], have["steps"], have["prefill"], have["roofline"]
    ([[8, 1]], [['batch', 9]], False, None)
    """
    found = [*document.get("steps", ()), *document.get("skipped", ())]
    return {
        # A server stops where it likes: which rung that was, is what it was asked for.
        "points": [[point.get("asked", point["tokens"]), point["repeat"]] for point in document["points"]],
        "steps": [[step["kind"], step["at"]] for step in found],
        "prefill": "prefill" in document or any(step["kind"] == "prefill" for step in found),
        "roofline": document.get("roofline"),
        "tiles": [tile["k"] for tile in document.get("tiles", ())],
        "tile_points": [[one["k"], one["tokens"], one.get("repeat")] for one in document.get("tile_points", ())],
    }


def continued(document: Document) -> dict[str, Any]:
    """Return what the measuring process is to do for a document that broke off: the same, but for what is there.

    Raises
    ------
    InputError
        If it lacks nothing, or does not say what was measured.
    ScaletuiError
        If another version of scaletui began it, or torch is wanted and not installed.
    """
    name = document["name"]
    if document["status"] == "done":
        raise InputError(f"{name} has all its timings", where="--resume", hint="scaletui bench measures anew")
    if document.get("version") != __version__:
        made = f"was begun by scaletui {visible(str(document.get('version')), 40)}, and this is {__version__}"
        raise ScaletuiError(f"{name}: {made}: timings of both are not one result (measure anew)")
    spec = {**document["spec"], "have": have_of(document)}
    if "url" in spec:
        return spec
    shape = (document.get("model") or {}).get("shape")
    if not isinstance(shape, dict) or tuple(shape) != Shape._fields:
        raise InputError(f"{name} does not say its shape", where="--resume", hint="measure anew")
    if not asked.torch_is_there():
        raise ScaletuiError(asked.ABSENT)
    return {**spec, "shape": [*shape.values()]}


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
