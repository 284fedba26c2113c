"""The process that measures: it reads a specification, writes events as lines of JSON, and ends with its parent."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Iterator
from typing import Any, TextIO

from scaletui_core.errors import ScaletuiError


def main() -> None:
    """Measure what the first line of stdin asks for."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's, which ends this process as it wants
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print is no event
    asked = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        for event in events(asked):
            _write(out, event)
        _write(out, {"event": "end"})
    except ScaletuiError as error:
        _write(out, {"event": "failed", "message": str(error), "code": error.exit_code})
    except BrokenPipeError:
        os._exit(1)
    out.close()


def events(spec: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the events of a measurement of a shape, or of a server."""
    if "url" in spec:
        from scaletui.bench.endpoint import measured as of_server

        yield from of_server(spec)
        return
    from scaletui.bench.measure import measured
    from scaletui.bench.shapes import Shape

    yield from measured(Shape(*spec["shape"]), spec)


def _write(out: TextIO, event: dict[str, Any]) -> None:
    out.write(json.dumps(event, allow_nan=False) + "\n")
    out.flush()


def _end_with_parent() -> None:
    """Leave, in whatever call the measurement is, when stdin ends: the parent has ended, however that came."""
    os.read(0, 1)
    os._exit(1)


if __name__ == "__main__":
    main()
