"""The session: the state of a running app in a file of its own, from which the next app goes on, however this one ends.

Each app writes one file, whose name tells of it; nothing else writes there. The file is written beside and renamed:
whoever reads it reads a whole state, and a kill at any moment leaves the last one. It is not synced to the disk: a
kill, a lost terminal and a lost connection leave what the system was given, a network home has it when the file is
closed, and waiting for a disk at every pause in typing is what a person would feel. A power cut may cost the last
state; what it leaves half is passed over.

An app that starts takes over the most recent state whose app is gone, by renaming it to its own name: of two that
start at once one gets it. The state of an app on another host, which may run, is copied.
"""

from __future__ import annotations

import contextlib
import os
import stat
from time import time
from typing import NamedTuple

from scaletui.owners import Owner, owner_of, runs, this_owner
from scaletui.session_state import LIMIT, Kept, State, encoded, read, written
from scaletui_core.errors import InputError
from scaletui_core.safetext import visible

MOST = 20
"""The most states of apps that are gone, of this host."""
OLD = 30 * 86400.0
"""The age from which states of other hosts are deleted [s]."""
_SUFFIX, _DRAFT = ".json", ".json.draft"
_ours: set[str] = set()  # names of files of this process that are in use


class Session:
    """One app's file. It is for one thread.

    Attributes
    ----------
    restored : State or None
        What to go on from.
    kept : Kept or None
        The same with when it was written, on which host, and what in it was not known here.
    problems : list of str
        What is wrong with the folder, and with states that were passed over, a line each.
    problem : str or None
        Why states are not kept, as it stands now.
    """

    def __init__(self, folder: str | None, me: Owner | None = None) -> None:
        self.me = this_owner() if me is None else me
        self.kept: Kept | None = None
        self.problems: list[str] = []
        self.problem: str | None = None
        self._folder = folder
        self._name = self.me.named()
        self._last = ""
        self._checked = False
        _ours.add(self._name)

    @property
    def restored(self) -> State | None:
        """What to go on from."""
        return None if self.kept is None else self.kept.state

    @classmethod
    def start(
        cls, folder: str | None, *, restore: bool = True, now: float | None = None, me: Owner | None = None
    ) -> Session:
        """Return the session of an app that starts.

        Parameters
        ----------
        folder : str or None
            `scaletui.locations.state_folder`; None without a home.
        restore : bool
            Whether to go on from the last state; if not, it is left for the next app.
        now : float
            The time [s since 1970]; the clock's where it is not given.
        me : Owner
            The process that runs the app; this one where it is not given.
        """
        session = cls(folder, me)
        if folder is None:
            session._fail("there is no home: set HOME or XDG_STATE_HOME")
        else:
            try:
                session._check(folder)
                found = _states(folder, session.me)
            except FileNotFoundError:  # nothing was ever kept
                return session
            except (OSError, InputError) as error:
                session._fail(_reason(error, folder))
            else:
                taken = session._restore(found) if restore else None
                _clean([one for one in found if one is not taken], time() if now is None else now)
                if not os.access(folder, os.W_OK | os.X_OK):
                    session._fail(f"{visible(folder, 200)} cannot be written")
        if session.problem is not None:
            session.problems.append(session.problem)
        return session

    def keep(self, state: State, now: float | None = None) -> str | None:
        """Write a state now; return why it could not be, the first time that it could not.

        Parameters
        ----------
        state : State
            One that is kept already is not written again.
        now : float
            The time [s since 1970]; the clock's where it is not given.
        """
        if self._folder is None:
            return None
        told = self.problem is not None
        try:
            text = encoded(state)
            if text == self._last:
                return None
            self._write(self._folder, written(text, self.me, time() if now is None else now))
        except (OSError, InputError) as error:
            self._fail(_reason(error, self._folder))
            return None if told else self.problem
        self.problem, self._last = None, text
        return None

    def close(self) -> None:
        """Leave the state to the next app, which otherwise would have to wait for the end of this process."""
        _ours.discard(self._name)

    def _fail(self, reason: str) -> None:
        self.problem = f"the session is not kept: {reason}"

    def _path(self, folder: str, suffix: str = _SUFFIX) -> str:
        return os.path.join(folder, self._name + suffix)

    def _check(self, folder: str) -> None:
        _check_folder(folder)
        self._checked = True

    def _write(self, folder: str, content: bytes) -> None:
        draft = self._path(folder, _DRAFT)
        try:
            if not self._checked:
                self._check(folder)
            file = _created(draft)
        except FileNotFoundError:
            os.makedirs(folder, mode=0o700, exist_ok=True)
            self._check(folder)
            file = _created(draft)
        try:
            with open(file, "wb") as stream:
                stream.write(content)
            os.replace(draft, self._path(folder))
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(draft)
            raise

    def _restore(self, found: list[_Found]) -> _Found | None:
        """Go on from the first state that is whole and whose app is gone, and return it."""
        for one in found:
            if one.draft or one.runs:
                continue
            try:
                kept = read(_content(one.path))
            except FileNotFoundError:
                continue  # another app took it
            except (OSError, InputError) as error:
                self.problems.append(f"a session is passed over: {_reason(error, one.path)}")
                continue
            if one.runs is None or self._take(one.path):
                self.kept = kept
                if kept.dropped:
                    what = ", ".join(kept.dropped[:5]) + (", ..." if len(kept.dropped) > 5 else "")
                    self.problems.append(f"the last session has what is not known here, which is left out: {what}")
                return one
        return None

    def _take(self, path: str) -> bool:
        """Rename a state to this app's name; False where another app was faster."""
        assert self._folder is not None
        try:
            os.rename(path, self._path(self._folder))
        except FileNotFoundError:
            # A network home may do a rename, lose the answer, and find nothing to rename when it is asked again.
            return os.path.lexists(self._path(self._folder))
        except OSError:  # nothing can be written here: a copy will do
            return True
        return True


class _Found(NamedTuple):
    """A file of a session: whether its owner runs (None: on another host), when it was written, what it is."""

    path: str
    runs: bool | None
    written: float
    plain: bool
    draft: bool


def _states(folder: str, me: Owner) -> list[_Found]:
    """Return the files of sessions, the most recent first; whatever else lies there is left alone."""
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            draft = entry.name.endswith(_DRAFT)
            name = entry.name.removesuffix(_DRAFT if draft else _SUFFIX)
            owner = owner_of(name) if name != entry.name else None
            if owner is None:
                continue
            try:
                status = entry.stat(follow_symlinks=False)
            except OSError:  # another app took it
                continue
            alive = runs(owner, me) if owner != me else name in _ours
            plain = stat.S_ISREG(status.st_mode) and status.st_uid == os.getuid()
            found.append((status.st_mtime_ns, _Found(entry.path, alive, status.st_mtime, plain, draft)))
    return [one for _, one in sorted(found, key=lambda pair: (pair[0], pair[1].path), reverse=True)]


def _clean(found: list[_Found], now: float) -> None:
    """Delete what nobody will go on from: old states, and drafts of apps that are gone."""
    gone = [one for one in found if one.runs is False and one.plain]
    elsewhere = [one for one in found if one.runs is None and one.plain and one.written < now - OLD]
    states = [one for one in gone if not one.draft]
    for one in (*states[MOST:], *(one for one in gone if one.draft), *elsewhere):
        with contextlib.suppress(OSError):
            os.unlink(one.path)


def _check_folder(folder: str) -> None:
    status = os.stat(folder)
    if not stat.S_ISDIR(status.st_mode):
        raise InputError("is no folder", where=visible(folder, 200))
    if status.st_uid != os.getuid():
        raise InputError("is not yours", where=visible(folder, 200), hint="set XDG_STATE_HOME to a folder of yours")
    if status.st_mode & 0o022:
        raise InputError("others can write there", where=visible(folder, 200), hint="chmod 700")


def _created(path: str) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)


def _content(path: str) -> bytes:
    """Return what a file of the user's own holds; a link, a pipe, or another's file is not read."""
    # A pipe that nobody writes to would be waited for.
    file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(file, "rb", closefd=True) as stream:
        status = os.fstat(file)
        if not stat.S_ISREG(status.st_mode) or status.st_uid != os.getuid():
            raise InputError("is not a file of yours")
        return stream.read(LIMIT + 1)


def _reason(error: OSError | InputError, path: str) -> str:
    if isinstance(error, OSError):
        return f"{visible(path, 200)}: {error.strerror}"
    return error.line if error.where is not None else f"{visible(path, 200)} {error.line}"
