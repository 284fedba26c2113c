"""The kinds of work that are cut into shards: each a module with a function for a shard and one for all of them."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, cast

from scaletui_core.errors import unknown_name

if TYPE_CHECKING:
    from scaletui_core.answer import Answer

KINDS = {
    "bench": "scaletui.jobs.benches",
    "fit": "scaletui.jobs.fits",
    "sweep": "scaletui.jobs.sweeps",
}
"""The module of each kind; a new one needs a line here, and `work` and `collect` there."""
ALONE = frozenset({"bench"})
"""Kinds whose shards are disturbed by anything else on the machine: a pool makes one after the other."""
PARTS = frozenset({"bench"})
"""Kinds whose `work` is told a path too, where it keeps what it has so far and finds what a killed worker had."""


class Collected(NamedTuple):
    """What all shards of a run come to.

    Attributes
    ----------
    answer : Answer
        What is printed.
    inputs : object
        What a figure of the answer is drawn of; None where it has none.
    document : callable
        Makes the text of the file that ``--out`` writes.
    failures : list of str
        Why the work failed, though every shard was done.
    suffix : str
        How the name of that file ends.
    long : bool
        Whether there is more than a table or JSON is made for.
    """

    answer: Answer
    inputs: Any
    document: Callable[[], str]
    failures: list[str]
    suffix: str = ".json"
    long: bool = False


class Kind(Protocol):
    """What the module of a kind of work has."""

    def work(self, given: Any, shard: Any, threads: int, *part: str) -> Any:
        """Return the result of one shard, as JSON can hold it, from the run's input and the shard's own.

        Of the kinds in `PARTS` it takes the path of what there is of the shard, too.
        """

    def collect(self, given: Any, results: Iterable[Any], threads: int) -> Collected:
        """Return what the results of all shards, in their order, come to."""


def kind_of(name: str) -> Kind:
    """Return the module of a kind of work.

    Raises
    ------
    InputError
        If there is none of that name.

    Examples
    --------
    >>> kind_of("fit").__name__
    'scaletui.jobs.fits'
    """
    if name not in KINDS:
        raise unknown_name("kind of work", name, tuple(KINDS))
    return cast(Kind, importlib.import_module(KINDS[name]))
