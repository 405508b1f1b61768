"""Linear layers with activations between them as one step of autograd, run and differentiated in numpy.

On small batches of small layers torch spends most of its time elsewhere than in useful arithmetic: its tanh is twelve
times slower than numpy's, its products with a side of a few numbers four times, and each layer costs a handful of
entries in the graph. What is computed is the same (to the last bits of float32).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

Floats = NDArray[np.float32]


class Activation(NamedTuple):
    """An activation in place; and what its derivative at that output does to an error, in place, the output lost."""

    apply: Callable[[Floats], object]
    derive: Callable[[Floats, Floats], object]  # (output, error)


def _tanh(values: Floats) -> None:
    np.tanh(values, out=values)


def _tanh_derivative(output: Floats, error: Floats) -> None:
    np.multiply(output, output, out=output)
    np.subtract(1, output, out=output)
    np.multiply(error, output, out=error)


def _relu(values: Floats) -> None:
    np.maximum(values, 0, out=values)


def _relu_derivative(output: Floats, error: Floats) -> None:
    np.sign(output, out=output)
    np.multiply(error, output, out=error)


BY_HAND: Mapping[type[nn.Module], Activation] = {
    nn.Tanh: Activation(_tanh, _tanh_derivative),
    nn.ReLU: Activation(_relu, _relu_derivative),
}


class Scratch:
    """Arrays used again and again: fresh ones of this size cost more in page faults than what is computed in them."""

    def __init__(self, most: int = 64) -> None:
        self.most = most
        self.free: dict[tuple[int, int], list[Floats]] = {}

    def take(self, rows: int, columns: int) -> Floats:
        """An array of this shape, of arbitrary content."""
        free = self.free.get((rows, columns))
        return free.pop() if free else np.empty((rows, columns), np.float32)

    def give(self, *arrays: Floats) -> None:
        """Arrays that nobody looks at any more."""
        if sum(map(len, self.free.values())) > self.most:
            self.free.clear()
        for array in arrays:
            self.free.setdefault((len(array), array.shape[1]), []).append(array)


SCRATCH = Scratch()
QUIET = np.errstate(over="ignore", invalid="ignore")  # as torch does; who trains looks for what is not finite


class Tower(nn.Sequential):
    """Linear layers with one activation between them; torch's own path where this one cannot serve."""

    def forward(self, input: Tensor) -> Tensor:
        activation = BY_HAND.get(type(self[1])) if len(self) > 1 else None
        usual = input.device.type == "cpu" and input.dtype == torch.float32 and input.shape[-1] == self[0].in_features
        if activation is None or not usual:
            return super().forward(input)  # type: ignore[no-any-return, no-untyped-call]
        rows, parameters = input.reshape(-1, input.shape[-1]), list(self.parameters())
        if torch.is_grad_enabled():
            output: Tensor = Passes.apply(activation, rows, *parameters)  # type: ignore[no-untyped-call]
        else:
            values, *seen = _forward(activation, rows, parameters)
            SCRATCH.give(*seen[1:])
            output = torch.from_numpy(values)
        return output.reshape(*input.shape[:-1], output.shape[-1])


class Passes(torch.autograd.Function):
    """Forward and backward through alternating weights [outputs, inputs] and biases [outputs]."""

    @staticmethod
    def forward(ctx: Any, activation: Activation, rows: Tensor, *parameters: Tensor) -> Tensor:
        values, *ctx.seen = _forward(activation, rows, parameters)
        ctx.activation, ctx.weights = activation, [weight.detach().numpy() for weight in parameters[::2]]
        return torch.from_numpy(values)

    @staticmethod
    @once_differentiable
    @QUIET
    def backward(ctx: Any, given: Tensor) -> tuple[Any, ...]:
        error, seen, gradients = given.numpy(), ctx.seen, list[Floats]()
        ctx.seen = None  # overwritten below: a second backward pass fails instead of using it
        ones = np.ones(len(error), np.float32)  # a product sums columns five times as fast as numpy's sum
        for k in reversed(range(len(seen))):
            gradients += [ones @ error, error.T @ seen[k]]
            if k or ctx.needs_input_grad[1]:
                before = SCRATCH.take(*seen[k].shape) if k else np.empty_like(seen[k])
                np.dot(error, ctx.weights[k], out=before)
                if k < len(seen) - 1:
                    SCRATCH.give(error)
                error = before
            if k:
                ctx.activation.derive(seen[k], error)
        if not ctx.needs_input_grad[1] and len(seen) > 1:
            SCRATCH.give(error)
        SCRATCH.give(*seen[1:])
        first = torch.from_numpy(error) if ctx.needs_input_grad[1] else None
        return None, first, *(torch.from_numpy(gradient) for gradient in reversed(gradients))


@QUIET
def _forward(activation: Activation, rows: Tensor, parameters: Sequence[Tensor]) -> list[Floats]:
    """The output, and what each layer has seen."""
    arrays = [tensor.detach().numpy() for tensor in parameters]
    values, seen = rows.detach().numpy(), list[Floats]()
    for k in range(0, len(arrays), 2):
        seen.append(values)
        weight, bias = arrays[k : k + 2]
        last = k == len(arrays) - 2
        after = np.empty((len(rows), len(weight)), np.float32) if last else SCRATCH.take(len(rows), len(weight))
        np.dot(values, weight.T, out=after)
        np.add(after, bias, out=after)
        if not last:
            activation.apply(after)
        values = after
    return [values, *seen]
