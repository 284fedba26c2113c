"""What k-tiling came to where it was tried: speed-ups measured, claimed, and left by the latency that was measured."""

from __future__ import annotations

from typing import Any, NamedTuple

from scaletui_core.answer import Note, Row, made
from scaletui_core.formula import Number, examples, formula
from scaletui_core.pace import HERE, pace, regressed, spread_of
from scaletui_core.quantity_text import format_quantity
from scaletui_core.tiling import tiled_speed

SPLIT = "shoeybi-2019: Section 3"
"""How a model is shared: heads and columns of the MLP, one sum over all processes after each."""
TRIED = ("speed_up", "speed_up_latency")
"""The rows that stand beside the claim of k-tiling: measured, and expected of what was measured."""


@formula("speed-up = t(1)/t(k)", unit="1", source="scaletui: definition")
def measured_speed_up(alone: float, together: float) -> float:
    """How much faster k^2 processes write a token than one.

    >>> measured_speed_up(0.012, 0.004)
    3.0
    """
    return alone / together


@formula("speed-up = t/(t/k^2 + n l)", unit="1", source="scaletui: steinhardt-2022 with n sums of latency l a token")
def reduced_speed_up(alone: float, sums: float, latency: float, k: float) -> float:
    """How much faster k-tiling is if work is shared perfectly and each of n sums over all processes takes l [s].

    >>> round(reduced_speed_up(0.012, 64, 10e-6, 2), 2)  # of 4
    3.3
    """
    return alone / (alone / (float(k) * k) + sums * latency)


@formula("ceiling = t/(n l)", unit="1", source="scaletui: steinhardt-2022 with n sums of latency l a token, k no end")
def reduced_ceiling(alone: float, sums: float, latency: float) -> float:
    """Return what the speed-up tends to as k grows, were the latency to stay as it is.

    >>> round(reduced_ceiling(0.012, 64, 10e-6), 2)
    18.75
    """
    return alone / (sums * latency)


class Tile(NamedTuple):
    """One k that was measured.

    Attributes
    ----------
    k : int
        Whose square is the number of processes.
    seconds : float
        Time a token [s], the slope of the ladder.
    ends : (float, float) or None
        The least and the greatest slope of one repeat [s].
    about : dict
        As the result has it: ``parts``, ``threads`` of each, ``sums`` a token, ``bytes`` and ``seconds`` of one, ...
    """

    k: int
    seconds: float
    ends: tuple[float, float] | None
    about: dict[str, Any]

    @property
    def subject(self) -> str:
        """What its rows are about."""
        return f"k = {self.k}"


def tiles_of(document: dict[str, Any]) -> list[Tile]:
    """Return each k whose timings have a line, smallest first."""
    found = []
    for about in document.get("tiles", ()):
        points = [point for point in document.get("tile_points", ()) if point["k"] == about["k"]]
        line = regressed(points)
        if line is not None and line.line.slope > 0.0:
            found.append(Tile(int(about["k"]), line.line.slope, spread_of(line.slopes), about))
    return sorted(found)


def tile_rows(document: dict[str, Any], alone: float, captions: dict[str, str]) -> list[Row]:
    """Return the rows of each k, and add what it is to the captions.

    Row ids, by subject ``k = 2``, ...: those of a pace, ``speed_up``, ``speed_up_claimed``, ``speed_up_latency``,
    ``sum_latency``, ``logit_difference``.

    Parameters
    ----------
    document : dict
        A result.
    alone : float
        Time a token of one process [s].
    captions : dict
        By subject.
    """
    rows: list[Row] = []
    one = Number("t(1)", alone, "s", HERE)
    for tile in tiles_of(document):
        about, name = tile.about, tile.subject
        many = f"{about['parts']:.0f} processes of {about['threads']:.0f} thread{'s' * (about['threads'] > 1)}"
        device = (document.get("machine") or {}).get("device")
        captions[name] = many if device == "cpu" else f"{about['parts']:.0f} GPUs"
        rows += pace(document, name, tile.seconds, document["spec"]["batch"], tile.ends)
        k, t = Number("k", float(tile.k), "1"), Number("t(k)", tile.seconds, "s", HERE)
        sums = Number("n", float(about["sums"]), "1", SPLIT)
        latency = Number("l", float(about["seconds"]), "s", HERE)
        whole = one._replace(symbol="t")
        label = f"sum over {about['parts']:.0f} processes, {format_quantity(float(about['bytes']), 'bytes')}"
        wait = Row("sum_latency", label, latency.value, "s", subject=name, source=HERE)
        rows += [
            made("speed_up", "speed-up measured", measured_speed_up, one, t, subject=name),
            made("speed_up_claimed", "speed-up claimed, k^2", tiled_speed, k, subject=name),
            made("speed_up_latency", "speed-up expected", reduced_speed_up, whole, sums, latency, k, subject=name),
            wait._replace(low=float(about["low"]), high=float(about["high"])),
            Row("logit_difference", "logits off those of one process [of their spread]", float(about["difference"]),
                "1", subject=name, source=HERE),
        ]  # fmt: skip
    return rows


def tile_notes(document: dict[str, Any]) -> list[Note]:
    """Return what a reader of the speed-ups has to know."""
    notes = []
    tiles = tiles_of(document)
    state = (document.get("machine") or {}).get("before") or {}
    for tile in tiles:
        claim, about = tiled_speed(tile.k), tile.about
        needs = about["parts"] * about["threads"]
        if (document.get("machine") or {}).get("device") == "cpu" and needs > state.get("processors", needs):
            text = (
                f"{tile.subject}: {about['parts']:.0f} processes take turns on {state['processors']} processors, so "
                f"no {claim:.0f}x can be had here: it measures how they wait for each other, not k-tiling."
            )
            notes.append(Note(f"turns:{tile.k}", text, kind="assumption"))
    if tiles:
        text = (
            "One model is shared by heads and columns: after attention and after the MLP (parallel: once) all "
            "processes sum what they have. Claimed is k^2, with no latency; expected has the sums as measured here."
        )
        notes.append(Note("tile", text, SPLIT, kind="convention"))
    return notes


__test__ = examples(globals())
