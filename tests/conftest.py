"""What all tests share: a home of their own, the shipped presets, the command in a subprocess, what must be there."""

from __future__ import annotations

import errno
import fcntl
import importlib.util
import os
import pty
import shutil
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import settings
from slurm_here import PROGRAMS, Slurm, running, search_path
from tiny_shapes import SHAPES

from scaletui.bench.shapes import Shape
from scaletui.locations import shipped_presets
from scaletui.settings import SETTINGS
from scaletui_core.presets import Catalog

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"
SHOWN_BY_ENVIRONMENT = (
    *("COLUMNS", "LINES", "NO_COLOR", "COLORTERM", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE"),
    *(setting.variable for setting in SETTINGS),
)

settings.register_profile("scaletui", derandomize=True, print_blob=True, deadline=None)
settings.load_profile("scaletui")


class Result(NamedTuple):
    """How a command ended: exit code and what it wrote, as text."""

    returncode: int
    stdout: str
    stderr: str


RunCli = Callable[..., Result]


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home folder without any configuration, shared by all tests that only read it."""
    return tmp_path_factory.mktemp("home")


def environment_of(home: Path) -> dict[str, str]:
    """Return the variables that put everything of a user under ``home``."""
    return {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "XDG_DATA_HOME": str(home / ".local" / "share"),
        "XDG_STATE_HOME": str(home / ".local" / "state"),
    }


@pytest.fixture(autouse=True)
def _own_environment(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment_of(home).items():
        monkeypatch.setenv(name, value)
    for name in SHOWN_BY_ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    """The shipped presets, without any of a user's."""
    return Catalog(shipped_presets())


@pytest.fixture
def clean_environment(home: Path) -> dict[str, str]:
    """All the environment that a subprocess gets: nothing of the person who runs the tests."""
    return {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "PYTHONPATH": str(ROOT), **environment_of(home)}


@pytest.fixture
def run_cli(clean_environment: dict[str, str], tmp_path: Path) -> RunCli:
    """``run_cli("calc", "--flops", "1e21", env={...}, input="...")`` runs the command as a person's shell would.

    Arguments may be bytes; an ``env`` value of None takes the variable away.
    """

    def run(*arguments: str | bytes, env: Mapping[str, str | None] | None = None, input: str = "") -> Result:
        given = {**clean_environment, **(env or {})}
        done = subprocess.run(
            [sys.executable, "-m", "scaletui", *arguments],
            input=input.encode(),
            capture_output=True,
            cwd=tmp_path,
            env={name: value for name, value in given.items() if value is not None},
            timeout=60,
            check=False,
        )
        return Result(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run


@pytest.fixture
def start(clean_environment: dict[str, str], tmp_path: Path) -> Callable[..., subprocess.Popen[bytes]]:
    """A function that starts the command with given streams, as a shell would."""

    def popen(*arguments: str, env: Mapping[str, str] | None = None, **streams: Any) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "scaletui", *arguments],
            cwd=tmp_path,
            env={**clean_environment, **(env or {})},
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            **streams,
        )

    return popen


@pytest.fixture
def on_terminal(start: Callable[..., subprocess.Popen[bytes]]) -> Callable[..., tuple[int, str]]:
    """A function that returns exit code and all that a command wrote to a terminal of its own."""

    def run(*arguments: str, columns: int = 80, **env: str) -> tuple[int, str]:
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        env = {"TERM": "xterm-256color", **env}
        with start(*arguments, env=env, stdin=slave, stdout=slave, stderr=slave) as process:
            os.close(slave)
            text = b""
            while True:
                try:
                    part = os.read(master, 65536)
                except OSError as error:
                    if error.errno != errno.EIO:  # how Linux says that the other side has closed
                        raise
                    part = b""
                if not part:
                    break
                text += part
        os.close(master)
        return process.returncode, text.decode().replace("\r\n", "\n")

    return run


def required(name: str, available: bool, reason: str) -> None:
    """Skip the test where ``name`` is absent, unless SCALETUI_REQUIRE (names with commas) lists it: then fail."""
    if available:
        return
    if name in os.environ.get("SCALETUI_REQUIRE", "").replace(",", " ").split():
        pytest.fail(f"SCALETUI_REQUIRE names {name}: {reason}", pytrace=False)
    pytest.skip(f"{name}: {reason}")


@pytest.fixture(scope="session")
def require() -> Callable[[str, bool, str], None]:
    """``require("torch", available, "torch is not installed")``: see `required`."""
    return required


@pytest.fixture
def client(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run a command in this process, and return its exit code, what it printed, and what it said."""
    from scaletui.cli import run

    def call(*words: object) -> tuple[int, str, str]:
        code = run([str(word) for word in words])
        return code, *capsys.readouterr()

    return call


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """A function that puts false commands, such as Slurm's, in place of all others."""
    place = tmp_path / "bin"
    place.mkdir()
    monkeypatch.setenv("PATH", str(place))

    def put(name: str, body: str) -> None:
        (place / name).write_text(f"#!/bin/sh\n{body}\n")
        (place / name).chmod(0o755)

    return put


@pytest.fixture
def torch() -> Any:
    """Torch, for what is measured."""
    required("torch", importlib.util.find_spec("torch") is not None, "torch is not installed")
    import torch

    return torch


@pytest.fixture(params=SHAPES)
def tiny(request: pytest.FixtureRequest) -> Shape:
    """A shape of each kind, too small to take time."""
    return SHAPES[request.param]


@pytest.fixture(scope="session")
def _cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slurm]:
    absent = [name for name in PROGRAMS if shutil.which(name, path=search_path()) is None]
    required("slurm", not absent, f"not installed: {', '.join(absent)}")
    with running(tmp_path_factory.mktemp("slurm")) as one:
        yield one


@pytest.fixture
def slurm(_cluster: Slurm, monkeypatch: pytest.MonkeyPatch) -> Slurm:
    """A real Slurm, which commands find; one for the session."""
    for name, value in _cluster.environment.items():
        monkeypatch.setenv(name, value)
    return _cluster


@pytest.fixture
def data_folder() -> Path:
    """The folder of measured runs beside the checkout."""
    required("data", DATA.is_dir(), f"{DATA} is not there")
    return DATA
