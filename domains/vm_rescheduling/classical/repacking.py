"""Take the VMs out that are worst placed, and pack them again: best fit and alpha-VBPP."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import Field

from headway.components import component
from headway.domains.vm_rescheduling.classical.repacking_kernel import repacked
from headway.domains.vm_rescheduling.classical.setting import Setting
from headway.domains.vm_rescheduling.cluster.instance import Snapshot
from headway.domains.vm_rescheduling.cluster.ordering import order
from headway.domains.vm_rescheduling.cluster.plan import Plan
from headway.domains.vm_rescheduling.cluster.state import after, carry, copied
from headway.solver import Search, Solver


@component
class AlphaVBPP(Solver[Snapshot, Plan]):
    """Vector bin packing in stages: ``alpha`` VMs are taken out together and packed again, until the limit is used up.

    The baseline of this name in Ding et al. 2025 ("Towards VM rescheduling optimization through deep reinforcement
    learning", section 5); which VMs and which packing is ours: those whose departure gains most, and best-fit
    decreasing by slots lost, then by free cores. The part of the plan from its start that is best is returned.

    Attributes
    ----------
    alpha : VMs of a stage
    """

    fit: ClassVar[bool] = False
    alpha: Annotated[int, Field(ge=1)] = 10

    def solve(self, problem: Any, instance: Snapshot, search: Search[Plan]) -> Plan:
        setting = Setting.of(problem, instance)
        state, moves = setting.state(), np.empty((0, 3), np.int64)
        while len(moves) < setting.limit and search.left > 0:
            number = min(self.alpha, setting.limit - len(moves))
            packed = repacked(copied(state), setting.terms, number, self.fit)
            counts = after(setting.counts, state)
            stage = order(counts, counts.change(packed), setting.limit - len(moves))
            if stage.left or not len(stage.moves):
                break
            for source, kind, target in stage.moves:
                carry(state, source, kind, target)
            moves = np.concatenate([moves, stage.moves])
        return setting.plan(setting.best_prefix(moves).moves)


@component
class BestFit(AlphaVBPP):
    """What a scheduler does that knows no fragments when it places: the VM whose departure gains most goes to the node
    with the fewest free cores that has room, one VM at a time.
    """

    fit: ClassVar[bool] = True
    alpha: Annotated[int, Field(ge=1)] = 1
