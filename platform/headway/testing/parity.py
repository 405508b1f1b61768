"""One source, two faces: numpy and torch give the same numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from headway import tree
from headway.testing.case import EnvironmentCase
from headway.testing.check import on_environment, require
from headway.testing.same import require_same

EXACT = 1e-12
SINGLE = 1e-6
STEPS = 60


@on_environment()
def check_faces_agree(case: EnvironmentCase) -> None:
    """The numpy and torch faces agree: states and rewards to 1e-12, observations to float32."""
    import torch

    env = case.make("torch")
    for row, steps in enumerate(case.episode.rows[:2]):
        params = env.prepare(case.instance[row])
        state = env.reset(params)
        for t, step in enumerate(steps[:STEPS]):
            where = f"row {row}, step {t}"
            _same(env.observe(params, state), step.observation, "observations differ", where, SINGLE)
            if step.mask is not None:
                _same(env.mask(params, state), step.mask, "masks differ", where, 0.0)
            moved = env.step(params, state, torch.as_tensor(np.asarray(step.decision)[None]))
            _same(moved.state, step.after, "states differ", where, EXACT)
            _same(moved.reward, step.reward, "rewards differ", where, EXACT)
            ended = bool(moved.terminated[0]), bool(moved.truncated[0])
            require(ended == (step.terminated, step.truncated), "ends differ", where=where, got=ended)
            state = moved.state


@on_environment()
def check_torch_face_is_torch(case: EnvironmentCase) -> None:
    """All arrays of the torch face are tensors."""
    import torch

    env = case.make("torch")
    params = env.prepare(case.instance)
    state = env.reset(params)
    first = torch.as_tensor(np.stack([steps[0].decision for steps in case.episode.rows]))
    parts = {"params": params, "state": state, "observation": env.observe(params, state)}
    parts["transition"] = env.step(params, state, first)
    for name, part in parts.items():

        def check(array: Any, name: str = name) -> Any:
            require(isinstance(array, torch.Tensor), "an array is no tensor", where=name, got=type(array))
            return array

        tree.map_arrays(check, part)


def _same(got: Any, expected: Any, what: str, where: str, tolerance: float) -> None:
    """Compare a batch of one of the torch face with a row of the numpy face."""
    row = tree.rows(tree.map_arrays(lambda a: a.detach().cpu().numpy(), got), 0)
    require_same(row, expected, f"numpy and torch {what}", where=where, tolerance=tolerance)
