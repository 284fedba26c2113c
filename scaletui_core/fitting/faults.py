"""Faults collected while a file is read: the first of each kind, and how many more; bad rows become an error."""

from __future__ import annotations

from collections.abc import Iterable
from heapq import heappush, heapreplace

from scaletui_core.errors import InputError
from scaletui_core.fitting.records import Fault

BAD = "bad"
KEPT = 50
"""How many faults of a kind are kept, those of the lowest lines; the others are counted."""
SHOWN = 3
HOPELESS = 10_000
"""After so many bad rows reading stops, unless they are skipped."""


class Faults:
    """What was wrong or odd in a file, bounded however long the file is.

    Parameters
    ----------
    file : str
        Name of the file, visible.
    skip_bad : bool
        Whether bad rows are left out instead of an error.

    Examples
    --------
    >>> faults = Faults("runs.csv", skip_bad=False)
    >>> faults.add("bad", [(4, "loss is missing")])
    >>> faults.check()
    Traceback (most recent call last):
    scaletui_core.errors.InputError: runs.csv:4: loss is missing (--skip-bad leaves such rows out)
    """

    def __init__(self, file: str, skip_bad: bool) -> None:
        self.file = file
        self.skip_bad = skip_bad
        self.counts: dict[str, int] = {}
        self._kept: dict[str, list[tuple[int, str]]] = {}

    def add(self, kind: str, found: Iterable[tuple[int, str]]) -> None:
        """Add faults of a kind, as (line, reason)."""
        kept = self._kept.setdefault(kind, [])
        count = 0
        for line, reason in found:
            count += 1
            if len(kept) < KEPT:
                heappush(kept, (-line, reason))
            elif -line > kept[0][0]:
                heapreplace(kept, (-line, reason))
        self.counts[kind] = self.counts.get(kind, 0) + count
        if kind == BAD and not self.skip_bad and self.counts[BAD] > HOPELESS:
            self.check()

    def count(self, kind: str, more: int) -> None:
        """Count ``more`` faults of a kind whose lines nobody will see."""
        self.counts[kind] = self.counts.get(kind, 0) + more

    def full(self, kind: str) -> bool:
        """Whether as many of a kind are kept as ever will be, when lines come in order."""
        return len(self._kept.get(kind, ())) >= KEPT

    def of(self, kind: str) -> list[Fault]:
        """Return the faults of a kind, by line, and last how many more there are."""
        kept = sorted((-line, reason) for line, reason in self._kept.get(kind, ()))
        more = self.counts.get(kind, 0) - len(kept)
        summary = [Fault(0, f"and {more:,} more", kind)] if more > 0 else []
        return [Fault(line, reason, kind) for line, reason in kept] + summary

    def all(self) -> tuple[Fault, ...]:
        """Return all faults, bad rows first."""
        kinds = sorted(self.counts, key=lambda kind: (kind != BAD, kind))
        return tuple(fault for kind in kinds for fault in self.of(kind))

    def check(self) -> None:
        """Raise the error of bad rows, if there are any that were not to be skipped.

        Raises
        ------
        InputError
            With the first few lines and reasons, and how many more there are.
        """
        bad = self.of(BAD)
        count = self.counts.get(BAD, 0)
        if not count or self.skip_bad:
            return
        hint = "--skip-bad leaves such rows out"
        if count == 1:
            raise InputError(bad[0].reason, where=f"{self.file}:{bad[0].line}", hint=hint)
        shown = [f"line {fault.line}: {fault.reason}" for fault in bad[:SHOWN]]
        if count > SHOWN:
            least = "at least " if count > HOPELESS else ""
            shown.append(f"and {least}{count - SHOWN:,} more")
        rows = f"more than {HOPELESS:,}" if count > HOPELESS else f"{count:,}"
        raise InputError(f"{rows} rows cannot be used; {'; '.join(shown)}", where=self.file, hint=hint)
