"""From a network's output to actions: the same functions while training, evaluating and serving."""

from __future__ import annotations

from typing import Literal

import numpy as np
import torch
from gymnasium import spaces
from numpy.typing import NDArray
from torch import Tensor

Decoding = Literal["greedy", "sample", "mean", "squashed"]

MIXERS = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))  # of SplitMix64 (Steele et al. 2014)
GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def greedy(logits: Tensor, mask: Tensor | None) -> Tensor:
    """The best allowed action. [B, A] -> int [B]."""
    return allowed(logits, mask).argmax(-1)


def sample(logits: Tensor, mask: Tensor | None, uniform: Tensor) -> Tensor:
    """An action drawn by inverting the distribution at ``uniform`` [B] in [0, 1). -> int [B]."""
    cumulated = allowed(logits, mask).double().softmax(-1).cumsum(-1)
    drawn = torch.searchsorted(cumulated, (uniform * cumulated[:, -1])[:, None], right=True)
    return drawn.squeeze(-1)


def allowed(logits: Tensor, mask: Tensor | None) -> Tensor:
    """Logits [B, A], minus infinity where the mask forbids."""
    return logits if mask is None else logits.masked_fill(~mask, -torch.inf)


class Bounds:
    """A box's middle and half-width, to bring actions of [-1, 1] into its units.

    Where all entries of a vector have the same bounds, these hold for any number of entries: a network that
    scores items or edges acts on more of them than it was trained on.
    """

    def __init__(self, box: spaces.Box) -> None:
        middle, half = (box.high + box.low) / 2, (box.high - box.low) / 2
        alike = len(box.shape) == 1 and (middle == middle[0]).all() and (half == half[0]).all()
        self.shape: tuple[int, ...] = (-1,) if alike else box.shape
        self.middle = torch.from_numpy(middle[:1] if alike else middle)
        self.half = torch.from_numpy(half[:1] if alike else half)

    def mean(self, output: Tensor) -> Tensor:
        """Clip to [-1, 1], then into the box's units. [B, A] -> [B, ...]."""
        return self.unscale(output.clamp(-1, 1))

    def squashed(self, output: Tensor) -> Tensor:
        """Squash with tanh, then into the box's units. [B, A] -> [B, ...]."""
        return self.unscale(output.tanh())

    def unscale(self, action: Tensor) -> Tensor:
        """From [-1, 1] to the box's units. [B, A] -> [B, ...]."""
        return self.middle + self.half * action.reshape(len(action), *self.shape)


def uniforms(key: NDArray[np.uint64], step: NDArray[np.uint64]) -> NDArray[np.float64]:
    """One number in [0, 1) per row from its key and step: a row's draws never depend on other rows.

    SplitMix64 (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators").
    """
    z = key + GOLDEN * (step + np.uint64(1))
    z = (z ^ (z >> np.uint64(30))) * MIXERS[0]
    z = (z ^ (z >> np.uint64(27))) * MIXERS[1]
    z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(11)) * 2.0**-53  # type: ignore[no-any-return]
