"""Instances of the capacitated vehicle routing problem and their distances."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headway.batch import Instance, pad

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# How a distance follows from the data, row by row; see `CVRPInstance.convention`.
CONVENTIONS = ("float", "nint", "trunc1", "matrix")


@dataclass(frozen=True)
class CVRPInstance(Instance):
    """A batch of capacitated routing tasks; node 0 is the depot, nodes 1..customers are customers.

    Attributes
    ----------
    capacity : int64 [B], of every vehicle
    customers : int64 [B], how many of the N - 1 customer nodes are real; the rest is padding
    convention : str [B], the distance of two nodes. ``float``: Euclidean. ``nint``: Euclidean, rounded
        to the nearest integer, halves up (TSPLIB 95, section 2.1). ``trunc1``: Euclidean, cut after
        the first decimal (12th DIMACS challenge, Solomon's instances). ``matrix``: the matrix's entry.
    name : str [B]
    coords : float64 [B, N, 2], places in any unit; where distances come from a matrix they serve
        features and pictures only
    demand : int64 [B, N], units of capacity; 0 at the depot
    matrix : float64 [B, M, M], distances from row to column, read where the convention is ``matrix``;
        M covers the customers of those rows, and is 0 where there are none

    The fleet is unlimited. Everything beyond ``customers`` is inert.

    Raises
    ------
    InstanceError
        A shape or dtype is wrong, a value is not finite, a demand is negative or exceeds the capacity.
    """

    capacity: Ints
    customers: Ints
    convention: NDArray[np.str_]
    name: NDArray[np.str_]
    coords: Floats = pad(0.0)
    demand: Ints = pad(0)
    matrix: Floats = pad(0.0)

    @property
    def nodes(self) -> int:
        """N: the depot, the customers and the padding."""
        return int(self.demand.shape[1])

    @property
    def real(self) -> NDArray[np.bool_]:
        """bool [B, N]: the depot and the customers, without the padding."""
        real: NDArray[np.bool_] = np.arange(self.nodes) <= self.customers[:, None]
        return real

    def distances(self) -> Floats:
        """float64 [B, N, N]: the distance from row to column; 0 from and to padding."""
        x, y = self.coords[..., 0], self.coords[..., 1]
        out = np.sqrt((x[:, :, None] - x[:, None, :]) ** 2 + (y[:, :, None] - y[:, None, :]) ** 2)
        nint, trunc1, matrix = (self.convention == name for name in ("nint", "trunc1", "matrix"))
        out[nint] = np.floor(out[nint] + 0.5)
        out[trunc1] = np.floor(out[trunc1] * 10) / 10
        side = min(self.nodes, self.matrix.shape[1])
        out[matrix, :side, :side] = self.matrix[matrix, :side, :side]
        padding = ~self.real
        if padding.any():
            out[padding[:, :, None] | padding[:, None, :]] = 0.0
        return out

    # -- rules ----------------------------------------------------------------------------------
    def validate(self) -> None:
        self._check_form()
        n, real = self.nodes, self.real
        self.refuse("customers", f"1..{n - 1}", (self.customers < 1) | (self.customers >= n))
        self.refuse("convention", " or ".join(CONVENTIONS), ~np.isin(self.convention, CONVENTIONS))
        self.refuse("coords", "a finite number", ~np.isfinite(self.coords) & real[:, :, None])
        self.refuse("capacity", "at least 1", self.capacity < 1)
        self.refuse("demand", "0 at the depot", (self.demand != 0) & (np.arange(n) == 0))
        self.refuse("demand", "not negative", (self.demand < 0) & real)
        self.refuse("demand", "at most the capacity", (self.demand > self.capacity[:, None]) & real)
        self._check_matrix(self.convention == "matrix")

    def _check_matrix(self, used: NDArray[np.bool_]) -> None:
        side = self.matrix.shape[1]
        self.refuse("customers", f"less than the matrix's {side} rows", used & (self.customers >= side))
        real = (np.arange(side) <= self.customers[:, None]) & used[:, None]
        pairs = real[:, :, None] & real[:, None, :]
        sound = np.isfinite(self.matrix) & (self.matrix >= 0)
        self.refuse("matrix", "a finite number, not negative", ~sound & pairs)
        self.refuse("matrix", "0 on the diagonal", (self.matrix != 0) & np.eye(side, dtype=bool) & pairs)

    def _check_form(self) -> None:
        nodes, side = self.demand.shape[-1], self.matrix.shape[-1]
        batch = len(self)
        self._expect("demand", np.int64, (batch, nodes))
        self._expect("coords", np.float64, (batch, nodes, 2))
        self._expect("matrix", np.float64, (batch, side, side))
        self._expect("capacity", np.int64, (batch,))
        self._expect("customers", np.int64, (batch,))
        self._expect("convention", np.str_, (batch,))
        self._expect("name", np.str_, (batch,))

    def _expect(self, field: str, kind: type[np.generic], shape: tuple[int, ...]) -> None:
        array = getattr(self, field)
        if array.dtype.type is not kind or array.shape != shape:
            raise self.error(
                "a field has the wrong form",
                where=f"{type(self).__name__}.{field}",
                got=f"{array.dtype} {array.shape}",
                expected=f"{kind.__name__} {shape}",
            )
