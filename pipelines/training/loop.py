"""The training loop, the same for all agents: advance, validate, keep the best, store, stop."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping
from typing import Any

from headway.components import build
from headway.contest.contestants import resolve
from headway.errors import CapabilityError, CheckpointError, ConfigError, NumericalError
from headway.pipelines.agents.base import Agent, Trainer
from headway.pipelines.configuration.schema import Named, TrainConfig
from headway.pipelines.training.progress import progress
from headway.pipelines.training.signals import stop_on_signal
from headway.pipelines.training.validation import Score, Validator
from headway.problem import Problem, lookup
from headway.registry import agent_class, make_problem
from headway.runs import Run
from headway.storage.checkpoint import checkpoints, keep_last, save_state, step_folder
from headway.storage.files import write_text
from headway.storage.stored import StoredPolicy, policy_members, save_policy

CHECKPOINTS, POLICY, TRAINING = "checkpoints", "policy", "training.json"

Heard = Callable[[int, Score], bool]  # steps and score of a validation; true: this training is given up


class Training:
    """One run under way: the trainer, its validation, and how far it has come.

    ``curve`` holds a row per validation, ``clock`` the CPU-seconds spent by then; ``waiting`` counts
    validations since the best one.
    """

    def __init__(
        self,
        config: TrainConfig,
        run: Run,
        problem: Problem[Any, Any] | None = None,
        heard: Heard = lambda steps, score: False,
    ) -> None:
        self.config, self.run, self.heard, self.given_up = config, run, heard, False
        self.trainer, self.validator = _trainer(config, problem)
        self.best: StoredPolicy | None = None
        self.best_score: Score | None = None
        self.curve: list[dict[str, float]] = []
        self.clock: list[float] = []
        self.waiting = 0
        self._seconds = -time.process_time()

    # -- the loop -------------------------------------------------------------------------------------
    def loop(self, *, quiet: bool = False) -> None:
        """Train until the steps are done, validation stops improving, or a signal asks to stop."""
        title = f"{self.config.problem.name} {self.config.agent.name}"
        with stop_on_signal() as stop, progress(title, self.config.steps, quiet=quiet) as show:
            if not self.curve:
                self.validate()
            while not self.over and stop.signal is None:
                self.advance()
                show(self.trainer.steps, f"validation {self.curve[-1]['objective']:.6g}, best {self.best_score}")
            self.store()
            if not self.over:
                raise SystemExit(stop.exit_code)

    @property
    def over(self) -> bool:
        """All steps are done, validation has not improved for its patience, or whoever listens has given it up."""
        patience = self.config.validation.patience
        return (
            self.given_up
            or self.trainer.steps >= self.config.steps
            or (patience is not None and self.waiting >= patience)
        )

    def advance(self) -> None:
        """One update of the agent; validation and a checkpoint where they are due."""
        before = self.trainer.steps
        try:
            metrics = self.trainer.advance()
        except NumericalError as error:
            raise self._located(error) from error
        self.run.log(self.trainer.steps, metrics)
        done = self.trainer.steps >= self.config.steps
        if done or _due(before, self.trainer.steps, self.config.validation.every):
            self.validate()
        if _due(before, self.trainer.steps, self.config.checkpoint_every):
            self.store()

    def validate(self) -> None:
        """Score the policy on the validation instances; keep it if it is the best so far."""
        policy = self.trainer.policy()
        score = self.validator(policy)
        self.waiting += 1
        if self.best_score is None or score.better(self.best_score):
            self.best, self.best_score, self.waiting = policy, score, 0
            save_policy(policy, self.run.folder / POLICY)
        self.curve.append({"step": self.trainer.steps, "objective": score.objective, "feasible": score.feasible})
        self.clock.append(self.seconds)
        metrics = {"validation/objective": score.objective, "validation/feasible": score.feasible}
        self.run.log(self.trainer.steps, metrics)
        self.given_up = self.heard(self.trainer.steps, score)

    # -- what is kept ---------------------------------------------------------------------------------
    def store(self) -> None:
        """Write a checkpoint, with the policy as it stands in it, and the summary beside it."""
        root = self.run.folder / CHECKPOINTS
        members = policy_members(self.trainer.policy())
        save_state(self.get_state(), step_folder(root, self.trainer.steps), members)
        keep_last(root)
        write_text(self.run.folder / TRAINING, json.dumps(self.summary(), indent=2) + "\n")

    def summary(self) -> dict[str, Any]:
        """What the run cost and reached: ``training.json``."""
        return {
            "cpu_seconds": self.seconds,
            "steps": self.trainer.steps,
            "best": None if self.best_score is None else self.best_score.objective,
            "curve": [{k: v if math.isfinite(v) else None for k, v in row.items()} for row in self._timed_curve()],
            "digests": self.validator.digests,
        }

    def _timed_curve(self) -> list[dict[str, float]]:
        return [{**row, "cpu_seconds": spent} for row, spent in zip(self.curve, self.clock, strict=True)]

    @property
    def seconds(self) -> float:
        """CPU-seconds of training so far, over all processes that worked on this run."""
        return self._seconds + time.process_time()

    def get_state(self) -> dict[str, Any]:
        """Everything that the rest of the run depends on."""
        best = None if self.best is None or self.best_score is None else {
            "weights": dict(self.best.network.state_dict()), "score": tuple(self.best_score)
        }  # fmt: skip
        return {
            "run": _identity(self.run),
            "trainer": self.trainer.get_state(),
            "best": best,
            "curve": self.curve,
            "waiting": self.waiting,
            "seconds": [*self.clock, self.seconds],
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Continue exactly where `get_state` was taken. Raises CheckpointError for another run's state."""
        if state["run"] != _identity(self.run):
            raise CheckpointError("a checkpoint of another run", where=self.run.folder, got=state["run"])
        self.trainer.set_state(state["trainer"])
        self.curve, self.waiting = list(state["curve"]), state["waiting"]
        *self.clock, spent = state["seconds"]
        self._seconds += spent
        if state["best"] is not None:
            self.best = self.trainer.policy()
            self.best.network.load_state_dict(state["best"]["weights"])
            self.best_score = Score(*state["best"]["score"])
            save_policy(self.best, self.run.folder / POLICY)

    def _located(self, error: NumericalError) -> NumericalError:
        stored = checkpoints(self.run.folder / CHECKPOINTS)
        last = stored[0] if stored else "none yet"
        hint = f"the last good checkpoint is {last}; a smaller learning rate may help"
        return NumericalError(error.what, where=error.where, got=error.got, expected=error.expected, hint=hint)


def _trainer(config: TrainConfig, problem: Problem[Any, Any] | None) -> tuple[Trainer, Validator]:
    problem = problem or make_problem(config.problem.name, **config.problem.options)
    start = None if config.init is None else _start(config.init, problem, config.tracking.uri)
    agent: Agent = build(agent_class(config.agent.name), config.agent.options, where="agent")
    env = config.env or Named(name=next(iter(problem.environments)))
    network = config.network or _network(agent, problem, env.name, start)
    recipe = problem.network(network.name, **network.options)
    if recipe.environments and env.name not in recipe.environments:
        raise CapabilityError("the network does not read this environment's observations", where="network",
                              got=f"{network.name} in {env.name}", expected=", ".join(recipe.environments),
                              hint="network=mlp")  # fmt: skip
    trainer = agent.trainer(
        problem.environment(env.name, backend=agent.backend, **env.options),
        recipe,
        seed=config.seed,
        steps=config.steps,
    )
    if start is not None:
        trainer.start_from(start)
    return trainer, Validator(problem.environment(env.name, **env.options), config.validation.n)


def _start(name: str, problem: Problem[Any, Any], tracking: str | None) -> StoredPolicy:
    """The trained policy that ``init`` names."""
    policy = resolve(name, problem, label="init", tracking=tracking).load(problem)
    if not isinstance(policy, StoredPolicy):
        raise ConfigError("training starts from the weights of a trained policy", where="init", got=name)
    return policy


def _network(agent: Agent, problem: Problem[Any, Any], env: str, start: StoredPolicy | None) -> Named:
    """Where none is named: that of the policy to start from, the agent's, the problem's first one that the agent can
    train in this environment, an MLP."""
    if start is not None:
        return Named(name=start.description.network_name, options=start.description.network_options)
    recipes = {name: lookup("network", name, problem.networks) for name in problem.networks}
    able = (n for n, r in recipes.items() if r.recurrent == agent.recurrent and env in (r.environments or {env}))
    return Named(name=agent.network or next(able, "mlp"))


def _due(before: int, after: int, every: int) -> bool:
    return after // every > before // every


def _identity(run: Run) -> str:
    return str(run.provenance.get("run", run.id))
