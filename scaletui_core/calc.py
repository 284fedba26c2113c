"""The answer to a budget: under every law the model, its data, its loss, and what it costs on the machine given."""

from __future__ import annotations

from typing import NamedTuple

from scaletui_core.answer import Answer, Column, Note, Row, Table, made
from scaletui_core.budget import LARGEST, BudgetInputs, Fact, Plan, resolve
from scaletui_core.calculator import Calculator, extrapolation_note, law_notes, provenance
from scaletui_core.costs import cost_rows, utilisation_notes
from scaletui_core.fields import given
from scaletui_core.formula import Number, Working
from scaletui_core.known_models import nearest_model
from scaletui_core.law_formulas import decades_outside, epochs_of, pf_days, tokens_per_param, training_flops
from scaletui_core.law_kinds import Law
from scaletui_core.law_records import Loss, Term, Unreachable
from scaletui_core.laws import chosen_laws
from scaletui_core.presets import Catalog


def calculate(inputs: BudgetInputs, catalog: Catalog) -> Answer:
    """Return the whole answer to a budget.

    Row ids: ``compute``, ``pf_days``, ``params``, ``tokens``, ``tokens_per_param``, ``loss``, ``loss_irreducible``,
    ``loss_params``, ``loss_tokens``, ``decades_beyond_fit``, ``nearest_model``; with unique tokens ``epochs``; with a
    machine or a throughput those of `scaletui_core.costs.cost_rows`; for a given N and D, beside what the law would
    have chosen, ``model_params``, ``model_tokens``, ``model_tokens_per_param``, ``model_epochs``, ``model_loss`` and
    its terms.

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
    if plan.flops is not None:
        rows += _compute_rows(plan.flops, None)
        rows += cost_rows(plan, plan.flops.value, plan.tokens.value if plan.tokens else None, None)
    if plan.is_point:
        rows += _point_rows(plan, inputs.unique)
    for law in laws:
        try:
            rows += _law_rows(law, plan, catalog, inputs.unique, notes)
        except Unreachable as reason:
            notes.append(Note(f"unreachable:{law.id}", f"{reason}.", law.loss_source, law.id, "unreachable"))
        else:
            notes += law_notes(law, inputs.unique)
    notes += utilisation_notes(rows)
    return Answer(
        "calc", given(inputs), tuple(rows), tuple(notes), provenance(), _table(plan, inputs.unique is not None)
    )


def _compute_rows(flops: Fact, law: Law | None) -> list[Row]:
    key, source = (None, _source(flops)) if law is None else (law.id, law.source)
    days = made("pf_days", "petaflop/s-days", pf_days, Number("C", flops.value, "FLOP"), law=key)
    return [
        Row("compute", "training compute C", flops.value, "FLOP", key, working=flops.working, source=source),
        days,
    ]


def _source(fact: Fact) -> str:
    return f"given: {fact.given_by}" if fact.working is None or fact.given_by != "C = 6ND" else training_flops.source


def _point_rows(plan: Plan, unique: float | None) -> list[Row]:
    """Return the rows of a model that the inputs fix: N, D, D/N, and how often its data repeats."""
    assert plan.params is not None
    assert plan.tokens is not None
    n, d = plan.params, plan.tokens
    rows = [
        Row("model_params", "your model's parameters N", n.value, "parameters", working=n.working, source=_source(n)),
        Row("model_tokens", "your model's tokens D", d.value, "tokens", working=d.working, source=_source(d)),
        ratio_row("model_tokens_per_param", "your model's D/N", n.value, d.value, None),
    ]
    if unique is not None:
        rows.append(epochs_row("model_epochs", "your model's passes over the unique tokens", d.value, unique, None))
    return rows


def ratio_row(row_id: str, label: str, params: float, tokens: float, law: str | None) -> Row:
    """Return the row of D/N [tokens/parameter]."""
    numbers = (Number("D", tokens, "tokens"), Number("N", params, "parameters"))
    return made(row_id, label, tokens_per_param, *numbers, law=law)


def epochs_row(row_id: str, label: str, tokens: float, unique: float, law: str | None) -> Row:
    """Return the row of how often the unique tokens are seen, at least once."""
    return made(row_id, label, epochs_of, Number("D", tokens, "tokens"), Number("U", unique, "tokens"), law=law)


class _Model(NamedTuple):
    """The model that a law answers with: its N and D, and how each was found."""

    flops: Fact
    params: float
    tokens: float
    params_working: Working
    tokens_working: Working
    params_source: str
    tokens_source: str


def _law_rows(law: Law, plan: Plan, catalog: Catalog, unique: float | None, notes: list[Note]) -> list[Row]:
    at_optimum = plan.loss is None or (plan.params is None and plan.tokens is None)
    model = _optimal_model(law, plan) if at_optimum else _model_for_loss(law, plan)
    flops, params, tokens = model.flops.value, model.params, model.tokens
    rows: list[Row] = []
    if plan.flops is None:
        rows += _compute_rows(model.flops, law)
    if plan.flops is None or (plan.tokens is None and plan.tokens_per_second is not None):
        rows += cost_rows(plan, flops, tokens, law.id)
    kind = "optimal " if at_optimum else ""
    rows += [
        Row("params", f"{kind}N, {law.counts}", params, "parameters", law.id,
            source=model.params_source, working=model.params_working),
        Row("tokens", f"{kind}D", tokens, "tokens", law.id, source=model.tokens_source, working=model.tokens_working),
        ratio_row("tokens_per_param", f"{kind}D/N", params, tokens, law.id),
    ]  # fmt: skip
    if unique is not None:
        rows.append(epochs_row("epochs", "passes over the unique tokens", tokens, unique, law.id))
    rows += _loss_rows(law, plan, flops, params, tokens, at_optimum)
    rows += _context_rows(law, flops, params, tokens, catalog)
    beyond = extrapolation_note(law, flops)
    if beyond is not None:
        notes.append(beyond)
    return rows


def _optimal_model(law: Law, plan: Plan) -> _Model:
    """Return the law's optimum at the given C, or at the C that the given N, D or loss asks for."""
    flops = plan.flops or _budget_under(law, plan)
    if not flops.value < LARGEST:
        raise Unreachable("unreachable: needs more than 1e299 FLOP")
    best = law.optimum(flops.value)
    model = _Model(flops, best.params, best.tokens, best.params_working, best.tokens_working, law.source, law.source)
    if plan.flops is None and plan.params is not None:
        n = plan.params
        return model._replace(params=n.value, params_working=_as_given("N", n, "parameters"), params_source=_source(n))
    if plan.flops is None and plan.tokens is not None:
        d = plan.tokens
        return model._replace(tokens=d.value, tokens_working=_as_given("D", d, "tokens"), tokens_source=_source(d))
    return model


def _as_given(symbol: str, fact: Fact, unit: str) -> Working:
    return fact.working or Working(f"{symbol}, given", (Number(symbol, fact.value, unit),))


def _budget_under(law: Law, plan: Plan) -> Fact:
    """Return the budget whose optimum has the given loss, N or D."""
    if plan.loss is not None:
        value, symbol, budget = plan.loss, "L", law.flops_for_loss(plan.loss)
    elif plan.params is not None:
        value, symbol, budget = plan.params.value, "N", law.flops_for_params(plan.params.value)
    else:
        assert plan.tokens is not None
        value, symbol, budget = plan.tokens.value, "D", law.flops_for_tokens(plan.tokens.value)
    return Fact(budget, law.id, law.inverse_working(symbol, value))


def _model_for_loss(law: Law, plan: Plan) -> _Model:
    """Return the model that reaches a given loss with a given N or D."""
    assert plan.loss is not None
    loss = Number("L", plan.loss, "nats/token")
    how = "{0} with L(N, D) = L, by bisection"
    if plan.params is not None:
        n, d = plan.params.value, law.tokens_for_loss(plan.params.value, plan.loss)
        n_working, n_source = _as_given("N", plan.params, "parameters"), _source(plan.params)
        d_working, d_source = Working(how.format("D"), (loss, Number("N", n, "parameters"))), law.source
    else:
        assert plan.tokens is not None
        n, d = law.params_for_loss(plan.tokens.value, plan.loss), plan.tokens.value
        n_working, n_source = Working(how.format("N"), (loss, Number("D", d, "tokens"))), law.source
        d_working, d_source = _as_given("D", plan.tokens, "tokens"), _source(plan.tokens)
    flops = training_flops(n, d)
    if not flops < LARGEST:
        raise Unreachable("unreachable: needs more than 1e299 FLOP")
    working = Working.of(training_flops, ("N", n, "parameters"), ("D", d, "tokens"))
    return _Model(Fact(flops, law.id, working), n, d, n_working, d_working, n_source, d_source)


def _loss_rows(law: Law, plan: Plan, flops: float, params: float, tokens: float, at_optimum: bool) -> list[Row]:
    rows: list[Row] = []
    if plan.is_point and law.has_loss:
        assert plan.params is not None
        assert plan.tokens is not None
        own = law.loss(plan.params.value, plan.tokens.value)
        rows += loss_rows(law, own, "model_loss", "your model's loss L(N, D)")
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


def beyond_rows(law: Law, flops: float) -> list[Row]:
    """Return the row of how far a budget [FLOP] lies outside the fit, in orders of magnitude.

    None where the law was fitted on nothing, or where the least compute of its fit is not known and might be more.
    """
    if law.fitted is None or (not law.fitted[0] and flops < law.fitted[1]):
        return []
    source = law.record.get("fitted_source")
    ends = zip(("least fitted C", "most fitted C"), law.fitted, strict=True)
    edges = (Number(symbol, value, "FLOP", source) for symbol, value in ends if value)
    working = Working(decades_outside.expression, (Number("C", flops, "FLOP"), *edges))
    beyond, label = law.decades_beyond(flops), "orders of magnitude outside the fit"
    return [Row("decades_beyond_fit", label, beyond, "1", law.id, source=source, working=working)]


def _context_rows(law: Law, flops: float, params: float, tokens: float, catalog: Catalog) -> list[Row]:
    rows = beyond_rows(law, flops)
    near = nearest_model(catalog, params, tokens)
    if near is not None:
        key, record = near
        size, source = float(record["params"]), record["source"]
        working = Working(
            "least (ln N)^2 + (ln D)^2 away", (Number("N", params, "parameters"), Number("D", tokens, "tokens"))
        )
        rows.append(
            Row("nearest_model", record["name"], size, "parameters", law.id, key, source=source, working=working)
        )
    return rows


def _table(plan: Plan, repeats: bool) -> Table:
    columns = [
        Column("compute", "C", "FLOP"),
        Column("duration", "time", "s"),
        Column("cost", "hire", "USD"),
        Column("mfu", "MFU", "fraction"),
        Column("params", "N", "parameters"),
        Column("tokens", "D", "tokens"),
        Column("tokens_per_param", "D/N", "tokens/parameter"),
        Column("loss", "loss", "nats/token"),
        Column("model_loss", "yours", "nats/token"),
        *([Column("epochs", "epochs", "1")] if repeats else []),
        Column("decades_beyond_fit", "beyond", "decades"),
        Column("nearest_model", "nearest", "label"),
    ]
    # What is the same for all laws stands above the table.
    single = {"compute"} if plan.flops is not None else set()
    if plan.flops is not None and (plan.tokens is not None or plan.tokens_per_second is None):
        single |= {"duration", "cost", "mfu"}
    return Table("law", tuple(column for column in columns if column.id not in single))


CALCULATOR = Calculator(
    "calc", BudgetInputs, calculate, "From a budget to the model to train, under every published law."
)
