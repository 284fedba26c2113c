"""Settings: who goes before whom, what is wrong and where, the commands of ``config``, and what the settings do.

``python tests/cli/test_config.py`` writes the generated parts of docs/configuration.md.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from scaletui import keymap, locations, processors, settings, start
from scaletui.cli import COMMANDS, GROUPS, application, run
from scaletui.settings import BY_NAME, SETTINGS, Settings
from scaletui.settings_file import read, template
from scaletui_core.errors import InputError
from scaletui_core.sampling import THREADS

DOCS = Path(__file__).parents[2] / "docs" / "configuration.md"


@pytest.fixture
def file(tmp_path, monkeypatch):
    """The path of the file of settings of a user who has none yet."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    path = tmp_path / "config" / "scaletui" / "config.toml"
    path.parent.mkdir(parents=True)
    return path


@pytest.fixture
def cli(capsys):
    """A function that runs a line and returns exit code, stdout, stderr."""

    def go(line):
        code = run(line.split())
        return code, *capsys.readouterr()

    return go


@pytest.fixture
def shown(cli):
    """A function that returns value and origin of a setting, as ``config show`` has them."""

    def value(name, before=""):
        code, out, err = cli(f"{before} config show --format json")
        assert (code, err) == (0, "")
        (entry,) = (one for one in json.loads(out)["settings"] if one["name"] == name)
        return entry["value"], entry["origin"]

    return value


# -- the table -----------------------------------------------------------------------------------------------------


def test_the_table_is_whole():
    assert Settings._fields == (*(setting.name for setting in SETTINGS), "keymap")
    assert BY_NAME["keys"].choices == keymap.SETS
    for setting in SETTINGS:
        assert setting.default in setting.choices
        assert not setting.means or setting.means in setting.choices
        assert bool(setting.means) == bool(setting.told)
    options = [setting.option for setting in SETTINGS if setting.option]
    assert options == ["--theme", "--color", "--ascii", "--no-mouse", "--keys", "--new"]


# Of each setting: in the file, in the environment, on the command line, and what that last one says.
LAYERS = {
    "theme": ('"light"', "contrast", "--theme dark", "dark"),
    "color": ("256", "truecolor", "--color 16", "16"),
    "ascii": ("false", "auto", "--ascii", "yes"),
    "mouse": ("false", "yes", "--no-mouse", "no"),
    "keys": ('"vim"', "default", "--keys vim", "vim"),
    "animations": ("true", "no", None, None),
    "restore": ("false", "yes", "--new", "no"),
    "tour": ("false", "yes", None, None),
    "threads": ("3", "auto", None, None),
}


def test_every_setting_is_among_the_layers():
    assert list(LAYERS) == list(BY_NAME)


@pytest.mark.parametrize("name", LAYERS)
def test_the_command_line_goes_before_the_environment_that_before_the_file_that_before_the_default(
    name, file, shown, monkeypatch
):
    in_file, in_environment, line, said = LAYERS[name]
    setting = BY_NAME[name]
    assert shown(name) == (setting.default, "default")
    if line is not None:
        assert shown(name, line) == (said, setting.option)
    file.write_text(f"\n# mine\n{name} = {in_file}\n")
    written = {"true": "yes", "false": "no"}.get(in_file, in_file.strip('"'))
    assert written != setting.default
    assert shown(name) == (written, "config.toml, line 3")
    if line is not None:
        assert shown(name, line) == (said, setting.option)
    monkeypatch.setenv(setting.variable, in_environment)
    assert in_environment != written
    assert shown(name) == (in_environment, f"environment: {setting.variable}")
    if line is not None:
        assert shown(name, line) == (said, setting.option)
    file.unlink()
    assert shown(name) == (in_environment, f"environment: {setting.variable}")


@pytest.mark.parametrize(
    ("no_color", "variable", "in_file", "line", "found"),
    [
        ("1", None, None, "", ("none", "environment: NO_COLOR")),
        ("1", None, "256", "", ("none", "environment: NO_COLOR")),
        ("1", "16", "256", "", ("16", "environment: SCALETUI_COLOR")),
        ("1", "auto", None, "", ("auto", "environment: SCALETUI_COLOR")),
        ("1", "16", "256", "--color truecolor", ("truecolor", "--color")),
        ("", None, "256", "", ("256", "config.toml, line 1")),
        ("1", "", None, "", ("none", "environment: NO_COLOR")),
    ],
)
def test_no_color_is_the_environment_saying_none(no_color, variable, in_file, line, found, file, shown, monkeypatch):
    monkeypatch.setenv("NO_COLOR", no_color)
    if variable is not None:
        monkeypatch.setenv("SCALETUI_COLOR", variable)
    if in_file is not None:
        file.write_text(f"color = {in_file}")
    assert shown("color", line) == found


def test_settings_are_what_the_program_works_with(file, monkeypatch):
    assert settings.settings() == Settings("auto", "auto", None, True, "default", False, True, True, None, {})
    file.write_text('theme = "Dark"\nthreads = 4\nascii = "no"\n[keymap]\nfield.up = "k, plus"\n"app.help" = "?"\n')
    monkeypatch.setenv("SCALETUI_ANIMATIONS", " ON ")
    monkeypatch.setenv("SCALETUI_TOUR", "0")
    found = settings.settings({"restore": "no", "scenario": "gopher"})
    keys = {"field.up": "k,plus", "app.help": "question_mark"}
    assert found == Settings("dark", "auto", False, True, "default", True, False, False, 4, keys)


KEYS = """\
keys = "vim"

[keymap]
"app.quit" = "Q"
app.help = "f1"
'app'.laws = "V"
lines.top = "home" # the first

[keymap.plot]
zoom-in = "plus"
"""


def test_keys_of_ones_own_are_written_in_any_way_that_toml_has(file, shown):
    file.write_text(KEYS)
    lines = {"app.quit": ("Q", 4), "app.help": ("f1", 5), "app.laws": ("V", 6), "lines.top": ("home", 7)}
    for name, (value, line) in {**lines, "plot.zoom-in": ("plus", 10)}.items():
        assert shown(f"keymap.{name}") == (value, f"config.toml, line {line}")
    chosen = settings.settings()
    assert keymap.keymap(chosen.keys, chosen.keymap)["app.quit"] == "Q"
    assert keymap.keymap(chosen.keys, chosen.keymap)["lines.page-up"] == "pageup,ctrl+u"


# -- what is wrong -------------------------------------------------------------------------------------------------

# The text of a file, the line at fault, and what the message must name.
BROKEN = {
    "not TOML": ('theme = "dark"\nmouse = \n', 2, ["is not TOML"]),
    "cut short": ('theme = "dark"\n[keymap', 2, ["is not TOML"]),
    "twice": ("mouse = true\nmouse = true\n", 2, ["is not TOML"]),
    "an unknown key": ('\nthem = "dark"\n', 2, ["'them'", "'theme'"]),
    "an unknown key, near none": ("xyzzy = 1\n", 1, ["'xyzzy'", "known: ", "keymap"]),
    "an unknown table": ("mouse = true\n[laws]\nx = 1\n", 2, ["'laws'"]),
    "an unknown choice": ('mouse = true\ntheme = "drak"\n', 2, ["theme: ", "'drak'", "contrast", "did you mean dark?"]),
    "a wrong kind": ("theme = 3\n", 1, ["theme: ", "'3'", "contrast"]),
    "a list": ('keys = ["vim"]\n', 1, ["keys: ", "default, vim"]),
    "a table": ("[mouse]\nx = 1\n", 1, ["mouse: ", "yes, no"]),
    "a date": ("tour = 2026-01-01\n", 1, ["tour: ", "yes, no"]),
    "neither yes nor no": ("restore = 2\n", 1, ["restore: ", "'2'", "yes, no"]),
    "no colours of that number": ("color = 8\n", 1, ["color: ", "'8'", "truecolor, 256, 16, none"]),
    "no threads": ("threads = 0\n", 1, ["threads: ", "auto", "1 to 256"]),
    "too many threads": ("threads = 257\n", 1, ["threads: ", "auto", "1 to 256"]),
    "half a thread": ("threads = 1.5\n", 1, ["threads: ", "'1.5'"]),
    "threads beyond reach": (f"threads = 0x{'f' * 9000}\n", 1, ["threads: ", "out of reach"]),
    "an escape": ('theme = "\\u001b[31m"\n', 1, ["theme: ", "\\x1b[31m"]),
    "a keymap that is no table": ('\nkeymap = "vim"\n', 2, ["keymap", "table"]),
    "an unknown action": ('[keymap]\n"app.qiut" = "Q"\n', 2, ["keymap.app.qiut", "did you mean app.quit?"]),
    "an unknown action of a table": ('[keymap.plot]\nzoom = "Q"\n', 2, ["keymap.plot.zoom", "plot.zoom-in"]),
    "half an action": ('[keymap]\napp = "Q"\n', 2, ["keymap.app", "no action"]),
    "a third of an action": ('[keymap]\napp.quit.now = "Q"\n', 2, ["keymap.app.quit"]),
    "an action with an escape": ('[keymap]\n"\\u001b[31m" = "Q"\n', 1, ["keymap.\\x1b[31m", "no action"]),
    "no key": ('[keymap]\n\napp.quit = "qq"\n', 3, ["keymap.app.quit", "'qq' is no key"]),
    "an empty key": ('[keymap]\napp.quit = ""\n', 2, ["keymap.app.quit", "is no key"]),
    "a key that reaches as another": ('[keymap]\napp.quit = "ctrl+m"\n', 2, ["keymap.app.quit", "enter"]),
    "a key that is a number": ("[keymap]\napp.quit = 1\n", 2, ["keymap.app.quit", "quotes"]),
    "a setting among keys": ('[keymap]\napp.quit = "Q"\ntheme = "dark"\n', 3, ["keymap.theme", "setting", "before"]),
    "keys inline": ('mouse = true\nkeymap = { "app.quit" = "qq" }\n', 2, ["keymap.app.quit", "'qq' is no key"]),
    "UTF-16": ('theme = "dark"'.encode("utf-16"), 1, ["is not UTF-8 text"]),
    "binary": (b"mouse = true\n\x00\xff\xfe", 2, ["is not UTF-8 text"]),
    "10 MB": (b"# " + b"x" * 10_000_000, None, ["is larger than 1,000,000 bytes"]),
    "a deep nest": (b"theme = " + b"[" * 400_000, None, ["is not TOML"]),
}


def one_message(result, where, said):
    code, out, err = result
    assert (code, out) == (2, "")
    assert err.startswith(f"scaletui: {where}: ")
    assert err.count("\n") == 1
    assert len(err) < 500
    assert "\x1b" not in err
    assert [part for part in said if part not in err] == []


@pytest.mark.parametrize("line", ["calc --flops 1e21 --law epoch-2024", "config validate", "config show"])
@pytest.mark.parametrize(("content", "number", "said"), BROKEN.values(), ids=BROKEN)
def test_what_is_wrong_in_the_file_is_one_message_with_file_line_and_nearest(content, number, said, line, file, cli):
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    where = str(file) if number is None else f"{file}:{number}"
    more = [] if line == "config validate" else ["scaletui config validate"]
    one_message(cli(line), where, [*said, *more])


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_a_wrong_value_names_the_variable_or_the_option(setting, cli, monkeypatch):
    if setting.option and not setting.means:
        for line in (f"{setting.option} perhaps", f"{setting.option} perhaps config show", f"{setting.option}="):
            one_message(cli(line), setting.option, [setting.allowed])
    monkeypatch.setenv(setting.variable, "per\x1bhaps")
    one_message(cli("calc --flops 1e21"), setting.variable, ["per\\x1bhaps", setting.allowed, "config validate"])
    one_message(cli("config validate"), setting.variable, ["per\\x1bhaps", setting.allowed])


def test_the_options_of_an_answer_are_checked_alike(cli):
    one_message(cli("calc --flops 1e21 --color 8"), "--color", ["'8'", BY_NAME["color"].allowed])
    one_message(cli("scenario show gopher --color 25"), "--color", ["did you mean 256?"])
    one_message(cli("frontier --ascii"), "--ascii", ["needs --plot or --explain"])


@pytest.mark.parametrize("before", ["--theme dark", "--no-mouse", "--keys vim", "--new", "--scenario gopher"])
def test_an_option_of_the_app_before_a_command_is_refused(before, cli):
    one_message(cli(f"{before} calc --flops 1e21"), before.split()[0], ["of the app"])


def test_validate_tells_all_that_is_wrong(file, cli, monkeypatch):
    monkeypatch.setenv("SCALETUI_MOUSE", "maybe")
    file.write_text(
        'them = "dark"\nmouse = true\ncolor = 8\n[keymap]\n"app.qiut" = "Q"\napp.help = "qq"\nfield.up = 1\n'
    )
    code, out, err = cli("config validate")
    assert (code, out) == (2, "")
    told = [line.removeprefix("scaletui: ") for line in err.splitlines()]
    assert [line.partition(" ")[0] for line in told] == [
        "SCALETUI_MOUSE:", *(f"{file}:{number}:" for number in (1, 3, 5, 6, 7)),
    ]  # fmt: skip


def test_every_fault_of_the_file_is_found_at_once():
    texts = {name: text for name, (text, number, _) in BROKEN.items() if isinstance(text, str) and "TOML" not in name}
    for name, text in texts.items():
        faults = [one for one in read(text, "x") if isinstance(one, InputError)]
        assert len(faults) == 1, name


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: path.mkdir(), "Is a directory"),
        (os.mkfifo, "is a pipe"),
        (lambda path: path.symlink_to("/dev/zero"), "is larger than"),
        (lambda path: path.symlink_to(path), "Too many levels"),
    ],
    ids=["folder", "pipe", "device", "loop"],
)
def test_a_file_that_is_none_is_one_message(make, said, file, cli):
    make(file)
    one_message(cli("calc --flops 1e21"), file, [said, "config validate"])
    one_message(cli("config validate"), file, [said])


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_may_not_be_read(file, cli):
    file.write_text("")
    file.chmod(0)
    one_message(cli("calc --flops 1e21"), file, ["Permission denied"])


@pytest.mark.parametrize("config", ["none", "no home", "a file for a folder", "a link to nowhere", "an empty file"])
def test_a_file_that_is_not_there_is_no_fault(config, file, cli, monkeypatch, tmp_path):
    if config == "no home":
        monkeypatch.delenv("XDG_CONFIG_HOME")
        monkeypatch.setenv("HOME", "")
    elif config == "a file for a folder":
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
        (tmp_path / "home").mkdir()
        (tmp_path / "home" / "scaletui").write_text("")
    elif config == "a link to nowhere":
        file.symlink_to(tmp_path / "nowhere")
    elif config == "an empty file":
        file.write_text("")
    assert settings.settings() == Settings("auto", "auto", None, True, "default", False, True, True, None, {})
    code, out, err = cli("config validate")
    assert (code, err) == (0, "")
    assert out == (f"ok: {file}\n" if config == "an empty file" else "ok: there is no file, and none is needed\n")


def test_the_file_lies_beside_the_users_presets(file, cli):
    file.write_text('theme = "dark"\n')
    law = 'name = "x"\nkind = "parametric"\nA = 400.0\nB = 2000.0\nE = 1.8\nalpha = 0.35\nbeta = 0.36\n'
    (file.parent / "laws.toml").write_text(f'[laws.mine]\n{law}counts = "N"\nsource = "me"\n')
    code, out, err = cli("laws --format csv")
    assert (code, err) == (0, "")
    assert ",mine," in out
    assert locations.catalog().problems == []


# -- the commands --------------------------------------------------------------------------------------------------


def test_path_is_where_the_file_would_be(file, cli, monkeypatch):
    assert cli("config path") == (0, f"{file}\n", "")
    monkeypatch.setenv("XDG_CONFIG_HOME", "relative")
    monkeypatch.setenv("HOME", "/home/me")
    assert cli("config path") == (0, "/home/me/.config/scaletui/config.toml\n", "")
    monkeypatch.setenv("HOME", "")
    code, out, err = cli("config path")
    assert (code, out) == (1, "")
    assert "set HOME or XDG_CONFIG_HOME" in err


def test_path_and_init_work_with_a_broken_file(file, cli):
    file.write_text("broken")
    assert cli("config path") == (0, f"{file}\n", "")
    assert cli("config init")[0] == 2
    assert cli("config init --force")[0] == 0
    assert cli("config validate") == (0, f"ok: {file}\n", "")


def test_init_writes_a_file_that_changes_nothing_and_is_never_written_over_unasked(file, cli):
    file.parent.rmdir()
    assert cli("config init") == (0, "", f"scaletui: wrote {file}; all in it is commented out\n")
    assert os.listdir(file.parent) == ["config.toml"]
    assert tomllib.loads(file.read_text()) == {}
    file.write_text("mouse = false\n")
    code, out, err = cli("config init")
    assert (code, out) == (2, "")
    assert err == f"scaletui: {file}: is there already (--force writes over it)\n"
    assert file.read_text() == "mouse = false\n"
    assert cli("config init --force")[0] == 0
    assert file.read_text() == template()


def test_init_writes_the_file_behind_a_link(file, cli, tmp_path):
    (tmp_path / "dotfiles").write_text("mouse = false\n")
    file.symlink_to(tmp_path / "dotfiles")
    assert cli("config init")[0] == 2
    assert cli("config init --force")[0] == 0
    assert file.is_symlink()
    assert (tmp_path / "dotfiles").read_text() == template()


@pytest.mark.parametrize("folder", ["", "/proc/nowhere", "/dev/null"])
def test_init_where_nothing_can_be_written_is_one_message(folder, cli, monkeypatch):
    monkeypatch.delenv("XDG_CONFIG_HOME")
    monkeypatch.setenv("HOME", folder)
    code, out, err = cli("config init")
    assert (code, out) == (1, "")
    assert err.count("\n") == 1
    assert "XDG_CONFIG_HOME" in err


def test_the_template_has_every_setting_and_action_at_its_default(file):
    plain = re.sub(r'^# (?=[a-z]+ = |\[keymap\]|"[a-z-]+\.)', "", template(), flags=re.MULTILINE)
    document = tomllib.loads(plain)
    assert {name: document[name] for name in BY_NAME} == {setting.name: setting.default for setting in SETTINGS}
    assert document["keymap"] == {id: key.keys for id, key in keymap.KEYS.items()}
    found = read(plain, "x")
    assert [one for one in found if isinstance(one, InputError)] == []
    assert len(found) == len(SETTINGS) + len(keymap.KEYS)
    assert max(map(len, template().splitlines())) <= 160
    for setting in SETTINGS:
        assert setting.allowed in template()
        assert setting.variable in template()


def test_show_as_a_table_fits_80_columns(file, cli, monkeypatch):
    for setting in SETTINGS:
        monkeypatch.setenv(setting.variable, setting.default)
    file.write_text(KEYS)
    code, out, err = cli("--theme terminal config show")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].split() == ["setting", "value", "from", "allowed"]
    assert max(map(len, lines)) <= 80 + 5
    starts = {line.split()[0]: line.split()[1] for line in lines if not line.startswith(" ")}
    assert starts["theme"] == "terminal"
    assert starts["keymap.plot.zoom-in"] == "plus"
    assert [name for name in starts if name in BY_NAME] == list(BY_NAME)


# -- what the settings do ------------------------------------------------------------------------------------------

PLOT = "frontier --law epoch-2024 --plot"
SGR = {"truecolor": r"\x1b\[38;2;", "256": r"\x1b\[38;5;", "16": r"\x1b\[9\dm"}


def depth(text):
    """Return the richest colours that a text names."""
    return next((name for name, pattern in SGR.items() if re.search(pattern, text)), "none")


@pytest.mark.parametrize(
    ("env", "in_file", "words", "colors"),
    [
        ({}, None, "", "256"),
        ({"COLORTERM": "truecolor"}, None, "", "truecolor"),
        ({"COLORTERM": "truecolor"}, "16", "", "16"),
        ({"SCALETUI_COLOR": "16"}, "truecolor", "", "16"),
        ({"SCALETUI_COLOR": "16"}, None, "--color truecolor", "truecolor"),
        ({"SCALETUI_COLOR": "16"}, None, "--color none", "none"),
        ({"NO_COLOR": "1"}, "truecolor", "", "none"),
        ({"NO_COLOR": "1"}, None, "--color 256", "256"),
        ({"NO_COLOR": "1", "SCALETUI_COLOR": "256"}, None, "", "256"),
        ({"TERM": "dumb"}, "256", "", "none"),
        ({"TERM": "dumb"}, None, "--color 16", "16"),
    ],
)
def test_a_terminal_gets_the_colours_that_were_asked_for(env, in_file, words, colors, file, on_terminal):
    if in_file is not None:
        file.write_text(f'color = "{in_file}"\n')
    code, text = on_terminal(*PLOT.split(), *words.split(), XDG_CONFIG_HOME=str(file.parents[1]), **env)
    assert code == 0
    assert depth(text) == colors


def test_a_pipe_gets_colours_from_the_command_line_alone(file, cli, monkeypatch):
    file.write_text('color = "256"\n')
    monkeypatch.setenv("SCALETUI_COLOR", "16")
    assert "\x1b" not in cli(PLOT)[1]
    assert depth(cli(f"{PLOT} --color 256")[1]) == "256"
    assert depth(cli(f"--color truecolor {PLOT}")[1]) == "truecolor"
    assert depth(cli(f"--color truecolor {PLOT} --color 16")[1]) == "16"
    assert "\x1b" not in cli(f"{PLOT} --color none")[1]
    assert "\x1b[1m" in cli("scenario list --color 16")[1]


def test_ascii_is_asked_for_in_every_way(file, cli, monkeypatch):
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    assert not cli(PLOT)[1].isascii()
    assert cli(f"{PLOT} --ascii")[1].isascii()
    assert cli(f"--ascii {PLOT}")[1].isascii()
    file.write_text("ascii = true\n")
    assert cli(PLOT)[1].isascii()
    monkeypatch.setenv("SCALETUI_ASCII", "no")
    assert not cli(PLOT)[1].isascii()
    monkeypatch.setenv("LC_ALL", "C")
    assert not cli(PLOT)[1].isascii()
    monkeypatch.setenv("SCALETUI_ASCII", "auto")
    assert cli(PLOT)[1].isascii()


def test_a_spread_is_drawn_with_ascii_where_that_is_asked_for(cli, monkeypatch):
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    line = "calc --flops 1e23..1e25 --law epoch-2024 --samples 1000 --explain"
    assert not cli(line)[1].isascii()
    assert cli(f"{line} --ascii")[1].isascii()


def test_threads_are_those_asked_for_as_far_as_there_are(monkeypatch, cli):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    assert [processors.threads(asked) for asked in (None, 1, 4, 64)] == [THREADS, 1, 4, 8]
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0}, raising=False)
    assert [processors.threads(asked) for asked in (None, 4)] == [1, 1]
    seen = []

    def sampled(answers, sampling, **_):
        seen.append(sampling.threads)
        return answers

    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    monkeypatch.setattr(processors, "sampled", sampled)
    monkeypatch.setenv("SCALETUI_THREADS", "5")
    assert cli("calc --flops 1e23..1e25 --law epoch-2024 --format csv")[0] == 0
    assert seen == [5]


@pytest.mark.parametrize(
    ("asked", "before", "after"),
    [
        ("auto", {"NO_COLOR": ""}, {}),
        ("auto", {"NO_COLOR": "1"}, {"NO_COLOR": "1"}),
        ("auto", {"TEXTUAL_COLOR_SYSTEM": "256"}, {"TEXTUAL_COLOR_SYSTEM": "256"}),
        ("none", {}, {"NO_COLOR": "1"}),
        ("16", {"NO_COLOR": "1"}, {"TEXTUAL_COLOR_SYSTEM": "standard"}),
        ("256", {"TEXTUAL_COLOR_SYSTEM": "standard"}, {"TEXTUAL_COLOR_SYSTEM": "256"}),
        ("truecolor", {}, {"TEXTUAL_COLOR_SYSTEM": "truecolor"}),
    ],
)
def test_textual_is_told_the_colours_before_it_is_imported(asked, before, after, monkeypatch):
    monkeypatch.setattr(os, "environ", dict(before))
    start._settle_colors(asked)
    assert os.environ == after


# -- opening the app -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "content", "said"),
    [
        ("", "them = 1\n", r"scaletui: .*/config\.toml:1: 'them' is not .*'theme'.*scaletui config validate.*"),
        ("--ascii", "them = 1\n", r"scaletui: .*/config\.toml:1: 'them' is not .*'theme'.*scaletui config validate.*"),
        ("--theme drak", "", r"scaletui: --theme: 'drak' is not one of auto, .*dark\?\)"),
        ("--scenario gophr", "", r"scaletui: --scenario: no scenario is called 'gophr' \(did you mean gopher\?\)"),
        ("--scenario ../x", "", r"scaletui: --scenario: '\.\./x' cannot be a name: .*"),
        ("--scenario", "", r"scaletui: Option '--scenario' requires an argument\."),
        ("--scenario mine --new", "", r"scaletui: /.*/mine\.toml: needs 'version' .*"),
    ],
)
def test_the_app_does_not_open_on_what_is_wrong(words, content, said, file, on_terminal, tmp_path):
    file.write_text(content)
    own = tmp_path / "data" / "scaletui" / "scenarios"
    own.mkdir(parents=True)
    (own / "mine.toml").write_text("")
    places = {"XDG_CONFIG_HOME": str(file.parents[1]), "XDG_DATA_HOME": str(tmp_path / "data")}
    code, text = on_terminal(*words.split(), **places)
    assert code == 2
    assert re.fullmatch(said + r"\n", text), text


PROBE = """
import sys
sys.argv = ["scaletui", *sys.argv[1:]]
from scaletui.__main__ import main
try:
    main()
except SystemExit as leaving:
    assert leaving.code == 2
print(*sys.modules)
"""


@pytest.mark.parametrize("words", ["", "--ascii --color 16 --new", "--theme dark --scenario gopher"])
def test_without_a_terminal_it_is_refused_before_anything_slow(words, file, clean_environment):
    file.write_text("them = 1")
    env = {**clean_environment, "XDG_CONFIG_HOME": str(file.parents[1])}
    command = [sys.executable, "-c", PROBE, *words.split()]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=True, input="")
    assert re.fullmatch(r"scaletui: the app needs a terminal .*\n", done.stderr)
    slow = {"textual", "rich", "asyncio", "numpy", "tomllib", "scaletui.app", "scaletui_core.calc", "scaletui.saved"}
    assert slow & set(done.stdout.split()) == set()
    assert ("typer" in done.stdout.split()) == bool(words)


def test_options_of_the_app_alone_build_no_command(monkeypatch):
    opened = []
    monkeypatch.setattr(start, "open_app", lambda options=None: opened.append(options) or 7)
    monkeypatch.setattr("scaletui.cli._function", None)  # what a command is made with
    line = "--theme dark --color 16 --ascii --no-mouse --keys vim --new --scenario gopher"
    assert run(line.split()) == 7
    said = {"theme": "dark", "color": "16", "ascii": "yes", "mouse": "no", "keys": "vim", "restore": "no"}
    assert opened == [{**said, "scenario": "gopher"}]
    assert application("").registered_commands == []
    assert application("").registered_groups == []
    assert run([]) == 7
    assert opened[1:] == [{}]


def test_all_commands_are_in_the_help(cli):
    out = cli("--help")[1]
    assert [name for name in (*COMMANDS, *GROUPS) if not re.search(rf"^  {name} +\S", out, re.MULTILINE)] == []
    assert [setting.option for setting in SETTINGS if setting.option and f"  {setting.option}" not in out] == []
    assert "install" not in out


# -- the page ------------------------------------------------------------------------------------------------------


def documented(text):
    """Return the page with its generated parts as they must be."""
    for name, block in (("show", show_block()), ("settings", settings_table()), ("keys", keys_table())):
        text, count = re.subn(
            rf"(<!-- {name} -->\n).*?(<!-- end -->)",
            lambda match, block=block: f"{match[1]}{block}{match[2]}",
            text,
            flags=re.DOTALL,
        )
        assert count == 1, name
    return text


def show_block():
    env = {"PATH": os.environ["PATH"], "SCALETUI_THEME": "contrast", "PYTHONPATH": str(DOCS.parents[1])}
    command = [sys.executable, "-m", "scaletui", "--ascii", "config", "show"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    return f"```\n$ SCALETUI_THEME=contrast scaletui --ascii config show\n{done.stdout}```\n"


def settings_table():
    rows = ["| setting | what it is | allowed | default | variable | option |", "| --- | --- | --- | --- | --- | --- |"]
    for one in SETTINGS:
        option = f"`{one.option}`" + (f" ({one.means})" if one.means else "") if one.option else ""
        rows.append(f"| `{one.name}` | {one.help} | {one.allowed} | {one.default} | `{one.variable}` | {option} |")
    return "\n".join(rows) + "\n"


def keys_table():
    rows = ["| action | what it does | default | vim |", "| --- | --- | --- | --- |"]
    for key in keymap.KEYS.values():
        vim = f"`{key.vim}`" if key.vim else ""
        rows.append(f"| `{key.id}` | {key.words} | `{key.keys}` | {vim} |")
    return "\n".join(rows) + "\n"


def test_the_page_has_what_is_declared():
    text = DOCS.read_text("utf-8")
    assert text == documented(text)
    for block in re.findall(r"```toml\n(.*?)```", text, re.DOTALL):
        assert [one for one in read(block, "x") if isinstance(one, InputError)] == []


if __name__ == "__main__":
    DOCS.write_text(documented(DOCS.read_text("utf-8")), "utf-8")
