"""An observation of `migrate` by cells: VMs of one kind on one node are one token, however many they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor

ALIKE = 0.01  # what an interchangeable VM weighs beside the first one of its cell


class Cells(NamedTuple):
    """B rows, N nodes, K kinds, V VMs. A VM on both nodes of a machine counts at the first.

    Unknown kinds, of which a row has no VM, are zeros.
    """

    kinds: Tensor  # float32 [B, K, 3]: cores and GB on each of its nodes, nodes
    vms: Tensor  # float32 [B, N, K]: how many
    movable: Tensor  # float32 [B, N, K]: those that may move
    cell: Tensor  # int64 [B, V]: N x K numbered by rows, the cell of each VM
    share: Tensor  # float32 [B, V]: logarithm of the VM's share of its cell; -inf for those that do not move

    @classmethod
    def of(cls, observation: Mapping[str, Tensor]) -> Cells:
        """The cells of a batch of observations."""
        vm, kind, at = observation["vm"], observation["kind"].long(), observation["at"].long()
        (batch, vms), nodes = kind.shape, observation["cpu"].shape[1]
        width = int(kind.max()) + 1
        number = torch.arange(vms).expand(batch, -1)
        real, free = vm[..., 2] > 0, vm[..., 3] > 0
        cell = at * width + kind

        def first(where: Tensor, index: Tensor, size: int) -> Tensor:
            """The first VM of each slot of ``index`` [B, V]; V where there is none."""
            found = torch.where(where, number, vms)
            return found.new_full((batch, size), vms).scatter_reduce(1, index, found, "amin")

        def counted(weight: Tensor) -> Tensor:
            table = vm.new_zeros(batch, nodes * width).scatter_add(1, cell, weight.to(vm.dtype))
            return table.reshape(batch, nodes, width)

        example = first(real, kind, width)[..., None]
        kinds = vm[..., :3].gather(1, example.clamp(max=vms - 1).expand(-1, -1, 3)) * (example < vms)
        # One VM stands for its cell, so that the best action is one of the best cell; the others weigh little, whose
        # group may be another.
        movable = counted(free)
        alike = 1 + ALIKE * (movable.reshape(batch, -1).gather(1, cell) - 1)
        leads = first(free, cell, nodes * width).gather(1, cell) == number
        share = torch.where(leads, 1.0, ALIKE).div(alike).log().masked_fill(~free, -torch.inf)
        return cls(kinds, counted(real), movable, cell, share)
