"""Sessions: what an app kept last is what the next one gets, whole, whatever ended it; and nothing else is touched."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scaletui import locations, owners, session_state
from scaletui.history import History
from scaletui.owners import Owner, owner_of, runs, this_owner
from scaletui.session import MOST, OLD, Session
from scaletui.session_state import LIMIT, State, encoded, read, written
from scaletui_core.errors import InputError

SEED = 20240117
NOW = 1_700_000_000.0
ME = this_owner()
GONE = ME._replace(start=ME.start + 1)  # the number of this process, at another time
ELSEWHERE = ME._replace(place="0" * 8)
fixed = settings(derandomize=True, deadline=None, database=None, max_examples=100)


def state(flops: str = "1e24", **more: Any) -> State:
    return State({"calc": {"flops": flops}}, **more)


def left(folder: Path, kept: State | bytes, age: float = 0.0, owner: Owner = GONE, suffix: str = ".json") -> Path:
    """Leave a state behind as an app would that is gone; ``age`` seconds before `NOW`."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / (owner.named() + suffix)
    path.write_bytes(kept if isinstance(kept, bytes) else written(encoded(kept), owner, NOW - age))
    os.utime(path, (NOW - age, NOW - age))
    return path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state" / "sessions"


def started(folder: Path | None, **more: Any) -> Session:
    return Session.start(None if folder is None else str(folder), now=NOW, **more)


def run_script(program: str, *arguments: object) -> Any:
    """Run a program in an interpreter of its own, with room to fork, and return what it prints as JSON."""
    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


# --- one app after another -------------------------------------------------------------------------------------------


def test_the_next_app_goes_on_from_what_was_kept(folder: Path) -> None:
    history: History[session_state.Texts] = History({"calc": {}})
    history.record({"calc": {"flops": "1e24"}})
    history.record({"calc": {"flops": "1e25"}, "speed": {"k": "5"}})
    history.undo()
    kept = State(history.state, "speed", "budget", {"speed": {"plotted": True, "figure": 1}}, False, history.as_list())
    first = started(folder)
    assert (first.restored, first.problems, first.problem) == (None, [], None)
    assert first.keep(kept) is None
    first.close()
    second = started(folder)
    assert second.restored == kept
    assert second.kept is not None
    assert second.kept.host == ME.host
    assert History.from_list(second.restored.history).redo() == {"calc": {"flops": "1e25"}, "speed": {"k": "5"}}
    assert second.keep(state("2e24")) is None
    assert len(names(folder)) == 1


def test_what_is_written_is_the_users_alone(folder: Path) -> None:
    started(folder).keep(state())
    (path,) = folder.iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700


def test_the_folder_is_in_the_state_home(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    assert locations.state_folder() == str(home / ".local" / "state" / "scaletui" / "sessions")
    monkeypatch.delenv("XDG_STATE_HOME")
    assert locations.state_folder() == str(home / ".local" / "state" / "scaletui" / "sessions")
    monkeypatch.setenv("XDG_STATE_HOME", "/elsewhere")
    assert locations.state_folder() == "/elsewhere/scaletui/sessions"
    monkeypatch.setenv("XDG_STATE_HOME", "relative")
    monkeypatch.delenv("HOME")
    assert locations.state_folder() is None


def test_the_most_recent_state_is_taken_and_the_others_stay(folder: Path) -> None:
    paths = [left(folder, state(str(n)), age) for n, age in ((1, 300), (2, 100), (3, 200))]
    session = started(folder)
    assert session.restored == state("2")
    assert not paths[1].exists()
    assert paths[0].exists()
    assert paths[2].exists()
    assert started(folder).restored == state("3")


def test_a_state_that_is_not_wanted_is_left_for_the_next_app(folder: Path) -> None:
    path = left(folder, state())
    session = started(folder, restore=False)
    session.keep(state("7"))
    assert session.restored is None
    assert path.exists()


def test_a_state_that_is_kept_already_is_not_written_again(folder: Path) -> None:
    session = started(folder)
    texts = {"calc": {"flops": "1e24"}}
    session.keep(State(texts))
    (path,) = folder.iterdir()
    os.utime(path, (1.0, 1.0))
    session.keep(State(texts))
    assert path.stat().st_mtime == 1.0
    texts["calc"]["flops"] = "1e25"  # the same dictionary, changed
    session.keep(State(texts))
    assert read(path.read_bytes()).state == state("1e25")


def test_a_folder_that_went_away_comes_back(folder: Path) -> None:
    session = started(folder)
    session.keep(state("1"))
    shutil.rmtree(folder.parent)
    assert session.keep(state("2")) is None
    session.close()
    assert started(folder).restored == state("2")


# --- two apps at once ------------------------------------------------------------------------------------------------


def test_an_app_that_runs_keeps_its_state_to_itself(folder: Path) -> None:
    first = started(folder)
    first.keep(state("1"))
    second = started(folder)
    assert second.restored is None
    second.keep(state("2"))
    assert len(names(folder)) == 2
    first.keep(state("3"))
    first.close()
    assert started(folder).restored == state("3")


def test_an_app_in_another_process_keeps_its_state_to_itself(folder: Path) -> None:
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as other:
        start = owners._started(other.pid)
        assert start is not None
        owner = ME._replace(pid=other.pid, start=start)
        path = left(folder, state(), owner=owner)
        assert runs(owner, ME) is True
        assert started(folder).restored is None
        assert path.exists()
        other.kill()
        os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)  # gone, though its parent has not heard of it
        assert runs(owner, ME) is False
        assert started(folder).restored == state()


def test_an_owner_is_gone_after_a_boot_and_when_its_number_is_anothers() -> None:
    assert runs(ME, ME) is True
    assert runs(GONE, ME) is False
    assert runs(ME._replace(boot="f" * 8), ME) is False
    assert runs(ME._replace(pid=2**31), ME) is False
    assert runs(ELSEWHERE, ME) is None


@pytest.mark.parametrize("host", ["login-1.example.org", "a_b c/é\n", "x" * 100, ""])
def test_a_name_tells_its_owner_whatever_the_host_is_called(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setattr(os, "uname", lambda: os.uname_result(("Linux", host, "6", "1", "x")))
    owners._owner.cache_clear()
    me = this_owner()
    owners._owner.cache_clear()
    assert owner_of(me.named()) == me
    assert me.place != ME.place
    assert "/" not in me.named()


def test_without_proc_a_process_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(path: Any, *more: Any, **keys: Any) -> Any:
        raise FileNotFoundError(path)

    monkeypatch.setattr("builtins.open", none)
    monkeypatch.setattr(os.path, "exists", lambda path: False)
    assert owners._started(os.getpid()) == 0
    assert owners._started(2**22 + 1) is None


RACE = """
import json, os, sys
from scaletui import session
from scaletui.owners import this_owner
from scaletui.session_state import State, encoded, written

folder, apps, rounds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
os.makedirs(folder, 0o700)
told = []
for n in range(rounds):
    me = this_owner()
    gone = me._replace(start=me.start + 1)
    with open(os.path.join(folder, gone.named() + ".json"), "wb") as file:
        file.write(written(encoded(State({"calc": {"flops": str(n)}})), gone, 0.0))
    go, leave, answers = os.pipe(), os.pipe(), os.pipe()
    children = []
    for _ in range(apps):
        child = os.fork()
        if child == 0:
            os.close(go[1]), os.close(leave[1])
            os.read(go[0], 1)  # until the parent closes it
            one = session.Session.start(folder)
            one.keep(State({"calc": {"params": str(os.getpid())}}))
            os.write(answers[1], (json.dumps([one.restored and one.restored.texts, one.problems]) + "\\n").encode())
            os.read(leave[0], 1)
            os._exit(0)
        children.append(child)
    os.close(answers[1]), os.close(go[0]), os.close(go[1])
    lines = []
    with open(answers[0]) as stream:
        for _ in range(apps):
            lines.append(json.loads(stream.readline()))
        mine = sorted(json.load(open(os.path.join(folder, name)))["state"]["texts"]["calc"]["params"]
                      for name in os.listdir(folder))
        os.close(leave[0]), os.close(leave[1])
        for child in children:
            os.waitpid(child, 0)
    told.append([lines, mine == sorted(map(str, children))])
    for name in os.listdir(folder):
        os.unlink(os.path.join(folder, name))
print(json.dumps(told))
"""


def test_of_many_apps_that_start_at_once_one_gets_the_state(folder: Path) -> None:
    told = run_script(RACE, folder, 8, 25)
    for n, (answers, each_has_its_own) in enumerate(told):
        restored = [texts for texts, _ in answers if texts is not None]
        assert restored == [{"calc": {"flops": str(n)}}]
        assert each_has_its_own
        assert all(problems == [] for _, problems in answers)


# --- killed ----------------------------------------------------------------------------------------------------------

KILLED = """
import json, os, random, signal, sys, time
from scaletui.session import Session
from scaletui.session_state import State

folder, rounds, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
chance = random.Random(seed)

def state(n):  # a torn one would not have the same number everywhere
    return State({"calc": {"flops": str(n), "params": str(n).zfill(20_000), "tokens": str(n)}})

def app(pipe):
    one = Session.start(folder)
    n = -1
    if one.restored is not None:
        n = int(one.restored.texts["calc"]["flops"])
        assert one.restored == state(n)
    assert not one.problems, one.problems
    os.write(pipe, b"%d\\n" % n)
    while True:
        n += 1
        assert one.keep(state(n)) is None
        os.write(pipe, b"%d\\n" % n)

told = []
for _ in range(rounds):
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(ours)
        try:
            app(theirs)
        finally:
            os._exit(1)
    os.close(theirs)
    with open(ours) as stream:
        lines = [stream.readline() for _ in range(chance.randint(1, 8))]
        time.sleep(chance.random() * 3e-3)  # the moment; nothing is waited for
        os.kill(child, signal.SIGKILL)
        lines += stream.readlines()
    how = os.waitpid(child, 0)[1]
    files = os.listdir(folder) if os.path.isdir(folder) else []
    told.append([[int(line) for line in lines], os.WIFSIGNALED(how) and os.WTERMSIG(how), files])
print(json.dumps(told))
"""


def test_a_kill_at_a_hundred_random_moments_costs_nothing_that_was_settled(folder: Path) -> None:
    print(f"seed {SEED}")
    told = run_script(KILLED, folder, 100, SEED)
    assert len(told) == 100
    settled, cut = -1, 0
    for numbers, how, files in told:
        assert how == 9
        restored = numbers[0]
        assert restored in (settled, settled + 1), f"{restored} was restored after {settled}"
        assert numbers == list(range(restored, restored + len(numbers)))
        settled = numbers[-1]
        cut += any(name.endswith(".draft") for name in files)
        assert len(files) <= 2  # the state, and what the killed app was writing
    assert settled > 100
    assert cut > 0, "no kill came while a state was written: the test shows nothing"


STEPS = """
import json, os, signal, sys
from scaletui.session import Session
from scaletui.session_state import State, read

folder = sys.argv[1]
told = []
for step in range(1, 100):
    child = os.fork()
    if child == 0:
        one = Session.start(folder)
        one.keep(State({"calc": {"flops": f"{step}.1"}}))
        left = step
        def hook(event, arguments):
            global left
            if event in ("open", "os.rename", "os.mkdir", "os.remove"):
                left -= 1
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
        sys.addaudithook(hook)
        one.keep(State({"calc": {"flops": f"{step}.2"}}))
        os._exit(0)
    how = os.waitpid(child, 0)[1]
    one = Session.start(folder)
    files = os.listdir(folder)
    told.append([os.WIFSIGNALED(how), one.restored.texts["calc"]["flops"], one.problems, len(files)])
    for name in files:
        os.unlink(os.path.join(folder, name))
    if not os.WIFSIGNALED(how):
        break
print(json.dumps(told))
"""


def test_a_kill_before_each_step_of_a_write_leaves_a_whole_state(folder: Path) -> None:
    *killed, last = run_script(STEPS, folder)
    assert len(killed) >= 2  # opening and renaming at least
    assert killed == [[True, f"{step}.1", [], 1] for step in range(1, len(killed) + 1)]
    assert last == [False, f"{len(killed) + 1}.2", [], 1]


CUT = """
import json, os, resource, signal, sys
from scaletui.session import Session
from scaletui.session_state import State

folder, ends = sys.argv[1], sys.argv[2] == "ends"
large = State({"calc": {"flops": "9" * 50_000}})
child = os.fork()
if child == 0:
    one = Session.start(folder)
    one.keep(State({"calc": {"flops": "1"}}))
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL if ends else signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
    told = [one.keep(large), one.keep(large), one.problem, one.keep(State({"calc": {"flops": "2"}})), one.problem,
            one.keep(large)]
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    print(json.dumps([told, os.listdir(folder)]), flush=True)
    os._exit(0)
how = os.waitpid(child, 0)[1]
if ends:
    drafts = [name for name in os.listdir(folder) if name.endswith(".draft")]
    sizes = [os.path.getsize(os.path.join(folder, name)) for name in drafts]
    one = Session.start(folder)
    print(json.dumps([os.WTERMSIG(how), sizes, one.restored.texts, one.problems, os.listdir(folder)]))
"""


def test_a_kill_in_the_middle_of_a_write_leaves_the_state_before(folder: Path) -> None:
    signal, sizes, texts, problems, files = run_script(CUT, folder, "ends")
    assert signal == 25  # SIGXFSZ
    assert sizes == [4096]  # half a state, as a draft
    assert texts == {"calc": {"flops": "1"}}
    assert problems == []
    assert len(files) == 1


def test_a_full_disk_is_said_once_each_time_it_fills_and_costs_nothing(folder: Path) -> None:
    (first, again, problem, better, fine, full), files = run_script(CUT, folder, "fills")
    assert first.startswith("the session is not kept: ")
    assert first.endswith("File too large")
    assert problem == first
    assert full == first
    assert (again, better, fine) == (None, None, None)
    assert len(files) == 1
    assert read((folder / files[0]).read_bytes()).state == state("2")


# --- a home that cannot be written -----------------------------------------------------------------------------------


def test_without_a_home_it_is_said_once(folder: Path) -> None:
    session = started(None)
    assert session.problems == ["the session is not kept: there is no home: set HOME or XDG_STATE_HOME"]
    assert session.keep(state()) is None
    assert session.restored is None


@pytest.mark.parametrize("place", ["/proc/scaletui/sessions", "{tmp}/file/sessions", "/dev/null"])
def test_a_home_that_takes_no_folder_is_said_once(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("")
    session = Session.start(place.format(tmp=tmp_path))
    said = [*session.problems, *filter(None, (session.keep(state()), session.keep(state("2"))))]
    assert len(said) == 1
    assert said[0].startswith("the session is not kept: ")
    assert session.problem == said[0]


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder below ones that everybody may enter, as pytest's own are not."""
    top = Path(tempfile.mkdtemp())
    top.chmod(0o755)
    yield top / "sessions"
    (top / "sessions").chmod(0o700)
    shutil.rmtree(top)


READ_ONLY = """
import json, os, sys
from scaletui.session import Session
from scaletui.session_state import State
from scaletui_core.flow import calculator

calculator("calc")  # while the modules can be read
if os.geteuid() == 0:  # whom no mode holds
    os.setgid(65534)
    os.setuid(65534)
one = Session.start(sys.argv[1])
other = Session.start(sys.argv[1])
told = [one.restored and one.restored.texts, one.problems, one.keep(State({})), one.keep(State({}))]
print(json.dumps([told, other.restored == one.restored]))
"""


def test_a_read_only_home_is_read_and_said_once(open_folder: Path) -> None:
    path = left(open_folder, state("5"))
    if os.geteuid() == 0:
        os.chown(path, 65534, 65534)
        os.chown(open_folder, 65534, 65534)
    open_folder.chmod(0o500)
    (texts, problems, first, second), same = run_script(READ_ONLY, open_folder)
    assert texts == {"calc": {"flops": "5"}}
    assert problems == [f"the session is not kept: {open_folder} cannot be written"]
    assert (first, second, same) == (None, None, True)
    assert names(open_folder) == [path.name]


def test_a_folder_that_others_can_write_is_not_used(folder: Path) -> None:
    left(folder, state())
    folder.chmod(0o777)
    before = names(folder)
    session = started(folder)
    assert session.restored is None
    assert session.problems == [f"the session is not kept: {folder}: others can write there (chmod 700)"]
    assert session.keep(state("2")) is None
    assert names(folder) == before
    folder.chmod(0o700)
    assert session.keep(state("2")) is None
    assert session.problem is None
    assert len(names(folder)) == 2


# --- what is passed over ---------------------------------------------------------------------------------------------


def record(**changes: Any) -> bytes:
    whole = json.loads(written(encoded(state()), GONE, NOW))
    for name, value in changes.items():
        target = whole if name in whole else whole["state"]
        target[name] = value
    return json.dumps(whole).encode()


WRONG = {
    "empty": b"",
    "half": written(encoded(state()), GONE, NOW)[:-20],
    "no JSON": b"hello",
    "no UTF-8": b"\xff\xfe\x00",
    "not a table": b"[]",
    "a number": b"7",
    "deep": b"[" * 100_000,
    "many digits": b"1" * 10_000,
    "large": b" " * (LIMIT + 1),
    "newer": record(version=2),
    "older": record(version=0),
    "version of text": record(version="1"),
    "version of flag": record(version=True),
    "no version": b'{"time": 1.0, "state": {}}',
    "time of text": record(time="now"),
    "time without end": record(time=1).replace(b'"time": 1,', b'"time": 1e999,'),
    "time that is none": record(time=float("nan")),
    "host of number": record(host=1),
    "pid of text": record(pid="1"),
    "state of list": record(state=[]),
    "no texts": record(state={}),
    "texts of list": record(texts=[]),
    "part of list": record(texts={"calc": []}),
    "text of number": record(texts={"calc": {"flops": 1e24}}),
    "text of nothing": record(texts={"calc": {"flops": None}}),
    "unknown text of number": record(texts={"newer": {"field": 1}}),
    "pane of number": record(pane=1),
    "views of list": record(views=[]),
    "view of text": record(views={"budget": "plotted"}),
    "view of list": record(views={"budget": {"plotted": []}}),
    "view without end": record(views={"budget": {"zoom": 8}}).replace(b'"zoom": 8', b'"zoom": 1e999'),
    "ranges of number": record(ranges=1),
    "history of text": record(history="x"),
    "history of one": record(history=[[{}]]),
    "history of nothing": record(history=[[], [{}]]),
    "history of numbers": record(history=[[{"calc": {"flops": 1}}], []]),
}


@pytest.mark.parametrize("content", WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_passed_over_with_a_line_and_stays(folder: Path, content: bytes) -> None:
    wrong = left(folder, content)
    left(folder, state("2"), age=10)
    session = started(folder)
    assert session.restored == state("2")
    (line,) = session.problems
    assert line.startswith(f"a session is passed over: {folder}")
    assert "\n" not in line
    assert wrong.read_bytes() == content


def test_what_is_not_known_is_dropped_with_a_word(folder: Path) -> None:
    texts = {"calc": {"flops": "1e24", "new_field": "5"}, "newer": {"x": "1"}}
    left(folder, record(texts=texts, history=[[texts], []], layout="wide"))
    session = started(folder)
    assert session.restored == state(history=[[state().texts], []])
    (line,) = session.problems
    assert line.endswith("which is left out: 'calc.new_field', 'newer', 'layout'")


def test_what_a_terminal_would_obey_is_written_out(folder: Path) -> None:
    left(folder, record(texts={"calc": {"flops": "\x1b[31m1e24\u202e\ud800"}}, pane="\x07"))
    restored = started(folder).restored
    assert restored is not None
    assert restored.texts == {"calc": {"flops": "\\x1b[31m1e24\\u202e\\ud800"}}
    assert restored.pane == "\\x07"


def test_other_files_are_left_alone(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True)
    others = [
        "notes.json",
        "x.json.draft",
        ".json",
        "a_b_c_1_2_3.json",
        f"{GONE.named()}.toml",
        f"{GONE.named()}.json~",
    ]
    others += [f"{n}.json" for n in range(2000)]
    for name in others:
        (folder / name).write_text("garbage")
    left(folder, state("3"))
    session = started(folder)
    assert session.restored == state("3")
    assert session.problems == []
    assert set(others) < set(names(folder))


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("link", ": Too many levels of symbolic links"),
        ("link to nothing", ": Too many levels of symbolic links"),
        ("pipe", " is not a file of yours"),
        ("folder", ": Is a directory"),
    ],
)
def test_what_is_no_file_is_passed_over(folder: Path, tmp_path: Path, kind: str, reason: str) -> None:
    folder.mkdir(mode=0o700, parents=True)
    elsewhere = left(tmp_path / "elsewhere", state("trap"))
    path = folder / f"{GONE.named()}.json"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(elsewhere if kind == "link" else "nowhere")
    os.utime(path, (NOW + 9, NOW + 9), follow_symlinks=False)
    for n in range(MOST):
        left(folder, state(str(n)), age=n)
    session = started(folder)
    assert session.restored == state("0")
    assert session.problems == [f"a session is passed over: {path}{reason}"]
    os.utime(path, (1.0, 1.0), follow_symlinks=False)  # older than all that are kept
    for n in range(MOST):
        left(folder, state(), age=n)
    started(folder)
    assert os.path.lexists(path)
    assert elsewhere.exists()


def test_a_draft_that_is_a_link_is_not_followed(folder: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    session = started(folder)
    session.keep(state("1"))
    (folder / names(folder)[0].replace(".json", ".json.draft")).symlink_to(victim)
    assert session.keep(state("2")) is not None
    assert victim.read_text() == "precious"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_what_another_user_owns_is_passed_over(folder: Path) -> None:
    theirs = left(folder, state("theirs"))
    os.chown(theirs, 65534, 65534)
    left(folder, state("mine"), age=10)
    session = started(folder)
    assert session.restored == state("mine")
    assert session.problems == [f"a session is passed over: {theirs} is not a file of yours"]
    os.chown(folder, 65534, 65534)
    assert started(folder).problems[0].startswith(f"the session is not kept: {folder}: is not yours")


# --- other hosts, and the end of old states --------------------------------------------------------------------------


def test_a_state_of_another_host_is_copied_and_never_touched(folder: Path) -> None:
    left(folder, state("mine"), age=100)
    theirs = left(folder, state("theirs"), owner=ELSEWHERE)
    before = (theirs.read_bytes(), theirs.stat().st_mtime_ns, theirs.stat().st_ino)
    session = started(folder)
    assert session.restored == state("theirs")
    session.keep(state("mine again"))
    session.close()
    assert (theirs.read_bytes(), theirs.stat().st_mtime_ns, theirs.stat().st_ino) == before
    assert len(names(folder)) == 3


def test_at_most_twenty_states_are_left_and_no_drafts(folder: Path) -> None:
    paths = [left(folder, state(str(n)), age=n) for n in range(30)]
    draft = left(folder, b"half", suffix=".json.draft")
    own = started(folder, restore=False)
    own.keep(state())
    assert [path.exists() for path in paths] == [True] * MOST + [False] * (30 - MOST)
    assert not draft.exists()
    started(folder)
    assert [path.exists() for path in paths] == [False] + [True] * (MOST - 1) + [False] * (30 - MOST)


def test_states_of_other_hosts_are_deleted_by_age_alone(folder: Path) -> None:
    young = [left(folder, state(), age=OLD - 60, owner=ELSEWHERE) for _ in range(MOST + 5)]
    draft = left(folder, b"half", age=OLD - 60, owner=ELSEWHERE, suffix=".json.draft")
    old = [left(folder, state(), age=OLD + 60, owner=ELSEWHERE, suffix=one) for one in (".json", ".json.draft")]
    started(folder)
    assert all(path.exists() for path in [*young, draft])
    assert not any(path.exists() for path in old)


def test_what_an_app_that_runs_writes_is_no_stale_draft(folder: Path) -> None:
    session = started(folder)
    session.keep(state())
    draft = folder / names(folder)[0].replace(".json", ".json.draft")
    draft.write_bytes(b"half")
    started(folder)
    assert draft.exists()


# --- size, and what a start costs ------------------------------------------------------------------------------------


def test_a_long_history_is_left_out_and_long_texts_are_refused(folder: Path) -> None:
    session = started(folder)
    assert session.keep(state("5", history=[[state("9" * LIMIT).texts], []])) is None
    (path,) = folder.iterdir()
    assert read(path.read_bytes()).state == state("5")
    told = session.keep(state("9" * LIMIT))
    assert told is not None
    assert "the session is larger than 1,000,000 bytes" in told
    assert "\n" not in told
    assert read(path.read_bytes()).state == state("5")


COUNT = """
import json, os, sys
import scaletui.session as module
from scaletui.session_state import State
from scaletui_core.flow import calculator

calculator("calc")
folder, seen = sys.argv[1], []
sys.addaudithook(lambda event, given: seen.append(event)
                 if event != "import" and given and str(given[0]).startswith(folder) else None)
for name in ("stat", "lstat", "access"):
    def counted(path, *more, call=getattr(os, name), name=name, **keys):
        if str(path).startswith(folder):
            seen.append(name)
        return call(path, *more, **keys)
    setattr(os, name, counted)
told = []
session = module.Session.start(folder)
told.append(list(seen)), seen.clear()
for n in range(3):
    session.keep(State({"calc": {"flops": str(n)}}))
    told.append(list(seen)), seen.clear()
print(json.dumps([told, session.restored is not None, [m for m in ("textual", "rich", "numpy") if m in sys.modules]]))
"""


def test_a_start_and_a_write_are_few_calls(folder: Path) -> None:
    for age in range(MOST + 1):
        left(folder, state(), age)
    (start, *writes), restored, heavy = run_script(COUNT, folder)
    assert restored
    assert start == ["stat", "os.scandir", "open", "os.rename", "access"]
    assert writes == [["open", "os.rename"]] * 3
    assert heavy == []


def test_the_first_start_is_one_call(folder: Path) -> None:
    (start, first, *more), restored, _ = run_script(COUNT, folder)
    assert not restored
    assert start == ["stat"]
    assert more == [["open", "os.rename"]] * 2
    assert first[-1] == "os.rename"


# --- reading ---------------------------------------------------------------------------------------------------------

TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=12)
TEXTS = st.dictionaries(
    st.sampled_from(["calc", "speed"]), st.dictionaries(st.just("params"), TEXT, max_size=1), max_size=2
)
VIEW = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT
STATES = st.builds(
    State, TEXTS, TEXT, TEXT, st.dictionaries(TEXT, st.dictionaries(TEXT, VIEW, max_size=2), max_size=2), st.booleans(),
    st.just([]) | st.tuples(st.lists(TEXTS, min_size=1, max_size=3), st.lists(TEXTS, max_size=3)).map(list),
)  # fmt: skip


@fixed
@given(kept=STATES, time=st.floats(0, 1e12))
def test_what_is_written_is_read_back(kept: State, time: float) -> None:
    found = read(written(encoded(kept), ME, time))
    assert found.state == kept
    assert (found.time, found.host, found.dropped) == (time, ME.host, ())


def test_no_part_of_a_state_is_read_as_a_whole_one() -> None:
    content = written(encoded(state(history=[[state().texts], []])), ME, NOW)
    for end in range(len(content) - 1):  # but for the end of the line
        with pytest.raises(InputError):
            read(content[:end])


@fixed
@given(kept=STATES, changes=st.lists(st.tuples(st.integers(0, 10_000), st.binary(max_size=3)), max_size=4))
def test_whatever_is_read_is_a_state_or_an_error_of_ours(kept: State, changes: list[tuple[int, bytes]]) -> None:
    content = written(encoded(kept), ME, NOW)
    for at, new in changes:
        at %= len(content)
        content = content[:at] + new + content[at + 1 :]
    try:
        found = read(content)
    except InputError:
        return
    assert isinstance(encoded(found.state), str)
