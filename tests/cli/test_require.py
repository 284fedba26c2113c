"""What a machine lacks skips a test, unless SCALETUI_REQUIRE says that the machine has it."""

import pytest


def test_what_is_there_runs(require, monkeypatch):
    monkeypatch.setenv("SCALETUI_REQUIRE", "data")
    require("data", True, "")
    require("torch", True, "")


def test_what_is_absent_skips(require, monkeypatch):
    for required in ("", "data,slurm"):
        monkeypatch.setenv("SCALETUI_REQUIRE", required)
        with pytest.raises(pytest.skip.Exception, match="torch: not installed"):
            require("torch", False, "not installed")


def test_what_is_absent_and_required_fails(require, monkeypatch):
    for required in ("torch", "data,torch", "data torch"):
        monkeypatch.setenv("SCALETUI_REQUIRE", required)
        with pytest.raises(pytest.fail.Exception, match="SCALETUI_REQUIRE names torch: not installed"):
            require("torch", False, "not installed")
