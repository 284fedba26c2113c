"""Two scenarios side by side: the headline rows of both, how many times the second is of the first, and in words."""

from __future__ import annotations

from scaletui_core.answer import Answer, Column, Note, Row, Table, made
from scaletui_core.calculator import provenance
from scaletui_core.chain import chain
from scaletui_core.errors import InputError
from scaletui_core.formula import Number, examples, formula
from scaletui_core.presets import Catalog
from scaletui_core.scenario import Scenario, typed

SAME = 5e-4
"""Values that are so near to each other [share] are the same."""
_HEADING = 14  # columns that a scenario's name may take above its column
_ALIKE = {"model_params": "params", "model_tokens": "tokens", "model_tokens_per_param": "tokens_per_param",
          "model_loss": "loss"}  # fmt: skip


@formula("ratio = second / first", unit="1", source="scaletui: definition")
def ratio_of(first: float, second: float) -> float:
    """How many times the second is of the first.

    >>> ratio_of(280e9, 70e9)
    0.25
    """
    return second / first


def compare(first: Scenario, second: Scenario, catalog: Catalog) -> Answer:
    """Return the headline rows of two scenarios, matched by part and quantity.

    A row's ``subject`` is ``part.quantity`` (``calc.params``: given or optimal), its id ``first``, ``second`` or
    ``ratio``; the ratio's label says the difference in words. A quantity that only one has stands without a ratio, and
    so do losses of two laws, which do not compare.

    Raises
    ------
    InputError
        If either has no answer.

    Examples
    --------
    >>> from scaletui_core.scenario import published
    >>> known = published(Catalog("presets"))
    >>> answer = compare(known["gopher"], known["chinchilla"], Catalog("presets"))
    >>> answer.row("ratio", subject="calc.params").value, answer.row("ratio", subject="calc.params").label
    (0.25, 'less')
    """
    answers = _answer(first, catalog), _answer(second, catalog)
    sides = [{f"{row.subject}.{_ALIKE.get(row.id, row.id)}": row for row in answer.rows} for answer in answers]
    rows: list[Row] = []
    for subject in _merged(list(sides[0]), list(sides[1])):
        a, b = sides[0].get(subject), sides[1].get(subject)
        for row, row_id in ((a, "first"), (b, "second")):
            if row is not None:
                rows.append(row._replace(id=row_id, subject=subject))
        if (
            a is not None
            and b is not None
            and not (a.unit == "nats/token" and a.law != b.law)
            and float(a.value) != 0.0
        ):
            numbers = Number("first", a.value, a.unit), Number("second", b.value, b.unit)
            row = made("ratio", _words(b.value / a.value), ratio_of, *numbers, subject=subject)
            rows.append(row._replace(law=a.law if a.law == b.law else None))
    columns = (
        Column("first", _heading(first.name), ""),
        Column("second", _heading(second.name), ""),
        Column("ratio", "ratio", "1"),
        Column("ratio", "the second is", "label"),
    )
    names = [first.name, second.name]
    laws = [str(answer.provenance["law"]) for answer in answers]
    notes = _notes(first, second, laws)
    more = provenance(laws=laws)
    return Answer("compare", {"name": names}, tuple(rows), tuple(notes), more, Table("subject", columns))


def _answer(scenario: Scenario, catalog: Catalog) -> Answer:
    """Return the chain of one; an error says of which."""
    try:
        return chain(scenario, catalog)
    except InputError as error:
        raise error_of(scenario, error) from None


def error_of(scenario: Scenario, error: InputError) -> InputError:
    """Return an error that says of which of two scenarios it is.

    >>> error_of(Scenario("mine", "", None, {}), InputError("no number here", where="calc.flops")).line
    'mine: calc.flops: no number here'
    """
    where = f"{scenario.name}: {error.where}" if error.where else scenario.name
    return InputError(error.what, where=where, hint=error.hint, text=error.text, column=error.column)


def _merged(first: list[str], second: list[str]) -> list[str]:
    """Return the subjects of both, each side in its order, what only the second has behind what it follows there."""
    out = list(first)
    for index, subject in enumerate(second):
        if subject not in out:
            before = second[index - 1] if index else None
            out.insert(out.index(before) + 1 if before in out else len(out), subject)
    return out


def _heading(name: str) -> str:
    return name if len(name) <= _HEADING else name[: _HEADING - 1] + "~"


def _words(ratio: float) -> str:
    return "the same" if abs(ratio - 1.0) < SAME else "more" if ratio > 1.0 else "less"


def _notes(first: Scenario, second: Scenario, laws: list[str]) -> list[Note]:
    """Return what was typed differently, and that losses of two laws do not compare."""
    notes = []
    for scenario in (first, second):
        notes.append(Note(f"scenario:{scenario.name}", f"{scenario.name}: {scenario.title}.", scenario.source))
    a, b = typed(first.texts), typed(second.texts)
    for name in dict.fromkeys([*a, *b]):
        if a.get(name) != b.get(name):
            text = f"{name}: {a.get(name, 'open')} against {b.get(name, 'open')}."
            notes.append(Note(f"differs:{name}", text, None, None, "assumption"))
    if laws[0] != laws[1]:
        text = f"The laws followed are {laws[0]} and {laws[1]}; losses of two laws do not compare."
        notes.append(Note("compare-laws", text, None, None, "assumption"))
    return notes


__test__ = examples(globals())
