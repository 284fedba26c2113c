"""``calc --all`` and ``scenario``: one screen, four formats, own files, one message for what is wrong."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from scaletui import locations, saved
from scaletui.cli import run
from scaletui_core.errors import InputError
from scaletui_core.presets import Catalog
from scaletui_core.scenario import Scenario

SCHEMA = json.loads((Path(__file__).parents[2] / "scaletui" / "render" / "answer.schema.json").read_text("utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
GOPHER = 'version = 1\ntitle = "x"\n\n[calc]\nparams = "280B"\ntokens = "300B"\n'


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The folder of own scenarios of a user who has none yet."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path / "data" / "scaletui" / "scenarios"


@pytest.fixture
def cli(capsys, folder):
    """A function that runs a line and returns exit code, stdout, stderr."""

    def go(*line):
        code = run([*line[0].split(), *line[1:]])
        return code, *capsys.readouterr()

    return go


@pytest.fixture
def printed(cli):
    """A function that runs a line that must succeed in silence, and returns its stdout."""

    def go(*line):
        code, out, err = cli(*line)
        assert (code, err) == (0, "")
        return out

    return go


def faults(result, named):
    code, out, err = result
    assert (code, out) == (2, "")
    assert err.startswith("scaletui: ")
    assert named in err
    assert len(err) < 700
    assert "Traceback" not in err
    assert "\x1b" not in err


# -- the chain -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "calc --all --flops 5.76e23",
        "calc --all --flops 5.76e23 --set speed.k=5 --set copies.hours_a_day=8",
        "calc --all --params 70B --tokens 1.4T --set learning.loss=2 --set speed.k=5",
        "calc --all --flops 4.7e28 --set copies.chain=gpt-2030 --set speed.human-multiple=5 --set speed.k=5",
        "calc --all --loss 1.95 --law chinchilla-3",
        "scenario show gopher",
        "scenario show llama-3-405b",
    ],
)
def test_the_chain_is_one_screen(line, printed):
    lines = printed(line).splitlines()
    assert len(lines) <= 23  # a prompt stands below
    assert max(map(len, lines)) <= 80
    parts = [text.split()[0] for text in lines[: lines.index("")]]
    assert list(dict.fromkeys(parts)) == ["calc", "emergence", "speed", "copies", "learning", "batch"]


@pytest.mark.parametrize("explain", [[], ["--explain"]], ids=["plain", "explained"])
@pytest.mark.parametrize(
    ("line", "calculator"),
    [
        ("calc --all --flops 5.76e23 --set speed.k=5", "chain"),
        ("calc --all --set copies.chain=gpt-2030", "chain"),
        ("scenario show gpt-3", "chain"),
        ("scenario show gpt-2030", "chain"),
        ("scenario list", "scenarios"),
        ("scenario compare gopher chinchilla", "compare"),
    ],
)
def test_formats_hold_the_same_rows(line, calculator, explain, printed):
    document = json.loads(printed(line, "--format", "json", *explain))
    VALIDATOR.validate(document)
    assert document["calculator"] == calculator
    keys = [(row["id"], row["law"], row["subject"]) for row in document["rows"]]
    assert len(keys) == len(set(keys)) > 0
    assert len({note["id"] for note in document["notes"]}) == len(document["notes"])
    rows = list(csv.DictReader(io.StringIO(printed(line, "--format", "csv"), newline="")))
    assert [(row["id"], row["value"]) for row in rows] == [(r["id"], repr(float(r["value"]))) for r in document["rows"]]
    assert printed(line, "--format", "md", *explain)
    assert printed(line, *explain)


def test_the_chain_in_markdown_names_the_part_of_each_row(printed):
    rows = [line for line in printed("calc --all --flops 1e24 --format md").splitlines() if line.startswith("|")]
    assert rows[0] == "| part | quantity | value |"
    assert {row.split("|")[1].strip() for row in rows[2:]} == {
        "calc", "emergence", "speed", "copies", "learning", "batch",
    }  # fmt: skip


def test_json_says_what_was_given_and_what_followed(printed):
    line = "calc --all --params 280B --tokens 300B --set speed.k=5 --set copies.hours_a_day=8 --format json"
    document = json.loads(printed(line))
    assert document["inputs"] == {"params": 280e9, "tokens": 300e9, "speed.k": 5.0, "copies.hours-a-day": 8.0}
    assert document["provenance"]["inherited"]["copies.tokens"] == 300e9
    assert document["provenance"]["law"] == "epoch-2024"


def test_a_scenario_is_where_the_options_start(printed):
    plain = printed("calc --all --params 280B --tokens 300B --format csv")
    assert printed("calc --all --scenario gopher --format csv") == plain
    changed = printed("calc --all --scenario gopher --params 70B --tokens 1.4T --format csv")
    assert changed == printed("calc --all --scenario chinchilla --format csv")
    cleared = "calc --all --scenario gopher --flops 5.04e23 --set calc.params= --set calc.tokens= --format csv"
    assert printed(cleared) == printed("calc --all --flops 5.04e23 --format csv")


def test_the_words_of_show_run(printed):
    out = printed("scenario show gpt-3 --format json")
    (text,) = (note["text"] for note in json.loads(out)["notes"] if note["id"] == "scenario-command")
    words = text.removeprefix("scaletui ").split()
    again = json.loads(printed(" ".join([*words, "--format", "json"])))
    assert again["rows"] == json.loads(out)["rows"]


@pytest.mark.parametrize(
    ("line", "named"),
    [
        (["calc --all"], "nothing to start from"),
        (["calc --all --flops abc"], "--flops: "),
        (["calc --all --flops", ""], "--flops: "),
        (["calc --all --scenario gopher --flops 1e24"], "--flops and --params"),
        (["calc --all --flops 1e24 --set speed.q=5"], "speed"),
        (["calc --all --flops 1e24 --set sped.k=5"], "speed"),
        (["calc --all --flops 1e24 --set speed.k=abc"], "speed.k: "),
        (["calc --all --flops 1e24 --set speed.model=gophr"], "gopher"),
        (["calc --all --set calc.flops=x"], "calc.flops: "),
        (["calc --all --flops 1e24 --set calc.flops=1e25"], "--set: calc.flops is --flops"),
        (["calc --all --flops 1e24 --set", ""], "--set: "),
        (["calc --all --flops 1e24 --set", "speed.k=\x1b[31m"], "speed.k: "),
        (["calc --all --flops 1e24 --set", "x" * 100_000], "--set: "),
        (["calc --all --scenario", "../../etc/passwd"], "--scenario: "),
        (["calc --all --scenario gophr"], "gopher"),
        (["calc --flops 1e24 --set speed.k=5"], "--set: speed changes nothing of calc (--all is the whole chain)"),
        (["calc --all --flops 1e24 --set speed.k=-"], "speed.k: inherits nothing in any case"),
        (["calc --all --flops 1e24 --format jsn"], "json"),
        (["calc --all --flops 1e24 --format csv --explain"], "--format"),
        (["scenario"], "Missing command"),
        (["scenario lst"], "lst"),
        (["scenario show"], "NAME"),
        (["scenario show nope"], "nope"),
        (["scenario show", "\x1b[31m"], "NAME: "),
        (["scenario compare gopher"], "B"),
        (["scenario compare gopher nope"], "B: "),
        (["scenario save mine"], "nothing to save"),
        (["scenario save mine --flops abc"], "--flops: "),
        (["scenario save a/b --flops 1e24"], "NAME: "),
        (["scenario save .. --flops 1e24"], "NAME: "),
        (["scenario save", "\udcff", "--flops", "1e24"], "NAME: "),
        (["scenario save mine --flops 1e24 --title", "two\nlines"], "title"),
        (["scenario save gopher --flops 1e24"], "shipped"),
        (["scenario delete gopher"], "shipped"),
        (["scenario delete nope"], "nope"),
        (["scenario delete", "../../x"], "NAME: "),
    ],
)
def test_what_is_wrong_is_one_message(line, named, cli, folder):
    faults(cli(*line), named)
    assert not folder.exists()


# -- own ones ------------------------------------------------------------------------------------------------------


def test_save_list_show_compare_delete(cli, printed, folder):
    code, out, err = cli("scenario save mine --flops 1e24 --law llama-3 --set copies.hours_a_day=8 --title", "A run")
    assert (code, out) == (0, "")
    assert str(folder / "mine.toml") in err
    text = (folder / "mine.toml").read_text("utf-8")
    assert text == (
        'version = 1\ntitle = "A run"\n\n[calc]\nflops = "1e24"\nlaw = ["llama-3"]\n\n[copies]\nhours_a_day = "8"\n'
    )
    assert os.listdir(folder) == ["mine.toml"]
    rows = {row["subject"]: row["label"] for row in json.loads(printed("scenario list --format json"))["rows"]
            if row["id"] == "shipped"}  # fmt: skip
    assert rows == {
        "mine": "own", **dict.fromkeys(["gopher", "chinchilla", "gpt-3", "gpt-2030", "llama-3-405b"], "shipped"),
    }  # fmt: skip
    assert "A run" in printed("scenario list")
    line = "calc --all --flops 1e24 --law llama-3 --set copies.hours-a-day=8 --format csv"
    assert printed("scenario show mine --format csv") == printed(line)
    assert "copies.hours-a-day: 8 against open." in printed("scenario compare mine gopher")
    assert printed("scenario path") == f"{folder}\n"
    code, out, err = cli("scenario delete mine")
    assert (code, out) == (0, "")
    assert os.listdir(folder) == []


def test_the_file_keeps_what_was_typed(cli, folder):
    cli("scenario save mine --hardware 512xH100 --days", "2 weeks", "--mfu", "40%")
    text = (folder / "mine.toml").read_text("utf-8")
    assert 'hardware = "512xH100"\ndays = "2 weeks"\nmfu = "40%"\n' in text


def test_nothing_is_overwritten_without_force(cli, printed, folder):
    cli("scenario save mine --flops 1e24")
    before = (folder / "mine.toml").read_bytes()
    faults(cli("scenario save mine --flops 1e25"), "'mine' is there already")
    assert (folder / "mine.toml").read_bytes() == before
    assert cli("scenario save mine --flops 1e25 --force")[0] == 0
    assert b"1e25" in (folder / "mine.toml").read_bytes()
    assert cli("scenario save gopher --scenario chinchilla --force")[0] == 0
    assert "own, before shipped" in printed("scenario list")
    assert "70B" in printed("scenario show gopher")
    cli("scenario delete gopher")
    assert "280B" in printed("scenario show gopher")


def test_what_another_process_saves_meanwhile_is_kept(folder, monkeypatch):
    catalog = Catalog(locations.shipped_presets())
    monkeypatch.setattr(os.path, "lexists", lambda path: False)
    folder.mkdir(parents=True)
    (folder / "mine.toml").write_text("theirs")
    with pytest.raises(InputError, match="is there already"):
        saved.save(Scenario("mine", "x", None, {"calc": {"flops": "1e24"}}), catalog, str(folder))
    assert (folder / "mine.toml").read_text() == "theirs"
    assert os.listdir(folder) == ["mine.toml"]


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"\x00\xff\xfe\x80binary", "bad.toml"),
        (b"x" * 1_000_001, "larger than"),
        (b"", "version"),
        (b'version = 1\ntitle = "x"\n[calc]\nflop = "1e24"\n', "bad.toml:4: 'flop'"),
        (b'version = 1\ntitle = "x"\n[speed]\nk = 5\n', "bad.toml:4: speed.k"),
        (b"[" * 5000, "TOML"),
        (b"version = " + b"9" * 5000, "bad.toml"),
        (b'version = 1\ntitle = "\x1b[31m"\n', "bad.toml"),
    ],
    ids=["binary", "huge", "empty", "unknown-key", "number", "deep", "long-number", "escape"],
)
def test_a_bad_file_is_named_and_the_others_still_list(content, named, cli, folder):
    folder.mkdir(parents=True)
    (folder / "bad.toml").write_bytes(content)
    (folder / "good.toml").write_text(GOPHER)
    code, out, err = cli("scenario list")
    assert code == 0
    assert "good" in out
    assert "gopher" in out
    assert named in err
    assert err.count("passed over") == 1
    faults(cli("scenario show bad"), named)
    assert cli("scenario show good")[0] == 0


def test_a_pipe_a_folder_a_dangling_link_and_a_bad_name_are_passed_over(cli, folder):
    folder.mkdir(parents=True)
    os.mkfifo(folder / "pipe.toml")
    (folder / "folder.toml").mkdir()
    (folder / "link.toml").symlink_to(folder / "nowhere")
    (folder / "a b.toml").write_text(GOPHER)
    (folder / "notes.txt").write_text("not a scenario")
    (folder / "good.toml").write_text(GOPHER)
    code, out, err = cli("scenario list")
    assert code == 0
    assert "good" in out
    assert err.count("passed over") == 4


def test_a_text_that_means_nothing_is_an_error_at_its_place(cli, folder):
    folder.mkdir(parents=True)
    (folder / "mine.toml").write_text(GOPHER.replace("280B", "280Q"))
    faults(cli("scenario show mine"), "calc.params: ")
    faults(cli("scenario compare gopher mine"), "calc.params: ")


def test_without_a_home_the_shipped_ones_are_there(cli, monkeypatch):
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setenv("HOME", "")
    assert cli("scenario list")[0] == 0
    assert cli("scenario show gopher")[0] == 0
    for line in ("scenario save mine --flops 1e24", "scenario delete mine", "scenario path"):
        code, out, err = cli(line)
        assert (code, out) == (1, "")
        assert "XDG_DATA_HOME" in err


def test_a_home_that_takes_no_file_is_one_error(cli, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "file"))
    assert cli("scenario list")[0] == 0
    code, out, err = cli("scenario save mine --flops 1e24")
    assert (code, out) == (1, "")
    assert "cannot be written" in err
    assert "XDG_DATA_HOME" in err


def test_a_full_disk_leaves_nothing_behind(cli, folder, monkeypatch):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    code, _, err = cli("scenario save mine --flops 1e24")
    assert code == 1
    assert "No space left on device" in err
    assert os.listdir(folder) == []


# -- what a plain calc does not pay for ----------------------------------------------------------------------------


@pytest.mark.parametrize("line", [["calc", "--flops", "1e24"], ["batch", "--loss", "2", "--format", "json"]])
def test_what_is_no_scenario_imports_nothing_of_one(line, clean_environment, tmp_path):
    program = f"import sys; from scaletui.cli import run; run({line!r}); sys.stderr.write(' '.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=clean_environment, capture_output=True, text=True, check=True
    )
    later = {"flow", "chain", "scenario", "scenario_part", "scenario_file", "pane_command", "app_texts"}
    later |= {"calc", "speed", "copies", "learning", "batch", "emergence"} - {line[0]}
    assert {f"scaletui_core.{name}" for name in later} & set(done.stderr.split()) == set()
    assert "scaletui.scenario_commands" not in done.stderr.split()
