"""Approach 1: the lowest curve at each budget, against a slow twin, a known law, and a frontier that bends."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws_known import EXPONENT, curves_of, loss_of

from scaletui_core.errors import InputError, ScaletuiError
from scaletui_core.fitting.envelope import BUDGETS, Envelope, envelope
from scaletui_core.fitting.records import Array, Curves, runs_of
from scaletui_core.fitting.resample import weights

SIZES = np.geomspace(5e7, 1e10, 20)


def slow_frontier(curves: Curves, flops: Array, chosen: set[int]) -> tuple[list[float], list[float]]:
    """ln C and ln N of the winners, by the rule alone, over the curves that were chosen."""
    x, y = [], []
    for c in flops:
        reached = []
        for index in chosen:
            part = slice(curves.starts[index], curves.starts[index + 1])
            own = np.log(curves.flops[part])
            if own[0] <= np.log(c) <= own[-1]:
                reached.append((float(np.interp(np.log(c), own, curves.loss[part])), float(curves.params[index])))
        if reached:
            _, size = min(reached)
            if min(n for _, n in reached) < size < max(n for _, n in reached):
                x.append(float(np.log(c)))
                y.append(float(np.log(size)))
    return x, y


def slow_laws(x: list[float], y: list[float]) -> tuple[float, float]:
    """Exponent and its change a decade by numpy.polyfit through the middle of the budgets of each size."""
    sizes = sorted(set(y))
    middles = [np.mean([c for c, n in zip(x, y, strict=True) if n == size]) for size in sizes]
    root = np.sqrt([y.count(size) for size in sizes])
    a = np.polyfit(middles, sizes, 1, w=root)[0] if len(sizes) >= 2 else np.nan
    bend = np.polyfit(middles - np.mean(middles), sizes, 2, w=root)[0] if len(sizes) >= 3 else np.nan
    return float(a), float(2.0 * np.log(10.0) * bend)


def bent_curves(bend: float) -> Curves:
    """Curves with ln N_opt = g(ln C), whose exponent changes by ``bend`` a decade of C."""
    x = np.linspace(np.log(1e17), np.log(1e22), 300)
    middle = x.mean()
    sizes = np.geomspace(1e7, 1e11, 60)
    best = np.log(1e9) + 0.5 * (x - middle) + bend / (2.0 * np.log(10.0)) * (x - middle) ** 2
    loss = 2.0 + np.exp(-0.1 * (x - middle)) + 0.02 * (np.log(sizes)[:, None] - best) ** 2
    flops = np.tile(np.exp(x), len(sizes))
    starts = np.arange(0, len(flops) + 1, len(x))
    return Curves(sizes, starts, flops / (6.0 * np.repeat(sizes, len(x))), flops, loss.ravel(), ())


def test_exponents_of_a_known_law_are_recovered_inside_their_intervals() -> None:
    fit = envelope(curves_of(SIZES), seed=1)
    low, high = np.nanquantile(fit.column("a"), (0.05, 0.95))
    print(f"a {fit.a:.5f} ({low:.4f}, {high:.4f}), truth {EXPONENT:.5f}")
    assert fit.a == pytest.approx(EXPONENT, abs=5e-4)
    assert fit.b == pytest.approx(1.0 - EXPONENT, abs=5e-4)
    assert low <= EXPONENT <= high
    assert abs(fit.curvature) < 1e-3
    assert not fit.bends
    assert not fit.reasons


def test_intervals_hold_the_truth_where_curves_are_off_by_noise() -> None:
    seeds = range(30)
    print("seeds", seeds)
    held = 0
    for seed in seeds:
        fit = envelope(curves_of(SIZES, 0.001, seed), seed=seed, bootstraps=300, budgets=300)
        low, high = np.nanquantile(fit.column("a"), (0.05, 0.95))
        held += bool(low <= EXPONENT <= high)
    print("intervals that hold the truth, of 30:", held)
    assert held >= 22  # fewer happen once in 100 times at 90%


def test_the_winner_is_the_lowest_curve_and_neither_the_smallest_nor_the_largest() -> None:
    curves = curves_of(SIZES[:8])
    fit = envelope(curves, bootstraps=0)
    x, y = slow_frontier(curves, fit.flops, set(range(8)))
    assert np.log(fit.flops).tolist() == pytest.approx(x)
    assert np.log(fit.params).tolist() == pytest.approx(y)
    assert (fit.a, fit.curvature) == pytest.approx(slow_laws(x, y), abs=1e-9)
    assert fit.params.min() > SIZES[0]
    assert fit.params.max() < SIZES[7]
    np.testing.assert_allclose(fit.params * fit.tokens * 6.0, fit.flops, rtol=1e-14)
    np.testing.assert_allclose(fit.loss, loss_of(fit.params, fit.tokens), rtol=1e-4)
    assert (curves.params[fit.winner] == fit.params).all()


def test_a_resample_is_the_frontier_of_the_curves_that_it_drew() -> None:
    one, other = curves_of(SIZES[:10], 0.002, 3), curves_of(SIZES[:10], 0.002, 4, points=90)
    both = Curves(
        np.concatenate((one.params, other.params)), np.concatenate((one.starts, one.starts[-1] + other.starts[1:])),
        *(np.concatenate((getattr(one, name), getattr(other, name))) for name in ("tokens", "flops", "loss")), (),
    )  # fmt: skip
    fit = envelope(both, bootstraps=60, seed=5, budgets=200)
    _, times = next(weights([20], 60, 5))
    ends = both.starts[1:] - 1
    order = np.lexsort((both.loss[ends], both.flops[ends], both.params))
    # The same curves in the order in which they are drawn from; all budgets, also those that no curve wins.
    grid = np.geomspace(fit.flops[0], fit.flops[-1], len(fit.flops))
    np.testing.assert_allclose(grid, fit.flops, rtol=1e-9)
    low, high = np.log(fit.flops[0]), np.log(fit.flops[-1])
    step = (high - low) / (len(grid) - 1)
    beyond = np.exp(np.arange(low - 100 * step, high + 100 * step, step))
    sampled = [c for c in beyond if both.flops.min() <= c <= both.flops.max()]
    slow = []
    for row in range(60):
        slow.append(slow_laws(*slow_frontier(both, np.array(sampled), set(order[times[row] > 0.0].tolist()))))
    np.testing.assert_allclose(np.stack((fit.column("a"), fit.column("curvature")), axis=1), slow, atol=1e-9)


@pytest.mark.parametrize("bend", [-0.03, 0.03])
def test_a_frontier_that_bends_is_found_to_and_said_to(bend: float) -> None:
    fit = envelope(bent_curves(bend), seed=2)
    assert fit.curvature == pytest.approx(bend, abs=2e-3)
    low, high = np.nanquantile(fit.column("curvature"), (0.05, 0.95))
    assert low <= bend <= high
    assert fit.bends
    assert ("falls" if bend < 0.0 else "grows") in fit.reasons[0]


def test_a_straight_frontier_is_not_said_to_bend() -> None:
    fit = envelope(bent_curves(0.0), seed=2)
    assert not fit.bends
    assert fit.a == pytest.approx(0.5, abs=1e-3)


def test_the_order_of_the_curves_and_the_number_of_resamples_change_no_bit() -> None:
    order = np.random.default_rng(1).permutation(12).tolist()
    sizes = np.repeat(SIZES[:6], 2)
    one, other = (
        envelope(curves_of(sizes, 0.002, 3, order=chosen), seed=3, bootstraps=500) for chosen in (None, order)
    )
    assert one.sample.tobytes() == other.sample.tobytes()
    assert one.a == other.a
    few = envelope(curves_of(sizes, 0.002, 3), seed=3, bootstraps=70)
    assert few.sample.tobytes() == one.sample[:70].tobytes()
    assert envelope(curves_of(sizes, 0.002, 3), seed=4, bootstraps=500).sample.tobytes() != one.sample.tobytes()


def test_few_winners_are_a_warning() -> None:
    fit = envelope(curves_of(np.geomspace(1e8, 1e9, 5)), bootstraps=0)
    assert fit.warnings == ("N_opt is known at 3 steps only: so many sizes win",)


def test_the_unit_of_params_changes_k_alone() -> None:
    curves = curves_of(SIZES[:9], 0.001, 2)
    other = Curves(curves.params * 1e3, curves.starts, curves.tokens, curves.flops, curves.loss, ())
    one, two = (envelope(given_curves, bootstraps=70) for given_curves in (curves, other))
    assert two.a == pytest.approx(one.a, rel=1e-9)
    assert two.log_k_params == pytest.approx(one.log_k_params + np.log(1e3), rel=1e-9)
    np.testing.assert_allclose(two.column("a"), one.column("a"), rtol=1e-9)


def none() -> Curves:
    nothing = np.array([])
    return Curves(nothing, np.array([0]), nothing, nothing, nothing, ())


@pytest.mark.parametrize(
    ("curves", "said"),
    [
        (none(), "curves of three sizes or more: the curves have none"),
        (curves_of(SIZES[:1]), "curves of three sizes or more: the curves have 1"),
        (curves_of(np.repeat(SIZES[:2], 4)), "curves of three sizes or more: the curves have 2"),
        (curves_of(SIZES[:3]), "needs a frontier of two sizes or more: 66.1M parameters win at each"),
        (curves_of(np.array([1e6, 1e9, 1e12])), "a budget that curves of three sizes reach: there is none"),
        (runs_of([1e8, 2e8], [1e9, 1e9], [3.0, 2.9]), "needs training curves: the runs have final losses alone"),
    ],
)  # fmt: skip
def test_what_is_missing_is_said(curves: Curves, said: str) -> None:
    with pytest.raises(InputError, match="envelope needs") as raised:
        envelope(curves)
    assert said in str(raised.value)


def test_no_frontier_is_said() -> None:
    """The largest model wins wherever it is trained."""
    flops = np.tile(np.geomspace(1e18, 1e20, 30), 4)
    params = np.array([1e8, 2e8, 4e8, 8e8])
    loss = 3.0 - 0.1 * np.log(np.repeat(params, 30) / 1e8)
    with pytest.raises(InputError, match="found no frontier"):
        envelope(Curves(params, np.arange(0, 121, 30), flops / 6e8, flops, loss, ()))


def finite(fit: Envelope) -> bool:
    return bool(np.isfinite([fit.a, fit.b, fit.log_k_params]).all()) and not np.isinf(fit.sample).any()


@given(
    st.lists(
        st.tuples(
            st.sampled_from([1e8, 2e8, 4e8, 8e8]),
            st.lists(st.tuples(st.floats(1e9, 1e12), st.floats(0.1, 9.0)), min_size=1, max_size=6),
        ),
        min_size=1,
        max_size=9,
    )
)
def test_nothing_raises_but_our_own_errors(drawn: list[tuple[float, list[tuple[float, float]]]]) -> None:
    params = np.array([size for size, _ in drawn])
    tokens = np.concatenate([sorted(d for d, _ in points) for _, points in drawn])
    loss = np.array([level for _, points in drawn for _, level in points])
    starts = np.cumsum([0, *(len(points) for _, points in drawn)])
    flops = 6.0 * np.repeat(params, np.diff(starts)) * tokens
    try:
        fit = envelope(Curves(params, starts, tokens, flops, loss, ()), bootstraps=20, budgets=50)
    except ScaletuiError:
        return
    assert finite(fit)


def test_the_paper_has_1500_budgets() -> None:
    assert BUDGETS == 1500
