"""What a measurement ran on, and who else was there: processor, accelerator, driver, versions, clocks, load."""

from __future__ import annotations

import os
import platform
import subprocess
from typing import Any

from scaletui.bench.torch_here import torch_module
from scaletui_core.safetext import visible

_QUERY = "driver_version,clocks.sm,clocks.max.sm,clocks_throttle_reasons.active,temperature.gpu,power.draw"
_IDLE = 0x1  # of the reasons to throttle: nothing runs


def described(device: str, dtype: str) -> dict[str, Any]:
    """Return the hardware, the versions, and the state of both before anything runs."""
    torch = torch_module()
    found: dict[str, Any] = {
        "device": device,
        "dtype": dtype,
        "hardware": _hardware(torch, device),
        "threads": torch.get_num_threads() if device == "cpu" else None,
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "runtime": torch.version.cuda or getattr(torch.version, "hip", None),
    }
    return {**found, "before": state(device)}


def _hardware(torch: Any, device: str) -> str:
    if device == "cuda":
        return visible(torch.cuda.get_device_name(), 100)
    return processor()


def processor() -> str:
    """Return the name of the processor, as the system says it."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            for line in file:
                if line.startswith("model name"):
                    return visible(line.partition(":")[2].strip(), 100)
    except OSError:
        pass
    return platform.processor() or platform.machine()


def state(device: str) -> dict[str, Any]:
    """Return what may disturb a measurement: the load of the machine; of an NVIDIA GPU clocks, throttling, others."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    found: dict[str, Any] = {"load": os.getloadavg()[0], "processors": usable}
    if device == "cuda":
        found.update(_nvidia())
    return found


def _nvidia() -> dict[str, Any]:
    """Return what nvidia-smi says of the GPU that is used; nothing where there is none, as with ROCm."""
    torch = torch_module()
    try:
        which = str(torch.cuda.get_device_properties(0).uuid)
        which = which if which.startswith("GPU-") else f"GPU-{which}"
        command = ["nvidia-smi", "-i", which, "--format=csv,noheader,nounits"]
        line = subprocess.run(
            [*command, f"--query-gpu={_QUERY}"], capture_output=True, text=True, timeout=20, check=True
        ).stdout
        apps = subprocess.run(
            [*command, "--query-compute-apps=pid"], capture_output=True, text=True, timeout=20, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError, AttributeError):
        return {}
    return parsed(line, apps, os.getpid())


def parsed(line: str, apps: str, own: int) -> dict[str, Any]:
    r"""Return what two answers of nvidia-smi mean.

    >>> found = parsed("550.54, 1410, 1980, 0x0000000000000004, 61, 300.1", "41\n77\n", 77)
    >>> found["driver"], found["clock"], found["throttled"], found["others"]
    ('550.54', 1410.0, True, 1)
    """
    words = [word.strip() for word in line.strip().split(",")]
    if len(words) != 6:
        return {}
    names = ("clock", "clock_most", "", "temperature", "power")
    found: dict[str, Any] = {"driver": words[0]}
    for name, word in zip(names, words[1:], strict=True):
        if name and word.replace(".", "", 1).isdigit():
            found[name] = float(word)
    if words[3].startswith("0x"):
        found["throttled"] = bool(int(words[3], 16) & ~_IDLE)
    found["others"] = sum(1 for pid in apps.split() if pid.isdigit() and int(pid) != own)
    return found
