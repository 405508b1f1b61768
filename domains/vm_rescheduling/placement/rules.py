"""Rules that place VMs in practice, and those that leave the fewest fragments."""

from __future__ import annotations

import dataclasses
from abc import abstractmethod
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from headway.components import component
from headway.domains.vm_rescheduling.cluster.fragments import GB, Fragment, fragments
from headway.domains.vm_rescheduling.cluster.instance import NODES
from headway.environment import Observation
from headway.ops import Array
from headway.policy import Policy

Floats = NDArray[np.float64]


class Rule(Policy):
    """Of the nodes with room the one of least `score`, ties to the lowest index; refuses where there is none."""

    @abstractmethod
    def score(self, observation: Observation) -> Floats:
        """float64 [B, N]: the less, the better."""

    def act(self, observation: Observation, mask: Array | None, memory: Any = None) -> tuple[Array, Any]:
        allowed = np.asarray(mask)
        score = np.where(allowed[:, 1:], self.score(observation), np.inf)
        return np.where(allowed[:, 0], 0, 1 + score.argmin(axis=1)), memory


def _machine(cpu: Floats) -> Floats:
    """float64 [B, N]: free cores of each node's machine."""
    pairs = cpu.reshape(len(cpu), -1, NODES).sum(axis=2)
    return np.repeat(pairs, NODES, axis=1)


@component
class FirstFit(Rule):
    """The first node with room, by machine and node."""

    def score(self, observation: Observation) -> Floats:
        return np.zeros(observation["cpu"].shape)


@component
class BestFit(Rule):
    """The machine with the fewest free cores, then its node with the fewest."""

    def score(self, observation: Observation) -> Floats:
        cpu: Floats = observation["cpu"].astype(np.float64)
        return _machine(cpu) * 1e4 + cpu


@component
class WorstFit(Rule):
    """The machine with the most free cores, then its node with the most: load is spread."""

    def score(self, observation: Observation) -> Floats:
        cpu: Floats = observation["cpu"].astype(np.float64)
        return -_machine(cpu) * 1e4 - cpu


@component
class FragmentFit(Rule):
    """The node whose machine loses the fewest whole slots of some sizes, then as best fit.

    Least new fragments in the sense of Ding et al. 2025, as a rule of placement.

    Attributes
    ----------
    slots : kinds of slots and what one of them is worth, named as in `cluster.fragments`: by default those of FR-16
    """

    slots: dict[str, float] = dataclasses.field(default_factory=lambda: {"cpu16": 1.0})

    @cached_property
    def terms(self) -> tuple[Fragment, ...]:
        """What ``slots`` means."""
        return fragments(self.slots, where="contestant.slots")

    def score(self, observation: Observation) -> Floats:
        request = observation["request"].astype(np.float64)
        double = request[:, 2:] == NODES
        lost = np.zeros(observation["cpu"].shape)
        for term in self.terms:
            k = int(term.resource == "memory")
            own: Floats = observation[("cpu", "memory")[k]].astype(np.float64)
            other, need, size = sibling(own), request[:, k : k + 1], term.size / (GB if k else 1)
            after = own - need, np.where(double, other - need, other)
            lost += term.weight * (_slots(own, other, size, term.nodes) - _slots(*after, size, term.nodes))
        return lost * 1e9 + BestFit().score(observation)


@component
class SlotFit(FragmentFit):
    """`fragment_fit` that also minds slots over both nodes: of 32, 64 and 88 cores, the sizes of the largest VMs."""

    slots: dict[str, float] = dataclasses.field(
        default_factory=lambda: {"cpu16": 1.0, "cpu32x2": 1.0, "cpu64x2": 1.0, "cpu88x2": 1.0}
    )


def sibling(values: Floats) -> Floats:
    """[B, N]: what the other node of each node's machine has."""
    return values.reshape(len(values), -1, NODES)[:, :, ::-1].reshape(values.shape)


def _slots(own: Floats, other: Floats, size: float, nodes: int) -> Floats:
    """float64 [B, N]: whole slots of each node's machine."""
    whole = np.floor(own / size), np.floor(other / size)
    return np.minimum(*whole) if nodes == NODES else whole[0] + whole[1]


class Memory(NamedTuple):
    """uint64 [B] keys and int64 [B] draws so far."""

    key: NDArray[np.uint64]
    drawn: NDArray[np.int64]


@component
class RandomFit(Policy):
    """Any node with room."""

    def start(self, n: int, seed: int = 0) -> Memory:
        keys = np.random.SeedSequence([seed]).generate_state(n, np.uint64).astype(np.uint64)
        return Memory(keys, np.zeros(n, np.int64))

    def act(self, observation: Observation, mask: Array | None, memory: Any = None) -> tuple[Array, Any]:
        allowed = np.asarray(mask)
        draws = [
            np.random.default_rng([k, i]).random(allowed.shape[1])
            for k, i in zip(*map(np.ndarray.tolist, memory), strict=True)
        ]
        action = np.where(allowed, np.stack(draws), -1.0).argmax(axis=1)
        return action, Memory(memory.key, memory.drawn + 1)
