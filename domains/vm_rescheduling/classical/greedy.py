"""Greedy: the best single migration until none improves, and its randomised form."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from headway.components import component
from headway.domains.vm_rescheduling.classical.emptying_kernel import empty
from headway.domains.vm_rescheduling.classical.greedy_kernel import greedy
from headway.domains.vm_rescheduling.classical.setting import Found, Setting
from headway.domains.vm_rescheduling.cluster.instance import Snapshot
from headway.domains.vm_rescheduling.cluster.plan import Plan
from headway.solver import Search, Solver


@component
class Greedy(Solver[Snapshot, Plan]):
    """The migration that lowers the fragment rate most, again and again until none does.

    Ties go to the smallest kind of VM, then a move between machines, then the first source and the first target. For
    objective ``moves`` the plan ends where the goal is reached. For ``machines`` single migrations free nothing: there
    the machine with the fewest VMs is emptied by best fit, largest VM first, and then the next.

    Attributes
    ----------
    shape : what the square of a fragment's share of its slot counts beside slots. 0 is greedy as others have it; with
        0.1 migrations are taken that gather fragments for later ones, and plans near the limit are much better
    """

    shape: Annotated[float, Field(ge=0)] = 0.0

    def solve(self, problem: Any, instance: Snapshot, search: Search[Plan]) -> Plan:
        setting = Setting.of(problem, instance)
        return setting.plan(constructed(setting, shape=self.shape).moves)


@component
class ShapedGreedy(Greedy):
    """Greedy that counts fragments too: on full clusters and at high limits far better, for twice the time."""

    shape: Annotated[float, Field(ge=0)] = 0.1


@component
class RandomisedGreedy(Solver[Snapshot, Plan]):
    """Greedy with ties broken at random, restarted until the budget ends; the first run is plain greedy.

    Attributes
    ----------
    noise : of a departure and of an arrival, at most, in units of the smallest slot's worth; below a half it decides
        between ties only
    shape : as in `Greedy`
    """

    noise: Annotated[float, Field(ge=0)] = 0.45
    shape: Annotated[float, Field(ge=0)] = 0.0

    def solve(self, problem: Any, instance: Snapshot, search: Search[Plan]) -> Plan:
        setting = Setting.of(problem, instance)
        best = constructed(setting)
        search.incumbent(setting.plan(best.moves))
        slot = float(setting.terms.worth[setting.terms.worth > 0].min(initial=np.inf))
        while search.left > 0 and np.isfinite(slot):
            noise = search.rng.uniform(-self.noise * slot, 0.0, (2, *setting.counts.count.T.shape))
            found = constructed(setting, noise, shape=self.shape)
            if found.objective < best.objective:
                best = found
                search.incumbent(setting.plan(best.moves))
        return setting.plan(best.moves)


def constructed(
    setting: Setting,
    noise: NDArray[np.float64] | None = None,
    machines: NDArray[np.bool_] | None = None,
    shape: float = 0.0,
) -> Found:
    """The migrations of greedy, ``noise`` [2, K, N] as in `greedy_kernel`, between ``machines`` [P] only."""
    state = setting.state(machines)
    if setting.objective == "machines":
        return setting.best_prefix(empty(state, setting.counts.fixed, setting.limit))
    if noise is None:
        noise = np.zeros((2, *setting.counts.count.T.shape))
    return setting.best_prefix(greedy(state, setting.terms, setting.limit, noise, shape))
