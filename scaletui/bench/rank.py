"""One of several processes that calculate a model together: it decodes with the others; the first says the times."""

from __future__ import annotations

import base64
import os
import statistics
import sys
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any

from scaletui.bench.measure import rungs, seconds
from scaletui.bench.model import Decoder
from scaletui.bench.shapes import Shape
from scaletui.bench.share import Share
from scaletui.bench.torch_here import dtype_of, torch_module
from scaletui_core.errors import ScaletuiError

PATIENCE = timedelta(hours=1)
"""What a process waits for another: the first waits for whoever reads its times."""
LOST = "the processes that shared the model are gone"
"""What a process says when another has ended: that one knows why."""
_WARM, _AT_ONCE, _TIMES = 20, 20, 15  # sums over all processes: before, in a timing, timings


def events(spec: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield, in the first process, the logits of the prompt, the time of a sum, and the ladder's timings."""
    torch = torch_module()
    from torch import distributed

    share, device = Share(spec["rank"], spec["parts"]), spec["device"]
    if device == "cuda":
        torch.cuda.set_device(share.rank)
    else:
        torch.set_num_threads(spec["threads"])
        # The name of a laptop or a container may lead nowhere; the way to oneself is always there.
        os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo0" if sys.platform == "darwin" else "lo")
    store = distributed.TCPStore("127.0.0.1", spec["port"], is_master=False, timeout=PATIENCE)
    backend = "nccl" if device == "cuda" else "gloo"
    distributed.init_process_group(backend, store=store, rank=share.rank, world_size=share.parts, timeout=PATIENCE)
    try:
        for event in _timed(torch, distributed, share, spec):
            if share.rank == 0:
                yield event
    except RuntimeError as error:
        if not isinstance(error, distributed.DistError) and "gloo" not in str(error).lower():
            raise
        raise ScaletuiError(LOST) from None
    finally:
        distributed.destroy_process_group()


def _timed(torch: Any, distributed: Any, share: Share, spec: dict[str, Any]) -> Iterator[dict[str, Any]]:
    ladder, device, dtype = spec["ladder"], spec["device"], spec["dtype"]
    context, shape = spec["prompt"] + ladder[-1], Shape(*spec["shape"])
    model = Decoder(shape, device, dtype, context, spec["batch"], spec["seed"], share=share)
    prompt = model.prompt(spec["prompt"])
    logits = model.prefill(prompt)[0].float().cpu().numpy()
    yield {"event": "logits", "logits": base64.b64encode(logits.astype("<f4").tobytes()).decode("ascii")}
    model.capture(spec["prompt"], ladder[-1])
    model.generate(prompt, ladder[0])
    times = _sums(torch, distributed, device, (spec["batch"], shape.d_model), dtype)
    size = spec["batch"] * shape.d_model * dtype_of(dtype).itemsize
    spread = {"seconds": statistics.median(times), "low": min(times), "high": max(times)}
    yield {"event": "sum", "bytes": size, **spread}
    timed = {tuple(one) for one in spec["have"]["points"]}
    for count, repeat in rungs(spec):
        if (count, repeat) not in timed:
            distributed.barrier()
            took = seconds(partial(model.generate, prompt, count), device)
            yield {"event": "point", "tokens": count, "repeat": repeat, "seconds": took}


def _sums(torch: Any, distributed: Any, device: str, size: tuple[int, ...], dtype: str) -> list[float]:
    """Return times [s] of one sum over all processes of what a step sums, each the mean of several in a row."""
    x = torch.zeros(size, device=device, dtype=dtype_of(dtype))

    def several(count: int) -> None:
        for _ in range(count):
            distributed.all_reduce(x)

    several(_WARM)
    found = []
    for _ in range(_TIMES):
        distributed.barrier()
        found.append(seconds(partial(several, _AT_ONCE), device) / _AT_ONCE)
    return found
