"""The bindings of the app, made of the table of keys."""

from __future__ import annotations

from textual.binding import Binding

from scaletui.keymap import KEYS, shown_key


def bound(id: str, action: str, *, priority: bool = False) -> Binding:
    """Return the binding of a key of `scaletui.keymap.KEYS`; a keymap may give its id other keys."""
    key = KEYS[id]
    shown = bool(key.label)
    return Binding(key.keys, action, key.label or key.words, show=shown, priority=priority, id=id)


def label_of(binding: Binding) -> tuple[str, str]:
    """Return the key and the word that the line of keys shows of a binding."""
    return shown_key(binding.key), binding.description
