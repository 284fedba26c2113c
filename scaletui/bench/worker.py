"""The process that measures: it reads a specification, writes events as lines of JSON, and ends with its parent."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Iterator
from typing import Any, TextIO

from scaletui_core.errors import ScaletuiError


def main() -> None:
    """Measure what the first line of stdin asks for."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's, which ends this process as it wants
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print is no event
    asked = json.loads(_first_line())
    taken = threading.Semaphore(0)
    threading.Thread(target=_heed_parent, args=(taken,), daemon=True).start()
    try:
        for event in events(asked):
            _write(out, event)
            # Each timing is on the disk before the next begins: nothing is lost, and nobody writes while it measures.
            taken.acquire()
        _write(out, {"event": "end"})
    except ScaletuiError as error:
        _write(out, {"event": "failed", "message": str(error), "code": error.exit_code})
    except BrokenPipeError:
        os._exit(1)
    out.close()


def events(spec: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the events of a measurement of a shape, of a server, or of one process of several that share a shape."""
    if "url" in spec:
        from scaletui.bench.endpoint import measured as of_server

        yield from of_server(spec)
        return
    if "rank" in spec:
        from scaletui.bench import rank

        yield from rank.events(spec)
        return
    from scaletui.bench.measure import measured
    from scaletui.bench.shapes import Shape

    yield from measured(Shape(*spec["shape"]), spec)


def _first_line() -> bytes:
    """Return the first line of stdin, and leave the rest where it is."""
    line = b""
    while not line.endswith(b"\n"):
        byte = os.read(0, 1)
        if not byte:
            os._exit(1)
        line += byte
    return line


def _write(out: TextIO, event: dict[str, Any]) -> None:
    out.write(json.dumps(event, allow_nan=False) + "\n")
    out.flush()


def _heed_parent(taken: threading.Semaphore) -> None:
    """Count what the parent has taken, a byte an event; leave, in whatever call it is, when the parent has ended."""
    while os.read(0, 1):
        taken.release()
    os._exit(1)


if __name__ == "__main__":
    main()
