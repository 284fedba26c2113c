"""What a cluster is told: partition, account and the like, from ``cluster.toml`` and options; and the batch script."""

from __future__ import annotations

import os
import shlex
from typing import Annotated, Any, NamedTuple, Optional

import typer

from scaletui import locations
from scaletui.root import Option
from scaletui_core.errors import InputError, ScaletuiError
from scaletui_core.safetext import visible

FILE = "cluster.toml"
_LINES = ("modules", "environment")


class Cluster(NamedTuple):
    """What tasks ask for, in Slurm's own words, each of which Slurm judges.

    Attributes
    ----------
    partition, account, qos, constraint, gres, time, memory : str or None
        As the options of ``sbatch``; None leaves it to the cluster.
    cpus : str or None
        Processors of a task; 1 where nothing is said, since Slurm then says so to the task too.
    modules : tuple of str
        What ``module load`` loads.
    environment : tuple of str
        Lines of shell before the work.
    """

    partition: str | None = None
    account: str | None = None
    qos: str | None = None
    constraint: str | None = None
    gres: str | None = None
    time: str | None = None
    memory: str | None = None
    cpus: str | None = None
    modules: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()


_SBATCH = {"memory": "mem", "cpus": "cpus-per-task"}
_HELP = {
    "partition": ("NAME", "Slurm's partition."),
    "account": ("NAME", "The account that is charged."),
    "qos": ("NAME", "Quality of service."),
    "constraint": ("FEATURE", "Features that nodes must have."),
    "gres": ("GPU", "What a task needs, such as gpu:a100:1; scaletui jobs nodes lists them."),
    "time": ("TIME", "The most that a task may take, such as 30:00."),
    "memory": ("SIZE", "Memory of a task, such as 8G."),
    "cpus": ("N", "Processors of a task. Default: 1."),
    "modules": ("NAME", "A module to load; repeatable."),
    "environment": ("LINE", "A line of shell before the work; repeatable."),
}
_WORDS = {"modules": "--module", "environment": "--env-line"}


def cluster_options() -> tuple[Option, ...]:
    """Return the options that go before what ``cluster.toml`` says."""
    out: list[Option] = []
    for name, (metavar, help_) in _HELP.items():
        kind: Any = Optional[list[str]] if name in _LINES else Optional[str]  # noqa: UP045
        option = typer.Option(option_of(name), metavar=metavar, help=help_)
        out.append((name, None, Annotated[kind, option]))
    return tuple(out)


def option_of(name: str) -> str:
    """Return the option of something that a cluster is told.

    >>> option_of("gres"), option_of("modules")
    ('--gres', '--module')
    """
    return _WORDS.get(name, f"--{name}")


def cluster_of(given: dict[str, Any]) -> Cluster:
    """Return what is asked of the cluster: options go before the file.

    Raises
    ------
    InputError
        If one of them is wrong, with the option, or the file's line.
    """
    said = _read()
    for name, value in given.items():
        if value is None or value == []:
            continue
        place = option_of(name)
        said[name] = tuple(_line(one, place) for one in value) if name in _LINES else _line(value, place)
    return Cluster(**said)


def _read() -> dict[str, Any]:
    """Return what ``cluster.toml`` says; nothing where there is none."""
    folder = locations.config_folder()
    path = None if folder is None else os.path.join(folder, FILE)
    if path is None or not os.path.lexists(path):
        return {}
    from scaletui_core.toml_checks import check_keys, document_of, line_of

    shown = visible(path, 200)
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except (OSError, UnicodeDecodeError) as error:
        what = "is not UTF-8" if isinstance(error, UnicodeDecodeError) else f"cannot be read: {error.strerror}"
        raise InputError(what, where=shown) from None
    document = document_of(text, shown)
    check_keys(document, list(_HELP), text, shown, ())
    out: dict[str, Any] = {}
    for key, value in document.items():
        place = f"{shown}:{line_of(text, (key,))}"
        if key in _LINES:
            if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
                raise InputError(f"{key}: must be a list of texts", where=place, hint='such as ["cuda/12.4"]')
            out[key] = tuple(_line(one, place, f"{key}: ") for one in value)
        elif isinstance(value, int) and not isinstance(value, bool) and key in ("cpus", "time", "memory"):
            out[key] = str(value)
        elif isinstance(value, str):
            out[key] = _line(value, place, f"{key}: ")
        else:
            raise InputError(f"{key}: must be text", where=place, hint=f'such as {key} = "..."')
    return out


def _line(text: str, place: str, before: str = "") -> str:
    if not text.strip() or any(ord(letter) < 32 for letter in text):
        raise InputError(f"{before}must be one line of text", where=place)
    return text


def script(cluster: Cluster, name: str, folder: str, words: list[str], indices: str) -> str:
    r"""Return the batch script of an array of workers.

    Parameters
    ----------
    cluster : Cluster
        What its tasks ask for.
    name : str
        The job's name.
    folder : str
        The run's folder, where the job works.
    words : list of str
        The worker's command line.
    indices : str
        Shards, as ``--array`` takes them.

    Raises
    ------
    ScaletuiError
        If the folder's path holds what no line of a script can.

    Examples
    --------
    >>> print(script(Cluster(time="30:00", modules=("cuda",)), "fit-1", "/data/my runs", ["scaletui", "-V"], "1,3-4"))
    #!/bin/bash -l
    #SBATCH --job-name=fit-1
    #SBATCH --array=1,3-4
    #SBATCH --chdir="/data/my runs"
    #SBATCH --output=logs/%A_%a.log
    #SBATCH --time=30:00
    #SBATCH --cpus-per-task=1
    module load cuda
    exec scaletui -V
    """
    if any(ord(letter) < 32 or letter == '"' for letter in folder):
        raise ScaletuiError(f"{visible(folder, 200)}: no batch script can name this folder (choose another: --folder)")
    asked = {"job-name": name, "array": indices, "chdir": folder, "output": "logs/%A_%a.log"}
    for key in Cluster._fields[:8]:
        value = getattr(cluster, key) or ("1" if key == "cpus" else None)
        if value is not None:
            asked[_SBATCH.get(key, key)] = value
    # A login shell where modules are wanted: elsewhere `module` may not be a word.
    out = ["#!/bin/bash -l" if cluster.modules else "#!/bin/bash"]
    out += [f"#SBATCH --{key}={_quoted(value)}" for key, value in asked.items()]
    out += [f"module load {shlex.quote(one)}" for one in cluster.modules]
    return "\n".join([*out, *cluster.environment, f"exec {shlex.join(words)}"]) + "\n"


def _quoted(value: str) -> str:
    plain = all(letter.isalnum() or letter in "/._-,:%=+@[]&|*" for letter in value)
    return value if plain else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
