"""A sweep on a real Slurm: the bits of one process, point by point."""

from __future__ import annotations

from slurm_here import until

from scaletui.jobs import folder as folders
from scaletui.jobs import sweeps


def test_an_array_of_points_with_ranges_prints_what_one_process_does(slurm, client, tmp_path, monkeypatch):
    monkeypatch.setattr(sweeps, "LEAST", 2)
    words = ("sweep", "--over", "loss=1.5..2.5:3", "--over", "law=epoch-2024,chinchilla-3", "--set", "speed.k=2..4",
             "--samples", "2000", "--show", "params,copies-k", "--format", "csv")  # fmt: skip
    code, alone, err = client(*words)
    assert (code, err) == (0, "")
    place = tmp_path / "run"
    code, out, err = client(*words, "--slurm", "--folder", place)
    assert (code, out) == (0, f"{place}\n"), err
    assert "sent as job" in err
    one = folders.opened(str(place))
    assert len(one.shards) == 3
    until("all shards done", lambda: not one.missing())
    assert client(*words, "--slurm", "--folder", place)[:2] == (0, alone)
    assert client("jobs", "collect", place, "--format", "csv", "--out", tmp_path / "out.csv")[:2] == (0, alone)
    assert (tmp_path / "out.csv").read_text() == alone
