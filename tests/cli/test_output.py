"""What the command prints: data on stdout in four formats that agree, talk on stderr, no escapes into a pipe."""

import csv
import errno
import io
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from scaletui.cli import COMMANDS, run
from scaletui_core import __version__
from scaletui_core.quantity import parse

SCHEMA = json.loads((Path(__file__).parents[2] / "scaletui" / "render" / "answer.schema.json").read_text("utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)

CALC = [
    "calc --flops 5.76e23",
    "calc --flops 5.76e23 --law epoch-2024",
    "calc --flops 5.76e23 --law chinchilla-1 --law chinchilla-3",
    "calc --params 70B",
    "calc --tokens 1.4T",
    "calc --params 70B --tokens 1.4T",
    "calc --params 70B --flops 5.76e23",
    "calc --loss 1.7",
    "calc --loss 2.2 --params 7B",
    "calc --loss 2.2 --tokens 1T",
    "calc --hardware 512xH100 --days 30 --mfu 40%",
    "calc --params 70B --hardware 512xH100",
    "calc --loss 2 --hardware 8xV100",
    "calc --hardware 8xMI300X --cost $1M --price $3/h",
    "calc --flops 1e24 --tokens-per-second 1e6",
    "calc --params 7B --tokens-per-second 1e6 --days 30",
    "calc --flops 1e22 --unique 100B",
    "calc --flops 1",
    "calc --flops 1e298",
]
LISTINGS = ["laws", "models", "hardware"]
SWEEPS = ["frontier", "frontier --unique 100B --law muennighoff-2023", "isoflop --flops 1e21 --points 5"]
OTHERS = ["loss --params 70B --tokens 1.4T", "loss --params 70B", "loss --tokens 1T --unique 1B"]
ONE = [
    "laws chinchilla-3 kaplan-2020",
    "models chinchilla gopher",
    "hardware h100 mi300x",
    "copies --tokens 300B",
    "copies --tokens 300B --k 5 --speed 5 --hours-a-day 8 --days-a-week 5",
    "copies --chain gpt-2030",
    "copies --hardware 512xH100 --tokens-per-second-per-accelerator 2000 --k 5",
    "learning --copies 1M --speed 5",
    "learning --users 250M --loss 2",
    "batch --loss 3 --batch 4M",
    "batch --min-steps 10k --min-tokens 10B --flops 1e21",
    "batch --flops 1e21",
    "batch --loss 3",
    "copies --flops 1e24 --k 5",
    *(
        EMPTY := [
            "isoflop --flops 1e21 --law chinchilla-1",
            "loss --params 70B --law chinchilla-1",
            "calc --loss 1 --law epoch-2024",
        ]
    ),
    "speed --human-multiple 5 --k 5",
    "speed --hardware p100",
    "speed --layers 118 --kv-heads 1 --head-dim 256",
]
WORLD = [
    "emergence",
    "emergence --flops 1e23 --law chinchilla-3",
    "emergence --params 70B --sort params",
    "emergence --benchmarks",
    "emergence --ability mmlu",
    "speed",
    "speed --params 70B",
    "speed --model llama-3-70b --hardware 8xH100 --batch 32 --context 8k --prompt 2k --k 5",
    "speed --model pythia-12b --hardware a100",
]
LINES = CALC + LISTINGS + SWEEPS + OTHERS + ONE + WORLD


def never(word):
    raise AssertionError(f"{word} in JSON")


@pytest.fixture
def printed(capsys):
    """A function that runs a line that must succeed and say nothing on stderr, and returns its stdout."""

    def text(line, *more):
        code = run([*line.split(), *more])
        out, err = capsys.readouterr()
        assert (code, err) == (0, "")
        return out

    return text


@pytest.fixture
def answer(printed):
    """A function that returns the JSON document of a line."""
    return lambda line, *more: json.loads(printed(line, "--format", "json", *more), parse_constant=never)


def value(document, row_id, law=None):
    found = [row["value"] for row in document["rows"] if row["id"] == row_id and law in (None, row["law"])]
    assert len(found) == 1
    return found[0]


def test_every_command_is_among_the_lines():
    assert {line.split()[0] for line in LINES} == set(COMMANDS)


# -- the formats ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("explain", [False, True], ids=["plain", "explained"])
@pytest.mark.parametrize("line", LINES)
def test_json_holds_to_its_schema(line, explain, answer):
    document = answer(line, *(["--explain"] if explain else []))
    VALIDATOR.validate(document)
    assert document["calculator"] == line.split()[0]
    assert all(("working" in row) == explain for row in document["rows"])
    assert bool(document["rows"]) == (line not in EMPTY)
    assert document["rows"] or [note["kind"] for note in document["notes"]][:1] == ["unreachable"]


def test_the_schema_is_one_and_refuses_what_is_not_an_answer(answer):
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    good = answer("calc --flops 1e21 --law chinchilla-1")
    row = good["rows"][0]
    for bad in (
        {**good, "schema": "scaletui.answer/2"},
        {**good, "extra": 1},
        {key: item for key, item in good.items() if key != "provenance"},
        {**good, "rows": [{**row, "unit": "furlong"}]},
        {**good, "rows": [{**row, "value": None}]},
        {**good, "rows": [{**row, "value": "1"}]},
        {**good, "rows": [{key: item for key, item in row.items() if key != "law"}]},
        {**good, "rows": [{**row, "at": 1.0}]},
        {**good, "notes": [{**good["notes"][0], "kind": "gossip"}]},
        {**good, "inputs": {"--flops": 1.0}},
    ):
        assert not VALIDATOR.is_valid(bad)


@pytest.mark.parametrize("line", LINES)
def test_csv_and_json_hold_the_same_rows_to_the_last_bit(line, printed, answer):
    rows = list(csv.DictReader(io.StringIO(printed(line, "--format", "csv"), newline="")))
    expected = answer(line)["rows"]
    assert len(rows) == len(expected)
    for row, wanted in zip(rows, expected, strict=True):
        assert set(row) == {"id", "label", "law", "subject", "at", "value", "low", "high", "unit", "source"}
        for key, text in row.items():
            known = wanted.get(key)
            if key in ("value", "low", "high", "at"):
                assert text == ("" if known is None else repr(float(known)))
            else:
                assert text == (known or "")


def cells(markdown):
    """Return the tables of a Markdown text: lists of rows of cells, without the ruler."""
    tables, current = [], None
    for line in markdown.splitlines():
        if line.startswith("|"):
            current = tables.append([]) or tables[-1] if current is None else current
            if not re.fullmatch(r"[|:\s-]+", line):
                parts = re.split(r"(?<!\\)\|", line)[1:-1]
                current.append([re.sub(r"\\(.)", r"\1", part.strip()) for part in parts])
        else:
            current = None
    return tables


@pytest.mark.parametrize("line", CALC + LISTINGS + SWEEPS + OTHERS)
def test_the_table_and_markdown_show_the_same_cells(line, printed, monkeypatch):
    monkeypatch.setenv("COLUMNS", "400")
    shown = [" ".join(row.split()) for row in printed(line).splitlines()]
    tables = cells(printed(line, "--format", "md"))
    assert tables
    for row in tables[-1]:
        assert " ".join(" ".join(row).split()) in shown


@pytest.mark.parametrize(("line", "sweep"), [(line, False) for line in CALC] + [("frontier", True)])
def test_every_cell_of_a_table_is_the_value_of_a_row(line, sweep, printed, answer):
    ids = {"N": ("params", 0.005), "D": ("tokens", 0.005), "D/N": ("tokens_per_param", 0.005), "loss": ("loss", 1e-4),
           "C": ("compute", 0.005)}  # fmt: skip
    rows = {(row["id"], row["law"], row.get("at")): row for row in answer(line)["rows"]}
    if sweep:
        rows = {(row_id, law, f"{at:g}"): row for (row_id, law, at), row in rows.items()}
    headings, *body = cells(printed(line, "--format", "md"))[-1]
    compared = 0
    for texts in body:
        at = f"{parse(texts[1], 'FLOP').value:g}" if sweep else None
        for heading, text in list(zip(headings, texts, strict=True))[2 if sweep else 1 :]:
            row = rows.get((ids[heading][0], texts[0], at)) if heading in ids else None
            if row is not None:
                assert parse(text, row["unit"]).value == pytest.approx(row["value"], rel=ids[heading][1])
                compared += 1
    assert compared >= 2 * len([texts for texts in body if texts[2] and texts[-1]]) > 0


# -- the numbers that were promised --------------------------------------------------------------------------------


def test_the_gopher_budget_under_chinchilla_3(answer):
    document = answer("calc --flops 5.76e23")
    assert f"{value(document, 'params', 'chinchilla-3'):.2e}" == "4.04e+10"
    assert f"{value(document, 'tokens', 'chinchilla-3'):.2e}" == "2.38e+12"
    assert f"{value(document, 'tokens_per_param', 'chinchilla-3'):.1f}" == "58.9"


def test_the_gopher_budget_under_epoch_2024(answer):
    document = answer("calc --flops 5.76e23")
    assert f"{value(document, 'params', 'epoch-2024'):.1e}" == "7.2e+10"
    assert f"{value(document, 'tokens_per_param', 'epoch-2024'):.1f}" == "18.4"


def test_512_h100_for_30_days_at_40_percent(answer):
    # 512 x 989e12 x 0.4 x 30 x 86400
    document = answer("calc --hardware 512xH100 --days 30 --mfu 40%")
    assert value(document, "compute") == pytest.approx(512 * 989e12 * 0.4 * 30 * 86400, rel=1e-12)
    assert f"{value(document, 'compute'):.2e}" == "5.25e+23"


@pytest.mark.parametrize(
    ("law", "words"),
    [
        ("kaplan-2020", "non-embedding parameters"),
        ("deepseek-2024", "non-embedding FLOP a token"),
        ("porian-2024", "without embeddings"),
        ("llama-3", "N is C/(6D)"),
    ],
)
def test_a_law_says_what_its_n_counts(law, words, printed, answer):
    document = answer("calc --flops 5.76e23")
    (label,) = (row["label"] for row in document["rows"] if (row["id"], row["law"]) == ("params", law))
    notes = [note["text"] for note in document["notes"] if note["law"] == law and note["kind"] == "convention"]
    assert words in " ".join([label, *notes])
    if "embedding" in words:  # N is not all parameters: said under the table of all laws, too
        assert words in label
        assert words in " ".join(printed("calc --flops 5.76e23").split())


def test_a_loss_below_some_laws_floor_is_answered_by_the_others_in_one_table(printed, answer):
    document = answer("calc --loss 1.7")
    answered = {row["law"] for row in document["rows"] if row["id"] == "params"}
    refused = {note["law"]: note["text"] for note in document["notes"] if note["kind"] == "unreachable"}
    # E: chinchilla-3 e^.5267228 = 1.693, rounded 1.69, the lecture 1.61; epoch 1.8172, Muennighoff e^.6254804 = 1.869
    assert {"chinchilla-3", "chinchilla-3-rounded", "lecture-2025", "kaplan-2020"} == answered
    assert "E = 1.817" in refused["epoch-2024"]
    assert "E = 1.869" in refused["muennighoff-2023"]
    assert "no loss published" in refused["chinchilla-1"]
    table, _, notes = printed("calc --loss 1.7").partition("\n\n")
    assert notes
    first_words = [line.split()[0] for line in table.splitlines()]
    assert sorted(first_words[1:]) == sorted(answered | set(refused))


# -- for people ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("line", [*LINES, *(f"{line} --explain" for line in LINES)])
def test_a_table_fits_80_columns(line, printed):
    wide = [shown for shown in printed(line).splitlines() if len(shown) > 80]
    # A web address cannot be broken; with the indent it stands alone.
    assert [shown for shown in wide if not re.fullmatch(r" *https?://\S+", shown)] == []


@pytest.mark.parametrize("columns", ["0", "1", "40", "99999999", "x", "-5", "²"])
def test_any_columns_variable_will_do(columns, printed, monkeypatch):
    monkeypatch.setenv("COLUMNS", columns)
    assert "epoch-2024" in printed("calc --flops 1e21 --law epoch-2024")
    widest = max(map(len, printed("frontier --plot --law epoch-2024").splitlines()))
    assert 30 <= widest <= 1000


PLOTS = ["frontier --plot", "isoflop --flops 1e21 --plot", "speed --params 70B --plot --axis batch"]


@pytest.mark.parametrize("line", [*LINES, *PLOTS, "--help", "calc --help", "speed --help"])
def test_a_pipe_gets_no_escape_sequence(line, printed, monkeypatch):
    for name, value_ in {
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "FORCE_COLOR": "1",
        "CLICOLOR_FORCE": "1",
    }.items():
        monkeypatch.setenv(name, value_)
    text = printed(line)
    assert [char for char in text if char != "\n" and not char.isprintable()] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_help_names_every_option_with_its_unit_and_an_example(command, printed):
    import importlib

    from scaletui_core.fields import FLAG, NAMES, fields_of

    text = printed(f"{command} --help")
    assert [line for line in text.splitlines() if len(line) > 80] == []
    calculator = getattr(importlib.import_module(COMMANDS[command].module), COMMANDS[command].attribute)
    words = " ".join(text.split())
    assert calculator.summary.rstrip(".") in words
    for field in fields_of(calculator.inputs):
        if field.name == "name":
            assert "[NAME]" in words
        elif field.unit not in (FLAG, NAMES):
            unit = re.escape("|".join(field.choices)) or "[A-Z][A-Z/]*"
            assert re.search(f"{field.option} {unit} ", words)
        assert field.help in words
        assert f"Such as {field.example}." in words
    assert "--format table|json|csv|md" in words


def test_help_lists_every_command_within_80_columns(printed):
    text = printed("--help")
    assert [line for line in text.splitlines() if len(line) > 80] == []
    assert [name for name in COMMANDS if not re.search(rf"^  {name} +\S", text, re.MULTILINE)] == []


def test_version(printed):
    assert printed("--version") == f"scaletui {__version__}\n"


# -- the ends of a pipe, a terminal --------------------------------------------------------------------------------

BIG = ["frontier", "--points", "500", "--law", "epoch-2024", "--format", "json"]  # 400 kB; a pipe takes 64


@pytest.mark.parametrize("arguments", [BIG, ["calc", "--flops", "1e21"], ["--help"], ["--version"]])
def test_a_reader_that_has_left_is_no_error(arguments, start):
    read, write = os.pipe()
    os.close(read)  # as `| head -1` does, but surely before the first byte
    with open(write, "wb") as out, start(*arguments, stdout=out, stderr=subprocess.PIPE) as process:
        err = process.communicate(timeout=60)[1]
    assert (process.returncode, err) == (0, b"")


def test_head_takes_its_line(start):
    with start(*BIG, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"{\n"
        process.stdout.close()
        err = process.stderr.read()
    assert (process.returncode, err) == (0, b"")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
@pytest.mark.parametrize("arguments", [BIG, ["calc", "--flops", "1e21"], ["--help"], ["--version"]])
def test_a_full_disk_is_one_clear_error(arguments, start):
    with open("/dev/full", "wb") as out, start(*arguments, stdout=out, stderr=subprocess.PIPE) as process:
        err = process.communicate(timeout=60)[1].decode()
    assert process.returncode == 1
    assert err == f"scaletui: cannot write the output: {os.strerror(errno.ENOSPC)}\n"


@pytest.mark.parametrize(
    ("redirect", "line", "code", "message"),
    [
        (">&-", "calc --flops 1e21", 1, "scaletui: cannot write the output: standard output is closed\n"),
        ("2>&-", "calc --flops abc", 2, ""),
        ("2>&-", "calc --flops 1e21", 0, ""),
        ("<&-", "calc --flops 1e21", 0, ""),
        ("2>/dev/full", "calc --flops abc", 2, ""),
    ],
)
def test_a_closed_or_full_stream(redirect, line, code, message, clean_environment, tmp_path):
    shell = f'exec "$0" -m scaletui {line} {redirect}'
    done = subprocess.run(
        ["sh", "-c", shell, sys.executable],
        cwd=tmp_path,
        env=clean_environment,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr.decode()) == (code, message)
    assert (b"epoch-2024" in done.stdout) == (code == 0)


def test_ctrl_c_is_130_and_silent(start):
    with start(*BIG, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.read(1)  # it is writing, and waits for a reader of the rest
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.strip() == b""


def test_a_terminal_that_is_not_utf_8_gets_an_answer(run_cli):
    for line in ("frontier --plot", "laws --format md", "models --explain"):
        code, out, err = run_cli(*line.split(), env={"PYTHONIOENCODING": "ascii"})
        assert (code, err) == (0, "")
        assert out.isascii()


@pytest.mark.parametrize("line", ["calc --flops 1e21", "frontier --plot"])
def test_no_color_is_obeyed_on_a_terminal(line, on_terminal):
    code, coloured = on_terminal(*line.split())
    assert code == 0
    assert "\x1b[" in coloured
    for quiet in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        code, plain = on_terminal(*line.split(), **quiet)
        assert code == 0
        assert "\x1b" not in plain
        assert plain == re.sub(r"\x1b\[[0-9;]*m", "", coloured)


@pytest.mark.parametrize("columns", [40, 60, 132])
def test_a_table_fits_its_terminal(columns, on_terminal):
    code, text = on_terminal("calc", "--flops", "1e21", columns=columns, NO_COLOR="1")
    assert code == 0
    assert columns - 12 < max(map(len, text.splitlines())) <= columns


def test_the_app_refuses_a_pipe_in_one_line(run_cli):
    code, out, err = run_cli()
    assert (code, out) == (2, "")
    assert re.fullmatch(r"scaletui: .*terminal.*scaletui calc.*\n", err)


def test_the_app_refuses_a_dumb_terminal_in_one_line(on_terminal):
    for term in ("dumb", ""):
        code, text = on_terminal(TERM=term)
        assert code == 2
        assert re.fullmatch(r"scaletui: .*terminal.*TERM.*scaletui calc.*\n", text)
