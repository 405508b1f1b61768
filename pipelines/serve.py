"""The verb ``serve``: a registered model, a run or a baseline as a local HTTP service."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from headway.contest.contestants import resolve, stored_policy
from headway.errors import ConfigError
from headway.pipelines.configuration.budget import budget
from headway.pipelines.configuration.schema import ServeConfig
from headway.pipelines.serving.app import make_app
from headway.pipelines.serving.service import Service
from headway.problem import Problem
from headway.registry import make_problem


def service(config: ServeConfig) -> Service:
    """The service that a configuration means, its workers not loaded yet.

    Raises
    ------
    ConfigError
        No problem is named, and the contestant does not say which one it was trained for.
    CapabilityError
        The contestant was trained for another problem.
    """
    problem = _problem(config)
    entry = config.contestant
    contestant = resolve(entry.name, problem, entry.options, label=entry.label, tracking=config.tracking.uri)
    return Service(problem, contestant, budget(config), workers=config.workers, seed=config.seed)


def serve(config: ServeConfig) -> None:
    """Answer requests until a signal ends it."""
    import uvicorn

    made = service(config)
    made.warm()
    uvicorn.run(make_app(made, body=config.body), host=config.host, port=config.port, log_level="warning")


@contextmanager
def serving(config: ServeConfig) -> Iterator[int]:
    """Within this block requests are answered by a thread, on the port that is given (``port=0``: a free one)."""
    import uvicorn

    made = service(config)
    server = uvicorn.Server(uvicorn.Config(make_app(made, body=config.body), log_level="warning"))
    with socket.create_server((config.host, config.port)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield int(listening.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join()


def _problem(config: ServeConfig) -> Problem[Any, Any]:
    if config.problem is not None:
        return make_problem(config.problem.name, **config.problem.options)
    name = config.contestant.name
    policy = stored_policy(name, config.tracking.uri)
    if policy is None:
        raise ConfigError("only a trained policy says what it solves", where="problem", got="nothing",
                          expected="domain/problem", hint=f"headway serve {name} problem=routing/cvrp")  # fmt: skip
    return make_problem(policy.problem_name, **policy.problem_options)
