"""The wheel: what is in it, and that it works where nothing of the checkout can be seen."""

import json
import os
import shutil
import subprocess
import sys
import tomllib
import venv
import zipfile
from pathlib import Path

import numpy
import pytest
import textual
import typer

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
PACKAGES = ("scaletui", "scaletui_core")
NAMED = [PROJECT["readme"], *PROJECT["license-files"]]


def test_the_files_that_the_metadata_names_are_there():
    assert [name for name in NAMED if not (ROOT / name).is_file()] == []


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built from a copy of the checkout so that nothing is left in it."""
    source = tmp_path_factory.mktemp("source") / "scaletui"
    source.mkdir()
    unwanted = shutil.ignore_patterns("__pycache__")
    for folder in (*PACKAGES, "presets", "tests", "bench", "docs"):
        if (ROOT / folder).is_dir():
            shutil.copytree(ROOT / folder, source / folder, ignore=unwanted)
    shutil.copy(ROOT / "pyproject.toml", source)
    for name in NAMED:  # their absence has a test of its own
        if (ROOT / name).is_file():
            shutil.copy(ROOT / name, source)
        else:
            (source / name).write_text("absent\n")
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The folder of a virtual environment that has the wheel, and of this one only the dependencies."""
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps", "--no-index", "--no-cache-dir"]
    done = subprocess.run([*pip, str(wheel)], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (site,) = folder.glob("lib/python*/site-packages")
    # A path file is not looked for in the folders that another one adds: an editable scaletui there stays unseen.
    dependencies = {str(Path(module.__file__).parents[1]) for module in (typer, textual, numpy)}
    (site / "dependencies.pth").write_text("\n".join(sorted(dependencies)) + "\n")
    return folder


@pytest.fixture
def inside(installed, tmp_path, home):
    """A function that runs a program of the virtual environment from a folder of its own."""
    env = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": str(home), "PYTHONNOUSERSITE": "1"}

    def run(program, *arguments):
        command = [str(installed / "bin" / program), *arguments]
        done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    return run


def test_the_wheel_holds_both_packages_whole_and_nothing_else(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    info = f"scaletui-{version()}.dist-info"
    assert {name.split("/")[0] for name in names} == {*PACKAGES, info}
    expected = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    shipped = {name for name in names if name.split("/")[0] in PACKAGES and not name.startswith("scaletui/_presets/")}
    assert shipped == expected
    assert [
        name for name in names if "test" in name.lower() or ("bench/" in name and "scaletui/bench/" not in name)
    ] == []


def version():
    from scaletui_core import __version__

    return __version__


def test_the_wheel_holds_the_presets_as_they_are(wheel):
    archive = zipfile.ZipFile(wheel)
    presets = {
        path.relative_to(ROOT / "presets").as_posix(): path.read_bytes() for path in (ROOT / "presets").rglob("*")
        if path.is_file()
    }
    assert {"laws.toml", "models.toml", "hardware.toml"} <= set(presets)
    inside = {name: archive.read(f"scaletui/_presets/{name}") for name in presets}
    assert inside == presets


def test_the_wheel_asks_for_the_dependencies_and_names_the_command(wheel):
    archive = zipfile.ZipFile(wheel)
    (entry_points,) = (name for name in archive.namelist() if name.endswith(".dist-info/entry_points.txt"))
    assert "scaletui = scaletui.__main__:main" in archive.read(entry_points).decode()
    metadata = archive.read(entry_points.replace("entry_points.txt", "METADATA")).decode()
    wanted = {line.split(":")[1].strip() for line in metadata.splitlines() if line.startswith("Requires-Dist:")}
    assert len([line for line in wanted if "extra ==" not in line]) == len(PROJECT["dependencies"])


def test_the_installed_package_is_the_one_from_the_wheel(installed, inside):
    program = (
        "import json, scaletui, scaletui_core, scaletui.locations as l;"
        "print(json.dumps([scaletui.__file__, scaletui_core.__file__, l.shipped_presets()]))"
    )
    for path in json.loads(inside("python", "-c", program)):
        assert Path(path).is_relative_to(installed)


def test_the_installed_command_answers(inside):
    document = json.loads(inside("scaletui", "calc", "--flops", "5.76e23", "--format", "json"))
    values = {(row["law"], row["id"]): row["value"] for row in document["rows"]}
    assert f"{values['chinchilla-3', 'params']:.2e}" == "4.04e+10"
    assert document["provenance"]["version"] == version()


def test_the_installed_module_lists_laws_models_and_hardware(inside):
    assert "epoch-2024" in inside("python", "-m", "scaletui", "laws")
    assert "chinchilla" in inside("python", "-m", "scaletui", "models")
    assert "h100-sxm" in inside("python", "-m", "scaletui", "hardware")
    assert inside("scaletui", "--version") == f"scaletui {version()}\n"


def test_the_installed_command_fits_its_example(inside):
    document = json.loads(inside("scaletui", "fit", "--example", "--bootstraps", "0", "--format", "json"))
    values = {row["id"]: row["value"] for row in document["rows"] if row.get("subject") == "parametric"}
    assert values["converged"] == 1.0
    assert 0.45 < values["a"] < 0.55
