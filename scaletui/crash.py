"""What a person is told when the app breaks: one message, and a file with what whoever mends it needs."""

from __future__ import annotations

import os
import tempfile
import traceback

from scaletui import locations
from scaletui_core import __version__
from scaletui_core.safetext import visible


def told(error: BaseException) -> str:
    """Return the message about a fault of our own; the traceback goes into a file.

    >>> told(ValueError("no such thing")).splitlines()[0]
    'scaletui broke: ValueError: no such thing. This is a fault of scaletui, not yours.'
    """
    what = f"{type(error).__name__}: {visible(str(error), 200)}"
    lines = [f"scaletui broke: {what}. This is a fault of scaletui, not yours."]
    text = f"scaletui {__version__}\n" + "".join(traceback.format_exception(error))
    path = _written(text)
    lines.append("What you had is kept for the next start." + (f" Please report it with {path}" if path else ""))
    return "\n".join(lines)


def _written(text: str) -> str | None:
    folder = locations.state_folder()
    for place in (folder and os.path.dirname(folder), tempfile.gettempdir()):
        if not place:
            continue
        try:
            os.makedirs(place, mode=0o700, exist_ok=True)
            handle, path = tempfile.mkstemp(prefix="scaletui-broke-", suffix=".txt", dir=place)
        except OSError:
            continue
        with open(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
        return path
    return None
