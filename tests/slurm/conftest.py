"""A Slurm of its own for these tests: they skip without Debian's packages, unless SCALETUI_REQUIRE names slurm."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator

import pytest
from slurm_here import PROGRAMS, Slurm, running, search_path


@pytest.fixture(scope="session")
def slurm(tmp_path_factory: pytest.TempPathFactory, require: Callable[[str, bool, str], None]) -> Iterator[Slurm]:
    """A running cluster, for the session."""
    absent = [name for name in PROGRAMS if shutil.which(name, path=search_path()) is None]
    require("slurm", not absent, f"not installed: {', '.join(absent)}")
    with running(tmp_path_factory.mktemp("slurm")) as one:
        yield one


@pytest.fixture(autouse=True)
def _in_reach(slurm: Slurm, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in slurm.environment.items():
        monkeypatch.setenv(name, value)
