"""The losses that PPO of our own minimises."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class Losses(NamedTuple):
    """Scalars: what is minimised, and its parts."""

    total: Tensor
    policy: Tensor
    value: Tensor
    entropy: Tensor
    kl: Tensor  # from the policy that acted to the one now, as Schulman (2020) approximates it
    clipped: Tensor  # share of ratios beyond the clip range


def losses(
    change: Tensor, advantage: Tensor, value: Tensor, entropy: Tensor, *, clip: float, weights: tuple[float, float]
) -> Losses:
    """PPO's clipped loss (Schulman et al. 2017, equations 7 and 9).

    Parameters
    ----------
    change : [N], by how much the actions' log-probabilities have changed since they were taken
    advantage : [N], brought to mean 0 and deviation 1 where N > 1
    value, entropy : scalar, the critics' loss; [N]
    weights : of value and entropy in the total
    """
    ratio, mean = change.exp(), entropy.mean()
    # The last of an update's batches may be a single lesson, which has no deviation: it then counts as it is.
    if len(advantage) > 1:
        advantage = (advantage - advantage.mean()) / (advantage.std() + 1e-8)
    policy = -torch.minimum(advantage * ratio, advantage * ratio.clamp(1 - clip, 1 + clip)).mean()
    with torch.no_grad():
        kl, clipped = (ratio - 1 - change).mean(), ((ratio - 1).abs() > clip).float().mean()
    return Losses(policy + weights[0] * value - weights[1] * mean, policy, value, mean, kl, clipped)
