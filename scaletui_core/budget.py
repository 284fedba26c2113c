"""The budget question: from any sufficient subset of compute, N, D, loss, machine, time and money to all the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from scaletui_core.answer import Note
from scaletui_core.errors import InputError
from scaletui_core.fields import CHOICE, FLEET, NAMES, field
from scaletui_core.formula import Formula, Number, Working
from scaletui_core.law_formulas import other_factor, training_flops
from scaletui_core.laws import doubt_field, mixture_field
from scaletui_core.machine import PRECISIONS, Machine, fleet_flops, machine, money_flops, rate_tokens
from scaletui_core.presets import Catalog
from scaletui_core.quantity import Fleet
from scaletui_core.quantity_text import format_quantity
from scaletui_core.traced import as_float

AGREEMENT = 0.005  # two routes to one number may differ by their rounding to three digits
LARGEST = 1e299


@dataclass(frozen=True, slots=True)
class BudgetInputs:
    """What a training budget may be given as; any sufficient subset, in base units.

    Attributes
    ----------
    flops : float
        Training compute C [FLOP].
    params, tokens : float
        Model size N [parameters] and training data D [tokens].
    loss : float
        Target loss [nats/token].
    hardware : Fleet
        Accelerators, such as ``512xH100``.
    days : float
        Wall time [s].
    mfu : float
        Model FLOP utilisation, 0 to 1; 0.40 where a machine is given without it.
    tokens_per_second : float
        Training throughput of the whole machine [tokens/s].
    cost, price : float
        Money [USD], and the hire of one accelerator [USD/h].
    precision : str
        Which dense peak rate counts.
    unique : float
        Unique tokens that there are [tokens]; D beyond it repeats them.
    law : tuple of str
        Laws to answer under; all but teaching laws when empty.
    law_uncertainty, mixture : bool
        Whether the laws' coefficients vary, and whether a mixture of the laws is added.
    """

    flops: float | None = field("FLOP", "Training compute C.", label="C", example="5.76e23", low=1.0, high=1e299)
    params: float | None = field("parameters", "Model size N.", label="N", example="70B", low=1.0, high=1e149)
    tokens: float | None = field("tokens", "Training data D.", label="D", example="1.4T", low=1.0, high=1e149)
    loss: float | None = field(
        "nats/token", "Target loss: the least compute that reaches it.", label="L", example="2.0", low=1e-6, high=1e6
    )
    hardware: Fleet | None = field(  # noqa: RUF009  (as for every other field, `field` is `dataclasses.field`)
        FLEET, "Accelerators (see `scaletui hardware`).", label="Machine", example="512xH100"
    )
    days: float | None = field("s", "Wall time; a bare number is days.", label="Time", example="30d", bare=86400.0)
    mfu: float | None = field(
        "fraction", "Model FLOP utilisation of the accelerators.", label="MFU", example="40%", default="40%", low=1e-6
    )
    tokens_per_second: float | None = field(
        "tokens/s", "Training throughput of the whole machine.", label="Tokens/s", example="1e6", low=1e-6
    )
    cost: float | None = field("USD", "Money to spend, at --price, on --hardware.", label="Money", example="$10M")
    price: float | None = field(
        "USD/h", "Hire of one accelerator.", label="Price", example="$2/h", default="presets", low=1e-6, high=1e6
    )
    precision: str | None = field(
        CHOICE, "Number format, whose dense peak counts.", label="Precision", example="fp8", default="bf16",
        choices=PRECISIONS,
    )  # fmt: skip
    unique: float | None = field(
        "tokens",
        "Unique tokens there are; more repeats them.",
        label="Unique",
        example="100B",
        low=1.0,
        high=1e149,
    )
    law: tuple[str, ...] = field(
        NAMES, "Law to answer under; repeatable. Default: all.", label="Law", example="chinchilla-3", default_value=()
    )
    law_uncertainty: bool = doubt_field()
    mixture: bool = mixture_field()

    @property
    def fixes_flops(self) -> tuple[str, ...]:
        """Names of the fields that fix C with a machine.

        >>> BudgetInputs(hardware=Fleet(512, "h100"), days=86400.0).fixes_flops
        ('days',)
        """
        if self.hardware is None:
            return ()
        time = ("days",) if self.days is not None and self.tokens_per_second is None else ()
        return (*time, *(("cost",) if self.cost is not None else ()))

    @property
    def fixes_tokens(self) -> bool:
        """Whether a throughput and a time fix D."""
        return self.tokens_per_second is not None and self.days is not None


class Fact(NamedTuple):
    """A value that the inputs fix, the options it came from, and its working."""

    value: float
    given_by: str
    working: Working | None = None


class Plan(NamedTuple):
    """What the inputs fix before any law is asked."""

    flops: Fact | None
    params: Fact | None
    tokens: Fact | None
    loss: float | None
    machine: Machine | None
    tokens_per_second: float | None
    notes: tuple[Note, ...]

    @property
    def is_point(self) -> bool:
        """Whether N and D are both fixed, so that the laws only judge them."""
        return self.params is not None and self.tokens is not None


def resolve(inputs: BudgetInputs, catalog: Catalog) -> Plan:
    """Return what the inputs fix.

    Raises
    ------
    InputError
        If they contradict each other, are too few, or one of them would be ignored.
    """
    _refuse_unused(inputs)
    notes: list[Note] = []
    fleet = None
    if inputs.hardware is not None:
        fleet = machine(catalog, inputs.hardware, inputs.mfu, inputs.price, inputs.precision)
        notes += _machine_notes(inputs, fleet)
    tokens = _agreed("tokens", "tokens", _token_routes(inputs), notes)
    params = Fact(inputs.params, "--params") if inputs.params is not None else None
    flops = _agreed("compute", "FLOP", _flop_routes(inputs, fleet, params, tokens), notes)
    if flops is not None and params is not None and tokens is None:
        tokens = _other(flops, params, "D = C / (6 N)", "N", "parameters")
    elif flops is not None and tokens is not None and params is None:
        params = _other(flops, tokens, "N = C / (6 D)", "D", "tokens")
    _check_loss(inputs, flops)
    if flops is None and params is None and tokens is None and inputs.loss is None:
        raise _too_little(inputs)
    return Plan(flops, params, tokens, inputs.loss, fleet, inputs.tokens_per_second, tuple(notes))


def _machine_notes(inputs: BudgetInputs, fleet: Machine) -> list[Note]:
    """Return what was assumed of a machine, and what its preset says of its numbers."""
    notes = []
    if inputs.mfu is None and inputs.tokens_per_second is None:
        text = f"MFU taken as {format_quantity(fleet.mfu, 'fraction')}."
        notes.append(Note("assumed-mfu", text, fleet.mfu_source, kind="assumption"))
    if inputs.precision is None and fleet.precision != PRECISIONS[0]:
        text = f"{fleet.name} has no BF16 rate; its dense {fleet.precision.upper()} peak is used."
        notes.append(Note("peak-precision", text, fleet.source, kind="assumption"))
    if inputs.price is None:
        text = f"Hire taken as ${fleet.price:g} an accelerator-hour."
        notes.append(Note("assumed-price", text, fleet.price_source, kind="assumption"))
    if fleet.power is not None:
        text = "Energy is of the accelerators at rated power; hosts, network and cooling come on top."
        notes.append(Note("energy-scope", text, kind="convention"))
    notes += [Note(f"{fleet.id}-{n + 1}", f"{fleet.name}: {text}", fleet.source) for n, text in enumerate(fleet.notes)]
    return notes


def _refuse_unused(inputs: BudgetInputs) -> None:
    """Raise for an input that would change nothing: a machine's setting without a machine."""
    if inputs.hardware is None:
        for name in ("mfu", "price", "cost", "precision"):
            if getattr(inputs, name) is not None:
                raise InputError("needs --hardware", where=f"--{name}", hint="such as --hardware 512xH100")
        if inputs.days is not None and inputs.tokens_per_second is None:
            raise InputError(
                "needs --hardware or --tokens-per-second", where="--days", hint="such as --hardware 512xH100"
            )
    if inputs.tokens_per_second is not None:
        for name in ("mfu", "cost"):
            if getattr(inputs, name) is not None:
                place = f"--{name} with --tokens-per-second"
                raise InputError("the rate fixes the utilisation and the time: drop one", where=place)


def _token_routes(inputs: BudgetInputs) -> list[Fact]:
    routes = []
    if inputs.tokens is not None:
        routes.append(Fact(inputs.tokens, "--tokens"))
    if inputs.tokens_per_second is not None and inputs.days is not None:
        rate, seconds = inputs.tokens_per_second, inputs.days
        numbers = (Number("tokens/s", rate, "tokens/s"), Number("t", seconds, "s"))
        routes.append(_route(rate_tokens, "--tokens-per-second with --days", numbers))
    return routes


def _flop_routes(inputs: BudgetInputs, fleet: Machine | None, params: Fact | None, tokens: Fact | None) -> list[Fact]:
    routes = []
    numbers: tuple[Number, ...]
    if inputs.flops is not None:
        routes.append(Fact(inputs.flops, "--flops"))
    if params is not None and tokens is not None:
        given = "--params with --tokens" if tokens.given_by == "--tokens" else f"--params with {tokens.given_by}"
        numbers = (Number("N", params.value, "parameters"), Number("D", tokens.value, "tokens"))
        routes.append(_route(training_flops, given, numbers))
    if fleet is not None:
        rate = (
            Number("peak", fleet.peak, "FLOP/s", fleet.source),
            Number("MFU", fleet.mfu, "fraction", fleet.mfu_source),
        )
        if inputs.days is not None and "days" in inputs.fixes_flops:
            numbers = (Number("n", as_float(fleet.count), "1"), *rate, Number("t", inputs.days, "s"))
            routes.append(_route(fleet_flops, "--hardware with --days", numbers))
        if inputs.cost is not None:
            money = (Number("cost", inputs.cost, "USD"), Number("price", fleet.price, "USD/h", fleet.price_source))
            routes.append(_route(money_flops, "--cost on --hardware", (*money, *rate)))
    return routes


def _route(formula: Formula, given_by: str, numbers: tuple[Number, ...]) -> Fact:
    value = formula(*(number.value for number in numbers))
    return Fact(value, given_by, Working(formula.expression, numbers))


def _other(flops: Fact, known: Fact, expression: str, symbol: str, unit: str) -> Fact:
    value = other_factor(flops.value, known.value)
    if value < 1.0:
        other = "tokens" if unit == "parameters" else "parameters"
        raise InputError(
            f"{flops.given_by} of {format_quantity(flops.value, 'FLOP')} FLOP leaves less than one of {other}",
            where=known.given_by,
            hint="more compute, or less of this",
        )
    return Fact(
        value, "C = 6ND", Working(expression, (Number("C", flops.value, "FLOP"), Number(symbol, known.value, unit)))
    )


def _agreed(name: str, unit: str, routes: list[Fact], notes: list[Note]) -> Fact | None:
    """Return the first of the routes to one number after checking that the others lead to the same."""
    for fact in routes:
        if not 1.0 <= fact.value < LARGEST:
            size = "less than 1" if fact.value < 1.0 else "more than 1e299"
            raise InputError(f"this comes to {size} {unit}", where=fact.given_by)
    for fact in routes[1:]:
        apart = abs(fact.value / routes[0].value - 1.0)
        if apart > AGREEMENT:
            shown = f"{apart:.1%}" if apart < 10 else f"a factor of {apart + 1:.3g}"
            first, second = (format_quantity(f.value, unit) for f in (routes[0], fact))
            raise InputError(
                f"{routes[0].given_by} and {fact.given_by} disagree by {shown}: drop one",
                hint=f"{first} against {second} {unit}",
            )
        if apart > 0.0:
            both = f"{routes[0].given_by} and {fact.given_by} agree to {apart:.2g}"
            text = f"{both}; the {name} is that of {routes[0].given_by}."
            notes.append(Note(f"agreement-{name}", text, kind="assumption"))
    return routes[0] if routes else None


def _check_loss(inputs: BudgetInputs, flops: Fact | None) -> None:
    if inputs.loss is None or flops is None:
        return
    if inputs.params is not None and inputs.tokens is not None:
        raise InputError("the loss follows from --params and --tokens: drop one of the three", where="--loss")
    raise InputError(
        f"with {flops.given_by} two models reach this loss, a small and a large one: drop one",
        where="--loss",
        hint="--loss alone gives the least compute, with --params the tokens, with --tokens the parameters",
    )


def _too_little(inputs: BudgetInputs) -> InputError:
    if inputs.hardware is not None:
        return InputError(
            "says where, not how much", where="--hardware", hint="add --days 30, --flops, --params or --cost"
        )
    if inputs.tokens_per_second is not None:
        return InputError(
            "says how fast, not how much", where="--tokens-per-second", hint="add --days, --flops or --params"
        )
    return InputError(
        "nothing to start from",
        hint="give --flops 5.76e23, --params 70B, --tokens 1.4T, --loss 2.0, or --hardware 512xH100 --days 30",
    )
