"""Undo and redo over whole states: a run of typing in one field is one step. Textual is not imported."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar

State = TypeVar("State")

LIMIT = 500
"""The most steps that can be undone."""


class History(Generic[State]):
    """The states that there were, the one that is, and those that were undone.

    A state is any value with equality that nobody changes once it is recorded.

    Parameters
    ----------
    state : State
        Where it starts.
    limit : int
        The most steps that can be undone, at least 1.

    Examples
    --------
    >>> history = History("")
    >>> for text in ("7", "70", "70B"):
    ...     history.record(text, "calc.params", typing=True)
    >>> history.undo(), history.undo(), history.redo()
    ('', None, '70B')
    """

    def __init__(self, state: State, limit: int = LIMIT) -> None:
        self.state = state
        self._limit = limit
        self._past: list[State] = []
        self._undone: list[State] = []  # the last is the next to redo
        self._run: str | None = None

    @property
    def steps(self) -> tuple[int, int]:
        """How many steps can be undone, and how many can be redone."""
        return len(self._past), len(self._undone)

    def record(self, state: State, key: str = "", typing: bool = False) -> None:
        """Take a new state; what is as it was is no step.

        Parameters
        ----------
        state : State
            What there is now.
        key : str
            What changed, such as ``calc.params``.
        typing : bool
            Whether it was typed: with the same key it is one step with the change before, until `leave`.
        """
        if state == self.state:
            return
        goes_on = typing and self._run == key
        self._run = key if typing else None
        if not goes_on:
            self._past.append(self.state)
            del self._past[: -self._limit]
        elif self._past[-1] == state:  # typed and taken back: nothing is left to undo
            self._past.pop()
            self._run = None
        self.state = state
        self._undone.clear()

    def leave(self) -> None:
        """End a run of typing: the focus left the field."""
        self._run = None

    def undo(self) -> State | None:
        """Go a step back, and return the state there; None where there is none."""
        return self._move(self._past, self._undone)

    def redo(self) -> State | None:
        """Take back the last undo, and return the state there; None where there is none."""
        return self._move(self._undone, self._past)

    def _move(self, source: list[State], target: list[State]) -> State | None:
        self._run = None
        if not source:
            return None
        target.append(self.state)
        self.state = source.pop()
        return self.state

    def as_list(self, most: int = 50) -> list[list[State]]:
        """Return what `from_list` goes on from: the states up to this one, and the undone ones, the next first.

        Each list holds the nearest ``most`` steps.

        >>> history = History(1)
        >>> history.record(2), history.record(3), history.undo()
        (None, None, 2)
        >>> history.as_list()
        [[1, 2], [3]]
        """
        past = self._past[-most:] if most > 0 else []
        undone = self._undone[-most:] if most > 0 else []
        return [[*past, self.state], undone[::-1]]

    @classmethod
    def from_list(cls, states: Sequence[Sequence[State]], limit: int = LIMIT) -> History[State]:
        """Return the history that `as_list` told of.

        Raises
        ------
        ValueError
            If it is not two lists, or the first is empty.

        Examples
        --------
        >>> History.from_list([[1, 2], [3]]).redo()
        3
        """
        if len(states) != 2 or not states[0]:
            raise ValueError("a history is the states up to now, at least one, and those that were undone")
        (*past, now), undone = states
        history = cls(now, limit)
        history._past = past[-limit:]
        history._undone = list(undone[::-1])
        return history
