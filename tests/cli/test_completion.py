"""Shell completion: real shells complete what the commands declare, start no program, and quote what needs it."""

from __future__ import annotations

import importlib
import os
import pty
import re
import select
import shlex
import shutil
import subprocess
import time

import pytest
import typer

from scaletui.bench.shapes import shapes
from scaletui.cli import COMMANDS, GROUPS, application, run
from scaletui.completion import SHELLS, described, script, spec
from scaletui.completion.tables import TABLES, quoted, quoted_fish
from scaletui.render import FORMATS
from scaletui.render.figures import FIGURES
from scaletui.settings import SETTINGS
from scaletui_core.calculator import PARTS
from scaletui_core.fields import FLAG, fields_of

# A shell that completes starts nothing: there is nothing to be found. HOME has no scenarios.
NOTHING = {"PATH": "/nonexistent", "HOME": "/nonexistent", "LC_ALL": "C.UTF-8"}


@pytest.fixture(scope="module")
def spelled(catalog):
    return spec(application(), catalog)


@pytest.fixture(scope="module", params=SHELLS)
def shell(request, spelled, tmp_path_factory, require):
    """A function from lines to what a real shell offers at the end of each, for every shell that there is."""
    name = request.param
    require(name, shutil.which(name) is not None, f"{name} is not installed")
    folder = tmp_path_factory.mktemp(name)

    def offered(*lines, words=spelled, **env):
        path = folder / "completion"
        path.write_text(script(name, words), "utf-8")
        return ASK[name](path, lines, {**NOTHING, "TMPDIR": str(folder), **env})

    offered.name = name
    return offered


BASH = r"""
source "$1"
while IFS= read -r -d '' line; do
    eval "COMP_WORDS=($line)" COMP_CWORD='$((${#COMP_WORDS[@]} - 1))'
    COMPREPLY=()
    _scaletui
    ((${#COMPREPLY[@]} == 0)) || printf '%s\0' "${COMPREPLY[@]}"
    printf '\n\0'
done
"""


def ask_bash(path, lines, env):
    """Call the function as readline does, with a line in words: an equals sign is one."""
    asked = []
    for line in lines:
        tokens = re.findall(r"""(?:\\.|"[^"]*"?|'[^']*'?|[^\s=])+|=""", line)
        asked.append(" ".join(quoted(token) for token in [*tokens, *([""] if re.search(r"(?<!\\) $", line) else [])]))
    command = [shutil.which("bash"), "--norc", "--noprofile", "-uc", BASH, "bash", str(path)]
    text = "".join(f"{line}\0" for line in asked)
    done = subprocess.run(command, input=text, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    # bash replaces what stands behind the equals sign; the others all of the word.
    heads = [line.rpartition(" ")[2].rpartition("=")[0] for line in lines]
    found = [part.split("\0")[:-1] for part in done.stdout.split("\n\0")[:-1]]
    assert len(found) == len(lines)
    return [[f"{head}={reply}" if head else reply for reply in part] for head, part in zip(heads, found, strict=True)]


ZSH = r"""
setopt no_auto_list no_auto_menu no_beep
autoload -Uz compinit && compinit -D -u
source "$SCRIPT"
compadd() {
    if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then
        builtin compadd "$@"
        return
    fi
    local -a hits
    builtin compadd -A hits "$@"
    (( $#hits )) && print -rN -- $IPREFIX$^hits >> $HITS
    builtin compadd "$@"
}
print READY
"""


def ask_zsh(path, lines, env):
    """Press tab in an interactive shell, and note what its completion adds."""
    hits = path.with_name("hits")
    env = {**env, "SCRIPT": str(path), "HITS": str(hits), "TERM": "dumb", "PS1": "PROMPT> "}
    path.with_name("setup").write_text(ZSH)
    process, terminal = pty.fork()
    if process == 0:
        os.execve(shutil.which("zsh"), ["zsh", "-f", "-i"], {**env, "PATH": os.environ["PATH"]})
    found = []
    try:
        # zsh itself needs its functions, which a wrapper may have to find; what it completes with must need nothing.
        until(terminal, f"PATH=/nonexistent; . {path.with_name('setup')}\n".encode(), rb"READY\r\n.*PROMPT> ")
        for line in lines:
            hits.write_text("")
            until(terminal, line.encode() + b"\t\x05\x15print DONE$((1 + 1))\n", rb"DONE2\r\n.*PROMPT> ")
            found.append([] if not hits.read_text("utf-8") else hits.read_text("utf-8").removesuffix("\0").split("\0"))
    finally:
        os.close(terminal)
        os.waitpid(process, 0)
    return found


def until(terminal, keys, seen, limit=30.0):
    """Send keys, and read until a pattern is seen; a prompt in it says that the shell reads keys one by one again."""
    os.write(terminal, keys)
    text, end = b"", time.monotonic() + limit
    while not re.search(seen, text, re.DOTALL):
        assert time.monotonic() < end, text
        if select.select([terminal], [], [], 0.05)[0]:
            text += os.read(terminal, 65536)
    return text


def ask_fish(path, lines, env):
    """Ask fish itself, which knows how a line is completed without one who types."""
    code = "source $argv[1]\nfor line in $argv[2..]\ncomplete -C $line\nprintf '\\0\\n'\nend\n"
    env = {**env, "HOME": env["HOME"] if env["HOME"] != "/nonexistent" else str(path.parent)}
    command = [shutil.which("fish"), "--no-config", "-c", code, str(path), *lines]
    if env["PATH"] == "/nonexistent":  # a wrapper may need it; what fish completes with must need nothing
        command[3] = "set -gx PATH /nonexistent\n" + code
        env["PATH"] = os.environ["PATH"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    found = [part.splitlines() for part in done.stdout.split("\0\n")[:-1]]
    assert len(found) == len(lines)
    return [[entry.partition("\t")[0] for entry in part] for part in found]


ASK = {"bash": ask_bash, "zsh": ask_zsh, "fish": ask_fish}


# -- in step with the commands -------------------------------------------------------------------------------------


def tree():
    """Return (words of a command, its options, its commands) of all, as click has them."""

    def walk(command, words):
        helped = ["-h", "--help"]
        options = [option for item in command.params if item.param_type_name == "option" for option in item.opts]
        below = getattr(command, "commands", {})
        yield words, sorted([*options, *helped]), sorted(below)
        for name, one in below.items():
            yield from walk(one, [*words, name])

    return list(walk(typer.main.get_command(application()), ["scaletui"]))


TREE = tree()


def test_the_tree_has_all_commands():
    words = {" ".join(words) for words, _, _ in TREE}
    assert {f"scaletui {name}" for name in (*COMMANDS, *GROUPS)} <= words
    assert {"scaletui scenario compare", "scaletui config init", "scaletui completion fish"} <= words


def test_every_option_of_every_command_is_offered(shell):
    lines = [" ".join([*words, "-"]) for words, _, _ in TREE]
    for line, found, (_, options, _) in zip(lines, shell(*lines), TREE, strict=True):
        assert sorted(found) == options, line


def test_every_command_is_offered(shell):
    groups = [(words, commands) for words, _, commands in TREE if commands]
    for (words, commands), found in zip(groups, shell(*(" ".join([*words, ""]) for words, _ in groups)), strict=True):
        assert sorted(found) == commands, words


def choices():
    """Yield lines and what may follow, by the declarations."""
    for name, command in COMMANDS.items():
        calculator = getattr(importlib.import_module(command.module), command.attribute)
        for field in fields_of(calculator.inputs):
            if field.choices:
                yield f"scaletui {name} {field.option} ", field.choices
                if name in PARTS:
                    setting = f"{name}.{field.option[2:]}="
                    yield f"scaletui calc --set {setting}", [setting + choice for choice in field.choices]
            elif field.unit == FLAG and name in PARTS:
                setting = f"{name}.{field.option[2:]}="
                yield f"scaletui scenario save mine --set {setting}", [f"{setting}true", f"{setting}false"]
        yield f"scaletui {name} --format ", FORMATS
        if name in FIGURES:
            yield f"scaletui {name} --plot --axis ", [figure.name for figure in FIGURES[name]]
    for setting in SETTINGS:
        if setting.option and not setting.means:
            yield f"scaletui {setting.option} ", setting.choices
            yield f"scaletui --ascii {setting.option}=", [f"{setting.option}={choice}" for choice in setting.choices]
    yield "scaletui scenario compare gopher chinchilla --format ", FORMATS
    yield "scaletui config show --format ", ("table", "json")


def test_every_choice_of_every_option_is_offered(shell):
    asked = list(choices())
    assert len(asked) > 40
    for (line, expected), found in zip(asked, shell(*(line for line, _ in asked)), strict=True):
        assert sorted(found) == sorted(expected), line


def test_ids_are_offered_where_they_are_taken(shell, catalog):
    ids = {kind: list(catalog.load(kind).records) for kind in ("laws", "models", "hardware", "scenarios")}
    asked = [
        (f"scaletui {name} {field.option} ", ids["laws" if field.name == "law" else "hardware"])
        for name, command in COMMANDS.items()
        for field in fields_of(getattr(importlib.import_module(command.module), command.attribute).inputs)
        if field.name in ("law", "hardware")
    ]
    assert len(asked) >= 8
    asked += [(f"scaletui {name} ", ids[name]) for name in ("laws", "models", "hardware")]
    asked += [("scaletui laws epoch-2024 ", ids["laws"]), ("scaletui speed --model ", ids["models"])]
    asked += [
        (f"scaletui {line} ", ids["scenarios"])
        for line in (
            "--scenario",
            "calc --all --scenario",
            "scenario show",
            "scenario compare",
            "scenario compare gopher",
        )
    ]
    for (line, expected), found in zip(asked, shell(*(line for line, _ in asked)), strict=True):
        assert sorted(found) == sorted(expected), line


CASES = {
    "scaletui c": ["calc", "completion", "config", "copies"],
    "scaletui --theme dark c": ["calc", "completion", "config", "copies"],
    "scaletui --ascii --color 16 --new --scenario go": ["gopher"],
    "scaletui --theme": ["--theme"],
    "scaletui --theme=d": ["--theme=dark"],
    "scaletui --theme=dark --color=n": ["--color=none"],
    "scaletui calc --law ep": ["epoch-2024"],
    "scaletui calc --law=ep": ["--law=epoch-2024"],
    "scaletui calc --law llama-3,ep": ["llama-3,epoch-2024"],
    "scaletui calc --law llama-3 --law chinchilla-3-": ["chinchilla-3-rounded"],
    "scaletui calc --hardware 512xh100-s": ["512xh100-sxm"],
    "scaletui calc --hardware 1kxH100-S": ["1kxh100-sxm"],
    "scaletui calc --flops ": [],
    "scaletui calc --flops=": [],
    "scaletui calc --flops 1e23 --prec": ["--precision"],
    "scaletui calc --set copies.ch": ["copies.chain="],
    "scaletui calc --set copies.chain=": ["copies.chain=gpt-2030"],
    "scaletui calc --set copies.chain=gpt-2030 --set speed.precision=b": ["speed.precision=bf16"],
    "scaletui calc --set speed.hardware=8xh100-s": ["speed.hardware=8xh100-sxm"],
    "scaletui calc --set speed.k=": [],
    "scaletui calc --set speed.k=5 --prec": ["--precision"],
    "scaletui scenario show go": ["gopher"],
    "scaletui scenario compare gopher chin": ["chinchilla"],
    "scaletui scenario compare gopher chinchilla g": [],
    "scaletui scenario delete ": [],
    "scaletui scenario save g": [],
    "scaletui models gopher palm": ["palm-540b"],
    "scaletui completion f": ["fish"],
    "scaletui config path x": [],
}


def test_lines_as_people_type_them(shell):
    for (line, expected), found in zip(CASES.items(), shell(*CASES), strict=True):
        assert sorted(found) == expected, line


def test_options_are_offered_where_there_is_nothing_else(shell):
    (found,) = shell("scaletui calc --flops 1e23 ")
    assert {"--params", "--law", "--help"} <= set(found)


# -- the user's own scenarios --------------------------------------------------------------------------------------


@pytest.fixture
def own(tmp_path):
    """A data folder with scenarios of the user's own, and files that are none."""
    folder = tmp_path / "data" / "scaletui" / "scenarios"
    folder.mkdir(parents=True)
    for name in ("mine", "gopher", "Run_2", "a b", "it's", "$(touch hacked)", "-rf", ".hidden"):
        (folder / f"{name}.toml").write_text("")
    (folder / "notes.txt").write_text("")
    return tmp_path / "data"


def test_own_scenarios_are_those_that_lie_there_now(shell, own, catalog):
    shipped = list(catalog.load("scenarios").records)
    lines = ("scaletui scenario show ", "scaletui scenario delete ")
    show, delete = shell(*lines, XDG_DATA_HOME=str(own))
    assert sorted(show) == sorted([*shipped, "Run_2", "mine"])
    assert sorted(delete) == ["Run_2", "gopher", "mine"]
    show, delete = shell(*lines, XDG_DATA_HOME="relative", HOME=str(own))
    assert (sorted(show), delete) == (sorted(shipped), [])
    home = own.parent / "home"
    (home / ".local").mkdir(parents=True)
    (home / ".local" / "share").symlink_to(own)
    assert sorted(shell(lines[1], HOME=str(home))[0]) == ["Run_2", "gopher", "mine"]
    (own / "scaletui" / "scenarios" / "mine.toml").unlink()
    assert sorted(shell(lines[1], XDG_DATA_HOME=str(own))[0]) == ["Run_2", "gopher"]
    assert list(own.parent.rglob("hacked")) == []


def test_results_of_measurements_and_shapes_are_offered_where_they_are_taken(shell, tmp_path, catalog):
    folder = tmp_path / "data" / "scaletui" / "bench"
    folder.mkdir(parents=True)
    for name in ("pythia-70m-cpu-fp32-1", "my.model-2", "a b", "$(touch hacked)", "-rf", ".hidden"):
        (folder / f"{name}.json").write_text("")
    (folder / ".at-work").write_text("")
    (folder / "x.json.0123456789ab").write_text("")
    lines = ("show ", "compare pythia-70m-cpu-fp32-1 ", "--resume ", "delete ", "--resume=p", "--model llama-like-1")
    *several, delete, resume, model = shell(
        *(f"scaletui bench {line}" for line in lines), XDG_DATA_HOME=str(tmp_path / "data")
    )
    mine = ["my.model-2", "pythia-70m-cpu-fp32-1"]
    assert [sorted(found) for found in several] == [["last", *mine]] * 3
    assert sorted(delete) == mine
    assert resume == ["--resume=pythia-70m-cpu-fp32-1"]
    assert model == ["llama-like-150m", "llama-like-1b"]
    (found,) = shell("scaletui speed --measured ", XDG_DATA_HOME=str(tmp_path / "data"))
    assert sorted(found) == ["last", *mine]
    (every,) = shell("scaletui bench --model ")
    assert sorted(every) == sorted(shapes(catalog))
    assert list(tmp_path.rglob("hacked")) == []


# -- quoting -------------------------------------------------------------------------------------------------------

NASTY = [
    "it's",
    "two words",
    "$(touch hacked)",
    "`touch hacked`",
    'a "quote" b',
    "back\\slash",
    "a;b",
    "a&b",
    "*",
    "~",
    "#",
    "!x",
]
NASTY += ["(a)", "{a,b}", "a|b", "<a>", "$HOME", "a:b", "é"]


@pytest.fixture(scope="module")
def nasty(spelled):
    return spelled._replace(lists={**spelled.lists, "abilities": {word: f"it's {word}: $(x)" for word in NASTY}})


def test_special_characters_come_out_as_they_went_in(shell, nasty, tmp_path):
    lines = ["scaletui emergence --ability ", "scaletui emergence --ability two", "scaletui emergence --ability é"]
    every, two, accent = shell(*lines, words=nasty, TMPDIR=str(tmp_path))
    read = (lambda reply: reply) if shell.name == "fish" else (lambda reply: "".join(shlex.split(reply)))
    assert sorted(map(read, every)) == sorted(NASTY)
    assert [*map(read, two), *map(read, accent)] == ["two words", "é"]
    assert list(tmp_path.rglob("hacked")) == []
    assert not os.path.exists("hacked")


def test_a_word_in_quotes_is_completed_in_them(shell, nasty):
    lines = [
        "scaletui emergence --ability 'two",
        'scaletui emergence --ability "a \\"',
        "scaletui emergence --ability two\\ ",
    ]
    single, double, escaped = shell(*lines[:1], *lines[1:], words=nasty)
    if shell.name == "bash":
        assert (single, double, escaped) == (["two words"], ['a \\"quote\\" b'], ["two\\ words"])
    assert [len(found) for found in (single, double, escaped)] == [1, 1, 1]


def test_bash_types_what_was_meant(nasty, require, tmp_path):
    require("bash", shutil.which("bash") is not None, "bash is not installed")
    path = tmp_path / "completion"
    path.write_text(script("bash", nasty), "utf-8")
    setup = tmp_path / "setup"
    setup.write_text(
        "bind 'set bell-style none'; bind 'set enable-bracketed-paste off'\n"
        f"source {path}\nscaletui() {{ printf 'RAN'; printf '<%s>' \"$@\"; echo; }}\necho READY\n"
    )
    env = {"HOME": str(tmp_path), "TERM": "dumb", "LC_ALL": "C.UTF-8", "PATH": "/nonexistent", "PS1": "PROMPT> "}
    process, terminal = pty.fork()
    if process == 0:
        os.execve(shutil.which("bash"), ["bash", "--norc", "--noprofile", "-i"], env)
    try:
        until(terminal, f". {setup}\n".encode(), rb"READY\r\n.*PROMPT> ")
        for keys, words in (
            ("scaletui ca\t--fl\t1e23", ["calc", "--flops", "1e23"]),
            ("scaletui calc --law=ep\t--law llama-3,ep\t", ["calc", "--law=epoch-2024", "--law", "llama-3,epoch-2024"]),
            ("scaletui calc --set copies.ch\tg\t--set spe", ["calc", "--set", "copies.chain=gpt-2030", "--set", "spe"]),
            ("scaletui calc --set copies.hou\t8", ["calc", "--set", "copies.hours-a-day=8"]),
            ("scaletui calc --hardware 8xH100-S\t", ["calc", "--hardware", "8xh100-sxm"]),
            ("scaletui emergence --ability two\t", ["emergence", "--ability", "two words"]),
            ("scaletui emergence --ability it\t", ["emergence", "--ability", "it's"]),
            ("scaletui emergence --ability '$(t\t", ["emergence", "--ability", "$(touch hacked)"]),
            ("scaletui emergence --ability \\$\\(t\t", ["emergence", "--ability", "$(touch hacked)"]),
            ('scaletui emergence --ability "a \\"\t', ["emergence", "--ability", 'a "quote" b']),
            ("scaletui emergence --ability back\t", ["emergence", "--ability", "back\\slash"]),
        ):  # fmt: skip
            ran = "RAN" + "".join(f"<{word}>" for word in words) + "\r\n"
            assert ran.encode() in until(terminal, keys.encode() + b"\n", rb">\r\n.*PROMPT> "), keys
    finally:
        os.close(terminal)
        os.waitpid(process, 0)


# -- the scripts ---------------------------------------------------------------------------------------------------


def unquoted(text, shell):
    """Return all that stands in single quotes, as the shell reads it."""
    if shell == "fish":
        return [re.sub(r"\\([\\'])", r"\1", part) for part in re.findall(r"'((?:[^'\\]|\\.)*)'", text)]
    return [part.replace("'\\''", "'") for part in re.findall(r"'((?:[^']|'\\'')*)'(?!\\')", text)]


@pytest.mark.parametrize("name", SHELLS)
def test_the_tables_hold_every_word_whole(name, nasty):
    """Of a shell that is not here too: every option, command and word can be read back out of the text."""
    text = script(name, nasty)
    found = set(unquoted(text, name))
    words = {*NASTY, *(option for _, options, _ in TREE for option in options)}
    if name == "zsh":
        ends = {word.replace("\\", "\\\\").replace(":", "\\:") for word in words}
        assert ends <= {re.match(r"(?:\\.|[^:])*", one)[0] for one in found}
    else:
        assert words <= found
    tables = TABLES[name](nasty)
    assert tables in text
    assert "-- tables" not in text
    bare = re.sub(
        r"'(?:[^'\\]|\\.)*'" if name == "fish" else r"'(?:[^']|'\\'')*'(?!\\')", "", tables
    )  # what is not quoted
    opening, closing = ("function|switch", "end") if name == "fish" else ("case", "esac")
    count = [len(re.findall(rf"^ *(?:{words})\b", bare, re.MULTILINE)) for words in (opening, closing)]
    assert count == ([8, 8] if name == "fish" else [4, 4])
    assert bare.count("{") == bare.count("}")


@pytest.mark.parametrize("name", SHELLS)
def test_the_shell_finds_no_fault_in_its_script(name, nasty, require, tmp_path):
    require(name, shutil.which(name) is not None, f"{name} is not installed")
    (tmp_path / "script").write_text(script(name, nasty), "utf-8")
    done = subprocess.run(
        [name, "-n", str(tmp_path / "script")], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", SHELLS)
def test_the_command_prints_the_script(name, spelled, capsys, tmp_path, monkeypatch):
    assert run(["completion", name]) == 0
    out, err = capsys.readouterr()
    assert (out, err) == (script(name, spelled), "")
    assert str(tmp_path.parent) not in out
    (tmp_path / "scaletui").mkdir()
    law = 'name = "x"\nkind = "parametric"\nA = 400.0\nB = 2000.0\nE = 1.8\nalpha = 0.35\nbeta = 0.36\n'
    (tmp_path / "scaletui" / "laws.toml").write_text(f'[laws.my-law]\n{law}counts = "N"\nsource = "me"\n')
    (tmp_path / "scaletui" / "models.toml").write_text("broken")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert run(["completion", name]) == 0
    out, err = capsys.readouterr()
    assert "my-law" in out
    assert "models.toml:1: " in err


def test_help_says_how_to_install(capsys):
    assert run(["completion", "--help"]) == 0
    text = capsys.readouterr().out
    assert max(map(len, text.splitlines())) <= 80
    for name, place in (
        ("bash", "~/.local/share/bash-completion/completions/scaletui"),
        ("zsh", "~/.zfunc/_scaletui"),
        ("fish", "~/.config/fish/completions/scaletui.fish"),
    ):
        assert f"scaletui completion {name} > {place}\n" in text
        assert run(["completion", name, "--help"]) == 0
        assert f"scaletui completion {name} > {place}\n" in capsys.readouterr().out


@pytest.mark.parametrize("line", ["completion", "completion tcsh", "completion bash zsh", "--install-completion"])
def test_what_is_no_shell_is_refused(line, capsys):
    assert run(line.split()) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("scaletui: ")


def test_quotes_are_closed_whatever_they_hold():
    for word in NASTY:
        assert shlex.split(quoted(word)) == [word]
        assert unquoted(quoted_fish(word), "fish") == [word]


def test_a_description_is_a_sentence():
    assert described("Draw it. Then look.") == "Draw it"
    assert len(described("x" * 200)) <= 80
    assert "\n" not in described("a\nb")
