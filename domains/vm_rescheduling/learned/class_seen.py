"""The class policy in the environment `migrate`, one sub-step at a time: from observations to logits of its actions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headway.domains.vm_rescheduling.cluster.fragments import GB, Fragment
from headway.domains.vm_rescheduling.learned.class_cluster import CLASS, COLUMN, DOUBLE
from headway.domains.vm_rescheduling.learned.class_pack import Cluster, Pack

NEVER, STOP = -1e6, -1e3  # logits of VMs that the policy leaves alone, and of stopping, which is better than those
TIE = 1e-9  # among equal logits the first counts, as in the kernels


def seen(observation: Mapping[str, Any]) -> tuple[tuple[Fragment, ...], Cluster, Any]:
    """The terms of the objective, the clusters as they are now, and the turns left [B]. Groups and zones are not seen:
    the mask keeps to them.
    """
    arrays = {name: values.detach().numpy() for name, values in observation.items()}
    batch, nodes = arrays["open"].shape
    kind, vm = arrays["kind"].astype(np.int64), arrays["vm"]
    kinds = int(kind.max(initial=0)) + 1
    need, double = np.full((batch, 2, kinds), np.inf, np.float32), np.zeros((batch, kinds), np.int64)
    row, number = np.nonzero(vm[:, :, 2] > 0)
    need[row, :, kind[row, number]] = vm[row, number, :2]
    double[row, kind[row, number]] = vm[row, number, 2] == 2
    cluster = Cluster(
        free=np.stack([arrays["cpu"], arrays["memory"]], axis=1),
        open=arrays["open"],
        at=arrays["at"],
        kind=kind,
        movable=vm[:, :, 3] > 0,
        need=need,
        double=double,
        group=np.full(kind.shape, -1),
        zone=np.zeros((batch, nodes), np.int64),
        limit=np.ones(batch, np.int64) * np.rint(arrays["left"][:, 0]).astype(np.int64),
    )
    return _terms(arrays["slot"][0]), cluster, observation["left"][:, 0]


def _terms(slot: NDArray[np.float32]) -> tuple[Fragment, ...]:
    return tuple(
        Fragment("cpu", round(cores), round(nodes), float(weight)) if cores > 0
        else Fragment("memory", round(gigabytes * GB), round(nodes), float(weight))
        for cores, gigabytes, nodes, weight in slot.tolist()
    )  # fmt: skip


def logits(
    packed: Pack, observation: Mapping[str, Any], source: NDArray[np.float64], target: NDArray[np.float64]
) -> NDArray[np.float64]:
    """float64 [B, 1 + max(V, N)]: logits of actions, from this sub-step's tables [B, C, Q]."""
    chosen = observation["chosen"].numpy()[:, 0]
    out = np.full((len(chosen), 1 + max(packed.vm.shape[1], packed.node.shape[1])), NEVER)
    out[:, 0] = STOP
    for b, vm in enumerate(chosen.tolist()):
        if vm < 0:
            node, kind = np.nonzero((packed.head[b] >= 0) & (packed.kind[b, :, COLUMN] >= 0))
            values = _entries(packed, b, source[b], node, kind)
            out[b, 1 + packed.head[b, node, kind]] = values - TIE * np.arange(len(values)) / max(len(values), 1)
            continue
        kind = np.flatnonzero(packed.kinds[b] == int(observation["kind"][b, vm]))
        if len(kind):
            nodes = np.arange(packed.node.shape[1])
            values = _entries(packed, b, target[b], nodes, np.full(len(nodes), kind[0]))
            out[b, 1 : 1 + len(nodes)] = values - TIE * nodes / len(nodes)
    return out


def _entries(packed: Pack, b: int, table: NDArray[np.float64], node: Any, kind: Any) -> NDArray[np.float64]:
    column, code = packed.kind[b, kind, COLUMN], packed.node[b, :, CLASS]
    values: NDArray[np.float64] = table[code[node], column]
    return np.where(packed.kind[b, kind, DOUBLE] == 1, values + table[code[node ^ 1], column], values)
