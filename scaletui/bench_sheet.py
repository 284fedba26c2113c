"""What stands in the pane of measured speed: what to measure, and what is shown: a result, all, some compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from scaletui.own_sheet import OwnSheet, label_of
from scaletui_core.errors import InputError, ScaletuiError
from scaletui_core.fields import as_command, fields_of, parse_inputs
from scaletui_core.measured import answer_of
from scaletui_core.measured_lists import compared, listed
from scaletui_core.measuring import MeasureInputs, check, ladder_of, sizes_of
from scaletui_core.pace import regressed
from scaletui_core.presets import Catalog
from scaletui_core.safetext import visible

if TYPE_CHECKING:
    from scaletui.bench.document import Document

PART = "bench"
FIELDS = fields_of(MeasureInputs)
"""The fields of the pane."""
RESULT, LIST, BESIDE = "result", "list", "compare"
"""What can be shown."""


class BenchSheet(OwnSheet):
    """Texts of the pane of measured speed, and the answer in sight.

    Attributes
    ----------
    catalog : Catalog or None
        Where models are looked up by name, once it is there.
    showing : str
        `RESULT`, `LIST` or `BESIDE`.
    document : dict or None
        The result in sight; None of a list.
    documents : sequence of dict
        The results in the list, or beside each other.
    """

    def __init__(self) -> None:
        super().__init__(PART, FIELDS, {field.name: MeasureInputs for field in FIELDS})
        self.catalog: Catalog | None = None
        self.showing = RESULT
        self.document: Document | None = None
        self.documents: Sequence[Document] = ()
        self._question: MeasureInputs | None = MeasureInputs()
        self._failed: tuple[MeasureInputs | None, InputError] | None = None

    @property
    def inputs(self) -> Document | None:
        """What figures are drawn of."""
        return self.document

    @property
    def question(self) -> MeasureInputs | None:
        """What the texts ask; None where one of them makes no sense, or they contradict each other."""
        return self._question

    def put(self, texts: Mapping[str, str]) -> None:
        """Take texts into fields, by name. A folder that they name is looked at when it is measured."""
        filled, error = self.filled(texts)
        self._question = None
        if error is None:
            try:
                inputs = parse_inputs(MeasureInputs, filled, label_of)
                check(inputs)
                if self.catalog is not None and inputs.command is None and inputs.hf is None:
                    from scaletui.bench.shapes import shape_of

                    shape_of(self.catalog, inputs.model, inputs.params, None)
                self._question = inputs
            except InputError as found:
                error = found
        if self._failed is not None and self._failed[0] != self._question:
            self._failed = None
        self._say(error)

    def fault(self, name: str, text: str) -> InputError | None:
        """Return why a text means nothing in its field, or None if it means something."""
        try:
            inputs = parse_inputs(MeasureInputs, {name: text}, label_of)
            if name == "ladder":
                ladder_of(text)
            elif name in ("batches", "contexts"):
                sizes_of(getattr(inputs, name), f"--{name}")
            elif name == "command":
                from scaletui.bench.endpoint import checked_url

                checked_url(text.strip())
        except InputError as error:
            return error
        return None

    def fail(self, error: ScaletuiError | None) -> None:
        """Take note of why what is asked was not measured; None where it is measured now."""
        self._failed = None
        if error is not None:
            said = error if isinstance(error, InputError) else InputError(str(error).partition("\n")[0])
            self._failed = self._question, said
        self._say(self.error if self._question is None else None)

    def _say(self, error: InputError | None) -> None:
        """Take an error of the texts, else that of the last measurement."""
        if error is None and self._failed is not None:
            error = self._failed[1]
        self.error, self.wrong = error, None
        if error is not None:
            self.wrong = self._field_named(error.where)

    # What is shown

    def show(self, document: Document) -> None:
        """Show a result, which may be growing."""
        self.showing, self.document, self.documents = RESULT, document, ()
        self.answer = answer_of(document, self.catalog) if document["points"] else None

    def show_nothing(self) -> None:
        """Show that there is no result."""
        self.showing, self.document, self.documents, self.answer = RESULT, None, (), None

    def show_list(self, documents: Sequence[Document]) -> None:
        """Show all results."""
        self.showing, self.document, self.documents = LIST, None, documents
        self.answer = listed(list(documents)) if documents else None

    def show_beside(self, documents: Sequence[Document]) -> None:
        """Show some results beside the first."""
        self.showing, self.document, self.documents = BESIDE, None, documents
        self.answer = compared(list(documents))

    @property
    def command(self) -> list[str]:
        """The words of the command that prints what is shown.

        Raises
        ------
        InputError
            If nothing of it is kept yet.
        """
        if self.document is None:
            names = [one["name"] for one in self.documents] if self.showing == BESIDE else []
            return ["scaletui", PART, self.showing, *names]
        if not self.document["name"]:
            raise InputError("nothing is timed yet")
        return ["scaletui", PART, "show", self.document["name"]]

    @property
    def headline(self) -> str:
        """What is shown, in a line."""
        if self.document is None:
            what = "all results, the newest first" if self.showing == LIST else "results, as ratios to the first"
            return f"{what}: {len(self.documents):,}"
        found = regressed(self.document["points"])
        line = (
            f"R^2 {found.line.r2:.4f}" if found else f"no line{' yet' if self.document['status'] == 'running' else ''}"
        )
        name, count = self.document["name"], len(self.document["points"])
        started = self.document["started"][:16].replace("T", " ")
        return visible(f"{name}: {self.document['status']}, {count:,} timings, {line}, {started} UTC", 200)


def kept() -> list[Document]:
    """Return all results that can be read, the newest first; the command says what is wrong with the others.

    Raises
    ------
    ScaletuiError
        If there is no home.
    """
    from scaletui.bench.results import load, names

    found = []
    for name in reversed(names()):
        with suppress(InputError):
            found.append(load(name))
    return found


def again(document: Document) -> list[str]:
    """Return the words of the command that measures a result again; none where its file does not say how.

    >>> again({"inputs": {"model": "pythia-70m", "batches": ["1", "4"], "repeats": 2}})
    ['scaletui', 'bench', '--model', 'pythia-70m', '--repeats', '2', '--batches', '1', '--batches', '4']
    """
    texts: dict[str, Any] = {}
    for name, value in document["inputs"].items():
        texts[name.replace("-", "_")] = ",".join(map(str, value)) if isinstance(value, list) else str(value)
    try:
        return as_command(PART, parse_inputs(MeasureInputs, texts))
    except InputError:
        return []
