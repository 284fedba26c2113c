"""The help: what the pane in sight is for, what its numbers, words and fields mean, the keys as they are set."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from scaletui.glossary import ENTRIES, shown
from scaletui.jargon import words_of
from scaletui.keymap import KEYS, shown_keys
from scaletui.render.figures import Figure
from scaletui.render.words import wrapped
from scaletui.sheet import SOLVED, in_app
from scaletui_core.answer import Answer
from scaletui_core.fields import CHOICE, FLAG, FLEET, NAMES, TEXT, Field
from scaletui_core.flow import ORIGINS
from scaletui_core.quantity_text import format_quantity

_RANGES = (
    ("1e23..1e25", "the central 90% of a log-normal; of a fraction, such as 30%..50%, in its odds"),
    ("0.4..1.8..10", "the same with its median: a spread of its own on either side"),
    ("1M..4M@50%", "the ends are quartiles; any coverage may stand there"),
    ("70B..140B", "each part has its own suffix; a unit may stand on the last part alone: 20..40 d"),
    (
        "values, (a to b)",
        "medians, and the ends of the interval; in tables these stand below, as 5% and 95%: so many samples are less",
    ),
    (
        "a |shape| b",
        "the spread of what the cursor is on, 0.5% to 99.5% of the samples, and what drives it (1: rises with it, -1: "
        "falls)",
    ),
)
_TOP = (
    (
        "C, N, D",
        "of the scenario; 'by law': each law has its own, and other panes take those of the first law that is "
        "named, else of epoch-2024",
    ),
    ("=", "worked out by C = 6 N D, or from the machine, where it was not given"),
    ("! ...", "what makes no sense as it stands; the last good answer is shown"),
)
_PLACES = (
    ("field", "IN A FIELD"),
    ("lines", "IN RESULTS AND LISTS"),
    ("plot", "IN A PLOT"),
    ("app", "EVERYWHERE"),
    ("dialog", "IN WHAT COMES UP OVER THE PANES"),
    ("prompt", "WHERE A NAME IS ASKED FOR"),
)
_NUMBERS = "B: billion, T: trillion"
_EMPTY = "empty: what is said here, or nothing"
_WORDY = (NAMES, FLEET, CHOICE, FLAG, TEXT)
_UNITS = {"fraction": "%"}
_BARE = {60.0: "minutes", 86400.0: "days", 31536000.0: "years"}  # what a number alone means, by its size [s]
_COLUMN = 10  # of labels; longer ones run into their meaning


class Page(NamedTuple):
    """What a help is about: a pane as it stands.

    Attributes
    ----------
    title, about : str
        Of the pane in sight.
    places : sequence of str
        Where the pane's own keys are declared: the first part of their ids.
    calculators : sequence of str
        Whose numbers it shows, by name (`scaletui.glossary.ENTRIES`).
    answer : Answer or None
        The one in sight, its rows in the order in which they are shown.
    table_first : bool
        Whether its table comes before what holds for all of it.
    part : str
        The part of the scenario that the fields are of.
    fields : sequence of Field
        In their order.
    focused, said : str
        Name of the field in focus, and what it is understood as; empty without one.
    figures : sequence of Figure
        What the answer can be plotted as.
    """

    title: str
    about: str
    places: Sequence[str] = ()
    calculators: Sequence[str] = ()
    answer: Answer | None = None
    table_first: bool = False
    part: str = "calc"
    fields: Sequence[Field] = ()
    focused: str = ""
    said: str = ""
    figures: Sequence[Figure] = ()


def help_text(page: Page, tabs: Sequence[str], keymap: Mapping[str, str], width: int) -> str:
    """Return the help.

    Parameters
    ----------
    page : Page
        The pane in sight.
    tabs : sequence of str
        Titles of all panes, in order.
    keymap : mapping
        Keys by id, where they are not the default ones.
    width : int
        Columns to lay it out for.

    Examples
    --------
    >>> text = help_text(Page("Batch", "Which batch?", ("budget",)), ["Budget", "Batch"], {}, 74)
    >>> [line for line in text.splitlines() if line.isupper()][:3]
    ['WORDS', 'THE TOP LINE', 'KEYS OF BATCH']
    """
    about = [line for part in page.about.split("\n\n") for line in wrapped(" ".join(part.split()), width, "")]
    focused = [line for field in page.fields if field.name == page.focused for line in _field(page, field, width)]
    now, also = _numbers(page, width)
    fields = [line for field in page.fields for line in _field(page, field, width)]
    ranges = [line for text, words in _RANGES for line in _entry(f"  {text:<20}  ", words, width)]
    plots = [
        line
        for figure in page.figures
        for line in _entry(f"  {figure.name:<{_COLUMN}}  ", in_app(figure.help, page.part), width)
    ]
    used = "\n".join([*about, *now, *also, *plots, *fields, *ranges])
    words = [line for word, meaning in words_of(used) for line in _defined(word, meaning, width)]
    sections = [
        ("", about),
        ("THE FIELD YOU ARE IN", [*focused, *wrapped(f"  now: {page.said}" if page.said else "", width, "    ")]),
        (f"NUMBERS ON THE SCREEN NOW ({_NUMBERS})", now),
        ("NUMBERS ALSO (of other inputs, and of explanations)", also),
        ("WORDS", words),
        (f"FIELDS ({_EMPTY})", fields),
        ("PLOTS", plots),
        ("THE TOP LINE", [line for sign, text in _TOP for line in _defined(sign, text, width)]),
        *_keys(page, tabs, keymap, width),
        ("RANGES (in any field with a number)", ranges),
    ]
    blocks = ["\n".join([heading, *lines] if heading else lines) for heading, lines in sections if lines]
    return "\n\n".join(blocks)


def _numbers(page: Page, width: int) -> tuple[list[str], list[str]]:
    """Return what the numbers mean that the answer shows, and what the others do."""
    known = {(name, row_id): entry for name in page.calculators for row_id, entry in ENTRIES.get(name, {}).items()}
    live = {} if page.answer is None else dict(shown(page.answer, page.table_first))
    answered = "" if page.answer is None else page.answer.calculator
    now = [
        line
        for row_id, label in live.items()
        if (answered, row_id) in known
        for line in _defined(label, known[answered, row_id].meaning, width)
    ]
    said: dict[tuple[str, str], None] = {}
    for (name, row_id), entry in known.items():
        if name != answered or row_id not in live:
            said[entry.label.replace("*", "..."), entry.meaning] = None
    return now, [line for label, meaning in said for line in _defined(label, meaning, width)]


def _field(page: Page, field: Field, width: int) -> list[str]:
    return _defined(field.label, field_text(field, page.part), width)


def field_text(field: Field, part: str) -> str:
    """Return what a field takes, in the words of the app: what it is, unit, example, what it is when empty, bounds.

    >>> from scaletui_core.budget import BudgetInputs
    >>> from scaletui_core.fields import fields_of
    >>> fields = {field.name: field for field in fields_of(BudgetInputs)}
    >>> field_text(fields["params"], "calc")
    'Model size N [parameters]. Such as 70B; empty: solved for; 1 to 1e149.'
    >>> field_text(fields["precision"], "calc")
    'Number format, whose dense peak counts. One of bf16, fp16, fp8; empty: bf16.'
    """
    text = in_app(field.help.replace("; repeatable", ""), part).rstrip(".")
    unit = (
        ""
        if field.unit in _WORDY or field.unit == "1" or field.bare != 1.0
        else f" [{_UNITS.get(field.unit, field.unit)}]"
    )
    more = []
    if field.unit == CHOICE:
        more.append(f"one of {', '.join(field.choices)}")
    elif field.unit == FLAG:
        more.append("yes or no; empty: no")
    else:
        more.append(f"such as {field.example}{', or several between commas' if field.unit == NAMES else ''}")
    if field.bare in _BARE and "bare number" not in field.help:
        more.append(f"a number alone is {_BARE[field.bare]}")
    if part == "calc" and field.name in SOLVED:
        more.append("empty: solved for")
    elif field.name in ORIGINS.get(part, {}):
        origin = ORIGINS[part][field.name]
        more.append(f"empty: from the pane {'Budget' if origin == 'calc' else origin.title()}")
        if (part, field.name) == ("speed", "hardware"):  # `scaletui_core.flow` finds one
            more[-1] += ", else a node of eight, or as many as hold N"
        more[-1] += f", else {field.default}" if field.default else ""
    elif field.default:
        more.append("empty: what the presets say" if field.default == "presets" else f"empty: {field.default}")
    if field.whole:
        more.append("a whole number")
    more += _bounds(field)
    said = "; ".join(more)
    return f"{text}{unit}. {said[0].upper()}{said[1:]}."


def _bounds(field: Field) -> list[str]:
    def shown_bound(value: float) -> str:
        return format_quantity(value, field.unit)

    if field.low is not None and field.high is not None:
        return [f"{shown_bound(field.low)} to {shown_bound(field.high)}"]
    if field.low is not None:
        return [f"at least {shown_bound(field.low)}"]
    return [] if field.high is None else [f"at most {shown_bound(field.high)}"]


def _keys(page: Page, tabs: Sequence[str], keymap: Mapping[str, str], width: int) -> Iterable[tuple[str, list[str]]]:
    """Yield the sections of the keys: those of the pane, of the panes, and of everything else."""

    def listed(place: str) -> list[str]:
        found = [key for key in KEYS.values() if key.id.partition(".")[0] == place]
        return [
            line
            for key in found
            for line in _entry(f"  {shown_keys(keymap.get(key.id, key.keys)):<16} ", key.words, width)
        ]

    yield f"KEYS OF {page.title.upper()}", [line for place in page.places for line in listed(place)]
    yield (
        "PANES (digits and letters are keys when no field has the focus)",
        [f"  {n % 10:<16} {tab}" for n, tab in enumerate(tabs, 1)],
    )
    for place, heading in _PLACES:
        lines = listed(place)
        if place == "field":
            text = (
                "in a field that shows what it inherits, as 72.2B (budget): inherit nothing; a text pins your own value"
            )
            lines += _entry(f"  {'-':<16} ", text, width)
        yield heading, lines


def _defined(label: str, text: str, width: int) -> list[str]:
    """Return a label with what it means: a short one in a column of its own, a longer one before the text."""
    head, indent = f"  {label:<{_COLUMN}}  ", " " * (_COLUMN + 4)
    if len(head) > width * 3 // 4:
        return [head.rstrip(), *wrapped(indent + text, width, indent)]
    glued = head.replace(" ", "\0") + text  # else its spaces would be breaks
    return [line.replace("\0", " ") for line in wrapped(glued, width, indent)]


def _entry(head: str, text: str, width: int) -> list[str]:
    lines = wrapped(text, max(width - len(head), 1), "")
    return [(head if index == 0 else " " * len(head)) + line for index, line in enumerate(lines)]
