"""Opening the app: what must hold of the terminal, and what must be set before textual is imported."""

from __future__ import annotations

import gc
import os
import sys

from scaletui import terminal


def open_app() -> int:
    """Open the app and return the exit code; where it cannot run, one line says why and what to use instead."""
    # Textual paints through stderr, so all three must be the terminal.
    if not (sys.stdin.isatty() and sys.stdout.isatty() and sys.stderr.isatty()):
        return _refuse("the app needs a terminal (in a pipe or script use: scaletui calc --flops 5.76e23)")
    if terminal.dumb():
        return _refuse("the app needs a terminal that can move its cursor; TERM is dumb or unset (use: scaletui calc)")
    # Textual paces its repaints by this, and reads it at import: at 240 a keystroke waits 4 ms for its paint, not 17.
    os.environ.setdefault("TEXTUAL_FPS", "240")
    from scaletui.app import ScaletuiApp

    app = ScaletuiApp()
    app.call_after_refresh(_collect_again)
    app.run()
    return app.return_code or 0


def _collect_again() -> None:
    """Let the collector work again, sparing what was imported: it lives to the end."""
    gc.freeze()
    gc.enable()


def _refuse(reason: str) -> int:
    sys.stderr.write(f"scaletui: {reason}\n")
    return 2
