"""What the tests of the app share: a terminal with Unicode, and the pseudo-terminal of ``bench``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))

from pty_terminal import Open, Terminal


@pytest.fixture(autouse=True)
def _own_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_CTYPE", "TEXTUAL_THEME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")


@pytest.fixture
def terminal() -> Iterator[Open]:
    """``terminal(rows, columns, *words, **environment)`` opens the app; all are closed at the end."""
    opened: list[Terminal] = []

    def start(rows: int = 24, columns: int = 80, *words: str, **env: str) -> Terminal:
        opened.append(Terminal(rows, columns, env, *words))
        opened[-1].ready()
        return opened[-1]

    yield start
    for session in opened:
        session.close()
