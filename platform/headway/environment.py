"""The environment: a pure, batched Markov decision process that produces solutions of a problem."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, NamedTuple, TypeAlias, TypeVar

from headway.batch import Batch, Instance
from headway.components import given
from headway.ops import Array, Backend, BackendName, backend

if TYPE_CHECKING:
    from gymnasium import spaces

I = TypeVar("I", bound=Instance)  # noqa: E741
X = TypeVar("X", bound=Batch)
P = TypeVar("P", bound=tuple[Any, ...])  # parameters: NamedTuple of arrays [B, ...]
S = TypeVar("S", bound=tuple[Any, ...])  # state: NamedTuple of arrays [B, ...]

Observation: TypeAlias = dict[str, Array]


class Transition(NamedTuple, Generic[S]):
    """What one step returns; reward float [B], the flags bool [B].

    ``terminated``: the task is over. ``truncated``: only the horizon was cut, so agents bootstrap.
    """

    state: S
    reward: Array
    terminated: Array
    truncated: Array


@dataclass(frozen=True, kw_only=True)
class Environment(ABC, Generic[I, X, P, S]):
    """A deterministic MDP on a batch of instances; subclasses are components with these methods.

    ``P`` (parameters) and ``S`` (state) are `NamedTuple`s of arrays with a leading batch axis.
    Everything is a pure function of its arguments: no RNG, no hidden state, no writing into
    arguments. Rows never influence each other. All arrays belong to ``self.xp``.

    Undiscounted return = `offset` - objective (plus, where the problem maximises), to 1e-9 relative,
    unless a shaped reward is chosen by one of the environment's own options.

    Capabilities are optional methods, listed in ``capabilities``:

    ``differentiable``  the torch face passes gradients from reward to decision
    ``phases``          a decision is taken in sub-steps; the observation says which (``phase``)
    ``starts``          ``starts(params) -> actions [B, K]``: equivalent first actions (POMO)
    ``symmetries``      ``symmetries(instance) -> [instance, ...]``: same costs, other coordinates
    ``post_decision``   ``post_decision(params, state, decision) -> observation`` before chance acts
    ``relax``           ``relax(observation, decision) -> decision``: `project`, letting go of integrality; what a
                        pathwise gradient is taken through, while policies are evaluated with `project`
    ``replay``          ``replay(instance, solution) -> actions int [B, T]``: what leads to a solution, step by step; -1
                        beyond its end. For agents that learn from solvers
    ``episodes``        ``episodes(params, network) -> Episodes``: whole episodes played for networks that give tables
                        of logits, and the gradient of what was drawn (agent `reinforce`)
    ``rule``            ``rule(instance, decisions [B, T, ...]) -> mask [B, A]``: what the mask must allow after
                        these decisions, worked out from the instance alone (numpy); conformance compares
    ``dead_ends``       legal actions may lead to where no feasible one is left: the episode then terminates,
                        and its solution is infeasible
    """

    problem: Any = given()  # the Problem[I, X] it belongs to
    backend: BackendName = given("numpy")

    capabilities: ClassVar[frozenset[str]] = frozenset()
    masked: ClassVar[bool] = False
    action: ClassVar[Literal["discrete", "box"] | None] = None  # kind of action space; None: looked up on an instance

    @property
    def arrays(self) -> Backend:
        return backend(self.backend)

    # -- what an implementation gives ---------------------------------------------------------
    @abstractmethod
    def prepare(self, instance: I) -> P:
        """Arrays that the other methods need, from an instance with numpy arrays (distances, features).

        Whatever describes period t must use data known at t only; the causality check covers it.
        """

    @abstractmethod
    def reset(self, params: P) -> S:
        """The state before the first decision."""

    @abstractmethod
    def observe(self, params: P, state: S) -> Observation:
        """What a policy may see now: arrays [B, ...] that match `spaces`, floats as float32."""

    @abstractmethod
    def spaces(self, params: P) -> tuple[spaces.Dict, spaces.Space[Any]]:
        """Observation and action space of one row, for instances of this size."""

    @abstractmethod
    def step(self, params: P, state: S, decision: Array) -> Transition[S]:
        """Advance every row by one decision [B, ...]. Rows that are over are never stepped again."""

    @abstractmethod
    def solution(self, instance: I, decisions: Array, length: Array, state: S) -> X:
        """What an episode amounts to.

        Parameters
        ----------
        decisions : numpy [B, T, ...], zero beyond a row's own length
        length : int [B], decisions taken in each row
        state : the final state (an improvement environment keeps its best solution there)
        """

    # -- what it may refine ---------------------------------------------------------------------
    def mask(self, params: P, state: S) -> Array | None:
        """bool [B, A], true where a discrete action is allowed; never an empty row. None if unmasked."""
        return None

    def decode(self, observation: Observation, action: Array) -> Array:
        """Turn actions into decisions (a softmax, an assignment); sees no more than the policy does."""
        return action

    def project(self, observation: Observation, decision: Array) -> Array:
        """The nearest feasible decision: idempotent, and the identity on feasible ones."""
        return decision

    def stamp(self, decision: Array, seconds: float) -> Array:
        """The decision with the time it took, where latency is data (live problems); elsewhere unchanged."""
        return decision

    def offset(self, instance: I) -> Array:
        """float64 [B]: return = offset - objective (+ objective if maximised). A function of the instance."""
        import numpy as np

        return np.zeros(len(instance))

    def period(self, params: P, state: S) -> Array:
        """int [B]: how much of the instance has been revealed (see `Problem.view`); 0 where all is known."""
        import numpy as np

        return np.zeros(len(state[0]), int)
