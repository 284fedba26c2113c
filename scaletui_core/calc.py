"""The answer to a budget: under every law the model, its data, its loss, and what it costs on the machine given."""

from __future__ import annotations

from math import log

from scaletui_core.answer import Answer, Column, Note, Row, Table
from scaletui_core.budget import BudgetInputs, Fact, Plan, resolve
from scaletui_core.calculator import Calculator, extrapolation_note, law_notes, provenance
from scaletui_core.fields import given
from scaletui_core.formula import Number, Working
from scaletui_core.law_formulas import training_flops
from scaletui_core.law_records import Loss, Term, Unreachable
from scaletui_core.laws import Law, chosen_laws
from scaletui_core.machine import Machine, accelerator_hours, run_cost, run_energy, run_seconds
from scaletui_core.presets import Catalog, Record

PF_DAY = 8.64e19


def calculate(inputs: BudgetInputs, catalog: Catalog) -> Answer:
    """Return the whole answer to a budget.

    Row ids: ``compute``, ``pf_days``, ``params``, ``tokens``, ``tokens_per_param``, ``loss``, ``loss_irreducible``,
    ``loss_params``, ``loss_tokens``, ``decades_beyond_fit``, ``nearest_model``, ``epochs``; with a machine
    ``accelerator_hours``, ``duration``, ``energy``, ``cost``; for a given N and D, ``model_loss`` and what the law
    would have chosen.

    Parameters
    ----------
    inputs : BudgetInputs
        Any sufficient subset.
    catalog : Catalog
        Presets to look laws, models and accelerators up in.

    Raises
    ------
    InputError
        If the inputs contradict each other or are too few, or a name is unknown.

    Examples
    --------
    >>> from scaletui_core.presets import Catalog
    >>> answer = calculate(BudgetInputs(flops=5.76e23, law=("chinchilla-3",)), Catalog("presets"))
    >>> f"{answer.row('params').value:.4g} {answer.row('tokens_per_param').value:.4g}"
    '4.036e+10 58.93'
    """
    plan = resolve(inputs, catalog)
    laws = chosen_laws(catalog, inputs.law, inputs.unique)
    rows: list[Row] = []
    notes = list(plan.notes)
    shared = plan.flops is not None
    if plan.flops is not None:
        rows += _compute_rows(plan.flops, None)
        rows += _machine_rows(plan, plan.flops.value, plan.tokens.value if plan.tokens else None, None)
    if plan.is_point:
        rows += _point_rows(plan)
    for law in laws:
        try:
            rows += _law_rows(law, plan, catalog, inputs.unique, notes)
        except Unreachable as reason:
            notes.append(Note(f"unreachable:{law.id}", f"{reason}.", law.loss_source, law.id, "unreachable"))
        if law.counts != "all parameters":
            notes.append(Note(f"counts:{law.id}", f"N counts {law.counts}.", law.source, law.id, "convention"))
        notes += law_notes(law)
    if any(row.id == "energy" for row in rows):
        notes.append(
            Note(
                "energy-scope",
                "Energy is of the accelerators at rated power; hosts, network and cooling come on top.",
                kind="convention",
            )
        )
    if inputs.hardware is not None and inputs.price is None and plan.machine is not None:
        notes.append(
            Note(
                "assumed-price",
                f"Hire taken as ${plan.machine.price:g} an accelerator-hour.",
                plan.machine.price_source,
                kind="assumption",
            )
        )
    return Answer(
        "calc", given(inputs), tuple(rows), tuple(notes), provenance(), _table(plan, shared, inputs.unique is not None)
    )


def _compute_rows(flops: Fact, law: str | None) -> list[Row]:
    numbers = (Number("C", flops.value, "FLOP"), Number("PF-day", PF_DAY, "FLOP"))
    return [
        Row("compute", "training compute C", flops.value, "FLOP", law, working=flops.working, source=_source(flops)),
        Row("pf_days", "petaflop/s-days", flops.value / PF_DAY, "PF-day", law, working=Working("C / 8.64e19", numbers)),
    ]


def _source(fact: Fact) -> str:
    return f"given: {fact.given_by}" if fact.working is None or fact.given_by != "C = 6ND" else training_flops.source


def _machine_rows(plan: Plan, flops: float, tokens: float | None, law: str | None) -> list[Row]:
    rows: list[Row] = []
    if plan.machine is not None:
        rows += _fleet_rows(plan.machine, flops, law)
    if plan.tokens_per_second is not None and tokens is not None:
        seconds = tokens / plan.tokens_per_second
        numbers = (Number("D", tokens, "tokens"), Number("tokens/s", plan.tokens_per_second, "tokens/s"))
        rows.append(
            Row(
                "duration_at_rate",
                "time at the given tokens/s",
                seconds,
                "s",
                law,
                working=Working("t = D / (tokens/s)", numbers),
            )
        )
    return rows


def _fleet_rows(fleet: Machine, flops: float, law: str | None) -> list[Row]:
    hours = accelerator_hours(flops, fleet.peak, fleet.mfu)
    h = Number("accelerator-hours", hours, "accelerator-hours")
    peak = (Number("peak", fleet.peak, "FLOP/s", fleet.source), Number("MFU", fleet.mfu, "fraction"))
    rows = [
        Row(
            "accelerator_hours",
            f"{fleet.name} hours",
            hours,
            "accelerator-hours",
            law,
            fleet.id,
            source=fleet.source,
            working=Working.of(accelerator_hours, ("C", flops, "FLOP"), *peak),
        ),
        Row(
            "duration",
            f"time on {fleet.count} x {fleet.name}",
            run_seconds(hours, fleet.count),
            "s",
            law,
            fleet.id,
            source=fleet.source,
            working=Working.of(run_seconds, h, ("n", float(fleet.count), "1")),
        ),
        Row(
            "cost",
            "hire",
            run_cost(hours, fleet.price),
            "USD",
            law,
            fleet.id,
            source=fleet.price_source,
            working=Working.of(run_cost, h, ("price", fleet.price, "USD/h", fleet.price_source)),
        ),
    ]
    if fleet.power is not None:
        working = Working.of(run_energy, h, ("power", fleet.power, "W", fleet.source))
        rows.append(
            Row(
                "energy",
                "energy of the accelerators",
                run_energy(hours, fleet.power),
                "J",
                law,
                fleet.id,
                source=fleet.source,
                working=working,
            )
        )
    return rows


def _point_rows(plan: Plan) -> list[Row]:
    """Return the rows of a model that the inputs fix: N, D and D/N."""
    assert plan.params is not None
    assert plan.tokens is not None
    n, d = plan.params, plan.tokens
    return [
        Row("model_params", "your model's parameters N", n.value, "parameters", working=n.working, source=_source(n)),
        Row("model_tokens", "your model's tokens D", d.value, "tokens", working=d.working, source=_source(d)),
        _ratio("model_tokens_per_param", "your model's D/N", n.value, d.value, None),
    ]


def _ratio(row_id: str, label: str, params: float, tokens: float, law: str | None) -> Row:
    numbers = (Number("D", tokens, "tokens"), Number("N", params, "parameters"))
    return Row(row_id, label, tokens / params, "tokens/parameter", law, working=Working("D/N", numbers))


def _law_rows(law: Law, plan: Plan, catalog: Catalog, unique: float | None, notes: list[Note]) -> list[Row]:
    rows: list[Row] = []
    flops = plan.flops.value if plan.flops is not None else _flops_under(law, plan)
    if not flops < 1e299:
        raise Unreachable("unreachable: needs more than 1e299 FLOP")
    best = law.optimum(flops)
    params, tokens = best.params, best.tokens
    params_working, tokens_working = best.params_working, best.tokens_working
    at_optimum = plan.loss is None or (plan.params is None and plan.tokens is None)
    if not at_optimum:
        params, tokens, params_working, tokens_working = _loss_point(law, plan)
    elif plan.flops is None and plan.params is not None:
        params = plan.params.value
    elif plan.flops is None and plan.tokens is not None:
        tokens = plan.tokens.value
    if plan.flops is None:
        how = "C with N_opt(C) = N" if plan.params else "C with D_opt(C) = D" if plan.tokens else "C with L_opt(C) = L"
        if not at_optimum:
            how = training_flops.expression
        given_numbers = tuple(
            Number(symbol, value, unit)
            for symbol, value, unit in (
                ("N", plan.params.value if plan.params else None, "parameters"),
                ("D", plan.tokens.value if plan.tokens else None, "tokens"),
                ("L", plan.loss, "nats/token"),
            )
            if value is not None
        )
        rows += _compute_rows(Fact(flops, law.id, Working(f"{how}; {law.id}", given_numbers)), law.id)
        rows += _machine_rows(plan, flops, tokens, law.id)
    elif plan.tokens is None:
        rows += [row for row in _machine_rows(plan, flops, tokens, law.id) if row.id == "duration_at_rate"]
    kind = "optimal " if at_optimum else ""
    rows += [
        Row(
            "params", f"{kind}N, {law.counts}", params, "parameters", law.id, source=law.source, working=params_working
        ),
        Row("tokens", f"{kind}D", tokens, "tokens", law.id, source=law.source, working=tokens_working),
        _ratio("tokens_per_param", f"{kind}D/N", params, tokens, law.id),
    ]
    if unique is not None:
        numbers = (Number("D", tokens, "tokens"), Number("U", unique, "tokens"))
        rows.append(
            Row(
                "epochs",
                "passes over the unique tokens",
                max(tokens / unique, 1.0),
                "1",
                law.id,
                working=Working("D/U, at least 1", numbers),
            )
        )
        if tokens > unique and law.with_unique(unique) is law:
            text = f"takes no account of repetition: its D is {tokens / unique:.3g} times the unique tokens."
            notes.append(Note(f"repetition:{law.id}", text, law.source, law.id, "convention"))
    rows += _loss_rows(law, plan, flops, params, tokens, at_optimum)
    rows += _context_rows(law, flops, params, tokens, catalog)
    beyond = extrapolation_note(law, flops)
    if beyond is not None:
        notes.append(beyond)
    return rows


def _flops_under(law: Law, plan: Plan) -> float:
    """Return the budget [FLOP] that the law needs for what is given."""
    if plan.loss is not None:
        if plan.params is not None:
            return training_flops(plan.params.value, law.tokens_for_loss(plan.params.value, plan.loss))
        if plan.tokens is not None:
            return training_flops(law.params_for_loss(plan.tokens.value, plan.loss), plan.tokens.value)
        return law.flops_for_loss(plan.loss)
    if plan.params is not None:
        return law.flops_for_params(plan.params.value)
    assert plan.tokens is not None
    return law.flops_for_tokens(plan.tokens.value)


def _loss_point(law: Law, plan: Plan) -> tuple[float, float, Working, Working]:
    """Return N and D where a loss and one of them are given, with their workings."""
    assert plan.loss is not None
    loss = Number("L", plan.loss, "nats/token")
    if plan.params is not None:
        n = plan.params.value
        d = law.tokens_for_loss(n, plan.loss)
        numbers = (loss, Number("N", n, "parameters"))
        return n, d, Working("N, given", numbers), Working("D with L(N, D) = L", numbers)
    assert plan.tokens is not None
    d = plan.tokens.value
    n = law.params_for_loss(d, plan.loss)
    numbers = (loss, Number("D", d, "tokens"))
    return n, d, Working("N with L(N, D) = L", numbers), Working("D, given", numbers)


def _loss_rows(law: Law, plan: Plan, flops: float, params: float, tokens: float, at_optimum: bool) -> list[Row]:
    rows: list[Row] = []
    if plan.is_point and law.has_loss:
        assert plan.params is not None
        assert plan.tokens is not None
        rows += loss_rows(
            law, law.loss(plan.params.value, plan.tokens.value), "model_loss", "your model's loss L(N, D)"
        )
    if law.has_loss:
        rows += loss_rows(law, law.loss(params, tokens), "loss", "loss L(N, D)")
    elif law.has_optimal_loss and at_optimum:
        rows += loss_rows(law, law.optimal_loss(flops), "loss", "loss L(C)")
    return rows


_TERM_LABELS = {
    "irreducible": "irreducible loss E",
    "params": "loss from finite N",
    "tokens": "loss from finite D",
}


def loss_rows(law: Law, loss: Loss, row_id: str, label: str) -> list[Row]:
    """Return the row of a loss [nats/token] and those of its terms, ``loss_irreducible`` and so on."""
    rows = [Row(row_id, label, loss.value, "nats/token", law.id, source=loss.source, working=loss.working)]
    return rows + [term_row(law, loss, term, row_id) for term in loss.terms]


def term_row(law: Law, loss: Loss, term: Term, row_id: str = "loss") -> Row:
    """Return the row of one term of a loss [nats/token]."""
    label, unit = _TERM_LABELS[term.id], "nats/token"
    return Row(f"{row_id}_{term.id}", label, term.value, unit, law.id, source=loss.source, working=term.working)


def _context_rows(law: Law, flops: float, params: float, tokens: float, catalog: Catalog) -> list[Row]:
    rows = []
    if law.fitted is not None:
        source = law.record.get("fitted_source")
        ends = zip(("least fitted C", "most fitted C"), law.fitted, strict=True)
        edges = (Number(symbol, value, "FLOP", source) for symbol, value in ends if value)
        working = Working("log10(C / end of the fit)", (Number("C", flops, "FLOP"), *edges))
        beyond, label = law.decades_beyond(flops), "orders of magnitude beyond the fit"
        rows.append(Row("decades_beyond_fit", label, beyond, "1", law.id, source=source, working=working))
    near = nearest_model(catalog, params, tokens)
    if near is not None:
        key, record = near
        size, source = float(record["params"]), record["source"]
        rows.append(Row("nearest_model", record["name"], size, "parameters", law.id, key, source=source))
    return rows


def nearest_model(catalog: Catalog, params: float, tokens: float) -> tuple[str, Record] | None:
    """Return the known model nearest in ln N and ln D, as its id and record."""
    best, found = float("inf"), None
    log_n, log_d = log(params), log(tokens)
    for key, record in catalog.load("models").records.items():
        if "tokens" in record:
            distance = (log(record["params"]) - log_n) ** 2 + (log(record["tokens"]) - log_d) ** 2
            if distance < best:
                best, found = distance, (key, record)
    return found


def _table(plan: Plan, shared: bool, repeats: bool) -> Table:
    columns = [
        Column("params", "N", "parameters"),
        Column("tokens", "D", "tokens"),
        Column("tokens_per_param", "D/N", "tokens/parameter"),
        Column("loss", "loss", "nats/token"),
    ]
    if not shared:
        columns.insert(0, Column("compute", "C", "FLOP"))
        if plan.machine is not None:
            columns.insert(1, Column("duration", "time", "s"))
    elif plan.tokens_per_second is not None and plan.tokens is None:
        columns.insert(0, Column("duration_at_rate", "time", "s"))
    if plan.is_point:
        columns.append(Column("model_loss", "yours", "nats/token"))
    if repeats:
        columns.append(Column("epochs", "epochs", "1"))
    columns += [Column("decades_beyond_fit", "beyond", "decades"), Column("nearest_model", "nearest", "label")]
    return Table("law", tuple(columns))


CALCULATOR = Calculator(
    "calc", BudgetInputs, calculate, "From a budget to the model to train, under every published law."
)
