"""Who is at work: what one process holds another sees, and nothing that its holder does beside that lets go of it."""

from __future__ import annotations

import subprocess
import sys
from contextlib import ExitStack

import pytest

from scaletui.held import AtWork, held, holding

OTHER = """
import sys
from scaletui.held import AtWork, held, holding
path, number, alone = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "alone"
try:
    with holding(path, number, alone=alone):
        print("holds", sorted(held(path, range(10))), flush=True)
        sys.stdin.read()
except AtWork:
    print("at work", flush=True)
"""


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "at-work")


@pytest.fixture
def other(path):
    """Another process that holds a number: what it says first."""
    with ExitStack() as stack:

        def begin(number, how="shared"):
            words = [sys.executable, "-c", OTHER, path, str(number), how]
            process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            stack.enter_context(process)
            stack.callback(process.kill)
            assert process.stdout is not None
            return process, process.stdout.readline().strip()

        yield begin


def test_another_process_sees_it_until_it_ends_however_it_ends(path, other):
    process, said = other(3)
    assert said == "holds [3]"
    assert held(path, range(10)) == {3}
    process.kill()
    process.wait()
    assert held(path, range(10)) == set()


@pytest.mark.parametrize("how", ["alone", "shared"])
def test_what_is_to_be_held_alone_has_no_other_holder(path, other, how):
    assert other(3, how)[1] == "holds [3]"
    with pytest.raises(AtWork), holding(path, 3, alone=True):
        raise AssertionError
    assert other(3, "alone")[1] == "at work"
    with holding(path, 4, alone=True):
        pass


def test_several_hold_what_is_not_held_alone(path, other):
    assert other(3)[1] == other(3)[1] == "holds [3]"
    with holding(path, 3):
        assert held(path, range(10)) == {3}


def test_looking_and_holding_more_lets_go_of_nothing(path, other):
    """A process that closes a file loses its locks on it: a look at who is at work must not be one."""
    with holding(path, 3, alone=True):
        assert held(path, range(10)) == {3}
        with holding(path, 5), holding(path, 5):
            pass
        with pytest.raises(AtWork), holding(path, 3, alone=True):
            raise AssertionError
        assert other(3, "alone")[1] == "at work"
    assert other(3, "alone")[1] == "holds [3]"


def test_where_nothing_can_be_held_the_work_goes_on(tmp_path):
    with holding(str(tmp_path / "nowhere" / "at-work"), 1, alone=True):
        assert held(str(tmp_path / "nowhere" / "at-work"), [1]) == set()
