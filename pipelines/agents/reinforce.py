"""REINFORCE on whole episodes that the environment plays and differentiates itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from headway.components import component
from headway.environment import Environment
from headway.pipelines.agents.base import ActionKind, Agent, action_kind
from headway.pipelines.agents.reinforce_advantage import Credit
from headway.pipelines.agents.reinforce_lessons import Lesson, check
from headway.pipelines.agents.schedule import Changing

if TYPE_CHECKING:
    from headway.nn.network import Recipe
    from headway.pipelines.agents.reinforce_trainer import ReinforceTrainer


@component
class Reinforce(Agent):
    """Score-function gradients of whole episodes (Williams 1992, "Simple statistical gradient-following algorithms"),
    several of each instance: their mean is the baseline and their spread the unit (Kool et al. 2019, "Buy 4 REINFORCE
    samples, get a baseline for free!"; Shao et al. 2024, "DeepSeekMath", section 4.1). No critic, no discounting.

    Defaults: chosen on validation snapshots of VM rescheduling, where without shaping training ends in plans that gain
    at every migration and leave fragments that none alone can use.

    Attributes
    ----------
    lr_schedule, warmup : how the learning rate falls, after so many updates in which it rises
    betas : of Adam
    batch, rollouts : instances of an update, and episodes of each
    lessons, stages : a curriculum in their place (see `Lesson`), and the shares of all steps at which its stages end
    turns : updates on the same instances, with fresh episodes
    best_of : what is maximised is the mean of the best of so many episodes (see `reinforce_advantage`)
    credit, extremes : which episodes count how much (see `reinforce_advantage.weights`)
    entropy, entropy_schedule : its weight beside an advantage of unit spread, and how that changes
    shaping : weight of the environment's shaped returns at the start, for an environment that has any; it falls
        linearly, to 0 after ``shaped`` of all steps
    """

    lr: Annotated[float, Field(gt=0)] = 3e-3
    lr_schedule: Changing = "linear"
    warmup: Annotated[int, Field(ge=0)] = 0
    betas: tuple[Annotated[float, Field(ge=0, lt=1)], Annotated[float, Field(ge=0, lt=1)]] = (0.9, 0.999)
    batch: Annotated[int, Field(ge=1)] = 20
    rollouts: Annotated[int, Field(ge=2)] = 20
    lessons: tuple[Lesson, ...] = ()
    stages: Annotated[tuple[float, ...], Field(min_length=1)] = (1.0,)
    turns: Annotated[int, Field(ge=1)] = 2
    best_of: Annotated[int, Field(ge=1)] = 1
    credit: Credit = "mean"
    extremes: Annotated[int, Field(ge=1)] | None = None
    entropy: Annotated[float, Field(ge=0)] = 0.0
    entropy_schedule: Changing = "constant"
    shaping: Annotated[float, Field(ge=0)] = 0.4
    shaped: Annotated[float, Field(gt=0, le=1)] = 0.85
    max_grad_norm: Annotated[float, Field(gt=0)] = 1.0

    needs: ClassVar[frozenset[str]] = frozenset({"episodes"})
    actions: ClassVar[frozenset[ActionKind]] = frozenset({"discrete"})
    masks: ClassVar[bool] = True
    recurrent: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check(self.lessons, self.stages)

    def trainer(
        self, environment: Environment[Any, Any, Any, Any], network: Recipe, *, seed: int, steps: int
    ) -> ReinforceTrainer:
        from headway.pipelines.agents.reinforce_trainer import ReinforceTrainer

        self.check(environment, action_kind(environment), network)
        return ReinforceTrainer(self, environment, network, seed=seed, steps=steps)
