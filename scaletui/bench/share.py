"""One process's share of a model that several calculate together: heads, columns and rows, and what goes between them.

The split of Shoeybi et al. (2019, Section 3): queries, keys, values and the wide side of an MLP by rows, what brings
them together by columns, so that a layer needs one sum over all processes after each; the head by tokens.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from scaletui.bench.shapes import Shape


class Share(NamedTuple):
    """Which of how many.

    Attributes
    ----------
    rank, parts : int
        The process, from 0 on, and how many there are.
    """

    rank: int = 0
    parts: int = 1

    def span(self, count: int) -> range:
        """Return this process's part of so many things, which the processes divide evenly but for the last.

        >>> [list(Share(rank, 2).span(5)) for rank in (0, 1)]
        [[0, 1, 2], [3, 4]]
        """
        each = -(-count // self.parts)
        return range(min(self.rank * each, count), min((self.rank + 1) * each, count))

    def shape(self, whole: Shape) -> Shape:
        """Return the shape of this process's share: its heads, and its columns of the MLP.

        >>> llama = Shape("", "", 2, 64, 8, 2, 8, 128, 211)
        >>> Share(1, 4).shape(llama).heads, Share(1, 4).shape(llama).kv_heads, Share(1, 4).shape(llama).d_ff
        (2, 1, 32)
        """
        heads, kv_heads = self.heads(whole)
        return whole._replace(heads=len(heads), kv_heads=len(kv_heads), d_ff=len(self.span(whole.d_ff)))

    def heads(self, whole: Shape) -> tuple[range, range]:
        """Return this process's heads, and the heads of keys that these look at."""
        heads, group = self.span(whole.heads), whole.heads // whole.kv_heads
        return heads, range(heads.start // group, (heads.stop - 1) // group + 1)

    def qkv(self, whole: Shape) -> list[range]:
        """Return the rows of queries, keys and values."""
        heads, kv_heads = self.heads(whole)
        starts = (0, whole.heads, whole.heads + whole.kv_heads)
        return [
            range((start + one.start) * whole.head_dim, (start + one.stop) * whole.head_dim)
            for start, one in zip(starts, (heads, kv_heads, kv_heads), strict=True)
        ]

    def out(self, whole: Shape) -> list[range]:
        """Return the columns that bring this process's heads together."""
        heads, _ = self.heads(whole)
        return [range(heads.start * whole.head_dim, heads.stop * whole.head_dim)]

    def up(self, whole: Shape) -> list[range]:
        """Return the rows of the wide side of the MLP; gated, those of both halves."""
        own = self.span(whole.d_ff)
        starts = (0, whole.d_ff) if whole.gated else (0,)
        return [range(start + own.start, start + own.stop) for start in starts]


ALONE = Share()


def hindrance(shape: Shape, parts: int) -> str:
    """Return why so many processes cannot share a shape; empty where they can.

    >>> llama = Shape("", "", 2, 64, 8, 2, 8, 128, 211)
    >>> hindrance(llama, 4), hindrance(llama, 9)
    ('', '9 processes do not share 8 heads evenly')
    """
    if shape.heads % parts:
        return f"{parts} processes do not share {shape.heads} heads evenly"
    if shape.kv_heads % parts and parts % shape.kv_heads:
        return f"{parts} processes do not share {shape.kv_heads} heads of keys evenly"
    if shape.d_ff % parts:
        return f"{parts} processes do not share {shape.d_ff:,} columns of the MLP evenly"
    return ""


def reductions(shape: Shape) -> int:
    """Return the sums over all processes that a token needs; one more step brings the logits together.

    >>> reductions(Shape("", "", 6, 512, 8, 8, 64, 2048, 50304, False, True, 0.25))
    6
    """
    return shape.layers * (1 if shape.parallel else 2)


class Together:
    """What a process says to the others; alone, nothing.

    Parameters
    ----------
    share : Share
        Which of how many.
    """

    def __init__(self, share: Share) -> None:
        self.share = share

    def summed(self, x: Any) -> Any:
        """Return the sum of what the processes have, which takes its place."""
        if self.share.parts > 1:
            from torch import distributed

            distributed.all_reduce(x)
        return x

    def joined(self, part: Any, width: int) -> Any:
        """Return the columns (batch, width) of which each process has `Share.span`."""
        if self.share.parts == 1:
            return part
        import torch
        from torch import distributed

        each = -(-width // self.share.parts)
        if part.shape[-1] < each:
            part = torch.nn.functional.pad(part, (0, each - part.shape[-1]))
        pieces = [torch.empty_like(part, memory_format=torch.contiguous_format) for _ in range(self.share.parts)]
        distributed.all_gather(pieces, part.contiguous())
        return torch.cat(pieces, -1)[..., :width]
