"""The class policy's network: logits for classes of nodes and kinds of VMs, in the light of the whole cluster."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

import torch
from gymnasium import spaces
from pydantic import Field
from torch import Tensor, nn

from headway.components import component
from headway.domains.vm_rescheduling.learned.class_context import CONTEXT, context, worth
from headway.domains.vm_rescheduling.learned.class_pack import Pack, pack
from headway.domains.vm_rescheduling.learned.class_seen import logits, seen
from headway.domains.vm_rescheduling.learned.class_space import FEATURES, Space, features
from headway.nn.lstm import Memory, Recurrent
from headway.nn.network import Network, Recipe

Size = Annotated[int, Field(ge=1)]
LARGEST = 20.0  # logits are squashed to this, so that no choice is ever given up for good


@component
class Classes(Recipe):
    """A few thousand parameters that serve clusters of any size: see `class_space` for what they tell apart.

    Attributes
    ----------
    hidden : of the towers that see a class and a kind
    rank : numbers in which a tower's output meets what is known of the cluster and of the turns left
    stretches : of an episode, each with tables of its own
    greed : initial logits of completing a slot (and, negative, of breaking one); untrained, it does what greedy does
    """

    recurrent: ClassVar[bool] = True

    hidden: Size = 64
    rank: Size = 16
    stretches: Size = 4
    greed: Annotated[float, Field(ge=0)] = 4.0

    def build(self, observation_space: spaces.Dict, action_space: spaces.Space[Any]) -> Network:
        return ClassNetwork(self)


class ClassNetwork(Recurrent):
    """Logits of the first stage: which kind of VM leaves a node of which class; of the second: what it goes to.

    As memory it keeps what the cluster looked like at the start (`context`) and how many turns there are.
    """

    def __init__(self, recipe: Classes) -> None:
        super().__init__()
        self.rank, self.stretches, self.greed = recipe.rank, recipe.stretches, recipe.greed
        self.towers = nn.ModuleList([_tower(FEATURES, recipe.hidden, recipe.rank) for _ in range(2)])
        first, last = nn.Linear(CONTEXT + 3, 32), nn.Linear(32, 2 * recipe.rank)
        nn.init.ones_(last.bias)
        self.cluster = nn.Sequential(first, nn.Tanh(), last)
        self._kept: dict[Any, Any] = {}

    def tables(self, space: Space, known: Tensor, worths: Tensor) -> tuple[Tensor, Tensor]:
        """Logits [B, J, C, Q] of leaving and of entering, for clusters of one space.

        Parameters
        ----------
        known : float32 [B, CONTEXT], see `context`
        worths : float32 [B, 2], what a slot of cores and one of memory is worth, the larger 1
        """
        mixed, both = self._mixed(known), []
        for stage, (outputs, won) in enumerate(self._outputs(space)):
            inner = (mixed[:, :, stage] @ outputs.T).reshape(*mixed.shape[:2], *won.shape[1:])
            greed = self.greed * torch.einsum("bi,icq->bcq", worths, won)
            both.append(LARGEST * torch.tanh((inner + greed[:, None]) / LARGEST))
        return both[0], both[1]

    def _outputs(self, space: Space) -> Any:
        """For each stage what the tower says of classes and columns [C x Q, rank], and the slots won [2, C, Q]; kept
        for the next clusters of the same space as long as the weights stay as they are.
        """
        weights = (space.key, *((p.data_ptr(), p._version) for p in self.parameters()))
        if not torch.is_grad_enabled() and weights in self._kept:
            return self._kept[weights]
        told = [tuple(map(torch.from_numpy, features(space, sign))) for sign in (1, -1)]
        made = [(tower(seen_of), won) for tower, (seen_of, won) in zip(self.towers, told, strict=True)]
        if not torch.is_grad_enabled():
            self._kept = {weights: made}
        return made

    def _mixed(self, known: Tensor) -> Tensor:
        """[B, J, 2, rank]: how the towers' outputs count in each stretch."""
        done = (torch.arange(self.stretches) + 0.5) / self.stretches
        left = known[:, 2:3] * (1 - done)  # per node
        turns = torch.stack([done.expand_as(left), left, (left + 1e-3).log() / 3], dim=-1)
        told = torch.cat([known[:, None].expand(-1, self.stretches, -1), turns], dim=-1)
        output: Tensor = self.cluster(told)
        return output.reshape(*output.shape[:-1], 2, self.rank)

    def of(self, packed: Pack, space: Space) -> tuple[Tensor, Tensor]:
        """The tables for clusters as they are now."""
        return self.tables(space, torch.from_numpy(context(packed, space)), torch.from_numpy(worth(packed, space)))

    # -- step by step -------------------------------------------------------------------------------
    def empty(self, n: int) -> Memory:
        return {"known": torch.zeros(n, CONTEXT), "limit": torch.zeros(n)}

    def recall(self, observation: Mapping[str, Tensor], memory: Memory) -> tuple[Any, Memory]:
        terms, cluster, left = seen(observation)
        packed, space = pack(terms, cluster)
        fresh = memory["limit"] == 0
        limit = torch.where(fresh, left, memory["limit"])
        known = torch.where(fresh[:, None], torch.from_numpy(context(packed, space)), memory["known"])
        stretch = ((limit - left) * self.stretches / limit.clamp(min=1)).long().clamp(max=self.stretches - 1)
        both = self.tables(space, known, torch.from_numpy(worth(packed, space)))
        rows = torch.arange(len(limit))
        now = [table[rows, stretch].detach().double().numpy() for table in both]
        return torch.from_numpy(logits(packed, observation, *now)), {"known": known, "limit": limit}

    def actor(self, hidden: Any) -> Tensor:
        return torch.as_tensor(hidden)

    def critic(self, hidden: Any) -> Tensor:
        return torch.zeros(len(hidden), 1)


def _tower(inputs: int, hidden: int, outputs: int) -> nn.Sequential:
    """Two hidden layers; zero at the start, so that greed is all there is."""
    first, second, last = nn.Linear(inputs, hidden), nn.Linear(hidden, hidden), nn.Linear(hidden, outputs)
    nn.init.zeros_(last.weight)
    nn.init.zeros_(last.bias)
    return nn.Sequential(first, nn.SiLU(), second, nn.SiLU(), last)
