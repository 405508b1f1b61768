"""What a trace tells of VMs: when they came, how large they were, when they went."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from headway.domains.vm_rescheduling.workload.flavors import Flavors

TWO_NODES = 32  # cores from which a VM takes both NUMA nodes, where a trace does not say


@dataclass(frozen=True)
class Arrivals:
    """A VMs in the order in which they came; an array [A] of each field.

    Attributes
    ----------
    time : float64, seconds
    departure : float64, seconds; inf where it is not known, because the VM outlived the trace
    flavor : str, its name
    cpu, memory : int64, cores and MB in all
    nodes : int64, NUMA nodes it takes, 1 or 2
    """

    time: NDArray[np.float64]
    departure: NDArray[np.float64]
    flavor: NDArray[np.str_]
    cpu: NDArray[np.int64]
    memory: NDArray[np.int64]
    nodes: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.time)

    @cached_property
    def lifetime_known(self) -> bool:
        """Whether any departure is known."""
        return bool(np.isfinite(self.departure).any())

    @cached_property
    def table(self) -> Flavors:
        """Its flavours, with their shares of the arrivals."""
        _, first, count = np.unique(self.flavor, return_index=True, return_counts=True)
        share = count / count.sum()
        return Flavors(self.flavor[first], self.cpu[first], self.memory[first], self.nodes[first], share)

    @cached_property
    def kind(self) -> NDArray[np.int64]:
        """int64 [A]: the row of each in `table`."""
        kind: NDArray[np.int64] = np.searchsorted(self.table.name, self.flavor)
        return kind

    def between(self, start: float, end: float) -> Arrivals:
        """Those that came at ``start`` or later and before ``end``."""
        kept = slice(*np.searchsorted(self.time, (start, end)))
        return Arrivals(*(getattr(self, name)[kept] for name in self.__dataclass_fields__))
