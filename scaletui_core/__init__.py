"""Numerics of scaletui: quantities, published scaling laws, calculators.

Nothing in this package prints, reads the environment, or imports a terminal library. Scalars run as plain Python;
numpy and numba are imported only when arrays are asked for.
"""

__version__ = "0.1.0"
