"""Measurements behind the app: one at a time, in a process of its own that a thread listens to."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from textual.message import Message

from scaletui.bench.document import Document
from scaletui.bench.results import Keeper
from scaletui.bench.runner import Run
from scaletui_core.errors import ScaletuiError

if TYPE_CHECKING:
    from scaletui.panes.benchmark import BenchmarkPane

_LEAVING = 5.0  # s to wait for the thread, whose process is gone


class BenchWork:
    """The measurements of one pane.

    Parameters
    ----------
    pane : BenchmarkPane
        It gets `Changed` and `Ended`.
    """

    class Changed(Message):
        """Something was timed, or is being done; there is one at a time until `BenchWork.now` is asked for."""

    class Ended(Message):
        """A measurement is over.

        Attributes
        ----------
        document : dict
            What was measured; kept, if it has a timing.
        error : ScaletuiError or None
            Why it failed.
        """

        def __init__(self, document: Document, error: ScaletuiError | None) -> None:
            super().__init__()
            self.document, self.error = document, error

    def __init__(self, pane: BenchmarkPane) -> None:
        self._pane = pane
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._run: Run | None = None
        self._stopped = False
        self._told = False
        self._keeper: Keeper | None = None
        self._event: dict[str, Any] | None = None
        self._at = 0.0

    def begin(self, keeper: Keeper, spec: dict[str, Any]) -> None:
        """Measure, into a result that keeps what was timed; none may be under way."""
        self._keeper, self._event, self._at = keeper, None, time.monotonic()
        self._stopped = self._told = False
        # Not the app's pool of threads, which the interpreter waits for at its end, whatever that thread waits for.
        self._thread = threading.Thread(target=self._measure, args=(keeper, spec), daemon=True)
        self._thread.start()

    @property
    def pid(self) -> int | None:
        """The id of the process that measures, once there is one."""
        return None if self._run is None else self._run.pid

    def now(self) -> tuple[Document, dict[str, Any] | None, float]:
        """Return the result so far, the last event, and how long ago [s] that was."""
        assert self._keeper is not None
        self._told = False
        document = self._keeper.document.copy()
        grown = {name: value.copy() for name, value in document.items() if isinstance(value, list)}
        return document | grown, self._event, time.monotonic() - self._at

    def stop(self) -> None:
        """End the measurement; what was timed stays."""
        with self._lock:
            self._stopped = True
            if self._run is not None:
                self._run.stop()

    def leave(self) -> None:
        """End the measurement, and wait until the result says so."""
        self.stop()
        if self._thread is not None:
            self._thread.join(_LEAVING)

    def _measure(self, keeper: Keeper, spec: dict[str, Any]) -> None:
        """Listen to a measuring process to its end; in a thread of its own."""
        status, error = "failed", None
        try:
            self._listen(keeper, spec)
            status = "done"
        except Exception as found:  # whatever it is, the app goes on, and says that there is no result
            words = str(found).partition("\n")[0] or type(found).__name__
            error = found if isinstance(found, ScaletuiError) else ScaletuiError(f"not measured: {words}")
        if self._stopped and status != "done":
            status, error = "interrupted", None
        try:
            keeper.close(status)
        except (ScaletuiError, OSError) as found:
            error = error or ScaletuiError(str(found))
        self._pane.post_message(self.Ended(keeper.document, error))

    def _listen(self, keeper: Keeper, spec: dict[str, Any]) -> None:
        with Run(spec) as run:
            with self._lock:
                self._run = run
                if self._stopped:
                    run.stop()
            try:
                for event in run.events():
                    keeper.take(event)
                    self._event, self._at = event, time.monotonic()
                    if not self._told:
                        self._told = True
                        self._pane.post_message(self.Changed())
            finally:
                with self._lock:
                    self._run = None
