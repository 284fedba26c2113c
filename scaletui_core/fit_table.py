"""The columns that fits are shown in."""

from __future__ import annotations

from scaletui_core.answer import Column

COLUMNS = (
    Column("E", "E", "nats/token"),
    *(Column(name, name, "1") for name in ("A", "B", "alpha", "beta", "a", "b", "runs")),
)
