"""The glossary holds every number that a pane can show, and nothing else; the words of the trade are defined once."""

from __future__ import annotations

import re
from collections import defaultdict
from fnmatch import fnmatchcase

import numpy as np
import pytest
from bench_known import TILED, result
from test_pane_command import CASES, CATALOG

from scaletui.glossary import ENTRIES, shown
from scaletui.jargon import WORDS, words_of
from scaletui.render.table import answer_lines
from scaletui.scenario import Scenario
from scaletui_core import batch, calc, copies, costs, emergence, forecast, frontier, learning, measured, speed
from scaletui_core.answer import Answer
from scaletui_core.calculator import PARTS
from scaletui_core.fit import answer_of
from scaletui_core.fitting.inputs import FitInputs
from scaletui_core.fitting.records import Curves
from scaletui_core.fitting.synthetic import synthetic
from scaletui_core.fitting.whole import fit_runs
from scaletui_core.frontier import FrontierInputs, IsoflopInputs
from scaletui_core.measured_lists import compared, listed
from scaletui_core.safetext import visible

MORE: tuple[dict[str, dict[str, str]], ...] = (
    {"calc": {"params": "70B", "tokens": "1.4T", "unique": "500B", "hardware": "512xH100", "tokens_per_second": "1e6"}},
    {"calc": {"params": "70B", "hardware": "512xH100", "tokens_per_second": "1e6", "law": "chinchilla-3"}},
    {"calc": {"loss": "2", "hardware": "512xH100"}},
    {"emergence": {"params": "70B", "law": "epoch-2024"}},
    {"speed": {"k": "5"}},
    {"speed": {"bandwidth": "2TB/s", "peak": "1e15", "k": "3"}},
    {"speed": {"model": "llama-3-70b", "hardware": "8xA100", "prompt": "2k", "context": "8k", "batch": "4", "k": "2"}},
    {"speed": {"params": "7B", "layers": "32", "kv_heads": "8", "head_dim": "128"}},
    {},
    {"copies": {"hardware": "512xH100", "tokens_per_second_per_accelerator": "2000", "k": "5", "hours_a_day": "8"}},
    {"copies": {"params": "70B"}},
    {"copies": {"flops": "1e24", "k": "3"}},
    {"copies": {"chain": "gpt-2030", "k": "5"}},
    {"learning": {"users": "250M", "loss": "2"}},
    {"learning": {"users": "250M", "minutes": "5", "critical_batch": "4M", "hours_a_day": "8", "days_a_week": "5"}},
    {"batch": {"small_batch": "64k", "small_norm2": "0.9", "big_batch": "4M", "big_norm2": "0.3"}},
    {"batch": {"min_steps": "10k", "min_tokens": "10B", "batch": "2M"}},
)


@pytest.fixture(scope="module")
def answers() -> list[Answer]:
    """Answers of every calculator to all the inputs of the tests of panes, the shipped scenarios, and more."""
    found = []
    for texts in (*CASES.values(), *MORE):
        scenario = Scenario(CATALOG, texts)
        found += [answer for part in PARTS if (answer := scenario.sheet(part).answer) is not None]
    for unique in (None, 1e11):
        found.append(frontier.calculate(FrontierInputs(unique=unique), CATALOG))
        found.append(frontier.isoflop(IsoflopInputs(flops=1e23, unique=unique), CATALOG))
    return [*found, *fits(), *measurements()]


def measurements() -> list[Answer]:
    """Measured speeds: a shape with all there is, a server, all in a list and beside each other."""
    shape, server = result(), result("server-1", machine={"device": "server"}, model={}, roofline={}, prefill={})
    for point in server["points"]:
        point["first"] = 0.1
    both = [shape, server]
    tried = measured.answer_of(result(**TILED), CATALOG)
    return [tried, measured.answer_of(shape, CATALOG), measured.answer_of(server), listed(both), compared(both)]


def fits() -> list[Answer]:
    """Fits by every approach: of runs at budgets that reach over decades, and of curves."""
    truth = (1.8, 6.2, 7.7, 0.35, 0.37)
    runs = synthetic(truth, noise=0.003, budgets=np.geomspace(1e17, 1e22, 9).tolist())
    sizes, steps = np.geomspace(1e8, 3e9, 12), np.geomspace(1e8, 3e11, 200)
    tokens = np.tile(steps, len(sizes))
    params = np.repeat(sizes, len(steps))
    loss = truth[0] + np.exp(truth[1]) / params ** truth[3] + np.exp(truth[2]) / tokens ** truth[4]
    names = tuple(f"run-{n}" for n in range(len(sizes)))
    starts = np.arange(len(sizes) + 1) * len(steps)
    curves = Curves(sizes, starts, tokens, 6.0 * params * tokens, loss, names)
    asked = (FitInputs(bootstraps=64), FitInputs(bootstraps=64, loss="student-t", method="parametric"))
    return [answer_of(fit_runs(runs, inputs, curves)) for inputs in asked]


@pytest.fixture(scope="module")
def labels(answers: list[Answer]) -> dict[tuple[str, str], set[str]]:
    """Every row id that occurred, and what runs down a sweep, by calculator, with what stood beside or above it."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for answer in answers:
        for row in answer.rows:
            found[answer.calculator, row.id].add(row.label)
        for column in answer.table.columns if answer.table else ():
            if (answer.calculator, column.id) in found:
                found[answer.calculator, column.id].add(column.heading)
        if answer.sweep is not None:
            found[answer.calculator, answer.sweep.id].add(answer.sweep.symbol)
    return found


def test_every_number_has_an_entry_and_every_entry_a_number(labels: dict[tuple[str, str], set[str]]) -> None:
    known = {(name, row_id) for name, entries in ENTRIES.items() for row_id in entries}
    assert set(labels) - known == set()
    assert known - set(labels) == set()
    assert len(known) > 130


def test_the_inputs_reach_every_row_id_that_is_documented(labels: dict[tuple[str, str], set[str]]) -> None:
    named = {
        "calc": (calc.calculate, costs.cost_rows), "frontier": (frontier.calculate,), "isoflop": (frontier.isoflop,),
        "emergence": (emergence.calculate,), "speed": (speed.calculate,), "copies": (copies.calculate, forecast.chain),
        "learning": (learning.calculate,), "batch": (batch.calculate,), "fit": (answer_of,),
        "bench": (measured.answer_of,),
    }  # fmt: skip
    no_ids = {
        "low",
        "high",
        "parametric",
        "isoflop",
        "envelope",
        "power",
        "at",
        "subject",
        "benchmarks",
        "roofline",
        "kipply",
        "ranges",
        "measured",
    }
    for name, functions in named.items():
        occurred = {row_id for calculator, row_id in labels if calculator == name}
        for function in functions:
            text = (function.__doc__ or "").partition("ds ``" if function is forecast.chain else "Row ids")[2]
            ids = set(re.findall(r"``([a-z_0-9]+)``", "``" + text.partition("Raises")[0].partition("Parameters")[0]))
            assert len(ids) >= 4
            assert ids - no_ids - occurred == set(), function


def test_the_labels_are_those_on_the_screen(labels: dict[tuple[str, str], set[str]]) -> None:
    for name, entries in ENTRIES.items():
        for row_id, entry in entries.items():
            stood = labels[name, row_id]
            assert any(fnmatchcase(label, entry.label.replace("[", "[[]")) for label in stood), (row_id, entry, stood)


def test_each_meaning_is_one_or_two_lines() -> None:
    for name, entries in ENTRIES.items():
        for row_id, entry in entries.items():
            assert 6 <= len(entry.meaning) <= 135, (name, row_id, len(entry.meaning))
            assert not entry.meaning.endswith(".")
            assert "*" not in entry.meaning
            assert not re.search(r"\d{4}\b(?! )", entry.meaning)  # who says so is said where a line is explained


def test_what_is_shown_is_what_the_lines_hold_in_their_order(answers: list[Answer]) -> None:
    for answer in answers:
        for table_first in (False, True):
            lines = [line for style, line, _ in answer_lines(answer, 400, table_first) if style != "quiet"]
            text = "\n".join(lines)
            columns = {column.id for column in answer.table.columns} if answer.table else set()
            found = [label for row_id, label in shown(answer, table_first) if row_id not in columns]
            if answer.table is None:
                places = [f"\n{text}".index(f"\n{visible(label, 200)}  ") for label in found]
                assert places == sorted(places)
            for row_id, label in shown(answer, table_first):
                for part in label.split(", ") if row_id in columns else [visible(label, 200)]:
                    assert part in text, (answer.calculator, row_id, label)


def test_terms_of_a_loss_are_left_to_explanations() -> None:
    answer = Scenario(CATALOG, CASES["plain"]).sheet("calc").answer
    assert answer is not None
    ids = [row_id for row_id, _ in shown(answer)]
    assert ids == ["compute", "pf_days", "params", "tokens", "tokens_per_param", "loss", "decades_beyond_fit",
                   "nearest_model"]  # fmt: skip
    assert {"loss_params", "loss_tokens"} <= {row.id for row in answer.rows}


# -- words ---------------------------------------------------------------------------------------------------------


def test_a_word_brings_those_that_define_it() -> None:
    found = dict(words_of("Each isoFLOP slice."))
    assert {"isoFLOP", "C", "N", "D", "FLOP"} <= set(found)
    assert words_of("Nothing of the trade here.") == []


@pytest.mark.parametrize(
    ("text", "word", "there"),
    [
        ("N of the model", "N", True),
        ("M^3/C^2 of the accelerator", "C", False),
        ("speed x k^2", "k", False),
        ("for k without end", "k", True),
        ("Tiles that fill", "tile, k-tiling", True),
        ("k-tiling: copies", "tile, k-tiling", True),
        ("a FLOP/s more", "FLOP/s", True),
        ("textiles", "tile, k-tiling", False),
        ("passes over it", "forward pass, pass", True),
        ("lower case n and c", "N", False),
    ],
)
def test_words_are_found_as_words(text: str, word: str, there: bool) -> None:
    assert (word in {head for head, pattern, _ in WORDS if pattern.search(text)}) == there


def test_no_word_is_defined_twice() -> None:
    names = [name.lower() if len(name) > 1 else name for head, _, _ in WORDS for name in head.split(", ")]
    assert sorted(set(names)) == sorted(names)
    assert all(meaning and not meaning.endswith(".") and len(meaning) < 240 for _, _, meaning in WORDS)
