"""What the palette offers: every action by name, then panes, fields, scenarios, laws and themes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaletui import locations, saved
from scaletui.keymap import KEYS, shown_key
from scaletui.screens.palette import Entry
from scaletui.themes import THEMES
from scaletui.widgets.field import FieldInput

if TYPE_CHECKING:
    from scaletui.app import ScaletuiApp

_NOT_HERE = ("field.", "prompt.", "dialog.", "lines.", "app.palette")


def entries_of(app: ScaletuiApp) -> list[Entry]:
    """Return all that can be done where the focus is."""
    return [*_keys(app), *_panes(app), *_more(app), *_fields(app), *_scenarios(app), *_laws(app), *_themes()]


def _keys(app: ScaletuiApp) -> list[Entry]:
    found: dict[str, Entry] = {}
    for active in app.screen.active_bindings.values():
        id = active.binding.id
        if id is not None and active.enabled and not id.startswith(_NOT_HERE):
            entry = Entry(KEYS[id].words, shown_key(active.binding.key), active.binding.action, active.node)
            found.setdefault(id, entry)
    return [found[id] for id in KEYS if id in found]


def _panes(app: ScaletuiApp) -> list[Entry]:
    return [Entry(f"pane: {title}", str(n % 10), f"app.pane({n - 1})") for n, title in enumerate(app.titles, 1)]


def _more(app: ScaletuiApp) -> list[Entry]:
    entries = [
        Entry("tour: four screens for a start", "", "app.tour"),
        Entry("start afresh, with Gopher's budget (undo brings back what stood there)", "", "app.fresh"),
    ]
    if app.against is not None:
        entries.append(Entry(f"compare no more with {app.against_name}", "", "app.compare_no_more"))
    return entries


def _fields(app: ScaletuiApp) -> list[Entry]:
    return [
        Entry(f"field: {widget.field.label}. {widget.field.help}", "", f"app.go({widget.id!r})")
        for pane in app.panes_in_sight
        for widget in pane.query(FieldInput)
    ]


def _scenarios(app: ScaletuiApp) -> list[Entry]:
    shelf = saved.shelf(app.scenario.catalog, locations.scenario_folder())
    found = [(name, shelf.get(name)) for name in shelf.names]
    return [Entry(f"open scenario {name}: {one.title}", "", f"app.open({name!r})") for name, one in found if one]


def _laws(app: ScaletuiApp) -> list[Entry]:
    records = app.scenario.catalog.load("laws").records
    all_laws = Entry("laws: all", "", "app.take_laws('')")
    return [
        all_laws,
        *(
            Entry(f"law: {key} alone. {record['name']}", "", f"app.take_laws({key!r})")
            for key, record in records.items()
        ),
    ]


def _themes() -> list[Entry]:
    return [Entry(f"theme: {name}", "", f"app.take_theme({name!r})") for name in THEMES]
