"""The line through timings recovers what made them, and knows how well."""

from __future__ import annotations

import math
import random

import pytest

from scaletui_core.regression import fit_line

SEED = 20230607
LADDER = range(100, 2000, 100)


@pytest.mark.parametrize(("slope", "intercept"), [(0.0333, 0.25), (2e-4, 3.0), (1.0, 0.0)])
def test_a_known_slope_and_intercept_come_back(slope, intercept):
    line = fit_line(LADDER, [intercept + slope * n for n in LADDER])
    assert math.isclose(line.slope, slope, rel_tol=1e-12)
    assert math.isclose(line.intercept, intercept, rel_tol=1e-9, abs_tol=1e-12)
    assert line.r2 > 1.0 - 1e-12
    assert line.slope_error < 1e-12
    assert line.count == 19


def test_standard_errors_are_those_of_many_noisy_runs():
    """Seed 20230607: the truth is within 1.96 standard errors in about 95% of runs (Student's t of 17: 93.3%)."""
    rng = random.Random(SEED)
    slope, intercept, noise, runs = 0.02, 0.5, 0.05, 2000
    within = [0, 0]
    for _ in range(runs):
        line = fit_line(LADDER, [intercept + slope * n + rng.gauss(0.0, noise) for n in LADDER])
        within[0] += abs(line.slope - slope) <= 1.96 * line.slope_error
        within[1] += abs(line.intercept - intercept) <= 1.96 * line.intercept_error
    for count in within:
        assert 0.915 <= count / runs <= 0.955, f"seed {SEED}: {count / runs}"


def test_it_agrees_with_scipy():
    from scipy.stats import linregress

    rng = random.Random(SEED)
    seconds = [0.3 + 0.01 * n * rng.uniform(0.9, 1.1) for n in LADDER]
    line, theirs = fit_line(LADDER, seconds), linregress(list(LADDER), seconds)
    expected = (theirs.slope, theirs.intercept, theirs.stderr, theirs.intercept_stderr, theirs.rvalue**2)
    assert line[:5] == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize(
    ("x", "y"), [([1, 2], [1, 2]), ([3, 3, 3], [1, 2, 3]), ([1, 2, 3], [1, math.nan, 3]), ([1, 2, math.inf], [1, 2, 3])]
)
def test_what_has_no_line_is_refused(x, y):
    with pytest.raises(ValueError, match="line"):
        fit_line(x, y)
