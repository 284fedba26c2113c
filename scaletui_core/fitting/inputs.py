"""What a fit is asked for, declared once for the command line and the app."""

from __future__ import annotations

from dataclasses import dataclass

from scaletui_core.errors import InputError
from scaletui_core.fields import CHOICE, FLAG, NAMES, TEXT, field
from scaletui_core.quantity import parse
from scaletui_core.safetext import visible

METHODS = ("parametric", "isoflop", "envelope", "power")
LOSSES = ("huber", "squared", "student-t")
RESAMPLES = ("run", "budget", "subsample")
INTERVALS = ("bca", "percentile")
BOOTSTRAPS, SEED, COVERAGE = 4000, 0, 0.9
DELTA = 1e-3
"""Delta of Huber's function, of a residual in ln L (Hoffmann et al. 2022, Appendix D.2)."""


@dataclass(frozen=True, slots=True)
class FitInputs:
    """Which laws to fit, by which objective, and how doubt is found."""

    method: str | None = field(
        CHOICE, "Which approach.", label="Method", example="parametric", default="all that the data allow",
        choices=(*METHODS, "all"),
    )  # fmt: skip
    loss: str | None = field(
        CHOICE, "What is summed over the residuals of ln L in Approach 3.", label="Objective", example="student-t",
        default="huber", choices=LOSSES,
    )  # fmt: skip
    delta: str | None = field(
        TEXT, "Where Huber's function turns from squares to absolute values, in ln L; auto chooses it from the data.",
        label="Delta", example="auto", default="1e-3",
    )  # fmt: skip
    exhaustive: bool = field(
        FLAG, "Refine all 4500 starts of Hoffmann et al. too.", label="All 4500",
        example="scaletui fit runs.csv --exhaustive", default_value=False,
    )  # fmt: skip
    bootstraps: int | None = field(
        "1", "Resamples that doubt is found from; 0 for none.", label="Resamples", example="1000", default="4000",
        low=0.0, high=1e7, whole=True, ranged=False,
    )  # fmt: skip
    seed: int | None = field(
        "1", "Seed of the resamples; the same one gives the same answer.", label="Seed", example="1", default="0",
        low=0.0, high=float(2**53), whole=True, ranged=False,
    )  # fmt: skip
    resample: str | None = field(
        CHOICE, "What is drawn: runs, whole budgets, or 80% of the runs.", label="Resample", example="budget",
        default="run", choices=RESAMPLES,
    )  # fmt: skip
    interval: str | None = field(
        CHOICE, "How intervals follow from resamples.", label="Interval", example="percentile", default="bca",
        choices=INTERVALS,
    )  # fmt: skip
    coverage: float | None = field(
        "fraction", "Share inside an interval.", label="Coverage", example="80%", default="90%", low=0.01, high=0.9999,
        ranged=False,
    )  # fmt: skip
    exclude: tuple[str, ...] = field(
        NAMES, "Leave out the runs of these lines of the file; repeatable.", label="Exclude", example="3,17",
        default_value=(),
    )  # fmt: skip

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods that are asked for."""
        return METHODS if self.method in (None, "all") else (str(self.method),)

    @property
    def share(self) -> float:
        """The share inside an interval."""
        return COVERAGE if self.coverage is None else self.coverage

    def check(self) -> None:
        """Raise for what is wrong with delta or the lines to leave out, before a file is read.

        Raises
        ------
        InputError
            As `scale` and `excluded` do.
        """
        _ = self.scale, self.excluded

    @property
    def scale(self) -> float | None:
        """Delta as a residual of ln L, or None where the data are to choose it.

        Raises
        ------
        InputError
            If it is neither a number above 0 nor ``auto``, or the objective has none.

        Examples
        --------
        >>> FitInputs().scale, FitInputs(delta="auto").scale, FitInputs(delta="1e-2").scale
        (0.001, None, 0.01)
        """
        if self.delta is not None and self.loss not in (None, "huber"):
            raise InputError(f"is Huber's: {self.loss} has none", where="--delta")
        if self.loss == "student-t" or (self.delta or "").strip().lower() == "auto":
            return None
        if self.delta is None:
            return DELTA
        try:
            quantity = parse(self.delta, "1")
        except InputError as error:
            hint = "such as 1e-3, or auto"
            raise InputError(error.what, where="--delta", hint=hint, text=error.text, column=error.column) from None
        if quantity.low is not None:
            raise InputError("takes one number, not a range", where="--delta", hint="such as 1e-3, or auto")
        if not 1e-9 <= quantity.value <= 1e3:
            raise InputError("must be from 1e-9 to 1000", where="--delta", hint="such as 1e-3, or auto")
        return quantity.value

    @property
    def excluded(self) -> tuple[int, ...]:
        """The lines whose runs are left out, rising.

        Raises
        ------
        InputError
            If one of them is no number of a line.

        Examples
        --------
        >>> FitInputs(exclude=("17", "3")).excluded
        (3, 17)
        """
        for text in self.exclude:
            if not (text.isascii() and text.isdigit() and len(text) < 15 and int(text) > 0):
                what = f"'{visible(text, 40)}' is no number of a line"
                raise InputError(what, where="--exclude", hint="such as --exclude 3,17")
        return tuple(sorted({int(text) for text in self.exclude}))
