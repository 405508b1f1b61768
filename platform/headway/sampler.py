"""Training instances by running number, drawn in blocks: the sampler's state is one integer."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from headway import tree
from headway.environment import Environment
from headway.seeds import Split, stream


class Sampler:
    """An endless, numbered stream of prepared instances.

    Instance ``i`` is row ``i % block`` of a block whose random stream is keyed by ``i // block``;
    any instance can be drawn again from its number, so a checkpoint stores numbers, not paths.
    """

    def __init__(
        self, environment: Environment[Any, Any, Any, Any], split: Split, seed: int, *, block: int = 256
    ) -> None:
        self.environment, self.split, self.seed, self.block = environment, split, seed, block
        self.next = 0
        self._prepared: dict[int, Any] = {}

    def draw(self, n: int) -> tuple[NDArray[np.int64], Any]:
        """The next ``n`` instances: their numbers and their prepared parameters."""
        numbers = np.arange(self.next, self.next + n)
        self.next += n
        return numbers, self.again(numbers)

    def again(self, numbers: NDArray[np.int64]) -> Any:
        """The prepared parameters of these instances."""
        blocks = np.unique(numbers // self.block)
        parts = [tree.rows(self._block(int(b)), numbers[numbers // self.block == b] % self.block) for b in blocks]
        if len(parts) == 1:
            return parts[0]
        # Rows are grouped by block; put them back into the order of their numbers.
        order = np.argsort(np.argsort(numbers // self.block, kind="stable"), kind="stable")
        return tree.map_arrays(lambda *arrays: np.concatenate(arrays)[order], parts[0], *parts[1:])

    def _block(self, index: int) -> Any:
        if index not in self._prepared:
            problem = self.environment.problem
            rng = stream(self.split, self.seed, problem.name, "sampler", index)
            while len(self._prepared) >= 4:
                self._prepared.pop(next(iter(self._prepared)))
            self._prepared[index] = self.environment.prepare(problem.generate(rng, self.block, self.split))
        return self._prepared[index]
