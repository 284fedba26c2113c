"""Formulas over arrays: the same code as the scalars, compiled into one fused loop.

`compiled` takes a formula (or a loop over formulas) and compiles its own code with `exp` and `log` replaced by
`scaletui_core.vector_math` and every formula it calls compiled likewise. Nothing is written twice.
"""

from __future__ import annotations

import contextlib
import hashlib
import math
import types
from typing import Any

import numba

from scaletui_core import vector_math
from scaletui_core.formula import Formula

# Not 'reassoc', hence not fastmath=True: it cancels the rounding shift in vector_math.exp.
_FAST = {"nsz", "arcp", "contract"}
_SUMS = _FAST | {"reassoc"}
_made: dict[Any, Any] = {}
_kept = True  # whether what is compiled is kept on disk


def compiled(item: Any) -> Any:
    """Return a formula or a plain function compiled by numba, without the interpreter lock and with a cache on disk.

    Where no folder can be written, as with a read-only home, it is compiled without a cache.
    """
    function = item.function if isinstance(item, Formula) else item
    if function not in _made:
        own = {name: _replacement(value) for name, value in _used(function).items()}
        twin = types.FunctionType(function.__code__, {**function.__globals__, **own}, function.__name__)
        # numba files its cache under this name and the date of this one file; a formula elsewhere may change alone.
        twin.__qualname__ = f"{function.__name__}_{fingerprint(function)[:12]}"
        twin.__module__ = function.__module__
        # Inlined whatever its size: a call in a loop keeps the loop from being vectorised, five times slower.
        _made[function] = _jit(twin, forceinline=True, sums=getattr(function, "sums", False))
    return _made[function]


def summing(function: Any) -> Any:
    """Mark a function whose sums the compiler may take in any order, so that it can vectorise them.

    It applies to the function's own arithmetic alone: what it calls keeps its order, and must, as `vector_math.exp`.
    The order is one of the machine's, and the same on any number of threads.
    """
    function.sums = True
    return function


def without_cache() -> None:
    """Forget what is compiled, and keep nothing on disk from now on: its folder is full, or holds damaged files."""
    global _kept
    _kept = False
    _made.clear()


def kernel(function: Any, arrays: tuple[bool, ...]) -> Any:
    """Return a function of an output array and the arguments that fills it, one pass, no interpreter lock.

    Parameters
    ----------
    function : callable
        A formula's function, of floats.
    arrays : tuple of bool
        Which of its arguments are contiguous float64 arrays of the length of the output; the others are floats.

    Examples
    --------
    >>> import numpy as np
    >>> from scaletui_core.law_formulas import tokens_per_param
    >>> out = np.empty(2)
    >>> kernel(tokens_per_param.function, (True, False))(out, np.array([20.0, 40.0]), 2.0)
    >>> out
    array([10., 20.])
    """
    key = (function, arrays)
    if key not in _made:
        names = [f"x{index}" for index in range(len(arrays))]
        taken = [f"{name}[i]" if array else name for name, array in zip(names, arrays, strict=True)]
        lines = (
            f"def {function.__name__}({', '.join(['out', *names])}):",
            "    for i in range(out.size):",
            f"        out[i] = one({', '.join(taken)})",
        )
        space: dict[str, Any] = {"one": compiled(function), "__name__": __name__}
        # numba keeps what it compiled under the file that the code is from: this one stands for it.
        exec(compile("\n".join(lines), __file__, "exec"), space)
        twin = space[function.__name__]
        marks = "".join("ax"[not array] for array in arrays)
        twin.__qualname__ = f"{function.__name__}_{marks}_{fingerprint(function)[:12]}"
        column = numba.float64[::1]
        signature = numba.void(column, *(column if array else numba.float64 for array in arrays))
        _made[key] = _jit(twin, signature)
    return _made[key]


def fingerprint(function: Any) -> str:
    """Return a digest of a function's code and of all formulas and constants that it uses."""
    code = function.__code__
    digest = hashlib.sha256(code.co_code + repr((code.co_consts, code.co_names)).encode())
    for name, value in sorted(_used(function).items()):
        inner = _plain(value)
        digest.update(f"{name}={fingerprint(inner) if inner is not None else value!r}".encode())
    return digest.hexdigest()


def _used(function: Any) -> dict[str, Any]:
    """Return the globals that a function's code names."""
    return {name: function.__globals__[name] for name in function.__code__.co_names if name in function.__globals__}


def _plain(value: Any) -> Any:
    """Return the plain function that is compiled in place of a global, or None where the global stays as it is."""
    if value is math.exp:
        return vector_math.exp
    if value is math.log:
        return vector_math.log
    if isinstance(value, types.FunctionType):
        return value
    return value.function if isinstance(value, Formula) else None


def _replacement(value: Any) -> Any:
    inner = _plain(value)
    return value if inner is None else compiled(inner)


def _jit(function: types.FunctionType, *signature: Any, **more: Any) -> Any:
    fast = _SUMS if more.pop("sums", False) else _FAST
    options: Any = {"nogil": True, "error_model": "numpy", "fastmath": fast, **more}
    compiler: Any = numba.njit
    if _kept:
        with contextlib.suppress(RuntimeError):  # numba found no folder to cache in
            return compiler(*signature, cache=True, **options)(function)
    return compiler(*signature, **options)(function)
