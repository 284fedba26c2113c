"""exp and log that a compiler can vectorise: branch-free, polynomial, in float64.

A compiled loop that calls the C library's exp runs one number at a time; these are plain arithmetic, so LLVM puts eight
in a register. The polynomials are the series of exp and of 2 artanh, cut where the next term is below 1e-14; the
largest relative error against `math` over the domain is below 4e-14, tested. Reassociation must stay off (`reassoc` and
`fastmath=True` would cancel the rounding by ``_SHIFT``).

Domain: `exp` clamps to [-708, 709] and hands NaN on; `log` takes positive, normal, finite numbers, and is NaN outside,
as among samples some may be.
"""

from __future__ import annotations

import numpy as np

_LOG2_E = 1.4426950408889634
# ln 2 in two parts: the first has its low 21 bits zero, so that its product with an exponent is exact.
_LN2_HIGH = float.fromhex("0x1.62e42feep-1")
_LN2_LOW = float.fromhex("0x1.a39ef35793c76p-33")
_SHIFT = float.fromhex("0x1.8p52")  # adding it rounds to an integer and leaves that integer in the low bits
_BIAS = np.int64(1023)
_MANTISSA = np.int64(52)
_LEAST, _MOST = 2.2250738585072014e-308, 1.7976931348623157e308  # the normal numbers
_SQRT_HALF_BITS = np.int64(0x3FE6A09E667F3BCD)


def exp(x: float) -> float:
    """Return e^x, with x clamped to [-708, 709]; NaN of NaN."""
    x = min(max(x, -708.0), 709.0)
    shifted = x * _LOG2_E + _SHIFT
    k = shifted - _SHIFT
    r = (x - k * _LN2_HIGH) - k * _LN2_LOW
    p = 1.0 / 479001600.0
    p = p * r + 1.0 / 39916800.0
    p = p * r + 1.0 / 3628800.0
    p = p * r + 1.0 / 362880.0
    p = p * r + 1.0 / 40320.0
    p = p * r + 1.0 / 5040.0
    p = p * r + 1.0 / 720.0
    p = p * r + 1.0 / 120.0
    p = p * r + 1.0 / 24.0
    p = p * r + 1.0 / 6.0
    p = p * r + 0.5
    p = p * r + 1.0
    p = p * r + 1.0
    scale = np.int64((np.float64(shifted).view(np.int64) + _BIAS) << _MANTISSA).view(np.float64)
    return p * scale


def log(x: float) -> float:
    """Return ln x of a positive, normal, finite number; NaN of any other."""
    bits = np.float64(x).view(np.int64)
    exponent = (bits - _SQRT_HALF_BITS) >> _MANTISSA
    mantissa = np.int64(bits - (exponent << _MANTISSA)).view(np.float64)  # in [sqrt(1/2), sqrt(2))
    f = mantissa - 1.0
    s = f / (2.0 + f)
    z = s * s
    p = 2.0 / 19.0
    p = p * z + 2.0 / 17.0
    p = p * z + 2.0 / 15.0
    p = p * z + 2.0 / 13.0
    p = p * z + 2.0 / 11.0
    p = p * z + 2.0 / 9.0
    p = p * z + 2.0 / 7.0
    p = p * z + 2.0 / 5.0
    p = p * z + 2.0 / 3.0
    k = np.float64(exponent)
    value = k * _LN2_HIGH + (k * _LN2_LOW + (s * (p * z) + 2.0 * s))
    return value if _LEAST <= x <= _MOST else np.nan
