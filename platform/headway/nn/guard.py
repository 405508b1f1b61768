"""Stop at the first number that is not finite, and say which it was."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import torch
from torch import nn

from headway.errors import NumericalError


def check_finite(module: nn.Module, metrics: Mapping[str, float], where: str) -> None:
    """Raise NumericalError naming the first metric, gradient or weight that is NaN or infinite."""
    for name, value in metrics.items():
        if not math.isfinite(value):
            raise _error(f"metric {name}", value, where)
    for name, tensor in _tensors(module):
        if not torch.isfinite(tensor).all():
            bad = tensor[~torch.isfinite(tensor)][0]
            raise _error(name, float(bad), where)


def _tensors(module: nn.Module) -> Iterator[tuple[str, torch.Tensor]]:
    for name, parameter in module.named_parameters():
        if parameter.grad is not None:
            yield f"gradient of {name}", parameter.grad
        yield f"weight {name}", parameter.detach()


def _error(name: str, value: float, where: str) -> NumericalError:
    return NumericalError(f"{name} is not finite", where=where, got=value, expected="finite numbers")
