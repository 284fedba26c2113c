"""From what a person asks to the specification that a measuring process reads; nothing here imports torch."""

from __future__ import annotations

import importlib.util
from typing import Any

from scaletui.bench.shapes import shape_of
from scaletui_core.errors import InputError, ScaletuiError
from scaletui_core.measuring import KEY, LADDER, PROMPT, REPEATS, MeasureInputs, check, ladder_of, sizes_of
from scaletui_core.presets import Catalog

ABSENT = "torch is not installed, and the benchmark measures with it: pip install 'scaletui[bench]'"


def torch_is_there() -> bool:
    """Whether torch is installed; it is not imported."""
    return importlib.util.find_spec("torch") is not None


def specification(inputs: MeasureInputs, catalog: Catalog, *, here: bool = True) -> dict[str, Any]:
    """Return what the measuring process is to do, as JSON can hold it; of a key only the variable's name.

    Parameters
    ----------
    inputs : MeasureInputs
        What is asked.
    catalog : Catalog
        The presets.
    here : bool
        Whether it is to be measured on this machine, which then needs torch.

    Raises
    ------
    InputError
        If an input is wrong.
    ScaletuiError
        If torch is wanted here, and not installed.
    """
    check(inputs)
    spec: dict[str, Any] = {
        "ladder": list(ladder_of(inputs.ladder or LADDER)),
        "repeats": inputs.repeats or REPEATS,
        "seed": inputs.seed or 0,
        "prompt": inputs.prompt or PROMPT,
        "batch": inputs.batch or 1,
    }
    if inputs.command is not None:
        from scaletui.bench.endpoint import checked_url

        checked_url(inputs.command)
        return {**spec, "url": inputs.command, "model": inputs.model, "key_env": inputs.key_env or KEY}
    shape = shape_of(catalog, inputs.model, inputs.params, inputs.hf)
    if inputs.device in ("cuda", "mps") and inputs.threads is not None:
        raise InputError("are of a CPU: drop them", where="--threads")
    if here and not torch_is_there():
        raise ScaletuiError(ABSENT)
    return {
        **spec,
        "model": shape.name,
        "shape": list(shape),
        "device": inputs.device,
        "dtype": inputs.dtype,
        "threads": inputs.threads,
        "prefill": inputs.prefill,
        "batches": list(sizes_of(inputs.batches, "--batches")),
        "contexts": list(sizes_of(inputs.contexts, "--contexts")),
        "tile": inputs.tile,
    }
