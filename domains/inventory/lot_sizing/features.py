"""What a network is shown of each item, seen from the machine that is next; the state in a few numbers."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

FEATURES, SUMMARY = 19, 5
AHEAD = 12.0  # periods over which stocks and needs are compared


def features(observation: Mapping[str, Tensor]) -> tuple[Tensor, Tensor, Tensor]:
    """Features of items [B, I, FEATURES], of the moment [B, SUMMARY], and what the machine is set up for, bool [B, I].

    All are of order one in the observation's units (periods of demand, cost of a period without an item).
    """
    phase, setup, rate, change, loss = (
        observation[name] for name in ("phase", "setup", "rate", "setup_cost", "setup_loss")
    )
    stock, left, items = observation["stock"], observation["left"], observation["items"]
    penalty, holding, capacity, spread = items.unbind(-1)
    now = phase[:, :, None]
    making = setup * rate
    own_setup, own_rate, own_loss = ((now * table).sum(1) for table in (setup, rate, loss))
    same = own_setup > 0
    others = making.sum(1) - own_setup * own_rate
    cost = (now * change).sum(1) * (1 - own_setup)
    # What a machine would give up by a change: the penalty of its item where nobody else makes it.
    alone = (making.sum(1, keepdim=True) - making < 1).float() * setup * penalty[:, None]
    given_up = alone.sum(2)  # [B, M]
    cover = (setup * stock[:, None]).sum(2)  # of the item each machine is set up for
    later = (1 - phase.cumsum(1)) * phase.any(1, keepdim=True)
    elsewhere = _least(change + given_up[:, :, None] * (1 - setup), (rate > 0) & (later[:, :, None] > 0))
    ahead = left.clamp(max=AHEAD)
    need = (ahead - stock - others * ahead).clamp(min=0) / AHEAD
    each = [
        own_setup, (own_rate > 0).float(), own_rate.clamp(max=5) / 2, own_loss, cost / 2,
        (stock / capacity.clamp(min=1e-6)), torch.exp(-stock), (stock + others).clamp(max=3),
        (stock + others < 1.5).float(), others.clamp(max=3), need, need * penalty * AHEAD / 2,
        penalty * (need * AHEAD).minimum(own_rate * ahead) - cost,
        penalty, holding * capacity, holding * stock - penalty, spread,
        elsewhere.clamp(max=6) / 2, (stock - left).clamp(-AHEAD, AHEAD) / AHEAD,
    ]  # fmt: skip
    own_given_up, own_cover = (phase * given_up).sum(1, keepdim=True), (phase * cover).sum(1, keepdim=True)
    asked = phase.any(1, keepdim=True).float()
    summary = torch.cat([own_given_up, own_cover / AHEAD, ahead / AHEAD, left / 100, asked], dim=-1)
    return torch.stack(each, dim=-1), summary, same


def _least(values: Tensor, mask: Tensor) -> Tensor:
    """The least over machines of masked-in values [B, M, I] -> [B, I]; 10 where there are none."""
    return values.masked_fill(~mask, 10.0).amin(1)
