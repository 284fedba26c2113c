"""The commands that print a shell's completion."""

from __future__ import annotations

import sys
from collections.abc import Callable

import typer

from scaletui import locations
from scaletui.cli import application as whole
from scaletui.completion import SHELLS, script, spec
from scaletui.printing import say

# How to install each; \b keeps help from breaking the lines anew.
_INSTALL = {
    "bash": """\b
bash (or source the file in ~/.bashrc, where there is no bash-completion):
scaletui completion bash > ~/.local/share/bash-completion/completions/scaletui""",
    "zsh": """\b
zsh (with `fpath+=~/.zfunc` before `autoload -Uz compinit && compinit`):
scaletui completion zsh > ~/.zfunc/_scaletui""",
    "fish": """\b
fish:
scaletui completion fish > ~/.config/fish/completions/scaletui.fish""",
}


def application() -> typer.Typer:
    """Return the typer application of the commands of completion."""
    app = typer.Typer(
        help="Completion for bash, zsh and fish: a script that starts no program when tab is pressed.",
        no_args_is_help=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        epilog="\n\n".join(_INSTALL.values()),
    )
    for shell in SHELLS:
        help_ = f"Print the script for {shell}."
        app.command(shell, help=help_, epilog=_INSTALL[shell])(_printer(shell))
    return app


def _printer(shell: str) -> Callable[[], None]:
    def function() -> None:
        catalog = locations.catalog()
        text = script(shell, spec(whole(), catalog))
        for problem in catalog.problems:
            say(f"your presets are passed over: {problem}")
        sys.stdout.write(text)

    return function
