"""The solution: migrations, and when each of them was decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headway.batch import pad
from headway.domains.vm_rescheduling.cluster.plan import Move, Plan


@dataclass(frozen=True)
class LivePlan(Plan):
    """Migrations of VMs of the snapshot, each carried out as soon as it is decided.

    Attributes
    ----------
    ready : float64 [B, L], seconds since the snapshot was taken, none less than the one before; inf beyond the length

    Raises
    ------
    SolutionError
        As for `Plan`; a second that is negative, not finite, or less than the one before it.
    """

    ready: NDArray[np.float64] = pad(np.inf)

    def validate(self) -> None:
        if self.ready.dtype.kind != "f" or self.ready.shape != self.vm.shape:
            got, expected = f"{self.ready.dtype} {self.ready.shape}", f"float64 {self.vm.shape}"
            raise self.error("a field has the wrong form", where="LivePlan.ready", got=got, expected=expected)
        self.plan.validate()
        made = np.arange(self.vm.shape[1]) < self.length[:, None]
        self.refuse("ready", "finite seconds >= 0", made & ~(np.isfinite(self.ready) & (self.ready >= 0)))
        with np.errstate(invalid="ignore"):
            earlier = np.diff(self.ready, axis=1, prepend=0.0) < 0
        self.refuse("ready", "no less than the second before it", made & earlier)

    @property
    def plan(self) -> Plan:
        """The migrations alone."""
        return Plan.made({"length": self.length, "vm": self.vm, "machine": self.machine, "node": self.node})

    @classmethod
    def stamped(cls, plan: Plan, ready: float | Sequence[float]) -> LivePlan:
        """One plan (a batch of one) with the second at which each migration, or all of them, were decided."""
        seconds = np.full(plan.vm.shape, np.inf)
        seconds[0, : plan.length[0]] = ready
        return cls(plan.length, plan.vm, plan.machine, plan.node, seconds)

    def decided(self, row: int = 0) -> list[tuple[Move, float]]:
        """The migrations of one plan, in order, with their seconds."""
        return list(zip(self.moves(row), self.ready[row, : self.length[row]].tolist(), strict=True))
