"""What keys do to what a session keeps, worked out by hand: a twin of the app's own bookkeeping that shares none of it.

Every step is a key and how things stand after it, so that whatever moment an app was killed at, there is a finite list
of states that it may have left behind.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

PANES = ("budget", "frontier", "emergence", "speed", "copies", "learning", "batch")
PARTS = dict(zip(PANES, ("calc", "calc", "emergence", "speed", "copies", "learning", "batch"), strict=True))
THEMES = ("dark", "light", "terminal", "contrast", "sixteen")
LAWS = {0: "kaplan-2020", 3: "chinchilla-3", 4: "chinchilla-3-rounded", 5: "epoch-2024"}  # by place in the list
JUMPS = b"asdfghjklqw"
KEPT_STEPS = 50
# The fields of a pane, by their place in it: name, label, and texts to type there.
FIELDS: dict[str, dict[int, tuple[str, str, tuple[str, ...]]]] = {
    "budget": {0: ("flops", "C", ("1e24", "3e25", "7.2e22")), 11: ("unique", "Unique", ("200B", "90B", ""))},
    "emergence": {2: ("ability", "Ability", ("word", "arithmetic", "")), 1: ("params", "N", ("70B", "540B", ""))},
    "speed": {3: ("k", "k", ("5", "2", "")), 5: ("batch", "Batch", ("8", "64", ""))},
    "copies": {3: ("years", "Years", ("2", "1..3", "")), 1: ("speed", "x human", ("5", "40", ""))},
    "learning": {0: ("copies", "Copies", ("1M", "300k", "")), 1: ("speed", "x human", ("5", "12", ""))},
    "batch": {2: ("batch", "Batch", ("4M", "1M", "")), 3: ("noise_scale", "B_noise", ("2M", ""))},
}

Texts = Mapping[str, str]
"""What stands in the fields that are not empty, by ``part.field``."""


@dataclass(frozen=True)
class Desk:
    """How an app stands, as far as a session keeps it.

    Attributes
    ----------
    slots, side : tuple of str, and int
        The panes at the left and at the right, and which of them has the keys.
    past, undone : tuple
        Texts and ranges as they were, the last the nearest.
    run : str
        The field whose typing is one step.
    """

    texts: Texts
    ranges: bool = True
    slots: tuple[str, str] = ("budget", "frontier")
    side: int = 0
    theme: str = "dark"
    plotted: frozenset[str] = frozenset()
    slice: bool = False
    models: bool = True
    past: tuple[tuple[Texts, bool], ...] = ()
    undone: tuple[tuple[Texts, bool], ...] = ()
    run: str = ""
    wide: bool = False

    @property
    def pane(self) -> str:
        return self.slots[self.side]

    def restored(self) -> Desk:
        """Return how the next app stands: a session keeps the ranges of now alone."""
        again = {name: tuple((texts, self.ranges) for texts, _ in getattr(self, name)) for name in ("past", "undone")}
        return replace(self, run="", **again)

    def go(self, pane: str) -> Desk:
        if pane in self.slots:
            return replace(self, side=self.slots.index(pane), run="")
        slots = (pane, self.slots[1]) if self.side == 0 else (self.slots[0], pane)
        return replace(self, slots=slots, run="")

    def put(self, texts: Texts, ranges: bool | None = None, run: str = "") -> Desk:
        """Return the desk with other texts in some fields, a step further; typing on in a field is the same step."""
        whole = {name: text for name, text in {**self.texts, **texts}.items() if text}
        return self.take(whole, self.ranges if ranges is None else ranges, run)

    def take(self, texts: Texts, ranges: bool, run: str = "") -> Desk:
        if (texts, ranges) == (self.texts, self.ranges):
            return self
        past = self.past
        if not (run and run == self.run):
            past = (*past, (self.texts, self.ranges))
        elif past[-1] == (texts, ranges):
            past, run = past[:-1], ""
        return replace(self, texts=texts, ranges=ranges, past=past, undone=(), run=run)

    def undo(self) -> Desk:
        return self._travel("past", "undone")

    def redo(self) -> Desk:
        return self._travel("undone", "past")

    def _travel(self, back: str, forth: str) -> Desk:
        source = getattr(self, back)
        if not source:
            return replace(self, run="")
        texts, ranges = source[-1]
        moved: dict[str, Any] = {back: source[:-1], forth: (*getattr(self, forth), (self.texts, self.ranges))}
        there = replace(self, texts=texts, ranges=ranges, run="", **moved)
        part = _first_changed(texts, self.texts)
        if not part or part in {PARTS[name] for name in (self.slots if self.wide else [self.pane])}:
            return there
        return there.go(next(name for name in PANES if PARTS[name] == part))

    def kept(self) -> dict[str, Any]:
        """Return what `kept_in` finds in the file of a session that stands like this."""
        states = [texts for texts, _ in self.past][-KEPT_STEPS:], [texts for texts, _ in self.undone][-KEPT_STEPS:]
        return {
            "texts": dict(self.texts),
            "panes": [*self.slots, self.side],
            "ranges": self.ranges,
            "theme": self.theme,
            "plotted": sorted(self.plotted),
            "frontier": (self.slice, self.models),
            "history": [[*map(dict, states[0]), dict(self.texts)], [dict(texts) for texts in states[1][::-1]]],
        }


def kept_in(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the state in a session's file comes to, for comparison with `Desk.kept`."""
    views = state["views"]
    frontier = views.get("frontier", {})
    return {
        "texts": _flat(state["texts"]),
        "panes": [state["pane"], state["beside"], views["app"]["side"]],
        "ranges": state["ranges"],
        "theme": views["app"]["theme"],
        "plotted": sorted(name for name, view in views.items() if view.get("plotted")),
        "frontier": (frontier.get("slice", False), frontier.get("models", True)),
        "history": [[_flat(texts) for texts in states] for states in state["history"]],
    }


def _flat(texts: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    return {f"{part}.{name}": text for part, fields in texts.items() for name, text in fields.items() if text}


def _first_changed(now: Texts, before: Texts) -> str:
    """Return the first part of which a text differs: of those that have one now, then of those that had one."""
    for texts in (now, before):
        for part in dict.fromkeys(PARTS.values()):
            if any(now.get(name) != before.get(name) for name in texts if name.startswith(f"{part}.")):
                return part
    return ""


Step = tuple[bytes, Desk]
"""A key, and how things stand after it."""


def script(desk: Desk, rng: random.Random, deeds: int) -> list[Step]:
    """Return the keys of some deeds at random; they begin and end where letters are keys."""
    steps: list[Step] = [(b"", desk)]
    for _ in range(deeds):
        deed = rng.choices((_typing, _pane, _view, _undo, _laws, _ranges, _lock, _theme, _fresh), _WEIGHTS)[0]
        steps += deed(steps[-1][1], rng)
    return steps[1:]


_WEIGHTS = (8, 4, 3, 4, 2, 2, 1, 1, 0.4)


def _to(desk: Desk, pane: str) -> list[Step]:
    return [(b"%d" % (PANES.index(pane) + 1), desk.go(pane))]


def _typed(desk: Desk, name: str, text: str) -> list[Step]:
    """Return the steps of typing into a field that has just got the focus, which has all of its text chosen."""
    if not text:
        return [(b"\x7f", desk.put({name: ""}, run=name))]
    steps = []
    for end in range(1, len(text) + 1):
        desk = desk.put({name: text[:end]}, run=name)
        steps.append((text[end - 1].encode(), desk))
    return steps


def _typing(desk: Desk, rng: random.Random) -> list[Step]:
    """Go to a field, by a jump or by tab, type, and leave it."""
    pane = rng.choice(sorted(FIELDS))
    steps = [] if desk.pane == pane else _to(desk, pane)
    desk = replace(steps[-1][1] if steps else desk, run="")
    place, (name, _, texts) = rng.choice(sorted(FIELDS[pane].items()))
    jumped = rng.random() < 0.4 and not desk.wide  # in two panes, letters go to the left one first
    keys = [b"f", JUMPS[place : place + 1]] if jumped else [b"/", *[b"\t"] * place]
    steps += [(key, desk) for key in keys]
    steps += _typed(desk, f"{PARTS[pane]}.{name}", rng.choice(texts))
    return [*steps, (b"\r", replace(steps[-1][1], run=""))]


def _pane(desk: Desk, rng: random.Random) -> list[Step]:
    if desk.wide and rng.random() < 0.3:
        return [(b"w", replace(desk, side=1 - desk.side, run=""))]
    return _to(desk, rng.choice(PANES))


def _view(desk: Desk, rng: random.Random) -> list[Step]:
    if desk.pane == "budget":
        return _to(desk, "frontier")
    if desk.pane == "frontier":
        if rng.random() < 0.5:
            return [(b"i", replace(desk, slice=not desk.slice))]
        return [(b"m", replace(desk, models=not desk.models))]
    return [(b"p", replace(desk, plotted=desk.plotted ^ {desk.pane}, run=""))]


def _undo(desk: Desk, rng: random.Random) -> list[Step]:
    steps = [(b"u", desk.undo())]
    if rng.random() < 0.4:
        steps.append((b"U", steps[-1][1].redo()))
    return steps


def _laws(desk: Desk, rng: random.Random) -> list[Step]:
    place = rng.choice(list(LAWS))
    keys = [b"v", *[b"j"] * place, b"o"]
    return [*((key, replace(desk, run="")) for key in keys), (b"\r", desk.put({"calc.law": LAWS[place]}))]


def _ranges(desk: Desk, rng: random.Random) -> list[Step]:
    return [(b"R", desk.put({}, ranges=not desk.ranges))]


def _lock(desk: Desk, rng: random.Random) -> list[Step]:
    """Give N and D, have C solved for, then N: C = 6 x 70e9 x 1.4e12 = 5.88e23."""
    steps = [] if desk.pane == "budget" else _to(desk, "budget")
    steps.append((b"/", replace(steps[-1][1] if steps else desk, run="")))
    for name, text, then in (("flops", "", b"\t"), ("params", "70B", b"\t"), ("tokens", "1.4T", b"\r")):
        steps += _typed(steps[-1][1], f"calc.{name}", text)
        steps.append((then, replace(steps[-1][1], run="")))
    return [*steps, (b"s", steps[-1][1].put({"calc.flops": "5.88e23", "calc.params": ""}))]


def _theme(desk: Desk, rng: random.Random) -> list[Step]:
    return [(b"T", replace(desk, theme=THEMES[(THEMES.index(desk.theme) + 1) % len(THEMES)]))]


def _fresh(desk: Desk, rng: random.Random) -> list[Step]:
    """Start afresh from the palette."""
    keys = [(key.encode(), desk) for key in ":afresh"]
    return [*keys, (b"\r", replace(desk.take({"calc.flops": "5.76e23"}, True), run=""))]
