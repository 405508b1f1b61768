"""Two problems small enough to train on within a test: one masked and discrete, one to differentiate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, NamedTuple

import numpy as np
from gymnasium import spaces
from pydantic import Field

from headway.batch import Batch, Instance
from headway.components import component
from headway.environment import Environment, Transition
from headway.evaluation import Evaluation
from headway.policy import Policy
from headway.problem import Problem
from headway.registry import Domain
from headway.solver import Solver


# -- order: put jobs of unit length in order, cost = sum of weight * position --------------------------
@dataclass(frozen=True)
class Jobs(Instance):
    weight: np.ndarray  # float64 [B, K]


@dataclass(frozen=True)
class Sequence(Batch):
    order: np.ndarray  # int64 [B, K]


class JobsParams(NamedTuple):
    weight: Any


class JobsState(NamedTuple):
    done: Any
    time: Any


@component
class OrderEnvironment(Environment[Jobs, Sequence, JobsParams, JobsState]):
    capabilities: ClassVar = frozenset({"replay"})
    masked: ClassVar[bool] = True

    def prepare(self, instance):
        return JobsParams(self.arrays.ops.asarray(instance.weight))

    def reset(self, params):
        return JobsState(np.zeros(params.weight.shape, bool), np.zeros(len(params.weight), int))

    def observe(self, params, state):
        return {
            "done": state.done.astype(np.int8),
            "time": (state.time / params.weight.shape[1])[:, None].astype(np.float32),
            "weight": params.weight.astype(np.float32),
        }

    def spaces(self, params):
        jobs = params.weight.shape[1]
        observation = {
            "done": spaces.MultiBinary(jobs),
            "time": spaces.Box(0, 1, (1,), np.float32),
            "weight": spaces.Box(0, 1, (jobs,), np.float32),
        }
        return spaces.Dict(observation), spaces.Discrete(jobs)

    def mask(self, params, state):
        return ~state.done

    def step(self, params, state, decision):
        ops = self.arrays.ops
        time = state.time + 1
        reward = -time * ops.gather(params.weight, decision)
        done = ops.scatter(state.done, decision, True)
        return Transition(JobsState(done, time), reward, done.all(-1), np.zeros(len(time), bool))

    def solution(self, instance, decisions, length, state):
        return Sequence(decisions.astype(np.int64))

    def replay(self, instance, solution):
        return solution.order


class HalvesState(NamedTuple):
    done: Any
    time: Any
    half: Any  # -1 while one is to be chosen


@component
class HalvesEnvironment(OrderEnvironment):
    """First from which half of the jobs the next one comes, then which it is."""

    capabilities: ClassVar = frozenset({"phases"})

    def reset(self, params):
        return HalvesState(*super().reset(params), np.full(len(params.weight), -1))

    def observe(self, params, state):
        phase = (state.half >= 0)[:, None]
        return super().observe(params, state) | {
            "phase": phase.astype(np.int8),
            "half": np.float32(state.half[:, None]),
        }

    def spaces(self, params):
        observation, action = super().spaces(params)
        own = {"phase": spaces.MultiBinary(1), "half": spaces.Box(-1, 1, (1,), np.float32)}
        return spaces.Dict({**observation, **own}), action

    def mask(self, params, state):
        jobs = params.weight.shape[1]
        of_half = np.arange(2)[:, None] == (np.arange(jobs) >= jobs // 2)  # [2, K]
        halves = np.zeros_like(state.done)
        halves[:, :2] = (~state.done @ of_half.T) > 0
        return np.where(state.half[:, None] < 0, halves, ~state.done & of_half[state.half])

    def step(self, params, state, decision):
        choosing = state.half < 0
        after = super().step(params, state, decision)
        done = np.where(choosing[:, None], state.done, after.state.done)
        time = np.where(choosing, state.time, after.state.time)
        following = HalvesState(done, time, np.where(choosing, decision, -1))
        return Transition(following, np.where(choosing, 0.0, after.reward), done.all(-1), np.zeros(len(time), bool))

    def solution(self, instance, decisions, length, state):
        return Sequence(decisions[:, 1::2].astype(np.int64))


@component
class Heaviest(Policy):
    """The optimal order: heavy jobs first."""

    def act(self, observation, mask, memory=None):
        return np.where(mask, observation["weight"], -1).argmax(1), memory


@component
class Sorted(Solver):
    """The same, all at once."""

    def solve(self, problem, instance, search):
        search.incumbent(Sequence(np.argsort(-instance.weight)))


@component
class Order(Problem[Jobs, Sequence]):
    name: ClassVar[str] = "tiny/order"
    environments: ClassVar = {"construct": "tiny:OrderEnvironment", "halves": "tiny:HalvesEnvironment"}
    baselines: ClassVar = {"heaviest": "tiny:Heaviest", "sorted": "tiny:Sorted"}

    jobs: Annotated[int, Field(ge=1)] = 5

    def generate(self, rng, n, split):
        return Jobs(rng.random((n, self.jobs)))

    def evaluate(self, instance, solution):
        weight = np.take_along_axis(instance.weight, solution.order, 1)
        return Evaluation((weight * np.arange(1, self.jobs + 1)).sum(1))


# -- track: follow a signal, cost = squared distance + 0.1 * squared change ------------------------------
@dataclass(frozen=True)
class Signal(Instance):
    level: np.ndarray  # float64 [B, T]


@dataclass(frozen=True)
class Path(Batch):
    value: np.ndarray  # float64 [B, T]


class SignalParams(NamedTuple):
    level: Any


class TrackState(NamedTuple):
    time: Any
    last: Any


@component
class TrackEnvironment(Environment[Signal, Path, SignalParams, TrackState]):
    capabilities: ClassVar = frozenset({"differentiable", "post_decision"})

    def prepare(self, instance):
        return SignalParams(self.arrays.ops.asarray(instance.level))

    def reset(self, params):
        xp, n = self.arrays.xp, len(params.level)
        return TrackState(xp.zeros(n, dtype=xp.int64), xp.zeros(n, dtype=xp.float64))

    def observe(self, params, state):
        xp = self.arrays.xp
        time = xp.where(state.time < params.level.shape[1], state.time, 0)
        now = self.arrays.ops.gather(params.level, time)
        return {"state": xp.astype(xp.stack([now, state.last], axis=-1), xp.float32)}

    def spaces(self, params):
        return spaces.Dict({"state": spaces.Box(-4, 4, (2,), np.float32)}), spaces.Box(-2, 2, (1,), np.float32)

    def decode(self, observation, action):
        return self.arrays.xp.astype(action[:, 0], self.arrays.xp.float64)

    def step(self, params, state, decision):
        xp = self.arrays.xp
        now = self.arrays.ops.gather(params.level, state.time)
        reward = -((decision - now) ** 2) - 0.1 * (decision - state.last) ** 2
        time = state.time + 1
        done = time == params.level.shape[1]
        return Transition(TrackState(time, decision), reward, done, xp.zeros_like(done))

    def post_decision(self, params, state, decision):
        return self.observe(params, TrackState(state.time, self.arrays.xp.asarray(decision, copy=True)))

    def solution(self, instance, decisions, length, state):
        return Path(decisions)


@component
class BinsEnvironment(TrackEnvironment):
    capabilities: ClassVar = frozenset({"post_decision"})

    def spaces(self, params):
        return super().spaces(params)[0], spaces.Discrete(5)

    def decode(self, observation, action):
        return np.linspace(-1, 1, 5)[action]


@component
class Track(Problem[Signal, Path]):
    name: ClassVar[str] = "tiny/track"
    environments: ClassVar = {"box": "tiny:TrackEnvironment", "bins": "tiny:BinsEnvironment"}

    periods: Annotated[int, Field(ge=1)] = 6

    def generate(self, rng, n, split):
        return Signal(rng.uniform(-1, 1, (n, self.periods)))

    def evaluate(self, instance, solution):
        change = np.diff(solution.value, axis=1, prepend=0.0)
        return Evaluation(((solution.value - instance.level) ** 2 + 0.1 * change**2).sum(1))


domain = Domain("tiny", "problems for tests", {"order": "tiny:Order", "track": "tiny:Track"})
