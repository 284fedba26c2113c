"""The colours of the themes: what stands on what shows, in full colour, in 256, and in the sixteen of a terminal."""

from __future__ import annotations

import pytest
from looking import SIXTEEN, contrast
from rich.color import Color, ColorSystem
from textual.color import Color as Blended

from scaletui.painting import shown
from scaletui.render.plot import PALETTE
from scaletui.themes import THEMES
from scaletui.widgets.plot import _ON_LIGHT

COLORED = ("dark", "light", "contrast")
SYSTEMS = {"truecolor": ColorSystem.TRUECOLOR, "256": ColorSystem.EIGHT_BIT}


def variables(name: str) -> dict[str, str]:
    theme = THEMES[name]
    return theme.to_color_system().generate() | theme.variables


def hexed(color: str, system: ColorSystem) -> str:
    """Return the hex digits of a colour as a terminal shows it."""
    return shown(Color.parse(color), system).get_truecolor().hex[1:]


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("name", COLORED)
def test_text_shows_on_its_grounds(name: str, system: str) -> None:
    colors = {
        key: hexed(value, SYSTEMS[system])
        for key, value in variables(name).items()
        if value[:1] == "#" and len(value) == 7
    }
    for ground in ("background", "surface"):
        for ink in ("foreground", "primary", "secondary", "accent", "muted", "warning", "error", "success"):
            ratio = contrast(colors[ink], colors[ground])
            assert ratio >= 4.5, f"{ink} {colors[ink]} on {ground} {colors[ground]}: {ratio:.2f}"
    assert contrast(colors["input-cursor-background"], colors["surface"]) >= 4.5
    assert contrast(colors["input-cursor-background"], colors["input-cursor-foreground"]) >= 4.5
    assert contrast(colors["scrollbar"], colors["scrollbar-background"]) >= 3
    assert colors["surface"] != colors["background"], "a field looks as what is around it"


@pytest.mark.parametrize("name", COLORED)
def test_chosen_text_shows(name: str) -> None:
    colors = variables(name)
    ground = Blended.parse(colors["surface"]) + Blended.parse(colors["input-selection-background"])
    assert contrast(colors["input-selection-foreground"][1:], ground.hex[1:]) >= 4.5


@pytest.mark.parametrize(("system", "least"), [("truecolor", 3.0), ("256", 2.8)])
@pytest.mark.parametrize("name", COLORED)
def test_lines_of_plots_show_and_differ(name: str, system: str, least: float) -> None:
    palette = PALETTE if THEMES[name].dark else _ON_LIGHT
    lines = [hexed(color or variables(name)["foreground"], SYSTEMS[system]) for color in palette]
    ground = hexed(variables(name)["background"], SYSTEMS[system])
    assert min(contrast(line, ground) for line in lines) >= least
    assert len(set(lines)) == len(lines)


def test_the_theme_of_sixteen_colours_names_a_colour_for_all_it_paints() -> None:
    colors = variables("sixteen")
    names = {f"ansi_{name.replace('bright', 'bright_').replace('brown', 'yellow')}": name for name in SIXTEEN}
    for ink in ("foreground", "primary", "secondary", "accent", "muted", "text", "warning", "error", "success"):
        for ground in ("background", "surface", "panel", "boost"):
            assert contrast(names[colors[ink]], names[colors[ground]]) >= 4.5, (ink, ground)


@pytest.mark.parametrize("name", ["terminal", "sixteen"])
def test_a_cursor_is_two_colours_or_reversed_and_never_both(name: str) -> None:
    colors = variables(name)
    two = colors["input-cursor-foreground"] != colors["input-cursor-background"]
    assert colors["input-cursor-text-style"] == ("none" if two else "reverse")
