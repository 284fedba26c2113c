"""How fast a model thinks beside a person: three published models of decoding side by side, k-tiling, measurements."""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import NamedTuple

from scaletui_core import human, roofline, tiling
from scaletui_core.answer import Answer, Column, Note, Row, Table, made
from scaletui_core.calculator import Calculator, provenance
from scaletui_core.errors import InputError, unknown_name
from scaletui_core.fields import CHOICE, FLEET, TEXT, field, given
from scaletui_core.formula import Formula, Number
from scaletui_core.machine import PRECISIONS
from scaletui_core.presets import Catalog, Record
from scaletui_core.quantity import Fleet
from scaletui_core.roofline import Person, pace_rows
from scaletui_core.tiling import Chips, setting
from scaletui_core.traced import as_float

_TWO = "two bytes, as FP16 and BF16 have"


def _count(help: str, example: str, high: float, **more: object) -> int | None:
    """Return a field of a whole number of things."""
    found: int | None = field("1", help, example=example, low=1, high=high, whole=True, **more)
    return found


@dataclass(frozen=True, slots=True)
class SpeedInputs:
    """A model, the machine it runs on, what it is asked, and the person beside it; in base units.

    ``params`` [parameters] or ``model`` with its shape; ``hardware``, with rates of its own in place of the presets'
    [FLOP/s, bytes/s, bytes, USD/h]; ``batch`` sequences at once, ``context`` and ``prompt`` [tokens];
    ``human_multiple`` and ``k`` for k-tiling, with the time and the latency of a matrix multiply [s].
    """

    params: float | None = field("parameters", "Model size N.", label="N", example="70B", low=1.0, high=1e18)
    model: str | None = field(TEXT, "Known model (see `scaletui models`).", label="Model", example="llama-3-70b")
    layers: int | None = _count("Layers of the model.", "80", 1e6, label="Layers", default="the model's")
    kv_heads: int | None = _count("KV heads of a layer.", "8", 1e6, label="KV heads", default="the model's")
    head_dim: int | None = _count("Numbers in a key or value.", "128", 1e6, label="Head size", default="the model's")
    bytes_per_weight: float | None = field(
        "bytes", "Bytes of a weight.", label="B/weight", example="1", default="2", low=0.01, high=100.0
    )
    bytes_per_kv: float | None = field(
        "bytes", "Bytes of a number in the cache.", label="B/KV", example="1", default="2", low=0.01, high=100.0
    )
    hardware: Fleet | None = field(  # noqa: RUF009  (as for every other field, `field` is `dataclasses.field`)
        FLEET, "Accelerators (see `scaletui hardware`).", label="Machine", example="8xH100", default="1xH100"
    )
    precision: str | None = field(
        CHOICE, "Number format, whose dense peak counts.", label="Precision", example="fp8", default="bf16",
        choices=PRECISIONS,
    )  # fmt: skip
    peak: float | None = field(
        "FLOP/s", "Dense peak of each accelerator.", label="Peak", example="312TFLOP/s", default="presets", low=1e3,
        high=1e30,
    )  # fmt: skip
    bandwidth: float | None = field(
        "bytes/s", "Memory bandwidth of each accelerator.", label="Bandwidth", example="2TB/s", default="presets",
        low=1e3, high=1e30,
    )  # fmt: skip
    memory: float | None = field(
        "bytes", "Memory of each accelerator.", label="Memory", example="80GB", default="presets", low=1.0, high=1e30
    )
    network: float | None = field(
        "bytes/s", "Network of each machine.", label="Network", example="2TB/s", default="2TB/s", low=1.0, high=1e30
    )
    gpus_per_machine: int | None = _count("Accelerators in a machine.", "8", 1e6, label="GPUs/node", default="8")
    batch: int | None = _count("Sequences decoded at once.", "32", 1e9, label="Batch", default="1")
    context: float | None = field(
        "tokens",
        "Tokens in the cache of each sequence.",
        label="Context",
        example="8k",
        default="0",
        low=1.0,
        high=1e12,
    )
    prompt: float | None = field(
        "tokens", "Tokens read before the first is written.", label="Prompt", example="2k", low=1.0, high=1e12
    )
    human_multiple: float | None = field(
        "1", "Speed before k-tiling, in humans.", label="x human", example="5", low=1e-9, high=1e12
    )
    k: float | None = field("1", "k-tiling: tiles of 1/k.", label="k", example="5", low=1.0, high=1e6)
    matmul_time: float | None = field(
        "s", "Time of a matrix multiply, if no machine is given.", label="Multiply", example="1.2us",
        default="1.2us", low=1e-15, high=1e6,
    )  # fmt: skip
    latency: float | None = field(
        "s", "Latency of each matrix multiply.", label="Latency", example="1.5us", default="1.5us", low=1e-15, high=1e6
    )
    hop: float | None = field(
        "s", "Latency of one hop of an all-reduce.", label="Hop", example="1us", default="1us", low=1e-15, high=1e6
    )
    words_per_minute: float | None = human.words_field()
    tokens_per_word: float | None = human.tokens_per_word_field()
    price: float | None = field(
        "USD/h", "Hire of one accelerator.", label="Price", example="$2/h", default="presets", low=1e-6, high=1e6
    )


class Shape(NamedTuple):
    """What decoding needs of a model; None where it is neither given nor printed."""

    params: Number | None
    active: Number | None
    layers: Number | None
    kv_token: Row | None


def calculate(inputs: SpeedInputs, catalog: Catalog) -> Answer:
    """Return how fast a model decodes, under each published model; without one, what was measured.

    Row ids: ``human_tokens_per_minute``; of each model of decoding (subject ``roofline``, ``steinhardt-2022``,
    ``erdil-2025`` at its best size, ``erdil-2025-fleet`` on the accelerators given, ``kipply``) and of each measured
    language model ``time_per_token``, ``tokens_per_minute``, ``words_per_minute``, ``human_multiple``, ``gpus``,
    ``batch``, ``throughput``, ``cost_per_million_tokens``; ``time_per_token_with_latency``; ``kv_bytes_per_token``,
    ``kv_bytes``, ``memory_needed``, ``memory_share``, ``prefill``, ``time_to_first_token``; of a machine
    ``critical_batch``, ``tile_rate``, ``tile_rate_printed``, ``matmul_time``, ``tile_side``, ``tile_batch``; of
    k-tiling ``speed``, ``speed_factor``, ``throughput_factor``, ``gpus_factor``, ``copies_factor``,
    ``latency_speed_factor``, ``latency_ceiling``, ``latency_speed``, ``latency_speed_ceiling``; of the measured table
    ``predicted_tokens_per_minute``, ``roofline_share``, ``speed_slope``.

    Raises
    ------
    InputError
        If an input would change nothing, contradicts another, or a name is unknown.

    Examples
    --------
    >>> answer = calculate(SpeedInputs(human_multiple=5.0, k=5.0), Catalog("presets"))
    >>> [round(answer.row(name).value, 2) for name in ("speed", "throughput_factor", "latency_speed_factor")]
    [125.0, 0.2, 1.74]
    """
    _refuse_unused(inputs)
    person = Person(
        setting("words/min", inputs.words_per_minute, human.WORDS_A_MINUTE["thinking"], "1", human.SOURCE),
        setting("tokens/word", inputs.tokens_per_word, human.TOKENS_A_WORD, "1", human.SOURCE),
    )
    rows = [made("human_tokens_per_minute", "tokens a minute of a person", human.human_tokens, *person)]
    notes: list[Note] = []
    shape = _shape(inputs, catalog, notes)
    fleet = None
    if shape.params is not None or inputs.hardware or inputs.peak is not None or inputs.bandwidth is not None:
        rates = (inputs.precision, inputs.peak, inputs.bandwidth, inputs.memory, inputs.price)
        fleet = tiling.chips(catalog, inputs.hardware, *rates)
    if fleet is not None and fleet.id is not None and inputs.hardware is None:
        notes.append(Note("assumed-hardware", f"Hardware taken as one {fleet.name}.", kind="assumption"))
    kv = Number("KV", 0.0, "bytes")
    if shape.kv_token is not None:
        rows.append(shape.kv_token)
        if inputs.context is not None:
            many = Number("b", as_float(inputs.batch or 1.0), "1"), Number("context", inputs.context, "tokens", "given")
            each = Number("KV bytes a token", shape.kv_token.value, "bytes")
            rows.append(made("kv_bytes", "KV cache of the batch", roofline.kv_bytes, *many, each))
            kv = kv._replace(value=rows[-1].value)
    matmul = setting("t", inputs.matmul_time, tiling.MATMUL, "s", tiling.SETTINGS_SOURCE)
    latency = setting("l", inputs.latency, tiling.LATENCY, "s", tiling.SETTINGS_SOURCE)
    base = late_base = None
    of_tiles = False
    if inputs.human_multiple is not None:
        base = late_base = Number("multiple", inputs.human_multiple, "1", "given: --human-multiple")
        tokens = Number("words/min", person.words.value * base.value, "1"), person.ratio
        rows.append(made("tokens_per_minute", "tokens a minute, before k-tiling", human.human_tokens, *tokens))
    if fleet is not None:
        weight = setting("p", inputs.bytes_per_weight, 2.0, "bytes", _TWO)
        tiles = tiling.tiling_of(fleet, inputs.gpus_per_machine, inputs.network, catalog)
        matmul = tiles.matmul
        if shape.params is not None and shape.active is not None:
            rows += roofline.memory_rows(shape.params, shape.active, inputs.prompt, fleet, weight, kv, notes)
            rows += _pace_rows(inputs, shape, fleet, weight, kv, tiles, latency, person, notes)
            found = {row.id: row.value for row in rows if row.subject == "steinhardt-2022"}
            if found:
                base = Number("multiple", found["human_multiple"], "1", tiling.forward_seconds.source)
                of_tiles = True
                slower = found["time_per_token"] / found["time_per_token_with_latency"]
                late_base = base._replace(value=base.value * slower)
        numbers = weight, fleet.peak, fleet.bandwidth
        rows.append(made("critical_batch", "critical batch [sequences], no cache", roofline.critical_batch, *numbers))
        rows += tiles.rows
        notes += tiles.notes
    if inputs.k is not None:
        tiled_rows = tiling.k_rows(inputs.k, matmul, latency, base, late_base)
        if of_tiles:
            tiled_rows = [
                row._replace(label=row.label.replace("x human", "x human, steinhardt-2022")) for row in tiled_rows
            ]
        rows += tiled_rows
        notes.append(tiling.k_note(tiled_rows, latency.value))
    bare = fleet is None and shape.kv_token is None and inputs.k is None and inputs.human_multiple is None
    if bare or inputs.model is not None:
        rows += _measured_rows(catalog, person, inputs.model, notes)
    return Answer("speed", given(inputs), tuple(rows), tuple(notes), provenance(), _table(rows))


def _refuse_unused(inputs: SpeedInputs) -> None:
    """Raise for an input that would change nothing, or that contradicts another."""
    model = inputs.params is not None or inputs.model is not None
    chip = model or inputs.hardware is not None or inputs.peak is not None or inputs.bandwidth is not None
    cache = None not in (inputs.layers, inputs.kv_heads, inputs.head_dim)
    deep = inputs.model is not None or (inputs.params is not None and inputs.layers is not None)
    asked, layered = "--params 70B or --model llama-3-70b", "--model, or --params with --layers"
    shaped = "--model, or --layers, --kv-heads and --head-dim"
    wants: list[tuple[tuple[str, ...], bool, str]] = [
        (("memory", "prompt", "price"), model, asked),
        (("hop",), deep, layered),
        (("layers", "kv_heads", "head_dim"), model or cache, asked),
        (("context", "bytes_per_kv"), inputs.model is not None or cache, shaped),
        (("batch",), model or (cache and inputs.context is not None), asked),
        (("bytes_per_weight", "precision", "network", "gpus_per_machine"), chip, "--hardware 8xH100 or a model"),
        (("matmul_time",), inputs.k is not None, "--k 5"),
        (("latency",), inputs.k is not None or deep, f"--k 5, {layered}"),
    ]
    for names, met, wanted in wants:
        for name in names:
            if getattr(inputs, name) is not None and not met:
                raise InputError(f"needs {wanted}", where="--" + name.replace("_", "-"))
    if inputs.params is not None and inputs.model is not None:
        raise InputError("the size is that of --model: drop one", where="--params")
    if inputs.params is not None and not cache and (inputs.kv_heads is not None or inputs.head_dim is not None):
        raise InputError(f"needs {shaped}", where="--head-dim" if inputs.kv_heads is None else "--kv-heads")
    if inputs.human_multiple is not None and model:
        raise InputError("the speed follows from the model: drop one", where="--human-multiple")
    if inputs.matmul_time is not None and chip:
        raise InputError("the time follows from the machine: drop one", where="--matmul-time")


def _shape(inputs: SpeedInputs, catalog: Catalog, notes: list[Note]) -> Shape:
    """Return the shape of the model; what is given goes before what the preset has."""
    record: Record = {}
    if inputs.model is not None:
        records = catalog.load("models").records
        if inputs.model not in records:
            raise unknown_name("model", inputs.model, list(records), listing="scaletui models", where="--model")
        record = records[inputs.model]

    def number(key: str, symbol: str, unit: str = "1") -> Number | None:
        value = getattr(inputs, key, None)
        if value is not None:
            return Number(symbol, as_float(value), unit, f"given: --{key.replace('_', '-')}")
        if key not in record:
            return None
        return Number(symbol, float(record[key]), unit, record.get("sources", {}).get(key, record["source"]))

    params, layers, width = number("params", "N", "parameters"), number("layers", "layers"), number("d_model", "d")
    heads, size = number("kv_heads", "KV heads"), number("head_dim", "head size")
    every = number("heads", "KV heads")
    if heads is None and layers is not None and (every or width) is not None:
        heads = every or Number("KV heads", 1.0, "1", "all of the width")
        text = "The KV cache is taken to hold every head: the preset prints no number of key/value heads."
        notes.append(Note("assumed-kv-heads", text, record["source"], kind="assumption"))
    if size is None and heads is not None and width is not None:
        split = every.value if every is not None else 1.0
        size = Number("head size", width.value / split, "1", "width / heads")
    cache = None
    if layers is not None and heads is not None and size is not None:
        each = setting("bytes", inputs.bytes_per_kv, 2.0, "bytes", _TWO)
        label = "KV cache a token of context"
        cache = made("kv_bytes_per_token", label, roofline.kv_bytes_per_token, layers, heads, size, each)
    elif inputs.context is not None:
        raise InputError("the cache has no known shape", where="--context", hint="give --kv-heads and --head-dim")
    active = number("active_params", "N", "parameters") or params
    return Shape(params, active, layers, cache)


def _pace_rows(
    inputs: SpeedInputs, shape: Shape, fleet: Chips, weight: Number, kv: Number, tiles: tiling.Tiling, latency: Number,
    person: Person, notes: list[Note],
) -> list[Row]:  # fmt: skip
    """Return the rows of every model of decoding."""
    assert shape.params is not None
    assert shape.active is not None
    batch = setting("b", inputs.batch, 1.0, "1", "one, by default")
    read = Number("N read", roofline.params_read(shape.params.value, batch.value, shape.active.value), "parameters")
    one = Number("G", 1.0, "1")

    def timed(subject: str, how: Formula, *numbers: Number) -> Row:
        return made("time_per_token", f"time a token, {subject}", how, *numbers, subject=subject)

    def roof(count: Number) -> Row:
        step = weight, read, kv, shape.active or read, batch, count, fleet.bandwidth, fleet.peak
        return timed("roofline", roofline.roofline_seconds, *step)

    rows = pace_rows(roof(fleet.count), fleet.count, batch, fleet, person)
    text = "an upper bound for these accelerators: rates at their peak, no software and no network between."
    notes.append(Note("bounds", text, roofline.roofline_seconds.source, "roofline", "convention"))
    if shape.layers is None:
        unknown = ("steinhardt-2022", "erdil-2025", "kipply")
        notes += [Note(f"unreachable:{name}", "needs --layers.", None, name, "unreachable") for name in unknown]
        return rows
    forward = timed("steinhardt-2022", tiling.forward_seconds, shape.layers, tiles.matmul)
    side, filled = (Number(symbol, row.value, row.unit) for symbol, row in zip("mb", tiles.rows[2:4], strict=True))
    many = made("gpus", "", tiling.tile_count, shape.active, shape.layers, side)
    rows += pace_rows(forward, many, filled._replace(unit="1", source=tiling.tile_batch.source), fleet, person)
    late = timed("steinhardt-2022", tiling.late_forward_seconds, shape.layers, tiles.matmul, latency)
    rows.append(late._replace(id="time_per_token_with_latency", label=f"{late.label} with latency"))
    text = f"its batch is the {filled.value:,.0f} tokens that fill the tiles, whatever --batch says."
    notes.append(Note("tiles-batch", text, tiling.tile_batch.source, "steinhardt-2022", "convention"))
    text = "the author warns that his numbers may be off by up to an order of magnitude."
    notes.append(Note("order-of-magnitude", text, "steinhardt-2022: Addendum", "steinhardt-2022", "source"))
    alone = Number("r", roof(one).value, "s", roofline.roofline_seconds.source)
    hop = setting("t_hop", inputs.hop, roofline.HOP, "s", roofline.REDUCES_SOURCE)
    rows += roofline.instance_rows(alone, shape.layers, hop, batch, fleet, person)
    message = Number("message", roofline.MESSAGE, "s", roofline.small_batch_seconds.source)
    if kv.value > 0.0 or batch.value > 1.0:
        text = "a form for a small batch: it counts neither the cache nor the arithmetic of a large one."
        notes.append(Note("small-batch", text, roofline.small_batch_seconds.source, "kipply", "convention"))
    small = weight, read, fleet.count, fleet.bandwidth, shape.layers, message
    return rows + pace_rows(timed("kipply", roofline.small_batch_seconds, *small), fleet.count, batch, fleet, person)


def _measured_rows(catalog: Catalog, person: Person, model: str | None, notes: list[Note]) -> list[Row]:
    """Return what was measured, of one model or of all, with the roofline beside it and the slope of speed in size."""
    rows: list[Row] = []
    sizes: list[tuple[float, float]] = []
    for key, record in catalog.load("speeds").records.items():
        if "tokens_per_minute" not in record or model not in (None, record.get("model")):
            continue
        name, source = record["name"], record["source"]
        speed = float(record["tokens_per_minute"])
        rows.append(Row("tokens_per_minute", f"measured: {name}", speed, "tokens", None, key, source=source))
        rows += person.rows_of(rows[-1], key, name)
        if source == roofline.MEASURED and "params" in record:
            sizes.append((log(record["params"]), log(speed)))
        known = catalog.load("hardware").records.get(record.get("hardware", ""), {})
        if model is None and "params" in record and "bandwidth" in known:
            chip = tiling.chips(catalog, Fleet(1, record["hardware"]), None, None, None, None, None)
            size = Number("N", float(record["params"]), "parameters", source)
            weight = Number("p", float(record.get("bytes_per_weight", 2.0)), "bytes", source)
            none, single = Number("KV", 0.0, "bytes"), Number("b", 1.0, "1")
            numbers = weight, size, none, size, single, chip.count, chip.bandwidth, chip.peak
            step = made("time_per_token", "", roofline.roofline_seconds, *numbers)
            paced = Number("t", step.value, "s", step.source)
            label = f"roofline on one {chip.name}: {name}"
            rows.append(made("predicted_tokens_per_minute", label, roofline.tokens_a_minute, paced, subject=key))
            both = Number("measured", speed, "tokens", source), Number("roofline", rows[-1].value, "tokens")
            label = f"share of the roofline: {name}"
            rows.append(made("roofline_share", label, roofline.roofline_share, *both, subject=key))
    return rows if model is not None else [*rows, *roofline.slope_rows(sizes, notes)]


def _table(rows: list[Row]) -> Table | None:
    """Return the table of what has a subject."""
    columns = (
        Column("time_per_token", "time/token", "s"),
        Column("tokens_per_minute", "tokens/min", "tokens"),
        Column("words_per_minute", "words/min", "1"),
        Column("human_multiple", "x human", "1"),
        Column("predicted_tokens_per_minute", "roofline", "tokens"),
        Column("roofline_share", "share", "fraction"),
        Column("gpus", "GPUs", "1"),
        Column("cost_per_million_tokens", "$/M tokens", "USD"),
    )
    return Table("subject", columns) if any(row.subject for row in rows) else None


CALCULATOR = Calculator(
    "speed", SpeedInputs, calculate, "How fast a model thinks beside a person, and how far k-tiling can speed it up."
)
