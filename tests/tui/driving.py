"""What the tests of the app drive it with: fields by name, what is shown, what is painted."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

from textual.pilot import Pilot

from scaletui.app import ScaletuiApp
from scaletui.widgets.field import FieldInput
from scaletui.widgets.lines import LineView

SIZE = (80, 24)
LIMIT = 60.0  # s; what is not shown by then will not be
Pilots = Pilot[None]


def field(app: ScaletuiApp, name: str, pane: str = "budget") -> FieldInput:
    return app.query_one(f"#{pane}-field-{name}", FieldInput)


def echo(app: ScaletuiApp) -> str:
    return " ".join(str(app.pane.query_one(".echo").render()).split())


def shown(app: ScaletuiApp) -> list[str]:
    return [text for _, text, _ in app.pane.query_one(".results", LineView).lines]


def screen_text(app: ScaletuiApp) -> str:
    """Return what is painted, line by line."""
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


async def fill(pilot: Pilots, name: str, text: str, pane: str = "budget") -> None:
    """Put a text into a field in place of what stands there, at once: keys take 50 ms each here."""
    widget = field(app_of(pilot), name, pane)
    widget.screen.set_focus(widget)
    widget.value = text
    await pilot.pause()


def app_of(pilot: Pilots) -> ScaletuiApp:
    app = pilot.app
    assert isinstance(app, ScaletuiApp)
    return app


async def sighted(pilot: Pilots, sight: str) -> None:
    """Wait until the screen shows a text."""
    end = time.monotonic() + LIMIT
    while sight not in screen_text(app_of(pilot)):
        assert time.monotonic() < end, f"nowhere {sight!r}:\n{screen_text(app_of(pilot))}"
        await pilot.pause()


def pressed(keys: tuple[str, ...], sight: str) -> Callable[[Pilots], Awaitable[None]]:
    """Return what presses keys when the app stands, and waits for what they lead to: a picture is not too early."""

    async def press(pilot: Pilots) -> None:
        await sighted(pilot, "training compute C")
        await pilot.press(*keys)
        await sighted(pilot, sight)
        await pilot.pause()

    return press


async def until(pilot: Pilots, what: Callable[[], bool], limit: float = 120.0) -> None:
    """Wait until something holds that a thread or a process brings about."""
    end = time.monotonic() + limit
    while not what():
        assert time.monotonic() < end, screen_text(app_of(pilot))
        await pilot.pause(0.02)
    await pilot.pause()
