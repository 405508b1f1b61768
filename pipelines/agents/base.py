"""An agent is a training algorithm; the training loop around it is the same for all."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from headway.environment import Environment
from headway.errors import CapabilityError, CheckpointError

if TYPE_CHECKING:
    from headway.nn.network import Network, Recipe
    from headway.storage.stored import StoredPolicy

ActionKind = Literal["discrete", "box"]


class Agent(ABC):
    """A component whose fields are hyper-parameters (defaults name their source).

    ``needs`` are capabilities of the environment; ``actions`` the action spaces it can handle;
    ``masks`` whether it keeps to an environment's action mask. These are what `headway list`
    matches against the environments, and what `check` enforces.
    """

    needs: ClassVar[frozenset[str]] = frozenset()
    actions: ClassVar[frozenset[ActionKind]]
    masks: ClassVar[bool] = False
    backend: ClassVar[Literal["numpy", "torch"]] = "numpy"
    network: ClassVar[str | None] = None  # the network it needs; None: the problem's first one, else an MLP
    recurrent: ClassVar[bool] = False  # trains networks with memory, and only those

    @abstractmethod
    def trainer(
        self, environment: Environment[Any, Any, Any, Any], network: Recipe, *, seed: int, steps: int
    ) -> Trainer:
        """A fresh training run of ``steps`` environment steps, rounded up to whole updates.

        Raises
        ------
        CapabilityError
            The environment lacks what the agent needs.
        """

    def check(self, environment: Environment[Any, Any, Any, Any], action: ActionKind, network: Recipe) -> None:
        """Raise CapabilityError where this agent cannot train this network on this environment."""
        where = f"{type(self).__name__} on {environment.problem.name}"
        if action not in self.actions:
            raise CapabilityError(
                "the agent cannot handle these actions", where=where, got=action, expected=" or ".join(self.actions)
            )
        if lacking := self.needs - environment.capabilities:
            raise CapabilityError(
                "the environment lacks a capability", where=where, got=sorted(environment.capabilities),
                expected=sorted(lacking),
            )  # fmt: skip
        if environment.masked and not self.masks:
            raise CapabilityError(
                "the agent would ignore the environment's action mask",
                where=where,
                hint="take an agent that keeps to masks: ppo or maskable_ppo",
            )
        if getattr(self, "normalize_observation", False) and self.recurrent:
            raise CapabilityError(
                "observations are not standardised for networks with memory",
                where=where,
                hint="agent.normalize_observation=false",
            )
        if network.recurrent != self.recurrent:
            raise CapabilityError(
                "the agent cannot train this network",
                where=where,
                got=type(network).__name__,
                expected="a network with memory" if self.recurrent else "a network without memory",
                hint="network=lstm" if self.recurrent else "network=mlp",
            )


def action_kind(environment: Environment[Any, Any, Any, Any]) -> ActionKind:
    """Whether the environment's actions are numbered or continuous. Raises CapabilityError for other kinds."""
    from gymnasium import spaces

    _, space = environment.spaces(environment.prepare(environment.problem.instances("train", 1)))
    if isinstance(space, spaces.Discrete):
        return "discrete"
    if isinstance(space, spaces.Box):
        return "box"
    raise CapabilityError("no agent handles these actions", got=space, expected="Discrete or Box")


def take_over(network: Network, policy: StoredPolicy) -> None:
    """Give ``network`` the weights of a stored policy. Raises CheckpointError where they do not fit."""
    try:
        network.load_state_dict(policy.network.state_dict())
    except RuntimeError as error:
        name = policy.description.network_name
        raise CheckpointError(
            "the weights to start from do not fit the network",
            where="init",
            got=error,
            expected=f"weights of a {type(network).__name__}",
            hint=f"network={name}, with the options it was trained with",
        ) from error


class Trainer(ABC):
    """One training run under way: advances update by update, and can be stored between any two."""

    steps: int  # environment steps done so far
    total: int  # environment steps of the whole run

    @property
    def remaining(self) -> float:
        """The share of the run that is left, never below 0."""
        return max(1 - self.steps / self.total, 0.0)

    @abstractmethod
    def advance(self) -> Mapping[str, float]:
        """One update (collect experience, learn from it); its training metrics.

        Raises
        ------
        NumericalError
            An observation, reward, loss, gradient or weight is not finite.
        """

    @abstractmethod
    def policy(self) -> StoredPolicy:
        """The policy as it stands, independent of the trainer: loaded and run without SB3."""

    def start_from(self, policy: StoredPolicy) -> None:
        """Take over another policy's weights, before the first update.

        Raises
        ------
        CapabilityError
            The agent trains from fresh weights only.
        CheckpointError
            The weights do not fit the network that is to be trained.
        """
        raise CapabilityError("the agent cannot start from given weights", where=type(self).__name__)

    @abstractmethod
    def get_state(self) -> dict[str, Any]:
        """All that `advance` depends on: nested dicts of arrays, tensors, numbers and strings.

        A view that is valid until the next `advance`: store it, or copy it, before.
        """

    @abstractmethod
    def set_state(self, state: Mapping[str, Any]) -> None:
        """Continue bit-exactly where `get_state` was taken."""
