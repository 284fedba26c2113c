"""Torch, asked for when something is measured: the module, the devices, the formats; its absence is one line."""

from __future__ import annotations

import os
import sys
from typing import Any

from scaletui.bench.asked import ABSENT
from scaletui_core.errors import InputError, ScaletuiError

BYTES = {"bf16": 2, "fp16": 2, "fp32": 4, "int8": 1}
"""Bytes of a weight, by format."""
CACHE_BYTES = {**BYTES, "int8": 2}
"""Bytes of a number of the cache, by the format of the weights: with those in int8 the rest is bf16."""
DEVICES = ("cuda", "mps", "cpu")
"""Kinds of device, the fastest first; ROCm's are ``cuda`` to torch."""


def torch_module() -> Any:
    """Return torch.

    Raises
    ------
    ScaletuiError
        If it is not installed, or does not load.
    """
    try:
        import torch
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise ScaletuiError(f"torch does not load: {error}") from None
        raise ScaletuiError(ABSENT) from None
    except (ImportError, OSError) as error:
        raise ScaletuiError(f"torch does not load: {str(error).partition(chr(10))[0]}") from None
    return torch


def device_of(asked: str | None) -> str:
    """Return the kind of device to measure: the one asked for, else the fastest there is.

    Raises
    ------
    InputError
        If this machine, or this build of torch, has no such device.
    """
    torch = torch_module()
    there = [kind for kind in DEVICES if _is_there(torch, kind)]
    if asked is not None and asked not in there:
        hint = f"there is {' and '.join(there)}"
        raise InputError(f"torch {torch.__version__} finds no {asked} device here", where="--device", hint=hint)
    return asked or there[0]


def _is_there(torch: Any, kind: str) -> bool:
    if kind == "cuda":
        return bool(torch.cuda.is_available())
    return kind == "cpu" or bool(torch.backends.mps.is_available())


def dtype_of(name: str) -> Any:
    """Return torch's name of the format that is calculated in: with weights in int8 that of all else, bf16."""
    torch = torch_module()
    return {"bf16": torch.bfloat16, "fp16": torch.float16, "fp32": torch.float32, "int8": torch.bfloat16}[name]


def synchronise(device: str) -> None:
    """Wait until the device has done all that it was told."""
    torch = torch_module()
    if device == "cuda":
        torch.cuda.synchronize()
    elif device == "mps":
        torch.mps.synchronize()


def free_bytes(device: str) -> float | None:
    """Return the memory [bytes] that is free on a device; None where nothing says."""
    if device == "cuda":
        return float(torch_module().cuda.mem_get_info()[0])
    if device == "mps":
        mps = torch_module().mps
        return float(mps.recommended_max_memory() - mps.current_allocated_memory())
    return free_memory()


def free_memory() -> float | None:
    """Return the main memory [bytes] that may still be taken, by the system and by the limit of a container or job."""
    found = []
    for line in _text("/proc/meminfo").splitlines():
        if line.startswith("MemAvailable:"):
            found.append(float(line.split()[1]) * 1024.0)
    for most, taken in (
        ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
        ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"),
    ):
        limit, used = _text(most).strip(), _text(taken).strip()
        if limit.isdigit() and used.isdigit():
            found.append(max(float(limit) - float(used), 0.0))
    if not found and sys.platform == "darwin":
        found.append(float(os.sysconf("SC_PHYS_PAGES")) * os.sysconf("SC_PAGE_SIZE"))
    return min(found) if found else None


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""
