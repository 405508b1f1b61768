"""PPO's loss on batches of every size."""

from __future__ import annotations

import pytest
import torch

from headway.pipelines.agents.ppo_loss import losses


@pytest.mark.parametrize("size", [1, 2, 7])
def test_a_small_batch_has_a_finite_loss(size):
    """An update of 4,097 lessons in batches of 512 ends with one: its loss and gradient are numbers."""
    change = torch.zeros(size, requires_grad=True)
    found = losses(change, torch.arange(size) + 2.0, torch.tensor(0.5), torch.ones(size), clip=0.2, weights=(0.5, 0.0))
    found.total.backward()
    assert torch.isfinite(found.total)
    assert torch.isfinite(change.grad).all()
    if size == 1:
        assert found.policy.item() == -2.0
