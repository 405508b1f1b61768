"""The environment `construct`: routes are built node by node."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from headway.components import component
from headway.domains.routing.construct import masks
from headway.domains.routing.construct.moves import move
from headway.domains.routing.construct.observation import observed, spaces_of
from headway.domains.routing.construct.params import Params, State, prepare
from headway.domains.routing.family.instance import RoutingInstance
from headway.domains.routing.family.solution import Routes
from headway.domains.routing.family.switches import refuse_beyond
from headway.environment import Environment, Observation, Transition
from headway.ops import Array

if TYPE_CHECKING:
    from gymnasium import spaces

    from headway.domains.routing.learned.pomo_episodes import Episodes


@component
class Construct(Environment[RoutingInstance, Routes, Params, State]):
    """Vehicles leave one after the other; each decision is the next node to visit.

    Decision: int64 [B], a node; a depot sends the vehicle home and a new, empty one out from the depot named. Reward:
    minus the distance driven, plus the prize of a customer that might have been left out, float64 in the instance's
    unit. Terminated once the vehicle is home and nobody is left who can be served, or, with prizes, a vehicle that
    stands at a depot is sent there. Mask: see `masks`; customers that the vehicle can serve and come back from. A
    masked episode takes at most two steps per customer; an unmasked one is truncated then.

    Observation: see `observation.observed`.

    Task, mask and end of the CVRP are those of Kool, van Hoof and Welling (ICLR 2019); deliveries are not split.
    """

    capabilities: ClassVar[frozenset[str]] = frozenset({"episodes", "starts", "symmetries"})
    masked: ClassVar[bool] = True
    action: ClassVar[Literal["discrete", "box"]] = "discrete"

    @property
    def rules(self) -> frozenset[str]:
        """What the problem has beyond capacities (`family.switches`)."""
        rules: frozenset[str] = self.problem.rules
        return rules

    def prepare(self, instance: RoutingInstance) -> Params:
        refuse_beyond(instance, self.rules, "construct")
        return prepare(instance, "windows" in self.rules, self.arrays)

    def reset(self, params: Params) -> State:
        xp, customers = self.arrays.xp, params.customers
        zeros, never = xp.zeros_like(customers), xp.zeros_like(customers, dtype=xp.bool)
        state = State(
            position=zeros,
            depot=zeros,
            peak=zeros,
            load=zeros,
            time=xp.asarray(params.earliest[:, 0], copy=True),
            driven=xp.zeros_like(params.longest),
            collected=never,
            due=xp.zeros_like(params.waiting),
            waiting=xp.asarray(params.waiting, copy=True),
            allowed=params.waiting,
            left=xp.asarray(customers, copy=True),
            sent=xp.zeros_like(params.fleet),
            finished=never,
            steps=zeros,
        )
        return masks.known(params, state, self.rules, self.arrays)

    def observe(self, params: Params, state: State) -> Observation:
        return observed(params, state, self.rules, self.arrays)

    def spaces(self, params: Params) -> tuple[spaces.Dict, spaces.Space[Any]]:
        return spaces_of(params.real.shape[1])

    def mask(self, params: Params, state: State) -> Array:
        return state.allowed

    def step(self, params: Params, state: State, decision: Array) -> Transition[State]:
        after, leg = move(params, state, decision, self.rules, self.arrays)
        xp, ops = self.arrays.xp, self.arrays.ops
        reward = -leg
        if "prizes" in self.rules:
            first = ops.gather(state.waiting, decision)
            reward = reward + xp.where(first, ops.gather(params.prize, decision), 0.0)
        truncated = ~after.finished & (after.steps >= 2 * params.customers + 2 * bool(self.rules & masks.CHOICES))
        return Transition(after, reward, after.finished, truncated)

    def solution(
        self, instance: RoutingInstance, decisions: NDArray[np.int64], length: NDArray[np.int64], state: State
    ) -> Routes:
        nodes, customers = np.asarray(decisions, np.int64), instance.customers[:, None]
        return Routes(np.where(nodes > customers, customers - nodes, nodes))

    def offset(self, instance: RoutingInstance) -> Array:
        """Prizes are lost from the start, and won back by visits."""
        return np.where(instance.customer & np.isfinite(instance.prize), instance.prize, 0.0).sum(1)

    # -- capabilities ---------------------------------------------------------------------------
    def episodes(self, params: Params, network: Any) -> Episodes:
        """Whole episodes of a network that gives tables (see `learned.pomo_network`).

        Raises
        ------
        CapabilityError
            The problem has several depots, prizes or pairs.
        """
        from headway.domains.routing.learned.pomo_episodes import Episodes

        return Episodes(params, network)

    def starts(self, params: Params) -> Array:
        """int64 [B, K]: customers to visit first, each in its turn; K is the least number of them in a row (POMO)."""
        xp = self.arrays.xp
        first = params.reach[:, 0]
        count = int(xp.min(xp.sum(xp.astype(first, xp.int64), axis=1)))
        return xp.argsort(xp.astype(~first, xp.int8), axis=1, stable=True)[:, :count]

    def symmetries(self, instance: RoutingInstance) -> list[RoutingInstance]:
        """The eight rotations and reflections of the plane; all distances stay the same, bit for bit."""
        turned = [instance.coords, instance.coords[..., ::-1]]
        signs = [np.array(sign) for sign in ((1.0, 1.0), (-1.0, 1.0), (1.0, -1.0), (-1.0, -1.0))]
        return [dataclasses.replace(instance, coords=coords * sign) for coords in turned for sign in signs]


@component
class ConstructConfined(Construct):
    """`Construct` under rules that may leave a vehicle no way out: a fleet that is too small, goods on board that can
    no longer be delivered in time. The episode then ends, and its solution is infeasible.
    """

    capabilities: ClassVar[frozenset[str]] = frozenset({"episodes", "starts", "symmetries", "dead_ends"})
