"""Integer programs, put together from blocks of rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Program:
    """Maximise ``value @ x`` over integers 0 <= x <= ``most`` with ``lower <= matrix @ x <= upper``.

    Attributes
    ----------
    leave, come : int64 [., 2], node and kind of the first variables: VMs that leave, then VMs that come
    ceiling : a bound on ``value @ x`` that needs no search
    base : the problem's objective is ``base - value @ x``
    step : ``value @ x`` is a multiple of it; 0 where it may be any number
    """

    matrix: sparse.csr_array
    lower: Floats
    upper: Floats
    most: Floats
    value: Floats
    leave: Ints
    come: Ints
    base: float
    ceiling: float
    step: float

    def moved(self, x: Floats, shape: tuple[int, ...]) -> tuple[Ints, Ints]:
        """VMs that leave and that come [N, K] in a solution."""
        whole, n = np.rint(x).astype(np.int64), len(self.leave)
        out, into = np.zeros((2, *shape), np.int64)
        out[tuple(self.leave.T)] = whole[:n]
        into[tuple(self.come.T)] = whole[n : n + len(self.come)]
        return out, into

    def change(self, x: Floats, shape: tuple[int, ...]) -> Ints:
        """What a solution adds to the counts [N, K]."""
        out, into = self.moved(x, shape)
        return into - out

    def without(self, refused: Sequence[Floats]) -> Program:
        """The program without solutions that begin with one of these, or with as much in the places of one."""
        if not refused:
            return self
        places = np.zeros((len(refused), len(self.most)))
        places[:, : len(refused[0])] = np.rint(refused) > 0
        rest = np.rint(refused).sum(1) - 1
        return replace(
            self, matrix=sparse.csr_array(sparse.vstack([self.matrix, sparse.csr_array(places)], format="csr")),
            lower=np.append(self.lower, np.full(len(rest), -np.inf)), upper=np.append(self.upper, rest),
        )  # fmt: skip

    def completed(self, first: Floats) -> Floats:
        """A solution x that begins with ``first``, its other variables as great as rows of their own allow."""
        n = len(first)
        done, rest = self.matrix[:, :n] @ first, self.matrix[:, n:].tocoo()
        row, column = rest.coords
        single = np.bincount(row, minlength=len(done))[row] == 1
        others = self.most[n:].copy()
        for side, mine in ((self.lower, rest.data < 0), (self.upper, (rest.data > 0) & single)):
            most = (side - done)[row[mine]] / rest.data[mine]
            np.minimum.at(others, column[mine], np.floor(most + 1e-9))
        return np.concatenate([first, others])

    def bound(self, value: float) -> float:
        """The objective that no solution is below, where none has more than ``value``."""
        return float(self.base - (np.floor(value / self.step + 1e-6) * self.step if self.step else value))


class Rows:
    """Rows of a matrix in blocks, one block of columns for each group of variables."""

    def __init__(self) -> None:
        self.blocks: list[dict[str, Any]] = []
        self.lower: list[Floats] = []
        self.upper: list[Floats] = []

    def add(self, lower: Any, upper: Any, **blocks: Any) -> None:
        """lower <= sum of the blocks' products <= upper."""
        rows = next(iter(blocks.values())).shape[0]
        self.blocks.append(blocks)
        self.lower.append(np.broadcast_to(np.asarray(lower, float), rows))
        self.upper.append(np.broadcast_to(np.asarray(upper, float), rows))

    def matrix(self, widths: dict[str, int]) -> sparse.csr_array:
        lines = [
            [
                row.get(name, sparse.csr_array((next(iter(row.values())).shape[0], width)))
                for name, width in widths.items()
            ]
            for row in self.blocks
        ]
        matrix = sparse.csr_array(sparse.block_array(lines, format="csr"))
        matrix.sort_indices()
        return matrix


class Answer(NamedTuple):
    """What an engine found: a solution (None: none), a bound on its value (inf: none; -inf: there is no solution), and
    whether this is the end of it.
    """

    x: Floats | None
    bound: float
    proven: bool
