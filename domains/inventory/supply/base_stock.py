"""Base-stock rules for networks: each node orders up to a level, its own or its echelon's."""

from __future__ import annotations

import dataclasses
from abc import abstractmethod
from functools import cached_property
from typing import Any, Literal, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from headway import tree
from headway.components import component, given
from headway.domains.inventory.supply.allocation import at, least_shortage, part, whole
from headway.domains.inventory.supply.echelon import Echelons, coming, echelons
from headway.domains.inventory.supply.levels import Settings, safety_factor, search
from headway.environment import Observation
from headway.errors import ConfigError
from headway.ops import Array
from headway.policy import Policy

Floats = NDArray[np.float64]


class Plan(NamedTuple):
    """What does not change in an episode: the network as rules see it, and levels [B, N]."""

    network: Echelons
    levels: Floats


@component
class BaseStock(Policy):
    """What the two rules share. A node's level is a quantile of the demand that it has to cover:

        level = mean + (newsvendor's safety factor + shift of its layer) x standard deviation

    A layer is all nodes as far from the customers. What is left None is searched for by simulation, once a problem.

    levels : one per node, instead of all that
    shifts : one per layer, the stores' first; layers beyond the last have the last one's
    allocation : what a node does whose customers ask for more than it has: ``proportional`` to what they ask for,
        or ``min_shortage``, with the least expected shortage
    """

    levels: tuple[float, ...] | None = None
    shifts: tuple[float, ...] | None = None
    allocation: Literal["proportional", "min_shortage"] | None = None
    problem: Any = given(None)

    @abstractmethod
    def position(self, observation: Observation, network: Echelons) -> Floats:
        """What a node has already of what it orders up to, [B, N]."""

    @abstractmethod
    def demand(self, observation: Observation, network: Echelons) -> tuple[Floats, Floats]:
        """Mean and standard deviation of the demand that a level has to cover, [B, N]."""

    def act(self, observation: Observation, mask: Array | None, memory: Any = None) -> tuple[Floats, Any]:
        plan: Plan = memory or self._plan(observation)
        network, stock = plan.network, observation["stock"].astype(np.float64)
        asked = _at(np.maximum(plan.levels - self.position(observation, network), 0.0), network.head) * network.share
        limit = np.where(observation["capacity"] < 0, np.inf, observation["capacity"]).astype(np.float64)
        asked = np.minimum(asked, limit)
        short = (part(stock, asked, network.tail) < 1).any(axis=1)
        if short.any():
            cut = {name: array[short] for name, array in observation.items()}
            asked[short] = self._allocated(cut, tree.rows(network, short), asked[short])
        scale = observation["edge_scale"].astype(np.float64)
        return asked / np.where(scale > 0, scale, 1.0), plan

    def fit(self, problem: Any, view: Any) -> Self:
        return dataclasses.replace(self, problem=problem.until(view))

    @property
    def known_levels(self) -> tuple[float, ...] | None:
        """Levels that need no search."""
        return None

    @cached_property
    def settings(self) -> Settings:
        """Shifts and allocation: those configured, else the best ones found on tuning instances."""
        if self.problem is None or self.known_levels or (self.shifts is not None and self.allocation is not None):
            return Settings(self.shifts or (0.0,), self.allocation or "proportional")
        key = type(self), self.shifts, self.allocation
        if key not in self.problem.found:
            self.problem.found[key] = search(self, self.problem)
        found: Settings = self.problem.found[key]
        return found

    def _plan(self, observation: Observation) -> Plan:
        network = echelons(observation)
        mean, deviation = self.demand(observation, network)
        levels = self.levels or self.known_levels
        if levels is not None:
            if len(levels) != mean.shape[1]:
                got, expected = len(levels), f"{mean.shape[1]}, one per node"
                raise ConfigError("levels for another network", where="levels", got=got, expected=expected)
            return Plan(network, np.repeat(np.array([levels]), len(mean), axis=0))
        shifts = np.array(self.settings.shifts)
        shift = shifts[np.clip(network.depth, 0, len(shifts) - 1)]
        factor = safety_factor(network, observation["costs"][..., 0])
        return Plan(network, mean + (factor + shift) * deviation)

    def _allocated(self, observation: Observation, network: Echelons, asked: Floats) -> Floats:
        """What is given of ``asked`` [B, E] where nodes have too little."""
        stock, tail = observation["stock"].astype(np.float64), network.tail
        share = part(stock, asked, tail)
        if self.settings.allocation == "proportional":
            shared = asked * share
        else:
            covered = _below(observation, network), network.mean, network.deviation
            shared = least_shortage(stock, asked, tail, *(_at(values, network.head) for values in covered))
        lot = observation["lot"].astype(np.float64)
        return np.where(share < 1, whole(stock, shared, lot, tail), asked)


@component
class EchelonBaseStock(BaseStock):
    """Order up to an echelon level: on hand and under way, here and everywhere downstream (Clark and Scarf 1960).

    For a serial system the levels are Clark and Scarf's, which are optimal, unless ``shifts`` are given.
    """

    @property
    def known_levels(self) -> tuple[float, ...] | None:
        return None if self.problem is None or self.shifts is not None else self.problem.known_levels

    def position(self, observation: Observation, network: Echelons) -> Floats:
        return _below(observation, network)

    def demand(self, observation: Observation, network: Echelons) -> tuple[Floats, Floats]:
        return network.mean, network.deviation


@component
class LocalBaseStock(BaseStock):
    """Order up to a level of one's own: on hand and under way to the node alone, whatever there is downstream."""

    def position(self, observation: Observation, network: Echelons) -> Floats:
        own: Floats = observation["stock"].astype(np.float64) + coming(observation["pipeline"].sum(axis=1), network)
        return own

    def demand(self, observation: Observation, network: Echelons) -> tuple[Floats, Floats]:
        periods = coming(observation["lead_time"] * network.share, network) + 1.0
        mean: Floats = observation["node_scale"] * periods
        return mean, observation["spread"] * np.sqrt(periods)


def _below(observation: Observation, network: Echelons) -> Floats:
    """Echelon inventory position [B, N]: in the node, on the way to it, and in or on the way to all below it."""
    there = observation["stock"].astype(np.float64) + coming(observation["pipeline"].sum(axis=1), network)
    return (network.below @ there[..., None])[..., 0]  # type: ignore[no-any-return]


def _at(values: Floats, ends: NDArray[np.int64]) -> Floats:
    """``values`` [B, N] at the ends of links [B, E]; 0 where there is no node."""
    return at(np.concatenate([values, np.zeros((len(values), 1))], axis=1), ends)
