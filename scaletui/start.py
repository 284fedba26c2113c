"""Opening the app: what must hold of the terminal, and what must be set before textual is imported."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from typing import TYPE_CHECKING

from scaletui import terminal

if TYPE_CHECKING:
    from scaletui.app import ScaletuiApp


def open_app() -> int:
    """Open the app and return the exit code; where it cannot run, one line says why and what to use instead."""
    # Textual paints through stderr, so all three must be the terminal.
    if not all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):
        return _refuse("the app needs a terminal (in a pipe or script use: scaletui calc --flops 5.76e23)")
    if terminal.dumb():
        return _refuse("the app needs a terminal that can move its cursor; TERM is dumb or unset (use: scaletui calc)")
    if not os.environ.get("NO_COLOR", "1"):
        del os.environ["NO_COLOR"]  # set but empty means nothing, which Textual does not know
    # Textual paces its repaints by this, and reads it at import: at 240 a keystroke waits 4 ms for its paint, not 17.
    os.environ.setdefault("TEXTUAL_FPS", "240")
    from scaletui.app import ScaletuiApp

    app = ScaletuiApp()
    app.call_after_refresh(_collect_again)
    app.call_later(_leave_on_signals, app)
    app.run()
    return app.return_code or 0


def _leave_on_signals(app: ScaletuiApp) -> None:
    """Give the terminal back when told to end, by ``kill`` or by a terminal that goes away."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, app.exit, None, 128 + number)


def _collect_again() -> None:
    """Let the collector work again, sparing what was imported: it lives to the end."""
    gc.freeze()
    gc.enable()


def _refuse(reason: str) -> int:
    sys.stderr.write(f"scaletui: {reason}\n")
    return 2
