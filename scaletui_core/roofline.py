"""How fast a model decodes: the memory/compute roofline, kipply's closed form, Erdil's latency-bound optimum."""

from __future__ import annotations

from math import ceil, sqrt
from typing import NamedTuple

from scaletui_core import human
from scaletui_core.answer import Note, Row, made
from scaletui_core.formula import Number, Working, examples, formula
from scaletui_core.quantity_text import format_quantity
from scaletui_core.tiling import Chips
from scaletui_core.traced import Traced

REDUCES = 4.0  # sequential all-reduces a layer, Erdil 2025, Section 2.2.1; parallel attention needs 2
REDUCES_SOURCE = "erdil-2025: Section 2.2.1"
HOP = 1e-6  # s from one accelerator to the next, the same section
MEASURED = "steinhardt-2023: Appendix A, Table 1"
MESSAGE = 8e-6  # s a message, kipply's guess from V100 NVLink


@formula("KV bytes a token = 2 x layers x KV heads x head size x bytes", unit="bytes", source="kipply-2022: KV cache")
def kv_bytes_per_token(layers: float, kv_heads: float, head_dim: float, bytes_each: float) -> float:
    """Size [bytes] of the keys and values that one token of context leaves in the cache.

    >>> kv_bytes_per_token(118, 1, 256, 2)  # PaLM 540B, multi-query
    120832.0
    """
    return 2.0 * layers * kv_heads * head_dim * bytes_each


@formula("KV = b x context x KV bytes a token", unit="bytes", source="kipply-2022: KV cache")
def kv_bytes(batch: float, context: float, bytes_a_token: float) -> float:
    """Size [bytes] of the cache of a whole batch.

    >>> kv_bytes(4, 2048, 2097152.0)
    17179869184.0
    """
    return batch * context * bytes_a_token


@formula("memory = p N + KV", unit="bytes", source="kipply-2022: capacity")
def memory_needed(bytes_per_weight: float, params: float, cache: float) -> float:
    """Memory [bytes] for the weights and the cache.

    >>> memory_needed(2.0, 52e9, 0.0)
    104000000000.0
    """
    return bytes_per_weight * params + cache


@formula("share = memory / (G x memory of one)", unit="fraction", source="scaletui: definition")
def memory_share(needed: float, count: float, memory: float) -> float:
    """How much of the fleet's memory is taken; above 1 it does not fit.

    >>> memory_share(104e9, 1, 80e9)
    1.3
    """
    return needed / (count * memory)


@formula("N read = min(N, b x N a token)", unit="parameters", source="scaletui: every expert is read once at the most")
def params_read(params: float, batch: float, active_params: float) -> float:
    """Parameters that a batch reads: those that work on its tokens, and never more than there are.

    >>> params_read(671e9, 4.0, 37e9), params_read(671e9, 64.0, 37e9)
    (148000000000.0, 671000000000.0)
    """
    return min(params, batch * active_params)


@formula("t = max((p N + KV)/(G B), 2 N b/(G C))", unit="s", source="erdil-2025: Eq. 1, with the KV cache of Sec. 3.1")
def roofline_seconds(
    bytes_per_weight: float, read_params: float, cache: float, active_params: float, batch: float,
    count: float, bandwidth: float, peak: float,
) -> float:  # fmt: skip
    """Time [s] of one decoding step: every weight and the cache are read once, or the arithmetic takes longer.

    >>> round(roofline_seconds(2, 52e9, 0, 52e9, 1, 1, 1.5e12, 312e12) * 1e3)  # kipply: 69 ms
    69
    """
    read = (bytes_per_weight * read_params + cache) / (count * bandwidth)
    return max(read, 2.0 * active_params * batch / (count * peak))


@formula("t = 2 N x prompt/(G C)", unit="s", source="erdil-2025: Eq. 1, its arithmetic term")
def prefill_seconds(active_params: float, prompt: float, count: float, peak: float) -> float:
    """Arithmetic time [s] of reading a prompt at the full peak, attention left out.

    >>> prefill_seconds(50e9, 1000, 1, 1e15)
    0.1
    """
    return 2.0 * active_params * prompt / (count * peak)


@formula("t = max(prefill, p N/(G B))", unit="s", source="kipply-2022: latency calculations")
def first_token_seconds(
    prefill: float, bytes_per_weight: float, params: float, count: float, bandwidth: float
) -> float:
    """Time [s] to the first token: the prefill yields it, and cannot be quicker than one reading of the weights.

    >>> first_token_seconds(0.001, 2, 50e9, 1, 1e12)
    0.1
    """
    return max(prefill, bytes_per_weight * params / (count * bandwidth))


@formula("b* = p C/(2 B)", unit="1", source="erdil-2025: Section 2.1")
def critical_batch(bytes_per_weight: float, peak: float, bandwidth: float) -> float:
    """Batch at which reading the weights and the arithmetic take equally long, the cache left out.

    >>> critical_batch(2, 312e12, 1.5e12)
    208.0
    """
    return bytes_per_weight * peak / (2.0 * bandwidth)


@formula("t = p N/(G B) + 4 x layers x 8 us (for G > 1)", unit="s", source="kipply-2022: latency calculations")
def small_batch_seconds(
    bytes_per_weight: float, params: float, count: float, bandwidth: float, layers: float, message: float
) -> float:
    """Time a token [s] of a small batch: the weights are read, and four messages a layer are sent one after another.

    >>> f"{small_batch_seconds(2, 260e9, 16, 1.5e12, 80, 8e-6) * 1e3:.2f} ms"  # 21.7 + 2.56
    '24.23 ms'
    """
    read = bytes_per_weight * params / (count * bandwidth)
    return read + 4.0 * layers * message if count > 1.0 else read


@formula("x = layers x n_reduce x t_hop", unit="s", source="erdil-2025: Eq. 8")
def hop_seconds(layers: float, reduces: float, hop: float) -> float:
    """Time [s] of one hop of every all-reduce of a forward pass.

    >>> f"{hop_seconds(32, 4, 1e-6):.3g}"
    '0.000128'
    """
    return layers * reduces * hop


@formula("t(G) = r/G + 2x (sqrt(G) - 1)", unit="s", source="erdil-2025: Eq. 8 and 9")
def instance_seconds(one: float, hops: float, count: float) -> float:
    """Time a token [s] on G accelerators, of ``one`` s on one of them (r) and ``hops`` s a hop (x).

    >>> instance_seconds(4.0, 1.0, 4.0)
    3.0
    """
    return one / count + 2.0 * hops * (sqrt(count) - 1.0)


@formula("G* = max(r/x, 1)^(2/3)", unit="1", source="erdil-2025: Eq. 13")
def best_instance(one: float, hops: float) -> float:
    """Accelerators at which a token takes least time.

    >>> f"{best_instance(2 * 8.03e9 / 3.3e12, 128e-6):.2f}"
    '11.31'
    """
    return float(max(one / hops, 1.0) ** (2.0 / 3.0))


@formula("t_min = 3 x^(2/3) r^(1/3) - 2x, or r where G* = 1", unit="s", source="erdil-2025: Eq. 14")
def least_seconds(one: float, hops: float) -> float:
    """Least time a token [s], on G* accelerators.

    >>> round(1 / least_seconds(2 * 8.03e9 / 3.3e12, 128e-6))
    966
    """
    if one <= hops:
        return one
    return float(3.0 * hops ** (2.0 / 3.0) * one ** (1.0 / 3.0) - 2.0 * hops)


@formula("cost = G x price x t/b x 10^6", unit="USD", source="scaletui: definition")
def million_token_cost(count: float, price_usd_per_hour: float, seconds: float, batch: float) -> float:
    """Hire [USD] of the accelerators while a batch of b sequences writes a million tokens, b every t seconds.

    >>> round(million_token_cost(8, 2.0, 0.0036, 4), 9)
    4.0
    """
    return count * price_usd_per_hour / 3600.0 * seconds / batch * 1e6


@formula("tokens/min = 60 s / t", unit="tokens", source="scaletui: definition")
def tokens_a_minute(seconds: float) -> float:
    """Tokens a minute of one sequence.

    >>> tokens_a_minute(0.05)
    1200.0
    """
    return 60.0 / seconds


@formula("words/min = tokens/min / (tokens/word)", unit="1", source=human.SOURCE)
def words_a_minute(tokens: float, tokens_per_word: float) -> float:
    """Words a minute.

    >>> round(words_a_minute(493, 4 / 3))  # gpt-4: "370 wpm"
    370
    """
    return tokens / tokens_per_word


@formula("x human = words/min / (words/min of a person)", unit="1", source=human.SOURCE)
def in_humans(words: float, human_words: float) -> float:
    """Speed in humans.

    >>> in_humans(760, 380)
    2.0
    """
    return words / human_words


@formula("tokens/s = b / t", unit="tokens/s", source="scaletui: definition")
def batch_throughput(batch: float, seconds: float) -> float:
    """Tokens/s of the whole batch.

    >>> batch_throughput(32, 0.04)
    800.0
    """
    return batch / seconds


@formula("tokens/s of one = tokens/s / G", unit="tokens/s", source="scaletui: definition")
def throughput_each(throughput: float, count: float) -> float:
    """Tokens/s of the whole batch that each accelerator accounts for.

    >>> throughput_each(800.0, 8.0)
    100.0
    """
    return throughput / count


@formula("share = measured / roofline", unit="fraction", source="scaletui: definition")
def roofline_share(measured: float, predicted: float) -> float:
    """Share of the roofline's speed that was measured.

    >>> roofline_share(1801, 3602)
    0.5
    """
    return measured / predicted


class Person(NamedTuple):
    """Whom the models are measured against."""

    words: Number
    ratio: Number

    def rows_of(self, tokens: Row, subject: str | None, name: str) -> list[Row]:
        """Return words a minute and the multiple of a person, of a row of tokens a minute."""
        number = Number("tokens/min", tokens.value, "tokens", tokens.source)
        words = made("words_per_minute", f"words a minute, {name}", words_a_minute, number, self.ratio, subject=subject)
        spoken = Number("words/min", words.value, "1")
        return [words, made("human_multiple", f"x human, {name}", in_humans, spoken, self.words, subject=subject)]


def pace_rows(time: Row, count: Number | Row, batch: Number, fleet: Chips, person: Person) -> list[Row]:
    """Return a time a token with all that follows from it: speed, throughput, accelerators and what they cost."""
    name = time.subject
    t = Number("t", time.value, "s", time.source)
    tokens = made("tokens_per_minute", f"tokens a minute, {name}", tokens_a_minute, t, subject=name)
    rows = [time, tokens, *person.rows_of(tokens, name, name or "")]
    rows.append(made("throughput", f"tokens/s of the batch, {name}", batch_throughput, batch, t, subject=name))
    rows.append(Row("batch", f"sequences at once, {name}", batch.value, "1", subject=name, source=batch.source))
    label = f"accelerators, {name}"
    working = count.working if isinstance(count, Row) else None
    rows.append(Row("gpus", label, count.value, "1", subject=name, source=count.source, working=working))
    label = f"hire for a million tokens, {name}"
    numbers = Number("G", count.value, "1", count.source), fleet.price, t, batch
    rows.append(made("cost_per_million_tokens", label, million_token_cost, *numbers, subject=name))
    return rows


def instance_rows(alone: Number, layers: Number, hop: Number, batch: Number, fleet: Chips, person: Person) -> list[Row]:
    """Return Erdil's rows: at the best number of accelerators, and on those given where they are several."""
    reduces = Number("n_reduce", REDUCES, "1", REDUCES_SOURCE)
    x = hop_seconds(layers.value, reduces.value, hop.value)
    hops = Number("x", x, "s", f"{hop_seconds.source}; {layers.value:g} layers, {reduces.value:g} reduces each")
    best = made("gpus", "", best_instance, alone, hops)
    name = "erdil-2025"
    least = made("time_per_token", f"time a token, {name}", least_seconds, alone, hops, subject=name)
    rows = pace_rows(least, best, batch, fleet, person)
    if fleet.count.value > 1.0:
        name = "erdil-2025-fleet"
        label = f"time a token, {name}"
        here = made("time_per_token", label, instance_seconds, alone, hops, fleet.count, subject=name)
        rows += pace_rows(here, fleet.count, batch, fleet, person)
    return rows


def memory_rows(
    params: Number, active: Number, prompt: float | None, fleet: Chips, weight: Number, kv: Number, notes: list[Note]
) -> list[Row]:
    """Return whether a model fits, and how long its prompt [tokens] takes."""
    rows = [made("memory_needed", "weights and cache", memory_needed, weight, params, kv)]
    if fleet.memory is not None:
        needed = Number("memory", rows[0].value, "bytes")
        rows.append(made("memory_share", "share of the memory", memory_share, needed, fleet.count, fleet.memory))
        if rows[-1].value > 1.0:
            held = format_quantity(fleet.memory.value * fleet.count.value, "bytes")
            least = format_quantity(ceil(needed.value / fleet.memory.value), "1")
            text = f"It does not fit: {format_quantity(needed.value, 'bytes')} in {held}; {least} would hold it."
            notes.append(Note("does-not-fit", text, fleet.memory.source, kind="assumption"))
        elif isinstance(rows[-1].value, Traced):
            text = (
                "Where its share of the memory is above 100%, it does not fit, and the speeds are of a larger memory."
            )
            notes.append(Note("may-not-fit", text, fleet.memory.source, kind="assumption"))
    if prompt is not None:
        rates = active, Number("prompt", prompt, "tokens", "given: --prompt"), fleet.count, fleet.peak
        rows.append(made("prefill", "prefill, arithmetic alone", prefill_seconds, *rates))
        numbers = Number("prefill", rows[-1].value, "s"), weight, params, fleet.count, fleet.bandwidth
        rows.append(made("time_to_first_token", "time to the first token", first_token_seconds, *numbers))
    return rows


def slope_rows(sizes: list[tuple[float, float]], notes: list[Note]) -> list[Row]:
    """Return the slope of log speed in log size by least squares, and note what the source says of it."""
    if len({x for x, _ in sizes}) < 2:
        return []
    x0, y0 = (sum(column) / len(sizes) for column in zip(*sizes, strict=True))
    slope = sum((x - x0) * (y - y0) for x, y in sizes) / sum((x - x0) ** 2 for x, _ in sizes)
    working = Working("slope of ln(tokens/min) in ln N, least squares", (Number("sizes", float(len(sizes)), "1"),))
    text = f"The source says that k times larger is k^0.6 slower; its own table gives k^{-slope:.3f}."
    notes.append(Note("speed-slope", text, MEASURED, kind="contradiction"))
    text = "The source says A100; the roofline beside it is that of the 80 GB one, its weights alone."
    notes.append(Note("assumed-a100", text, MEASURED, kind="assumption"))
    label = "slope of log speed in log size, measured"
    return [Row("speed_slope", label, slope, "1", source=MEASURED, working=working)]


__test__ = examples(globals())
