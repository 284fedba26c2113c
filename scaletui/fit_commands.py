"""The commands of fits: fit runs, predict by a fit, design the next runs. One that is asked imports what it needs."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from scaletui import locations
from scaletui.jobs.sending import FOLDER_OPTION, Sending, sending_of, sending_options
from scaletui.options import SHARED_OPTIONS, declared_options, figure_options, with_options
from scaletui.printing import Asked, manner_of, say, show
from scaletui.root import Option
from scaletui_core.errors import InputError
from scaletui_core.fields import changed, fields_of, given, parse_inputs
from scaletui_core.fit_file import FOLDER, KEPT_RUNS, SUFFIX, is_fit, read_fit
from scaletui_core.fitting.design import DesignInputs
from scaletui_core.fitting.inputs import FitInputs
from scaletui_core.fitting.read_inputs import ReadInputs
from scaletui_core.predict import PredictInputs
from scaletui_core.predict import calculate as predicted
from scaletui_core.presets import Catalog
from scaletui_core.safetext import visible

if TYPE_CHECKING:
    from scaletui_core.fitting.intake import Read
    from scaletui_core.fitting.whole import Fitted

_SUMMARY = {
    "fit": "Fit scaling laws to your own runs, with intervals: CSV, TSV, JSON Lines, Parquet; - reads a pipe.",
    "predict": "What a run will reach by your own fit, and how sure that is.",
    "design": "Which runs to do next: those that shrink the interval of a prediction most.",
}


def _argument(name: str, metavar: str, help: str, several: bool = False) -> Option:
    kind: Any = Optional[list[str]] if several else Optional[str]  # noqa: UP045
    return name, None, Annotated[kind, typer.Argument(metavar=metavar, help=help)]


def _text(name: str, option: str, metavar: str, help: str) -> Option:
    return name, None, Annotated[Optional[str], typer.Option(option, metavar=metavar, help=help)]  # noqa: UP045


def _flag(name: str, option: str, help: str) -> Option:
    return name, False, Annotated[bool, typer.Option(option, help=help)]


def command(name: str) -> tuple[str, Callable[..., Any]]:
    """Return the summary of a command of fits, and its function with the signature that typer reads."""
    commands: dict[str, tuple[Callable[..., int], tuple[Option, ...]]] = {
        "fit": (
            _fit,
            (
                _argument(
                    "files",
                    "[FILE]...",
                    "Runs, in one file or more; or, with --compare, fits and laws.",
                    several=True,
                ),
                *declared_options(FitInputs),
                *declared_options(ReadInputs),
                _text("out", "--out", "FIT.json", "Write the fit there: a law for --law, and what predict reads."),
                _text("save", "--save", "NAME", "Keep the fit as a law of that name, in every command and pane."),
                _flag("force", "--force", "Put it in place of a fit that is kept by that name."),
                _flag("example", "--example", "Fit the runs that ship as an example: synthetic, of a known law."),
                _flag("compare", "--compare", "Compare fits, and published laws on their runs."),
                *sending_options(),
                FOLDER_OPTION,
                *figure_options("fit"),
                *SHARED_OPTIONS,
            ),
        ),
        "predict": (
            _predict,
            (
                _argument("file", "FIT", "What `scaletui fit --out` wrote, or the NAME of --save."),
                *declared_options(PredictInputs),
                *SHARED_OPTIONS,
            ),
        ),
        "design": (
            _design,
            (
                _argument("file", "FIT", "What `scaletui fit --out` wrote, or the NAME of --save."),
                *declared_options(DesignInputs),
                *SHARED_OPTIONS,
            ),
        ),
    }
    return _SUMMARY[name], with_options(*commands[name])


def _fit(
    files: list[str] | None,
    out: str | None,
    save: str | None,
    force: bool,
    example: bool,
    compare: bool,
    folder: str | None,
    **given_: Any,
) -> int:
    where = sending_of(given_)
    if where is None and folder is not None:
        raise InputError("is that of shards, and needs --slurm or --local", where="--folder")
    taken = {name: given_.pop(name) for name in [field.name for field in fields_of(FitInputs)]}
    reading = {name: given_.pop(name) for name in [field.name for field in fields_of(ReadInputs)]}
    if compare:
        if where is not None:
            raise InputError("compares what was fitted before: drop --slurm and --local", where="--compare")
        return _compare(files or [], taken, reading, out, save, example, given_)
    inputs, options = parse_inputs(FitInputs, taken), parse_inputs(ReadInputs, reading)
    inputs.check()
    if len(files or []) > 1 and inputs.excluded:
        raise InputError("names lines of one file, and there are several", where="--exclude")
    if example == bool(files):
        hint = "such as scaletui fit runs.csv, or scaletui fit --example"
        raise InputError("--example has its own runs: drop one" if files else "no runs to fit", where="FILE", hint=hint)
    shipped = os.path.join(locations.shipped_presets(), "examples", "synthetic-runs.csv")
    paths = [shipped] if example else files or []
    target = _target(out, save, force)
    manner = manner_of(given_["click_context"], given_["color"], given_["ascii"])
    read = _read(paths, options)
    if where is None:
        found = _fitted(read, inputs, manner.threads)
    else:
        sent = _sent(where, read, inputs, options, manner.threads, folder, example)
        if sent is None:
            return 0
        found = sent
    answer = None

    def make(catalog: Catalog) -> Asked:
        nonlocal answer
        from scaletui_core.fit import answer_of
        from scaletui_core.fitting.examples import noted

        answer = answer_of(found, **given(options))
        if example:
            answer = noted(answer)
        return found, answer

    if save is not None and found.failures:
        say("not kept as a law, since it did not converge")
    elif target is not None:
        _written(target, found, options, save is not None)
    show(make, **given_)
    for failure in found.failures:
        say(failure)
    return 1 if found.failures else 0


def _target(out: str | None, save: str | None, force: bool) -> str | None:
    """Return where the fit is to be written, or None."""
    if force and save is None:
        raise InputError("needs --save", where="--force")
    if out is not None and save is not None:
        raise InputError("keeps the fit too: drop one", where="--save")
    if save is not None:
        from scaletui.fits import place_of

        path = place_of(save, "--save")
        if os.path.exists(path) and not force:
            raise InputError(f"a fit is kept as {save} already", where="--save", hint="--force puts this in its place")
        return path
    if out is not None and not out.lower().endswith(SUFFIX):
        raise InputError(f"must end in {SUFFIX}, by which --law knows it", where="--out", hint="such as fit.json")
    return out


def _written(target: str, found: Fitted, options: ReadInputs, kept: bool) -> None:
    from scaletui.fits import write

    write(target, found, given(options))
    say(f"kept as a law in {target}" if kept else f"written to {visible(target, 200)}")


def _read(paths: list[str], options: ReadInputs) -> Read:
    from scaletui_core.fitting.joining import read_all

    try:
        return read_all(paths, options, stdin=getattr(sys.stdin, "buffer", None))
    except InputError:
        for path in paths:
            if path.lower().endswith(SUFFIX) and is_fit(path):
                hint = "scaletui predict, or several with --compare"
                raise InputError("is a fit, not runs", where=visible(path, 200), hint=hint) from None
        raise


def _fitted(read: Read, inputs: FitInputs, threads: int | None) -> Fitted:
    """Fit what was read, telling a person who waits how far it is."""
    from scaletui import processors

    processors.keep_kernels()
    from scaletui_core.fitting.whole import fit_runs

    waiting = sys.stderr is not None and sys.stderr.isatty()

    def tick(what: str, share: float) -> None:
        if waiting:
            told = "" if what == "done" else f"{what}... {share:.0%}" if share else f"{what}..."
            sys.stderr.write(f"\r{told}\x1b[K")
            sys.stderr.flush()

    try:
        return fit_runs(read.runs, inputs, read.curves, threads=processors.threads(threads), tick=tick)
    finally:
        if waiting:
            sys.stderr.write("\r\x1b[K")


def _sent(
    where: Sending, read: Read, inputs: FitInputs, options: ReadInputs, threads: int | None, folder: str | None,
    example: bool,
) -> Fitted | None:  # fmt: skip
    """Fit in shards, and return the fit; None while shards are on their way."""
    from scaletui import processors
    from scaletui.jobs import fits
    from scaletui.jobs.results import results
    from scaletui.jobs.sending import send

    free = processors.threads(threads)
    run = fits.run_of(read, inputs, given(options), free, folder, example=example, write=not where.dry_run)
    return fits.fitted(run.given(), results(run), free) if send(run, where) else None


def _place(name: str) -> str:
    """Return the path of a fit by what a person calls it: a file, or the name of one that was saved."""
    folder = locations.config_folder()
    is_path = os.sep in name or name.lower().endswith(SUFFIX) or os.path.exists(name)
    if folder is None or is_path:
        return name
    path = os.path.join(folder, FOLDER, name + SUFFIX)
    if not os.path.exists(path):
        hint = "--save keeps one; published laws answer in scaletui calc and loss"
        raise InputError(f"no fit is kept as '{visible(name, 80)}'", where="FIT", hint=hint)
    return path


def _predict(file: str | None, **given_: Any) -> int:
    asked = {field.name: given_.pop(field.name) for field in fields_of(PredictInputs)}
    if not file:
        raise InputError("no fit named", where="FIT", hint="such as scaletui predict fit.json --flops 1e25")
    inputs = parse_inputs(PredictInputs, asked)
    document = read_fit(_place(file), "FIT")
    name = os.path.basename(file)

    def make(catalog: Catalog) -> Asked:
        return inputs, predicted(document, name, inputs)

    show(make, **given_)
    failed = [
        key for key in ("parametric", "isoflop", "envelope", "power") if not document.get(key, {}).get("converged", 1)
    ]
    for key in failed:
        say(f"{name}: the fit did not converge: {key}")
    return 1 if failed else 0


def _design(file: str | None, **given_: Any) -> int:
    asked = {field.name: given_.pop(field.name) for field in fields_of(DesignInputs)}
    if not file:
        hint = "such as scaletui design fit.json --flops 1e25 --spend 1e22"
        raise InputError("no fit named", where="FIT", hint=hint)
    inputs = parse_inputs(DesignInputs, asked)
    document, name = read_fit(_place(file), "FIT"), os.path.basename(file)
    fit, values = document.get("parametric"), document["data"].get("values")
    if fit is None or not fit["converged"]:
        raise InputError("a design needs a fit of Approach 3 that converged", where=name, hint="fit with --method all")
    if values is None:
        most = f"{KEPT_RUNS:,}"
        raise InputError("does not hold its runs, which a design needs", where=name, hint=f"fit at most {most} runs")

    def make(catalog: Catalog) -> Asked:
        from scaletui_core.fitting.design import answer_of
        from scaletui_core.fitting.information import evidence
        from scaletui_core.fitting.parametric import Loss

        loss = Loss(str(fit["loss"].get("kind")), fit["loss"].get("scale"))
        columns = values["params"], values["tokens"]
        known = evidence(*columns, fit["coefficients"], loss, spread=inputs.noise, levels=values["loss"])
        if len(fit["sample"]) > 1:
            import numpy as np

            known = known.with_sample(np.array(fit["sample"]))
        return inputs, answer_of(inputs, known)

    show(make, **given_)
    return 0


def _compare(
    files: list[str], taken: dict[str, Any], reading: dict[str, Any], out: str | None, save: str | None, example: bool,
    shown: dict[str, Any],
) -> int:  # fmt: skip
    for item, _ in (*changed(parse_inputs(FitInputs, taken)), *changed(parse_inputs(ReadInputs, reading))):
        raise InputError(
            "compares what was fitted before, and fits nothing", where="--compare", hint=f"drop {item.option}"
        )
    if out is not None or save is not None or example:
        raise InputError("writes nothing", where="--compare", hint="drop --out, --save and --example")
    if len(files) < 2:
        hint = "such as scaletui fit a.json b.json chinchilla-3 --compare"
        raise InputError("takes two or more, fits or laws", where="--compare", hint=hint)

    def make(catalog: Catalog) -> Asked:
        from scaletui_core.fit_compare import compare
        from scaletui_core.laws import law
        from scaletui_core.parametric_law import ParametricLaw

        shipped = catalog.load("laws").records
        fits, published = {}, {}
        for name in files:
            if name in shipped and "posterior" not in shipped[name]:
                one = law(catalog, name)
                if not isinstance(one, ParametricLaw):
                    raise InputError("has no loss of N and D together", where=name, hint="see scaletui laws")
                published[name] = one
            else:
                short = os.path.basename(name)
                fits[name if short in fits else short] = read_fit(_place(name), "FILE")
        if not fits:
            raise InputError("takes a fit among them, whose runs the laws are tried on", where="--compare")
        return None, compare(fits, published)

    show(make, **shown)
    return 0
