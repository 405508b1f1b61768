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
    offset = np.where(real[:, :, None], instance.coords - instance.coords[:, :1], 0.0)
    diagonal = np.linalg.norm(offset.max(1) - offset.min(1), axis=-1)[:, None, None]
    radius = np.linalg.norm(offset, axis=-1, keepdims=True)
    capacity, unit, span = instance.capacity[:, None], longest(distance)[:, None], horizon(instance)[:, None]
    columns = [
        distance[:, 0] / unit,
        *np.moveaxis(_ratio(offset, radius), -1, 0),
        instance.demand / capacity,
        instance.pickup / capacity,
        instance.earliest / span,
        np.where(np.isfinite(instance.latest), instance.latest, span) / span,
        instance.service / span,
        np.where(np.isfinite(instance.prize) & customer, instance.prize, 0.0) / unit,
        real & ~customer,
        handed_over(instance),
        instance.origin > 0,
        *(np.broadcast_to(flag[:, None], real.shape) for flag in _flags(instance, unit[:, 0])),
    ]
    together = np.concatenate([_ratio(offset, diagonal), np.stack(columns, -1)], -1)
    features: NDArray[np.float32] = np.where(real[:, :, None], together, 0.0).astype(np.float32)
    return features


def _flags(instance: RoutingInstance, unit: Floats) -> list[Floats]:
    windows: Any = (np.isfinite(instance.latest) & instance.real).any(1)
    flags = [instance.open, instance.backhaul_last, windows]
    return [*(flag.astype(np.float64) for flag in flags), np.minimum(unit / instance.limit, 1.0)]


def longest(distance: Floats) -> Floats:
    """float64 [B]: the largest distance of each row; 1 where all are 0."""
    most = distance.max((1, 2))
    return np.where(most > 0, most, 1.0)


def horizon(instance: RoutingInstance) -> Floats:
    """float64 [B]: when the last window closes; 1 where time does not matter."""
    closing = np.where(instance.real & np.isfinite(instance.latest), instance.latest, 0.0).max(1)
    return np.where(closing > 0, closing, 1.0)


def _ratio(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
