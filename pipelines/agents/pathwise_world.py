"""Training episodes under way on torch tensors, which gradients may be taken through piece by piece."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from headway import tree
from headway.environment import Environment, Observation, Transition
from headway.nn.aligned import aligned
from headway.sampler import Sampler

Act = Callable[[Observation], Tensor]


class Walked(NamedTuple):
    """What each row gained, float64 [R] with its gradient, and the returns [E] of the episodes that ended."""

    gained: Tensor
    returns: Tensor


class World:
    """``batch`` episodes side by side; rows that end are dropped, and when none is left new ones are drawn.

    ``steps`` counts environment steps, ``returns`` [R] what the rows under way have earned so far. Decisions go
    through ``relax`` where the environment has it, else through ``project``: see ADR 009.
    """

    def __init__(self, environment: Environment[Any, Any, Any, Any], *, batch: int, seed: int) -> None:
        self.environment, self.batch, self.steps = environment, batch, 0
        self.sampler = Sampler(environment, "train", seed, block=batch)
        relaxed = "relax" in environment.capabilities
        self._feasible: Any = environment.relax if relaxed else environment.project  # type: ignore[attr-defined]
        self._numbers = np.zeros(0, np.int64)
        self._params: Any = None
        self._state: Any = None
        self.returns = torch.zeros(0, dtype=torch.float64)

    def __len__(self) -> int:
        """How many rows are under way."""
        return len(self._numbers)

    def begin(self) -> None:
        """Draw new episodes."""
        self._numbers, start = self.sampler.draw(self.batch)
        self._params, self._state = tree.map_arrays(aligned, (start.params, start.state))
        self.returns = torch.zeros(self.batch, dtype=torch.float64)

    def burn_in(self, act: Act) -> None:
        """Go on, without gradients, to the first period in which any row earns something."""
        with torch.no_grad():
            while len(self) and not (following := self._next(act)).reward.any():
                self._take(following)

    def walk(self, act: Act, periods: int | None) -> Walked:
        """Go on for ``periods`` (None: to the end), or less where every row ends before.

        Gradients reach back to the beginning of this walk and no further.
        """
        rows, walked, rewards = torch.arange(len(self)), list[Tensor](), list[Tensor]()
        while len(self) and (periods is None or len(rewards) < periods):
            following = self._next(act)
            walked.append(rows)
            rewards.append(following.reward)
            rows = rows[self._take(following)]
        gained = self.returns.new_zeros(len(self.returns)).index_add(0, torch.cat(walked), torch.cat(rewards).double())
        returns, ended = self.returns + gained.detach(), torch.ones(len(gained), dtype=torch.bool)
        ended[rows] = False
        self.returns = returns[rows]
        self._state = tree.map_arrays(lambda array: array.detach(), self._state)
        return Walked(gained, returns[ended])

    def _next(self, act: Act) -> Transition[Any]:
        """Where one decision leads from here."""
        environment, params, state = self.environment, self._params, self._state
        observation = environment.observe(params, state)
        decision = self._feasible(observation, environment.decode(observation, act(observation)))
        return environment.step(params, state, decision)

    def _take(self, following: Transition[Any]) -> Tensor | slice:
        """Be there; which rows go on."""
        self.steps += len(self)
        self._state = following.state
        over = following.terminated | following.truncated
        if not over.any():
            return slice(None)
        going: Tensor = ~over
        self._numbers = self._numbers[going.numpy()]
        self._params, self._state = tree.rows((self._params, self._state), going)
        return going

    # -- state, for checkpoints -----------------------------------------------------------------------
    def get_state(self) -> dict[str, Any]:
        """Where the world is: the numbers of the instances under way, the environment's state, the sampler's."""
        sampler = {"seed": self.sampler.seed, "next": self.sampler.next}
        under_way = {"state": self._state, "returns": self.returns} if len(self) else None
        return {"sampler": sampler, "steps": self.steps, "numbers": self._numbers, "under_way": under_way}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Continue bit-exactly where `get_state` was taken."""
        self.sampler = Sampler(self.environment, "train", state["sampler"]["seed"], block=self.batch)
        self.sampler.next, self.steps = state["sampler"]["next"], state["steps"]
        self._numbers = state["numbers"]
        if len(self):
            start = self.sampler.again(self._numbers)
            saved = state["under_way"]
            self._params = tree.map_arrays(aligned, start.params)
            self._state = tree.map_arrays(lambda _, array: aligned(array), start.state, saved["state"])
            self.returns = saved["returns"]
