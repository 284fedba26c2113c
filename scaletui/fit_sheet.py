"""What stands in the pane of fits: a file of runs, how to read and to fit it, and the last fit there was."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from scaletui.own_sheet import OwnSheet, label_of
from scaletui_core.answer import Answer
from scaletui_core.errors import InputError
from scaletui_core.fields import TEXT, Field, as_command, fields_of, parse_inputs
from scaletui_core.fitting.inputs import FitInputs
from scaletui_core.fitting.read_inputs import ReadInputs
from scaletui_core.safetext import visible

if TYPE_CHECKING:
    from scaletui_core.fitting.intake import Read
    from scaletui_core.fitting.whole import Fitted

PART = "fit"
FILE = Field("file", TEXT, "File of training runs: CSV, TSV, JSON Lines or Parquet.", label="File", example="runs.csv")
FITTING, READING = fields_of(FitInputs), fields_of(ReadInputs)
FIELDS = (FILE, *FITTING, *READING)
"""The fields of the pane."""
_KINDS: dict[str, type] = {field.name: FitInputs for field in FITTING} | {field.name: ReadInputs for field in READING}


class Question(NamedTuple):
    """What is asked: a file, how to read it, and what to fit.

    Attributes
    ----------
    path : str
        The file, as it was typed.
    reading : ReadInputs
        How to read it.
    inputs : FitInputs
        What to fit.
    """

    path: str
    reading: ReadInputs
    inputs: FitInputs

    @property
    def source(self) -> tuple[str, ReadInputs]:
        """What is read."""
        return self.path, self.reading

    @property
    def place(self) -> str:
        """The file as a command takes it, its home written out."""
        path = os.path.expanduser(self.path) if self.path.startswith("~") else self.path
        return f".{os.sep}{path}" if path.startswith("-") else path

    @property
    def command(self) -> list[str]:
        """The words of the command that prints the answer."""
        more = [word for part in (self.inputs, self.reading) for word in as_command(PART, part)[2:]]
        return ["scaletui", PART, self.place, *more]


class FitSheet(OwnSheet):
    """Texts of the pane of fits; wrong ones leave the last good answer standing. No text is answered here.

    Attributes
    ----------
    answered, failed : Question or None
        What the answer is to, and what there was none to since.
    read, fitted : Read and Fitted, or None
        The runs of the file, and what was found of them.
    whole : bool
        Whether the answer has its intervals.
    """

    def __init__(self) -> None:
        super().__init__(PART, FIELDS, _KINDS)
        self.answered: Question | None = None
        self.read: Read | None = None
        self.fitted: Fitted | None = None
        self.whole = False
        self._question: Question | None = None
        self.failed: Question | None = None
        self._failure: InputError | None = None

    @property
    def inputs(self) -> Fitted | None:
        """What figures are drawn of."""
        return self.fitted

    @property
    def question(self) -> Question | None:
        """What the texts ask; None where they name no file, or one of them makes no sense."""
        return self._question

    def put(self, texts: Mapping[str, str]) -> None:
        """Take texts into fields, by name. Nothing is looked up."""
        filled, error = self.filled(texts)
        self._question = None
        if error is None:
            try:
                self._question = _question(filled)
            except InputError as found:
                error = found
        self._say(error)

    def fault(self, name: str, text: str) -> InputError | None:
        """Return why a text means nothing in its field, or None if it means something."""
        try:
            if name == FILE.name:
                if text.strip() == "-":
                    raise InputError("the app has no pipe to read: name a file", where=FILE.label)
            elif _KINDS[name] is FitInputs:
                inputs = parse_inputs(FitInputs, {name: text}, label_of)
                inputs.check()
            else:
                parse_inputs(ReadInputs, {name: text}, label_of)
        except InputError as error:
            return error
        return None

    def fail(self, question: Question, error: InputError) -> None:
        """Take note of why a question has no answer."""
        self.failed, self._failure = question, error
        self._say(None if self._question else self.error)

    def take(self, question: Question, read: Read, fitted: Fitted, answer: Answer, whole: bool) -> None:
        """Take an answer."""
        self.answered, self.failed = question, None
        self.read, self.fitted, self.answer, self.whole = read, fitted, answer, whole
        self._say(None if self._question else self.error)

    def _say(self, error: InputError | None) -> None:
        """Take an error of the texts, else that of the file that they name."""
        if error is None and self.failed is not None and self.failed == self._question:
            error = self._failure
        self.error, self.wrong = error, None
        if error is not None:
            named = self._field_named(error.where)
            self.wrong = named if named or not self._question else FILE.name

    def placeholder(self, field: Field) -> str:
        """Return what stands in a field that is empty: its default."""
        return "all" if field.name == "method" else super().placeholder(field)

    def _words(self, field: Field, text: str) -> str:
        """Return what a text that makes sense is understood as; of an empty field what it takes."""
        if field.name == FILE.name:
            return f"File = {visible(text, 200)}; enter reads it" if text.strip() else f"{field.help} Such as runs.csv."
        return super()._words(field, text)


def _question(texts: Mapping[str, str]) -> Question | None:
    """Return what texts ask that make sense each.

    Raises
    ------
    InputError
        If they contradict each other.
    """
    if FILE.name not in texts:
        return None
    inputs = parse_inputs(FitInputs, {field.name: texts.get(field.name) for field in FITTING}, label_of)
    inputs.check()
    reading = parse_inputs(ReadInputs, {field.name: texts.get(field.name) for field in READING}, label_of)
    return Question(texts[FILE.name].strip(), reading, inputs)


def toggled(exclude: str, line: int) -> str:
    """Return the text of lines to leave out with one more of them, or without it.

    >>> toggled("", 7), toggled("7, 12", 3), toggled("3,7,12", 7)
    ('7', '3,7,12', '3,12')
    """
    lines = {int(part) for part in exclude.split(",") if part.strip()} ^ {line}
    return ",".join(map(str, sorted(lines)))


def without_resamples(question: Question) -> FitInputs:
    """Return what is to be fitted for the point alone."""
    return replace(question.inputs, bootstraps=0)
