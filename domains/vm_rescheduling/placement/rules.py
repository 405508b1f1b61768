"""Rules that place VMs in practice, and the one that leaves the fewest fragments."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from headway.components import component
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
    """The node that loses the fewest whole slots of 16 cores, then as best fit.

    Least new fragments in the sense of FR-16 (Ding et al. 2025), as a rule of placement. A VM on both nodes counts
    what both lose.
    """

    size: int = 16

    def score(self, observation: Observation) -> Floats:
        cpu = observation["cpu"].astype(np.float64)
        cores, nodes = observation["request"][:, :1], observation["request"][:, 2:]
        lost = np.floor(cpu / self.size) - np.floor((cpu - cores) / self.size)
        lost = np.where(nodes == NODES, _machine(lost), lost)
        return lost * 1e9 + BestFit().score(observation)


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
