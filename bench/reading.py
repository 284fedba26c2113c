"""Reading curves: rows a second and peak memory, against numpy's loadtxt of the numbers alone, in the same run.

``python bench/reading.py`` writes a table for 1e6 and 5e6 rows; other numbers of rows may follow.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

RUNS = 100
ROWS = (1_000_000, 5_000_000)


def write(path: Path, rows: int) -> None:
    """Write curves of a known law with 2% noise."""
    rng = np.random.default_rng(20220329)
    count = rows // RUNS
    d = 5e5 * np.arange(1, count + 1)
    with path.open("w") as file:
        file.write("run,params,tokens,loss\n")
        for run in range(RUNS):
            n = int(10 ** rng.uniform(7.5, 10))
            loss = (1.8 + 480.0 / n**0.35 + 2085.0 / d**0.366) * (1.0 + 0.02 * rng.standard_normal(count))
            file.writelines(f"run-{run},{n},{at:.0f},{level:.6f}\n" for at, level in zip(d, loss, strict=True))


def measure(what: str, path: str) -> None:
    """Print the seconds and the peak memory [bytes] of one way to read, in this process."""
    if what == "ours":
        from scaletui_core.fitting.reading import read_runs

        begin = time.perf_counter()
        read_runs(path)
    else:
        begin = time.perf_counter()
        np.loadtxt(path, delimiter=",", skiprows=1, usecols=(1, 2, 3))
    seconds = time.perf_counter() - begin
    print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1024 if sys.platform == "linux" else 1))


def main(sizes: tuple[int, ...]) -> None:
    """Measure both ways on files of some sizes, each in a process of its own."""
    print("rows       way       s      rows/s     peak MB")
    with tempfile.TemporaryDirectory() as folder:
        for rows in sizes:
            file = Path(folder) / "curves.csv"
            write(file, rows)
            for what in ("loadtxt", "ours"):
                command = [sys.executable, __file__, what, str(file)]
                seconds, peak = map(float, subprocess.run(command, capture_output=True, check=True).stdout.split())
                print(f"{rows:<10,} {what:<8} {seconds:5.2f} {rows / seconds:11,.0f} {peak / 1e6:8.0f}")


if __name__ == "__main__":
    if sys.argv[1:2] in (["ours"], ["loadtxt"]):
        measure(*sys.argv[1:3])
    else:
        main(tuple(int(float(text)) for text in sys.argv[1:]) or ROWS)
