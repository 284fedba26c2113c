"""Whose a session's file is: the running app that its name tells of, and whether that app still runs."""

from __future__ import annotations

import os
import re
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

_NAME = re.compile(r"([A-Za-z0-9.-]{1,40})_([0-9a-f]{8})_([0-9a-f]{8})_([0-9]{1,10})_([0-9]{1,20})_[0-9a-f]{12}")
_UNKNOWN = "0" * 8


class Owner(NamedTuple):
    """A process, told apart from every other.

    Attributes
    ----------
    host : str
        Name of its host, for people.
    place : str
        Where its number means something: a digest of host, machine and space of process numbers (a container's).
    boot : str
        The start of that host.
    pid : int
        Its number.
    start : int
        When it started [clock ticks since the boot]; 0 where nobody can say.
    """

    host: str
    place: str
    boot: str
    pid: int
    start: int

    def named(self) -> str:
        """Return a new name for a file of this owner, without a suffix; `owner_of` reads it.

        >>> owner_of(Owner("login-1", "0" * 8, "1" * 8, 42, 7).named())
        Owner(host='login-1', place='00000000', boot='11111111', pid=42, start=7)
        """
        return f"{self.host}_{self.place}_{self.boot}_{self.pid}_{self.start}_{os.urandom(6).hex()}"


def owner_of(name: str) -> Owner | None:
    """Return the owner that the name of a file tells of, or None.

    >>> owner_of("notes") is None
    True
    """
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    host, place, boot, pid, start = found.groups()
    return Owner(host, place, boot, int(pid), int(start))


def this_owner() -> Owner:
    """Return the process that asks."""
    return _owner(os.getpid())


def runs(owner: Owner, me: Owner) -> bool | None:
    """Return whether an owner still runs; None where this process cannot know.

    >>> me = this_owner()
    >>> runs(me, me), runs(me._replace(start=me.start + 1), me), runs(me._replace(place="0123abcd"), me)
    (True, False, None)
    """
    if owner.place != me.place:
        return None
    return owner.boot == me.boot and _started(owner.pid) == owner.start


@lru_cache(maxsize=1)
def _owner(pid: int) -> Owner:
    host = os.uname().nodename
    # A host's name alone is not its own everywhere, nor is its id: clusters start all nodes from one image.
    where = (host, _first_line("/etc/machine-id"), _target("/proc/self/ns/pid"))
    place = blake2b("\0".join(where).encode("utf-8", "replace"), digest_size=4).hexdigest()
    boot = _first_line("/proc/sys/kernel/random/boot_id").replace("-", "")[:8]
    boot = boot if re.fullmatch("[0-9a-f]{8}", boot) else _UNKNOWN
    shown = re.sub(r"[^A-Za-z0-9.-]", "-", host)[:40] or "-"
    return Owner(shown, place, boot, pid, _started(pid) or 0)


def _started(pid: int) -> int | None:
    """Return when a process of this user started [clock ticks since the boot], 0 if unknown; None if none runs."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
        return None if fields[0] in (b"Z", b"X") else int(fields[19])
    except (OSError, IndexError, ValueError):
        if os.path.exists("/proc/self/stat"):
            return None
    try:  # a system without /proc
        os.kill(pid, 0)
    except (OSError, OverflowError):
        return None
    return 0


def _first_line(path: str) -> str:
    try:
        with open(path, "rb") as file:
            return file.readline(100).decode("ascii", "replace").strip()
    except OSError:
        return ""


def _target(path: str) -> str:
    try:
        return os.readlink(path)
    except OSError:
        return ""
