"""All parameters of a module as one vector, so that an optimizer takes one step and not one for each tensor."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from headway.nn.aligned import ALIGNMENT


def flatten(module: nn.Module) -> nn.Parameter:
    """A float32 vector with a gradient, of which the module's parameters and their gradients are views from now on.

    Each begins on an aligned address; what lies between them is 0, and stays 0 in any optimizer without weight decay.
    """
    parameters, step = list(module.parameters()), ALIGNMENT // 4
    room = [-(-parameter.numel() // step) * step for parameter in parameters]
    vector = nn.Parameter(torch.zeros(sum(room)))
    vector.grad = torch.zeros_like(vector)
    pieces = zip(parameters, torch.split(vector.detach(), room), torch.split(vector.grad, room), strict=True)
    for parameter, values, gradient in pieces:
        n, shape = parameter.numel(), parameter.shape
        values[:n] = parameter.detach().flatten()
        parameter.data, parameter.grad = values[:n].view(shape), gradient[:n].view(shape)
    return vector


def clip(gradient: Tensor, most: float) -> Tensor:
    """Scale a gradient in place to a norm of at most ``most``; its norm before."""
    norm: Tensor = torch.linalg.vector_norm(gradient)
    gradient.mul_((most / (norm + 1e-6)).clamp(max=1.0))
    return norm
