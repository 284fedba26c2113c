"""Every key of the app, declared once: its id, the keys of each set, and what it does. Textual is not imported.

The bindings of the app, the help, the palette and the ``[keymap]`` of the configuration all derive from this table.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from scaletui_core.errors import InputError, unknown_name
from scaletui_core.safetext import visible

SETS = ("default", "vim")
"""The sets of keys that come with scaletui."""


class Key(NamedTuple):
    """One thing that a key does.

    Attributes
    ----------
    id : str
        ``where.what``: what the configuration calls it. Keys of two places may be the same.
    keys : str
        The default keys, parted by commas, as textual names them.
    words : str
        What it does, for the help and the palette.
    label : str
        One or two words for the line of keys; empty where it is not shown there.
    vim : str
        The keys of the vim set; empty where they are the default ones.
    pair : str
        The id of what goes the other way, for the line of keys.
    """

    id: str
    keys: str
    words: str
    label: str = ""
    vim: str = ""
    pair: str = ""


# Keys are those that stock tmux delivers: no ctrl+enter, alt+enter, ctrl+i, ctrl+m, ctrl+h, ctrl+a, ctrl+b.
_TABLE = (
    Key("app.help", "question_mark,f1", "what this pane is for, and its keys", "Help"),
    Key("app.edit", "slash", "edit: go to the first field, of the budget where the pane has none", "Edit", "slash,i"),
    Key("app.explain", "e", "explain the chosen line: formulas, numbers put in, validity, sources", "Explain"),
    Key("app.laws", "v", "choose the laws that are asked", "Laws"),
    Key("app.copy", "y", "copy the command that prints this pane", "Copy"),
    Key("app.export", "x", "export: json, csv or md of the pane, the plot as text, the screen as SVG", "Export"),
    Key("app.scenarios", "o", "scenarios: open, save, rename, duplicate, compare; the sources' own", "Scenarios"),
    Key("app.save", "S,ctrl+s", "save the scenario under a name"),
    Key("app.undo", "u,ctrl+z", "undo: whatever changed the scenario, a field at a time", "Undo"),
    Key("app.redo", "U,ctrl+y", "redo", "", "ctrl+r,U"),
    Key("app.ranges", "R", "ranges off, each at its middle; or on again"),
    Key("app.other", "w", "go to the pane beside, where the terminal is wide enough for two (160 columns)"),
    Key("app.jump", "f", "jump: a letter on each field and pane; type it to go there", "Jump"),
    Key("app.palette", "colon,ctrl+p", "palette: every action by name", "Palette"),
    Key("app.theme", "T", "the next theme: dark, light, terminal's own, high contrast, 16 colours"),
    Key("app.redraw", "ctrl+l", "paint the whole screen again"),
    Key("app.quit", "q", "quit; everything is as you left it the next time", "Quit"),
    Key("app.quit-anywhere", "ctrl+q", "quit from anywhere; ctrl+c too, with exit code 130"),
    Key("dialog.close", "q,escape", "close; Escape waits half a second in tmux", "Close"),
    Key("dialog.heading", "tab", "in a text: the next heading"),
    Key("dialog.heading-before", "shift+tab", "the heading before"),
    Key("prompt.take", "enter", "take what stands in a line that asks for a name"),
    Key("prompt.leave", "ctrl+g,escape", "leave a line that asks for a name", "Leave"),
    Key(
        "field.leave", "enter,escape", "leave the field for the results; Escape waits half a second in tmux", "Results"
    ),
    Key("field.next", "tab", "the next field", "Next field"),
    Key("field.previous", "shift+tab", "the field before"),
    Key("field.up", "up", "10% more; of a choice, the one before", "10%", pair="field.down"),
    Key("field.down", "down", "10% less; of a choice, the next"),
    Key("field.double", "shift+up", "twice as much"),
    Key("field.halve", "shift+down", "half as much"),
    Key("field.ten-times", "pageup", "ten times as much"),
    Key("field.tenth", "pagedown", "a tenth"),
    Key("field.solve", "equals_sign", "in C, N or D: solve for it, by the two others"),
    Key("pane.plot", "p", "plot the answer, or the lines again", "Plot"),
    Key("pane.figure", "a", "the next plot, where there are several", "Figure"),
    Key("budget.solve", "s", "turn the lock: which of C, N, D is solved for", "Solve for"),
    Key("frontier.axis", "a", "the next axis: N, D, loss", "Axis"),
    Key("frontier.slice", "i", "the isoFLOP slice, or the frontier again", "IsoFLOP", "I"),
    Key("frontier.models", "m", "the known models, or without them", "Models"),
    Key("emergence.sort", "s", "sort by C, by N, as in the source", "Sort"),
    Key("emergence.scores", "b", "benchmark scores, or the abilities again", "Scores"),
    Key("copies.chain", "c", "follow the forecast of GPT-2030; with your C; or your own run again", "Chain"),
    Key("fit.runs", "l", "the list of the runs, or what was fitted", "Runs", "L"),
    Key(
        "fit.exclude", "d,delete", "in the list of runs: leave the run out of the fit, or take it in again", "Leave out"
    ),
    Key("fit.keep", "s", "keep the fit as a law of its own, in every command and pane", "Keep"),
    Key("fit.cancel", "c,escape", "stop a fit that is under way", "Cancel"),
    Key("bench.run", "r", "run: measure what the fields ask for", "Run"),
    Key("bench.cancel", "c,escape", "stop a measurement that is under way; what was timed is kept", "Cancel"),
    Key("bench.resume", "t", "time the rest: go on with a result that broke off", "The rest"),
    Key("bench.use", "s", "have Speed go on from the measured speed, in place of its estimate", "Use"),
    Key("bench.list", "l", "the list of the results, or the one that was shown", "Results", "L"),
    Key("bench.show", "enter", "in the list of results: show the chosen one", "Show"),
    Key("bench.compare", "b", "in the list of results: all beside the chosen one, as ratios to it", "Beside"),
    Key("bench.delete", "d,delete", "delete the result, when pressed twice", "Delete"),
    Key("lines.up", "up,k", "the line before"),
    Key("lines.down", "down,j", "the next line"),
    Key("lines.page-up", "pageup", "a page up", "", "pageup,ctrl+u"),
    Key("lines.page-down", "pagedown,space", "a page down", "", "pagedown,space,ctrl+d"),
    Key("lines.top", "home,g", "the top"),
    Key("lines.bottom", "end,G", "the bottom"),
    Key("plot.zoom-in", "plus,equals_sign", "zoom in", "Zoom", pair="plot.zoom-out"),
    Key("plot.zoom-out", "minus", "zoom out"),
    Key("plot.left", "left", "pan left", "", "left,h"),
    Key("plot.right", "right", "pan right", "", "right,l"),
    Key("plot.up", "up", "pan up", "", "up,k"),
    Key("plot.down", "down", "pan down", "", "down,j"),
    Key(
        "plot.cursor-left",
        "left_square_bracket,comma",
        "the cursor that reads lines off, to the left",
        "Cursor",
        pair="plot.cursor-right",
    ),
    Key("plot.cursor-right", "right_square_bracket,full_stop", "the cursor that reads lines off, to the right"),
    Key("plot.reset", "r", "show the whole plot again", "Reset"),
    Key("plot.glyphs", "g", "draw in braille, half blocks, ASCII"),
)

KEYS = {key.id: key for key in _TABLE}
"""Every key, by id."""

_NAMED = {
    "up", "down", "left", "right", "home", "end", "pageup", "pagedown", "tab", "enter", "escape", "space", "backspace",
    "delete", "insert", *(f"f{n}" for n in range(1, 13)),
}  # fmt: skip
_PUNCTUATION = {
    "question_mark": "?", "slash": "/", "colon": ":", "plus": "+", "minus": "-", "equals_sign": "=", "comma": ",",
    "full_stop": ".", "left_square_bracket": "[", "right_square_bracket": "]", "space": "space",
}  # fmt: skip
_KEY = re.compile(r"(?:ctrl\+|shift\+|alt\+)*(?:[a-z0-9_]+|\S)")
_UNSEEN = {
    "ctrl+i": "tab", "ctrl+m": "enter", "ctrl+h": "backspace", "ctrl+enter": "enter", "alt+enter": "enter",
    "shift+enter": "enter",
}  # fmt: skip


def keys_of(id: str, name: str = "default") -> str:
    """Return the keys of an id in a set, parted by commas.

    >>> keys_of("app.redo"), keys_of("app.redo", "vim")
    ('U,ctrl+y', 'ctrl+r,U')
    """
    key = KEYS[id]
    return key.vim or key.keys if name == "vim" else key.keys


def shown_key(keys: str) -> str:
    """Return the first of some keys as people write it.

    >>> shown_key("question_mark,f1"), shown_key("ctrl+s"), shown_key("S")
    ('?', 'ctrl+s', 'S')
    """
    first = keys.split(",")[0]
    return _PUNCTUATION.get(first, first)


def shown_keys(keys: str) -> str:
    """Return all of some keys as people write them.

    >>> shown_keys("question_mark,f1")
    '? f1'
    """
    return " ".join(map(shown_key, keys.split(",")))


def keymap(name: str, own: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the keys of every id that differ from the default ones: those of a set, and above them one's own.

    >>> keymap("default"), keymap("vim", {"app.quit": "Q"})["app.quit"]
    ({}, 'Q')
    """
    found = {id: keys_of(id, name) for id in KEYS} | dict(own or {})
    return {id: keys for id, keys in found.items() if keys != KEYS[id].keys}


def check_keys(id: str, keys: str, where: str) -> str:
    """Return the keys that a configuration gives an id, as textual names them, after checking both.

    Raises
    ------
    InputError
        If there is no such id, with the nearest, or a key is none, or one that terminals deliver as another.

    Examples
    --------
    >>> check_keys("app.quit", "Q, ctrl+x", "keymap"), check_keys("app.help", "?", "keymap")
    ('Q,ctrl+x', 'question_mark')
    """
    if id not in KEYS:
        raise unknown_name("action", id, list(KEYS), where=where)
    named = {char: name for name, char in _PUNCTUATION.items()}
    found = []
    for key in (part.strip() for part in keys.split(",")):
        key = named.get(key, key)
        base = key.rpartition("+")[2] if len(key) > 1 else key
        known = base in _NAMED or base in _PUNCTUATION or (len(base) == 1 and base.isprintable() and base.isascii())
        if not (_KEY.fullmatch(key) and known):
            raise InputError(f"'{visible(key)}' is no key", where=where, hint="such as Q, ctrl+x, f2, pageup, comma")
        if key in _UNSEEN:
            raise InputError(f"{key} reaches a program as {_UNSEEN[key]}", where=where, hint="take another key")
        found.append(key)
    return ",".join(found)
