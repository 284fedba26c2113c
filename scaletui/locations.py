"""Where scaletui's own and the user's files are: one place that reads XDG and HOME."""

from __future__ import annotations

import os

from scaletui_core.presets import Catalog


def shipped_presets() -> str:
    """Return the folder of the shipped presets: inside the installed package, or the checkout's.

    Raises
    ------
    FileNotFoundError
        If neither is there.
    """
    here = os.path.dirname(os.path.abspath(__file__))
    for folder in (os.path.join(here, "_presets"), os.path.join(os.path.dirname(here), "presets")):
        if os.path.isfile(os.path.join(folder, "laws.toml")):
            return folder
    raise FileNotFoundError("the shipped presets are missing: install scaletui again")


def config_folder() -> str | None:
    """Return the user's configuration folder, ``$XDG_CONFIG_HOME/scaletui``; None without a home."""
    return _xdg("XDG_CONFIG_HOME", ".config")


def cache_folder() -> str | None:
    """Return the folder for what can be made again, ``$XDG_CACHE_HOME/scaletui``; None without a home."""
    return _xdg("XDG_CACHE_HOME", ".cache")


def scenario_folder() -> str | None:
    """Return the folder of the user's saved scenarios, ``$XDG_DATA_HOME/scaletui/scenarios``; None without a home."""
    folder = _xdg("XDG_DATA_HOME", os.path.join(".local", "share"))
    return None if folder is None else os.path.join(folder, "scenarios")


def catalog() -> Catalog:
    """Return the presets as this user has them."""
    return Catalog(shipped_presets(), user=config_folder(), cache=cache_folder())


def _xdg(variable: str, below_home: str) -> str | None:
    # The XDG specification has relative paths ignored.
    base = os.environ.get(variable, "")
    if not os.path.isabs(base):
        home = os.environ.get("HOME", "")
        if not os.path.isabs(home):
            return None
        base = os.path.join(home, below_home)
    return os.path.join(base, "scaletui")
