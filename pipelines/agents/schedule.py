"""How the learning rate falls during a run."""

from __future__ import annotations

from typing import Any, Literal, Protocol

from torch.optim import Optimizer


class Scheduled(Protocol):
    """An agent with these knobs."""

    @property
    def lr(self) -> float: ...

    @property
    def lr_schedule(self) -> Literal["constant", "linear"]: ...


def set_lr(optimizer: Optimizer, agent: Scheduled, remaining: float) -> float:
    """Give the optimizer the learning rate of a run of which a share ``remaining`` is left; returns it."""
    lr = agent.lr * (remaining if agent.lr_schedule == "linear" else 1.0)
    groups: list[dict[str, Any]] = optimizer.param_groups
    for group in groups:
        group["lr"] = lr
    return lr
