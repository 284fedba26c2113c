"""The folder of a run: what is asked, in shards, and the result of each; whatever stops the work, results stay.

``spec.json`` says what, by which version, from which seed, in which shards; ``input.json`` what all shards need;
``shard-0001.json`` and so on are results, each written whole or not at all; ``shard-0001.failed`` why one failed;
``shard-0001.part.json`` what a measurement has so far; ``job-123.json`` what was sent to Slurm; ``logs`` what its
workers said; ``at-work`` has a locked byte for each shard that a process works on now. The folder's name follows from
what is asked, so the same command finds the same folder, and goes on with what is missing.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import shlex
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from scaletui import locations
from scaletui.files import write_atomically
from scaletui_core import __version__
from scaletui_core.errors import InputError, ScaletuiError
from scaletui_core.safetext import visible

SCHEMA = "scaletui.run/1"
_SPEC, _INPUT, _LOCK, _AT_WORK = "spec.json", "input.json", "lock", "at-work"
LOGS = "logs"
_TAIL = b"}\n"
_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_SHUT = (errno.EACCES, errno.EPERM, errno.EROFS)


class Run(NamedTuple):
    """A run and its folder.

    Attributes
    ----------
    folder : str
        Its path, without links.
    what : str
        The kind of work; see `scaletui.jobs.kinds`.
    title : str
        What it is, in a line, for people.
    version : str
        The scaletui that cut it into shards, and must work on them.
    seed : int
        Where its random numbers come from.
    shards : tuple
        What each shard has of its own, as JSON; the first has the number 1.
    asks : tuple of dict
        What each shard asks of the cluster before all else, such as ``{"gres": "gpu:a100:1"}``; empty where all ask
        the same.
    digest : str
        SHA-256 of all that, and of the input, in hexadecimal.
    """

    folder: str
    what: str
    title: str
    version: str
    seed: int
    shards: tuple[Any, ...]
    asks: tuple[dict[str, str], ...]
    digest: str

    @property
    def name(self) -> str:
        """What a person calls it: the folder's own name."""
        return os.path.basename(self.folder)

    @property
    def job(self) -> str:
        """The name of its jobs: the folder's where nobody has chosen one, and free of what Slurm reads as a list."""
        return f"{self.what}-{self.digest[:10]}"

    @property
    def called(self) -> str:
        """What a command takes for it, as a shell reads it: its name, or the path of one that lies elsewhere."""
        own = locations.jobs_folder()
        if own is not None and os.path.dirname(self.folder) == os.path.realpath(own):
            return self.name
        return shlex.quote(visible(self.folder, 1000))

    @property
    def shown(self) -> str:
        """The path, for messages."""
        return visible(self.folder, 200)

    def path(self, index: int, suffix: str = "json") -> str:
        """Return the path of the result of a shard."""
        return os.path.join(self.folder, f"shard-{index:04d}.{suffix}")

    @property
    def at_work(self) -> str:
        """The file in which workers hold the number of their shard, and a pool 0; see `scaletui.held`."""
        return os.path.join(self.folder, _AT_WORK)

    def done(self) -> set[int]:
        """Return the shards that have a result; half a file, of a disk that lost power, is none."""
        return {index for index in range(1, len(self.shards) + 1) if is_whole(self.path(index))}

    def missing(self) -> list[int]:
        """Return the shards without a result, in order."""
        done = self.done()
        return [index for index in range(1, len(self.shards) + 1) if index not in done]

    def given(self) -> Any:
        """Return what all shards need."""
        return read_json(os.path.join(self.folder, _INPUT))


def create(
    what: str, title: str, seed: int, given: dict[str, Any], shards: Sequence[Any], folder: str | None = None, *,
    aside: dict[str, Any] | None = None, asks: Sequence[dict[str, str]] = (), write: bool = True,
) -> Run:  # fmt: skip
    """Return the run of some work, its folder made where it is not there yet.

    Parameters
    ----------
    what : str
        The kind of work.
    title : str
        What it is, in a line, for people.
    seed : int
        Where its random numbers come from.
    given : dict
        What all shards need, as JSON can hold it.
    shards : sequence
        What each has of its own, as JSON can hold it.
    folder : str, optional
        Where it is to be; by default in the user's data folder, under a name that follows from all of this.
    aside : dict, optional
        What follows from ``given`` and shards need too. Another machine may find it with other last digits: those of
        the folder hold, and it is the same run.
    asks : sequence of dict, optional
        What each shard asks of the cluster, by the names of `scaletui.jobs.cluster.Cluster`.
    write : bool
        Whether to make it; without, it is only told what it would be.

    Raises
    ------
    InputError
        If the folder is of other work.
    ScaletuiError
        If it cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as place:
    ...     run = create("fit", "a fit", 0, {}, [[0, 64], [64, 100]], os.path.join(place, "mine"))
    ...     run.missing(), opened(run.folder) == run
    ([1, 2], True)
    """
    text = json.dumps(given, allow_nan=False)
    asked = {
        "schema": SCHEMA, "what": what, "title": title, "version": __version__, "seed": seed, "shards": [*shards],
        "asks": [*asks],
    }  # fmt: skip
    digest = hashlib.sha256(f"{json.dumps(asked, allow_nan=False)}\n{text}".encode()).hexdigest()
    path = os.path.realpath(os.path.join(home(), f"{what}-{digest[:10]}") if folder is None else folder)
    if not os.path.exists(os.path.join(path, _SPEC)):
        if not write:
            return Run(path, what, title, __version__, seed, (*shards,), (*asks,), digest)
        try:
            make_logs(path)
            whole = json.dumps({**given, **(aside or {})}, allow_nan=False)
            write_atomically(os.path.join(path, _INPUT), whole + "\n")
            # The spec is last: where there is one, the rest is there.
            write_atomically(os.path.join(path, _SPEC), json.dumps({**asked, "digest": digest}, allow_nan=False) + "\n")
        except OSError as error:
            raise unwritable(path, _SPEC, error) from None
    run = opened(path)
    if run.digest != digest:
        made = "" if run.version == __version__ else f", made by scaletui {visible(run.version, 40)}"
        raise InputError(
            f"holds other work{made}: {visible(run.title, 200)}", where=run.shown, hint="name another folder"
        )
    return run


def make_logs(folder: str) -> None:
    """Make the folder of logs, where it is missing, with the mode of the run's own: who may work may also log."""
    logs = os.path.join(folder, LOGS)
    if not os.path.isdir(logs):
        os.makedirs(logs, exist_ok=True)
        os.chmod(logs, os.stat(folder).st_mode & 0o7777)


def opened(folder: str) -> Run:
    """Return the run of a folder.

    Raises
    ------
    InputError
        If it is none, or cannot be read.
    """
    path = os.path.realpath(folder)
    spec = read_json(os.path.join(path, _SPEC))
    sound = isinstance(spec, dict) and spec.get("schema") == SCHEMA and isinstance(spec.get("shards"), list)
    kinds = {"what": str, "title": str, "version": str, "seed": int, "asks": list, "digest": str}
    if not sound or not all(isinstance(spec.get(key), kind) for key, kind in kinds.items()):
        raise InputError("is no run of this scaletui", where=visible(os.path.join(path, _SPEC), 200))
    shards, asks = tuple(spec["shards"]), tuple(spec["asks"])
    return Run(path, spec["what"], spec["title"], spec["version"], spec["seed"], shards, asks, spec["digest"])


def is_run(folder: str) -> bool:
    """Whether a folder is that of a run."""
    return os.path.isfile(os.path.join(folder, _SPEC))


def named(name: str) -> Run:
    """Return the run that a person names: a path, or the name of a folder in the user's data folder.

    Raises
    ------
    InputError
        If there is none.
    """
    path = name if os.sep in name or is_run(name) else os.path.join(home(), name)
    if not name or not is_run(path):
        from scaletui_core.errors import unknown_name

        if os.sep in name:
            raise InputError("is no folder of a run", where=visible(name, 200), hint="see scaletui jobs list")
        raise unknown_name("run", name, tuple(names()), listing="scaletui jobs list", where="RUN")
    return opened(path)


def names() -> list[str]:
    """Return the names of the runs in the user's data folder."""
    try:
        return sorted(name for name in os.listdir(home()) if is_run(os.path.join(home(), name)))
    except OSError:
        return []


def home() -> str:
    """Return the folder of the user's runs.

    Raises
    ------
    InputError
        If there is no home.
    """
    folder = locations.jobs_folder()
    if folder is None:
        raise InputError("there is no home for runs", where="--folder", hint="set HOME, or name a folder")
    return folder


def spans(indices: Sequence[int]) -> str:
    """Return numbers as Slurm takes them, ranges where they are consecutive.

    >>> spans([1, 2, 3, 7, 9, 10])
    '1-3,7,9-10'
    """
    out: list[list[int]] = []
    for index in indices:
        if out and index == out[-1][1] + 1:
            out[-1][1] = index
        else:
            out.append([index, index])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in out)


@contextlib.contextmanager
def locked(run: Run) -> Iterator[None]:
    """Keep others from sending the same shards meanwhile; on a file system without locks, nobody is kept."""
    import fcntl

    path = os.path.join(run.folder, _LOCK)
    try:
        try:
            file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        except PermissionError:  # another user's, which can be locked all the same
            file = os.open(path, os.O_RDONLY)
    except OSError as error:
        raise unwritable(run.folder, _LOCK, error) from None
    try:
        with contextlib.suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
    finally:
        os.close(file)


def unwritable(folder: str, name: str, error: OSError) -> ScaletuiError:
    """Return the error of a folder that takes no file.

    >>> print(unwritable("/run", "shard-0001.json", OSError(errno.EDQUOT, "Disk quota exceeded")))
    /run: cannot write shard-0001.json: Disk quota exceeded (make room, or name another folder; finished shards stay)
    """
    hint = ""
    if error.errno in _ROOM:
        hint = " (make room, or name another folder; finished shards stay)"
    elif error.errno in _SHUT:
        hint = " (the folder must be one that you may write)"
    return ScaletuiError(f"{visible(folder, 200)}: cannot write {name}: {error.strerror or error}{hint}")


def is_whole(path: str) -> bool:
    """Whether the file of a result is there, to its last bytes."""
    try:
        with open(path, "rb") as file:
            file.seek(-len(_TAIL), os.SEEK_END)
            return file.read() == _TAIL
    except OSError:
        return False


def read_json(path: str) -> Any:
    """Return what a file of a run holds.

    Raises
    ------
    InputError
        If it cannot be read, or is not JSON.
    """
    try:
        with open(path, "rb") as file:
            return json.load(file)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=visible(path, 200)) from None
    except (ValueError, RecursionError):
        raise InputError("is not JSON", where=visible(path, 200), hint="delete it, and send the run again") from None
