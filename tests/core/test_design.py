"""Issue 5, item 7: which runs next. The information against differences, the promise against simulation."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from functools import cache
from itertools import pairwise
from math import exp, log

import numpy as np
import pytest
from scipy import integrate, optimize, stats

from scaletui_core.errors import InputError
from scaletui_core.fields import parse_inputs
from scaletui_core.fitting.design import DesignInputs, answer_of
from scaletui_core.fitting.design_space import Bounds, bounds_of
from scaletui_core.fitting.information import (
    Evidence,
    Target,
    evidence,
    evidence_of,
    gradients,
    information,
    log_terms,
    robust_spread,
    target_at,
    target_of,
    variance_factor,
)
from scaletui_core.fitting.parametric import Loss, fit, problem_of, refitted, residuals
from scaletui_core.fitting.proposal import Proposal, Step, propose
from scaletui_core.fitting.records import Array, runs_of
from scaletui_core.fitting.synthetic import synthetic
from scaletui_core.law_formulas import log_allocation, parametric_loss

TRUTH = (1.8, 6.2, 7.7, 0.35, 0.37)
BASE = synthetic(TRUTH, noise=0.0, each=4)
NOISE, AHEAD, SPEND = 0.004, 1e24, 1e22
SQUARED, HUBER = Loss("squared"), Loss("huber", 1e-3)


def known_of(loss: Loss = SQUARED) -> Evidence:
    return evidence(BASE.params, BASE.tokens, TRUTH, loss, spread=NOISE)


@cache
def proposed(what: str = "loss", runs: int = 4, kind: str = "squared", spend: float = SPEND) -> Proposal:
    known = known_of(SQUARED if kind == "squared" else HUBER)
    return propose(known, target_of(known, AHEAD, what), spend, runs)


def law(theta: Array, x: float, y: float) -> float:
    """Return ln L by the formula of the laws, at a centre of 0."""
    return log(parametric_loss(x, y, exp(theta[0]), *theta[1:]))


def optimum(theta: Array, log_c: float) -> tuple[float, float]:
    a, b, alpha, beta = theta[1:]
    x = log_allocation(a, b, alpha, beta) + log_c * beta / (alpha + beta)
    return x, log_c - x


def differences(of: object, theta: Array, step: float = 1e-5) -> Array:
    shifts = step * np.eye(5)
    return np.array([(of(theta + shift) - of(theta - shift)) / (2.0 * step) for shift in shifts])  # type: ignore[operator]


def test_the_gradient_is_that_of_the_formula() -> None:
    theta = known_of().theta
    for x, y in ((0.0, 0.0), (-2.0, 1.5), (3.0, -1.0), (8.0, 7.0)):
        slopes = differences(lambda t, x=x, y=y: law(t, x, y), theta)
        assert gradients(theta, x, y) == pytest.approx(slopes, rel=1e-6, abs=1e-9)
        assert float(log_terms(theta, x, y)[0]) == pytest.approx(law(theta, x, y), rel=1e-14)


def test_the_information_is_the_curvature_of_the_squares() -> None:
    known = known_of()
    problem = problem_of(BASE)
    slopes = differences(lambda t: residuals(problem, t), problem.theta(TRUTH))
    expected = slopes @ slopes.T / (1.5 * NOISE**2)
    assert information(known.theta, problem.x, problem.y, NOISE, 1.5) == pytest.approx(expected, rel=1e-6)
    assert known.matrix == pytest.approx(slopes @ slopes.T, rel=1e-6)


def test_the_gradients_of_targets_hold_where_the_optimum_moves() -> None:
    known = known_of()
    log_c = log(AHEAD / 6.0) - sum(known.centre)
    loss, params = target_of(known, AHEAD), target_of(known, AHEAD, "params")
    moving = differences(lambda t: law(t, *optimum(t, log_c)), known.theta)
    assert loss.gradient == pytest.approx(moving, rel=1e-6)
    assert params.gradient == pytest.approx(differences(lambda t: optimum(t, log_c)[0], known.theta), rel=1e-6)
    assert loss.params * loss.tokens * 6.0 == pytest.approx(AHEAD)
    assert exp(params.log_value) == params.params == loss.params
    assert loss.log_value == target_at(known, loss.params, loss.tokens).log_value


@pytest.mark.parametrize("loss", [Loss("huber", 1e-3), Loss("huber", 0.01), Loss("student-t", 0.004)])
def test_the_variance_factor_is_the_ratio_of_moments(loss: Loss) -> None:
    sigma, k = 0.004, loss.scale or 0.0
    if loss.kind == "huber":
        psi, bend = (lambda r: np.clip(r, -k, k)), (lambda r: float(abs(r) < k))
    else:
        psi = lambda r: 5.0 * r / (4.0 * k * k + r * r)  # noqa: E731
        bend = lambda r: 5.0 * (4.0 * k * k - r * r) / (4.0 * k * k + r * r) ** 2  # noqa: E731
    normal = stats.norm(scale=sigma)
    spans = [-10.0 * sigma, -k, k, 10.0 * sigma]

    def mean(of: object) -> float:
        parts = pairwise(spans)
        return sum(integrate.quad(lambda r: of(r) * normal.pdf(r), *ends)[0] for ends in parts)  # type: ignore[operator]

    expected = mean(lambda r: psi(r) ** 2) / mean(bend) ** 2 / sigma**2
    assert variance_factor(loss, sigma) == pytest.approx(expected, rel=1e-6)


def simulated(steps: tuple[Step, ...], loss: Loss, seed: int, count: int = 1500) -> tuple[Array, Array]:
    """Return ln L at the optimum of AHEAD and ln N there, as fits of runs with fresh noise see them."""
    n = np.append(BASE.params, [step.params for step in steps])
    d = np.append(BASE.tokens, [step.tokens for step in steps])
    level = [parametric_loss(log(one), log(other), *TRUTH) for one, other in zip(n, d, strict=True)]
    problem = problem_of(runs_of(n, d, level))
    rng = np.random.default_rng(seed)
    start, ones = problem.theta(TRUTH), np.ones((1, len(n)))
    kernel_loss = loss if loss.kind == "huber" else loss._replace(scale=1e9)  # squares all the way
    thetas, states = [], []
    for noise in NOISE * rng.standard_normal((count, len(n))):
        points, _, state = refitted(replace(problem, log_loss=problem.log_loss + noise), start, kernel_loss, ones)
        thetas.append(points[0])
        states.append(state[0])
    assert np.mean(np.array(states) == 0) > 0.99
    log_c = log(AHEAD / 6.0) - sum(problem.centre)
    best = [optimum(theta, log_c) for theta in thetas]
    losses = [law(theta, *one) for theta, one in zip(thetas, best, strict=True)]
    return np.array(losses), np.array([x for x, _ in best])


@pytest.mark.parametrize("loss", [SQUARED, HUBER], ids=lambda loss: loss.kind)
@pytest.mark.parametrize("what", ["loss", "params"])
def test_simulation_shrinks_the_interval_as_promised(what: str, loss: Loss) -> None:
    """Deviations over 1500 fits have a standard error of 2% themselves."""
    found, seed = proposed(what, kind=loss.kind), 20240607
    print("seed", seed)
    which = 0 if what == "loss" else 1
    now = float(np.std(simulated((), loss, seed)[which]))
    after = float(np.std(simulated(found.runs, loss, seed + 1)[which]))
    single = float(np.std(simulated(found.single, loss, seed + 2)[which]))
    ladder = float(np.std(simulated(found.ladder, loss, seed + 3)[which]))
    assert now == pytest.approx(found.error_now, rel=0.08)
    assert after == pytest.approx(found.error_after, rel=0.08)
    assert single == pytest.approx(found.single[-1].error, rel=0.08)
    assert ladder == pytest.approx(found.ladder[-1].error, rel=0.08)
    assert found.shrinkage > 0.2
    assert 1.0 - after / now == pytest.approx(found.shrinkage, abs=0.06)
    assert after < 0.93 * min(single, ladder)  # the same money
    for steps in (found.runs, found.single, found.ladder):
        assert sum(step.flops for step in steps) == pytest.approx(SPEND, rel=1e-6)


@pytest.mark.parametrize("loss", [SQUARED, HUBER], ids=lambda loss: loss.kind)
def test_the_spread_of_residuals_is_that_of_the_noise(loss: Loss) -> None:
    seed, found = 7, []
    print("seeds from", seed)
    for turn in range(12):
        runs = synthetic(TRUTH, noise=NOISE, seed=seed + turn)
        found.append(evidence_of(runs, fit(runs, loss)).spread)
    assert np.mean(found) == pytest.approx(NOISE, rel=0.1)


def error_with(known: Evidence, target: Target, n: Array, d: Array) -> float:
    """Return the standard error with runs added, the plain way."""
    x, y = np.log(n) - known.centre[0], np.log(d) - known.centre[1]
    whole = known.matrix + information(known.theta, x, y)
    return float(known.spread * np.sqrt(known.factor * target.gradient @ np.linalg.inv(whole) @ target.gradient))


def drawn(rng: np.random.Generator, bounds: Bounds, costs: Array) -> tuple[Array, Array] | None:
    """Return runs of these costs [FLOP] anywhere inside the bounds, or None where one has no place."""
    both = np.log(costs / 6.0)
    (n_low, n_high), (d_low, d_high), (low, high) = np.log(np.array(bounds))
    first = np.maximum(np.maximum(n_low, both - d_high), (both - high) / 2.0)
    last = np.minimum(np.minimum(n_high, both - d_low), (both - low) / 2.0)
    if np.any(first > last):
        return None
    x = rng.uniform(first, last)
    return np.exp(x), np.exp(both - x)


@pytest.mark.parametrize("what", ["loss", "params"])
def test_no_swap_and_none_of_500_random_designs_of_the_cost_does_better(what: str) -> None:
    known, found = known_of(), proposed(what)
    n, d = (np.array([getattr(step, name) for step in found.runs]) for name in ("params", "tokens"))
    assert error_with(known, found.target, n, d) == pytest.approx(found.error_after, rel=1e-9)
    rng, seen = np.random.default_rng(11), 0
    print("seed", 11)
    while seen < 500:
        count = int(rng.integers(1, 5))
        runs = drawn(rng, found.bounds, SPEND * rng.dirichlet(np.full(count, 0.3)) + 1.0)
        if runs is not None:
            seen += 1
            assert error_with(known, found.target, *runs) >= found.error_after * (1.0 - 1e-9)
    swaps = 0
    while swaps < 500:
        out = int(rng.integers(len(n)))
        most = max(SPEND - 6.0 * float(np.delete(n * d, out).sum()), 3e17)
        runs = drawn(rng, found.bounds, np.exp(rng.uniform(log(2.9e17), log(most), size=1)))
        if runs is not None:
            swaps += 1
            swapped = np.append(np.delete(n, out), runs[0]), np.append(np.delete(d, out), runs[1])
            assert error_with(known, found.target, *swapped) >= found.error_after * (1.0 - 1e-9)


@pytest.mark.parametrize("what", ["loss", "params"])
def test_no_descent_of_scipy_ends_lower(what: str) -> None:
    known, found = known_of(), proposed(what, 3)
    bounds = np.log(np.array(found.bounds))

    def height(z: Array) -> float:
        return log(error_with(known, found.target, np.exp(z[::2]), np.exp(z[1::2])))

    limits = (
        {"type": "ineq", "fun": lambda z: 1.0 - float(np.exp(z[::2] + z[1::2] + log(6.0 / SPEND)).sum())},
        {"type": "ineq", "fun": lambda z: z[1::2] - z[::2] - bounds[2, 0]},
        {"type": "ineq", "fun": lambda z: bounds[2, 1] - z[1::2] + z[::2]},
    )
    rng, starts, ends = np.random.default_rng(3), [], []
    print("seed", 3)
    while len(starts) < 6:
        runs = drawn(rng, found.bounds, SPEND * rng.dirichlet(np.ones(3)))
        starts += [runs] if runs is not None else []
    own = [np.array([getattr(step, name) for step in found.runs]) for name in ("params", "tokens")]
    box = [tuple(bounds[i % 2]) for i in range(6)]
    for runs in ((own[0], own[1]), *starts):  # from where the proposal ended, too
        start = np.log(np.column_stack(runs)).ravel()
        done = optimize.minimize(height, start, method="SLSQP", bounds=box, constraints=limits, options={"ftol": 1e-12})
        if all(np.min(limit["fun"](done.x)) > -1e-8 for limit in limits):
            ends.append(exp(done.fun))
    assert len(ends) >= 3
    assert min(ends) >= found.error_after * (1.0 - 1e-7)
    assert min(ends) < 0.95 * found.error_now


def test_more_money_or_more_runs_never_widen_the_interval() -> None:
    for what in ("loss", "params"):
        errors = [proposed(what, 2, spend=float(spend)).error_after for spend in np.geomspace(1e18, 1e24, 9)]
        assert all(after <= before * (1.0 + 1e-9) for before, after in pairwise(errors))
        assert errors[-1] < 0.95 * errors[0]
        errors = [proposed(what, runs).error_after for runs in (1, 2, 3, 4)]
        assert all(after <= before * (1.0 + 1e-9) for before, after in pairwise(errors))


def test_each_run_narrows_and_bounds_hold() -> None:
    known = known_of()
    bounds = bounds_of(known, params=(None, 3e9), ratio=(5.0, 80.0))
    found = propose(known, target_of(known, AHEAD, "params"), 1e21, 5, bounds)
    errors = [found.error_now, *(step.error for step in found.runs)]
    assert all(after < before for before, after in pairwise(errors))
    for step in (*found.runs, *found.single, *found.ladder):
        for value, (low, high) in zip((step.params, step.tokens, step.tokens / step.params), bounds, strict=True):
            assert low * (1.0 - 1e-6) <= value <= high * (1.0 + 1e-6)
        assert step.flops == 6.0 * step.params * step.tokens
    assert sum(step.share for step in found.runs) <= 1.0 + 1e-9
    assert found.bounds.tokens == pytest.approx((BASE.tokens.min(), 10.0 * BASE.tokens.max()))


def test_the_order_of_runs_and_the_unit_of_n_change_nothing() -> None:
    expected = proposed("params", 3)
    order = np.random.default_rng(5).permutation(BASE.count)
    mixed = evidence(BASE.params[order], BASE.tokens[order], TRUTH, SQUARED, spread=NOISE)
    found = propose(mixed, target_of(mixed, AHEAD, "params"), SPEND, 3)
    assert found.runs == expected.runs
    unit = 1000.0
    e, log_a, log_b, alpha, beta = TRUTH
    scaled = (e, log_a - alpha * log(unit), log_b, alpha, beta)
    known = evidence(BASE.params / unit, BASE.tokens, scaled, SQUARED, spread=NOISE)
    found = propose(known, target_of(known, AHEAD / unit, "params"), SPEND / unit, 3)
    assert found.error_now == pytest.approx(expected.error_now, rel=1e-8)
    assert found.error_after == pytest.approx(expected.error_after, rel=1e-8)
    for one, other in zip(found.runs, expected.runs, strict=True):
        assert one.params * unit == pytest.approx(other.params, rel=1e-2)  # flat about the best
        assert one.tokens == pytest.approx(other.tokens, rel=1e-2)


def test_bootstrap_fits_stand_in_for_equal_noise() -> None:
    known = known_of()
    covariance = NOISE**2 * np.linalg.inv(known.matrix)
    seed = 9
    print("seed", seed)
    thetas = np.random.default_rng(seed).multivariate_normal(known.theta, 4.0 * covariance, size=20_000)
    sample = problem_of(BASE).coefficients(thetas)
    target = target_of(known, AHEAD)
    wider = known.with_sample(np.vstack((sample, np.full(5, np.nan))))
    assert wider.error(target.gradient) == pytest.approx(2.0 * known.error(target.gradient), rel=0.02)
    answer = answer_of(DesignInputs(flops=AHEAD, spend=SPEND), wider)
    assert answer.row("error_now").value == pytest.approx(wider.error(target.gradient))
    assert answer.row("shrinkage").value > proposed().shrinkage  # the new runs have the noise of one, not twice it
    assert any("by 20,000 bootstrap fits" in note.text for note in answer.notes)
    with pytest.raises(InputError, match="do not spread"):
        known.with_sample(sample[:1].repeat(50, axis=0))


def asked(known: Evidence | None = None, **texts: str) -> object:
    return answer_of(parse_inputs(DesignInputs, texts), known or known_of())


def test_the_answer_says_what_the_proposal_does() -> None:
    known = known_of(HUBER)
    inputs = parse_inputs(DesignInputs, {"flops": "1e24", "spend": "1e22", "runs": "4", "target": "params"})
    answer, found = answer_of(inputs, known), proposed("params", kind="huber")
    assert answer.inputs == {"flops": 1e24, "spend": 1e22, "target": "params"}  # four runs are the default
    now, after = answer.row("target_now"), answer.row("target_after")
    assert now.value == after.value == exp(found.target.log_value)
    assert now.low is not None
    assert after.low is not None
    assert log(now.value / now.low) == pytest.approx(1.6448536 * found.error_now)
    assert log(after.value / after.low) == pytest.approx(answer.row("interval_after").value)
    assert answer.row("shrinkage").value == pytest.approx(found.shrinkage)
    assert answer.row("shrinkage_single").value < 0.01  # one optimal run says nothing of where the optimum is
    assert answer.row("shrinkage_ladder").value < 0.01
    assert answer.row("spent").value == pytest.approx(1e22)
    subjects = [row.subject for row in answer.rows if row.id == "params"]
    assert subjects == ["run-1", "run-2", "run-3", "run-4"]
    assert answer.row("interval", subject="run-4").value == answer.row("interval_after").value
    texts = {note.id: note.text for note in answer.notes}
    assert "1.3" in texts["design-efficiency"] or "1.4" in texts["design-efficiency"]
    assert "2.7 orders of magnitude above" in texts["extrapolation:design"]
    assert all(np.isfinite(row.value) for row in answer.rows)
    half = answer_of(replace(inputs, noise=NOISE / 2.0), known_of())
    assert half.row("interval_now").value == pytest.approx(
        0.5 * answer_of(inputs, known_of()).row("interval_now").value
    )
    model = answer_of(DesignInputs(params=70e9, tokens=1.4e12, spend=1e22, runs=1), known)
    assert model.row("target_now").value == pytest.approx(parametric_loss(log(70e9), log(1.4e12), *TRUTH))


REFUSED = {
    "no target": ({"spend": "1e22"}, "nothing to predict"),
    "half a model": ({"spend": "1e22", "params": "70B"}, "nothing to predict"),
    "two targets": ({"spend": "1e22", "flops": "1e24", "params": "70B"}, "--flops with --params: two targets"),
    "N of a model": ({"spend": "1e22", "params": "7B", "tokens": "1T", "target": "params"}, "--target: "),
    "no money": ({"flops": "1e24"}, "--spend: no compute"),
    "too little money": ({"flops": "1e24", "spend": "1e15"}, "--spend: too little .* costs 2.99e17 FLOP"),
    "bounds crossed": ({"flops": "1e24", "spend": "1e22", "max_params": "1M"}, "--max-params: no run is left"),
    "ratio out of reach": ({"flops": "1e24", "spend": "1e22", "min_ratio": "1e9", "max_ratio": "1e10"}, "D/N"),
    "too many runs": ({"flops": "1e24", "spend": "1e22", "runs": "21"}, "--runs: must be at most 20"),
    "no such target": ({"flops": "1e24", "spend": "1e22", "target": "tokens"}, "--target: must be one of"),
}


@pytest.mark.parametrize("name", list(REFUSED))
def test_refusals_say_what_is_wrong(name: str) -> None:
    texts, words = REFUSED[name]
    with pytest.raises(InputError, match=words):
        asked(**texts)


def test_runs_that_leave_coefficients_open_are_refused_with_what_is_missing() -> None:
    n, d = BASE.params, BASE.tokens
    line = np.geomspace(1e8, 1e10, 12)
    cases = (
        (n[:3], d[:3], "at least 5: there are 3"),
        (np.repeat([1e8, 1e9], 5), np.tile(np.geomspace(1e9, 1e11, 5), 2), "3 sizes: there are 2"),
        (np.tile(np.geomspace(1e8, 1e10, 5), 2), np.repeat([1e10, 1e11], 5), "3 amounts of data: there are 2"),
        (line, 20.0 * line, "cannot tell .* apart"),
    )
    for params, tokens, words in cases:
        law_ = (*TRUTH[:4], TRUTH[3]) if words.startswith("cannot") else TRUTH
        with pytest.raises(InputError, match=words):
            evidence(params, tokens, law_, SQUARED, spread=NOISE)
    with pytest.raises(InputError, match="A/N\\^alpha is too small to be seen"):
        evidence(n, d, (1.8, -40.0, 7.7, 0.35, 0.37), SQUARED, spread=NOISE)
    silent = evidence_of(BASE, fit(BASE, SQUARED))
    with pytest.raises(InputError, match="without any noise"):
        asked(silent, flops="1e24", spend="1e22")
    assert asked(silent, flops="1e24", spend="1e22", noise="0.4%").row("interval_now").value > 0.0  # type: ignore[attr-defined]
    stuck = replace(fit(BASE, SQUARED), converged=False, reasons=("alpha ran to 10",))
    with pytest.raises(InputError, match="converged: alpha ran to 10"):
        evidence_of(BASE, stuck)
    with pytest.raises(InputError, match="leave L open"):
        asked(flops="1e24", spend="1e22", noise="100%", known=evidence(*_near_line(), TRUTH, SQUARED, spread=NOISE))


def _near_line() -> tuple[Array, Array]:
    n = np.geomspace(1e8, 2e8, 12)
    return n, 20.0 * n * np.exp(0.01 * np.cos(np.arange(12.0)))


def test_outliers_do_not_move_the_spread() -> None:
    rng = np.random.default_rng(2)
    values = 0.01 * rng.standard_normal(200)
    values[:10] += 1.0
    assert robust_spread(values) == pytest.approx(0.01, rel=0.25)


def test_inputs_need_no_numpy_and_a_design_no_numba() -> None:
    code = (
        "import sys, scaletui_core.fitting.design; assert 'numpy' not in sys.modules;"
        "import scaletui_core.fitting.proposal; assert not {'numba', 'scipy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
