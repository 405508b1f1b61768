"""What agents share that learn from the steps of many environments side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from headway.components import component
from headway.environment import Environment
from headway.pipelines.agents.base import ActionKind, Agent
from headway.pipelines.agents.schedule import Changing

if TYPE_CHECKING:
    from headway.nn.decoding import Decoding
    from headway.nn.network import Recipe

Count = Annotated[int, Field(ge=1)]
Positive = Annotated[float, Field(gt=0)]
Fraction = Annotated[float, Field(ge=0, le=1)]


@component
class StepAgent(Agent):
    """Their common knobs.

    ``gamma``: None takes the problem's own discount where its criterion is discounted, else
    ``undiscounted`` of the class. ``normalize_reward`` divides the learner's rewards by the running
    deviation of returns (Engstrom et al. 2020, "Implementation matters", section 3), so that the
    other defaults hold whatever the unit of the objective. ``normalize_observation`` puts running
    means and deviations in front of the network, which are stored with it (`headway.nn.standard`).
    """

    lr: Positive = 3e-4
    lr_schedule: Changing = "linear"
    gamma: Fraction | None = None
    num_envs: Count = 256
    normalize_reward: bool = True
    normalize_observation: bool = False

    undiscounted: ClassVar[float] = 1.0
    centred: ClassVar[bool] = False  # rewards of an average criterion are brought around zero as well
    box_decoding: ClassVar[Decoding] = "mean"

    def seen(self, network: Recipe) -> Recipe:
        """The recipe of the network that is trained: with statistics of observations before it, where asked."""
        from headway.nn.standard import Standardizing

        return Standardizing(network) if self.normalize_observation else network

    def decoding(self, kind: ActionKind) -> Decoding:
        """How the trained policy acts: without exploration."""
        return "greedy" if kind == "discrete" else self.box_decoding

    def discount(self, environment: Environment[Any, Any, Any, Any]) -> float:
        """The discount factor per step."""
        if self.gamma is not None:
            return self.gamma
        criterion = environment.problem.criterion
        by_kind: dict[str, float] = {"finite": self.undiscounted, "discounted": criterion.gamma, "average": 0.99}
        return by_kind[criterion.kind]
