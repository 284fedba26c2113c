"""A server is measured by the same ladder; what it does wrong is one line; its key is nowhere; no torch."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
from pathlib import Path

import jsonschema
import pytest
from fake_server import FakeServer

from scaletui.bench import endpoint
from scaletui.bench.endpoint import Server, checked_url
from scaletui_core.errors import InputError, ScaletuiError

SCHEMA = json.loads((Path(__file__).parents[2] / "scaletui" / "render" / "answer.schema.json").read_text())
KEY = "sk-secret-1234567890"


@pytest.fixture
def xdg(tmp_path):
    return {"XDG_DATA_HOME": str(tmp_path / "data")}


def results(tmp_path):
    return [json.loads(path.read_text()) for path in sorted((tmp_path / "data" / "scaletui" / "bench").glob("*.json"))]


def words(server, *more):
    return ("bench", "--command", server.url, "--model", "my-model", "--ladder", "5,10,15,20", "--repeats", "2", *more)


def test_a_server_is_measured_and_its_key_is_kept_nowhere(run_cli, tmp_path, xdg):
    with FakeServer() as server:
        done = run_cli(*words(server, "--key-env", "MY_KEY", "--format", "json"), env={**xdg, "MY_KEY": KEY})
        assert (done.returncode, done.stderr) == (0, "")
        jsonschema.validate(json.loads(done.stdout), SCHEMA)
        assert {one["key"] for one in server.asked} == {f"Bearer {KEY}"}
        assert {one["path"] for one in server.asked} == {"/v1/chat/completions"}
        assert sorted(one["max_tokens"] for one in server.asked[1:]) == [5, 5, 10, 10, 15, 15, 20, 20]
        assert {(one["model"], one["stream"]) for one in server.asked} == {("my-model", True)}
    (kept,) = results(tmp_path)
    assert kept["status"] == "done"
    assert sorted(point["tokens"] for point in kept["points"]) == [5, 5, 10, 10, 15, 15, 20, 20]
    assert all(0.0 < point["first"] <= point["seconds"] for point in kept["points"])
    assert KEY not in done.stdout + json.dumps(kept)
    assert kept["name"] == "my-model-server-1"


def test_tokens_are_as_the_server_counts_them_else_pieces():
    with FakeServer(tokens_a_piece=3) as server:
        assert Server(server.url, "m", None).ask(7).tokens == 21
    with FakeServer(counts_nothing=True, stops_after=4) as server:
        assert Server(server.url, "m", None).ask(7).tokens == 4


def test_a_server_that_knows_no_stream_options_is_asked_without():
    with FakeServer(status=400, only_with="stream_options") as server:
        asked = Server(server.url + "/completions", "m", None)
        assert [asked.ask(3).tokens, asked.ask(4).tokens] == [3, 4]
        assert ["stream_options" in one for one in server.asked] == [True, False, False]
        assert all(one["path"] == "/v1/completions" and "prompt" in one for one in server.asked)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"status": 401}, "answered 401: no: you sent Bearer ..."),
        ({"status": 500}, "answered 500"),
        ({"raw": b"<html>hello</html>"}, "streamed no text; is it OpenAI-compatible?"),
        ({"raw": b"data: {\n\n"}, "sent an event that is no JSON"),
        ({"raw": b'data: {"error": {"message": "overloaded"}}\n\n'}, "broke off: {'message': 'overloaded'}"),
        ({"raw": b"data: 3\n\ndata: [DONE]\n\n"}, "streamed no text"),
        ({"raw": b'data: {"choices": [3]}\n\ndata: {"choices": 3}\n\n'}, "streamed no text"),
    ],
)
def test_what_a_server_does_wrong_is_one_line(how, said, run_cli, xdg, tmp_path):
    with FakeServer(**how) as server:
        done = run_cli(*words(server), env={**xdg, "OPENAI_API_KEY": KEY})
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert KEY not in done.stderr
    assert results(tmp_path) == []


def test_a_server_that_is_not_there_is_one_line(run_cli, xdg):
    with FakeServer() as server:
        gone = server
    done = run_cli(*words(gone), env=xdg)
    assert done.returncode == 1
    assert done.stderr.startswith(f"scaletui: {gone.url}/chat/completions: cannot be asked: Connection refused")


def test_a_server_that_is_silent_is_given_up(monkeypatch):
    monkeypatch.setattr(endpoint, "SILENCE", 0.05)
    with FakeServer(hang_at=1) as server, pytest.raises(ScaletuiError, match="said nothing for"):
        Server(server.url, "m", None).ask(3)


@pytest.mark.parametrize(
    "url", ["x", "ftp://h/v1", "http://", "http://h:x/v1", "http://a:b@h/v1", "http://h/v1?k=3", "http://h/ä"]
)
def test_a_url_that_is_none_or_holds_a_secret_is_refused(url):
    with pytest.raises(InputError) as caught:
        checked_url(url)
    assert caught.value.where == "--command"


def hung(server, start, xdg):
    """Start a measurement, wait until the server hangs, and return the command and the process that measures."""
    process = start(*words(server), env=xdg, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert server.hanging.wait(60)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    assert len(children) == 1
    return process, os.pidfd_open(int(children[0]))


def over(worker):
    """Whether a process ends, as the kernel says it."""
    ended = bool(select.select([worker], [], [], 60)[0])
    os.close(worker)
    return ended


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="Linux alone says when a stranger's process ends")
def test_ctrl_c_keeps_what_there_is_and_leaves_nothing_running(start, tmp_path, xdg):
    with FakeServer(hang_at=7) as server:  # one to warm up, then five timings
        process, worker = hung(server, start, xdg)
        process.send_signal(signal.SIGINT)
        out, said = process.communicate(timeout=60)
        assert over(worker)
    (kept,) = results(tmp_path)
    assert process.returncode == 130
    assert kept["status"] == "interrupted"
    assert len(kept["points"]) == 5
    assert b"scaletui bench show my-model-server-1" in said
    assert b"The measurement is interrupted" in out


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="Linux alone says when a stranger's process ends")
def test_kill_9_loses_no_timing_that_was_written_and_leaves_nothing_running(start, tmp_path, xdg, run_cli):
    with FakeServer(hang_at=7) as server:
        process, worker = hung(server, start, xdg)
        process.kill()
        process.communicate(timeout=60)
        assert over(worker)
    (kept,) = results(tmp_path)
    assert kept["status"] == "running"
    assert len(kept["points"]) == 5
    assert run_cli("bench", "show", env=xdg).returncode == 0


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="Linux alone says when a stranger's process ends")
def test_a_measuring_process_that_is_killed_is_one_line_and_what_it_timed_is_shown(start, tmp_path, xdg):
    with FakeServer(hang_at=7) as server:
        process, worker = hung(server, start, xdg)
        signal.pidfd_send_signal(worker, signal.SIGKILL)
        out, said = process.communicate(timeout=60)
        assert over(worker)
    (kept,) = results(tmp_path)
    assert (process.returncode, kept["status"], len(kept["points"])) == (1, "failed", 5)
    assert said.decode().startswith("scaletui: the measuring process was ended by SIGKILL")
    assert b"The measurement is failed" in out
