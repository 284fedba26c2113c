"""Makes docs/app.svg, the picture of the app in the README: ``.venv/bin/python docs/picture.py``."""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path

os.environ.update(LANG="C.UTF-8", LC_ALL="C.UTF-8", TERM="xterm-256color")


async def main() -> None:
    """Open the app at Gopher's budget on a wide terminal and save the screen."""
    from scaletui.app import ScaletuiApp

    app = ScaletuiApp()
    async with app.run_test(size=(172, 44)) as pilot:
        await pilot.pause()
        picture = app.export_screenshot(title="scaletui")
    # The fonts are the reader's own: a picture in a README fetches nothing.
    picture = re.sub(r"@font-face \{.*?\}", "", picture, flags=re.DOTALL).replace("Fira Code", "DejaVu Sans Mono")
    Path(__file__).with_name("app.svg").write_text("\n".join(line.rstrip() for line in picture.splitlines()) + "\n")


asyncio.run(main())
