"""A program in a real tmux, as stock tmux is: keys by send-keys, the screen by capture-pane."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TMUX = shutil.which("tmux")


class Tmux:
    """A tmux of its own, without anybody's configuration, in which the app runs.

    Parameters
    ----------
    socket : Path
        Where its server listens.
    columns, rows : int
        The size of its window.
    words : sequence of str
        Options of the app.
    env : mapping
        Variables that the app gets beside those of the test.
    """

    def __init__(self, socket: Path, columns: int, rows: int, words: tuple[str, ...], env: dict[str, str]) -> None:
        assert TMUX is not None
        self._base = [TMUX, "-f", "/dev/null", "-S", str(socket)]
        given = {"PYTHONPATH": str(ROOT), "SCALETUI_TOUR": "no", **env}
        command = shlex.join([sys.executable, "-m", "scaletui", *words])
        # What it leaves with is read off the pane, which stays.
        command = f"{command}; printf 'left with %d' $?; read -r done"
        size = ["-x", str(columns), "-y", str(rows)]
        self.run("new-session", "-d", *size, *(f"-e{name}={text}" for name, text in given.items()), command)

    def run(self, *words: str) -> str:
        """Run a command of tmux and return what it prints."""
        outside = {name: text for name, text in os.environ.items() if name not in ("TMUX", "TMUX_PANE")}
        done = subprocess.run([*self._base, *words], capture_output=True, timeout=30, check=False, env=outside)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    @property
    def lines(self) -> list[str]:
        """The screen."""
        return self.run("capture-pane", "-p").split("\n")[:-1]

    @property
    def text(self) -> str:
        """The screen in one piece."""
        return "\n".join(self.lines)

    def until(self, *seen: str | Callable[[str], object], limit: float = 30.0) -> str:
        """Wait until all these texts are on the screen, or hold of it, and return it."""
        end = time.monotonic() + limit
        while True:
            text = self.text
            missing = [one for one in seen if not (one in text if isinstance(one, str) else one(text))]
            if not missing:
                return text
            assert time.monotonic() < end, f"not seen: {missing}\n{text}"
            time.sleep(0.02)  # between two looks

    def keys(self, *keys: str) -> None:
        """Press keys, as tmux names them."""
        self.run("send-keys", *keys)

    def type(self, text: str) -> None:
        """Type a text."""
        self.run("send-keys", "-l", text)

    def press(self, keys: str, *seen: str | Callable[[str], object]) -> str:
        """Press keys, parted by spaces, wait until texts are seen, and return the screen."""
        self.keys(*keys.split())
        return self.until(*seen)

    def pid(self) -> int:
        """Return the process that runs in the pane."""
        return int(self.run("display-message", "-p", "#{pane_pid}"))


@contextmanager
def tmux(columns: int, rows: int, *words: str, **env: str) -> Iterator[Tmux]:
    """Run the app in a tmux that is gone afterwards."""
    folder = Path(tempfile.mkdtemp())  # a path to a socket has a hundred characters; those of pytest have more
    one = Tmux(folder / "socket", columns, rows, words, env)
    try:
        yield one
    finally:
        subprocess.run([*one._base, "kill-server"], capture_output=True, timeout=30, check=False)
        shutil.rmtree(folder)
