"""A measurement under way in a process of its own, which can be ended at any moment and takes its memory with it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from types import TracebackType
from typing import Any

from scaletui_core.errors import InputError, ScaletuiError
from scaletui_core.safetext import visible

_WORKER = "scaletui.bench.worker"


class Run:
    """A measuring process and what it says; as a context it is ended on the way out.

    Parameters
    ----------
    spec : dict
        What to measure, of `scaletui.bench.asked`.
    """

    def __init__(self, spec: dict[str, Any]) -> None:
        self._talk = tempfile.TemporaryFile()  # noqa: SIM115  # closed by `end`
        # -P: a torch.py in the folder where someone stands is not torch. A session of its own: Ctrl-C is not for it.
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", _WORKER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._talk,
            start_new_session=True,
        )
        self._say(json.dumps(spec).encode() + b"\n")

    def _say(self, words: bytes) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it has died, which `events` will say
            self._process.stdin.write(words)
            self._process.stdin.flush()

    @property
    def pid(self) -> int:
        """The id of the process."""
        return self._process.pid

    def events(self) -> Iterator[dict[str, Any]]:
        """Yield each event but the last; the process goes on when the next is asked for.

        Raises
        ------
        ScaletuiError
            If the measurement failed, or its process died.
        """
        assert self._process.stdout is not None
        for line in self._process.stdout:
            event: dict[str, Any] = json.loads(line)
            if event["event"] == "end":
                return
            if event["event"] == "failed":
                kind = InputError if event["code"] == InputError.exit_code else ScaletuiError
                raise kind(event["message"])
            yield event
            self._say(b".")
        raise ScaletuiError(self._died())

    def _died(self) -> str:
        code = self._process.wait()
        if code < 0:
            name = signal.Signals(-code).name
            more = "; the system may have run out of memory" if name == "SIGKILL" else ""
            return f"the measuring process was ended by {name}{more}"
        self._talk.seek(0)
        last = self._talk.read().decode(errors="replace").strip().rpartition("\n")[2]
        return f"the measuring process died: {visible(last, 300) or f'exit code {code}'}"

    def stop(self) -> None:
        """End the process, if it has not; from any thread: `events` then ends too, and `end` is still to be called."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)

    def end(self) -> None:
        """End the process, if it has not; nothing of it is left."""
        self.stop()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()
        self._talk.close()

    def __enter__(self) -> Run:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()
