"""Instances of the routing family and their distances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from headway.batch import Instance, pad
from headway.domains.routing.family.rules import NODES, check

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

CHUNK = 64  # rows whose distances are worked out at once: more do not fit into the cache


@dataclass(frozen=True)
class RoutingInstance(Instance):
    """A batch of routing tasks; node 0 is the depot, nodes 1..customers are customers, further depots follow them.

    Every attribute is a switch: its neutral value (in brackets) takes it out of the task; `of` fills it in.

    Attributes
    ----------
    capacity : int64 [B], of every vehicle
    customers : int64 [B], how many customer nodes are real
    depots : int64 [B], at least 1; depot d >= 1 is node customers + d. A vehicle returns to where it left. [1]
    fleet : int64 [B], vehicles of each depot, so the most routes that may leave it [customers: enough for any solution]
    open : bool [B], routes end at their last customer [False]
    backhaul_last : bool [B], no delivery from the depot after a pickup on the same route [False]
    limit : float64 [B], longest distance of a route [inf]
    convention : str [B], the distance of two nodes. ``float``: Euclidean. ``nint``: Euclidean, rounded
        to the nearest integer, halves up (TSPLIB 95, section 2.1). ``trunc1``: Euclidean, cut after
        the first decimal (12th DIMACS challenge, Solomon's instances). ``matrix``: the matrix's entry. [float]
    name : str [B]
    coords : float64 [B, N, 2], places in any unit; where distances come from a matrix they serve
        features and pictures only
    demand : int64 [B, N], units delivered to a customer, from the depot or from its ``origin``; 0 at depots
    pickup : int64 [B, N], units collected from a customer, for the depot or for the customer whose origin it is [0]
    origin : int64 [B, N], the customer whose pickup is delivered here: to be visited before, on the same route, and
        to be named by no other customer [0: the depot]
    earliest, latest : float64 [B, N], service begins within these times; early vehicles wait. At depots: when vehicles
        leave at the earliest and are back at the latest. [0, inf]
    service : float64 [B, N], how long it takes [0]
    prize : float64 [B, N], what is lost, as distance, where a customer is not visited [inf: it must be]
    matrix : float64 [B, M, M], distances from row to column, read where the convention is ``matrix``;
        M covers the nodes of those rows, and is 0 where there are none
    duration : float64 [B, M, M], travel times; M = 0 where they equal the distances

    A route's load is what it delivers from the depot at its start, less what it has delivered, plus what it has picked
    up; it never exceeds the capacity. Everything beyond the real nodes is inert.

    Raises
    ------
    InstanceError
        A shape or dtype is wrong, or a value breaks a rule (see `rules.check`): a demand above the capacity, a window
        nobody can meet, a customer beyond the distance limit.
    """

    unbounded: ClassVar[frozenset[str]] = frozenset({"limit", "latest", "prize"})

    capacity: Ints
    customers: Ints
    depots: Ints
    fleet: Ints
    open: Bools
    backhaul_last: Bools
    limit: Floats
    convention: NDArray[np.str_]
    name: NDArray[np.str_]
    coords: Floats = pad(0.0)
    demand: Ints = pad(0)
    pickup: Ints = pad(0)
    origin: Ints = pad(0)
    earliest: Floats = pad(0.0)
    latest: Floats = pad(np.inf)
    service: Floats = pad(0.0)
    prize: Floats = pad(np.inf)
    matrix: Floats = pad(0.0)
    duration: Floats = pad(0.0)

    @classmethod
    def of(cls, *, coords: Floats, demand: Ints, capacity: Ints, **given: Any) -> Self:
        """The instance with neutral values for every attribute that is not given; see the class for shapes."""
        batch, nodes = demand.shape
        customers = given.get("customers", np.full(batch, nodes - 1) - given.get("depots", 1) + 1)
        rows = {"customers": customers, "depots": 1, "fleet": customers, "open": False, "backhaul_last": False}
        rows |= {"limit": np.inf, "convention": "float", "name": "routing"}
        neutral: dict[str, Any] = {name: np.broadcast_to(value, (batch,)).copy() for name, value in rows.items()}
        for name, value in {"pickup": 0, "origin": 0}.items():
            neutral[name] = np.full((batch, nodes), value, np.int64)
        for name, size in {"earliest": 0.0, "latest": np.inf, "service": 0.0, "prize": np.inf}.items():
            neutral[name] = np.full((batch, nodes), size)
        neutral |= {"matrix": np.zeros((batch, 0, 0)), "duration": np.zeros((batch, 0, 0))}
        return cls(**{**neutral, "coords": coords, "demand": demand, "capacity": capacity, **given})

    # -- nodes ----------------------------------------------------------------------------------
    @property
    def nodes(self) -> int:
        """N: depots, customers and the padding."""
        return int(self.demand.shape[1])

    @property
    def real(self) -> Bools:
        """bool [B, N]: depots and customers, without the padding."""
        real: Bools = np.arange(self.nodes) < (self.customers + self.depots)[:, None]
        return real

    @property
    def customer(self) -> Bools:
        """bool [B, N]: the customers."""
        node = np.arange(self.nodes)
        customer: Bools = (node > 0) & (node <= self.customers[:, None])
        return customer

    def trimmed(self, row: int) -> Self:
        """One row (a batch of one) without its padding."""
        one, nodes = self[row], int(self.customers[row] + self.depots[row])
        fields = {name: getattr(one, name)[:, :nodes] for name in ("coords", *NODES)}
        return self.made({**one.arrays(), **fields})

    # -- distances ------------------------------------------------------------------------------
    def distances(self) -> Floats:
        """float64 [B, N, N]: the distance from row to column; 0 from and to padding."""
        out = np.empty((len(self), self.nodes, self.nodes))
        for begun in range(0, len(self), CHUNK):
            _euclidean(self.coords[begun : begun + CHUNK], out[begun : begun + CHUNK])
        rounded(out, self.convention)
        self._read(self.matrix, out, self.convention == "matrix")
        padding = ~self.real
        if padding.any():
            out[padding[:, :, None] | padding[:, None, :]] = 0.0
        return out

    def durations(self, distances: Floats | None = None) -> Floats:
        """float64 [B, N, N]: travel times; the ``distances`` (worked out unless handed in) where none are given."""
        out = self.distances() if distances is None else distances.copy()
        if self.duration.shape[1]:
            self._read(self.duration, out, np.ones(len(self), bool))
        return out

    def _read(self, matrix: Floats, out: Floats, rows: Bools) -> None:
        side = min(self.nodes, matrix.shape[1])
        out[rows, :side, :side] = matrix[rows, :side, :side]

    # -- rules ----------------------------------------------------------------------------------
    def validate(self) -> None:
        check(self)


def _euclidean(coords: Floats, out: Floats) -> None:
    x, y = coords[..., 0], coords[..., 1]
    np.subtract(x[:, :, None], x[:, None, :], out=out)
    out *= out
    across = y[:, :, None] - y[:, None, :]
    across *= across
    out += across
    np.sqrt(out, out=out)


def rounded(length: Floats, convention: NDArray[np.str_]) -> Floats:
    """Euclidean lengths [B, ...] as each row's convention has them; written into and returned."""
    nint, trunc1 = (np.flatnonzero(convention == name) for name in ("nint", "trunc1"))
    length[nint] = np.floor(length[nint] + 0.5)
    length[trunc1] = np.floor(length[trunc1] * 10) / 10
    return length
