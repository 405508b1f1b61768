"""The two stages of `TreeAttention`: scores of the VMs that may go, and of the nodes they may go to."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from headway.domains.vm_rescheduling.cluster.instance import NODES
from headway.domains.vm_rescheduling.learned.tree_cells import Cells
from headway.domains.vm_rescheduling.learned.tree_features import PERIODIC, periodic
from headway.domains.vm_rescheduling.learned.tree_gains import Room, gains
from headway.domains.vm_rescheduling.learned.tree_layers import KindsOverNodes
from headway.nn.layers import orthogonal

HIDDEN = -1e9  # logit of what is no action
NOWHERE = -8.0  # slots gained by a VM for which no other node has room


class Hidden(NamedTuple):
    """What actor and critic share."""

    nodes: Tensor  # [B, N, D], embedded
    kinds: Tensor  # [B, K, D], embedded
    cluster: Tensor  # [B, C], of the whole cluster
    room: Room
    cells: Cells
    chosen: Tensor  # int64 [B], the VM to be migrated, or -1


class Sources(nn.Module):
    """Scores of stopping and of each VM: that of its cell, by the node, the kind, and what taking it away does."""

    def __init__(self, dim: int, heads: int, cluster: int, terms: int, greed: float) -> None:
        super().__init__()
        self.look = KindsOverNodes(dim, heads)
        self.nodes, self.kinds = nn.Linear(dim, dim), nn.Linear(dim, dim, bias=False)
        self.pairs = nn.Linear(3 + PERIODIC * terms, dim, bias=False)
        self.score = nn.Sequential(nn.SiLU(), orthogonal(nn.Linear(dim, 1), 0.1))
        self.stop = nn.Sequential(nn.Linear(cluster, dim), nn.SiLU(), orthogonal(nn.Linear(dim, 1), 0.1))
        self.greed = nn.Parameter(torch.tensor(greed))

    def forward(self, hidden: Hidden) -> Tensor:
        """Logits [B, 1 + V]."""
        cells, room = hidden.cells, hidden.room
        leaving, arriving = gains(room, cells.kinds, -1), gains(room, cells.kinds, 1)
        kinds = self.kinds(self.look(hidden.kinds, hidden.nodes, arriving))
        best, where = arriving.gain.masked_fill(~arriving.fits, NOWHERE).topk(2, dim=1)  # [B, 2, K]
        # Few of all pairs of node and kind occur; only these are scored.
        b, n, k = (cells.movable > 0).nonzero(as_tuple=True)
        gain, number = leaving.gain[b, n, k], cells.movable[b, n, k].log1p()
        best = best[b, (where[b, 0, k] == n).long(), k]  # at another node than its own
        pairs = torch.cat([torch.stack([gain, best, number], -1), periodic(leaving.fragment[b, n, k])], -1)
        mixed = self.nodes(hidden.nodes)[b, n] + kinds[b, k] + self.pairs(pairs)
        score = self.score(mixed)[:, 0] + self.greed * (gain + best)
        table = score.new_full(cells.vms.shape, HIDDEN).index_put((b, n, k), score).flatten(1)
        vms = table.gather(1, cells.cell) + cells.share
        return torch.cat([self.stop(hidden.cluster), vms.clamp(min=HIDDEN)], 1)


class Destinations(nn.Module):
    """Scores of the nodes for the VM that was chosen, by its kind, its node, and what placing it there does."""

    def __init__(self, dim: int, terms: int, greed: float) -> None:
        super().__init__()
        self.nodes, self.vm = nn.Linear(dim, dim), nn.Linear(2 * dim, dim, bias=False)
        self.pairs = nn.Linear(2 + PERIODIC * terms, dim, bias=False)
        self.score = nn.Sequential(nn.SiLU(), orthogonal(nn.Linear(dim, 1), 0.1))
        self.greed = nn.Parameter(torch.tensor(greed))

    def forward(self, hidden: Hidden) -> Tensor:
        """Logits [B, 1 + N]; the first is no action."""
        cells = hidden.cells
        rows = torch.arange(len(hidden.chosen))
        width = cells.kinds.shape[1]
        cell = cells.cell[rows, hidden.chosen]
        source, kind = cell // width, cell % width
        arriving = gains(hidden.room, cells.kinds[rows, kind][:, None], 1)
        gain, machine = arriving.gain[..., 0], torch.arange(hidden.nodes.shape[1]) // NODES
        same = (machine == (source // NODES)[:, None]).to(gain.dtype)
        pairs = torch.cat([torch.stack([gain, same], -1), periodic(arriving.fragment[:, :, 0])], -1)
        vm = self.vm(torch.cat([hidden.kinds[rows, kind], hidden.nodes[rows, source]], -1))
        score = self.score(self.nodes(hidden.nodes) + vm[:, None] + self.pairs(pairs))[..., 0] + self.greed * gain
        return torch.cat([torch.full_like(score[:, :1], HIDDEN), score], 1)
