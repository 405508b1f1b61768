"""Random streams that cannot overlap, named by what they are for."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Literal, get_args

import numpy as np

from headway.errors import ConfigError, LeakageError

Split = Literal["train", "validation", "test", "tuning"]
SPLITS: tuple[Split, ...] = get_args(Split)

_sealed: ContextVar[frozenset[str]] = ContextVar("sealed", default=frozenset())


def stream(split: Split, seed: int, *purpose: str | int) -> np.random.Generator:
    """A Philox generator for one split, seed and purpose.

    Streams with different splits, seeds or purposes are independent: the split and the purpose
    are the spawn key of a `numpy.random.SeedSequence` whose entropy is the seed.

    Raises
    ------
    LeakageError
        The split is sealed here (see `sealed`).
    """
    if split not in SPLITS:
        raise ConfigError("unknown split", got=split, expected=", ".join(SPLITS))
    if seed < 0:
        raise ConfigError("a seed is negative", where="seed", got=seed, expected=">= 0")
    if split in _sealed.get():
        raise LeakageError(
            f"training reached for {split} instances",
            where=f"stream({split!r}, {seed})",
            expected="train, validation or tuning streams only",
            hint="select and stop on validation instances; score on test instances with `headway compare`",
        )
    key = (SPLITS.index(split), *(_word(p) for p in purpose))
    return np.random.Generator(np.random.Philox(np.random.SeedSequence(seed, spawn_key=key)))


def generator_seed(split: Split, seed: int, *purpose: str | int) -> int:
    """A 31-bit seed from a stream, for libraries that take only an integer (torch, solvers)."""
    return int(stream(split, seed, *purpose).integers(2**31))


@contextlib.contextmanager
def sealed(*splits: Split) -> Iterator[None]:
    """Within this block these splits raise `LeakageError`; training seals ``test``."""
    token = _sealed.set(_sealed.get() | set(splits))
    try:
        yield
    finally:
        _sealed.reset(token)


def _word(part: str | int) -> int:
    data = part.to_bytes(8, "little") if isinstance(part, int) else part.encode()
    return int.from_bytes(hashlib.sha256(bytes([isinstance(part, int)]) + data).digest()[:4], "little")
