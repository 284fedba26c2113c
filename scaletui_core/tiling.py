"""Steinhardt's parallel tiling: the least time of a forward pass, and how far k-tiling can speed it up."""

from __future__ import annotations

from math import sqrt
from typing import NamedTuple

from scaletui_core.answer import Note, Row, made
from scaletui_core.errors import InputError
from scaletui_core.formula import Number, examples, formula
from scaletui_core.machine import machine
from scaletui_core.presets import Catalog
from scaletui_core.quantity import Fleet
from scaletui_core.traced import as_float

GPUS_A_MACHINE = 8.0
NETWORK = 2e12  # bytes/s in and out of a machine, "perhaps, for high-end networks"
LATENCY = 1.5e-6  # s a matrix multiply
MATMUL = 1.2e-6  # s, as printed for A100s with eight a machine; the formula gives 1.205
SETTINGS_SOURCE = "steinhardt-2022: Interpretation for current machines"


@formula("t = max(4mb sqrt(n)/B, (4mb + 2m^2)/M, 2m^2 b/C)", unit="s", source="steinhardt-2022: (*), n GPUs a machine")
def tile_seconds(
    side: float, batch: float, gpus_a_machine: float, network: float, bandwidth: float, peak: float
) -> float:
    """Time [s] of one m x m tile of a matrix multiply for b tokens: network, memory or arithmetic, the slowest.

    >>> f"{tile_seconds(468, 468, 1, 1e30, 2e12, 312e12):.3g}"  # memory and arithmetic are even at m = b = 3C/M
    '6.57e-07'
    """
    network_time = 4.0 * side * batch * sqrt(gpus_a_machine) / network
    memory_time = (4.0 * side * batch + 2.0 * side * side) / bandwidth
    return max(network_time, memory_time, 2.0 * side * side * batch / peak)


@formula(
    "T = 54 C^2/M^3 if B > 2/3 M sqrt(n), else 8 C^2 n/(B^2 (M - B/sqrt(n)))",
    unit="s",
    source="steinhardt-2022: Complete formula",
)
def matmul_seconds(peak: float, bandwidth: float, gpus_a_machine: float, network: float) -> float:
    """Least time [s] of one matrix multiply at full utilisation, over as many GPUs as it has tiles.

    >>> [f"{matmul_seconds(312e12, 2e12, n, b) * 1e6:.3f} us" for n, b in ((1, 2e12), (8, 2e12))]
    ['0.657 us', '1.205 us']
    """
    share = network / sqrt(gpus_a_machine)
    if share > 2.0 / 3.0 * bandwidth:
        return 54.0 * peak * peak / bandwidth**3
    return 8.0 * peak * peak / (share * share * (bandwidth - share))


@formula(
    "m = 3C/M if B > 2/3 M sqrt(n), else 2 C sqrt(n)/B", unit="1", source="steinhardt-2022: Detailed Count, One Machine"
)
def tile_side(peak: float, bandwidth: float, gpus_a_machine: float, network: float) -> float:
    """Side m of the smallest tile that keeps a GPU busy.

    >>> round(tile_side(312e12, 2e12, 8, 2e12))  # "1024, rounded to the nearest power of 2"
    882
    """
    share = network / sqrt(gpus_a_machine)
    return 3.0 * peak / bandwidth if share > 2.0 / 3.0 * bandwidth else 2.0 * peak / share


@formula(
    "b = 3C/M if B > 2/3 M sqrt(n), else C/(M - B/sqrt(n))",
    unit="tokens",
    source="steinhardt-2022: Detailed Count, One Machine",
)
def tile_batch(peak: float, bandwidth: float, gpus_a_machine: float, network: float) -> float:
    """Tokens b that go through together for a GPU to be busy.

    >>> round(tile_batch(312e12, 2e12, 1, 2e12))
    468
    """
    share = network / sqrt(gpus_a_machine)
    return 3.0 * peak / bandwidth if share > 2.0 / 3.0 * bandwidth else peak / (bandwidth - share)


@formula(
    "GPUs = max(N/(2 x layers x m^2), 1)",
    unit="1",
    source="steinhardt-2022: Detailed Count, (d/m)^2 with d^2 = N/(2 x layers)",
)
def tile_count(params: float, layers: float, side: float) -> float:
    """GPUs that one matrix multiply is split over, in m x m tiles; the layers follow each other on them.

    The source counts (d/m)^2 for a d x d multiply; the average of two multiplies a layer has N/(2 x layers) weights.

    >>> tile_count(2 * 80 * 8192**2, 80, 1024)
    64.0
    """
    return max(params / (2.0 * layers * side * side), 1.0)


@formula("t = 2 x layers x T", unit="s", source="steinhardt-2022: How Fast for a Forward Pass?, two multiplies a layer")
def forward_seconds(layers: float, matmul: float) -> float:
    """Time [s] of a forward pass, which is the time a token.

    >>> f"{forward_seconds(80, 1.2e-6) * 1e3:.3f} ms"  # Chinchilla
    '0.192 ms'
    """
    return 2.0 * layers * matmul


@formula("t = 2 x layers x (T + l)", unit="s", source="steinhardt-2022: Interpretation for current machines")
def late_forward_seconds(layers: float, matmul: float, latency: float) -> float:
    """Time [s] of a forward pass whose every matrix multiply waits for the latency l as well.

    >>> f"{late_forward_seconds(80, 1.2e-6, 1.5e-6) * 1e3:.3f} ms"
    '0.432 ms'
    """
    return 2.0 * layers * (matmul + latency)


@formula("M^3/C^2", unit="1", source="steinhardt-2023: Appendix A, table of GPUs")
def tile_rate(bandwidth: float, peak: float) -> float:
    """Return the serial throughput [1/s] of an accelerator with the most tiles that keep it busy; 54 over it is T.

    >>> f"{tile_rate(1555e9, 312e12):.2g} {tile_rate(2039e9, 312e12):.2g}"
    '3.9e+07 8.7e+07'
    """
    return bandwidth**3 / (peak * peak)


@formula("speed x k^2", unit="1", source="steinhardt-2022: Trading off speed and cost")
def tiled_speed(k: float) -> float:
    """How much faster tiles of m/k are, latency left out.

    >>> tiled_speed(5)
    25.0
    """
    return float(k) * k


@formula("throughput / k", unit="1", source="steinhardt-2022: Trading off speed and cost")
def tiled_throughput(k: float) -> float:
    """Return what is left of the throughput of the same GPUs.

    >>> tiled_throughput(5)
    0.2
    """
    return 1.0 / k


@formula("GPUs x k^2", unit="1", source="steinhardt-2022: Detailed Count of Operation Costs, (d/m)^2 at m/k")
def tiled_gpus(k: float) -> float:
    """How many times as many GPUs one copy is spread over.

    >>> tiled_gpus(5)
    25.0
    """
    return float(k) * k


@formula("copies / k^3", unit="1", source="steinhardt-2023: Section 2")
def tiled_copies(k: float) -> float:
    """Return what is left of the number of copies: k^3 of them become one that is k^2 times faster.

    >>> tiled_copies(5)
    0.008
    """
    return 1.0 / (float(k) * k * k)


@formula("speed-up = (t + l)/(t/k^2 + l)", unit="1", source="scaletui: steinhardt-2022 with its latency kept")
def late_speed_up(matmul: float, latency: float, k: float) -> float:
    """How much faster k-tiling is when every matrix multiply keeps its latency l.

    >>> f"{late_speed_up(1.2e-6, 1.5e-6, 5):.2f}"  # not 25
    '1.74'
    """
    return (matmul + latency) / (matmul / (float(k) * k) + latency)


@formula("ceiling = (t + l)/l", unit="1", source="scaletui: steinhardt-2022 with its latency kept, k without end")
def speed_up_ceiling(matmul: float, latency: float) -> float:
    """Return what the speed-up tends to as k grows.

    >>> f"{speed_up_ceiling(1.2e-6, 1.5e-6):.2f}"
    '1.80'
    """
    return (matmul + latency) / latency


@formula("speed = multiple x factor", unit="1", source="steinhardt-2023: Section 2")
def sped_up(multiple: float, factor: float) -> float:
    """Speed, in humans, of what was ``multiple`` times a human before it was sped up.

    >>> sped_up(5, 25)
    125
    """
    return multiple * factor


def setting(symbol: str, value: float | None, default: float, unit: str, source: str) -> Number:
    """Return a number that was given, or its default with the source of that."""
    return Number(symbol, default if value is None else as_float(value), unit, source if value is None else "given")


class Chips(NamedTuple):
    """What decoding needs of a fleet: rates of one accelerator as numbers with their sources, and how many there are.

    ``memory`` is None where nobody printed it; ``id`` is None for a machine given by its rates alone.
    """

    id: str | None
    name: str
    count: Number  # type: ignore[assignment]  # hides tuple.count, which nobody needs here
    peak: Number
    bandwidth: Number
    memory: Number | None
    price: Number


def chips(
    catalog: Catalog, fleet: Fleet | None, precision: str | None, peak: float | None, bandwidth: float | None,
    memory: float | None, price: float | None,
) -> Chips:  # fmt: skip
    """Return the rates of a fleet, those given in place of those of the presets.

    Without a fleet it is one H100; or one accelerator of which only the given rates are known, where both are given.

    Raises
    ------
    InputError
        If the accelerator is unknown, or a rate that is needed is neither known nor given.
    """
    if precision is not None and peak is not None:
        raise InputError("--peak is the rate that counts: drop one", where="--precision")
    custom = fleet is None and peak is not None and bandwidth is not None
    chosen = fleet or Fleet(1, "h100")
    found = machine(catalog, chosen, None, price, precision)
    record = {} if custom else catalog.load("hardware").records[found.id]
    sources = record.get("sources", {})

    def rate(key: str, symbol: str, unit: str, given: float | None) -> Number | None:
        if given is not None:
            return Number(symbol, given, unit, f"given: --{key}")
        if key not in record:
            return None
        return Number(symbol, float(record[key]), unit, sources.get(key, record["source"]))

    read = rate("bandwidth", "B", "bytes/s", bandwidth)
    if read is None:
        what = f"no memory bandwidth of {found.name} is known"
        raise InputError(what, where="--hardware", hint="give --bandwidth 2TB/s")
    given_peak = Number("C", peak, "FLOP/s", "given: --peak") if peak is not None else None
    return Chips(
        None if custom else found.id,
        "an accelerator of your own" if custom else found.name,
        Number("G", as_float(found.count), "1", "given: --hardware" if fleet else "one, by default"),
        given_peak or Number("C", found.peak, "FLOP/s", found.source),
        read,
        rate("memory", "memory", "bytes", memory),
        Number("price", found.price, "USD/h", found.price_source),
    )


class Tiling(NamedTuple):
    """A machine as the tiling sees it, with the rows that hold for any model on it."""

    rates: tuple[Number, ...]
    rows: list[Row]
    notes: list[Note]

    @property
    def matmul(self) -> Number:
        """The least time of a matrix multiply."""
        return Number("T", self.rows[1].value, "s", matmul_seconds.source)


def tiling_of(fleet: Chips, gpus_a_machine: float | None, network: float | None, catalog: Catalog) -> Tiling:
    """Return the tiling of an accelerator: M^3/C^2, the time of a multiply, and the contradiction in its source."""
    rates = (
        fleet.peak._replace(symbol="C"),
        fleet.bandwidth._replace(symbol="M"),
        setting("n", gpus_a_machine, GPUS_A_MACHINE, "1", SETTINGS_SOURCE),
        setting("B", network, NETWORK, "bytes/s", SETTINGS_SOURCE),
    )
    rows = [
        made("tile_rate", "M^3/C^2 of the accelerator [1/s]", tile_rate, rates[1], rates[0]),
        made("matmul_time", "multiply on enough chips, least time", matmul_seconds, *rates),
        made("tile_side", "rows and columns of a tile", tile_side, *rates),
        made("tile_batch", "batch that fills steinhardt's tiles", tile_batch, *rates),
    ]
    notes = []
    for record in catalog.load("speeds").records.values():
        if fleet.id is not None and record.get("hardware") == fleet.id and {"peak", "bandwidth"} <= set(record):
            peak, bandwidth, source = float(record["peak"]), float(record["bandwidth"]), record["source"]
            numbers = (Number("M", bandwidth, "bytes/s", source), Number("C", peak, "FLOP/s", source))
            label = "M^3/C^2 at its source's rates [1/s]"
            rows.append(made("tile_rate_printed", label, tile_rate, *numbers, source=source))
            if (peak, bandwidth) != (fleet.peak.value, fleet.bandwidth.value):
                text = (
                    f"The table of GPUs has {peak / 1e12:.4g}e12 FLOP/s and {bandwidth / 1e9:.4g}e9 bytes/s for it, so "
                    f"M^3/C^2 {rows[-1].value / 1e6:.2g}M; here {fleet.peak.value / 1e12:.4g}e12 and "
                    f"{fleet.bandwidth.value / 1e9:.4g}e9, so {rows[0].value / 1e6:.3g}M."
                )
                notes.append(Note("printed-rates", text, source, kind="contradiction"))
    return Tiling(rates, rows, notes)


def k_rows(k: float, matmul: Number, latency: Number, base: Number | None, late_base: Number | None) -> list[Row]:
    """Return what k-tiling claims and, beside it, what the latency of every multiply leaves of it.

    ``base`` is the speed before [humans], ``late_base`` that with the latency counted; None where nobody asked.
    """
    given = Number("k", k, "1", "given: --k")
    rows = [
        made("speed_factor", "k-tiling: speed x k^2", tiled_speed, given),
        made("throughput_factor", "k-tiling: throughput / k", tiled_throughput, given),
        made("gpus_factor", "k-tiling: GPUs a copy x k^2", tiled_gpus, given),
        made("copies_factor", "k-tiling: copies / k^3", tiled_copies, given),
        made("latency_speed_factor", "speed-up that latency leaves", late_speed_up, matmul, latency, given),
        made("latency_ceiling", "speed-up for k without end", speed_up_ceiling, matmul, latency),
    ]
    claim, left, most = (Number("factor", rows[at].value, "1") for at in (0, 4, 5))
    if base is not None:
        rows.insert(0, made("speed", "speed by k-tiling, x human", sped_up, base, claim))
    if late_base is not None:
        rows.append(made("latency_speed", "speed with latency, x human", sped_up, late_base, left))
        rows.append(made("latency_speed_ceiling", "the same for k without end", sped_up, late_base, most))
    return rows


def k_note(rows: list[Row], latency: float) -> Note:
    """Return the note that sets the claim beside what is left of it."""
    value = {row.id: row.value for row in rows}
    text = (
        f"k-tiling claims {value['speed_factor']:.4g}x and ignores latency; with {latency * 1e6:.4g} us of it a matrix "
        f"multiply {value['latency_speed_factor']:.3g}x is left, and never more than {value['latency_ceiling']:.3g}x."
    )
    return Note("k-latency", text, late_speed_up.source, kind="contradiction")


__test__ = examples(globals())
