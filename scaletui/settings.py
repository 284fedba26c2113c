"""Settings, declared once: the command line goes before the environment, that before config.toml, that before defaults.

The options, the variables, the keys of the file, their checks, ``scaletui config`` and docs/configuration.md derive
from the one table here.
"""

# No `from __future__ import annotations`, as in quantity.py: NamedTuple compiles annotations that are text.
import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from scaletui import locations
from scaletui_core.errors import InputError
from scaletui_core.presets import read_text
from scaletui_core.safetext import visible

FILE = "config.toml"
KEYMAP = "keymap"
"""The table of the file that gives actions keys of one's own."""
PREFIX = "SCALETUI_"
MOST_THREADS = 256

_YES_NO = ("yes", "no")
_SAID = {"true": "yes", "on": "yes", "1": "yes", "y": "yes", "false": "no", "off": "no", "0": "no", "n": "no"}


class Setting(NamedTuple):
    """One choice of the user, as people meet it.

    Attributes
    ----------
    name : str
        Its key in the file; the variable is ``SCALETUI_`` and the name in capitals.
    default : str
        What holds where nobody says anything.
    choices : tuple of str
        What it may be.
    help : str
        One line for people.
    option : str
        The command-line option; empty where it has none.
    means, told : str
        What the option says, where it takes no value, and its help.
    most : int
        Above 0, a whole number from 1 to that may stand there too.
    """

    name: str
    default: str
    choices: tuple[str, ...]
    help: str
    option: str = ""
    means: str = ""
    told: str = ""
    most: int = 0

    @property
    def variable(self) -> str:
        """The environment variable."""
        return PREFIX + self.name.upper()

    @property
    def allowed(self) -> str:
        """What it may be, in words.

        >>> BY_NAME["ascii"].allowed, BY_NAME["threads"].allowed
        ('auto, yes, no', 'auto, or a whole number from 1 to 256')
        """
        number = f", or a whole number from 1 to {self.most}" if self.most else ""
        return ", ".join(self.choices) + number

    def parse(self, value: object, where: str, prefix: str = "") -> str:
        """Return the choice that a value means, as the table has it; ``prefix`` stands before an error.

        Raises
        ------
        InputError
            If it means none, with the nearest and what may stand there.

        Examples
        --------
        >>> BY_NAME["mouse"].parse(False, "config.toml:1"), BY_NAME["color"].parse(16, "config.toml:2")
        ('no', '16')
        >>> BY_NAME["mouse"].parse("maybe", "--mouse")
        Traceback (most recent call last):
            ...
        scaletui_core.errors.InputError: --mouse: 'maybe' is not one of yes, no
        """
        # Python writes no whole number of more than 4,300 digits, and a hexadecimal one may have them.
        said = "a number out of reach" if isinstance(value, int) and value.bit_length() > 64 else str(value)
        text = said.strip().lower()
        if self.choices[-2:] == _YES_NO:
            text = _SAID.get(text, text)
        if text in self.choices:
            return text
        if self.most and text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= self.most:
            return str(int(text))
        from difflib import get_close_matches

        near = get_close_matches(text[:100], self.choices, n=1, cutoff=0.6)
        what = f"{prefix}'{visible(said)}' is not one of {self.allowed}"
        raise InputError(what, where=where, hint=f"did you mean {near[0]}?" if near else None)

    def value(self, text: str) -> Any:
        """Return what one of its choices is to the program: yes and no are a bool, what is open among them None.

        >>> BY_NAME["ascii"].value("auto"), BY_NAME["threads"].value("4"), BY_NAME["color"].value("256")
        (None, 4, '256')
        """
        if self.most:
            return int(text) if text.isdigit() else None
        return {"yes": True, "no": False}.get(text) if self.choices[-2:] == _YES_NO else text


SETTINGS = (
    Setting(
        "theme", "auto", ("auto", "dark", "light", "terminal", "contrast", "sixteen"),
        "Colours of the app; terminal keeps to the terminal's own, sixteen to the 16 that every one has.", "--theme",
    ),
    Setting(
        "color", "auto", ("auto", "truecolor", "256", "16", "none"),
        "How many colours the terminal shows; auto goes by TERM, COLORTERM and NO_COLOR.", "--color",
    ),
    Setting(
        "ascii", "auto", ("auto", *_YES_NO),
        "Whether to draw with ASCII alone; auto goes by LC_ALL, LC_CTYPE, LANG and TERM.", "--ascii", "yes",
        "Draw with ASCII alone.",
    ),
    Setting(
        "mouse", "yes", _YES_NO, "Whether the app follows the mouse.", "--no-mouse", "no",
        "Leave the mouse to the terminal.",
    ),
    Setting("keys", "default", ("default", "vim"), "The set of keys of the app.", "--keys"),
    Setting("animations", "no", _YES_NO, "Whether the app moves things gradually."),
    Setting(
        "restore", "yes", _YES_NO, "Whether the app starts where the last session ended.", "--new", "no",
        "Start anew, not where the last session ended.",
    ),
    Setting("tour", "yes", _YES_NO, "Whether the first start of the app begins with a tour."),
    Setting(
        "threads", "auto", ("auto",),
        "Threads that samples of ranges are drawn on; auto is two, or one where the process is pinned to one. "
        "It changes the time, never the result.", most=MOST_THREADS,
    ),
)  # fmt: skip
BY_NAME = {setting.name: setting for setting in SETTINGS}


class Settings(NamedTuple):
    """What holds. ``ascii`` and ``threads`` are None, and ``theme`` and ``color`` "auto", where it is to be found out.

    ``keymap`` has the keys that the user gives actions, by the ids of `scaletui.keymap.KEYS`, as textual names them.
    """

    theme: str
    color: str
    ascii: bool | None
    mouse: bool
    keys: str
    animations: bool
    restore: bool
    tour: bool
    threads: int | None
    keymap: dict[str, str]


class Found(NamedTuple):
    """Where a setting stands: its name (``keymap.app.quit`` of the keys of an action), its text, and who says so."""

    name: str
    text: str
    origin: str


def settings(options: Mapping[str, str] | None = None) -> Settings:
    """Return the settings that hold, given those of the command line by name.

    Raises
    ------
    InputError
        For the first value that is wrong, in an option, a variable or the file, used or not.

    Examples
    --------
    >>> settings({"theme": "dark", "mouse": "no"}).mouse
    False
    """
    found, faults = look(options)
    if faults:
        first = faults[0]
        if not (first.where or "").startswith("--"):  # what is wrong stays so until it is put right: say where to look
            hints = (first.hint, "see `scaletui config validate`")
            first = InputError(first.what, where=first.where, hint="; ".join(hint for hint in hints if hint))
        raise first
    values: dict[str, Any] = {setting.name: setting.value(found[setting.name].text) for setting in SETTINGS}
    own = {name.removeprefix(f"{KEYMAP}."): one.text for name, one in found.items() if name not in BY_NAME}
    return Settings(**values, keymap=own)


def look(options: Mapping[str, str] | None = None) -> tuple[dict[str, Found], list[InputError]]:
    """Return every setting and key of one's own by name, and all that is wrong, the command line's first.

    ``options`` is what the command line says, by the names of the settings; other names in it are passed over.
    """
    found = {setting.name: Found(setting.name, setting.default, "default") for setting in SETTINGS}
    faults: list[InputError] = []
    for layer in (_of_file(), _of_environment(), _of_options(options or {})):
        found |= {one.name: one for one in layer if isinstance(one, Found)}
        faults = [one for one in layer if isinstance(one, InputError)] + faults
    return found, faults


def path() -> str | None:
    """Return the path of the file, there or not; None without a home."""
    folder = locations.config_folder()
    return None if folder is None else os.path.join(folder, FILE)


Layer = list[Found | InputError]
"""What one place says, and what is wrong there."""


def _of_options(options: Mapping[str, str]) -> Layer:
    given = [(setting, options[setting.name]) for setting in SETTINGS if setting.name in options]
    return [_checked(setting, text, setting.option, setting.option) for setting, text in given]


def _of_environment() -> Layer:
    found: Layer = [Found("color", "none", "environment: NO_COLOR")] if os.environ.get("NO_COLOR") else []
    # A variable that is set but empty says nothing.
    given = [(setting, text) for setting in SETTINGS if (text := os.environ.get(setting.variable))]
    return found + [_checked(s, text, s.variable, f"environment: {s.variable}") for s, text in given]


def _checked(setting: Setting, text: str, where: str, origin: str) -> Found | InputError:
    try:
        return Found(setting.name, setting.parse(text, where), origin)
    except InputError as error:
        return error


def _of_file() -> Layer:
    where = path()
    if where is None or not os.path.isdir(os.path.dirname(where)):  # a folder that is none has no file in it
        return []
    try:
        text = read_text(where)
    except InputError as error:
        return [error]
    if text is None:
        return []
    from scaletui.settings_file import read

    return read(text, where)
