"""What the kernels of the POMO policy read: the task in numbers, and the network's tables for it.

Few arrays, each with several things side by side: handing an array to a compiled function costs as much as a step of
arithmetic.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from headway.errors import CapabilityError

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Ints = NDArray[np.int64]

USUAL = 20  # customers; lengths count sqrt(n / 20) times, since neighbours are that much nearer
# Columns of `Task.node` and `Task.row`, named as in `construct`'s parameters.
NODE = ("from_depot", "change", "earliest", "latest", "service", "back", "back_time")
ROW = ("customers", "capacity", "fleet", "closing", "limit", "last", "closed", "horizon")
FROM_DEPOT, CHANGE, EARLIEST, LATEST, SERVICE, BACK, BACK_TIME = range(7)
CUSTOMERS, CAPACITY, FLEET, CLOSING, LIMIT, LAST, CLOSED, HORIZON, WINDOWS = range(9)
# Columns of the environment's features (`construct.features`) that the policy reads by themselves.
FAR, DEMANDED, PICKED_UP, OPENS, CLOSES, TIMED = 2, 5, 6, 7, 8, 16


class Task(NamedTuple):
    """B instances of at most N nodes, one depot each, as `construct` prepares them (see its `Params`)."""

    node: Floats  # [B, N, NODE]
    row: Floats  # [B, ROW, and whether there are windows]
    distance: Floats  # [B, N, N]
    duration: Floats  # [B, N, N], or [B, 0, 0] without windows
    near: Singles  # [B, N, N], distances in units of the longest, times sqrt(n / 20)

    @classmethod
    def of(cls, params: Any) -> Self:
        """The task in parameters of `construct`.

        Raises
        ------
        CapabilityError
            Several depots, prizes, or pairs of pickup and delivery.
        """
        lacking = {
            "several depots": params.home.shape[1] > 1,
            "prizes": bool((params.waiting & ~params.required).any()),
            "pairs of pickup and delivery": bool(params.origin.any()),
        }
        for rule, asked in lacking.items():
            if asked:
                raise CapabilityError("the POMO network cannot serve these instances", got=rule, expected="none")

        def columns(names: tuple[str, ...], axes: int) -> Floats:
            arrays = [getattr(params, name) for name in names]
            # Of what has a place for each depot, that of the only one.
            return np.stack([a[:, 0] if a.ndim > axes else a for a in arrays], -1).astype(np.float64)

        near = params.distance * (np.sqrt(params.customers / USUAL) / params.longest)[:, None, None]
        distance, duration = (np.ascontiguousarray(part) for part in (params.distance, params.duration))
        row = np.column_stack([columns(ROW, 1), params.nodes[:, 0, TIMED]])
        return cls(columns(NODE, 2), row, distance, duration, near.astype(np.float32))


# -- tables -----------------------------------------------------------------------------------------
DIM, HEADS = 128, 8  # channel c belongs to head c mod HEADS
CONTEXT = 6  # numbers that say how the vehicle under way stands, see `pomo_walk.look`
BIASES = 4  # of a node: how far it is, how far from the depot, how long to wait there, how long it stays open
TIMELESS = 2  # of them without time windows
QUERY, KEY, VALUE, POINTER, WIDTH = (DIM * part for part in range(5))  # of `Tables.node`
GLIMPSE = CONTEXT * DIM  # in `Tables.fixed`
FINAL = GLIMPSE + BIASES * HEADS
FIXED = FINAL + BIASES


class Tables(NamedTuple):
    """What a network says of a batch, float32.

    Attributes
    ----------
    node : [B, N, WIDTH]: of a vehicle there the query, of the node key, value and pointer; scales are in them
    fixed : [FIXED]: what each number of the context adds to the query [CONTEXT, DIM], what each bias adds to the scores
        of the heads [BIASES, HEADS] and to the logits [BIASES]
    """

    node: Any
    fixed: Any
