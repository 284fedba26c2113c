"""Shell completion as static scripts: what may be typed comes from the commands as they are declared, once, in Python.

Each shell's script is a small reader of command lines (``scaletui.bash``, ``.zsh``, ``.fish`` beside this file) under
tables of the words that it may offer, so that pressing tab starts no program.
"""

from __future__ import annotations

import os
from typing import Any, NamedTuple

import typer

from scaletui.bench.results import LAST
from scaletui.bench.shapes import params_of, shapes
from scaletui_core.calculator import PARTS
from scaletui_core.fields import FLAG, fields_of
from scaletui_core.flow import calculator
from scaletui_core.presets import Catalog
from scaletui_core.quantity_text import format_quantity
from scaletui_core.safetext import cut, visible
from scaletui_core.scenario import dotted, published

SHELLS = ("bash", "zsh", "fish")
ANY = "-"
"""The list of what can only be typed, such as a number."""
REST = "@"
"""In place of a number: every further argument."""
_ROOM = 72  # characters of a description

Words = dict[str, str]
"""Words that may be typed, each with what it is."""


class Spec(NamedTuple):
    """All that may be typed.

    Attributes
    ----------
    commands, options : dict of Words
        By the words of a command: ``""`` is scaletui itself, ``"scenario show"`` a command of a group.
    values : dict of str
        Names of lists by what they are values of: ``"calc --law"`` an option, ``"scenario show 1"`` an argument,
        ``"= speed.k"`` what follows ``--set speed.k=``.
    lists : dict of Words
        Words by the name of a list; one that no option names holds nothing that a script may offer.
    """

    commands: dict[str, Words]
    options: dict[str, Words]
    values: dict[str, str]
    lists: dict[str, Words]


# What options and arguments take, where that is no choice of a few words: by command and option, or by option.
_TAKES = {
    "--law": "laws",
    "--hardware": "hardware",
    "--scenario": "scenarios",
    "--set": "set",
    "--ability": "abilities",
    "speed --model": "models",
    "emergence --model": "families",
    f"laws {REST}": "laws",
    f"models {REST}": "models",
    f"hardware {REST}": "hardware",
    "scenario show 1": "scenarios",
    "scenario compare 1": "scenarios",
    "scenario compare 2": "scenarios",
    "scenario delete 1": "own",
    "--measured": "results",
    "bench --model": "shapes",
    "bench --resume": "results",
    "bench show 1": "results",
    f"bench compare {REST}": "results",
    "bench delete 1": "kept",
}


def spec(application: typer.Typer, catalog: Catalog) -> Spec:
    """Return all that may be typed, by the commands of an application and the presets."""
    found = Spec({}, {}, {}, _lists(catalog))
    root: Any = typer.main.get_command(application)
    _walk(root, typer.Context(root, **root.context_settings), "", found)
    for part in PARTS:
        for field in fields_of(calculator(part).inputs):
            name = dotted(part, field)
            found.lists["set"][f"{name}="] = field.help
            takes = _choices("true|false", found) if field.unit == FLAG else found.values[f"{part} {field.option}"]
            if takes != ANY:
                found.values[f"= {name}"] = takes
    return found


def _walk(command: Any, context: Any, path: str, found: Spec) -> None:
    """Note what a command takes, and its commands what they take."""
    found.options[path] = {}
    arguments = 0
    for item in command.get_params(context):
        if item.param_type_name == "argument":
            arguments += 1
            place = f"{path} {REST if item.nargs < 0 else arguments}"
            found.values[place] = _TAKES.get(place, ANY)
            continue
        for option in item.opts:
            found.options[path][option] = item.help or ""
            if not item.is_flag:
                takes = _TAKES.get(f"{path} {option}") or _TAKES.get(option)
                found.values[f"{path} {option}"] = takes or _choices(item.metavar or "", found)
    found.commands[path] = {}
    for name, below in getattr(command, "commands", {}).items():
        found.commands[path][name] = below.help or ""
        _walk(below, typer.Context(below, parent=context, info_name=name), f"{path} {name}".strip(), found)


def _choices(metavar: str, found: Spec) -> str:
    """Return the list of the choices that help shows of an option, ``bf16|fp16``; what is in capitals names a kind."""
    if metavar == metavar.upper():
        return ANY
    found.lists[metavar] = dict.fromkeys(metavar.split("|"), "")
    return metavar


def _lists(catalog: Catalog) -> dict[str, Words]:
    abilities = catalog.load("emergence").records.values()
    lists = {
        kind: {id: record["name"] for id, record in catalog.load(kind).records.items()}
        for kind in ("laws", "models", "hardware")
    }
    return lists | {
        "scenarios": {name: one.title for name, one in published(catalog).items()},
        "shapes": {name: f"{format_quantity(params_of(one), 'parameters')}" for name, one in shapes(catalog).items()},
        "own": {},  # looked for when tab is pressed, as are the results of measurements
        "results": {LAST: "the newest"},
        "kept": {},
        "set": {},
        "abilities": {record["name"]: record["family"] for record in abilities},
        "families": {record["family"]: "" for record in sorted(abilities, key=lambda record: record["family"])},
    }


def script(shell: str, found: Spec) -> str:
    """Return the script of one of `SHELLS`."""
    from scaletui.completion.tables import TABLES

    with open(os.path.join(os.path.dirname(__file__), f"scaletui.{shell}"), encoding="utf-8") as file:
        head, mark, reader = file.read().partition("# -- tables --\n")
    assert mark
    return head + TABLES[shell](found) + reader


def described(text: str) -> str:
    """Return a description as a shell may show it: the first sentence, in one line of no more than a certain length.

    >>> described("Training compute C. Such as 5.76e23.")
    'Training compute C'
    """
    first = visible(text.partition(". ")[0], 1000)
    return cut(first.removesuffix("."), _ROOM)
