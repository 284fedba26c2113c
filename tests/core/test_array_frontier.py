"""Arrays against the scalar path: the same formulas, compiled; and the vectorised exp and log against math."""

from __future__ import annotations

import math
import os
import subprocess
import sys

import numpy as np
import pytest

from scaletui_core import vector_math
from scaletui_core.array_frontier import frontier
from scaletui_core.compiled import compiled, fingerprint
from scaletui_core.errors import InputError
from scaletui_core.formula import formula
from scaletui_core.law_kinds import Law
from scaletui_core.laws import chosen_laws, law
from scaletui_core.presets import Catalog

SEED = 20220329
CATALOG = Catalog("presets")
LAWS = [*chosen_laws(CATALOG), law(CATALOG, "lecture-exercise")]
LAWS += [law(CATALOG, "muennighoff-2023").with_unique(unique) for unique in (1e9, 1e11, 1e13)]


def budgets(count: int) -> np.ndarray:
    print(f"seed {SEED}")
    return np.exp(np.random.default_rng(SEED).uniform(math.log(1e12), math.log(1e40), count))


@pytest.mark.parametrize("one", LAWS, ids=lambda one: f"{one.id}-{getattr(one, 'unique', None)}")
def test_arrays_equal_scalars(one: Law) -> None:
    flops = budgets(2000)
    found = frontier(one, flops)
    best = [one.optimum(c) for c in flops]
    np.testing.assert_allclose(found.params, [b.params for b in best], rtol=1e-12)
    np.testing.assert_allclose(found.tokens, [b.tokens for b in best], rtol=1e-12)
    assert (found.loss is not None) == one.has_optimal_loss
    if found.loss is not None:
        np.testing.assert_allclose(found.loss, [one.optimal_loss(c).value for c in flops], rtol=1e-12)


def test_shape_is_kept_and_input_untouched() -> None:
    flops = budgets(24).reshape(2, 3, 4)
    before = flops.copy()
    found = frontier(LAWS[3], flops[:, ::2])
    assert found.params.shape == (2, 2, 4)
    assert np.array_equal(flops, before)
    np.testing.assert_array_equal(found.params, frontier(LAWS[3], flops).params[:, ::2])


def test_nothing_in_nothing_out() -> None:
    assert frontier(LAWS[0], []).params.shape == (0,)


@pytest.mark.parametrize("bad", [0.0, -1.0, 0.5, math.nan, math.inf, -math.inf, 1e300])
def test_a_budget_that_is_none(bad: float) -> None:
    with pytest.raises(InputError, match="1 to 1e290"):
        frontier(LAWS[0], [1e20, bad, 1e21])


def test_exp_against_math() -> None:
    print(f"seed {SEED}")
    exp = compiled(vector_math.exp)
    xs = np.random.default_rng(SEED).uniform(-707.9, 709.0, 50_000)
    worst = max(abs(exp(x) / math.exp(x) - 1.0) for x in xs)
    assert worst < 4e-14
    assert exp(0.0) == 1.0
    assert exp(-1e308) == pytest.approx(math.exp(-708.0), rel=1e-13)
    assert exp(1e308) == pytest.approx(math.exp(709.0), rel=1e-13)


def test_log_against_math() -> None:
    print(f"seed {SEED}")
    log = compiled(vector_math.log)
    xs = np.exp(np.random.default_rng(SEED).uniform(-700.0, 709.0, 50_000))
    assert max(abs(log(x) - math.log(x)) / max(abs(math.log(x)), 1e-3) for x in xs) < 4e-14
    near_one = 1.0 + np.random.default_rng(SEED).uniform(-1e-3, 1e-3, 5_000)
    assert max(abs(log(x) - math.log(x)) for x in near_one) < 1e-16
    assert log(1.0) == 0.0


def test_kernels_run_without_the_compiler() -> None:
    """NUMBA_DISABLE_JIT runs the same kernels as plain Python, with the same answers."""
    code = (
        "from scaletui_core.array_frontier import frontier; from scaletui_core.laws import law;"
        "from scaletui_core.presets import Catalog;"
        "print(float(frontier(law(Catalog('presets'), 'epoch-2024'), [5.76e23]).params[0]).hex())"
    )
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    compiled_value = float(frontier(law(CATALOG, "epoch-2024"), [5.76e23]).params[0])
    assert float.fromhex(run.stdout.strip()) == pytest.approx(compiled_value, rel=1e-13)


def test_fingerprint_sees_a_formula_that_changed() -> None:
    """The cache on disk is filed under it: a change in a called formula must not find the old machine code."""

    def loop(x: float) -> float:
        return inner(x)  # noqa: F821

    prints = []
    for expression in ("x + 1", "x + 2"):
        namespace: dict[str, object] = {"formula": formula}
        exec(f"@formula('{expression}', unit='1', source='test: none')\ndef inner(x): return {expression}", namespace)
        twin = type(loop)(loop.__code__, namespace)
        prints.append(fingerprint(twin))
    assert prints[0] != prints[1]


def test_no_cache_folder_is_no_error(tmp_path: object) -> None:
    """A read-only home and a read-only package: numba raises at decoration; here it compiles without a cache."""
    code = (
        "import numba.core.caching as c\n"
        "def refuse(*a, **k): raise RuntimeError('cannot cache function: no locator available')\n"
        "c.FunctionCache.__init__ = refuse\n"
        "from scaletui_core.array_frontier import frontier; from scaletui_core.laws import law\n"
        "from scaletui_core.presets import Catalog\n"
        "print(f\"{frontier(law(Catalog('presets'), 'chinchilla-1'), [1e21]).params[0]:.3g}\")"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "2.86e+09"
