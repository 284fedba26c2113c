"""A one-shot on a login node pays for nothing heavy: asked of a fresh interpreter, since this one has imported all."""

import subprocess
import sys

import pytest

from scaletui.cli import COMMANDS, FITS, GROUPS

HEAVY = {"numpy", "scipy", "numba", "textual", "rich", "torch", "pydantic", "pandas", "matplotlib", "hypothesis"}
PROBE = """
import sys
sys.argv = ["scaletui", *sys.argv[1:]]
from scaletui.__main__ import main
try:
    main()
except SystemExit as leaving:
    assert not leaving.code, leaving.code
sys.stderr.write(" ".join(sorted({name.partition(".")[0] for name in sys.modules})))
"""
LINES = [
    "calc --flops 5.76e23",
    "calc --flops 5.76e23 --format json",
    "calc --flops 5.76e23 --format csv",
    "calc --flops 5.76e23 --format md",
    "calc --flops 5.76e23 --explain",
    "calc --hardware 512xH100 --days 30",
    "calc --loss 2 --unique 100B",
    "calc --all --flops 5.76e23 --set speed.k=5",
    "scenario list",
    "scenario show gopher",
    "scenario compare gopher chinchilla --format json",
    "scenario compare gopher chinchilla --plot",
    "loss --params 70B --tokens 1.4T",
    "frontier",
    "frontier --unique 1B --format json",
    "frontier --plot",
    "isoflop --flops 1e21",
    "isoflop --flops 1e21 --plot",
    "laws",
    "laws chinchilla-3 --explain",
    "models",
    "hardware --format json",
    "emergence --flops 1e23",
    "speed --params 70B",
    "copies --tokens 300B",
    "copies --chain gpt-2030 --explain",
    "learning --users 250M --loss 2",
    "batch --loss 3 --flops 1e21",
    "speed --k 5 --set calc.flops=5.76e23",
    "copies --scenario gopher --format json",
    "emergence --flops 1e23 --plot",
    "speed --params 70B --plot --axis batch",
    "copies --chain gpt-2030 --plot --axis growth",
    "learning --users 250M --loss 2 --plot",
    "batch --loss 3 --plot",
    "config show",
    "completion bash",
    "bench list",
    "bench --help",
    "bench --slurm --dry-run",
    "jobs list",
    "--color 16 --ascii calc --flops 5.76e23",
    "--help",
    "fit --help",
    "calc --help",
    "--version",
]


def imported(program, arguments, clean_environment, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=tmp_path, env=clean_environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return set(done.stderr.split()), done.stdout


def test_every_command_is_among_the_lines():
    assert {*COMMANDS, *GROUPS} <= {line.split()[0] for line in LINES}


@pytest.mark.parametrize("line", LINES)
def test_a_one_shot_imports_nothing_heavy(line, clean_environment, tmp_path):
    modules, out = imported(PROBE, line.split(), clean_environment, tmp_path)
    assert out
    assert {"scaletui", "scaletui_core"} <= modules or line == "--version"
    assert modules & HEAVY == set()


def test_fits_import_what_they_compute_with_alone(clean_environment, tmp_path):
    assert set(FITS) == {"fit", "predict", "design"}
    made = imported(
        PROBE, ["fit", "--example", "--out", "fit.json", "--bootstraps", "100"], clean_environment, tmp_path
    )[0]
    assert made & HEAVY == {"numpy", "numba", "scipy"}  # numba imports scipy's linear algebra by itself
    foretold = imported(PROBE, ["predict", "fit.json", "--flops", "1e24"], clean_environment, tmp_path)[0]
    assert foretold & HEAVY == {"numpy"}
    design = ["design", "fit.json", "--flops", "1e24", "--spend", "1e21"]
    assert imported(PROBE, design, clean_environment, tmp_path)[0] & HEAVY <= {"numpy", "numba", "scipy"}
    asked = imported(PROBE, ["calc", "--flops", "1e24", "--law", "fit.json"], clean_environment, tmp_path)[0]
    assert asked & HEAVY == set()
    assert (
        imported(PROBE, ["fit", "fit.json", "epoch-2024", "--compare"], clean_environment, tmp_path)[0] & HEAVY == set()
    )


RENDERERS = f"""{PROBE.rpartition("sys.stderr")[0]}
sys.stderr.write(" ".join(name for name in sys.modules if name.startswith("scaletui.render")))
"""


@pytest.mark.parametrize(
    "line",
    ["speed --params 70B", "frontier", "speed --help", "batch --loss 3 --format json", "scenario compare gopher gpt-3"],
)
def test_what_draws_is_imported_only_to_draw(line, clean_environment, tmp_path):
    modules, _ = imported(RENDERERS, line.split(), clean_environment, tmp_path)
    assert "scaletui.render.figures" in modules
    drawers = ("figures_", "plot", "canvas", "raster", "ticks", "shapes", "overlay")
    assert [name for name in modules if name.rpartition(".")[2].startswith(drawers)] == []


def test_a_figure_imports_its_own_module_alone(clean_environment, tmp_path):
    modules, _ = imported(RENDERERS, ["batch", "--loss", "3", "--plot"], clean_environment, tmp_path)
    assert "scaletui.render.plot" in modules
    assert [name for name in modules if "figures_" in name] == ["scaletui.render.figures_batch"]


def test_the_probe_sees_what_is_imported(clean_environment, tmp_path):
    modules, _ = imported("import textual\n" + PROBE, ["--version"], clean_environment, tmp_path)
    assert {"textual", "rich"} <= modules


def test_the_command_line_as_a_module_imports_no_textual(clean_environment, tmp_path):
    program = "import sys, scaletui.cli, scaletui.render\n" + PROBE.splitlines()[-1]
    modules, _ = imported(program, [], clean_environment, tmp_path)
    assert "scaletui" in modules
    assert modules & HEAVY == set()
