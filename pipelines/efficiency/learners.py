"""Trainings of one length in CPU-seconds: how many steps that is for an agent is measured first."""

from __future__ import annotations

import time
from typing import Any

from headway import seeds
from headway.pipelines.children import finished
from headway.pipelines.comparison.results import slug
from headway.pipelines.configuration.compose import preset
from headway.pipelines.configuration.schema import CurvesConfig, Learner, Named, Tracking, TrainConfig, Validation
from headway.pipelines.train import train
from headway.pipelines.training.loop import Heard, Training
from headway.runs import Run

SHARE = 0.05  # of a training's seconds: how long its pace is measured
LEAST = 1.0  # CPU-seconds, where that is more
AT_LEAST = 4  # marks: where the training began, and after each of its first updates
NEVER = 10**12  # steps


def trained(config: CurvesConfig, learner: Learner, seed: int, steps: int, run: Run) -> Run:
    """The training of one agent with one seed; given up at the first validation after its CPU-seconds."""
    name = f"{slug(learner.title)}-{seed}"
    validation = Validation(n=config.validation, every=max(1, steps // config.points), patience=None)
    return finished(run, name) or train(
        _training(config, learner, seed, steps, validation, name), parent=run, quiet=True, heard=_until(config.seconds)
    )


def affordable(config: CurvesConfig, learner: Learner, run: Run) -> int:
    """Steps that fit into the seconds beside the validations, by the pace of a short training that is thrown away.

    Its first half is left out: compilers are at work, and buffers fill.
    """
    validation = Validation(n=config.validation, patience=None)
    with seeds.sealed("test"):
        training = Training(_training(config, learner, config.seed, NEVER, validation, "pace"), run)
        began, marks = time.process_time(), [(0.0, 0)]
        while marks[-1][0] < max(LEAST, SHARE * config.seconds) or len(marks) < AT_LEAST:
            training.trainer.advance()
            marks.append((time.process_time() - began, training.trainer.steps))
        training.validator(training.trainer.policy())
    validating = time.process_time() - began - marks[-1][0]
    (first, before), (last, after) = marks[len(marks) // 2], marks[-1]
    left = max(config.seconds - config.points * validating, config.seconds / 2)
    return max(1, round(left * (after - before) / (last - first)))


def _until(seconds: float) -> Heard:
    """Gives a training up once it has lasted so many CPU-seconds, and has learned at all."""
    began = time.process_time()
    return lambda steps, score: steps > 0 and time.process_time() - began >= seconds


def _training(
    config: CurvesConfig, learner: Learner, seed: int, steps: int, validation: Validation, name: str
) -> TrainConfig:
    agent, network, env = recommended(config, learner)
    return TrainConfig(
        problem=config.problem,
        agent=agent,
        network=network,
        env=env,
        steps=steps,
        seed=seed,
        threads=config.threads,
        validation=validation,
        checkpoint_every=NEVER,
        name=name,
        tracking=Tracking(uri=None),
    )


def recommended(config: CurvesConfig, learner: Learner) -> tuple[Named, Named | None, Named | None]:
    """Agent, network and environment; what is not said is as `headway train` has it for this problem and agent."""
    usual: dict[str, Any] = dict(preset("problem", *config.problem.name.split("/")).tree.get("train", {}))
    agent = Named.model_validate(usual.get("agent", learner.name))
    if agent.name != learner.name:
        agent, usual = Named(name=learner.name), {"env": usual.get("env")}
    agent = Named(name=agent.name, options={**agent.options, **learner.options})
    network, env = (
        said or (Named.model_validate(usual[key]) if usual.get(key) else None)
        for key, said in (("network", learner.network), ("env", learner.env))
    )
    return agent, network, env
