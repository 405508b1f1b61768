"""What the environment `improve` knows of an instance, and where its searches stand."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from headway.ops import Array

ACTIONS = 6  # temperature, removals, string length, order, credit, detour: see `steering.steered`
SEEN = 19  # numbers in the observation: see `steering.seen`
PLAIN = np.zeros(ACTIONS)  # the decision that leaves SISR as it is


class Params(NamedTuple):
    """Tasks (`classical.task.Task`) of a batch, padded: N nodes, K neighbours, D depots; and where searches begin."""

    customers: Array  # int64 [B]
    capacity: Array  # int64 [B]
    limit: Array  # float64 [B]
    rich: Array  # bool [B]
    pairs: Array  # bool [B]
    optional: Array  # bool [B]
    depots: Array  # int64 [B]
    fleet: Array  # int64 [B, D]
    width: Array  # int64 [B], neighbours of each customer
    near: Array  # int64 [B, N, K]
    distance: Array  # float64 [B, N, N]
    duration: Array  # float64 [B, N, N]
    demand: Array  # int64 [B, N]
    change: Array  # int64 [B, N]
    mate: Array  # int64 [B, N]
    sends: Array  # bool [B, N]
    line: Array  # bool [B, N]
    haul: Array  # bool [B, N]
    earliest: Array  # float64 [B, N]
    latest: Array  # float64 [B, N]
    service: Array  # float64 [B, N]
    prize: Array  # float64 [B, N]
    seed: Array  # int64 [B]
    first: Array  # int64 [B, 2 N], the savings method's giant tour
    ends: Array  # int64 [B], its length
    cost: Array  # float64 [B], what it costs
    effort: Array  # float64 [B], iterations with ten removals, per customer and search
    plain: Array  # float64 [B, T], best cost after each block of plain SISR; T = 0 where it is not needed


class State(NamedTuple):
    """Where each search stands."""

    tour: Array  # int64 [B, 2 N], the current giant tour
    ends: Array  # int64 [B], its length
    best: Array  # int64 [B, 2 N], the best one
    best_ends: Array  # int64 [B]
    current: Array  # float64 [B], cost
    cost: Array  # float64 [B], of the best one
    random: Array  # int64 [B], bits of the random number generator
    credit: Array  # float64 [B, N], see `sisr_state`
    block: Array  # int64 [B], blocks done
    found: Array  # int64 [B], the block with the last new best
    seen: Array  # float64 [B, SEEN], the observation
