"""What the cluster has: its partitions, and the types of GPU that a task may ask for."""

from __future__ import annotations

import re
from typing import NamedTuple

from scaletui.jobs.slurm import call

_KINDS = re.compile(r"(?:^|,)gpu(?::([A-Za-z][^:,]*))?(?::(\d+))?(?=,|$)")


class Gpus(NamedTuple):
    """GPUs of one type in a partition.

    Attributes
    ----------
    partition : str
        Its name.
    kind : str
        The type, as ``--gres gpu:TYPE:1`` takes it; empty where the cluster names none.
    each, nodes : int
        How many a node has, and how many such nodes there are.
    cpus, memory : int
        Processors and memory [MB] of such a node.
    state, time : str
        Whether the partition is up, and the most time it grants.
    """

    partition: str
    kind: str
    each: int
    nodes: int
    cpus: int
    memory: int
    state: str
    time: str

    @property
    def gres(self) -> str:
        """What asks for one of them; empty of nodes without a GPU."""
        return "" if not self.each else f"gpu:{self.kind}:1" if self.kind else "gpu:1"


def gpus() -> list[Gpus]:
    """Return the nodes of each partition by the GPUs they have.

    Raises
    ------
    ScaletuiError
        If Slurm is not here, or does not answer.
    """
    return parsed(call(["sinfo", "-h", "-o", "%P|%a|%l|%D|%c|%m|%G"]))


def parsed(text: str) -> list[Gpus]:
    r"""Return what ``sinfo -h -o '%P|%a|%l|%D|%c|%m|%G'`` prints, a record for each kind of GPU.

    Examples
    --------
    >>> text = "gpu*|up|1-00:00:00|2|64+|512000|gpu:a100:4(S:0-1),shard:8\ncpu|up|infinite|9|32|64000|(null)"
    >>> for one in parsed(text):
    ...     print(one.partition, one.kind, one.each, one.nodes, one.gres)
    gpu a100 4 2 gpu:a100:1
    cpu  0 9
    """
    out = []
    for line in text.splitlines():
        fields = line.split("|")
        if len(fields) < 7:
            continue
        name, state, time, nodes, cpus, memory, gres = fields[:7]
        found = _KINDS.findall(re.sub(r"\([^)]*\)", "", gres)) or [("", "0")]
        for kind, each in found:
            about = (int(nodes), int(cpus.rstrip("+") or 0), int(memory.rstrip("+") or 0))
            out.append(Gpus(name.rstrip("*"), kind, int(each), *about, state, time))
    return out
