"""The README shows real output: each marked block is what the command prints (`python tests/test_readme.py` writes)."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

README = Path(__file__).resolve().parent.parent / "README.md"
BLOCK = re.compile(r"<!-- (output|error) of: scaletui (.*?) -->\n```\n(.*?)```\n", re.DOTALL)


def printed(stream: str, arguments: str) -> str:
    environment = {**os.environ, "XDG_CONFIG_HOME": "/nonexistent", "LC_ALL": "C.UTF-8"}
    environment.pop("COLUMNS", None)
    command = [sys.executable, "-m", "scaletui", *shlex.split(arguments)]
    run = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, cwd=README.parent)
    return run.stdout if stream == "output" else run.stderr


def test_readme_shows_what_the_commands_print() -> None:
    blocks = BLOCK.findall(README.read_text())
    assert len(blocks) >= 4
    for stream, arguments, shown in blocks:
        assert shown == printed(stream, arguments), arguments


def test_readme_python_runs() -> None:
    examples = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    code = "\n".join(examples).replace("10_000_000", "10")
    code += "\nassert found.params.shape == (10,)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=README.parent)
    params, ratio, *interval = map(float, run.stdout.split())
    assert f"{params:.3g} {ratio:.3g}" == "4.04e+10 58.9"
    assert [f"{x:.3g}" for x in interval] == ["2.94e+10", "9.59e+10", "3.12e+11"]  # N_opt at 1e23, 1e24, 1e25


if __name__ == "__main__":
    text = BLOCK.sub(
        lambda m: f"<!-- {m[1]} of: scaletui {m[2]} -->\n```\n{printed(m[1], m[2])}```\n", README.read_text()
    )
    README.write_text(text)
