"""Distances as TSPLIB 95 has them (Reinelt 1995, sections 1 and 2): formulas of coordinates, matrices as streams."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from headway.domains.routing.family.instance import Floats

Steps = NDArray[np.float64]

RADIUS = 6378.388  # km, of TSPLIB's idealised earth
PI = 3.141592  # TSPLIB's


def _euclidean(dx: Steps, dy: Steps) -> Steps:
    out: Steps = np.sqrt(dx**2 + dy**2)
    return out


def _att(dx: Steps, dy: Steps) -> Steps:
    exact = np.sqrt((dx**2 + dy**2) / 10.0)
    nearest = np.floor(exact + 0.5)
    return np.where(nearest < exact, nearest + 1, nearest)


# Of steps along x and y. EUC_2D, the usual one, is the instance's convention and no matrix.
PLANE: dict[str, Callable[[Steps, Steps], Steps]] = {
    "CEIL_2D": lambda dx, dy: np.ceil(_euclidean(dx, dy)),
    "FLOOR_2D": lambda dx, dy: np.floor(_euclidean(dx, dy)),
    "MAN_2D": lambda dx, dy: np.floor(np.abs(dx) + np.abs(dy) + 0.5),
    "MAX_2D": lambda dx, dy: np.maximum(np.floor(np.abs(dx) + 0.5), np.floor(np.abs(dy) + 0.5)),
    "ATT": _att,
}


def computed(kind: str, places: Floats) -> Floats:
    """float64 [N, N]: distances of places [N, 2] by the formula of an EDGE_WEIGHT_TYPE, ``GEO`` or of `PLANE`."""
    if kind == "GEO":
        return _geographical(places)
    dx, dy = (places[:, None, axis] - places[None, :, axis] for axis in (0, 1))
    return PLANE[kind](dx, dy)


def _geographical(places: Floats) -> Floats:
    """Kilometres between places given as DDD.MM: degrees, then minutes, of latitude and longitude."""
    degrees = np.trunc(places)
    latitude, longitude = (PI * (degrees + 5.0 * (places - degrees) / 3.0) / 180.0).T
    q1 = np.cos(longitude[:, None] - longitude)
    q2, q3 = np.cos(latitude[:, None] - latitude), np.cos(latitude[:, None] + latitude)
    cosine = np.clip(0.5 * ((1.0 + q1) * q2 - (1.0 - q1) * q3), -1.0, 1.0)
    out: Floats = np.trunc(RADIUS * np.arccos(cosine) + 1.0)
    np.fill_diagonal(out, 0.0)
    return out


# EDGE_WEIGHT_FORMAT -> which triangle the stream fills, row by row, and whether with the diagonal; a symmetric matrix
# by columns is its other triangle by rows.
TRIANGLES = {
    "UPPER_ROW": ("upper", False), "LOWER_ROW": ("lower", False),
    "UPPER_DIAG_ROW": ("upper", True), "LOWER_DIAG_ROW": ("lower", True),
    "UPPER_COL": ("lower", False), "LOWER_COL": ("upper", False),
    "UPPER_DIAG_COL": ("lower", True), "LOWER_DIAG_COL": ("upper", True),
}  # fmt: skip
FORMATS = ("FULL_MATRIX", *TRIANGLES)


def entries(form: str, nodes: int) -> int:
    """How many numbers a matrix of this format has."""
    if form == "FULL_MATRIX":
        return nodes * nodes
    return nodes * (nodes + (1 if TRIANGLES[form][1] else -1)) // 2


def filled(form: str, stream: Floats, nodes: int) -> Floats:
    """float64 [N, N]: the matrix that a stream of `entries` numbers is; its diagonal has no meaning and becomes 0."""
    if form == "FULL_MATRIX":
        matrix = stream.reshape(nodes, nodes).copy()
    else:
        triangle, diagonal = TRIANGLES[form]
        matrix = np.zeros((nodes, nodes))
        rows = np.triu_indices(nodes, 0 if diagonal else 1)
        matrix[rows if triangle == "upper" else np.tril_indices(nodes, 0 if diagonal else -1)] = stream
        matrix = matrix + matrix.T
    np.fill_diagonal(matrix, 0.0)
    return matrix


def planar(matrix: Floats) -> Floats:
    """float64 [N, 2]: places whose distances resemble a matrix [N, N] (classical scaling, Torgerson 1952)."""
    squared = ((matrix + matrix.T) / 2) ** 2
    centred = squared - squared.mean(0) - squared.mean(1)[:, None] + squared.mean()
    values, vectors = np.linalg.eigh(-centred / 2)
    if len(matrix) == 1:
        return np.zeros((1, 2))
    places: Floats = vectors[:, -2:] * np.sqrt(np.maximum(values[-2:], 0.0))
    return places
