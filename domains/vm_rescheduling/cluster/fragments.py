"""What counts as a fragment: free cores or memory too little for one more VM of a given size."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from headway.errors import ConfigError

GB = 1024  # MB


@dataclass(frozen=True)
class Fragment:
    """Free capacity counts in slots of ``size``; what is beyond whole slots is a fragment.

    The fragment rate is 1 - size x nodes x slots / free, over all active machines (Ding et al. 2025, "Towards VM
    rescheduling optimization through deep reinforcement learning", section 2: FR-16). ``nodes`` 1: slots of a NUMA
    node, floor(free / size). ``nodes`` 2: slots of a machine, the lesser of its two nodes', ``size`` on each.

    Attributes
    ----------
    resource : ``cpu`` (cores) or ``memory`` (MB)
    size : cores or MB that a slot takes of a NUMA node
    nodes : NUMA nodes that a slot takes
    weight : in the objective
    """

    resource: str
    size: int
    nodes: int
    weight: float


_NAME = re.compile(r"(cpu|memory)(\d+)(x2)?")


def fragments(weights: Mapping[str, float], *, where: str) -> tuple[Fragment, ...]:
    """The terms of a mix such as ``{"cpu16": 0.5, "memory64": 0.5}``, their weights scaled to sum to 1.

    ``cpu16`` is FR-16; ``memory64`` the same of 64 GB; ``cpu64x2`` of 64 cores over both nodes of a machine.

    Raises
    ------
    ConfigError
        A name is none of these forms, a size is 0 or odd over two nodes, no weight is positive.
    """
    terms = []
    for name, weight in weights.items():
        match = _NAME.fullmatch(name)
        nodes = 2 if match and match[3] else 1
        if not match or int(match[2]) == 0 or int(match[2]) % nodes or weight < 0:
            raise ConfigError("no kind of fragment", where=f"{where}.{name}", got=f"{name}: {weight}",
                              expected="cpu16, memory64, cpu64x2, or the like, with a weight >= 0")  # fmt: skip
        size = int(match[2]) // nodes * (GB if match[1] == "memory" else 1)
        terms.append((match[1], size, nodes, weight))
    total = sum(term[3] for term in terms)
    if not total > 0:
        raise ConfigError("no fragments to minimise", where=where, got=dict(weights), expected="a positive weight")
    return tuple(Fragment(*term[:3], weight=term[3] / total) for term in terms)
