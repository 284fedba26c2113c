"""The command that gives an answer again: parsed as the command line parses it, the inputs are the same to a bit."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaletui.cli import application
from scaletui_core.budget import BudgetInputs
from scaletui_core.calc import CALCULATOR
from scaletui_core.fields import as_command, fields_of, parse_inputs
from scaletui_core.listing import LAWS
from scaletui_core.quantity import Fleet

positive = st.floats(1.0, 1e100)
budgets = st.builds(
    BudgetInputs,
    flops=st.none() | positive,
    params=st.none() | positive,
    tokens=st.none() | positive,
    loss=st.none() | st.floats(1e-3, 1e3),
    hardware=st.none() | st.builds(Fleet, st.integers(1, 10**9), st.sampled_from(["h100", "tpu-v5p"])),
    days=st.none() | st.floats(1e-3, 1e12),
    mfu=st.none() | st.floats(1e-3, 1.0),
    tokens_per_second=st.none() | positive,
    cost=st.none() | positive,
    price=st.none() | st.floats(1e-3, 1e5),
    precision=st.none() | st.sampled_from(["bf16", "fp8"]),
    unique=st.none() | positive,
    law=st.lists(st.sampled_from(["epoch-2024", "llama-3"]), max_size=2, unique=True).map(tuple),
)


def texts_of(words: list[str]) -> dict[str, object]:
    texts: dict[str, object] = {}
    names = {field.option: field.name for field in fields_of(BudgetInputs)}
    for option, value in zip(words[::2], words[1::2], strict=True):
        name = names[option]
        texts[name] = [*texts.get(name, []), value] if name == "law" else value
    return texts


@given(budgets)
def test_the_words_parse_back_to_the_inputs(inputs: BudgetInputs) -> None:
    words = as_command("calc", inputs)
    assert words[:2] == ["scaletui", "calc"]
    assert shlex.split(shlex.join(words)) == words
    assert parse_inputs(BudgetInputs, texts_of(words[2:])) == inputs


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        (BudgetInputs(flops=5.76e23), "scaletui calc --flops 5.76e23"),
        (BudgetInputs(hardware=Fleet(512, "h100"), days=30 * 86400.0), "scaletui calc --hardware 512xh100 --days 30"),
    ],
)
def test_the_command_is_what_a_person_would_type(inputs: BudgetInputs, words: str) -> None:
    assert shlex.join(as_command("calc", inputs)) == words


def test_the_command_gives_the_answer_again(capsys: pytest.CaptureFixture[str]) -> None:
    words = as_command(CALCULATOR.name, BudgetInputs(params=70e9, unique=1e12, law=("epoch-2024",)))
    outputs = []
    for line in (words[1:], ["calc", "--params", "70B", "--unique", "1T", "--law", "epoch-2024"]):
        application("calc")(line, standalone_mode=False)
        outputs.append(capsys.readouterr().out)
    assert outputs[0] == outputs[1] != ""


def test_names_are_arguments() -> None:
    assert as_command("laws", LAWS.inputs(("llama-3",))) == ["scaletui", "laws", "llama-3"]
