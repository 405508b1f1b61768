"""Gymnasium ids: ``headway/<domain>-<problem>-v0`` for a default environment, ``...-<environment>-v0`` for the others.

Importing this module registers every installed problem, so a module-qualified id needs no import of its own:

    gymnasium.make("headway.envs.registration:headway/routing-cvrp-v0", customers=50)
    gymnasium.make_vec("headway.envs.registration:headway/routing-cvrp-v0", num_envs=256)
"""

from __future__ import annotations

from typing import Any

import gymnasium

from headway.envs.single import HeadwayEnv
from headway.envs.vector import HeadwayVectorEnv
from headway.registry import make_problem, problem_class, problems
from headway.seeds import Split


def single(problem: str, environment: str, *, split: Split = "train", seed: int = 0, **options: Any) -> HeadwayEnv:
    """One environment of a problem; ``options`` are the problem's."""
    return HeadwayEnv(make_problem(problem, **options).environment(environment), split=split, seed=seed)


def vector(
    problem: str, environment: str, *, num_envs: int = 1, split: Split = "train", seed: int = 0, **options: Any
) -> HeadwayVectorEnv:
    """The native batch of an environment; ``options`` are the problem's."""
    made = make_problem(problem, **options).environment(environment)
    return HeadwayVectorEnv(made, num_envs, split=split, seed=seed)


def ids() -> dict[str, tuple[str, str]]:
    """Every id and the problem and environment it stands for."""
    found: dict[str, tuple[str, str]] = {}
    for name in problems():
        for place, environment in enumerate(problem_class(name).environments):
            suffix = f"-{environment}" if place else ""
            found[f"headway/{name.replace('/', '-')}{suffix}-v0"] = (name, environment)
    return found


def register() -> None:
    """Tell gymnasium every id that it does not know yet."""
    here = __name__
    for name, (problem, environment) in ids().items():
        if name not in gymnasium.registry:
            kwargs = {"problem": problem, "environment": environment}
            gymnasium.register(name, f"{here}:single", vector_entry_point=f"{here}:vector", kwargs=kwargs)


register()
