"""The errors that scaletui raises on purpose. Each is one message: what, where, what was allowed, what to do."""

from __future__ import annotations

from scaletui_core.safetext import excerpt, visible


class ScaletuiError(Exception):
    """Work that was asked for properly and failed (exit code 1)."""

    exit_code = 1


class InputError(ScaletuiError):
    """Input that cannot be used (exit code 2).

    Parameters
    ----------
    what : str
        What is wrong, in one sentence without a full stop. It may hold foreign text only through
        `scaletui_core.safetext.visible`.
    where : str, optional
        The option, field, or file and line it came from, such as ``--flops`` or ``laws.toml:12``.
    hint : str, optional
        What to do, or an example of what works.
    text, column : str and int, optional
        The text at fault and the offset [characters] of the fault in it; shown with a caret below.

    Examples
    --------
    >>> print(InputError("no number here", where="--flops", hint="try 5.76e23", text="abc", column=0))
    --flops: no number here (try 5.76e23)
      abc
      ^
    """

    exit_code = 2

    def __init__(
        self,
        what: str,
        *,
        where: str | None = None,
        hint: str | None = None,
        text: str | None = None,
        column: int | None = None,
    ) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.hint = hint
        self.text = text
        self.column = column

    @property
    def line(self) -> str:
        """The message on one line, without the caret."""
        head = f"{self.where}: " if self.where else ""
        tail = f" ({self.hint})" if self.hint else ""
        return f"{head}{self.what}{tail}"

    def at(self, where: str) -> InputError:
        """Return the same error with its place named, unless it already has one."""
        if self.where is not None:
            return self
        return type(self)(self.what, where=where, hint=self.hint, text=self.text, column=self.column)

    def __str__(self) -> str:
        if self.text is None or self.column is None or not self.text:
            return self.line
        shown, offset = excerpt(self.text, self.column)
        return f"{self.line}\n  {shown}\n  {' ' * offset}^"


def unknown_name(
    kind: str, name: str, known: list[str] | tuple[str, ...], *, listing: str | None = None, where: str | None = None
) -> InputError:
    """Return the error for a name that is not in a list, with the nearest one that is.

    >>> print(unknown_name("law", "chinchila-3", ["chinchilla-3", "epoch-2024"]))
    no law is called 'chinchila-3' (did you mean chinchilla-3?)
    """
    from difflib import get_close_matches

    near = get_close_matches(name[:200].lower(), known, n=1, cutoff=0.5)
    if near:
        hint = f"did you mean {near[0]}?"
    elif listing:
        hint = f"see {listing}"
    else:
        hint = "known: " + ", ".join(known[:20])
    return InputError(f"no {kind} is called '{visible(name)}'", where=where, hint=hint)
