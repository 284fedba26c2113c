"""scaletui: from a compute budget to the language model it should train, in the terminal.

Importing the package imports nothing else: a one-shot on a login node pays only for what it uses. For Python, use
`scaletui_core` (calculators are pure functions of inputs and a catalog of presets) and `scaletui.locations.catalog`.
"""

from scaletui_core import __version__

__all__ = ["__version__"]
