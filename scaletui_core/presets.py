"""Published numbers out of TOML: the files that ship, and the user's own beside them.

The shipped files are trusted (the tests validate them) and their parse is kept as JSON in a cache folder, because a
one-shot command has no ten milliseconds for a TOML parser. The user's files are validated whenever they are read: an
unknown key, a wrong type or a missing number is one error with file, line, key and the nearest known key, and the
shipped presets still work.
"""

from __future__ import annotations

import contextlib
import os
import stat
import zlib
from typing import Any, NamedTuple

from scaletui_core import __version__
from scaletui_core.errors import InputError
from scaletui_core.safetext import visible

KINDS = ("laws", "models", "hardware", "emergence", "benchmarks", "speeds", "forecasts", "scenarios")
SECTION = {
    "laws": "laws",
    "models": "models",
    "hardware": "accelerators",
    "emergence": "abilities",
    "benchmarks": "benchmarks",
    "speeds": "speeds",
    "forecasts": "forecasts",
    "scenarios": "scenarios",
}
# What every record of a kind must hold; some kinds want more (`scaletui_core.preset_checks`).
REQUIRED = {
    "laws": ("name", "kind", "counts", "source"),
    "models": ("name", "params", "source"),
    "hardware": ("name", "source"),
    "emergence": ("name", "family", "reference", "source"),
    "benchmarks": ("name", "source", "rows"),
    "speeds": ("name", "source"),
    "forecasts": ("name", "source"),
    "scenarios": ("name", "source"),
}
_SIZE_LIMIT = 1_000_000

Record = dict[str, Any]


class Source(NamedTuple):
    """A document: title, authors, year, and where it is."""

    id: str
    title: str
    authors: str
    year: int
    url: str | None = None


class Presets(NamedTuple):
    """One kind of preset: records by id, sources by id, and settings of the file (such as the hire price)."""

    records: dict[str, Record]
    sources: dict[str, Source]
    settings: dict[str, Any]


class Catalog:
    """All presets that a calculator may look up, read when first asked for.

    Parameters
    ----------
    shipped : str
        Folder of the shipped files, one a kind: ``laws.toml``, ``models.toml``, ``hardware.toml`` and so on.
    user : str, optional
        Folder of the user's files of the same names; what they hold adds to or overrides the shipped records.
    cache : str, optional
        Folder to keep the parsed shipped files in; anything that goes wrong with it is passed over.

    Attributes
    ----------
    problems : list of InputError
        What was wrong with the user's files; each bad file is left out whole.
    """

    def __init__(self, shipped: str, user: str | None = None, cache: str | None = None) -> None:
        self._shipped = shipped
        self._user = user
        self._cache = cache
        self._loaded: dict[str, Presets] = {}
        self._fits: dict[str, tuple[tuple[int, int], Record]] = {}
        self._paths: dict[str, str] = {}
        self.problems: list[InputError] = []

    def load(self, kind: str) -> Presets:
        """Return the presets of one kind, one of `KINDS`."""
        if kind not in self._loaded:
            document = self._shipped_document(kind)
            presets = _presets(document, kind)
            if self._user is not None:
                own = self._user_document(kind)
                if own is not None:
                    extra = _presets(own, kind)
                    presets = Presets(
                        {**presets.records, **extra.records},
                        {**presets.sources, **extra.sources},
                        {**presets.settings, **extra.settings},
                    )
                if kind == "laws":
                    presets.records.update(self._fitted(presets.records))
            self._loaded[kind] = presets
        return self._loaded[kind]

    def read_again(self, kind: str) -> None:
        """Have the presets of a kind read from their files again, which may have changed."""
        self._loaded.pop(kind, None)

    def _fitted(self, taken: dict[str, Record]) -> dict[str, Record]:
        """Return the laws that the user's fits are, each by the name of its file; a bad one is a problem."""
        from scaletui_core.fit_file import FOLDER, SUFFIX, law_record, read_fit

        found: dict[str, Record] = {}
        folder = os.path.join(self._user or "", FOLDER)
        try:
            names = sorted(name for name in os.listdir(folder) if name.endswith(SUFFIX))
        except OSError:
            return found
        for name in names:
            path = os.path.join(folder, name)
            try:
                key = name.removesuffix(SUFFIX)
                if key in taken:
                    raise InputError(f"a law is called {key} already", where=visible(path, 200), hint="rename the file")
                found[key] = law_record(read_fit(path), key)
            except InputError as error:
                self.problems.append(error)
        return found

    def law(self, name: str, where: str | None = None) -> tuple[str, Record] | None:
        """Return the id and the record of a law by its id, or by the path of a fit's file; None if there is none.

        A law out of a file is called by the file's name without its folder.

        Raises
        ------
        InputError
            If the file cannot be read, or holds no law; ``where`` is the option that named it.
        """
        from scaletui_core.fit_file import is_fit_file, law_record, read_fit

        records = self.load("laws").records
        if name in records:
            return name, records[name]
        if not is_fit_file(name):
            return None
        path = os.path.abspath(self._paths.get(name, name))
        short = os.path.basename(path)
        try:
            status = os.stat(path)
            stamp = (status.st_mtime_ns, status.st_size)
        except OSError:
            stamp = (0, 0)
        if path not in self._fits or self._fits[path][0] != stamp:
            self._fits[path] = stamp, law_record(read_fit(self._paths.get(name, name), where), short)
        self._paths[short] = path
        return short, self._fits[path][1]

    def source(self, locator: str) -> Source | None:
        """Return the document that a ``source-id: locator`` names, or None."""
        key = locator.split(":", 1)[0].strip()
        for kind in KINDS:
            found = self.load(kind).sources.get(key)
            if found is not None:
                return found
        return None

    def _shipped_document(self, kind: str) -> Record:
        path = os.path.join(self._shipped, f"{kind}.toml")
        status = os.stat(path)
        stamp = [__version__, path, status.st_mtime_ns, status.st_size]
        cached = None if self._cache is None else _read_cache(self._cache, kind, stamp)
        if cached is not None:
            return cached
        import tomllib

        with open(path, "rb") as file:
            document = tomllib.load(file)
        if self._cache is not None:
            _write_cache(self._cache, kind, stamp, document)
        return document

    def _user_document(self, kind: str) -> Record | None:
        path = os.path.join(self._user or "", f"{kind}.toml")
        try:
            text = read_text(path)
            if text is None:
                return None
            from scaletui_core.preset_checks import validated

            return validated(text, kind, path)
        except InputError as error:
            self.problems.append(error)
            return None


def _presets(document: Record, kind: str) -> Presets:
    records: dict[str, Record] = document.get(SECTION[kind], {})
    sources = {
        key: Source(key, s["title"], s.get("authors", ""), s.get("year", 0), s.get("url"))
        for key, s in document.get("sources", {}).items()
    }
    settings = {key: value for key, value in document.items() if key not in ("schema", "sources", SECTION[kind])}
    return Presets(records, sources, settings)


def _read_cache(folder: str, kind: str, stamp: list[Any]) -> Record | None:
    import json

    try:
        with open(os.path.join(folder, f"{kind}.json"), "rb") as file:
            head, _, body = file.read().partition(b"\n")
        # The stamp says what was parsed, the sum that it is still what was written.
        if json.loads(head) != [*stamp, zlib.crc32(body)]:
            return None
        document: Record = json.loads(body)
        return document if _shaped(document, kind) else None
    except (OSError, ValueError, RecursionError):
        return None


def _shaped(document: Any, kind: str) -> bool:
    """Whether a cached document looks like presets: a foreign or damaged file must not be believed for its stamp."""
    if not isinstance(document, dict):
        return False
    records, sources = document.get(SECTION[kind]), document.get("sources")
    if not (isinstance(records, dict) and records and isinstance(sources, dict)):
        return False
    whole = all(
        isinstance(record, dict) and all(key in record for key in REQUIRED[kind]) for record in records.values()
    )
    return whole and all(isinstance(source, dict) and "title" in source for source in sources.values())


def _write_cache(folder: str, kind: str, stamp: list[Any], document: Record) -> None:
    import json

    path = os.path.join(folder, f"{kind}.json")
    draft = f"{path}.{os.urandom(6).hex()}"  # two nodes with one home may write at once
    body = json.dumps(document).encode()
    head = json.dumps([*stamp, zlib.crc32(body)]).encode()
    try:
        os.makedirs(folder, exist_ok=True)
        with open(draft, "wb") as file:
            file.write(head + b"\n" + body)
        os.replace(draft, path)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(draft)


def read_text(path: str) -> str | None:
    """Return the text of a file that people write, or None where there is none.

    Raises
    ------
    InputError
        If it is a pipe or a folder, too large, or not UTF-8 (with the line).
    """
    try:
        if stat.S_ISFIFO(os.stat(path).st_mode):
            raise InputError("is a pipe, not a file", where=visible(path, 200))
        with open(path, "rb") as file:
            raw = file.read(_SIZE_LIMIT + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=visible(path, 200)) from None
    if len(raw) > _SIZE_LIMIT:
        raise InputError(f"is larger than {_SIZE_LIMIT:,} bytes", where=visible(path, 200))
    try:
        return raw.decode("utf-8-sig")  # an editor may have put a mark before it
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise InputError("is not UTF-8 text", where=f"{visible(path, 200)}:{line}") from None
