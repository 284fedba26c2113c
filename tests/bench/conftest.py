"""Torch for the tests that measure: they are skipped without it, unless SCALETUI_REQUIRE names it."""

from __future__ import annotations

import importlib.util
from typing import Any

import pytest

from scaletui.bench.shapes import Shape

THERE = importlib.util.find_spec("torch") is not None


@pytest.fixture
def torch(require: Any) -> Any:
    require("torch", THERE, "torch is not installed")
    import torch

    return torch


SHAPES = {
    "neox": Shape("tiny-neox", "test", 3, 64, 4, 4, 16, 256, 211, False, True, 0.25),
    "llama": Shape("tiny-llama", "test", 3, 64, 8, 2, 8, 128, 211),
    "tied": Shape("tiny-tied", "test", 2, 48, 6, 1, 16, 96, 101, True, False, 0.5, True),
    "gpt-2": Shape("tiny-gpt2", "test", 2, 32, 2, 2, 16, 128, 97, False, False, 0.0, True),
}


@pytest.fixture(params=SHAPES)
def tiny(request: pytest.FixtureRequest) -> Shape:
    return SHAPES[request.param]
