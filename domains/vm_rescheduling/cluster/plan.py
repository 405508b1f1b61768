"""The solution: an ordered list of migrations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from headway.batch import Batch, pad
from headway.errors import SolutionError


class Move(NamedTuple):
    """One migration: VM ``vm`` goes to NUMA node ``node`` of ``machine`` (node 0 for a VM that takes both)."""

    vm: int
    machine: int
    node: int


@dataclass(frozen=True)
class Plan(Batch):
    """Migrations in the order in which they are made.

    Attributes
    ----------
    length : int64 [B], how many migrations
    vm : int64 [B, L], -1 beyond the length
    machine : int64 [B, L], the destination
    node : int64 [B, L], its NUMA node; 0 for a VM on both

    Raises
    ------
    SolutionError
        The fields are not whole numbers, differ in shape, or hold fewer migrations than the length says.
    """

    error = SolutionError

    length: NDArray[np.int64]
    vm: NDArray[np.int64] = pad(-1)
    machine: NDArray[np.int64] = pad(-1)
    node: NDArray[np.int64] = pad(0)

    def validate(self) -> None:
        shape = (len(self), *self.vm.shape[1:2])
        for name, array in self.arrays().items():
            expected = shape[:1] if name == "length" else shape
            if array.dtype.kind != "i" or array.shape != expected:
                raise self.error(
                    "a field has the wrong form",
                    where=f"{type(self).__name__}.{name}",
                    got=f"{array.dtype} {array.shape}",
                    expected=f"int64 {expected}",
                )
        self.refuse("length", f"0..{self.vm.shape[1]}, the migrations there are", self.cut)

    @property
    def cut(self) -> NDArray[np.bool_]:
        """bool [B]: the length says more than there is."""
        cut: NDArray[np.bool_] = (self.length < 0) | (self.length > self.vm.shape[1])
        return cut

    @classmethod
    def of(cls, moves: Sequence[Move | tuple[int, int, int]]) -> Self:
        """One plan (a batch of one)."""
        table = np.array(moves, np.int64).reshape(-1, 3).T
        return cls(np.array([len(moves)]), *(column[None] for column in table))

    def moves(self, row: int = 0) -> list[Move]:
        """The migrations of one plan, in order."""
        columns = (field[row, : self.length[row]].tolist() for field in (self.vm, self.machine, self.node))
        return [Move(*move) for move in zip(*columns, strict=True)]
