"""Torch for the tests that measure: they are skipped without it, unless SCALETUI_REQUIRE names it."""

from __future__ import annotations

import importlib.util
from typing import Any

import pytest
from tiny_shapes import SHAPES

from scaletui.bench.shapes import Shape

THERE = importlib.util.find_spec("torch") is not None


@pytest.fixture
def torch(require: Any) -> Any:
    require("torch", THERE, "torch is not installed")
    import torch

    return torch


@pytest.fixture(params=SHAPES)
def tiny(request: pytest.FixtureRequest) -> Shape:
    return SHAPES[request.param]
