"""Where the tables of `sampling` and `hybrid` come from: a trained class policy, greed, or nothing at all."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from headway.contest.chance import RandomPolicy
from headway.domains.vm_rescheduling.cluster.instance import NODES, Snapshot
from headway.domains.vm_rescheduling.cluster.plan import Plan
from headway.domains.vm_rescheduling.learned.class_episodes import Played, play
from headway.domains.vm_rescheduling.learned.class_network import Classes, ClassNetwork
from headway.domains.vm_rescheduling.learned.class_pack import Cluster, pack
from headway.errors import CapabilityError
from headway.seeds import stream

if TYPE_CHECKING:
    from headway.domains.vm_rescheduling.classical.setting import Found, Setting

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
        self.problem, self.snapshot = problem, snapshot
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

    def best(self, played: Played) -> tuple[Plan, float]:
        """The best beginning of the best episode by the problem's objective, and how much better others are (less is
        better, comparable between episodes of one guide).
        """
        if self.problem.objective == "fragments":
            number = int(played.gained[0].argmax())
            return Plan.of(played.plan(0, number, self.snapshot.vm_nodes[0] == NODES)), -float(played.gained[0, number])
        found = [self.setting.best_prefix(self._migrations(moves)) for moves in played.moves[0]]
        first = min(found, key=lambda answer: answer.objective)
        return self.setting.plan(first.moves), first.objective

    def prefix(self, plan: Plan) -> Found:
        """A plan as migrations of the setting."""
        at = (NODES * self.snapshot.host[0] + self.snapshot.node[0]).tolist()
        moves = []
        for vm, machine, node in plan.moves():
            moves.append((at[vm], self.setting.counts.kind[vm], NODES * machine + node))
            at[vm] = moves[-1][2]
        return self.setting.best_prefix(np.array(moves, np.int64).reshape(-1, 3))

    @cached_property
    def setting(self) -> Setting:
        """The snapshot as the hand rules and the exact model have it."""
        from headway.domains.vm_rescheduling.classical.setting import Setting

        return Setting.of(self.problem, self.snapshot)

    def _migrations(self, moves: NDArray[np.int32]) -> NDArray[np.int64]:
        made = moves[moves[:, 0] != moves[:, 2]]
        kinds = self.setting.counts.kind[made[:, 3]]
        return np.stack([made[:, 0], kinds, made[:, 2]], axis=1).astype(np.int64)


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
