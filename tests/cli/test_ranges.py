"""Ranges on the command line: intervals in every format, and one message for what makes no sense."""

from __future__ import annotations

import csv
import io
import json
import os
import stat
from math import asin, hypot, log, pi
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from scaletui import locations
from scaletui.cli import run
from scaletui_core.budget import BudgetInputs
from scaletui_core.fields import as_command, parse_inputs

SCHEMA = json.loads((Path(__file__).parents[2] / "scaletui" / "render" / "answer.schema.json").read_text("utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
LINES = [
    "calc --flops 1e23..1e25 --law epoch-2024",
    "calc --flops 1e24 --law epoch-2024,chinchilla-2 --law-uncertainty --mixture",
    "calc --hardware 512xh100 --days 20..40 --mfu 30%..50% --law epoch-2024",
    "calc --all --flops 1e23..1e25 --set speed.k=2..5",
    "scenario show gpt-2030",
    "scenario compare gpt-3 gpt-2030",
    "loss --params 60B..80B --tokens 1T..2T",
    "frontier --law epoch-2024 --law-uncertainty",
    "isoflop --flops 1e22..1e24 --law epoch-2024",
    "emergence --flops 1e23..1e25 --law epoch-2024",
    "speed --params 50B..90B --k 2..5",
    "copies --tokens 200B..400B --k 2..5",
    "copies --flops 1e24 --law epoch-2024,chinchilla-2 --mixture",
    "copies --chain gpt-2030 --ranges",
    "learning --users 100M..500M --loss 1.8..2.2",
    "batch --loss 2..3 --flops 1e21..1e23",
]


def out(capsys: pytest.CaptureFixture[str], line: str) -> str:
    assert run(line.split()) == 0
    return capsys.readouterr().out


def err(capsys: pytest.CaptureFixture[str], line: str) -> str:
    assert run(line.split()) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err


@pytest.mark.parametrize("line", LINES)
def test_json_has_intervals_and_holds_to_the_schema(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    answer = json.loads(out(capsys, f"{line} --format json --samples 5000 --sensitivity"))
    VALIDATOR.validate(answer)
    varying = [row for row in answer["rows"] if row["low"] is not None]
    assert varying
    for row in varying:
        assert row["low"] <= row["value"] <= row["high"]
    ranked = [row for row in varying if "sensitivity" in row]
    assert all(-1.0 <= rank <= 1.0 for row in ranked for rank in row["sensitivity"].values())
    sampling = answer["provenance"]["sampling"]
    assert (sampling["samples"], sampling["seed"], sampling["quantiles"]) == (5000, 0, "exact")
    assert sampling["uncertain"]
    assert any(note["id"] == "uncertain" for note in answer["notes"])


@pytest.mark.parametrize("line", LINES)
def test_formats_agree(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    more = " --samples 5000 --seed 3"
    answer = json.loads(out(capsys, f"{line} --format json{more}"))
    table = list(csv.DictReader(io.StringIO(out(capsys, f"{line} --format csv{more}"))))
    for row, record in zip(answer["rows"], table, strict=True):
        for key in ("value", "low", "high"):
            assert row[key] == (float(record[key]) if record[key] else None)
    for form in ("table", "md"):
        assert "Uncertain: " in out(capsys, f"{line} --format {form}{more}")


def test_the_table_has_a_line_for_each_end(capsys: pytest.CaptureFixture[str]) -> None:
    text = out(capsys, "calc --flops 1e23..1e25@50% --law chinchilla-3 --samples 64000")
    lines = [line.split() for line in text.splitlines()]
    heads = {line[0]: line for line in lines if line and line[0] in ("chinchilla-3", "25%", "75%")}
    # Approach 3, unrounded: N is in ratio a = .457 a decade of C, D in ratio b = .543.
    assert heads["chinchilla-3"][1:3] == ["51.9B", "3.21T"]
    assert heads["25%"][1:3] == ["18.1B", "918B"]
    assert heads["75%"][1:3] == ["149B", "11.2T"]
    assert "log-normal" in text
    assert "central 50%" in text


def test_sensitivity_names_the_input_that_drives(capsys: pytest.CaptureFixture[str]) -> None:
    text = out(capsys, "copies --tokens 1T..2T --speed 1..20 --sensitivity")
    line = next(line for line in text.splitlines() if line.startswith("  copies at ~"))
    # ln copies = ln D - ln speed: rank correlation 6/pi asin(r/2) of two normals, r by their shares of the spread.
    r = log(20.0) / hypot(log(20.0), log(2.0))
    name, rank, *_ = line[44:].split()
    assert name == "copies.speed"
    assert float(rank.strip(",")) == pytest.approx(-6.0 / pi * asin(r / 2.0), abs=0.01)


def test_no_driver_is_cut_at_80_columns(capsys: pytest.CaptureFixture[str]) -> None:
    text = out(capsys, "scenario show gpt-2030 --sensitivity --samples 5000")
    said = text[text.index("What drives") :].split("\n\n")[0].splitlines()
    row = next(i for i, line in enumerate(said) if "copies after k-tiling" in line)
    assert "flops 0." in said[row]
    name, rank = said[row + 1].split()
    assert name == "speed.human-multiple"
    assert -1.0 < float(rank) < -0.3
    assert all(len(line) <= 80 for line in said)


def test_an_explanation_shows_the_shape_and_what_the_numbers_are(capsys: pytest.CaptureFixture[str]) -> None:
    text = out(capsys, "calc --flops 1e23..1e25 --law epoch-2024 --explain --sensitivity")
    assert "spread, 0.5% to 99.5% of the samples: " in text
    assert "driven by: flops 1.00" in text
    assert "the numbers below stand at the middle of the ranges" in text
    assert "C = 1e24 FLOP" in text


def test_the_same_seed_is_the_same_answer_and_another_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    line = "copies --tokens 1T..2T --speed 1..20 --samples 5000 --format json"
    first, again, other = (out(capsys, f"{line} --seed {seed}") for seed in (4, 4, 5))
    assert first == again
    assert json.loads(first)["rows"] != json.loads(other)["rows"]


def test_a_one_point_range_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    point, same = (out(capsys, f"calc --flops {text} --format json") for text in ("1e24", "1e24..1e24"))
    assert point == same


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("calc --flops 1e24 --samples 5000", "--samples: needs a range"),
        ("calc --flops 1e24 --sensitivity", "--sensitivity: needs a range"),
        ("calc --flops 1e23..1e25 --samples 10", "--samples: must be at least 1k"),
        ("calc --flops 1e23..1e25 --samples 1e12", "--samples: must be at most"),
        ("calc --flops 1e23..1e25 --samples 1k..2k", "--samples: takes one number, not a range"),
        ("calc --flops 1e23..1e25 --samples 5000.5", "--samples: must be a whole number"),
        ("calc --flops 1e23..1e25 --seed -1", "--seed: "),
        ("calc --flops 1e23..1e25 --coverage 2", "--coverage: "),
        ("calc --flops 1e23..1e25 --coverage 100%", "--coverage: must be at most"),
        ("calc --flops 1e25..1e23", "--flops: '1e23' is not above the part before it"),
        ("calc --flops 1e23..", "--flops: part 2 of the range is missing"),
        ("calc --flops 0..1e23", "--flops: '0' is zero"),
        ("calc --flops 1e-3..1e23", "--flops: must be at least"),
        ("calc --hardware h100 --days 3 --mfu 30%..100%", "--mfu: a range of fractions ends below 1"),
        ("calc --flops 1e23..1e25@100%", "--flops: '100%' is not a coverage"),
        ("calc --flops 1e24 --mixture --law epoch-2024", "--mixture: takes two laws or more"),
        ("calc --hardware 2.5..5xH100 --days 3", "--hardware: a range of accelerators has whole ends"),
        ("calc --hardware 512xH..100 --days 3", "--hardware: a range stands before the x (such as 256..512xH100)"),
        ("calc --hardware 1..2xH100@50% --days 3", "--hardware: '@' is not part of an accelerator's name"),
        ("calc --hardware 512..256xH100 --days 3", "--hardware: '256' is not above the part before it"),
        ("frontier --points 5..9", "--points: takes one number, not a range"),
        ("frontier --from 1e18..1e20", "--from: takes one number, not a range"),
        ("emergence --flops 1e23 --law-uncertainty", "--law-uncertainty: needs --law"),
        ("copies --tokens 1T --law-uncertainty", "--law-uncertainty: changes nothing"),
        ("copies --tokens 1T --ranges", "--ranges: needs --chain"),
    ],
)
def test_what_makes_no_sense_is_one_message(line: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    message = err(capsys, line)
    assert message.startswith(f"scaletui: {words}")
    assert "Traceback" not in message


def test_the_command_of_uncertain_inputs_gives_the_answer_again(capsys: pytest.CaptureFixture[str]) -> None:
    texts = {"flops": "1e23..2e24..1e25@50%", "hardware": "64xh100", "mfu": "30%..50%", "law": ("epoch-2024",),
             "law_uncertainty": True}  # fmt: skip
    words = as_command("calc", parse_inputs(BudgetInputs, texts))
    typed = "calc --flops 1e23..2e24..1e25@50% --hardware 64xh100 --mfu 30%..50% --law epoch-2024 --law-uncertainty"
    first, again = (out(capsys, f"{line} --samples 5000 --format json") for line in (" ".join(words[1:]), typed))
    assert first == again


# -- figures ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "axis", "texts"),
    [
        ("speed", "k", {"human_multiple": "1..10", "k": "2..5"}),
        ("speed", "batch", {"params": "50B..90B", "batch": "1..64"}),
        ("speed", "gpus", {"params": "50B..90B", "layers": "60..100"}),
        ("copies", "k", {"tokens": "1T..2T", "k": "2..5"}),
        ("copies", "growth", {"chain": "gpt-2030", "flops": "1e27..1e29"}),
        ("learning", "ceiling", {"copies": "1M..4M", "critical_batch": "1M..100M"}),
        ("batch", "hyperbola", {"loss": "2..3", "batch": "1M..4M"}),
        ("batch", "cost", {"noise_scale": "1M..4M"}),
        ("emergence", "map", {"flops": "1e23..1e25"}),
    ],
)
def test_a_figure_of_ranges_is_that_of_their_middle(name: str, axis: str, texts: dict[str, Any]) -> None:
    """Drawn from the ranges, or from the medians that were typed in their place: the same points, and it says so."""
    from scaletui.render.figures import figure_named
    from scaletui_core.fields import at_the_middle
    from scaletui_core.flow import calculator

    one, figure, catalog = calculator(name), figure_named(name, axis), locations.catalog()
    ranged = parse_inputs(one.inputs, texts)
    plain = at_the_middle(ranged)
    drawn = figure.draw(ranged, one.run(ranged, catalog), catalog)
    wanted = figure.draw(plain, one.run(plain, catalog), catalog)
    assert drawn.title == f"{wanted.title} (mid-range)"
    assert drawn._replace(title=wanted.title) == wanted


def test_laws_in_doubt_are_drawn_as_bands_that_hold_their_lines(capsys: pytest.CaptureFixture[str]) -> None:
    text = out(capsys, "frontier --law epoch-2024 --law-uncertainty --plot --ascii --samples 5000")
    assert "epoch-2024, 90%" in text
    assert "(mid-range)" not in text


# -- where compiled kernels are kept --------------------------------------------------------------------------------


def test_kernels_are_kept_in_the_cache_folder(home: Path) -> None:
    folder = locations.kernel_folder()
    assert folder == str(home / ".cache" / "scaletui" / "kernels")
    assert os.path.isdir(folder)


@pytest.fixture
def no_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A home that cannot be; what is temporary goes into the folder returned."""
    monkeypatch.setenv("XDG_CACHE_HOME", "/dev/null/cache")
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    return tmp_path


def test_without_a_home_kernels_go_where_nobody_else_can_write(no_home: Path) -> None:
    folder = locations.kernel_folder()
    assert folder == str(no_home / f"scaletui-{os.getuid()}")
    assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700


@pytest.mark.parametrize("mode", [0o770, 0o707])
def test_a_folder_that_others_may_write_is_passed_over(no_home: Path, mode: int) -> None:
    folder = no_home / f"scaletui-{os.getuid()}"
    folder.mkdir()
    folder.chmod(mode)
    assert locations.kernel_folder() is None


def test_a_link_is_passed_over(no_home: Path) -> None:
    (no_home / "elsewhere").mkdir()
    (no_home / f"scaletui-{os.getuid()}").symlink_to(no_home / "elsewhere")
    assert locations.kernel_folder() is None


def test_ranges_work_without_a_home_at_all(run_cli: Any) -> None:
    gone = {"HOME": None, "XDG_CACHE_HOME": None, "XDG_CONFIG_HOME": None, "TMPDIR": "/nonexistent"}
    result = run_cli("batch", "--loss", "2..3", "--samples", "1000", "--format", "json", env=gone)
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["rows"][0]["low"] is not None
