"""Linear layers computed by oneDNN, which on some processors is twice as fast as the library torch takes for them."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


def _operator() -> Any:
    """oneDNN's linear layer, which torch keeps for its own compiler; None where this torch lacks it, or it fails."""
    try:
        operator = torch.ops.mkldnn._linear_pointwise
        right = operator(torch.ones(2, 3), torch.ones(4, 3), torch.ones(4), "none", [], "")
    except (AttributeError, RuntimeError):
        return None
    return operator if torch.equal(right, torch.full((2, 4), 4.0)) else None


OPERATOR = _operator()


class Linear(nn.Linear):
    """`torch.nn.Linear`: the same weights, and the same results but for the order of sums."""

    def forward(self, inputs: Tensor) -> Tensor:
        if OPERATOR is None or torch.is_grad_enabled() or inputs.dtype != torch.float32:
            return super().forward(inputs)
        output: Tensor = OPERATOR(inputs, self.weight, self.bias, "none", [], "")
        return output
