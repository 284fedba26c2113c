"""Whatever is typed or left in a configuration folder: one clear message, no traceback, nothing obeyed."""

import importlib
import io
import json
import os
import re
import shutil
import unicodedata
import zlib
from contextlib import redirect_stderr, redirect_stdout
from math import log10
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from scaletui.cli import COMMANDS, run
from scaletui.locations import shipped_presets
from scaletui.render.figures import FIGURES
from scaletui_core.errors import InputError
from scaletui_core.fields import FLAG, fields_of
from scaletui_core.preset_checks import validated
from scaletui_core.presets import Catalog

BAD = {
    "empty": "",
    "a blank": " ",
    "letters": "abc",
    "negative": "-1",
    "zero": "0",
    "nan": "nan",
    "infinite": "inf",
    "overflow": "1e400",
    "no suffix": "70Q",
    "100 kB of digits": "9" * 100_000,
    "100 kB of letters": "x" * 100_000,
    "a comma": ",",
    "bell": "\x07",
    "red": "\x1b[31mred",
    "an 8-bit escape": "\x9b31m",
    "clipboard": "\x1b]52;c;aGk=\x07",
    "a title": "70B\x1b]0;title\x1b\\",
    "two lines": "1\n2",
    "a carriage return": "1\r2",
    "right to left": "\u05e9\u05dc\u05d5\u05dd",
    "an override": "70B\u202e",
    "zero width": "7\u200b0B",
    "markup": "[red]x[/red]",
    "not UTF-8": os.fsdecode(b"\xff\xfe70B"),
    "a path": "../../etc/passwd",
}

# (command, option, name of the value): what an option takes for good. Nothing so far: none may be 0, empty or a word.
LEGAL: set[tuple[str, str, str]] = set()

# What must stand beside an option for its value to be the only thing wrong (or, with its example, nothing wrong).
MACHINE = ["--hardware", "8xH100", "--days", "30"]
PERSON = "human words-per-minute tokens-per-word tokens-per-minute hours-a-day days-a-week"
PAIR = ["--small-batch", "64k", "--small-norm2", "0.9", "--big-batch", "4M", "--big-norm2", "0.3"]
BESIDE = {
    ("calc", "--hardware"): ["--days", "30"],
    ("calc", "--days"): ["--hardware", "8xH100"],
    ("calc", "--mfu"): MACHINE,
    ("calc", "--price"): MACHINE,
    ("calc", "--precision"): MACHINE,
    ("calc", "--cost"): ["--hardware", "8xH100"],
    ("calc", "--tokens-per-second"): ["--flops", "1e21"],
    ("calc", "--unique"): ["--flops", "1e21"],
    ("calc", "--law"): ["--flops", "1e21"],
    ("calc", "--format"): ["--flops", "1e21"],
    **{
        (command, f"--{option}"): beside
        for command, beside, options in (
            ("copies", ["--tokens", "300B"], "speed k years days compute-multiple format"),
            ("copies", ["--tokens", "300B"], PERSON),
            ("copies", ["--flops", "1e21"], "law"),
            ("copies", ["--tokens-per-second-per-accelerator", "2000"], "hardware"),
            ("copies", ["--hardware", "8xH100"], "tokens-per-second-per-accelerator"),
            ("learning", ["--copies", "1M"], "speed critical-batch loss format"),
            ("learning", ["--copies", "1M"], PERSON),
            ("learning", ["--users", "1M"], "minutes"),
            ("learning", ["--copies", "1M", "--loss", "2"], "tokens-per-update"),
            ("batch", ["--loss", "3"], "batch format"),
            ("batch", ["--min-tokens", "1B"], "min-steps"),
            ("batch", ["--min-steps", "10k"], "min-tokens"),
        )
        for option in options.split()
    },
    **{
        ("batch", PAIR[i]): [word for j in range(0, 8, 2) if j != i for word in PAIR[j : j + 2]] for i in range(0, 8, 2)
    },
    ("loss", "--unique"): ["--params", "1B"],
    ("loss", "--law"): ["--params", "1B"],
    ("loss", "--format"): ["--params", "1B"],
    ("frontier", "--axis"): ["--plot"],
    ("isoflop", "--axis"): ["--plot", "--flops", "1e21"],
    ("emergence", "--axis"): ["--plot"],
    ("speed", "--axis"): ["--plot"],
    ("copies", "--axis"): ["--plot", "--tokens", "300B"],
    ("learning", "--axis"): ["--plot", "--copies", "1M"],
    ("batch", "--axis"): ["--plot", "--loss", "3"],
    **{("isoflop", option): ["--flops", "1e21"] for option in ("--points", "--unique", "--law", "--format")},
    **{
        ("speed", f"--{option}"): ["--params", "70B"]
        for option in ("bytes-per-weight", "precision", "memory", "network", "gpus-per-machine", "batch", "prompt")
    },
    ("speed", "--price"): ["--params", "70B"],
    ("speed", "--layers"): ["--params", "70B"],
    **{
        ("speed", f"--{option}"): ["--model", "llama-3-70b"]
        for option in ["kv-heads", "head-dim", "bytes-per-kv", "context", "hop"]
    },
    ("speed", "--matmul-time"): ["--k", "5"],
    ("speed", "--latency"): ["--k", "5"],
}


def options():
    """Yield (command, option or NAME, example) of everything that takes a value."""
    for command, where in COMMANDS.items():
        calculator = getattr(importlib.import_module(where.module), where.attribute)
        for field in fields_of(calculator.inputs):
            if field.unit != FLAG:
                yield command, "NAME" if field.name == "name" else field.option, field.example
        yield command, "--format", "json"
        if command in FIGURES:
            yield command, "--axis", FIGURES[command][0].name


OPTIONS = [pytest.param(*found, id=f"{found[0]} {found[1]}") for found in options()]


def line_of(command, option, value):
    own = [value] if option == "NAME" else [option, value]
    return [command, *BESIDE.get((command, option), []), *own]


def unsafe(text):
    """Return the characters that a terminal might obey, by Unicode's own categories."""
    return {
        char
        for char in text
        if char != "\n"
        and (
            unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
            or unicodedata.bidirectional(char) in ("R", "AL", "RLE", "RLO", "RLI", "LRE", "LRO", "LRI", "PDF", "PDI")
        )
    }


def faults(code, out, err, named):
    """Return what is wrong with how a bad input was answered."""
    found = []
    if code != 2:
        found.append(f"exit code {code}")
    if out:
        found.append("something on stdout")
    first = err.split("\n")[0]
    if not first.startswith("scaletui: ") or named not in first:
        found.append(f"{named} is not named")
    if len(err) > 600 or err.count("\n") > 4 or not err.endswith("\n"):
        found.append(f"{len(err)} characters, {err.count(chr(10))} lines")
    if "Traceback" in err:
        found.append("a traceback")
    if unsafe(err):
        found.append(f"raw {sorted(map(ascii, unsafe(err)))}")
    return [f"{fault}: {err[:200]!r}" for fault in found]


@pytest.mark.parametrize(("command", "option", "example"), OPTIONS)
def test_a_bad_value_is_one_clear_message(command, option, example, capsys):
    found = {}
    for name, value in BAD.items():
        code = run(line_of(command, option, value))
        out, err = capsys.readouterr()
        if (command, option, name) in LEGAL:
            found[name] = [] if (code, err) == (0, "") else [f"listed as legal, but exit code {code}"]
        else:
            # "-1" in the place of a name reads as an option, and is called that.
            found[name] = faults(code, out, err, "-1" if (option, name) == ("NAME", "negative") else option)
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize(("command", "option", "example"), OPTIONS)
def test_every_option_takes_the_example_of_its_own_help(command, option, example, capsys):
    example = {"models": "chinchilla", "hardware": "h100"}.get(command, example) if option == "NAME" else example
    code = run(line_of(command, option, example))
    out, err = capsys.readouterr()
    assert (code, err) == (0, "")
    assert out.endswith("\n")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["calc", "--flops", "abc"], "--flops"),
        (["calc", "--flops", ""], "--flops"),
        (["calc", "--flops", "-1"], "--flops"),
        (["calc", "--flops", "9" * 100_000], "--flops"),
        (["calc", "--params", "\x1b]52;c;aGk=\x07"], "--params"),
        (["calc", "--tokens", b"\xff\xfe\x80"], "--tokens"),
        (["calc", "--loss", "\u05e9\u05dc\u05d5\u05dd"], "--loss"),
        (["calc", "--days", "[red]x[/red]"], "--days"),
        (["calc", "--hardware", b"8x\xc3\x28", "--days", "3"], "--hardware"),
        (["calc", "--law", b"\x9b31m", "--flops", "1e21"], "--law"),
        (["loss", "--params", "1e400"], "--params"),
        (["frontier", "--points", "1"], "--points"),
        (["frontier", "--axis", "\u202e", "--plot"], "--axis"),
        (["laws", "../../etc/passwd"], "NAME"),
        ([b"\x1b[31m\xff"], "No such command"),
        ([b"--\x1b[31m\xff"], "No such option"),
    ],
)
def test_a_bad_value_in_a_process_of_its_own(arguments, named, run_cli):
    assert faults(*run_cli(*arguments), named) == []


@pytest.mark.parametrize(
    ("arguments", "named", "suggested"),
    [
        (["calk"], "calk", "calc"),
        (["hardwear", "h100"], "hardwear", "hardware"),
        (["calc", "--flop", "1e21"], "--flop", "--flops"),
        (["frontier", "--point", "3"], "--point", "--points"),
        (["calc", "--hardwear", "8xH100"], "--hardwear", "--hardware"),
        (["laws", "chinchila-3"], "chinchila-3", "chinchilla-3"),
        (["calc", "--flops", "1e21", "--law", "epoch2024"], "--law", "epoch-2024"),
        (["calc", "--days", "3", "--hardware", "8xH1000"], "--hardware", "h100"),
        (["models", "gophr"], "gophr", "gopher"),
        (["calc", "--flops", "1e21", "--format", "jsn"], "--format", "json"),
        (["frontier", "--plot", "--axis", "token"], "--axis", "tokens"),
        (["speed", "--plot", "--axis", "measure"], "--axis", "measured"),
    ],
)
def test_a_slip_gets_the_nearest_name(arguments, named, suggested, capsys):
    code = run(arguments)
    out, err = capsys.readouterr()
    assert faults(code, out, err, named) == []
    assert suggested in re.split(r"[^\w-]+", err.replace(named, "", 1) if named not in ("--law", "--hardware") else err)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["calc", "--flops"], "--flops"),
        (["calc", "--flops", "1e21", "--law"], "--law"),
        (["calc", "--flops", "1e21", "extra"], "extra"),
        (["calc", "--flops", "1e21", "--", "extra"], "extra"),
        (["--flops", "1e21"], "--flops"),
        (["calc", "--explain=3", "--flops", "1e21"], "--explain"),
        (["calc", "-x"], "-x"),
        (["calc", "--" + "x" * 100_000], "No such option"),
        (["x" * 100_000], "No such command"),
        (["calc"], "nothing to start from"),
        (["loss"], "nothing to start from"),
        (["copies"], "nothing to start from"),
        (["learning"], "nothing to start from"),
        (["batch"], "nothing to start from"),
        (["isoflop"], "nothing to start from"),
        (["frontier", "--axis", "params"], "--axis: needs --plot"),
        (["frontier", "--ascii"], "--ascii: needs --plot"),
        (["speed", "--plot", "--axis", "batch"], "--axis batch: needs --params or --model"),
        (["speed", "--params", "70B", "--plot", "--axis", "gpus"], "--axis gpus: needs a model with its layers"),
        (["batch", "--flops", "1e21", "--plot"], "--plot: needs a critical batch"),
        (["batch", "--flops", "1e21", "--plot", "--axis", "cost"], "--axis cost: needs a critical batch"),
        (["copies", "--tokens", "300B", "--plot", "--axis", "growth"], "--axis growth: needs --chain"),
        (["emergence", "--plot", "--axis", "scores"], "--axis scores: needs --benchmarks"),
        (["emergence", "--benchmarks", "--plot"], "--plot: draws abilities"),
        (["emergence", "--ability", "many BIG-Bench", "--plot"], "--plot: no ability found has both"),
        (["frontier", "--law", "chinchilla-1", "--plot", "--axis", "loss"], "--axis loss: no law asked has a loss"),
        (["isoflop", "--flops", "1e21", "--plot", "--axis", "params"], "--axis: no axis is called 'params'"),
        (["frontier", "--plot", "--format", "json"], "--plot"),
        (["frontier", "--plot", "--explain"], "--plot"),
        (["calc", "--flops", "1e21", "--format", "csv", "--explain"], "--format"),
        (["calc", "--mfu", "40%"], "--mfu: needs --hardware"),
    ],
)
def test_a_line_that_says_too_much_or_too_little(arguments, named, capsys):
    code = run(arguments)
    out, err = capsys.readouterr()
    assert faults(code, out, err, named) == []


@pytest.mark.parametrize(
    "line",
    [
        "calc --loss 1e300",
        "calc --flops 1e298 --hardware 1xH100 --mfu 1e-300",
        "calc --flops 1e20 --tokens-per-second 1e-300",
        "calc --flops 1e20 --hardware 1xH100 --price 1e308",
        "calc --tokens 1e299",
        "calc --params 1e200 --tokens 1e200",
        "calc --hardware 1xH100 --cost 1e299 --price 1e-299",
        "loss --params 1e299 --tokens 1e299",
        "copies --tokens 1e299",
        "copies --tokens 1T --words-per-minute 1e300",
        "learning --copies 1e300",
        "batch --loss 1e-300",
        "batch --small-batch 1 --small-norm2 1e300 --big-batch 2 --big-norm2 1",
    ],
)
def test_numbers_at_the_edge_of_the_floats_are_refused_and_not_answered_with_infinity(line, capsys):
    code = run(line.split())
    out, err = capsys.readouterr()
    assert faults(code, out, err, ": ") == []
    assert any(option in err.split("\n")[0] for option in line.split() if option.startswith("--"))


# -- the user's own presets ----------------------------------------------------------------------------------------

LAW = """\
[laws.mine]
name = "My fit"
kind = "parametric"
A = 400.0
B = 2000.0
E = 1.8
alpha = 0.35
beta = 0.36
counts = "all parameters"
source = "notebook: cell 3"
"""


def with_line(old, new):
    assert LAW.count(old) == 1
    return LAW.replace(old, new)


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A function that writes a file of the user's presets and returns its path."""
    folder = tmp_path / "config" / "scaletui"
    folder.mkdir(parents=True)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))

    def write(content, name="laws.toml"):
        path = folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def passed_over(path, capsys, line="calc --flops 5.76e23 --law epoch-2024 --format json"):
    """Run a command whose shipped presets must still answer; return the one message about the user's file."""
    code = run(line.split())
    out, err = capsys.readouterr()
    assert code == 0
    assert json.loads(out)["rows"]
    assert err.startswith(f"scaletui: your presets are passed over: {path}")
    assert err.count("\n") == 1
    assert len(err) <= 600 + len(str(path))
    assert "Traceback" not in err
    assert unsafe(err) == set()
    return err.removeprefix(f"scaletui: your presets are passed over: {path}")


BROKEN = {
    "a misspelt key": (with_line("alpha = ", "alhpa = "), 7, ["'alhpa'", "laws.mine", "did you mean 'alpha'?"]),
    "a missing required key": (with_line('counts = "all parameters"\n', ""), 1, ["laws.mine", "needs 'counts'"]),
    "a missing coefficient": (with_line("beta = 0.36\n", ""), 1, ["laws.mine", "'beta'"]),
    "a coefficient twice": (LAW + "ln_A = 6.0\n", 1, ["laws.mine", "'A'", "'ln_A'"]),
    "a wrong type": (with_line("0.35", '"0.35"'), 7, ["'alpha'", "a number", "'0.35'"]),
    "a truth for a number": (with_line("0.35", "true"), 7, ["'alpha'", "True"]),
    "not a number": (with_line("0.35", "nan"), 7, ["'alpha'", "nan"]),
    "an infinite number": (with_line("400.0", "inf"), 4, ["'A'", "inf"]),
    "zero": (with_line("0.35", "0"), 7, ["'alpha'", "0"]),
    "a negative number": (with_line("1.8", "-1.8"), 6, ["'E'", "-1.8"]),
    "a huge number": (with_line("1.8", "1e300"), 6, ["'E'", "1e+300"]),
    "5,000 digits": (with_line("1.8", "1" + "0" * 5000), None, ["is not TOML"]),
    "a law without a middle": (with_line("400.0", "1e30").replace("alpha = 0.35", "alpha = 0.03"), 1, ["laws.mine"]),
    "a duplicate key": (LAW + 'name = "again"\n', 11, ["is not TOML", "overwrite"]),
    "a duplicate table": (LAW + LAW, 11, ["is not TOML", "twice"]),
    "an unknown kind": (with_line('"parametric"', '"cubic"'), 3, ["'cubic'", "parametric"]),
    "a power law of nothing": (with_line('"parametric"', '"power"'), 1, ["a power law needs"]),
    "a power law out of reach": (
        '[laws.mine]\nname = "x"\ncounts = "N"\nsource = "x"\nkind = "power"\nparams = [1e20, 0.5]\n',
        6,
        ["'params'", "out of reach"],
    ),
    "a table cut short": (LAW + "[laws.other\n", 11, ["is not TOML"]),
    "a string cut short": (LAW + 'x = """', 11, ["is not TOML"]),
    "a section that is no table": ("laws = 3\n", 1, ["'laws'"]),
    "a record that is no table": ("[laws]\nmine = 3\n", 2, ["laws.mine", "a table"]),
    "sources that are no table": ("sources = 3\n", 1, ["'sources'"]),
    "a source without a title": (LAW + "[sources.x]\nyear = 2020\n", 11, ["sources.x", "'title'"]),
    "another schema": ("schema = 2\n" + LAW, 1, ["schema", "must be 1"]),
    "a price among laws": ("[price]\nusd_per_hour = 2.0\n", 1, ["'price'"]),
    "notes that are text": (LAW + 'notes = ["hello"]\n', 11, ["'notes'", "id"]),
    "standard errors in words": (LAW + 'standard_errors = { A = "large" }\n', 11, ["'standard_errors'"]),
    "printed exponents too few": (
        LAW + 'printed_exponents = { a = [0.5], source = "x" }\n',
        11,
        ["'printed_exponents'"],
    ),
    "a fitted range reversed": (LAW + "fitted = [1e22, 1e18]\n", 11, ["'fitted'"]),
    "an escape in a name": (with_line('"My fit"', r'"My \u001b[31m fit"'), 2, ["'name'", "control"]),
    "an override in a name": (with_line('"My fit"', r'"My \u202e fit"'), 2, ["'name'"]),
    "two lines in a name": (with_line('"My fit"', r'"My\nfit"'), 2, ["'name'"]),
    "an id with an escape": (with_line("laws.mine", r'laws."\u001b[31m"'), None, ["is not an id"]),
    "an id with a comma": (with_line("laws.mine", 'laws."a,b"'), None, ["is not an id", "a,b"]),
    "binary": (b"\x00\x01\x02\xff\xfe" * 100, 1, ["is not UTF-8 text"]),
    "UTF-16": (LAW.encode("utf-16"), 1, ["is not UTF-8 text"]),
    "Latin-1": (LAW.replace("My fit", "Mein Maß").encode("latin-1"), 2, ["is not UTF-8 text"]),
    "NUL": (LAW.encode() + b"\x00", 11, ["is not TOML"]),
    "10 MB": (b"# " + b"x" * 10_000_000, None, ["is larger than 1,000,000 bytes"]),
    "a deep nest": (b"laws = " + b"[" * 400_000, None, ["is not TOML"]),
}


@pytest.mark.parametrize(("content", "line", "said"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_of_the_users_is_named_and_the_shipped_laws_answer(content, line, said, own, capsys):
    message = passed_over(own(content), capsys)
    if line is not None:
        assert message.startswith(f":{line}: ")
    assert [part for part in said if part not in message] == []


@pytest.mark.parametrize(
    ("name", "content", "line", "said"),
    [
        ("models.toml", '[models.tiny]\nname = "Tiny"\nparams = "1B"\nsource = "me"\n', 3, ["'params'", "'1B'"]),
        ("models.toml", '[models.tiny]\nname = "Tiny"\nsource = "me"\n', 1, ["needs 'params'"]),
        ("hardware.toml", '[accelerators.own]\nname = "Own"\nsource = "me"\naliases = [1]\n', 4, ["'aliases'"]),
        ("hardware.toml", '[accelerators.Own]\nname = "Own"\nsource = "me"\n', 1, ["'Own'", "lower case"]),
        ("hardware.toml", '[accelerators.own]\nname = "Own"\nsource = "me"\npeak_bf61 = 1e15\n', 4, ["'peak_bf16'"]),
        ("hardware.toml", "price = 3\n", 1, ["price", "table"]),
        ("hardware.toml", '[price]\nusd_per_hour = "two"\n', 2, ["'usd_per_hour'"]),
        ("hardware.toml", '[price]\ndate = "2026"\n', 1, ["'usd_per_hour'"]),
    ],
)
def test_broken_models_and_hardware_likewise(name, content, line, said, own, capsys):
    path = own(content, name)
    message = passed_over(path, capsys, "calc --hardware 8xH100 --days 30 --law epoch-2024 --format json")
    assert message.startswith(f":{line}: ")
    assert [part for part in said if part not in message] == []


def test_a_file_that_only_the_explanation_reads_is_named_too(own, capsys):
    path = own("price = 3\n", "hardware.toml")
    assert run(["calc", "--flops", "1e21", "--law", "epoch-2024", "--explain"]) == 0
    assert f"{path}:1: " in capsys.readouterr().err


def test_a_preset_file_that_is_a_folder(own, capsys):
    path = own("")
    path.unlink()
    path.mkdir()
    assert "cannot be read: Is a directory" in passed_over(path, capsys)


def test_a_preset_file_that_is_a_symlink_loop(own, capsys):
    path = own("")
    path.unlink()
    path.symlink_to(path)
    assert "cannot be read: Too many levels" in passed_over(path, capsys)


def test_a_preset_file_that_is_a_pipe_does_not_block(own, capsys):
    path = own("")
    path.unlink()
    os.mkfifo(path)
    assert "is a pipe" in passed_over(path, capsys)


def test_a_preset_file_that_is_an_endless_device(own, capsys):
    path = own("")
    path.unlink()
    path.symlink_to("/dev/zero")
    assert "is larger than" in passed_over(path, capsys)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_preset_file_that_may_not_be_read(own, capsys):
    path = own(LAW)
    path.chmod(0)
    assert "cannot be read: Permission denied" in passed_over(path, capsys)


def test_a_configuration_folder_that_is_a_file(tmp_path, monkeypatch, capsys):
    (tmp_path / "scaletui").write_text("hello")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert run(["laws", "--format", "csv"]) == 0
    out, err = capsys.readouterr()
    assert "epoch-2024" in out
    path = tmp_path / "scaletui" / "laws.toml"
    assert err == f"scaletui: your presets are passed over: {path}: cannot be read: Not a directory\n"


def test_a_law_of_the_users_is_answered_and_listed(own, run_cli, tmp_path):
    own(LAW)
    env = {"XDG_CONFIG_HOME": str(tmp_path / "config")}
    code, out, err = run_cli("calc", "--flops", "6e22", "--law", "mine", "--format", "json", env=env)
    assert (code, err) == (0, "")
    values = {row["id"]: row["value"] for row in json.loads(out)["rows"]}
    # Hoffmann Eq. 4, by hand: G = (alpha A / (beta B))^(1/(alpha + beta)), N = G (C/6)^(beta/(alpha + beta)).
    best = (0.35 * 400 / (0.36 * 2000)) ** (1 / 0.71) * 1e22 ** (0.36 / 0.71)
    assert values["params"] == pytest.approx(best, rel=1e-12)
    assert values["loss"] == pytest.approx(1.8 + 400 / best**0.35 + 2000 / (1e22 / best) ** 0.36, rel=1e-12)
    listed = run_cli("laws", env=env)
    assert listed.returncode == 0
    assert re.search(r"^mine +0\.507 ", listed.stdout, re.MULTILINE)
    every = run_cli("calc", "--flops", "6e22", env=env).stdout
    assert re.search(r"^mine ", every, re.MULTILINE)
    assert re.search(r"^epoch-2024 ", every, re.MULTILINE)


def test_a_law_of_the_users_overrides_the_shipped_one(own, capsys):
    own(LAW.replace("laws.mine", "laws.chinchilla-3").replace("1.8", "1.5"))
    assert run(["laws", "chinchilla-3", "--format", "json"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert [row["value"] for row in json.loads(out)["rows"] if row["id"] == "E"] == [1.5]


def test_a_model_an_accelerator_and_a_price_of_the_users(own, capsys):
    own('[models.tiny]\nname = "Tiny"\nparams = 1e9\ntokens = 2e10\nsource = "me"\n', "models.toml")
    own(
        "[price]\nusd_per_hour = 5.0\n[accelerators.mine]\n"
        'name = "Mine"\npeak_bf16 = 1e15\naliases = ["my"]\nsource = "me"\n',
        "hardware.toml",
    )
    line = "calc --hardware 2xMY --days 1 --mfu 50% --law epoch-2024 --format json"
    assert run(line.split()) == 0
    out, err = capsys.readouterr()
    assert err == ""
    values = {row["id"]: row["value"] for row in json.loads(out)["rows"]}
    assert values["compute"] == pytest.approx(2 * 1e15 * 0.5 * 86400)
    assert values["cost"] == pytest.approx(2 * 24 * 5.0)
    assert run(["models", "tiny", "--format", "json"]) == 0
    assert '"value": 20.0' in capsys.readouterr().out


def log_uniform(low, high):
    return st.floats(log10(low), log10(high)).map(lambda x: min(max(10.0**x, low), high))


def power_of(lowest, highest):
    return st.tuples(log_uniform(1e-12, 1e40), st.floats(lowest, highest)).map(list)


PARAMETRIC = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["parametric", "repeated"]),
        "alpha": st.floats(0.01, 1.0),
        "beta": st.floats(0.01, 1.0),
        "E": log_uniform(1e-12, 1e40),
        "R_D": log_uniform(1e-12, 1e40),
        "R_N": log_uniform(1e-12, 1e40),
        "ln_A": st.floats(-100.0, 100.0),
        "ln_B": st.floats(-100.0, 100.0),
    }
)
POWER = st.fixed_dictionaries(
    {"kind": st.just("power"), "params": power_of(0.1, 0.9)},
    optional={
        "tokens": power_of(0.1, 0.9),
        "per": log_uniform(1e-12, 1e40),
        **dict.fromkeys(("compute_loss", "params_loss", "tokens_loss"), power_of(0.01, 1.0)),
        "learning_rate": power_of(-2.0, 2.0),
        "fitted": st.just([0, 1e60]),
    },
)
EDGES = [
    "calc --flops 1",
    "calc --flops 1e298 --unique 1e12",
    "calc --params 1",
    "calc --tokens 1e12",
    "calc --loss 3 --params 1e9",
    "loss --params 1e9 --tokens 1e12",
    "loss --params 1 --tokens 1",
    "frontier --from 1 --to 1e299",
    "isoflop --flops 1e21 --unique 1e6",
    "laws",
    "laws mine",
]


@given(fit=st.one_of(PARAMETRIC, POWER), line=st.sampled_from(EDGES), form=st.sampled_from(["json", "table", "md"]))
def test_a_law_that_is_let_in_never_breaks_a_command(fit, line, form):
    text = "[laws.mine]\n" + "".join(
        f"{key} = {json.dumps(value)}\n" for key, value in {"name": "x", "counts": "N", "source": "x", **fit}.items()
    )
    try:
        validated(text, "laws", "laws.toml")
    except InputError:
        reject()
    law = [] if line.startswith("laws") else ["--law", "mine"]
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        (Path(folder) / "scaletui").mkdir()
        (Path(folder) / "scaletui" / "laws.toml").write_text(text)
        patch.setenv("XDG_CONFIG_HOME", folder)
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = run([*line.split(), *law, "--format", form])
    assert (code, err.getvalue()) == (0, "")
    assert out.getvalue()


# -- the cache -----------------------------------------------------------------------------------------------------


@pytest.fixture
def shipped(tmp_path):
    """A copy of the shipped presets that a test may edit."""
    return shutil.copytree(shipped_presets(), tmp_path / "presets")


def exponent(shipped, cache):
    return Catalog(str(shipped), cache=str(cache)).load("laws").records["epoch-2024"]["alpha"]


def signed(stamp, document):
    """What a cache holds: the stamp with the sum of the document, and the document."""
    body = json.dumps(document).encode()
    return json.dumps([*stamp, zlib.crc32(body)]).encode() + b"\n" + body


def kept_in(file):
    head, _, body = file.read_bytes().partition(b"\n")
    return json.loads(head)[:-1], json.loads(body)


def test_the_cache_is_written_and_then_read(shipped, tmp_path):
    cache = tmp_path / "cache"
    assert exponent(shipped, cache) == 0.3478
    stamp, document = kept_in(cache / "laws.json")
    document["laws"]["epoch-2024"]["alpha"] = 0.5
    (cache / "laws.json").write_bytes(signed(stamp, document))
    assert exponent(shipped, cache) == 0.5


def test_a_cache_that_changed_since_it_was_written_is_not_used(shipped, tmp_path):
    cache = tmp_path / "cache"
    assert exponent(shipped, cache) == 0.3478
    file = cache / "laws.json"
    file.write_bytes(file.read_bytes().replace(b"0.3478", b"0.9478"))
    assert exponent(shipped, cache) == 0.3478


def test_a_stale_cache_is_not_used(shipped, tmp_path):
    cache = tmp_path / "cache"
    assert exponent(shipped, cache) == 0.3478
    laws = shipped / "laws.toml"
    laws.write_text(laws.read_text().replace("alpha = 0.3478", "alpha = 0.34999"))
    assert exponent(shipped, cache) == 0.34999
    before = laws.stat()
    laws.write_text(laws.read_text().replace("alpha = 0.34999", "alpha = 0.34998"))  # the same size
    os.utime(laws, ns=(before.st_atime_ns, before.st_mtime_ns + 1))
    assert exponent(shipped, cache) == 0.34998


def test_the_cache_of_another_copy_is_not_used(shipped, tmp_path):
    cache = tmp_path / "cache"
    other = shutil.copytree(shipped, tmp_path / "other")  # with the same times and sizes
    laws = other / "laws.toml"
    stamp = laws.stat()
    laws.write_text(laws.read_text().replace("alpha = 0.3478", "alpha = 0.9478"))
    os.utime(laws, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert exponent(shipped, cache) == 0.3478
    assert exponent(other, cache) == 0.9478


DAMAGE = {
    "empty": lambda stamp, kept: b"",
    "cut short": lambda stamp, kept: signed(stamp, kept)[:-100],
    "not JSON": lambda stamp, kept: b"\x00\xff",
    "a list": lambda stamp, kept: b"[]",
    "a number": lambda stamp, kept: b"1",
    "deep": lambda stamp, kept: b"[" * 100_000,
    "another version": lambda stamp, kept: signed(["0.0.0", *stamp[1:]], kept),
    "no document": lambda stamp, kept: signed(stamp, None),
    "a document that is a list": lambda stamp, kept: signed(stamp, []),
    "an empty document": lambda stamp, kept: signed(stamp, {}),
    "laws that are a list": lambda stamp, kept: signed(stamp, {"laws": [1], "sources": {}}),
    "laws that are numbers": lambda stamp, kept: signed(stamp, {"laws": {"a": 1}, "sources": {}}),
    "laws without keys": lambda stamp, kept: signed(stamp, {"laws": {"a": {}}, "sources": {}}),
    "sources that are text": lambda stamp, kept: signed(stamp, {**kept, "sources": "x"}),
    "sources without titles": lambda stamp, kept: signed(stamp, {**kept, "sources": {"x": {}}}),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_cache_is_ignored_and_mended(damage, shipped, tmp_path):
    cache = tmp_path / "cache"
    assert exponent(shipped, cache) == 0.3478
    file = cache / "laws.json"
    good = file.read_bytes()
    file.write_bytes(damage(*kept_in(file)))
    assert exponent(shipped, cache) == 0.3478
    assert file.read_bytes() == good


@pytest.mark.parametrize(
    "env",
    [
        {"HOME": None, "XDG_CONFIG_HOME": None, "XDG_CACHE_HOME": None},
        {"HOME": "/proc/nowhere", "XDG_CONFIG_HOME": None, "XDG_CACHE_HOME": None},
        {"HOME": "/dev/null", "XDG_CONFIG_HOME": None, "XDG_CACHE_HOME": None},
        {"HOME": "", "XDG_CONFIG_HOME": "relative", "XDG_CACHE_HOME": "relative"},
        {"XDG_CACHE_HOME": "/proc"},
    ],
    ids=["none", "absent and not to be made", "a device", "relative", "a cache that takes nothing"],
)
def test_any_home_will_do(env, run_cli, tmp_path):
    code, out, err = run_cli("calc", "--flops", "1e21", "--law", "epoch-2024", "--format", "csv", env=env)
    # A configuration folder under a device is not a folder: said, and no more than that.
    assert code == 0
    assert "epoch-2024" in out
    assert err == "" or (env.get("HOME") == "/dev/null" and "Not a directory" in err and "Traceback" not in err)
    assert list(tmp_path.iterdir()) == []  # nothing is left in the working folder
