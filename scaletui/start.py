"""Opening the app: what must hold of the terminal, and what must be set before textual is imported."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from scaletui import terminal

if TYPE_CHECKING:
    from scaletui.app import ScaletuiApp
    from scaletui.session import Session
    from scaletui.settings import Settings

PATIENCE = 10.0
"""What an app that was told to end may take for it [s]: one of its threads may wait for a lost terminal."""


def open_app(options: Mapping[str, str] | None = None) -> int:
    """Open the app and return the exit code; where it cannot run, one line says why and what to use instead.

    Parameters
    ----------
    options : mapping of str
        What the command line says, by the names of the settings, and ``scenario``, the name of one to open.
    """
    # Textual paints through stderr, so all three must be the terminal.
    if not all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):
        return _refuse("the app needs a terminal (in a pipe or script use: scaletui calc --flops 5.76e23)")
    if terminal.dumb():
        return _refuse("the app needs a terminal that can move its cursor; TERM is dumb or unset (use: scaletui calc)")
    from scaletui_core.errors import ScaletuiError

    try:
        chosen, texts = _chosen(options or {})
    except ScaletuiError as error:
        return _refuse(str(error), error.exit_code)
    _settle_colors(chosen.color)
    # Textual paces its repaints by this, and reads it at import: at 240 a keystroke waits 4 ms for its paint, not 17.
    os.environ.setdefault("TEXTUAL_FPS", "240")
    from scaletui.app import ScaletuiApp

    session, first = _session(chosen, texts is None)
    app = ScaletuiApp(
        texts,
        "braille" if terminal.unicode_shown(chosen.ascii) else "ascii",
        terminal.colors(True, chosen.color),
        _keymap(chosen),
        chosen.theme,
        chosen.threads,
        session,
        tour=first and chosen.tour,
    )
    app.animation_level = "full" if chosen.animations else "none"
    app.call_after_refresh(_collect_again)
    app.call_later(_leave_on_signals, app)
    app.run(mouse=chosen.mouse)
    session.close()
    _let_go()
    return app.return_code or 0


def _let_go() -> None:
    """Have nothing left to write to a terminal that may be gone, or the interpreter ends with a code of its own."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _chosen(options: Mapping[str, str]) -> tuple[Settings, dict[str, dict[str, str]] | None]:
    """Return the settings that hold, and the texts to start from, where a scenario is named.

    One that there is not is said before the screen is taken.
    """
    from scaletui.settings import settings

    chosen = settings(options)
    if "scenario" not in options:
        return chosen, None
    from scaletui import locations, saved
    from scaletui_core.app_texts import texts_for_app

    scenario = saved.load(options["scenario"], locations.catalog(), locations.scenario_folder(), "--scenario")
    return chosen, texts_for_app(scenario.texts)


def _session(chosen: Settings, restore: bool) -> tuple[Session, bool]:
    """Return the session, and whether this is the first start of all."""
    from scaletui import locations
    from scaletui.session import Session

    folder = locations.state_folder()
    first = folder is not None and not os.path.isdir(folder)
    session = Session.start(folder, restore=chosen.restore and restore)
    return session, first and session.problem is None


def _keymap(chosen: Settings) -> dict[str, str]:
    if chosen.keys == "default" and not chosen.keymap:
        return {}
    from scaletui.keymap import keymap

    return keymap(chosen.keys, chosen.keymap)


_TEXTUAL = {"truecolor": "truecolor", "256": "256", "16": "standard"}


def _settle_colors(asked: str) -> None:
    """Have Textual, which asks the environment when it is imported, show the colours that the setting asks for."""
    if asked == "none":
        os.environ["NO_COLOR"] = "1"
    elif asked in _TEXTUAL:
        os.environ["TEXTUAL_COLOR_SYSTEM"] = _TEXTUAL[asked]
        os.environ.pop("NO_COLOR", None)
    elif not os.environ.get("NO_COLOR", "1"):
        del os.environ["NO_COLOR"]  # set but empty means nothing, which Textual does not know


def _leave_on_signals(app: ScaletuiApp) -> None:
    """Give the terminal back when told to end, by ``kill`` or by a terminal that goes away."""
    import asyncio

    from scaletui.lasting import once_lost

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, _leave, app, 128 + number)

    def hung_up() -> None:
        with suppress(RuntimeError):  # it has left in the meantime
            loop.call_soon_threadsafe(_leave, app, 128 + signal.SIGHUP)

    once_lost(sys.stdin.fileno(), hung_up)


def _leave(app: ScaletuiApp, code: int) -> None:
    """Leave, by force where it cannot be done otherwise; the state is kept before anything else."""
    import threading

    force = threading.Timer(PATIENCE, os._exit, (code,))
    force.daemon = True
    force.start()
    app.exit(None, code)


def _collect_again() -> None:
    """Let the collector work again, sparing what was imported: it lives to the end."""
    gc.freeze()
    gc.enable()


def _refuse(reason: str, code: int = 2) -> int:
    sys.stderr.write(f"scaletui: {reason}\n")
    return code
