"""A training run in a process of its own, to be killed; forked from a server that has everything imported."""

from __future__ import annotations

import multiprocessing
import time
from pathlib import Path

import pytest
import sb3_contrib  # noqa: F401 - imported once, before the children are forked
import tiny
import torch
import torch._dynamo  # which optimizers import when the first one is made
from small_agents import small_config

from headway import registry
from headway.pipelines.train import resume, train


def _prepare():
    known = {**registry.domains(), "tiny": tiny.domain}
    registry.domains = lambda: known
    torch.set_num_threads(1)


def _train(root, agent, changes):
    _prepare()
    train(small_config(agent, **changes), root=root, quiet=True)


def _resume(folder):
    _prepare()
    resume(folder, quiet=True)


def start(root, agent, **changes):
    """A child that trains, once its run folder is there."""
    child = _fork(_train, root, agent, changes)
    return child, wait_for(lambda: next(iter(Path(root).glob("[!.]*/provenance.json")), None)).parent


def go_on(folder):
    """A child that resumes the run in ``folder``."""
    return _fork(_resume, folder)


def _fork(function, *args):
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["trainee"])
    child = context.Process(target=function, args=args)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(__file__).parent))  # for the server, which the first child starts
        child.start()
    return child


def wait_for(found, seconds=120):
    """The first true answer of ``found``."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if answer := found():
            return answer
        time.sleep(0.005)
    raise TimeoutError("the child did nothing")


def lines(folder):
    """How many metrics a run has logged."""
    path = folder / "metrics.jsonl"
    return path.read_bytes().count(b"\n") if path.exists() else 0
