"""Fits behind the app: one at a time in a thread of its own; a newer question, or a key, stops the older one."""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING

from textual.message import Message
from textual.worker import Worker, get_current_worker

from scaletui import processors
from scaletui.fit_sheet import Question, without_resamples
from scaletui_core.answer import Answer
from scaletui_core.errors import InputError, ScaletuiError
from scaletui_core.fields import given

if TYPE_CHECKING:
    from scaletui.panes.fit import FitPane
    from scaletui_core.fitting.intake import Read
    from scaletui_core.fitting.whole import Fitted

_GROUP = "fits"
_OFTEN = 0.2  # s between two words about one stage

Stamp = tuple[int, int]


class _Over(Exception):
    """Another question was asked, or none is wanted any more."""


class FitWork:
    """The work of one pane.

    Parameters
    ----------
    pane : FitPane
        It gets `Ready`, `Failed` and `Stage`.
    """

    class Ready(Message):
        """A fit is there: first without intervals, then ``whole``."""

        def __init__(
            self, number: int, question: Question, read: Read, fitted: Fitted, answer: Answer, whole: bool
        ) -> None:
            super().__init__()
            self.number, self.question, self.read, self.fitted = number, question, read, fitted
            self.answer, self.whole = answer, whole

    class Failed(Message):
        """A question has no answer, and why."""

        def __init__(self, number: int, question: Question, error: InputError) -> None:
            super().__init__()
            self.number, self.question, self.error = number, question, error

    class Stage(Message):
        """What is being done; nothing where nothing is any more."""

        def __init__(self, number: int, words: str) -> None:
            super().__init__()
            self.number, self.words = number, words

    def __init__(self, pane: FitPane) -> None:
        self._pane = pane
        self._lock = threading.Lock()
        self._wanted: tuple[int, Question, bool, bool] | None = None
        self._busy = False
        self._number = 0
        self._read: tuple[object, Stamp, Read] | None = None  # the thread's own

    def ask(self, question: Question, look: bool, known: bool) -> None:
        """Have a question answered in place of any before it; what is ``known`` only where its file has changed.

        ``look`` says whether to look if it has.
        """
        with self._lock:
            self._number += 1
            self._wanted = self._number, question, look, known
            start, self._busy = not self._busy, True
        if start:
            self._pane.run_worker(self._run, thread=True, group=_GROUP, exit_on_error=False)

    def cancel(self) -> None:
        """Stop what is under way."""
        with self._lock:
            self._number += 1
            self._wanted = None

    def is_now(self, number: int) -> bool:
        """Whether a message is about the last question."""
        return number == self._number

    def _run(self) -> None:
        """Answer questions until there is none; in a thread of its own."""
        worker = get_current_worker()
        while True:
            with self._lock:
                if self._wanted is None or worker.is_cancelled:
                    self._busy = False
                    return
                (number, question, look, known), self._wanted = self._wanted, None
            try:
                self._answer(worker, number, question, look, known)
            except _Over:
                continue
            except InputError as error:
                self._pane.post_message(self.Failed(number, question, error))
            except Exception as error:  # whatever it is, the app goes on, and says that there is no fit
                words = str(error).partition("\n")[0] or type(error).__name__
                why = InputError(words if isinstance(error, ScaletuiError) else f"no fit: {words}")
                self._pane.post_message(self.Failed(number, question, why))
            self._tell(number, "")

    def _tell(self, number: int, words: str) -> None:
        self._pane.post_message(self.Stage(number, words))

    def _answer(self, worker: Worker[None], number: int, question: Question, look: bool, known: bool) -> None:
        said, at = "", 0.0

        def tick(what: str, share: float) -> None:
            nonlocal said, at
            if worker.is_cancelled or not self.is_now(number):
                raise _Over
            now = time.monotonic()
            if what not in ("done", said) or now - at > _OFTEN:
                self._tell(number, f"fitting: {what}{f' {share:.0%}' if share else ''}...")
                said, at = what, now

        before = self._read
        read = self._runs(number, question, look)
        if known and before is not None and before[2] is read:
            return
        self._tell(number, "fitting...")
        processors.keep_kernels()
        from scaletui_core.fit import answer_of
        from scaletui_core.fitting.whole import fit_runs

        threads = processors.threads(self._pane.host.threads)
        asked = without_resamples(question), question.inputs
        for inputs in asked if asked[0] != asked[1] else asked[1:]:
            found = fit_runs(read.runs, inputs, read.curves, threads=threads, tick=tick)
            answer = answer_of(found, **given(question.reading))
            tick("done", 1.0)
            whole = inputs == question.inputs
            self._pane.post_message(self.Ready(number, question, read, found, answer, whole))

    def _runs(self, number: int, question: Question, look: bool) -> Read:
        """Return the runs of the file, read again where it is another, or has changed."""
        known = self._read
        if known is not None and known[0] == question.source and not look:
            return known[2]
        stamp = _stamp(question.place)
        if known is not None and known[:2] == (question.source, stamp):
            return known[2]
        self._tell(number, "reading...")
        from scaletui_core.fitting.reading import read_runs

        read = read_runs(question.place, question.reading)
        self._read = question.source, stamp, read
        return read


def _stamp(path: str) -> Stamp:
    """Return what tells whether a file has changed; of one that is not there, zeros: to read it says so."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return 0, 0
    return status.st_mtime_ns, status.st_size
