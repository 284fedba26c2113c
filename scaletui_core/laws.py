"""The laws by id: one of them, or those that were named, or all; in doubt, or mixed, where that is asked."""

from __future__ import annotations

from typing import Any

from scaletui_core.errors import InputError, unknown_name
from scaletui_core.fields import FLAG, field
from scaletui_core.law_kinds import Law
from scaletui_core.parametric_law import ParametricLaw
from scaletui_core.presets import Catalog
from scaletui_core.repeated_law import RepeatedLaw

_CLASSES = {"power": Law, "parametric": ParametricLaw, "repeated": RepeatedLaw}


def doubt_field() -> Any:
    """Return the field that lets coefficients vary."""
    return field(
        FLAG, "Let the laws' coefficients vary as far as their sources say.", label="Law doubt",
        example="scaletui calc --flops 1e24 --law-uncertainty", default_value=False,
    )  # fmt: skip


def mixture_field() -> Any:
    """Return the field that adds a mixture of the laws asked."""
    return field(
        FLAG, "Add a mixture of the laws, any of which may hold, for N and D.", label="Mixture",
        example="scaletui calc --flops 1e24 --mixture", default_value=False,
    )  # fmt: skip


def law(catalog: Catalog, law_id: str, where: str = "--law") -> Law:
    """Return one law by id, or by the path of a fit's file; ``where`` names the place of the id in an error.

    Raises
    ------
    InputError
        If there is no such law; the nearest name is offered.
    """
    found = catalog.law(law_id, where)
    if found is None:
        raise unknown_name("law", law_id, list(catalog.load("laws").records), listing="scaletui laws", where=where)
    name, record = found
    return _CLASSES[record["kind"]](name, record)


def _id(name: str) -> str:
    """Return an id in lower case; the path of a file stays as it is."""
    return name if name.lower().endswith(".json") else name.lower()


def chosen_laws(
    catalog: Catalog,
    ids: tuple[str, ...] = (),
    unique: float | None = None,
    *,
    doubt: bool = False,
    mixture: bool = False,
) -> list[Law]:
    """Return the laws named (each id may hold several, separated by commas), or all but the teaching ones.

    Parameters
    ----------
    catalog : Catalog
        Presets to look them up in.
    ids : tuple of str
        Names.
    unique : float or None
        The unique tokens there are.
    doubt : bool
        Whether their coefficients vary as far as their sources say.
    mixture : bool
        Whether a mixture of them comes last.

    Raises
    ------
    InputError
        If a name is unknown or given twice, or one law alone is to be mixed.
    """
    names = [_id(name.strip()) for text in ids for name in text.split(",")]
    if not names:
        records = catalog.load("laws").records
        names = [key for key, record in records.items() if not record.get("teaching", False)]
    found: list[Law] = []
    for name in names:
        if any(other.id == name for other in found):
            raise InputError(f"{name} is named twice", where="--law")
        one = law(catalog, name)
        if any(other.id == one.id for other in found):
            raise InputError(f"two laws would be called {one.id}: rename one of the files", where="--law")
        found.append(one if unique is None else one.with_unique(unique))
    if not (doubt or mixture):
        return found
    from scaletui_core.law_doubt import MixtureLaw, in_doubt

    if doubt:
        found = [in_doubt(one) for one in found]
    return [*found, MixtureLaw(found)] if mixture else found
