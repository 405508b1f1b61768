"""How learning rates, clip ranges and weights of entropy change during a run."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any, Literal, Protocol, TypeAlias

from pydantic import Field

from headway.components import component

if TYPE_CHECKING:
    from torch.optim import Optimizer

Shape = Literal["constant", "linear", "cosine"]
Share = Annotated[float, Field(ge=0, le=1)]

LAST = 0.02  # what ``cosine`` alone leaves, so that the end of a run still learns
START = 0.1  # where a warm-up starts


@component
class Schedule:
    """A knob's value over a run, as shares of what it is set to.

    A pure function of how much of the run is left: a run that is resumed goes on exactly.

    Attributes
    ----------
    shape : linear (Schulman et al. 2017, table 5), cosine (Loshchilov and Hutter 2017, "SGDR", without restarts)
    to : the share that is left at the end
    warmup : the share of the run over which it rises, from a tenth
    """

    shape: Shape = "linear"
    to: Share = 0.0
    warmup: Share = 0.0

    def __call__(self, remaining: float) -> float:
        """The share of the knob's value where a share ``remaining`` of the run is left."""
        left = min(max(remaining, 0.0), 1.0)
        falling = {"constant": 1.0, "linear": left, "cosine": (1 - math.cos(math.pi * left)) / 2}[self.shape]
        rising = min(1.0, START + (1 - START) * (1 - left) / self.warmup) if self.warmup else 1.0
        return (self.to + (1 - self.to) * falling) * rising


Changing: TypeAlias = Shape | Schedule  # a shape alone is one with the usual end


def share(changing: Changing, remaining: float) -> float:
    """The share of a knob's value where a share ``remaining`` of the run is left."""
    if isinstance(changing, str):
        changing = Schedule(shape=changing, to=LAST if changing == "cosine" else 0.0)
    return changing(remaining)


class Scheduled(Protocol):
    """An agent with these knobs."""

    @property
    def lr(self) -> float: ...

    @property
    def lr_schedule(self) -> Changing: ...


def set_lr(optimizer: Optimizer, agent: Scheduled, remaining: float, warm: float = 1.0) -> float:
    """Give the optimizer the learning rate of a run of which a share ``remaining`` is left; returns it.

    ``warm`` < 1 while the run warms up by a count of its own.
    """
    lr = agent.lr * share(agent.lr_schedule, remaining) * warm
    groups: list[dict[str, Any]] = optimizer.param_groups
    for group in groups:
        group["lr"] = lr
    return lr
