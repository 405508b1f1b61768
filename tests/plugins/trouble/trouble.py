"""A problem whose contestants misbehave in every way that a runner must survive.

Guess a number: the instance holds a target, the solution a guess, the objective is one plus their
distance. A guess above 100 is infeasible.
"""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from headway import Batch, Domain, Environment, Evaluation, Instance, Policy, Problem, Reference, Solver, component
from headway.components import given
from headway.environment import Transition
from headway.errors import SolutionError

domain = Domain("trouble", "contestants that misbehave", {"guess": "trouble:Guess"})


@dataclass(frozen=True)
class Target(Instance):
    value: NDArray[np.float64]


@dataclass(frozen=True)
class Answer(Batch):
    error = SolutionError
    guess: NDArray[np.float64]


class Params(NamedTuple):
    value: NDArray[np.float64]


class State(NamedTuple):
    guess: NDArray[np.float64]


@component
class OneGuess(Environment[Target, Answer, Params, State]):
    """One action, 0 to 9 (even ones masked out where ``odd``), and the episode is over."""

    odd: bool = False
    masked = True

    def prepare(self, instance):
        return Params(instance.value)

    def reset(self, params):
        return State(np.full(len(params.value), np.nan))

    def observe(self, params, state):
        return {"target": params.value[:, None].astype(np.float32)}

    def spaces(self, params):
        return spaces.Dict({"target": spaces.Box(-np.inf, np.inf, (1,))}), spaces.Discrete(10)

    def mask(self, params, state):
        allowed = np.arange(10) % 2 == 1 if self.odd else np.ones(10, bool)
        return np.tile(allowed, (len(params.value), 1))

    def step(self, params, state, decision):
        guess = np.asarray(decision, float)
        over = np.ones(len(guess), bool)
        return Transition(State(guess), -1 - np.abs(guess - params.value), over, ~over)

    def solution(self, instance, decisions, length, state):
        return Answer(state.guess)


@component
class Guess(Problem[Target, Answer]):
    """Guess a number; ``spread`` is the width of the targets."""

    spread: float = 9.0
    name = "trouble/guess"
    instance_type = Target
    solution_type = Answer
    environments = {"once": "trouble:OneGuess"}  # noqa: RUF012
    baselines = {  # noqa: RUF012
        name: f"trouble:{name.title().replace('_', '')}"
        for name in (
            *("exact", "steady", "rounding", "noisy", "guided", "chatty", "forks", "sticky"),
            *("hang", "hang_after", "abort", "exits", "hog", "raises", "no_init"),
            *("infeasible", "wrong_type", "two_answers", "misfit", "late", "silent"),
        )
    }
    oracles = {"clairvoyant": "trouble:Exact"}  # noqa: RUF012

    def generate(self, rng, n, split):
        return Target(rng.uniform(0, self.spread, n))

    def evaluate(self, instance, solution):
        if len(solution) != len(instance):
            raise SolutionError("another batch length", got=len(solution), expected=len(instance))
        if not np.isfinite(solution.guess).all():
            raise SolutionError("a guess is not finite", got=solution.guess)
        too_high = np.maximum(solution.guess - 100, 0)
        return Evaluation(1 + np.abs(solution.guess - instance.value), {"too_high": too_high})

    def references(self, instance):
        return {"by definition": Reference("optimum", np.ones(len(instance)), "the target itself", rederived=True)}

    def render(self, instance, solution):
        from matplotlib.figure import Figure

        figure = Figure()
        figure.add_subplot().plot(instance.value, solution.guess, "o")
        return figure


@component
class Exact(Solver[Target, Answer]):
    """The target."""

    exact = True

    def solve(self, problem, instance, search):
        search.bound(1.0)
        return Answer(instance.value)


@component
class Steady(Solver[Target, Answer]):
    """Halves its distance every ``every`` CPU-seconds until the budget is spent."""

    every: float = 0.02
    distance: float = 8.0

    def solve(self, problem, instance, search):
        distance = self.distance
        while search.left > 0:
            search.incumbent(Answer(instance.value + distance))
            distance, until = distance / 2, search.spent + self.every
            while search.spent < until:
                pass


@component
class Rounding(Policy):
    """The nearest whole number, through the environment."""

    def act(self, observation, mask, memory=None):
        return np.rint(observation["target"][:, 0]).astype(int), memory


@component
class Noisy(Solver[Target, Answer]):
    """Off by a draw from its own stream."""

    def solve(self, problem, instance, search):
        return Answer(instance.value + search.rng.exponential(size=1))


@component
class Hang(Solver[Target, Answer]):
    def solve(self, problem, instance, search):
        while True:
            time.sleep(0.01)


@component
class HangAfter(Solver[Target, Answer]):
    """A good answer in time, and then no end."""

    def solve(self, problem, instance, search):
        search.incumbent(Answer(instance.value + 1))
        while True:
            time.sleep(0.01)


@component
class Abort(Solver[Target, Answer]):
    """Dies on every other instance: those whose target is above ``above``."""

    above: float = 0.0

    def solve(self, problem, instance, search):
        if instance.value[0] > self.above:
            print("an assertion deep in a library", file=sys.stderr, flush=True)
            os.abort()
        return Answer(instance.value)


@component
class Exits(Solver[Target, Answer]):
    def solve(self, problem, instance, search):
        os._exit(3)


@component
class Hog(Solver[Target, Answer]):
    """Takes memory in pieces of 32 MiB (all at once where ``greedy``)."""

    greedy: bool = False

    def solve(self, problem, instance, search):
        if self.greedy:
            np.ones(2**40)
        held = []
        while True:
            held.append(np.ones(2**22))


@component
class Infeasible(Solver[Target, Answer]):
    def solve(self, problem, instance, search):
        return Answer(instance.value * 0 + 107)


@component
class Raises(Solver[Target, Answer]):
    def solve(self, problem, instance, search):
        raise ZeroDivisionError("divided by nothing")


@component
class WrongType(Solver[Target, Answer]):
    def solve(self, problem, instance, search):
        return [3.0]


@component
class TwoAnswers(Solver[Target, Answer]):
    def solve(self, problem, instance, search):
        return Answer(np.zeros(2))


@component
class Misfit(Solver[Target, Answer]):
    """An answer of the right type that the scorer refuses."""

    def solve(self, problem, instance, search):
        return Answer(np.array([np.nan]))


@component
class Late(Solver[Target, Answer]):
    """Answers once its budget is spent."""

    def solve(self, problem, instance, search):
        while search.left > 0:
            pass
        return Answer(instance.value)


@component
class Silent(Solver[Target, Answer]):
    def solve(self, problem, instance, search):
        return None


@component
class Sticky(Solver[Target, Answer]):
    """Answers how often this process was asked before: shows whether a worker is a fresh one."""

    above: float = 1e9

    def solve(self, problem, instance, search):
        Sticky.asked = getattr(Sticky, "asked", 0) + 1
        if instance.value[0] > self.above:
            raise RuntimeError("asked for too much")
        return Answer(np.array([float(Sticky.asked)]))


@component
class Forks(Solver[Target, Answer]):
    """Lets a child process do the work (and leaves another one behind where ``orphan``)."""

    seconds: float = 0.3
    orphan: bool = False

    def solve(self, problem, instance, search):
        import subprocess

        burn = f"import time\nwhile time.process_time() < {self.seconds}: pass"
        subprocess.run([sys.executable, "-c", burn], check=True)
        if self.orphan:
            left = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
            return Answer(np.array([-float(left.pid)]))
        return Answer(instance.value)


@component
class NoInit(Solver[Target, Answer]):
    """Cannot be loaded in a worker, though its options are fine here."""

    def __post_init__(self):
        if "headway.contest.worker" in " ".join(sys.orig_argv):
            raise OSError("the licence server does not answer")

    def solve(self, problem, instance, search):
        return Answer(instance.value)


@component
class Guided(Solver[Target, Answer]):
    """A hybrid: the policy's guess, moved a step of ``pull`` towards the target."""

    pull: float = 0.5
    policy: Policy = given()

    def solve(self, problem, instance, search):
        environment = problem.environment()
        params = environment.prepare(instance)
        state = environment.reset(params)
        memory = self.policy.start(1, search.seed)
        guess, _ = self.policy.act(environment.observe(params, state), environment.mask(params, state), memory)
        return Answer(guess + self.pull * (instance.value - guess))


@component
class Chatty(Solver[Target, Answer]):
    """Reports a thousand incumbents, and prints to both streams."""

    def solve(self, problem, instance, search):
        for distance in range(1000, 0, -1):
            search.incumbent(Answer(instance.value - distance / 1000))
            print("x" * 200)
            print("y" * 200, file=sys.stderr)
