"""Where the tables of `sampling` and `hybrid` come from: a trained class policy, greed, or nothing at all."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from headway.contest.chance import RandomPolicy
from headway.domains.vm_rescheduling.cluster.instance import Snapshot
from headway.domains.vm_rescheduling.cluster.plan import Plan
from headway.domains.vm_rescheduling.learned.class_episodes import Played, play
from headway.domains.vm_rescheduling.learned.class_network import Classes, ClassNetwork
from headway.domains.vm_rescheduling.learned.class_pack import Cluster, pack
from headway.errors import CapabilityError
from headway.seeds import stream

By = Literal["policy", "fragment", "random"]
CHUNK = 16  # episodes between two looks at the clock


class Guide:
    """One snapshot (a batch of one), played with the tables of a guide.

    Parameters
    ----------
    policy : a stored policy with the network ``classes``, or ``random``
    by : ``policy``: its tables; ``fragment``: greed, what the network does before it is trained; ``random``: all alike
    """

    def __init__(self, problem: Any, snapshot: Snapshot, policy: Any, by: By) -> None:
        self.snapshot = snapshot
        self._pack, self._space = pack(problem.terms, Cluster.of(problem.environment().prepare(snapshot)))
        with torch.no_grad():
            self._logits = network_of(policy, by).of(self._pack, self._space)

    def likeliest(self) -> Played:
        """The episode of the largest logits."""
        leaving, entering = (table.double().numpy() for table in self._logits)
        return play(self._pack, self._space, (leaving, entering), np.zeros((1, 1), np.uint64), largest=True)

    def drawn(self, number: int, seed: int, chunk: int) -> Played:
        """So many episodes drawn; those of another chunk are others."""
        keys = stream("tuning", seed, "guide", chunk).integers(2**63, size=(1, number), dtype=np.uint64)
        return play(self._pack, self._space, self._weights, keys)

    @cached_property
    def _weights(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        leaving, entering = (table.double().exp().numpy() for table in self._logits)
        return leaving, entering

    def plan(self, played: Played, number: int = 0) -> Plan:
        """The best beginning of one of the episodes."""
        return Plan.of(played.plan(0, number, self.snapshot.vm_nodes[0] == 2))


def network_of(policy: Any, by: By) -> ClassNetwork:
    """The network that gives a guide's tables.

    Raises
    ------
    CapabilityError
        The policy has no network of this kind.
    """
    if by == "policy" and not isinstance(policy, RandomPolicy):
        network = getattr(policy, "network", None)
        if isinstance(network, ClassNetwork):
            return network
        raise CapabilityError("only the class policy guides whole plans", where="policy", got=type(policy).__name__,
                              expected="a policy with the network `classes`, or random")  # fmt: skip
    with torch.random.fork_rng(devices=[]):
        return ClassNetwork(Classes(greed=4.0 if by == "fragment" else 0.0))
