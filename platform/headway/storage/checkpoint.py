"""The state of a training run on disk: arrays as safetensors, the rest as JSON, verified by a manifest.

``checkpoints/step_000000123/`` holds ``arrays.safetensors``, ``state.json`` and ``MANIFEST.json``,
and whatever other members the caller adds (a policy). No pickle is written or read.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from headway.errors import CheckpointError
from headway.storage.folders import read_folder, remove_folder, sweep, write_folder

ARRAYS, STATE = "arrays.safetensors", "state.json"


class Newest(NamedTuple):
    """The newest checkpoint that verifies (None: there is none), and why newer ones were passed over."""

    folder: Path | None
    skipped: list[CheckpointError]


def save_state(state: Mapping[str, Any], folder: Path, members: Mapping[str, bytes] | None = None) -> Path:
    """Write a nested state as ``folder``, whole or not at all, with further files as ``members``.

    Leaves may be numpy arrays and scalars, torch tensors, numbers, booleans, strings and None;
    branches dicts (with any of these scalars as keys), lists and tuples.

    Raises
    ------
    CheckpointError
        A leaf is of another type, or the disk refuses.
    """
    from safetensors.numpy import save

    arrays: dict[str, NDArray[Any]] = {}
    text = json.dumps(_encode(dict(state), "", arrays), allow_nan=False)
    return write_folder(folder, {ARRAYS: save(arrays), STATE: text.encode(), **(members or {})})


def load_state(folder: Path) -> dict[str, Any]:
    """What `save_state` wrote, bit for bit. Raises CheckpointError naming the damaged file."""
    from safetensors.numpy import load

    members = read_folder(folder)
    for name in (ARRAYS, STATE):
        if name not in members:
            raise CheckpointError("not a checkpoint", where=folder, got=sorted(members), expected=name)
    return dict(_decode(json.loads(members[STATE]), load(members[ARRAYS])))


# -- the checkpoints of a run -------------------------------------------------------------------
def step_folder(root: Path, step: int) -> Path:
    """Where the checkpoint of this step belongs."""
    return root / f"step_{step:09d}"


def checkpoints(root: Path) -> list[Path]:
    """All checkpoints in ``root``, newest first, verified or not."""
    # By number: from a thousand million steps on, names are longer than the usual nine digits.
    return sorted(root.glob("step_*"), key=lambda folder: (len(folder.name), folder.name), reverse=True)


def newest_valid(root: Path) -> Newest:
    """Step back from the newest checkpoint in ``root`` to the first one that verifies."""
    skipped = []
    for folder in checkpoints(root):
        try:
            load_state(folder)
        except CheckpointError as error:
            skipped.append(error)
        else:
            return Newest(folder, skipped)
    return Newest(None, skipped)


def keep_last(root: Path, n: int = 3) -> None:
    """Delete all but the newest ``n`` checkpoints, and drafts that killed processes left."""
    sweep(root)
    for folder in checkpoints(root)[n:]:
        remove_folder(folder)


# -- nested state <-> JSON with references to arrays ------------------------------------------------
def _encode(value: Any, path: str, arrays: dict[str, NDArray[Any]]) -> Any:
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float) and not isinstance(value, np.generic):
        return value if math.isfinite(value) else {"$float": repr(value)}
    if isinstance(value, Mapping):
        return _encode_mapping(value, path, arrays)
    if isinstance(value, (list, tuple)):
        items = [_encode(item, f"{path}/{i}", arrays) for i, item in enumerate(value)]
        return items if isinstance(value, list) else {"$tuple": items}
    return _encode_array(value, path, arrays)


def _encode_mapping(value: Mapping[Any, Any], path: str, arrays: dict[str, NDArray[Any]]) -> Any:
    if all(isinstance(key, str) and not key.startswith("$") for key in value):
        return {key: _encode(item, f"{path}/{key}", arrays) for key, item in value.items()}
    return {"$items": [[_encode(k, path, arrays), _encode(v, f"{path}/{k}", arrays)] for k, v in value.items()]}


def _encode_array(value: Any, path: str, arrays: dict[str, NDArray[Any]]) -> dict[str, str]:
    kind = "$scalar" if isinstance(value, np.generic) else "$array"
    torch = sys.modules.get("torch")  # where torch was never imported, nothing is a tensor
    if torch is not None and isinstance(value, torch.Tensor):
        kind, value = "$tensor", value.detach().cpu().numpy()
    array = np.asarray(value, order="C")
    if array.dtype.kind not in "biuf":
        raise CheckpointError(
            "a value cannot be stored", where=path, got=type(value).__name__, expected="numbers, strings, arrays"
        )
    name = f"{len(arrays)}:{path}"
    arrays[name] = array
    return {kind: name}


def _decode(value: Any, arrays: Mapping[str, NDArray[Any]]) -> Any:
    if isinstance(value, list):
        return [_decode(item, arrays) for item in value]
    if not isinstance(value, dict):
        return value
    kind = next(iter(value), "")
    if not kind.startswith("$"):
        return {key: _decode(item, arrays) for key, item in value.items()}
    return _MARKED[kind](value[kind], arrays)


def _tensor(name: str, arrays: Mapping[str, NDArray[Any]]) -> Any:
    import torch

    return torch.tensor(arrays[name])  # in torch's own memory: see headway.nn.aligned


_MARKED: Mapping[str, Any] = {
    "$float": lambda text, arrays: float(text),
    "$tuple": lambda items, arrays: tuple(_decode(items, arrays)),
    "$items": lambda items, arrays: {_decode(k, arrays): _decode(v, arrays) for k, v in items},
    "$scalar": lambda name, arrays: arrays[name][()],
    "$array": lambda name, arrays: arrays[name].copy(),
    "$tensor": _tensor,
}
