"""Random weights of a model: drawn, packed to eight bits where that is asked, cut for one process of several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from scaletui.bench.torch_here import dtype_of, torch_module

SPREAD = 0.02
"""Standard deviation of the weights."""
_FEW = 8  # tokens at once up to which packed weights are multiplied as they are; beyond, unpacking them is quicker
_STEP = 16  # columns that torch's packed product wants a multiple of: of another number it crashes

Spans = Sequence[range]


class Weight(NamedTuple):
    """A matrix (rows, columns) that inputs are multiplied with.

    Attributes
    ----------
    matrix : Tensor
        In the format that is calculated in, or whole numbers of eight bits.
    bias : Tensor or None
        Added to each row's product.
    scale : Tensor or None
        What a row's whole numbers are to be multiplied with.
    """

    matrix: Any
    bias: Any = None
    scale: Any = None


class Weaver:
    """Makes weights, one after the other, of one stream of random numbers.

    Parameters
    ----------
    device, dtype : str
        Where, and in which format; ``int8`` packs matrices and leaves the rest in bf16.
    seed : int
        Of the stream.
    """

    def __init__(self, device: str, dtype: str, seed: int) -> None:
        torch = self._torch = torch_module()
        self._device, self._dtype = device, dtype_of(dtype)
        self._packs = dtype == "int8"
        self._generator = torch.Generator(device=device).manual_seed(seed)
        # On a CPU a vector times a matrix of FP32 is twice as fast where the matrix lies by columns; of 16 bits slower.
        self._by_columns = device == "cpu" and self._dtype == torch.float32

    def drawn(self, *size: int) -> Any:
        """Return random numbers in the format that is calculated in."""
        columns = self._by_columns and len(size) == 2
        made = self._torch.empty(size[::-1] if columns else size, device=self._device, dtype=self._dtype)
        made.normal_(0.0, SPREAD, generator=self._generator)
        return made.T if columns else made

    def weight(
        self, rows: int, columns: int, *, bias: bool = False, of_rows: Spans = (), of_columns: Spans = (),
        adds_bias: bool = True,
    ) -> Weight:  # fmt: skip
        """Return a weight; with spans only those rows or columns of what is drawn, as one process of several has it.

        Without ``adds_bias`` a bias is drawn and left out: where products are summed over processes, one adds it.
        """
        matrix = self.drawn(rows, columns)
        extra = self.drawn(rows) if bias else None
        scale = None
        if self._packs:
            matrix, scale = packed(matrix)
        if of_rows:
            matrix = self._laid([matrix[span.start : span.stop] for span in of_rows], 0)
            scale, extra = (self._cut(one, of_rows) for one in (scale, extra))
        if of_columns:
            matrix = self._laid([matrix[:, span.start : span.stop] for span in of_columns], 1)
        return Weight(matrix, extra if adds_bias else None, scale)

    def _laid(self, parts: list[Any], axis: int) -> Any:
        """Return parts of a matrix as one that lies in memory as the whole did."""
        made = self._torch.cat(parts, axis)
        return made.T.contiguous().T if self._by_columns else made

    def _cut(self, values: Any, spans: Spans) -> Any:
        return None if values is None else self._torch.cat([values[span.start : span.stop] for span in spans])


def packed(matrix: Any) -> tuple[Any, Any]:
    """Return a matrix as whole numbers from -127 to 127, and what each row of them is to be multiplied with."""
    torch = torch_module()
    wide = matrix.float()
    scale = (wide.abs().amax(1) / 127.0).clamp(min=1e-12).to(matrix.dtype)
    return (wide / scale.float()[:, None]).round().clamp(-127, 127).to(torch.int8), scale


def times(x: Any, weight: Weight) -> Any:
    """Return inputs (..., columns) multiplied with a weight (rows, columns)."""
    torch = torch_module()
    matrix, bias, scale = weight
    if scale is None:
        return torch.nn.functional.linear(x, matrix, bias)
    flat = x.reshape(-1, x.shape[-1])
    if len(flat) <= _FEW and x.shape[-1] % _STEP == 0 and _multiplies_packed(str(x.device.type)):
        out = torch._weight_int8pack_mm(flat, matrix, scale).view(*x.shape[:-1], -1)
    else:
        out = torch.nn.functional.linear(x, matrix.to(x.dtype)) * scale
    return out if bias is None else out + bias


def looked_up(tokens: Any, weight: Weight) -> Any:
    """Return the rows of a weight that tokens name."""
    torch = torch_module()
    found = torch.nn.functional.embedding(tokens, weight.matrix)
    return found if weight.scale is None else found.to(weight.scale.dtype) * weight.scale[tokens][..., None]


def plain(weight: Weight) -> Any:
    """Return the matrix that a weight stands for."""
    if weight.scale is None:
        return weight.matrix
    return weight.matrix.to(weight.scale.dtype) * weight.scale[:, None]


_can: dict[str, bool] = {}


def _multiplies_packed(device: str) -> bool:
    """Whether torch has a product with packed weights on a device."""
    if device not in _can:
        torch = torch_module()
        one = torch.ones((1, _STEP), device=device, dtype=torch.bfloat16)
        try:
            torch._weight_int8pack_mm(one, torch.ones((_STEP, _STEP), device=device, dtype=torch.int8), one[0])
            _can[device] = True
        except (AttributeError, NotImplementedError, RuntimeError):
            _can[device] = False
    return _can[device]
