"""Published numbers out of TOML: the files that ship, and the user's own beside them.

The shipped files are trusted (the tests validate them) and their parse is kept as JSON in a cache folder, because a
one-shot command has no ten milliseconds for a TOML parser. The user's files are validated whenever they are read: an
unknown key, a wrong type or a missing number is one error with file, line, key and the nearest known key, and the
shipped presets still work.
"""

from __future__ import annotations

import os
from typing import Any, NamedTuple

from scaletui_core.errors import InputError
from scaletui_core.safetext import visible

KINDS = ("laws", "models", "hardware")
_SECTION = {"laws": "laws", "models": "models", "hardware": "accelerators"}
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
        Folder of the shipped ``laws.toml``, ``models.toml`` and ``hardware.toml``.
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
        self.problems: list[InputError] = []

    def load(self, kind: str) -> Presets:
        """Return the presets of one kind (``laws``, ``models`` or ``hardware``)."""
        if kind not in self._loaded:
            document = self._shipped_document(kind)
            presets = _presets(document, kind, "shipped")
            if self._user is not None:
                own = self._user_document(kind)
                if own is not None:
                    extra = _presets(own, kind, "user")
                    presets = Presets(
                        {**presets.records, **extra.records},
                        {**presets.sources, **extra.sources},
                        {**presets.settings, **extra.settings},
                    )
            self._loaded[kind] = presets
        return self._loaded[kind]

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
        stamp = [path, status.st_mtime_ns, status.st_size]
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
            text = _read_text(path)
            if text is None:
                return None
            return validated(text, kind, path)
        except InputError as error:
            self.problems.append(error)
            return None


def _presets(document: Record, kind: str, origin: str) -> Presets:
    records = {key: {**record, "origin": origin} for key, record in document.get(_SECTION[kind], {}).items()}
    sources = {
        key: Source(key, s["title"], s.get("authors", ""), s.get("year", 0), s.get("url"))
        for key, s in document.get("sources", {}).items()
    }
    settings = {key: value for key, value in document.items() if key not in ("schema", "sources", _SECTION[kind])}
    return Presets(records, sources, settings)


def _read_cache(folder: str, kind: str, stamp: list[Any]) -> Record | None:
    import json

    try:
        with open(os.path.join(folder, f"{kind}.json"), encoding="utf-8") as file:
            kept = json.load(file)
        document = kept["document"] if kept["stamp"] == stamp else None
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return document if isinstance(document, dict) else None


def _write_cache(folder: str, kind: str, stamp: list[Any], document: Record) -> None:
    import json

    path = os.path.join(folder, f"{kind}.json")
    draft = f"{path}.{os.getpid()}"
    try:
        os.makedirs(folder, exist_ok=True)
        with open(draft, "w", encoding="utf-8") as file:
            json.dump({"stamp": stamp, "document": document}, file)
        os.replace(draft, path)
    except OSError:
        pass


def _read_text(path: str) -> str | None:
    try:
        with open(path, "rb") as file:
            raw = file.read(_SIZE_LIMIT + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=visible(path, 200)) from None
    if len(raw) > _SIZE_LIMIT:
        raise InputError(f"is larger than {_SIZE_LIMIT:,} bytes", where=visible(path, 200))
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise InputError("is not UTF-8 text", where=f"{visible(path, 200)}:{line}") from None


# What a record may hold: key -> what its value must be. "+" is a positive number, "n" a number, "s" text, "t" a table,
# "l" a list, "b" true or false, "pair" two numbers.
_COMMON = {"name": "s", "source": "s", "sources": "t", "notes": "l", "year": "+"}
_KEYS: dict[str, dict[str, str]] = {
    "laws": {
        **_COMMON,
        "kind": "s",
        **dict.fromkeys(("A", "B", "E", "alpha", "beta", "R_D", "R_N", "per"), "+"),
        **dict.fromkeys(("ln_A", "ln_B", "ln_E"), "n"),
        **dict.fromkeys(("params", "tokens", "flops_per_token", "learning_rate", "batch_tokens"), "pair"),
        **dict.fromkeys(("compute_loss", "params_loss", "tokens_loss", "fitted"), "pair"),
        **dict.fromkeys(("counts", "fitted_source", "loss_source", "hyperparameter_source"), "s"),
        "teaching": "b",
        "standard_errors": "t",
        "printed_exponents": "t",
    },
    "models": {
        **_COMMON,
        "family": "s",
        **dict.fromkeys(
            ("params", "tokens", "layers", "d_model", "heads", "kv_heads", "head_dim", "d_ff", "context", "vocab",
             "learning_rate", "batch_tokens", "batch_tokens_final", "training_flops", "active_params"), "+",
        ),
    },
    "hardware": {
        **_COMMON,
        "aliases": "l",
        "vendor": "s",
        "form": "s",
        **dict.fromkeys(
            ("peak_bf16", "peak_fp16", "peak_fp8", "peak_tf32", "peak_fp32", "peak_int8", "peak_fp4", "memory",
             "bandwidth", "interconnect", "power", "price_usd_per_hour"), "+",
        ),
    },
}  # fmt: skip
_REQUIRED = {
    "laws": ("name", "kind", "counts", "source"),
    "models": ("name", "params", "source"),
    "hardware": ("name", "source"),
}
_WORDS = {"+": "a positive number", "n": "a number", "s": "text", "t": "a table", "l": "a list", "b": "true or false",
          "pair": "a list of two numbers"}  # fmt: skip


def validated(text: str, kind: str, path: str) -> Record:
    """Return the document of a preset file after checking every key.

    Raises
    ------
    InputError
        With file, line and key, and the nearest known key where one was mistyped.
    """
    import tomllib

    shown = visible(path, 200)
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = _line_in_message(str(error))
        raise InputError(
            f"is not TOML: {visible(str(error), 200)}", where=f"{shown}:{line}" if line else shown
        ) from None
    section = _SECTION[kind]
    _check_keys(document, ["schema", "sources", section, "price"], text, shown, ())
    records = document.get(section, {})
    if not isinstance(records, dict):
        raise _fault(f"'{section}' must hold tables such as [{section}.my-own]", text, shown, (section,))
    for key, source in document.get("sources", {}).items():
        if not isinstance(source, dict) or not isinstance(source.get("title"), str):
            raise _fault("needs a title", text, shown, ("sources", key))
        _check_keys(source, ["title", "authors", "year", "url"], text, shown, ("sources", key))
    for key, record in records.items():
        _check_record(record, kind, text, shown, (section, key))
    return document


def _check_record(record: Any, kind: str, text: str, shown: str, at: tuple[str, ...]) -> None:
    if not isinstance(record, dict):
        raise _fault("must be a table", text, shown, at)
    keys = _KEYS[kind]
    _check_keys(record, list(keys), text, shown, at)
    for key in _REQUIRED[kind]:
        if key not in record:
            raise _fault(f"needs '{key}'", text, shown, at)
    for key, value in record.items():
        if not _fits(value, keys[key]):
            raise _fault(f"'{key}' must be {_WORDS[keys[key]]}, not {visible(repr(value))}", text, shown, (*at, key))
    if kind == "laws":
        _check_law(record, text, shown, at)


def _check_law(record: Record, text: str, shown: str, at: tuple[str, ...]) -> None:
    kind = record["kind"]
    if kind not in ("parametric", "repeated", "power"):
        raise _fault(f"kind '{visible(kind)}' is not parametric, repeated or power", text, shown, (*at, "kind"))
    if kind == "power":
        if not any(key in record for key in ("params", "tokens", "flops_per_token")):
            raise _fault("a power law needs 'params', 'tokens' or 'flops_per_token'", text, shown, at)
        return
    needed = ["alpha", "beta", *(("R_D", "R_N") if kind == "repeated" else ())]
    for key in needed:
        if key not in record:
            raise _fault(f"a {kind} law needs '{key}'", text, shown, at)
    for key in ("A", "B", "E"):
        if (key in record) == (f"ln_{key}" in record):
            raise _fault(f"give either '{key}' or 'ln_{key}'", text, shown, at)


def _check_keys(table: Record, known: list[str], text: str, shown: str, at: tuple[str, ...]) -> None:
    from difflib import get_close_matches

    for key in table:
        if key not in known:
            near = get_close_matches(key[:100], known, n=1, cutoff=0.5)
            hint = f"did you mean '{near[0]}'?" if near else "known: " + ", ".join(known)
            raise InputError(
                f"'{visible(key)}' is not a key of {visible('.'.join(at)) or 'the file'}",
                where=f"{shown}:{_line_of(text, (*at, key))}",
                hint=hint,
            )


def _fits(value: Any, wanted: str) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if wanted == "n":
        return number and abs(value) < 1e300
    if wanted == "+":
        return number and 0 < value < 1e300
    if wanted == "pair":
        return isinstance(value, list) and len(value) == 2 and all(_fits(item, "n") for item in value)
    return isinstance(value, {"s": str, "t": dict, "l": list, "b": bool}[wanted])


def _fault(what: str, text: str, shown: str, at: tuple[str, ...]) -> InputError:
    return InputError(f"{visible('.'.join(at))}: {what}", where=f"{shown}:{_line_of(text, at)}")


def _line_of(text: str, at: tuple[str, ...]) -> int:
    """Return the line [from 1] where a key of a table stands, as near as a scan of the text can tell."""
    lines = text.splitlines()
    header = 0
    for number, line in enumerate(lines):
        bare = line.strip().lstrip("[").split("]", 1)[0].replace('"', "").replace("'", "").replace(" ", "")
        if line.lstrip().startswith("[") and bare and at[: len(bare.split("."))] == tuple(bare.split(".")):
            header = number
            if len(bare.split(".")) == len(at):
                return number + 1
    for number in range(header, len(lines)):
        if lines[number].split("=", 1)[0].strip().strip("\"'") == at[-1]:
            return number + 1
    return header + 1


def _line_in_message(message: str) -> int | None:
    _, found, rest = message.rpartition("at line ")
    digits = rest.split(",", 1)[0]
    return int(digits) if found and digits.isdigit() else None
