"""What a policy sees of a node, free of the instance's place, size and unit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headway.domains.routing.instance import CVRPInstance, Floats

FEATURES = 6


def node_features(instance: CVRPInstance, distance: Floats) -> NDArray[np.float32]:
    """float32 [B, N, 6], zero for padding.

    Columns: x and y relative to the depot, as fractions of the bounding box's diagonal; distance from the
    depot as a fraction of the longest one; cosine and sine of the direction from the depot (zero at it);
    demand as a fraction of the capacity.
    """
    offset = np.where(instance.real[:, :, None], instance.coords - instance.coords[:, :1], 0.0)
    diagonal = np.linalg.norm(offset.max(1) - offset.min(1), axis=-1)[:, None, None]
    radius = np.linalg.norm(offset, axis=-1, keepdims=True)
    columns = [
        _ratio(offset, diagonal),
        (distance[:, 0] / longest(distance)[:, None])[:, :, None],
        _ratio(offset, radius),
        (instance.demand / instance.capacity[:, None])[:, :, None],
    ]
    features: NDArray[np.float32] = np.where(instance.real[:, :, None], np.concatenate(columns, -1), 0.0).astype(
        np.float32
    )
    return features


def longest(distance: Floats) -> Floats:
    """float64 [B]: the largest distance of each row; 1 where all are 0."""
    most = distance.max((1, 2))
    return np.where(most > 0, most, 1.0)


def _ratio(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
