"""The tables of completion scripts, in the words of each shell."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from scaletui.completion import Spec, Words, described


def quoted(text: str) -> str:
    r"""Return a text as bash and zsh read it back, whatever it holds.

    >>> print(quoted("it's $5"))
    'it'\''s $5'
    """
    return "'" + text.replace("'", "'\\''") + "'"


def quoted_fish(text: str) -> str:
    r"""Return a text as fish reads it back, whatever it holds.

    >>> print(quoted_fish("it's"))
    'it\'s'
    """
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _bash(spec: Spec) -> str:
    def words(found: Words) -> str:
        return f"words=({' '.join(map(quoted, found))})"

    return _posix(spec, words)


def _zsh(spec: Spec) -> str:
    def words(found: Words) -> str:
        entries = (
            word.replace("\\", "\\\\").replace(":", "\\:") + ":" + described(text) for word, text in found.items()
        )
        return f"found=({' '.join(map(quoted, entries))})"

    return _posix(spec, words)


def _posix(spec: Spec, words: Callable[[Words], str]) -> str:
    """Return the tables as functions of ``case``, with the words of an entry put into a variable."""
    out = []
    for name, table in (("commands", spec.commands), ("options", spec.options), ("words", spec.lists)):
        out += [f"__scaletui_{name}() {{", f"    {words({})}", '    case "$1" in']
        out += [f"    {quoted(key)}) {words(entry)} ;;" for key, entry in table.items() if entry]
        out += ["    esac", "}"]
    out += ["__scaletui_value() {", '    case "$1" in']
    for list_, keys in _by_list(spec.values).items():
        out.append(f"    {'|'.join(map(quoted, keys))}) list={quoted(list_)} ;;")
    out += ["    *) return 1 ;;", "    esac", "}"]
    return "\n".join(out) + "\n"


def _fish(spec: Spec) -> str:
    out = []
    for name, table in (("commands", spec.commands), ("options", spec.options), ("words", spec.lists)):
        out += [f"function __scaletui_{name}", "    switch $argv[1]"]
        for key, entry in table.items():
            if entry:
                pairs = (f"{quoted_fish(word)} {quoted_fish(described(text))}" for word, text in entry.items())
                out += [f"        case {quoted_fish(key)}", f"            printf '%s\\t%s\\n' {' '.join(pairs)}"]
        out += ["    end", "end"]
    out += ["function __scaletui_value", "    switch $argv[1]"]
    for list_, keys in _by_list(spec.values).items():
        out += [f"        case {' '.join(map(quoted_fish, keys))}", f"            printf '%s\\n' {quoted_fish(list_)}"]
    out += ["    end", "end"]
    return "\n".join(out) + "\n"


def _by_list(values: Mapping[str, str]) -> dict[str, list[str]]:
    """Return what takes each list.

    >>> _by_list({"calc --law": "laws", "calc --flops": "-", "loss --law": "laws"})
    {'laws': ['calc --law', 'loss --law'], '-': ['calc --flops']}
    """
    found: dict[str, list[str]] = {}
    for key, name in values.items():
        found.setdefault(name, []).append(key)
    return found


TABLES: dict[str, Callable[[Spec], str]] = {"bash": _bash, "zsh": _zsh, "fish": _fish}
"""The tables by shell."""
