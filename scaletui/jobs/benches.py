"""Measurements as shards: one on each kind of hardware, in a process that a scheduler starts; all beside each other."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Sequence
from typing import Any

from scaletui import locations
from scaletui.bench import asked
from scaletui.bench.document import Document, Elsewhere, Growing, fault, have_of
from scaletui.bench.owned import adopt, check_free
from scaletui.bench.runner import Run as Measuring
from scaletui.files import write_atomically
from scaletui.jobs.folder import Run, create, home, is_run, opened, read_json, unwritable
from scaletui.jobs.kinds import Collected
from scaletui_core import __version__
from scaletui_core.answer import Answer
from scaletui_core.errors import InputError, ScaletuiError
from scaletui_core.fields import given as said
from scaletui_core.measured import answer_of
from scaletui_core.measured_lists import compared
from scaletui_core.measuring import MeasureInputs
from scaletui_core.presets import Catalog


def run_of(
    inputs: MeasureInputs, spec: dict[str, Any], *, folder: str | None = None, name: str | None = None,
    each: bool = False, again: bool = False, partition: str | None = None, write: bool = True,
) -> Run:  # fmt: skip
    """Return the run of a measurement: the one that is there already, or a new one.

    Parameters
    ----------
    inputs, spec
        What is asked, and what that comes to.
    folder : str, optional
        Where the run is to be; by default in the user's data folder, under a name that follows from what is asked.
    name : str, optional
        What the result is to be called; of several each with its type of GPU behind it. It is part of what is asked.
    each : bool
        Whether each type of GPU that the cluster has is measured, in a shard of its own.
    again : bool
        Whether it is a new one, though there is one already.
    partition : str, optional
        Where GPUs are looked for; by default everywhere.
    write : bool
        Whether its folder is made.

    Raises
    ------
    InputError
        If the folder is of other work, the name is taken, or the cluster has no GPUs there.
    ScaletuiError
        If the cluster does not answer, or the folder cannot be written.
    """
    if each and "url" in spec:
        raise InputError("measures what answers there, not the cluster's GPUs: drop one", where="--command")
    question = {"inputs": said(inputs), "spec": spec, "name": name, "each": each}
    place = _place(question, again) if folder is None else os.path.realpath(folder)
    if is_run(place):
        # What the cluster has may be something else by now: the same command means the same run.
        known = opened(place)
        shards, asks = list(known.shards), list(known.asks)
    else:
        asks = _types(partition) if each else []
        shards = [{"gpu": one["gres"].removeprefix("gpu:").rpartition(":")[0] or "gpu"} for one in asks] or [{}]
        for one in shards:
            if name is not None:
                check_free(_called(name, one))
    title = f"speed of {spec['model']}{' on each type of GPU' if each else ''}"
    return create("bench", title, spec["seed"], question, shards, place, asks=asks, write=write)


def _place(question: dict[str, Any], again: bool) -> str:
    """Return the folder of the last measurement of this kind, or of the next."""
    digest = hashlib.sha256(json.dumps([__version__, question], allow_nan=False).encode()).hexdigest()
    first = os.path.join(home(), f"bench-{digest[:10]}")
    last, number = "", 1
    while is_run(place := first if number == 1 else f"{first}-{number}"):
        last, number = place, number + 1
    return place if again or not last else last


def _types(partition: str | None) -> list[dict[str, str]]:
    """Return what asks for each type of GPU once, in the first partition that is up and has it."""
    from scaletui.jobs.nodes import gpus

    among = None if partition is None else partition.split(",")
    found: dict[str, str] = {}
    for one in gpus():
        if one.gres and one.state == "up" and (among is None or one.partition in among):
            found.setdefault(one.gres, one.partition)
    if not found:
        where = "the cluster" if among is None else f"partition {partition}"
        hint = "scaletui jobs nodes lists what there is"
        raise InputError(f"{where} has no GPUs that are up", where="--each-gpu-type", hint=hint)
    return [{"gres": gres, "partition": found[gres]} for gres in sorted(found)]


def _called(name: str, shard: dict[str, str]) -> str:
    """Return what the result of a shard is called, where a person chose a name.

    >>> _called("monday", {}), _called("monday", {"gpu": "a100_3g.20gb"})
    ('monday', 'monday-a100_3g-20gb')
    """
    return name if "gpu" not in shard else f"{name}-{re.sub('[^A-Za-z0-9_-]', '-', shard['gpu'])}"


class _Part(Growing):
    """A result that grows in the folder of its run."""

    def __init__(self, inputs: MeasureInputs, spec: dict[str, Any], path: str, before: Document | None) -> None:
        super().__init__(inputs, spec, before)
        self._path = path

    def _write(self) -> None:
        try:
            write_atomically(self._path, json.dumps(self.document, allow_nan=False) + "\n")
        except OSError as error:
            raise unwritable(os.path.dirname(self._path), os.path.basename(self._path), error) from None


def work(given: Any, shard: Any, threads: int, part: str) -> Document:
    """Return the result of a measurement here, going on with the timings that a killed worker left in ``part``.

    Raises
    ------
    ScaletuiError
        If torch is not installed here, or the measurement fails; its timings stay in ``part``.
    """
    spec: dict[str, Any] = {**given["spec"]}
    if "url" not in spec:
        if not asked.torch_is_there():
            raise ScaletuiError(asked.ABSENT)
        # Of several processes that share the model each has its part of what was granted.
        most = max(1, threads // (spec.get("tile") or 1) ** 2)
        spec["threads"] = min(spec["threads"] or most, threads)
        if "gpu" in shard:
            spec["device"] = spec["device"] or "cuda"  # a node's CPU is no answer to what its GPU does
    inputs = _inputs(given["inputs"])
    before = _before(part, spec)
    if before is not None and before["status"] == "done":
        return before
    while True:
        growing = _Part(inputs, spec, part, before)
        if "gpu" in shard:
            growing.document["on"] = shard["gpu"]
        try:
            with Measuring(spec if before is None else {**spec, "have": have_of(before)}) as process:
                for event in process.events():
                    growing.take(event)
        except Elsewhere:  # a node of another kind begins anew
            before = None
            continue
        except ScaletuiError:
            growing.close("failed")
            raise
        growing.close("done")
        return growing.document


def _before(path: str, spec: dict[str, Any]) -> Document | None:
    """Return what there is of a shard; None where that is nothing, damaged, or of something else."""
    try:
        found = read_json(path)
    except InputError:
        return None
    same = isinstance(found, dict) and not fault(found) and found.get("version") == __version__
    return found if same and found["spec"] == Growing(MeasureInputs(), spec).document["spec"] else None


def _inputs(kept: dict[str, Any]) -> MeasureInputs:
    values: dict[str, Any] = {
        name.replace("-", "_"): tuple(value) if isinstance(value, list) else value for name, value in kept.items()
    }
    return MeasureInputs(**values)


def documents_of(given: Any, results: Iterable[Any]) -> list[Document]:
    """Return the results of all shards, each put among the user's, once.

    Raises
    ------
    ScaletuiError
        If one is damaged, or the user's folder takes no file.
    """
    found = []
    for index, one in enumerate(results, 1):
        if not isinstance(one, dict) or not isinstance(one.get("id"), str) or fault(one):
            raise ScaletuiError(f"shard {index}: its result is damaged (delete it, and resume the run)")
        name = given["name"]
        own = {"gpu": one["on"]} if isinstance(one.get("on"), str) else {}
        found.append(adopt(one, None if name is None else _called(name, own)))
    return found


def answer(documents: Sequence[Document], catalog: Catalog) -> Answer:
    """Return what results say: one by itself, several beside each other."""
    return answer_of(documents[0], catalog) if len(documents) == 1 else compared([*documents])


def collect(given: Any, results: Iterable[Any], threads: int) -> Collected:
    """Return what the results of all shards say; each is put among the user's, once."""
    found = documents_of(given, results)
    text = json.dumps(found[0] if len(found) == 1 else found, indent=1, allow_nan=False) + "\n"
    return Collected(answer(found, locations.catalog()), None, lambda: text, [])
