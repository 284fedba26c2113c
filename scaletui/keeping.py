"""Between the app and its session: what is kept of the app, and how it becomes that again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaletui.history import History
from scaletui.session_state import State as Kept
from scaletui.session_state import View
from scaletui.state import State
from scaletui.themes import THEMES

if TYPE_CHECKING:
    from scaletui.app import ScaletuiApp

_APP = "app"  # among the names of panes
_NOTED = "noted"  # in what is kept of it: where the text of a field came from
_STEPS = 50


def kept_of(app: ScaletuiApp) -> Kept:
    """Return what a session keeps of an app: fields, panes, how they look, and the last steps that undo takes back."""
    state = app.scenario.state
    names = [title.lower() for title in app.titles]
    views: dict[str, dict[str, View]] = {**app.views, **{names[n]: pane.view() for n, pane in app.made_panes.items()}}
    left, right = app.slots
    views[_APP] = {"theme": app.theme, "side": app.side, "against": app.against_name, **_noted(app)}
    history = [[one.texts for one in states] for states in app.history.as_list(_STEPS)]
    return Kept(state.texts, names[left], names[right], views, state.ranges, history)


def become(app: ScaletuiApp, kept: Kept, theme: bool) -> None:
    """Make an app that does not run yet what a session kept; what means nothing here is passed over.

    ``theme`` says whether its theme counts, too.
    """
    app.scenario.put(State(kept.texts, kept.ranges))
    app.history = _history(app.scenario.state, kept)
    names = [title.lower() for title in app.titles]
    slots = [names.index(name) for name in (kept.pane, kept.beside) if name in names]
    look = kept.views.get(_APP, {})
    if len(set(slots)) == 2:
        app.slots = slots
        app.side = 1 if look.get("side") == 1 else 0
    app.against_name = str(look.get("against") or "")
    for key, said in look.items():
        kind, part, name = (*key.split("."), "", "")[:3]
        if kind == _NOTED and part in kept.texts and kept.texts[part].get(name) and isinstance(said, str):
            app.scenario.noted[part][name] = kept.texts[part][name], said
    app.views = {name: kept.views[name] for name in names if name in kept.views}
    if theme and look.get("theme") in THEMES:
        app.theme = str(look["theme"])


def _noted(app: ScaletuiApp) -> dict[str, View]:
    """Return where texts in fields came from, as far as they still stand there."""
    return {
        f"{_NOTED}.{part}.{name}": said
        for part, noted in app.scenario.noted.items()
        for name, (text, said) in noted.items()
        if app.scenario.texts[part].get(name) == text
    }


def _history(now: State, kept: Kept) -> History[State]:
    """Return the steps that can be undone; none where those that were kept do not lead to what there is now."""
    if len(kept.history) != 2 or not kept.history[0] or kept.history[0][-1] != now.texts:
        return History(now)
    past, undone = ([State(texts, kept.ranges) for texts in states] for states in kept.history)
    return History.from_list([past, undone])
