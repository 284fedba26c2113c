"""Where scaletui's own and the user's files are: one place that reads XDG and HOME."""

from __future__ import annotations

import os
import stat

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
    return _data("scenarios")


def bench_folder() -> str | None:
    """Return the folder of measured speeds, ``$XDG_DATA_HOME/scaletui/bench``; None without a home."""
    return _data("bench")


def jobs_folder() -> str | None:
    """Return the folder of runs in shards, ``$XDG_DATA_HOME/scaletui/jobs``; None without a home."""
    folder = _xdg("XDG_DATA_HOME", os.path.join(".local", "share"))
    return None if folder is None else os.path.join(folder, "jobs")


def state_folder() -> str | None:
    """Return the folder of what apps leave behind, ``$XDG_STATE_HOME/scaletui/sessions``; None without a home."""
    folder = _xdg("XDG_STATE_HOME", os.path.join(".local", "state"))
    return None if folder is None else os.path.join(folder, "sessions")


def kernel_folder() -> str | None:
    """Return a folder that is there, writable, and nobody else's: in the cache folder, else among what is temporary.

    What lies there is code that will run, so a folder that others may write is passed over.
    """
    import tempfile

    cache = cache_folder()
    private = os.path.join(tempfile.gettempdir(), f"scaletui-{os.getuid()}")
    for folder in ([os.path.join(cache, "kernels")] if cache else []) + [private]:
        try:
            os.makedirs(folder, mode=0o700, exist_ok=True)
            status = os.lstat(folder)
        except OSError:
            continue
        own = stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid() and not status.st_mode & 0o022
        if own and os.access(folder, os.W_OK | os.X_OK):
            return folder
    return None


def catalog() -> Catalog:
    """Return the presets as this user has them."""
    return Catalog(shipped_presets(), user=config_folder(), cache=cache_folder())


def _data(name: str) -> str | None:
    folder = _xdg("XDG_DATA_HOME", os.path.join(".local", "share"))
    return None if folder is None else os.path.join(folder, name)


def _xdg(variable: str, below_home: str) -> str | None:
    # The XDG specification has relative paths ignored.
    base = os.environ.get(variable, "")
    if not os.path.isabs(base):
        home = os.environ.get("HOME", "")
        if not os.path.isabs(home):
            return None
        base = os.path.join(home, below_home)
    return os.path.join(base, "scaletui")
