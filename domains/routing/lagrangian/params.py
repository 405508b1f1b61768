"""What the augmented Lagrangian method knows of an instance, and where it stands."""

from __future__ import annotations

from typing import NamedTuple

from headway.ops import Array


class Params(NamedTuple):
    """Of each row; N nodes, W neighbours."""

    distance: Array  # float64 [B, N, N]
    unit: Array  # float64 [B], mean distance of two customers
    near: Array  # int64 [B, N, W], the nearest customers of each
    wide: Array  # int64 [B], how many of them there are
    demand: Array  # float64 [B, N], in mean demands
    capacity: Array  # float64 [B], in mean demands
    customers: Array  # int64 [B]
    slots: Array  # int64 [B], routes: as many as first-fit decreasing needs, and one
    angular: Array  # int64 [B, N], customers by their angle
    seed: Array  # int64 [B], where the first routes begin, and in which order customers take turns
    first: Array  # int64 [B, 2 N], a sweep's routes after a descent, as a giant tour
    cost: Array  # float64 [B], their distance
    goal: Array  # float64 [B], the distance to be reached, where the reward is for haste


class State(NamedTuple):
    """Where each row stands; room for K = N routes."""

    seq: Array  # int64 [B, K, N + 1], each route between zeros
    size: Array  # int64 [B, K], its customers
    multiplier: Array  # float64 [B, K], of its capacity, in mean distances per mean demand
    rho: Array  # float64 [B], penalty, in mean distances per squared mean demand
    best: Array  # int64 [B, 2 N], the best feasible routes as a giant tour
    cost: Array  # float64 [B], their distance
    iteration: Array  # int64 [B]
    stale: Array  # int64 [B], iterations since something better was found, or since it began anew
    streak: Array  # int64 [B], feasible iterations in a row; negative: infeasible ones
    made: Array  # int64 [B], moves of the last subproblem
    length: Array  # float64 [B], distance of the last routes
    excess: Array  # float64 [B], their load above the capacities, in mean demands
    worst: Array  # float64 [B], of the route that is most above its capacity (negative: below)
    before: Array  # float64 [B, 4], length, excess, and the decision of one iteration ago
