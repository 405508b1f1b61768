"""One instance in the light of a POMO policy: episodes of it, likeliest or drawn, as routes."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Literal

import numpy as np

from headway.contest.chance import RandomPolicy
from headway.domains.routing.family.instance import RoutingInstance
from headway.domains.routing.family.solution import Routes
from headway.domains.routing.learned.pomo_episodes import Played, play, tables
from headway.domains.routing.learned.pomo_network import POMONetwork
from headway.domains.routing.learned.pomo_task import FINAL, FIXED, WIDTH, Ints, Tables, Task
from headway.errors import CapabilityError
from headway.seeds import stream

By = Literal["policy", "near", "random"]
PULL = 10.0  # of nearness, where it is all that guides


class Guide:
    """An instance (a batch of one) and its symmetric copies, with the tables of a guide.

    Parameters
    ----------
    policy : a stored policy with the network ``pomo``, or ``random``
    by : ``policy``: its tables; ``near``: the nearer a node the likelier; ``random``: all alike, and always drawn

    Raises
    ------
    CapabilityError
        The policy has another network, or the instance a rule that the kernels lack (see `Task.of`).
    """

    def __init__(self, problem: Any, instance: RoutingInstance, policy: Any, by: By = "policy") -> None:
        self.environment, self.instance = problem.environment(), instance
        self.by: By = "random" if isinstance(policy, RandomPolicy) else by
        self._network = _network(policy) if self.by == "policy" else None
        self.customers = int(instance.customers[0])

    @cached_property
    def itself(self) -> tuple[Task, Tables]:
        """What the kernels read of the instance."""
        return self._read(self.instance)

    @cached_property
    def copies(self) -> tuple[Task, Tables]:
        """The same of the plane's seven other rotations and reflections (Kwon et al. 2020, "POMO", section 4.2)."""
        return self._read(RoutingInstance.concat(self.environment.symmetries(self.instance)[1:]))

    def _read(self, instance: RoutingInstance) -> tuple[Task, Tables]:
        params = self.environment.prepare(instance)
        task = Task.of(params)
        if self._network is not None:
            return task, tables(params, self._network)
        fixed = np.zeros(FIXED, np.float32)
        fixed[FINAL] = -PULL if self.by == "near" else 0.0
        return task, Tables(np.zeros((*task.node.shape[:2], WIDTH), np.float32), fixed)

    def likeliest(self, first: Ints, *, copies: bool = False) -> Played:
        """The likeliest episodes that begin at the customers ``first`` [P] (0: where it likes), of each copy."""
        task, read = self.copies if copies else self.itself
        first = np.broadcast_to(first, (len(task.node), len(first)))
        keys = stream("tuning", 0, "guide", int(copies)).integers(2**63, size=first.shape, dtype=np.uint64)
        return play(task, read, first, keys, 1.0 if self.by == "random" else 0.0)

    def drawn(self, first: Ints, seed: int, chunk: int, temperature: float = 1.0, top: float = 1.0) -> Played:
        """Episodes drawn that begin at ``first`` [P]; those of another chunk are others."""
        keys = stream("tuning", seed, "guide", chunk).integers(2**63, size=(1, len(first)), dtype=np.uint64)
        return play(*self.itself, first[None], keys, temperature, top)


def best(played: Played) -> tuple[Routes, float]:
    """The shortest of all episodes of one instance, and its length."""
    b, p = np.unravel_index(played.length.argmin(), played.length.shape)
    route = played.route[b, p].astype(np.int64)
    return Routes(route[None, route >= 0]), float(played.length[b, p])


def _network(policy: Any) -> POMONetwork:
    network = getattr(policy, "network", None)
    if isinstance(network, POMONetwork):
        return network
    raise CapabilityError("only the POMO policy gives whole episodes", where="policy", got=type(policy).__name__,
                          expected="a policy with the network `pomo`, or random")  # fmt: skip
