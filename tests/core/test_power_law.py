"""Laws of compute, against scipy and numpy.polyfit, known laws, and the largest run held out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws_known import isoflop_runs
from scipy.optimize import least_squares

from scaletui_core.errors import InputError, ScaletuiError
from scaletui_core.fitting.power_law import frontier_points, hold_out, power_law
from scaletui_core.fitting.records import Array, runs_of
from scaletui_core.fitting.resample import weights

FLOPS = np.geomspace(1e18, 1e22, 13)


def losses(flops: Array, noise: float = 0.0, seed: int = 0, *, b: float = -0.15, c: float = 1.7) -> Array:
    random = np.random.default_rng(seed)
    return np.asarray(((flops / 1e18) ** b * 2.0 + c) * np.exp(noise * random.standard_normal(len(flops))))


def by_scipy(flops: Array, loss: Array, starts: int = 1, seed: int = 0) -> tuple[float, float, float]:
    """Objective, b and c of the best of many starts of scipy's bounded least squares in (ln a, ln -b, c)."""
    x, y = np.log(flops), np.log(loss)
    x0 = x.min()
    random = np.random.default_rng(seed)
    best = None
    for _ in range(starts):
        b, part = np.exp(random.uniform(-4.0, 0.5)), random.uniform(0.05, 0.95)
        start = [np.log(part * loss.max()), np.log(b), (1.0 - part) * loss.min()]
        if starts == 1:
            start = [0.0, np.log(0.1), 1.0]
        found = least_squares(
            lambda p: np.log(np.exp(p[0] - np.exp(p[1]) * (x - x0)) + p[2]) - y, start,
            bounds=([-40.0, -12.0, 0.0], [9.0, 4.0, 99.0]), xtol=1e-15, ftol=1e-15, gtol=1e-15, max_nfev=400,
            x_scale="jac",
        )  # fmt: skip
        if best is None or found.cost < best.cost:
            best = found
    assert best is not None
    return 2.0 * float(best.cost), -float(np.exp(best.x[1])), float(best.x[2])


@pytest.mark.parametrize("noise", [1e-4, 1e-3, 1e-2])
def test_the_optimum_is_scipys(noise: float) -> None:
    loss = losses(FLOPS, noise, 1)
    law = power_law(FLOPS, loss, bootstraps=0)
    objective, b, c = by_scipy(FLOPS, loss)
    assert law.converged
    assert law.objective == pytest.approx(objective, rel=1e-8)
    assert (law.b, law.c) == pytest.approx((b, c), rel=1e-6)
    fitted = np.log([law.at(flops) for flops in FLOPS])
    assert float(np.sum((fitted - np.log(loss)) ** 2)) == pytest.approx(law.objective, rel=1e-9)


def test_no_start_of_scipy_ends_lower() -> None:
    """Random points, most of them far from any such law: several valleys, steps, and floors of zero."""
    random = np.random.default_rng(20)
    print("seed 20")
    tried = 0
    for case in range(40):
        count = int(random.integers(4, 20))
        flops = np.exp(np.sort(random.uniform(np.log(1e17), np.log(1e23), count)))
        loss = losses(flops, float(10.0 ** random.uniform(-3, -0.7)), case, b=-float(random.uniform(0.02, 1.0)))
        try:
            law = power_law(flops, loss, bootstraps=0)
        except InputError:
            continue
        tried += 1
        objective, b, c = by_scipy(flops, loss, 12, case)
        assert law.objective <= objective * (1.0 + 1e-8), (case, law.b, law.c, b, c)
    assert tried >= 30


def test_the_pure_law_is_polyfits() -> None:
    loss = losses(FLOPS, 0.01, 2)
    law = power_law(FLOPS, loss, irreducible=False, bootstraps=0)
    slope, start = np.polyfit(np.log(FLOPS), np.log(loss), 1)
    assert (law.b, law.log_a, law.c) == pytest.approx((slope, start, 0.0), rel=1e-10)


def test_a_law_without_a_floor_is_found_to_have_none() -> None:
    loss = losses(FLOPS, c=0.0)
    bent = loss * np.exp(-1e-3 * (np.log(FLOPS) - np.log(FLOPS).mean()) ** 2)
    pure, law = (power_law(FLOPS, bent, irreducible=form, bootstraps=0) for form in (False, True))
    assert law.c == 0.0
    assert (law.b, law.log_a) == (pure.b, pure.log_a)
    assert law.reasons == ("the best c is 0: the points show no bend towards an irreducible loss",)


def test_a_resample_is_the_fit_of_the_points_that_it_drew() -> None:
    loss = losses(FLOPS, 2e-3, 3)
    law = power_law(FLOPS, loss, bootstraps=64, seed=4)
    _, times = next(weights([len(FLOPS)], 64, 4))
    for row in range(24):
        drawn = np.repeat(np.arange(len(FLOPS)), times[row].astype(int))
        if len(set(drawn.tolist())) < 4:
            continue
        _, b, c = by_scipy(FLOPS[drawn], loss[drawn], 4, row)
        assert law.sample[row, 1:] == pytest.approx((b, c), rel=2e-5, abs=1e-7), row


def test_a_known_law_is_recovered_inside_its_intervals() -> None:
    seeds = range(40)
    print("seeds", seeds)
    held = {"b": 0, "c": 0}
    flops = np.geomspace(1e18, 1e22, 40)
    for seed in seeds:
        law = power_law(flops, losses(flops, 1e-3, seed), bootstraps=400, seed=seed)
        for name, truth in (("b", -0.15), ("c", 1.7)):
            low, high = np.nanquantile(law.column(name), (0.05, 0.95))
            held[name] += bool(low <= truth <= high)
    print("intervals that hold the truth, of 40:", held)
    assert min(held.values()) >= 30  # fewer happen once in 100 times at 90%


def test_the_unit_of_compute_changes_a_alone_and_that_of_loss_a_and_c() -> None:
    loss = losses(FLOPS, 1e-3, 5)
    law = power_law(FLOPS, loss, bootstraps=0)
    other = power_law(FLOPS / 8.64e19, loss, bootstraps=0)
    assert (other.b, other.c) == pytest.approx((law.b, law.c), rel=1e-8)
    assert other.at(10.0) == pytest.approx(law.at(8.64e20), rel=1e-11)
    bits = power_law(FLOPS, loss / np.log(2.0), bootstraps=0)
    assert (bits.b, bits.c) == pytest.approx((law.b, law.c / np.log(2.0)), rel=1e-8)


def test_the_order_of_points_and_the_number_of_resamples_change_no_bit() -> None:
    loss = losses(FLOPS, 1e-2, 6)
    order = np.random.default_rng(7).permutation(len(FLOPS))
    one, other = power_law(FLOPS, loss, seed=8), power_law(FLOPS[order], loss[order], seed=8)
    assert (one.log_a, one.b, one.c) == (other.log_a, other.b, other.c)
    assert one.sample.tobytes() == other.sample.tobytes()
    assert power_law(FLOPS, loss, seed=8, bootstraps=100).sample.tobytes() == one.sample[:100].tobytes()
    assert power_law(FLOPS, loss, seed=9).sample.tobytes() != one.sample.tobytes()
    np.testing.assert_allclose(
        one.sample_at(1e23), np.exp(one.column("log_a")) * 1e23 ** one.column("b") + one.column("c"), rtol=1e-10
    )


@pytest.mark.parametrize(
    ("flops", "loss", "irreducible", "said"),
    [
        ([], [], True, "needs 3 points of different C: there are none"),
        ([1e18], [3.0], True, "a C^b + c needs 3 points of different C: there is 1"),
        ([1e18, 1e19, 1e19], [3.0, 2.9, 2.8], True, "there are 2"),
        ([1e18, 1e18], [3.0, 2.9], False, "a C^b needs 2 points of different C: there is 1"),
        ([1e18, 1e19, 1e20], [3.0, 3.1, 3.2], True, "a loss that falls with compute"),
        ([1e18, 1e19], [3.0, 3.0], False, "a loss that falls with compute"),
    ],
)
def test_what_is_missing_is_said(flops: list[float], loss: list[float], irreducible: bool, said: str) -> None:
    with pytest.raises(InputError, match="power law") as raised:
        power_law(flops, loss, irreducible=irreducible)
    assert said in str(raised.value)


def test_as_many_points_as_parameters_are_said_to_leave_nothing_to_judge_by() -> None:
    law = power_law(FLOPS[::6], losses(FLOPS)[::6], bootstraps=200)
    assert (law.b, law.c) == pytest.approx((-0.15, 1.7), rel=1e-6)
    assert law.reasons == ("3 different C for as many parameters: nothing is left over to estimate doubt from",)
    assert np.isnan(law.sample).all()
    law = power_law(FLOPS[::4], losses(FLOPS, 1e-3)[::4], bootstraps=200)
    assert "of the resamples have too few different C" in law.reasons[0]
    assert 0.05 < np.isnan(law.column("b")).mean() < 0.95


def test_the_largest_run_is_foretold_by_those_a_thousand_times_smaller() -> None:
    flops = np.geomspace(1e17, 1e23, 25)
    loss = losses(flops, 5e-4, 9)
    told = hold_out(flops, loss, seed=1)
    assert (told.flops, told.actual) == (flops[-1], loss[-1])
    assert told.count == 13
    assert told.largest_used == pytest.approx(1e20)
    assert told.irreducible is not None
    truth = float(2.0 * 1e5**-0.15 + 1.7)
    assert told.irreducible.low <= truth <= told.irreducible.high
    assert told.irreducible.relative_error == pytest.approx(told.irreducible.predicted / told.actual - 1.0)
    assert abs(told.irreducible.relative_error) < 0.02
    assert told.pure.relative_error < -0.05  # a straight line foretells too much
    same = power_law(flops[:13], loss[:13], seed=1)
    assert told.irreducible.predicted == same.at(1e23)


def test_holding_out_more_than_there_is_says_how_much_there_is() -> None:
    with pytest.raises(InputError, match=r"the points span 4\.0 decades") as raised:
        hold_out(FLOPS, losses(FLOPS), decades=5)
    assert "at least 5 decades below the largest, 1e+22 FLOP: there are none" in str(raised.value)
    with pytest.raises(InputError, match="there is one"):
        hold_out(FLOPS, losses(FLOPS), decades=4)
    with pytest.raises(InputError, match="there are no points"):
        hold_out([], [])
    assert hold_out(FLOPS[::3], losses(FLOPS[::3]), decades=2, bootstraps=10).irreducible is not None
    assert hold_out(FLOPS[::3], losses(FLOPS[::3]), decades=3, bootstraps=10).irreducible is None


def test_the_frontier_of_runs_is_their_valleys_else_their_lowest_else_stairs() -> None:
    budgets = np.geomspace(1e18, 1e21, 5)
    valleys = frontier_points(isoflop_runs(budgets, np.geomspace(0.5, 2.0, 7)))
    assert valleys.source == "valleys"
    np.testing.assert_allclose(valleys.flops, budgets, rtol=1e-9)
    runs = isoflop_runs(budgets, np.array([0.5, 1.0]))
    lowest = frontier_points(runs)
    assert lowest.source == "lowest"
    np.testing.assert_allclose(lowest.flops, budgets, rtol=1e-9)
    assert (valleys.loss <= lowest.loss + 1e-9).all()
    scattered = runs_of([1e8, 2e8, 4e8, 8e8], [1e9, 2e9, 4e9, 8e9], [3.5, 3.6, 3.2, 3.1])
    stairs = frontier_points(scattered)
    assert (stairs.source, stairs.loss.tolist()) == ("stairs", [3.5, 3.2, 3.1])


@given(st.lists(st.tuples(st.floats(1e15, 1e25), st.floats(0.01, 20.0)), max_size=12), st.booleans())
def test_nothing_raises_but_our_own_errors(points: list[tuple[float, float]], irreducible: bool) -> None:
    flops, loss = (list(column) for column in zip(*points, strict=True)) if points else ([], [])
    try:
        law = power_law(flops, loss, irreducible=irreducible, bootstraps=20)
    except ScaletuiError:
        return
    assert np.isfinite([law.log_a, law.b, law.c, law.objective]).all()
    assert law.c >= 0.0
    assert not np.isinf(law.sample).any()


def test_the_frontier_of_the_runs_behind_hoffmann_falls_to_a_floor(data_folder: Path) -> None:
    params, tokens, flops, loss = np.loadtxt(data_folder / "chinchilla_runs.csv", delimiter=",", skiprows=1).T
    points = frontier_points(runs_of(params, tokens, loss, flops))
    law = power_law(points.flops, points.loss)
    print(f"{points.source}, {len(points.flops)} points: b {law.b:.4f}, c {law.c:.4f}, {law.reasons}")
    assert points.source == "valleys"
    assert law.converged
    assert 0.0 < law.c < points.loss.min()
    told = hold_out(points.flops, points.loss, decades=1)
    assert told.irreducible is not None
    for form in (told.pure, told.irreducible):
        print(f"largest {told.flops:.3g}: {form.predicted:.4f} ({form.low:.4f}, {form.high:.4f}), {told.actual:.4f}")
    assert told.irreducible.low <= told.actual <= told.irreducible.high
    assert abs(told.irreducible.relative_error) < abs(told.pure.relative_error)
