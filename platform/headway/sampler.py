"""Training instances by running number, drawn in blocks: the sampler's state is one integer."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from headway import tree
from headway.environment import Environment, Observation
from headway.seeds import Split, stream


class Start(NamedTuple):
    """Episodes about to begin: what the environment made of their instances."""

    params: Any
    state: Any
    observation: Observation


class Sampler:
    """An endless, numbered stream of instances, each ready to begin.

    Instance ``i`` is row ``i % block`` of a block whose random stream is keyed by ``i // block``;
    any instance can be drawn again from its number, so a checkpoint stores numbers, not paths.
    The arrays it hands out are its own: copy before writing.
    """

    def __init__(
        self, environment: Environment[Any, Any, Any, Any], split: Split, seed: int, *, block: int = 256
    ) -> None:
        self.environment, self.split, self.seed, self.block = environment, split, seed, block
        self.next = 0
        self._starts: dict[int, Start] = {}

    def draw(self, n: int) -> tuple[NDArray[np.int64], Start]:
        """The next ``n`` instances, with their numbers."""
        numbers = np.arange(self.next, self.next + n)
        self.next += n
        first, last = divmod(int(numbers[0]), self.block), divmod(int(numbers[-1]), self.block)
        if first[0] != last[0]:
            return numbers, self.again(numbers)
        return numbers, tree.rows(self._block(first[0]), slice(first[1], last[1] + 1))

    def again(self, numbers: NDArray[np.int64]) -> Start:
        """The instances of these numbers, in this order."""
        block, row = np.divmod(numbers, self.block)
        parts = [tree.rows(self._block(int(b)), row[block == b]) for b in np.unique(block)]
        # Rows are grouped by block; put them back into the order of their numbers.
        order = np.argsort(np.argsort(block, kind="stable"), kind="stable")
        joined: Start = tree.map_arrays(lambda *arrays: _concatenated(arrays)[order], parts[0], *parts[1:])
        return joined

    def _block(self, index: int) -> Start:
        if index not in self._starts:
            environment = self.environment
            rng = stream(self.split, self.seed, environment.problem.name, "sampler", index)
            while len(self._starts) >= 4:
                self._starts.pop(next(iter(self._starts)))
            params = environment.prepare(environment.problem.generate(rng, self.block, self.split))
            state = environment.reset(params)
            self._starts[index] = Start(params, state, environment.observe(params, state))
        return self._starts[index]


def _concatenated(arrays: tuple[Any, ...]) -> Any:
    if isinstance(arrays[0], np.ndarray):
        return np.concatenate(arrays)
    import torch

    return torch.cat(arrays)
