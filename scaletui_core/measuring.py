"""What a measurement of speed is asked: which model, on what, how many tokens, how often."""

from __future__ import annotations

from dataclasses import dataclass

from scaletui_core.errors import InputError
from scaletui_core.fields import CHOICE, NAMES, TEXT, field
from scaletui_core.quantity import parse

LADDER = "100..1900:100"
"""The source's own: n = 100, 200, ..., 1900."""
REPEATS, PROMPT, KEY = 3, 8, "OPENAI_API_KEY"
_MOST = 1_000_000  # tokens of a generation
_RUNGS = 10_000


def _count(help: str, example: str, high: float, **more: object) -> int | None:
    found: int | None = field("1", help, example=example, low=1, high=high, whole=True, ranged=False, **more)
    return found


@dataclass(frozen=True, slots=True)
class MeasureInputs:
    """A model or a server, the device, and how it is measured.

    One of ``model``, ``params`` [parameters] and ``hf`` names a shape; ``command`` a server in its place, whose model
    is then ``model`` and whose key stands in the variable ``key_env``. ``ladder`` [tokens], ``prompt`` [tokens],
    ``prefill`` [tokens], ``tile`` [1], ``batch`` and ``batches`` [sequences], ``contexts`` [tokens].
    """

    model: str | None = field(
        TEXT, "Shape by name, or with --command the server's model.", label="Model", example="pythia-1.4b",
        default="pythia-70m",
    )  # fmt: skip
    params: float | None = field(
        "parameters", "The named shape nearest to a size.", label="N", example="1.4B", low=1.0, high=1e18, ranged=False
    )
    hf: str | None = field(TEXT, "Folder with a config.json: its shape.", label="Folder", example="./my-model")
    command: str | None = field(
        TEXT, "A server instead, OpenAI-compatible: its URL.", label="URL", example="http://localhost:8000/v1"
    )
    key_env: str | None = field(TEXT, "Variable that holds the server's key.", label="Key", example=KEY, default=KEY)
    device: str | None = field(
        CHOICE, "Where to run; ROCm is cuda.", label="Device", example="cpu", default="the fastest",
        choices=("cuda", "mps", "cpu"),
    )  # fmt: skip
    dtype: str | None = field(
        CHOICE, "Format of weights and cache; int8 is of the weights alone.", label="Format", example="fp16",
        default="bf16; on a CPU fp32", choices=("bf16", "fp16", "fp32", "int8"),
    )  # fmt: skip
    ladder: str | None = field(
        TEXT, "Tokens to generate: LOW..HIGH:STEP or a list.", label="Ladder", example="16..64:8", default=LADDER
    )
    repeats: int | None = _count("Times that the ladder is gone through.", "5", 1000, label="Repeats", default="3")
    prompt: int | None = _count("Tokens that are there before the first.", "128", 1e6, label="Prompt", default="8")
    batch: int | None = _count("Sequences at once on the ladder.", "4", 1e6, label="Batch", default="1")
    batches: tuple[str, ...] = field(
        NAMES, "Batches to time beside it.", default_value=(), label="Batches", example="1,4,16"
    )
    contexts: tuple[str, ...] = field(
        NAMES, "Contexts [tokens] to time beside it.", default_value=(), label="Contexts", example="512,2k"
    )
    tile: int | None = _count(
        "k-tiling for real: k = 1 to K, of k^2 processes that share the model.", "2", 16, label="k", default="none"
    )
    prefill: int | None = _count(
        "Tokens of the prompt whose reading is timed.", "512", 1e6, label="Prefill", default="about a second of it"
    )
    threads: int | None = _count("Threads on a CPU.", "8", 4096, label="Threads", default="all that may be used")
    seed: int | None = field(
        "1", "Seed of weights and order.", label="Seed", example="1", default="0", low=0, high=2**32 - 1, whole=True,
        ranged=False,
    )  # fmt: skip


def ladder_of(text: str) -> tuple[int, ...]:
    """Return the numbers of tokens that a ladder names, ascending.

    Raises
    ------
    InputError
        If it is none, or has fewer than three different rungs: a line with standard errors needs as many.

    Examples
    --------
    >>> ladder_of("100..1900:100") == tuple(range(100, 2000, 100)), ladder_of("8,16,32"), ladder_of("1k..3k")
    (True, (8, 16, 32), (1000, 2000, 3000))
    """
    span, _, every = text.partition(":")
    low, points, high = span.partition("..")
    if points:
        first, last = _tokens(low, text), _tokens(high, text)
        step = _tokens(every, text) if every.strip() else first
        if last < first or (last - first) // step >= _RUNGS:
            raise InputError("must run from low to high", where="--ladder", hint=f"such as {LADDER}")
        found = tuple(range(first, last + 1, step))
    else:
        found = tuple(sorted({_tokens(part, text) for part in text.split(",")}))
    if len(found) < 3:
        raise InputError("needs three rungs or more: a line goes through them", where="--ladder", hint=LADDER)
    return found


def sizes_of(words: tuple[str, ...], option: str) -> tuple[int, ...]:
    """Return whole numbers written as quantities, each once, ascending.

    >>> sizes_of(("2k", "512"), "--contexts")
    (512, 2000)
    """
    return tuple(sorted({_tokens(word, word, option) for word in words}))


def _tokens(part: str, text: str, option: str = "--ladder") -> int:
    try:
        value = parse(part, "1").value
    except InputError as error:
        raise InputError(
            error.what, where=option, hint="such as " + (LADDER if option == "--ladder" else "16")
        ) from None
    if value != int(value) or not 1 <= value <= _MOST:
        raise InputError(f"takes whole numbers from 1 to {_MOST:,}", where=option, text=text, column=0)
    return int(value)


def check(inputs: MeasureInputs) -> None:
    """Raise for an input that would change nothing.

    Raises
    ------
    InputError
        If one needs another, or contradicts it.
    """
    if inputs.command is None:
        if inputs.key_env is not None:
            raise InputError("needs --command URL", where="--key-env")
        return
    for name in (
        "params",
        "hf",
        "device",
        "dtype",
        "prompt",
        "batch",
        "batches",
        "contexts",
        "prefill",
        "threads",
        "tile",
    ):
        if getattr(inputs, name):
            raise InputError("is not the server's to choose: drop it", where="--" + name)
    if inputs.model is None:
        raise InputError("needs --model, the server's own name of it", where="--command")
