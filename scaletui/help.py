"""The help: what the pane in sight is for, the keys as they are set, ranges, symbols. One table of keys feeds it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scaletui.keymap import KEYS, shown_keys
from scaletui.render.words import wrapped

_RANGES = (
    ("1e23..1e25", "the central 90% of a log-normal; of a fraction, such as 30%..50%, in its odds"),
    ("0.4..1.8..10", "the same with its median: a spread of its own on either side"),
    ("1M..4M@50%", "the ends are quartiles; any coverage may stand there"),
    ("70B..140B", "each part has its own suffix; a unit may stand on the last part alone: 20..40 d"),
    ("values, (a to b)", "medians, and the ends of the interval; in tables they stand below the value"),
    ("a |shape| b", "the spread of what the cursor is on, 0.5% to 99.5% of the samples, and what drives it"),
)
_SYMBOLS = (
    ("C", "training compute [FLOP]; C = 6 N D, forward and backward pass of a dense transformer"),
    ("N", "parameters; what they count differs by law (explain says)"),
    ("D", "training tokens"),
    ("L", "loss on held-out text [nats/token]; losses of laws fitted on different data do not compare"),
)
_PLACES = (
    ("field", "IN A FIELD"),
    ("lines", "IN RESULTS AND LISTS"),
    ("plot", "IN A PLOT"),
    ("app", "EVERYWHERE"),
    ("dialog", "IN WHAT COMES UP OVER THE PANES"),
    ("prompt", "WHERE A NAME IS ASKED FOR"),
)


def help_text(
    title: str, about: str, places: Sequence[str], tabs: Sequence[str], keymap: Mapping[str, str], width: int
) -> str:
    """Return the help.

    Parameters
    ----------
    title, about : str
        Of the pane in sight.
    places : sequence of str
        Where this pane's own keys are declared: the first part of their ids.
    tabs : sequence of str
        Titles of all panes, in order.
    keymap : mapping
        Keys by id, where they are not the default ones.
    width : int
        Columns to lay it out for.
    """
    out = [title.upper()]
    for part in about.split("\n\n"):
        out += wrapped(" ".join(part.split()), width, "")

    def listed(place: str) -> list[str]:
        found = [key for key in KEYS.values() if key.id.partition(".")[0] == place]
        return [
            line
            for key in found
            for line in _entry(f"  {shown_keys(keymap.get(key.id, key.keys)):<16} ", key.words, width)
        ]

    own = [line for place in places for line in listed(place)]
    if own:
        out += ["", f"KEYS OF {title.upper()}", *own]
    out += ["", "PANES (digits and letters are keys when no field has the focus)"]
    out += [f"  {n:<16} {tab}" for n, tab in enumerate(tabs, 1)]
    for place, heading in _PLACES:
        out += ["", heading, *listed(place)]
        if place == "field":
            text = (
                "in a field that shows what it inherits, as 72.2B (budget): inherit nothing; a text pins your own value"
            )
            out += _entry(f"  {'-':<16} ", text, width)
    out += ["", "RANGES (in any field with a number)"]
    out += [line for text, words in _RANGES for line in _entry(f"  {text:<20}  ", words, width)]
    out += ["", "SYMBOLS"]
    out += [line for symbol, text in _SYMBOLS for line in _entry(f"  {symbol}  ", text, width)]
    return "\n".join(out)


def _entry(head: str, text: str, width: int) -> list[str]:
    lines = wrapped(text, max(width - len(head), 1), "")
    return [(head if index == 0 else " " * len(head)) + line for index, line in enumerate(lines)]
