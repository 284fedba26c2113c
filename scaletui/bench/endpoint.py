"""A server of the user's own, OpenAI-compatible, timed by the same ladder: streamed, by the standard library."""

from __future__ import annotations

import http.client
import json
import os
import random
import ssl
import time
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import SplitResult, urlsplit

from scaletui_core.errors import InputError, ScaletuiError
from scaletui_core.safetext import visible

ASKED = "Count upwards from one in words, one number a line, and never stop."
"""A prompt whose answer is as long as it may be."""
SILENCE = 300.0
"""Seconds without a byte after which a server is given up."""
_LINE = 1_000_000  # bytes of one line of a stream


class Answered(NamedTuple):
    """One answer: tokens, time to the first and to the last [s]."""

    tokens: int
    first: float
    seconds: float


class _Refused(ScaletuiError):
    """The server said no; ``status`` is HTTP's."""

    status = 0


def checked_url(url: str) -> SplitResult:
    """Return the parts of a URL that can be asked.

    Raises
    ------
    InputError
        If it is none, or holds a password: that would be printed and kept.
    """
    hint = "such as http://localhost:8000/v1"
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  # raises where it is no number
    except ValueError:
        raise InputError("is not a URL", where="--command", hint=hint) from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InputError("must be an http:// or https:// URL", where="--command", hint=hint)
    if parts.username is not None or parts.query or parts.fragment:
        what = "takes no name, password or query in the URL: it is printed and kept"
        raise InputError(what, where="--command", hint="a key goes into the variable of --key-env")
    if not url.isascii() or not url.isprintable() or " " in url:
        raise InputError("must be plain ASCII", where="--command", hint=hint)
    return parts


def path_of(parts: SplitResult) -> str:
    """Return the path that is asked: a whole one as it is, else that of chat below it.

    >>> path_of(urlsplit("http://localhost:8000/v1")), path_of(urlsplit("http://h/v1/completions"))
    ('/v1/chat/completions', '/v1/completions')
    """
    path = parts.path.rstrip("/")
    return path if path.endswith("/completions") else path + "/chat/completions"


class Server:
    """A server that is asked, by URL, its name of the model, and a key that is in nothing that is printed."""

    def __init__(self, url: str, model: str, key: str | None) -> None:
        self._parts = checked_url(url)
        self._path = path_of(self._parts)
        self._model = model
        self._key = key
        self._counts = True  # whether it may be asked to count its tokens

    def ask(self, tokens: int) -> Answered:
        """Return how long an answer of at most so many tokens took.

        Raises
        ------
        ScaletuiError
            If the server is not there, refuses, breaks off, or says nothing that is understood.
        """
        try:
            return self._ask(tokens)
        except _Refused as error:
            if not self._counts or error.status not in (400, 422):
                raise
            self._counts = False  # it may know no stream_options
            return self._ask(tokens)

    def _ask(self, tokens: int) -> Answered:
        chat = self._path.endswith("/chat/completions")
        asked: dict[str, Any] = {"model": self._model, "max_tokens": tokens, "temperature": 0, "stream": True}
        asked |= {"messages": [{"role": "user", "content": ASKED}]} if chat else {"prompt": ASKED}
        if self._counts:
            asked["stream_options"] = {"include_usage": True}
        headers = {"Content-Type": "application/json", "Accept": "text/event-stream"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        secure = self._parts.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = kind(self._parts.hostname or "", self._parts.port, timeout=SILENCE)
        try:
            connection.connect()
            start = time.perf_counter()
            connection.request("POST", self._path, json.dumps(asked), headers)
            response = connection.getresponse()
            if response.status != 200:
                raise self._refused(response)
            return self._read(response, start)
        except TimeoutError:
            raise ScaletuiError(f"{self._name}: said nothing for {SILENCE:.0f} s") from None
        except ssl.SSLError as error:
            raise ScaletuiError(f"{self._name}: no secure connection: {error.reason or 'TLS failed'}") from None
        except (OSError, http.client.HTTPException) as error:
            words = getattr(error, "strerror", None) or type(error).__name__
            raise ScaletuiError(f"{self._name}: cannot be asked: {visible(str(words), 100)}") from None
        finally:
            connection.close()

    @property
    def _name(self) -> str:
        return f"{self._parts.scheme}://{self._parts.netloc}{self._path}"

    def _refused(self, response: http.client.HTTPResponse) -> _Refused:
        text = response.read(2000).decode(errors="replace")
        if self._key:
            text = text.replace(self._key, "...")  # some servers repeat what they were sent
        error = _Refused(f"{self._name}: answered {response.status}: {visible(' '.join(text.split()), 200)}")
        error.status = response.status
        return error

    def _read(self, response: http.client.HTTPResponse, start: float) -> Answered:
        """Read a stream of events; tokens are as the server counts them, else one a piece of text."""
        pieces, counted, first, last = 0, None, None, start
        while line := response.readline(_LINE):
            text = line.strip()
            if not text.startswith(b"data:"):
                continue
            data = text[5:].strip()
            if data == b"[DONE]":
                break
            try:
                event = json.loads(data)
            except (ValueError, RecursionError):
                raise ScaletuiError(f"{self._name}: sent an event that is no JSON") from None
            if not isinstance(event, dict):
                continue
            if event.get("error"):
                raise ScaletuiError(f"{self._name}: broke off: {visible(str(event['error']), 200)}")
            usage = event.get("usage")
            if isinstance(usage, dict) and isinstance(usage.get("completion_tokens"), int):
                counted = usage["completion_tokens"]
            if _has_text(event):
                last = time.perf_counter()
                first = last if first is None else first
                pieces += 1
        tokens = counted if counted else pieces
        if first is None or tokens < 1:
            raise ScaletuiError(f"{self._name}: streamed no text; is it OpenAI-compatible?")
        return Answered(tokens, first - start, last - start)


def _has_text(event: dict[str, Any]) -> bool:
    choices = event.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        return False
    delta = choices[0].get("delta")
    found = [choices[0].get("text")]
    if isinstance(delta, dict):
        found += [delta.get(name) for name in ("content", "reasoning_content", "reasoning")]
    return any(isinstance(text, str) and text for text in found)


def measured(spec: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Measure a server as the specification says, and yield each timing as soon as it is known."""
    server = Server(spec["url"], spec["model"], os.environ.get(spec["key_env"]))
    yield {"event": "machine", "device": "server", "hardware": spec["url"]}
    yield {"event": "progress", "words": "warming up"}
    server.ask(spec["ladder"][0])
    timed = {tuple(one) for one in spec.get("have", {}).get("points", ())}
    for repeat in range(spec["repeats"]):
        order = list(spec["ladder"])
        random.Random(spec["seed"] * 1000 + repeat).shuffle(order)
        for count in order:
            if (count, repeat) in timed:
                continue
            took = server.ask(count)
            found = {"tokens": took.tokens, "asked": count, "repeat": repeat}
            yield {"event": "point", **found, "seconds": took.seconds, "first": took.first}
