"""An agent is a training algorithm; the training loop around it is the same for all."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from headway.environment import Environment
from headway.nn.network import Recipe
from headway.policy import Policy

ActionKind = Literal["discrete", "box"]


class Agent(ABC):
    """A component whose fields are hyper-parameters (defaults name their source).

    ``needs`` are capabilities of the environment; ``actions`` the action spaces it can handle. Both
    are what `headway list` matches against the environments.
    """

    needs: ClassVar[frozenset[str]] = frozenset()
    actions: ClassVar[frozenset[ActionKind]]
    masks: ClassVar[bool] = False  # uses the environment's action mask
    backend: ClassVar[Literal["numpy", "torch"]] = "numpy"

    @abstractmethod
    def trainer(
        self, environment: Environment[Any, Any, Any, Any], network: Recipe, *, seed: int, steps: int
    ) -> Trainer:
        """A fresh training run of at most ``steps`` environment steps.

        Raises
        ------
        CapabilityError
            The environment lacks what the agent needs.
        """


class Trainer(ABC):
    """One training run under way: advances update by update, and can be stored between any two."""

    steps: int  # environment steps done so far

    @abstractmethod
    def advance(self) -> Mapping[str, float]:
        """One update (collect experience, learn from it); its training metrics."""

    @abstractmethod
    def policy(self) -> Policy:
        """The policy as it stands, independent of the trainer: loaded and run without SB3."""

    @abstractmethod
    def get_state(self) -> dict[str, Any]:
        """All that `advance` depends on: nested dicts of arrays, tensors, numbers and strings."""

    @abstractmethod
    def set_state(self, state: Mapping[str, Any]) -> None:
        """Continue bit-exactly where `get_state` was taken."""
