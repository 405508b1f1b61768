"""Whole episodes of the POMO policy: what the environment's capability ``episodes`` and the solvers are made of."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from headway.domains.routing.classical.task import writable
from headway.domains.routing.learned.pomo_task import CUSTOMERS, Floats, Ints, Tables, Task
from headway.nn.decoding import uniforms

Keys = NDArray[np.uint64]
CHUNK = 64  # instances encoded at once: more do not fit into the machine's cache
LOST = 2.0  # an episode that leaves customers behind counts as so many times the longest one that does not


class Played(NamedTuple):
    """P episodes of each of B instances, of at most T steps."""

    route: NDArray[np.int16]  # [B, P, T], nodes in order; -1 beyond the end
    length: Floats  # [B, P]; infinite where customers are left


def play(task: Task, tables: Tables, first: Ints, keys: Keys, temperature: float = 0.0, top: float = 1.0) -> Played:
    """Play an episode for each of ``first`` [B, P], see `pomo_kernel.play`; the likeliest where not drawn."""
    from headway.domains.routing.learned import pomo_kernel

    first, keys = writable(first), writable(keys)
    played = Played(np.empty((*first.shape, 2 * task.node.shape[1]), np.int16), np.empty(first.shape))
    pomo_kernel.play(task, tables, first, keys, temperature, top, *played)
    return played


def tables(params: Any, network: Any) -> Tables:
    """The network's tables for instances as `construct` prepares them, as arrays."""
    nodes, real = torch.tensor(params.nodes), torch.tensor(params.real)
    chunks = zip(torch.split(nodes, CHUNK), torch.split(real, CHUNK), strict=True)
    with torch.no_grad():
        parts = [network.tables(*part) for part in chunks]
    return Tables(torch.cat([part.node for part in parts]).numpy(), parts[0].fixed.numpy())


def starts(customers: Ints, keys: Keys) -> Ints:
    """int64 [B, R]: customers to begin with, all different while there are enough; 0, any, for the last of each row.

    Kwon et al. (2020), "POMO", section 4; the last one is there so that the first choice is learned as well.
    """
    node = np.arange(int(customers.max()), dtype=np.uint64)
    chance = uniforms(keys[:, :1], node[None])
    chance[node >= customers[:, None]] = np.inf
    order = np.argsort(chance, axis=1)
    place = np.arange(keys.shape[1]) % customers[:, None]
    first: Ints = np.take_along_axis(order, place, 1) + 1
    first[:, -1] = 0
    return first


class Episodes:
    """The capability ``episodes``: one update's worth of experience, and its gradient.

    ``tables`` are the network's outputs for these instances, as tensors with their graph; `gradient` belongs to them.
    """

    def __init__(self, params: Any, network: Any) -> None:
        self._task = Task.of(params)
        self.tables: Tables = network.tables(torch.tensor(params.nodes), torch.tensor(params.real))
        self._read = Tables(*(np.ascontiguousarray(table.detach().numpy()) for table in self.tables))

    def play(self, keys: Keys, shaping: float) -> tuple[Floats, Floats, int]:
        """Returns [B, R] of an episode of each instance for each of its keys, twice (nothing is shaped), and the
        decisions taken in all.
        """
        self._first = starts(self._task.row[:, CUSTOMERS].astype(np.int64), keys)
        self._played = played = play(self._task, self._read, self._first, keys, 1.0)
        worst = np.where(np.isfinite(played.length), played.length, 0.0).max()
        returns = -np.where(np.isfinite(played.length), played.length, LOST * worst)
        return returns, returns, int((played.route >= 0).sum())

    def greedy(self) -> Floats:
        """float64 [B]: the return of the likeliest episode."""
        first = np.zeros((len(self._first), 1), np.int64)
        return -play(self._task, self._read, first, np.zeros(first.shape, np.uint64)).length[:, 0]

    def gradient(self, weight: Floats, pull: float) -> tuple[list[NDArray[np.float32]], float]:
        """Derivatives by the tables of the mean over episodes of weight [B, R] x log probability + pull x entropy of
        its choices, and the mean entropy of those looked at.
        """
        from headway.domains.routing.learned.pomo_gradient import score

        out = Tables(*(np.zeros_like(table) for table in self._read))
        share = 1 / weight.size
        entropy = score(self._task, self._read, self._played.route, self._first, weight * share, pull * share, out)
        return list(out), float(entropy)
