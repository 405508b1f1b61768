"""Memory on one alignment, without which the same numbers do not give the same products."""

from __future__ import annotations

from torch import Tensor

ALIGNMENT = 64  # bytes; what torch allocates on, while numpy allocates on 16


def aligned(tensor: Tensor) -> Tensor:
    """The tensor, copied where its memory (numpy's, say) does not begin on a multiple of 64 bytes.

    Matrix products of MKL differ in their last bits with the alignment of their inputs (Intel oneMKL,
    "Conditional Numerical Reproducibility"), and where numpy puts an array is chance: a run would
    not repeat bit for bit.
    """
    return tensor.clone() if tensor.data_ptr() % ALIGNMENT else tensor
