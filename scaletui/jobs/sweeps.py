"""Sweeps in shards: each solves a range of the points of a grid; together they are what one process finds."""

from __future__ import annotations

import gc
import hashlib
import json
from collections.abc import Callable, Iterable
from typing import Any

from scaletui import locations, processors
from scaletui.jobs.folder import Run, create
from scaletui.jobs.kinds import Collected
from scaletui_core.answer import Answer, Note
from scaletui_core.axes import Axis
from scaletui_core.errors import ScaletuiError
from scaletui_core.grid import Grid, Shown
from scaletui_core.grid_answer import Told, answer_of, failure
from scaletui_core.grid_solve import solve
from scaletui_core.points import Points, unpacked
from scaletui_core.presets import KINDS, Catalog
from scaletui_core.sampling import Sampling
from scaletui_core.scenario import Texts

LEAST, MOST = 2000, 500
"""Points that a shard has at least, and shards at most: a worker takes a second to begin, a point a millisecond."""
_DRAWS = 20_000_000  # samples that a shard has at least: two seconds of them


def solved(
    grid: Grid, catalog: Catalog, sampling: Sampling, span: tuple[int, int] | None = None,
    tick: Callable[[int], None] = lambda done: None,
) -> Points:  # fmt: skip
    """Return the points of a grid, or a range of them, with intervals where something varies.

    The draws of a point follow from the seed and the names of what is uncertain, and from nothing else.
    """
    # A command collects no garbage; an error that was caught holds the frames it came through, and there may be many.
    gc.enable()

    def sampler(answer: Answer) -> Answer:
        return processors.sampled([answer], sampling)[0]

    return solve(grid, catalog, (0, grid.size) if span is None else span, sampler, tick)


def run_of(
    grid: Grid, told: Told, sampling: Sampling, varies: bool, catalog: Catalog, folder: str | None = None, *,
    write: bool = True,
) -> Run:  # fmt: skip
    """Return the run of a grid's points.

    Parameters
    ----------
    grid : Grid
        What is asked.
    told : Told
        As its answer says it.
    sampling : Sampling
        How to sample what varies.
    varies : bool
        Whether anything does, and a point takes as long as its samples.
    catalog : Catalog
        The presets that it rests on.
    folder, write
        Where the run's folder is, and whether to make it; see `scaletui.jobs.folder.create`.
    """
    given = {
        "axes": [[axis.part, axis.name, [*axis.texts]] for axis in grid.axes], "texts": grid.texts,
        "shown": [[*one] for one in grid.shown], "said": told.inputs, "scenario": told.scenario,
        "samples": sampling.samples,
        "coverage": sampling.coverage, "seed": sampling.seed, "presets": fingerprint(grid, catalog),
    }  # fmt: skip
    if told.notes:
        given["notes"] = [[*note] for note in told.notes]
    sizes = " x ".join(f"{size:,}" for size in grid.shape)
    title = f"{sizes} points over {', '.join(axis.dotted for axis in grid.axes)}"
    shards = shards_of(grid.size, sampling.samples if varies else 0)
    return create("sweep", title, sampling.seed, given, shards, folder, write=write)


def shards_of(count: int, samples: int) -> list[list[int]]:
    """Return the ranges of points that shards have; ``samples`` of each, or none.

    >>> shards_of(5000, 0), len(shards_of(1_000_000, 0)), shards_of(500, 100_000)
    ([[0, 2000], [2000, 4000], [4000, 5000]], 500, [[0, 200], [200, 400], [400, 500]])
    """
    least = min(LEAST, max(_DRAWS // samples, 1)) if samples else LEAST
    size = max(least, -(-count // MOST))
    return [[first, min(first + size, count)] for first in range(0, count, size)]


def fingerprint(grid: Grid, catalog: Catalog) -> str:
    """Return what tells the presets that a grid rests on from others, the user's own and files of fits included.

    Raises
    ------
    InputError
        If a fit's file cannot be read.
    """
    loaded = {kind: catalog.load(kind) for kind in KINDS if kind != "scenarios"}
    held: dict[str, Any] = {kind: [one.records, one.settings] for kind, one in loaded.items()}
    laws = [text for axis in grid.axes if axis.name == "law" for text in axis.texts]
    for fields in grid.texts.values():
        typed = fields.get("law", ())
        laws += [typed] if isinstance(typed, str) else [*typed] if isinstance(typed, tuple) else []
    for text in laws:
        for one in text.split(","):
            held[f"law {one}"] = catalog.law(one.strip())
    return hashlib.sha256(json.dumps(held, sort_keys=True, default=str).encode()).hexdigest()


def work(given: Any, shard: Any, threads: int) -> Any:
    """Return the points of a range, as `scaletui_core.points.Points.packed` has them.

    Raises
    ------
    ScaletuiError
        If the presets here are not those of who asked.
    """
    grid, catalog = _grid(given), locations.catalog()
    if fingerprint(grid, catalog) != given["presets"]:
        raise ScaletuiError("the presets, or a fit's file, have changed since it was cut (send it again)")
    sampling = Sampling(given["samples"], given["seed"], given["coverage"], threads)
    return solved(grid, catalog, sampling, (int(shard[0]), int(shard[1]))).packed()


def joined(given: Any, results: Iterable[Any]) -> Points:
    """Return the points of all shards.

    Raises
    ------
    ScaletuiError
        If a result is damaged, or some are missing.
    """
    grid = _grid(given)
    made = Points(len(grid.shown))
    for index, held in enumerate(results, 1):
        try:
            made.join(unpacked(held))
        except (ValueError, KeyError, TypeError, IndexError, AttributeError):
            raise ScaletuiError(f"shard {index}: its result is damaged (delete it, and resume the run)") from None
    if len(made) != grid.size:
        raise ScaletuiError(f"the shards hold {len(made):,} points of {grid.size:,}: send the run again")
    return made


def collect(given: Any, results: Iterable[Any], threads: int) -> Collected:
    """Return the answer of a grid whose points these are, and its CSV."""
    from scaletui.render import LONGEST
    from scaletui.render.data import as_csv

    points = joined(given, results)
    answer = answer_of(_grid(given), points, _told(given))
    failed = failure(points)
    return Collected(
        answer, None, lambda: as_csv(answer), [] if failed is None else [failed], ".csv", long=len(points) > LONGEST
    )


def _told(given: Any) -> Told:
    return Told(given["said"], given["scenario"], [Note(*one) for one in given.get("notes", ())])


def _grid(given: Any) -> Grid:
    axes = tuple(Axis(part, name, tuple(texts)) for part, name, texts in given["axes"])
    texts: Texts = {
        part: {name: tuple(text) if isinstance(text, list) else text for name, text in fields.items()}
        for part, fields in given["texts"].items()
    }
    return Grid(axes, texts, tuple(Shown(*one) for one in given["shown"]))
