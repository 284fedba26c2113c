"""The command: ``scaletui`` and ``python -m scaletui``."""

from __future__ import annotations

import gc
import sys


def main() -> None:
    """Run the command line and leave with its exit code; Ctrl-C anywhere is 130, silently."""
    # Imports make objects that live to the end; not collecting among them saves a tenth of a one-shot.
    gc.disable()
    try:
        if len(sys.argv) == 1:  # the app; it has no use for a command line parser
            from scaletui.start import open_app

            code = open_app()
        else:
            from scaletui.cli import run

            code = run(sys.argv[1:])
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)


if __name__ == "__main__":
    main()
