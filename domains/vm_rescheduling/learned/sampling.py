"""Risk-seeking evaluation: the policy's likeliest plan, then plans drawn from it, the best of which counts."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from headway.components import component, given
from headway.domains.vm_rescheduling.cluster.instance import Snapshot
from headway.domains.vm_rescheduling.cluster.plan import Plan
from headway.domains.vm_rescheduling.learned.class_guide import CHUNK, By, Guide
from headway.solver import Search, Solver


@component
class Sampling(Solver[Snapshot, Plan]):
    """The best of K plans of a policy, each tried in the exact model of the cluster (Ding et al. 2025, "Towards VM
    rescheduling optimization through deep reinforcement learning", section 4: risk-seeking evaluation).

    Attributes
    ----------
    policy : with the network ``classes``; or ``random``
    samples : plans drawn after the likeliest one, or as many as there is time for; 0: the likeliest one alone
    by : whose plans: the policy's; those of greed (``fragment``); any at all (``random``)
    """

    policy: Any = given()
    samples: Annotated[int, Field(ge=0)] = 256
    by: By = "policy"

    def solve(self, problem: Any, instance: Snapshot, search: Search[Plan]) -> Plan:
        guide = Guide(problem, instance, self.policy, self.by)
        best, value = guide.best(guide.likeliest())
        search.incumbent(best)
        for begun in range(0, self.samples, CHUNK):
            if not search.left:
                break
            plan, found = guide.best(guide.drawn(min(CHUNK, self.samples - begun), search.seed, begun))
            if found < value - 1e-12:
                best, value = plan, found
                search.incumbent(best)
        return best
