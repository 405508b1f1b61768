"""The scorer: replays the requests one by one, in plain Python."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from headway.domains.vm_rescheduling.placement.instance import Placement, Stream
from headway.domains.vm_rescheduling.placement.replay import Replay
from headway.errors import SolutionError
from headway.evaluation import Evaluation

VIOLATIONS = ("unknown", "cpu", "memory", "refused", "excess")
SLOT = 16  # cores: FR-16, see `cluster.fragments`


def evaluate(stream: Stream, placement: Placement) -> Evaluation:
    """Cores of the VMs that were refused, per core of the active machines.

    Violations: ``unknown`` nodes (of no active machine, or the second one for a VM on both), cores (``cpu``) and MB
    (``memory``) missing on a node, VMs ``refused`` although some node had room, nodes given for no request
    (``excess``). A VM whose placing is a violation is not placed, and counts as refused.
    Metrics: ``refused`` VMs, ``refused_share`` of the cores asked for, ``fragments``: FR-16 after the last request,
    ``used``: share of the cores in use then. Series, a value for each request that is decided: cores ``refused`` and
    ``asked`` for, and the ``objective``, whose mean over the requests is that of all of them.

    Raises
    ------
    SolutionError
        Another number of rows or requests than the stream has.
    """
    if placement.node.shape != stream.vm_nodes.shape:
        raise SolutionError("the placement does not belong to the stream", where="Placement.node",
                            got=placement.node.shape, expected=stream.vm_nodes.shape)  # fmt: skip
    rows = [_replay(stream, placement, row) for row in range(len(stream))]
    objective, violations, metrics, series = zip(*rows, strict=True)
    first = min(stream.start.tolist())
    return Evaluation(
        np.array(objective),
        {name: np.array([float(row[name]) for row in violations]) for name in VIOLATIONS},
        {name: np.array([row[name] for row in metrics]) for name in metrics[0]},
        {name: np.array([row[name] for row in series])[:, first:] for name in series[0]},
    )


def shares(series: Mapping[str, NDArray[np.float64]]) -> dict[str, NDArray[np.float64]]:
    """The share of the cores asked for that was refused, of series [R, T]."""
    asked = series["asked"].sum(axis=1)
    return {"refused_share": series["refused"].sum(axis=1) / np.where(asked > 0, asked, 1.0)}


def _replay(
    stream: Stream, placement: Placement, row: int
) -> tuple[float, Counter[str], dict[str, float], dict[str, list[float]]]:
    cluster, start = Replay(stream, row), int(stream.start[row])
    total = sum(sum(cores) for cores, on in zip(stream.cpu[row].tolist(), cluster.active, strict=True) if on)
    total = max(total, 1)
    nodes, decided = placement.node[row].tolist(), range(start, len(cluster.requests))
    wrong: Counter[str] = Counter(excess=sum(nodes[k] != -1 for k in range(len(nodes)) if k not in decided))
    refused, asked = [0.0] * len(nodes), [0.0] * len(nodes)
    for turn in decided:
        size = cluster.arrive(turn)
        found = cluster.place(turn, nodes[turn])
        wrong += found
        asked[turn] = float(size.cores * size.nodes)
        if nodes[turn] == -1 or found.total():
            refused[turn] = asked[turn]
    free = [cores for n, cores in enumerate(cluster.cores) if cluster.active[n // 2]]
    metrics = {
        "refused": float(sum(cores > 0 for cores in refused)),
        "refused_share": sum(refused) / sum(asked) if sum(asked) else 0.0,
        "fragments": sum(cores % SLOT for cores in free) / sum(free) if sum(free) else 0.0,
        "used": 1 - sum(free) / total if free else 0.0,
    }
    each = [cores * (len(nodes) - start) / total for cores in refused]
    return sum(refused) / total, wrong, metrics, {"refused": refused, "asked": asked, "objective": each}
