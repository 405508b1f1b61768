"""Tables of flavours (sizes of VMs with the shares of their arrivals) and of machine types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

GB = 1024  # MB
CPU, MEMORY = 44, 184_388  # cores and MB of a NUMA node (Ding et al. 2025: a machine has 88 cores and 368,776 MB)
# Cores of a machine type's NUMA node -> as much memory per core as the published type has.
SHAPES = {f"2x{cores}": (cores, MEMORY * cores // CPU) for cores in (32, CPU, 64)}


@dataclass(frozen=True)
class Flavors:
    """F flavours; an array of each field, in one order.

    Attributes
    ----------
    name : str [F]
    cpu, memory : int64 [F], cores and MB of a VM in all
    nodes : int64 [F], NUMA nodes it takes, 1 or 2
    share : float64 [F], of the arrivals; sums to 1
    """

    name: NDArray[np.str_]
    cpu: NDArray[np.int64]
    memory: NDArray[np.int64]
    nodes: NDArray[np.int64]
    share: NDArray[np.float64]

    @classmethod
    def of(cls, rows: Mapping[str, tuple[int, int, int, float]]) -> Flavors:
        """From name -> (cores, MB, nodes, weight)."""
        cpu, memory, nodes, weight = zip(*rows.values(), strict=True)
        share = np.array(weight) / sum(weight)
        return cls(np.array(list(rows)), np.array(cpu), np.array(memory), np.array(nodes), share)

    @cached_property
    def sizes(self) -> NDArray[np.int64]:
        """int64 [F, 3]: cores and MB on each of its nodes, and how many nodes."""
        sizes: NDArray[np.int64] = np.stack([self.cpu // self.nodes, self.memory // self.nodes, self.nodes], axis=1)
        return sizes


# Cores -> the flavour's name, NUMA nodes and share of arrivals. Names and cores: Ding et al. 2025, "Towards VM
# rescheduling optimization through deep reinforcement learning", ecs.c1. Shares: chosen so that 88.3 % of the VMs
# have <= 16 cores, as published. Two nodes from 32 cores up: an assumption.
_ECS = {
    2: ("large", 1, 0.22), 4: ("xlarge", 1, 0.29), 8: ("2xlarge", 1, 0.23), 16: ("4xlarge", 1, 0.1427),
    32: ("8xlarge", 2, 0.08), 64: ("16xlarge", 2, 0.03), 88: ("22xlarge", 2, 0.0073),
}  # fmt: skip
# Series -> GB per core and share of the arrivals. The series' ratios are those of the large clouds; the shares are
# chosen so that cores and memory of the published machine (4.1 GB per core) run out at about the same time.
_SERIES = {"c": (2, 0.5), "g": (4, 0.3), "r": (8, 0.2)}


def _ecs(series: Mapping[str, tuple[int, float]]) -> Flavors:
    rows = {
        f"ecs.{letter}1.{name}": (cores, cores * ratio * GB, nodes, share * weight)
        for letter, (ratio, weight) in series.items()
        for cores, (name, nodes, share) in _ECS.items()
        if cores * ratio * GB <= 2 * MEMORY  # not r1.16xlarge and r1.22xlarge, which no machine holds
    }
    return Flavors.of(rows)


# (Cores, GB) -> arrivals in v1.train.txt of the processed Azure trace (see `files.azure_trace`). CC BY 4.0.
_AZURE = {
    (1, 0.75): 27_882, (1, 1.75): 512_172, (1, 2): 435, (16, 112): 121, (2, 14): 154, (2, 16): 15,
    (2, 3.5): 334_058, (2, 4): 175, (4, 28): 289, (4, 32): 32, (4, 7): 135_875, (4, 8): 48,
    (8, 14): 134_230, (8, 16): 9, (8, 56): 55_497, (8, 64): 6,
}  # fmt: skip


def azure_name(cores: int, gigabytes: float) -> str:
    """The name under which a flavour of the Azure trace is known here, such as ``az_1c_1.75g``."""
    return f"az_{cores}c_{gigabytes:g}g"


FLAVORS = {
    "ecs": _ecs({"c": (2, 1.0)}),  # 7 flavours, 2 GB per core
    "ecs_memory": _ecs(_SERIES),  # 19: c1 and g1 of 2 to 88 cores, r1 of 2 to 32; 2, 4 and 8 GB per core
    "azure": Flavors.of({azure_name(c, g): (c, round(g * GB), 1, count) for (c, g), count in _AZURE.items()}),  # 16
}
