"""Intervals behind the app: samples run in a thread of their own, and a newer question cancels the older run."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from textual.message import Message
from textual.worker import get_current_worker

from scaletui import processors
from scaletui_core.answer import Answer
from scaletui_core.sampling import Sampling
from scaletui_core.traced import Traced

if TYPE_CHECKING:
    from scaletui.shell import Shell

_PATIENCE = 0.15  # s; a run that is done sooner shows no sign
_GROUP = "intervals"


class Intervals:
    """What is known of the intervals of each pane's answer.

    Parameters
    ----------
    app : Shell
        Whose workers run the samples; it gets `Ready` and `Stage`.
    """

    class Ready(Message):
        """The intervals of a pane's answer are there; None where they could not be found, for the reason given."""

        def __init__(self, key: str, answer: Answer, found: Answer | None, reason: str = "") -> None:
            super().__init__()
            self.key, self.answer, self.found, self.reason = key, answer, found, reason

    class Stage(Message):
        """What the run is doing now."""

        def __init__(self, words: str) -> None:
            super().__init__()
            self.words = words

    def __init__(self, app: Shell) -> None:
        self._app = app
        self._done: dict[str, tuple[Answer, Answer]] = {}
        self._running: dict[str, Answer] = {}
        self._failed: dict[str, Answer] = {}
        self._words = ""
        self._number = 0

    def of(self, key: str, answer: Answer) -> Answer:
        """Return an answer with its intervals where they are there, and as it is where they are not yet.

        By identity: to compare what varies takes longer than to draw it again.
        """
        known = self._done.get(key)
        return known[1] if known is not None and known[0] is answer else answer

    def want(self, answers: Mapping[str, Answer]) -> None:
        """Find the intervals of answers, unless they are known or on their way; a run for others is cancelled."""
        varying = {
            key: answer
            for key, answer in answers.items()
            if any(isinstance(row.value, Traced) for row in answer.rows)
            and self.of(key, answer) is answer
            and self._failed.get(key) is not answer
        }
        if varying and all(self._running.get(key) is answer for key, answer in varying.items()):
            return
        if self._running or varying:
            self._app.workers.cancel_group(self._app, _GROUP)
            self._running = {}
            self._sign("")
        if varying:
            self._running = dict(varying)  # the run goes through its own
            self._number += 1
            self._words = "interval..."
            self._app.run_worker(partial(self._run, varying), thread=True, group=_GROUP, exit_on_error=False)
            self._app.set_timer(_PATIENCE, partial(self._late, self._number))

    def _run(self, answers: dict[str, Answer]) -> None:
        """Find the intervals; in a thread of its own. What drives a spread comes after the spread itself."""
        from scaletui_core.uncertainty import Cancelled

        worker = get_current_worker()
        threads = processors.threads(self._app.threads)

        def stage(words: str) -> None:
            self._app.post_message(self.Stage(words))

        def over() -> bool:
            return worker.is_cancelled

        for key, answer in answers.items():
            try:
                for sampling in (Sampling(threads=threads), Sampling(threads=threads, sensitivity=True)):
                    (found,) = processors.sampled([answer], sampling, cancelled=over, stage=stage)
                    if over():
                        return
                    self._app.post_message(self.Ready(key, answer, found))
                    if len(found.provenance.get("sampling", {}).get("uncertain", ())) < 2:
                        break
            except Cancelled:
                return
            except Exception as error:  # whatever it is, the app goes on, and says that there is no interval
                words = str(error).partition("\n")[0] or type(error).__name__
                self._app.post_message(self.Ready(key, answer, None, words))

    def take(self, ready: Ready) -> bool:
        """Keep what a run found, if it is wanted still; return whether it is."""
        if self._running.get(ready.key) is not ready.answer and self.of(ready.key, ready.answer) is ready.answer:
            return False
        self._running.pop(ready.key, None)
        if ready.found is None:
            self._failed[ready.key] = ready.answer  # it would fail again
        else:
            self._done[ready.key] = (ready.answer, ready.found)
        if not self._running:
            self._sign("")
            self._words = ""
        return True

    def told(self, words: str) -> None:
        """Take note of what the run is doing: the first compile takes seconds, and says so."""
        if self._words:
            self._words = "compiling formulas, once..." if words == "compiling" else "interval..."
            if self._app.scenario.pending:
                self._sign(self._words)

    def _late(self, number: int) -> None:
        """Show the sign of a run that is still the one under way."""
        if self._words and self._running and self._number == number:
            self._sign(self._words)

    def _sign(self, words: str) -> None:
        if self._app.scenario.pending != words:
            self._app.scenario.pending = words
            self._app.show_pending()
