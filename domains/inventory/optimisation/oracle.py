"""An oracle: the decisions one would have taken, had one known the demand."""

from __future__ import annotations

from typing import Any

import numpy as np

from headway.batch import Batch, Instance
from headway.components import component
from headway.domains.inventory.optimisation.bound import bounds, foreseen
from headway.domains.inventory.optimisation.hindsight import items_of, least_cost, orders
from headway.domains.inventory.optimisation.network import Floats, Network, network_of
from headway.domains.inventory.optimisation.program import Simplex
from headway.domains.inventory.stock.instance import StockPath
from headway.solver import Search, Solver

_WHOLE = 1e-6  # of a lot: what a plan may exceed whole lots by without one more
_IDLE = 1e-3  # weight of warm-up periods, so that a plan also serves them; the bound counts none


@component
class PerfectInformation(Solver[Instance, Batch]):
    """The least-cost plan for the demand path, for problems of stock (`StockPath`) and supply (`SupplyPath`).

    It sees the future, so it is an oracle and never ranked. Where lots, fixed costs of shipments or forced sales keep
    the plan from being carried out as it is, the solution costs more than the bound reported beside it, and is not
    the best one: quantities are rounded up to lots against what has been ordered before, and what is not there is
    sent later.
    """

    def solve(self, problem: Any, instance: Instance, search: Search[Batch]) -> Batch:
        search.bound(float(bounds(instance)[0]))
        network = network_of(instance)
        solution = carried_out(problem, instance, network, plan(instance, network))
        search.incumbent(solution)
        return solution


def plan(instance: Instance, network: Network) -> Floats:
    """What to ship along each link in each decided period, float64 [D, E], for a batch of one; lots are left aside."""
    if isinstance(instance, StockPath):
        items = items_of(instance)
        quantity: Floats = orders(items, least_cost(items)).T
        return quantity
    flow, program = foreseen(instance, 0, uncounted=_IDLE)
    return np.asarray(Simplex(program).first.x[flow.columns.ship[0]])


def carried_out(problem: Any, instance: Instance, network: Network, wanted: Floats) -> Batch:
    """The solution that comes closest to shipping ``wanted`` [D, E] in the problem's environment."""
    environment = problem.environment()
    params = environment.prepare(instance)
    state = environment.reset(params)
    whole, lot = network.lot > 0, np.where(network.lot > 0, network.lot, 1.0)
    kept, behind, taken = network.keep[network.head], np.zeros(len(network.head)), []
    for quantity in wanted:
        due = quantity + behind
        rounded = np.where(whole, np.ceil(due / lot - _WHOLE) * lot, due)
        decision = environment.project(environment.observe(params, state), network.placed(rounded)[None])
        behind = kept * (due - decision[0, network.links])
        taken.append(decision)
        state = environment.step(params, state, decision).state
    solution: Batch = environment.solution(instance, np.stack(taken, axis=1), np.array([len(taken)]), state)
    return solution
