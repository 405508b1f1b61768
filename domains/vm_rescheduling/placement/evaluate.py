"""The scorer: replays the requests one by one, in plain Python."""

from __future__ import annotations

from collections import Counter

import numpy as np

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
    ``used``: share of the cores in use then. Series: ``refused`` [B, R], cores refused at each request.

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
    return Evaluation(
        np.array(objective),
        {name: np.array([float(row[name]) for row in violations]) for name in VIOLATIONS},
        {name: np.array([row[name] for row in metrics]) for name in metrics[0]},
        {"refused": np.array(series)},
    )


def _replay(
    stream: Stream, placement: Placement, row: int
) -> tuple[float, Counter[str], dict[str, float], list[float]]:
    cluster = Replay(stream, row)
    total = sum(sum(cores) for cores, on in zip(stream.cpu[row].tolist(), cluster.active, strict=True) if on)
    nodes = placement.node[row].tolist()
    wrong: Counter[str] = Counter(excess=sum(node != -1 for node in nodes[len(cluster.requests) :]))
    refused = [0.0] * len(nodes)
    for turn, node in enumerate(nodes[: len(cluster.requests)]):
        size = cluster.arrive(turn)
        found = cluster.place(turn, node)
        wrong += found
        if node == -1 or found.total():
            refused[turn] = float(size.cores * size.nodes)
    asked = sum(size.cores * size.nodes for size in cluster.requests)
    free = [cores for n, cores in enumerate(cluster.cores) if cluster.active[n // 2]]
    metrics = {
        "refused": float(sum(cores > 0 for cores in refused)),
        "refused_share": sum(refused) / asked if asked else 0.0,
        "fragments": sum(cores % SLOT for cores in free) / sum(free) if sum(free) else 0.0,
        "used": 1 - sum(free) / total if total else 0.0,
    }
    return sum(refused) / max(total, 1), wrong, metrics, refused
