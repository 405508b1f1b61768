"""How the learning rate falls during a run."""

from __future__ import annotations

import math
from typing import Any, Literal, Protocol

from torch.optim import Optimizer

LAST = 0.02  # what a cosine leaves of the rate, so that the end of a run still learns


class Scheduled(Protocol):
    """An agent with these knobs."""

    @property
    def lr(self) -> float: ...

    @property
    def lr_schedule(self) -> Literal["constant", "linear", "cosine"]: ...


def set_lr(optimizer: Optimizer, agent: Scheduled, remaining: float, warm: float = 1.0) -> float:
    """Give the optimizer the learning rate of a run of which a share ``remaining`` is left; returns it.

    ``cosine``: Loshchilov and Hutter (2017), "SGDR", without restarts. ``warm`` < 1 while the run warms up.
    """
    cosine = LAST + (1 - LAST) * (1 - math.cos(math.pi * remaining)) / 2
    lr = agent.lr * {"constant": 1.0, "linear": remaining, "cosine": cosine}[agent.lr_schedule] * warm
    groups: list[dict[str, Any]] = optimizer.param_groups
    for group in groups:
        group["lr"] = lr
    return lr
