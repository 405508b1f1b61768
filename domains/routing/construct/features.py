"""What a policy sees of a node, free of the instance's place, size and unit."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from headway.domains.routing.family.instance import Floats, RoutingInstance
from headway.domains.routing.family.switches import handed_over

FEATURES = 18


def node_features(instance: RoutingInstance, distance: Floats) -> NDArray[np.float32]:
    """float32 [B, N, 18], zero for padding.

    Columns: x and y relative to the first depot, as fractions of the bounding box's diagonal; distance from that depot
    as a fraction of the longest one; cosine and sine of the direction from it (zero at it); demand and pickup as
    fractions of the capacity; earliest, latest and service as fractions of the horizon (the last closing; where a
    window does not close, 1); prize as a fraction of the longest distance; whether it is a depot, hands its pickup to
    another customer, has an origin; and, the same for all nodes, whether routes are open, backhauls come last, there
    are windows, and the longest distance as a fraction of the limit.
    """
    customer, real = instance.customer, instance.real
    x, y = (np.where(real, axis - axis[:, :1], 0.0) for axis in np.moveaxis(instance.coords, -1, 0))
    diagonal, radius = _norm(np.ptp(x, axis=1), np.ptp(y, axis=1))[:, None], _norm(x, y)
    capacity, unit, span = instance.capacity[:, None], longest(distance)[:, None], horizon(instance)[:, None]
    columns = [
        *(_ratio(axis, diagonal) for axis in (x, y)),
        distance[:, 0] / unit,
        *(_ratio(axis, radius) for axis in (x, y)),
        instance.demand / capacity,
        instance.pickup / capacity,
        instance.earliest / span,
        np.where(np.isfinite(instance.latest), instance.latest, span) / span,
        instance.service / span,
        np.where(np.isfinite(instance.prize) & customer, instance.prize, 0.0) / unit,
        real & ~customer,
        handed_over(instance),
        instance.origin > 0,
        *(flag[:, None] for flag in _flags(instance, unit[:, 0])),
    ]
    features = np.empty((*real.shape, FEATURES), np.float32)
    for k, column in enumerate(columns):
        features[:, :, k] = column
    features[~real] = 0.0
    return features


def _flags(instance: RoutingInstance, unit: Floats) -> list[Floats]:
    windows: Any = (np.isfinite(instance.latest) & instance.real).any(1)
    flags = [instance.open, instance.backhaul_last, windows]
    return [*(flag.astype(np.float64) for flag in flags), np.minimum(unit / instance.limit, 1.0)]


def longest(distance: Floats) -> Floats:
    """float64 [B]: the largest distance of each row; 1 where all are 0."""
    most = distance.reshape(len(distance), -1).max(1)
    return np.where(most > 0, most, 1.0)


def horizon(instance: RoutingInstance) -> Floats:
    """float64 [B]: when the last window closes; 1 where time does not matter."""
    closing = np.where(instance.real & np.isfinite(instance.latest), instance.latest, 0.0).max(1)
    return np.where(closing > 0, closing, 1.0)


def _norm(x: Floats, y: Floats) -> Floats:
    length: Floats = np.sqrt(x * x + y * y)
    return length


def _ratio(part: Floats, whole: Floats) -> Floats:
    """Nothing is 0 as a whole unless its parts are."""
    return part / np.where(whole > 0, whole, 1.0)
