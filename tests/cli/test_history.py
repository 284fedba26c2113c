"""Undo and redo against a plain model: a list of states with a place in it."""

from __future__ import annotations

import json

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from scaletui.history import History

KEYS = st.sampled_from(["calc.flops", "calc.params", "speed.k"])
STATES = st.integers(0, 3)  # few, so that typing often comes back to where it was


class Model(RuleBasedStateMachine):
    """The states in a list, the place in it, and the key of the run of typing."""

    @initialize(state=STATES, limit=st.integers(1, 5))
    def begin(self, state: int, limit: int) -> None:
        self.history = History(state, limit)
        self.limit = limit
        self.states = [state]
        self.at = 0
        self.run: str | None = None

    @rule(state=STATES, key=KEYS, typing=st.booleans())
    def record(self, state: int, key: str, typing: bool) -> None:
        self.history.record(state, key, typing)
        if state == self.states[self.at]:
            return
        kept = self.states[: self.at + 1]
        if typing and key == self.run:
            kept[-1] = state
            if kept[-2] == state:
                kept.pop()
                key = ""  # no step is left that more typing could be of
        else:
            kept.append(state)
        self.run = key if typing and key else None
        self.states = kept[-self.limit - 1 :]
        self.at = len(self.states) - 1

    @rule()
    def leave(self) -> None:
        self.history.leave()
        self.run = None

    @rule()
    def undo(self) -> None:
        self.run = None
        expected = None
        if self.at > 0:
            self.at -= 1
            expected = self.states[self.at]
        assert self.history.undo() == expected

    @rule()
    def redo(self) -> None:
        self.run = None
        expected = None
        if self.at < len(self.states) - 1:
            self.at += 1
            expected = self.states[self.at]
        assert self.history.redo() == expected

    @rule()
    def save_and_restore(self) -> None:
        self.history = History.from_list(json.loads(json.dumps(self.history.as_list(self.limit))), self.limit)
        self.run = None

    @invariant()
    def same(self) -> None:
        assert self.history.state == self.states[self.at]
        assert self.history.steps == (self.at, len(self.states) - 1 - self.at)
        before, after = self.history.as_list(self.limit)
        assert [before, after] == [self.states[: self.at + 1], self.states[self.at + 1 :]]


TestModel = Model.TestCase


def test_a_run_of_typing_is_one_step_until_the_field_is_left() -> None:
    history = History("")
    history.record("7", "calc.params", typing=True)
    history.record("70", "calc.params", typing=True)
    history.leave()
    history.record("70B", "calc.params", typing=True)
    assert [history.undo(), history.undo(), history.undo()] == ["70", "", None]
    assert [history.redo(), history.redo(), history.redo()] == ["70", "70B", None]


def test_typing_in_another_field_is_another_step() -> None:
    history = History(("", ""))
    history.record(("7", ""), "calc.params", typing=True)
    history.record(("7", "1"), "calc.tokens", typing=True)
    history.record(("70", "1"), "calc.params", typing=True)
    assert history.steps == (3, 0)


def test_what_is_not_typed_is_a_step_each_time() -> None:
    history = History("70B")
    for text in ("77B", "84.7B"):
        history.record(text, "calc.params")
    assert [history.undo(), history.undo()] == ["77B", "70B"]


def test_typing_after_a_nudge_leaves_the_nudge_a_step() -> None:
    history = History("70B")
    history.record("77B", "calc.params")
    history.record("77", "calc.params", typing=True)
    assert [history.undo(), history.undo()] == ["77B", "70B"]


def test_a_change_after_an_undo_drops_what_was_undone() -> None:
    history = History(0)
    for state in (1, 2, 3):
        history.record(state)
    history.undo()
    history.undo()
    history.record(9)
    assert history.redo() is None
    assert [history.undo(), history.undo()] == [1, 0]


def test_the_same_state_again_keeps_what_was_undone() -> None:
    history = History(0)
    history.record(1)
    history.undo()
    history.record(0)
    assert history.redo() == 1


def test_no_more_steps_than_the_limit() -> None:
    history = History(0)
    for state in range(1, 1000):
        history.record(state)
    assert history.steps == (500, 0)
    undone = [history.undo() for _ in range(501)]
    assert undone[499:] == [499, None]


def test_a_session_keeps_the_nearest_steps_on_either_side() -> None:
    history = History(0)
    for state in range(1, 200):
        history.record(state)
    for _ in range(80):
        history.undo()
    kept = History.from_list(history.as_list(50))
    assert (kept.state, kept.steps) == (119, (50, 50))
    assert [kept.redo() for _ in range(50)] == list(range(120, 170))


@pytest.mark.parametrize("wrong", [[], [[1]], [[], [1]], [[1], [2], [3]]])
def test_what_is_no_history_is_refused(wrong: list[list[int]]) -> None:
    with pytest.raises(ValueError, match="at least one"):
        History.from_list(wrong)
