"""The attention of `TreeAttention`: within a machine's tree, across machines, and of kinds over nodes."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from headway.domains.vm_rescheduling.cluster.instance import NODES
from headway.domains.vm_rescheduling.learned.tree_cells import Cells
from headway.domains.vm_rescheduling.learned.tree_gains import Gains


class FeedForward(nn.Module):
    """Pre-norm feed-forward with its residual."""

    def __init__(self, dim: int, hidden: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.LayerNorm(dim), nn.Linear(dim, hidden), nn.SiLU(), nn.Linear(hidden, dim))

    def forward(self, tokens: Tensor) -> Tensor:
        out: Tensor = tokens + self.layers(tokens)
        return out


class WithinTree(nn.Module):
    """Each node looks at itself, at its sibling, and at the VMs on both.

    VMs of one kind on one node are one key, whose score has the logarithm of their number added: the same softmax as
    over all of them, at a cost that does not grow with their number.
    """

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.LayerNorm(dim)
        self.nodes, self.kinds, self.out = nn.Linear(dim, 4 * dim), nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
        self.sibling = nn.Parameter(torch.zeros(heads, 1, 1))

    def forward(self, nodes: Tensor, kinds: Tensor, cells: Cells) -> Tensor:
        """[B, N, D], [B, K, D] -> [B, N, D]."""
        query, key, value, sibling_value = (
            _split(part, self.heads) for part in self.nodes(self.norm(nodes)).chunk(4, -1)
        )
        kind_key, kind_value, kind_sibling = (_split(part, self.heads) for part in self.kinds(kinds).chunk(3, -1))
        scale = query.shape[-1] ** -0.5
        score = query @ kind_key.transpose(2, 3) * scale  # [B, H, N, K]
        number = cells.vms.log()[:, None]
        weight = torch.cat(
            [
                score + number,
                score + other(number, 2) + self.sibling,
                (query * key).sum(-1, keepdim=True) * scale,
                (query * other(key, 2)).sum(-1, keepdim=True) * scale + self.sibling,
            ],
            -1,
        ).softmax(-1)
        k = kinds.shape[1]
        seen = weight[..., : 2 * k] @ torch.cat([kind_value, kind_sibling], 2)
        seen = seen + weight[..., -2:-1] * value + weight[..., -1:] * other(sibling_value, 2)
        out: Tensor = nodes + self.out(seen.transpose(1, 2).flatten(2))
        return out


class AcrossMachines(nn.Module):
    """Active machines, each the mean of its nodes, look at one another; both nodes take in what is seen."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm, self.projected, self.out = nn.LayerNorm(dim), nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)

    def forward(self, nodes: Tensor, open_: Tensor) -> Tensor:
        """[B, N, D], bool [B, N] -> [B, N, D]."""
        batch, number, dim = nodes.shape
        machines = self.norm(nodes.reshape(batch, number // NODES, NODES, dim).mean(2))
        query, key, value = (_split(part, self.heads) for part in self.projected(machines).chunk(3, -1))
        seen = scaled_dot_product_attention(query, key, value, attn_mask=open_[:, None, None, ::NODES])
        out: Tensor = nodes + self.out(seen.transpose(1, 2).flatten(2)).repeat_interleave(NODES, 1)
        return out


class KindsOverNodes(nn.Module):
    """Each kind looks at the nodes that have room for one more of it, above all at those that gain by it."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.LayerNorm(dim)
        self.query, self.nodes, self.out = nn.Linear(dim, dim), nn.Linear(dim, 2 * dim), nn.Linear(dim, dim)
        self.gain = nn.Parameter(torch.ones(heads, 1, 1))

    def forward(self, kinds: Tensor, nodes: Tensor, arriving: Gains) -> Tensor:
        """[B, K, D], [B, N, D] -> [B, K, D]."""
        query = _split(self.query(self.norm(kinds)), self.heads)
        key, value = (_split(part, self.heads) for part in self.nodes(nodes).chunk(2, -1))
        score = query @ key.transpose(2, 3) * query.shape[-1] ** -0.5  # [B, H, K, N]
        score = score + self.gain * arriving.gain.transpose(1, 2)[:, None]
        fits = arriving.fits.transpose(1, 2)[:, None]
        # A kind that fits nowhere sees nothing.
        weight = score.masked_fill(~fits, -1e9).softmax(-1) * fits.any(-1, keepdim=True)
        out: Tensor = kinds + self.out((weight @ value).transpose(1, 2).flatten(2))
        return out


def other(nodes: Tensor, axis: int) -> Tensor:
    """The two nodes of each machine exchanged along ``axis``."""
    before, after = nodes.shape[:axis], nodes.shape[axis + 1 :]
    return nodes.reshape(*before, nodes.shape[axis] // NODES, NODES, *after).flip(axis + 1).reshape(nodes.shape)


def _split(tokens: Tensor, heads: int) -> Tensor:
    """[B, N, D] -> [B, H, N, D / H]."""
    batch, number, dim = tokens.shape
    return tokens.reshape(batch, number, heads, dim // heads).transpose(1, 2)
