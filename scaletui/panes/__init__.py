"""The panes. Adding one is a matter of one file here: a `Pane` subclass named ``PANE``; keys follow its ``ORDER``."""

from __future__ import annotations

import importlib
import pkgutil

from scaletui.panes.base import Pane

SHARED = ("base", "calculator", "own")
"""The modules here that are no panes, but what panes are made of."""


def pane_classes() -> list[type[Pane]]:
    """Return every pane of this folder, in their order."""
    names = [module.name for module in pkgutil.iter_modules(__path__) if module.name not in SHARED]
    found = [importlib.import_module(f"{__name__}.{name}").PANE for name in names]
    return sorted(found, key=lambda pane: pane.ORDER)
