"""Learning to act like a contestant that is already there: a solver, or a classical policy."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, ClassVar

from headway.components import component, givens
from headway.environment import Environment
from headway.errors import CapabilityError
from headway.pipelines.agents.base import ActionKind, Agent, action_kind
from headway.pipelines.agents.schedule import Changing
from headway.pipelines.agents.steps import Count, Positive
from headway.policy import Policy
from headway.problem import lookup
from headway.solver import Solver

if TYPE_CHECKING:
    from headway.nn.network import Recipe
    from headway.pipelines.agents.imitation_trainer import ImitationTrainer


@component
class Imitation(Agent):
    """Behaviour cloning (Pomerleau 1991): the network is taught to choose as ``teacher`` does on training instances.

    A warm start for other agents: train with this one, then with another from its weights (``init=RUN``). Each update
    lets the teacher solve ``episodes`` new instances and takes ``epochs`` passes over what it did there. The critic
    learns nothing. Solvers teach in environments with the capability ``replay``, policies in all of them. Runs repeat
    bit for bit if the teacher's answers do: those of a solver that stops by the clock may not.

    Attributes
    ----------
    teacher : a baseline or oracle of the problem, by name; None: the first baseline that can teach here
    options : its knobs
    budget : CPU-seconds that a solver may take for an instance
    """

    teacher: str | None = None
    options: dict[str, Any] = dataclasses.field(default_factory=dict)
    budget: Positive = 1.0
    episodes: Count = 32
    batch: Count = 256
    epochs: Count = 4
    lr: Positive = 1e-3
    lr_schedule: Changing = "linear"
    max_grad_norm: Positive = 0.5
    normalize_observation: bool = False

    actions: ClassVar[frozenset[ActionKind]] = frozenset({"discrete"})
    masks: ClassVar[bool] = True

    def check(self, environment: Environment[Any, Any, Any, Any], action: ActionKind, network: Recipe) -> None:
        super().check(environment, action, network)
        self.taught_by(environment)

    def taught_by(self, environment: Environment[Any, Any, Any, Any]) -> str:
        """The teacher's name. Raises CapabilityError where it cannot teach in this environment, or none can."""
        problem = environment.problem
        known = {**problem.baselines, **problem.oracles}
        for name in problem.baselines if self.teacher is None else (self.teacher,):
            if _teaches(lookup("teacher", name, known), environment):
                return str(name)
        raise CapabilityError(
            "nothing to imitate",
            where=f"imitation on {problem.name}",
            got=self.teacher or "no baseline that can teach here",
            expected="a policy of this environment, or a solver where the environment can `replay` solutions",
        )

    def trainer(
        self, environment: Environment[Any, Any, Any, Any], network: Recipe, *, seed: int, steps: int
    ) -> ImitationTrainer:
        from headway.nn.standard import Standardizing
        from headway.pipelines.agents.imitation_trainer import ImitationTrainer

        self.check(environment, action_kind(environment), network)
        teacher = environment.problem.contestant(self.taught_by(environment), self.options, where="agent.options")
        recipe = Standardizing(network) if self.normalize_observation else network
        return ImitationTrainer(self, environment, recipe, teacher, seed=seed, steps=steps)


def _teaches(cls: type[Any], environment: Environment[Any, Any, Any, Any]) -> bool:
    """Whether a baseline's answers can be had as actions of this environment."""
    if set(givens(cls)) - {"problem"}:  # a hybrid, which wants a policy first
        return False
    if issubclass(cls, Solver):
        return "replay" in environment.capabilities
    table = environment.problem.environments
    own = table.get(getattr(cls, "environment", None) or next(iter(table)), "")
    return issubclass(cls, Policy) and own.endswith(f":{type(environment).__qualname__}")
