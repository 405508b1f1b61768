"""Whole episodes of the class policy: what the environment's capability ``episodes`` and the solvers are made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from headway.domains.vm_rescheduling.cluster.fragments import Fragment
from headway.domains.vm_rescheduling.cluster.instance import NODES
from headway.domains.vm_rescheduling.cluster.plan import Move
from headway.domains.vm_rescheduling.learned import class_kernel
from headway.domains.vm_rescheduling.learned.class_gradient import score
from headway.domains.vm_rescheduling.learned.class_pack import Cluster, Pack, pack
from headway.domains.vm_rescheduling.learned.class_space import Space

Floats = NDArray[np.float64]
Tables = tuple[Floats, Floats]


class Played(NamedTuple):
    """R episodes of each of B clusters, of at most L moves."""

    moves: NDArray[np.int32]  # [B, R, L, 4]: source node, kind, target node, VM; -1 beyond the end
    value: Floats  # [B, R, L], what the moves up to this one took off the objective
    hope: Floats  # [B, R, L], what fragments promise after it, more than at the start

    @property
    def gained(self) -> Floats:
        """float64 [B, R]: the best that any beginning of the episode took off."""
        best: Floats = self.value.max(2, initial=0.0)
        return best

    def length(self, b: int, r: int) -> int:
        """Moves of the shortest beginning of an episode that is the best."""
        value = self.value[b, r]
        return int(value.argmax()) + 1 if value.max(initial=0.0) > 0 else 0

    def plan(self, b: int, r: int, double: NDArray[np.integer[Any]]) -> list[Move]:
        """The shortest beginning of an episode that is the best; ``double`` [V] is 1 for VMs on both nodes."""
        made = self.moves[b, r, : self.length(b, r)].tolist()
        return [
            Move(vm, to // NODES, 0 if double[vm] else to % NODES) for at, _, to, vm in made if vm >= 0 and at != to
        ]


def play(packed: Pack, space: Space, tables: Tables, keys: NDArray[np.uint64], *, largest: bool = False) -> Played:
    """Play each cluster once for each of its keys [B, R]: choices drawn, or the ``largest`` ones taken.

    ``tables`` [B, J, C, Q] are logits where the largest are taken, their exponentials elsewhere.
    """
    shape = (*keys.shape, int(packed.limit.max(initial=1)))
    played = Played(np.empty((*shape, 4), np.int32), np.empty(shape), np.empty(shape))
    class_kernel.play(packed, space.numbers, *tables, keys, largest, *played)
    return played


class Episodes:
    """The capability ``episodes``: one update's worth of experience, and its gradient.

    ``tables`` are the network's outputs for these clusters, as tensors with their graph; `gradient` belongs to them.
    """

    def __init__(self, terms: Sequence[Fragment], params: Any, network: Any) -> None:
        self._pack, self._space = pack(terms, Cluster.of(params))
        self.tables = network.of(self._pack, self._space)
        leaving, entering = (np.exp(table.detach().double().numpy()) for table in self.tables)
        self._weights: Tables = (leaving, entering)

    def play(self, keys: NDArray[np.uint64], shaping: float) -> tuple[Floats, Floats, int]:
        """Returns [B, R] of an episode of each cluster for each of its keys: what its best beginning takes off the
        objective; the same with ``shaping`` times what fragments promise after it; and the decisions taken in all.
        """
        self._played = played = play(self._pack, self._space, self._weights, keys)
        shaped = (played.value + shaping * played.hope).max(2, initial=0.0)
        return played.gained, shaped, 2 * int((played.moves[..., 0] >= 0).sum())

    def gradient(self, weight: Floats, pull: float) -> tuple[list[Floats], float]:
        """Derivatives by the tables of the mean over moves of weight [B, R] x log probability + pull x entropy, and
        that mean entropy (0 without a pull).
        """
        moves = self._played.moves
        out = [np.zeros_like(table) for table in self._weights]
        entropy = score(self._pack, self._space.numbers, *self._weights, moves, weight, pull, *out)
        number = max(1, int((moves[..., 0] >= 0).sum()))
        return [part / number for part in out], float(entropy)
