"""The laws by id: one of them, or those that were named, or all."""

from __future__ import annotations

from scaletui_core.errors import InputError, unknown_name
from scaletui_core.law_kinds import Law, ParametricLaw
from scaletui_core.presets import Catalog
from scaletui_core.repeated_law import RepeatedLaw

_CLASSES = {"power": Law, "parametric": ParametricLaw, "repeated": RepeatedLaw}


def law(catalog: Catalog, law_id: str, where: str = "--law") -> Law:
    """Return one law by id; ``where`` names the place of the id in an error.

    Raises
    ------
    InputError
        If there is no such law; the nearest name is offered.
    """
    records = catalog.load("laws").records
    if law_id not in records:
        raise unknown_name("law", law_id, list(records), listing="scaletui laws", where=where)
    record = records[law_id]
    return _CLASSES[record["kind"]](law_id, record)


def chosen_laws(catalog: Catalog, ids: tuple[str, ...] = (), unique: float | None = None) -> list[Law]:
    """Return the laws named (each id may hold several, separated by commas), or all but the teaching ones.

    Raises
    ------
    InputError
        If a name is unknown or given twice.
    """
    names = [name.strip().lower() for text in ids for name in text.split(",")]
    if not names:
        records = catalog.load("laws").records
        names = [key for key, record in records.items() if not record.get("teaching", False)]
    found: list[Law] = []
    for name in names:
        if any(other.id == name for other in found):
            raise InputError(f"{name} is named twice", where="--law")
        one = law(catalog, name)
        found.append(one if unique is None else one.with_unique(unique))
    return found
