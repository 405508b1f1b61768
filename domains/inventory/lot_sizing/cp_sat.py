"""Rolling horizon: plan the next periods with CP-SAT, do what the plan says for this one, and plan again."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from headway.components import component
from headway.domains.inventory.lot_sizing.bound import countable
from headway.domains.inventory.lot_sizing.dynamics import State
from headway.domains.inventory.lot_sizing.instance import PlantPath
from headway.domains.inventory.lot_sizing.plan import Plan
from headway.domains.inventory.lot_sizing.program import Program, Task, worthwhile
from headway.domains.inventory.lot_sizing.run_out import RunOut
from headway.domains.inventory.lot_sizing.simulation import Simulation, better
from headway.environment import Observation
from headway.errors import CapabilityError
from headway.ops import Array
from headway.policy import Planner, Policy
from headway.rollouts import rollout

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

SIMULATED = 20  # periods, for the comparison with the rule
KEPT = 512  # plans that are remembered, for the machines still to be told in the same period


class Moment(NamedTuple):
    """A row's period at its start, and what its first machines have been told since."""

    left: int
    stock: Floats  # [I]
    setup: Integers  # [M]
    told: tuple[int, ...]

    @classmethod
    def of(cls, view: PlantPath, state: Any) -> Moment:
        """Take back what has been made in this period."""
        told = tuple(np.asarray(state.setup)[0, : int(state.machine[0])].tolist())
        stock, held = np.array(state.stock[0], np.float64), np.array(state.held[0])
        for machine, item in enumerate(told):
            if item > 0:
                lost = view.setup_loss[0, machine, item - 1] if held[machine] != item else 0.0
                stock[item - 1] -= max(view.rate[0, machine, item - 1] - lost, 0.0)
        return cls(int(view.horizon[0]) - view.demand.shape[1], stock, held, told)

    def state(self) -> State:
        """The period's start."""
        zero, setup = np.zeros(1, np.int64), self.setup[None]
        return State(zero, zero, self.stock[None], setup, setup)


@component
class CPSAT(Planner[PlantPath]):
    """The integer program of `Program` over the next periods, begun from the plan of the run-out rule.

    If the solver finds nothing that costs less in the model than the rule's plan, that one is followed. A period is
    planned for all machines at once, and again only where a machine was told something else.

    Without a value of what is left, plans would let stocks run down to the window's end. A machine set up for an item
    saves a change to it, and so does a full stock for a while: each is worth the item's cheapest one, and less than
    a full stock its share of it. This is rough, hence the comparison by simulation.

    window : periods planned
    work : limit of the search for each period, in CP-SAT's deterministic time, so that plans can be repeated
    spread : factor on the standard deviation of demand; 0 plans for the expected demand alone
    ending : factor on the worth of what is left after the window
    scenarios : simulated paths of demand on which what the solver found for the period has to beat the rule's own
        decisions, the rule following both, by a standard error; 0: none, the solver is always believed
    """

    window: Annotated[int, Field(ge=1)] = 12
    work: Annotated[float, Field(gt=0)] = 0.1
    spread: Annotated[float, Field(ge=0)] = 1.0
    ending: Annotated[float, Field(ge=0)] = 1.0
    scenarios: Annotated[int, Field(ge=0)] = 16

    def plan(self, problem: Any, view: PlantPath, state: Any) -> Array:
        moment = Moment.of(view, state)
        first = self._first(problem, view, moment._replace(told=()))
        if tuple(first[: len(moment.told)].tolist()) != moment.told:
            first = self._first(problem, view, moment)
        return np.asarray(first[len(moment.told)])

    def task(self, view: PlantPath, moment: Moment) -> Task:
        """What there is to plan.

        Raises
        ------
        CapabilityError
            Goods are not made in whole numbers.
        """
        periods = min(self.window, moment.left)
        demand = np.diff(np.rint(np.arange(periods + 1)[:, None] * view.mean), axis=0)
        ahead = {"demand": demand[None], "horizon": np.array([periods])}
        now = {"stock": np.rint(moment.stock)[None], "setup": moment.setup[None]}
        path = PlantPath(**view.arrays() | ahead | now)
        if (name := countable(path)) is not None:
            hint = "the solver counts goods one by one"
            raise CapabilityError("goods are not whole numbers", where=f"PlantPath.{name}", hint=hint)
        change = np.where(worthwhile(path), path.setup_cost[0], np.inf).min(axis=0)
        ending = self.ending * np.where(np.isfinite(change) & (periods < moment.left), change, 0.0)
        return Task(path, moment.told, self.spread, ending)

    def _first(self, problem: Any, view: PlantPath, moment: Moment) -> Integers:
        """What the machines do in this period, remembered until they have all been told."""
        plant = b"".join(view.arrays()[name].tobytes() for name in view.arrays() if name not in ("demand", "stock"))
        key = (repr(problem), plant, moment.left, moment.stock.tobytes(), moment.setup.tobytes(), moment.told)
        if key not in self._plans:
            if len(self._plans) >= KEPT:
                del self._plans[next(iter(self._plans))]
            task = self.task(view, moment)
            known = foreseen(problem, task, moment.left - len(task.path.demand[0]))
            self._plans[key] = self._vetted(problem, view, moment, known[0], Program(task, known).solve(self.work))
        return self._plans[key]

    def _vetted(self, problem: Any, view: PlantPath, moment: Moment, known: Integers, found: Integers) -> Integers:
        """What was found, unless it is worse than the rule's own period on simulated demand."""
        if not self.scenarios or (known == found).all():
            return found
        simulation = Simulation(problem, self.scenarios, SIMULATED, seed=0)
        costs = simulation.costs(view, moment.state(), np.stack([known, found]))
        return found if better(costs, 1.0) else known

    @cached_property
    def _plans(self) -> dict[Any, Integers]:
        return {}


class Ahead(Policy):
    """The rule, told that there are periods after the window, and what the first machines have done."""

    def __init__(self, told: tuple[int, ...], window: int, beyond: int) -> None:
        self.rule = RunOut()
        self.told, self.window, self.beyond = told, window, beyond

    def act(self, observation: Observation, mask: Array | None, memory: Any = None) -> tuple[Array, Any]:
        left, machine = observation["left"], int(np.asarray(observation["phase"])[0].argmax())
        if machine < len(self.told) and left[0, 0] == self.window:
            return np.array([self.told[machine]]), memory
        return self.rule.act({**observation, "left": left + self.beyond}, mask, memory)


def foreseen(problem: Any, task: Task, beyond: int) -> Integers:
    """The rule's plan of the window, int64 [T, M], should demand be as expected."""
    rule = Ahead(task.told, len(task.path.demand[0]), beyond)
    plan: Plan = rollout(problem.environment(), rule, task.path).solution  # type: ignore[assignment]
    return np.array(plan.item[0])
