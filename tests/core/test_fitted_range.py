"""The compute that laws were fitted on, against the runs themselves."""

from __future__ import annotations

import csv
from pathlib import Path

from scaletui_core.laws import law
from scaletui_core.presets import Catalog


def test_besiroglu_fig4_runs_span_the_stated_compute(data_folder: Path, catalog: Catalog) -> None:
    with (data_folder / "chinchilla_runs.csv").open() as file:
        runs = [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]
    kept = sorted(runs, key=lambda run: run["loss"])[:-5]  # the replication drops the five highest losses
    assert len(kept) == 240
    spent = [run["flops"] for run in kept]
    for name in ("chinchilla-1", "chinchilla-3", "chinchilla-3-rounded", "epoch-2024", "lecture-2025"):
        assert law(catalog, name).fitted == (float(f"{min(spent):.2g}"), float(f"{max(spent):.2g}"))
