"""VRPLIB instances (the format of CVRPLIB): checked by us, parsed by the vrplib package."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from headway.domains.routing.family.instance import Floats, RoutingInstance
from headway.domains.routing.files.text import read_text
from headway.domains.routing.files.vrplib_check import check
from headway.errors import InstanceError


def read_vrp(path: Path, convention: str = "nint") -> RoutingInstance:
    """One instance (a batch of one): EUC_2D or EXPLICIT (LOWER_ROW, FULL_MATRIX), depot at node 1.

    A matrix without coordinates gets places from `planar`; its diagonal has no meaning and becomes 0.

    Raises
    ------
    InstanceError
        With file, line, what was found and what was expected.
    """
    from vrplib.parse import parse_vrplib

    text = read_text(path, InstanceError)
    file = check(path, text)
    fields = parse_vrplib(text, compute_edge_weights=False)
    nodes = file.whole("DIMENSION")
    matrix = np.zeros((0, 0))
    if file.value("EDGE_WEIGHT_TYPE") == "EXPLICIT":
        matrix, convention = np.array(fields["edge_weight"], np.float64), "matrix"
        np.fill_diagonal(matrix, 0.0)
    places = fields.get("node_coord", fields.get("display_data"))
    return RoutingInstance.of(
        coords=np.array([planar(matrix) if places is None else places], np.float64),
        matrix=matrix[None],
        demand=np.array([fields["demand"]], np.int64),
        capacity=np.array([file.whole("CAPACITY")]),
        customers=np.array([nodes - 1]),
        convention=np.array([convention]),
        name=np.array([file.headers["NAME"].value.strip('"') if "NAME" in file.headers else path.stem]),
    )


def planar(matrix: Floats) -> Floats:
    """float64 [N, 2]: places whose distances resemble a matrix [N, N] (classical scaling, Torgerson 1952)."""
    squared = ((matrix + matrix.T) / 2) ** 2
    centred = squared - squared.mean(0) - squared.mean(1)[:, None] + squared.mean()
    values, vectors = np.linalg.eigh(-centred / 2)
    places: Floats = vectors[:, -2:] * np.sqrt(np.maximum(values[-2:], 0.0))
    return places
