"""Index operations that the array API standard lacks, once for numpy and once for torch.

Dense arithmetic uses the namespace ``xp`` (array-api-compat); whatever gathers, scatters or
reduces by index uses ``ops``. Both are resolved once per environment with `backend`. No function
writes into its arguments, so that torch can differentiate through all of them.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np

Array: TypeAlias = Any  # numpy.ndarray or torch.Tensor, by the environment's backend
BackendName = Literal["numpy", "torch"]


@cache
def _rows(n: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    """0..n-1, made once per batch size."""
    rows = np.arange(n)
    rows.flags.writeable = False
    return rows


class NumpyOps:
    """Index operations on numpy arrays."""

    @staticmethod
    def gather(array: Array, index: Array) -> Array:
        """``array[b, index[b]]``: one entry (or sub-array) per row. [B, N, ...], [B] -> [B, ...]."""
        if len(index) == 1:  # in half of the time; a copy here as well
            return array[:1, index[0]].copy()
        return array[_rows(len(index)), index]

    @staticmethod
    def scatter(array: Array, index: Array, value: Array | float | bool) -> Array:
        """A copy with ``array[b, index[b]] = value[b]``. [B, N, ...], [B] -> [B, N, ...]."""
        out = array.copy()
        out[_rows(len(index)), index] = value
        return out

    @staticmethod
    def take(array: Array, index: Array) -> Array:
        """``array[b, index[b, m]]``: several entries per row. [B, N], [B, M] -> [B, M]."""
        # On flat arrays, in a third of the time of `numpy.take_along_axis`.
        return np.take(array.ravel(), index + (_rows(len(array)) * array.shape[1])[:, None])

    @staticmethod
    def put(array: Array, index: Array, value: Array) -> Array:
        """A copy with ``array[b, index[b, m]] = value[b, m]``; where an index is given twice, so must be its value."""
        out = array.copy()
        out[_rows(len(index))[:, None], index] = value
        return out

    @staticmethod
    def one_hot(index: Array, size: int) -> Array:
        """bool [B, size], true at ``index[b]``."""
        return np.arange(size) == index[:, None]

    @staticmethod
    def masked_argmin(array: Array, mask: Array) -> Array:
        """Position of the least masked-in value per row (0 where the mask is empty). [B, N] -> [B]."""
        return np.where(mask, array, np.inf).argmin(-1)

    @staticmethod
    def segment_sum(values: Array, segment: Array, size: int) -> Array:
        """Sums of ``values`` [B, N] by ``segment`` [B, N] in 0..size-1. -> [B, size]."""
        # One bincount over all rows takes an eighth of the time of `np.add.at`.
        slots = segment + (_rows(len(values)) * size)[:, None]
        sums = np.bincount(slots.ravel(), values.ravel(), len(values) * size)
        return sums.reshape(len(values), size).astype(values.dtype, copy=False)

    @staticmethod
    def to_numpy(array: Array) -> np.ndarray[Any, Any]:
        return np.asarray(array)

    @staticmethod
    def asarray(array: Any, dtype: Any = None) -> Array:
        return np.asarray(array, dtype)


class TorchOps:
    """The same operations on torch tensors."""

    @staticmethod
    def gather(array: Array, index: Array) -> Array:
        import torch

        return array[torch.arange(len(index), device=array.device), index]

    @staticmethod
    def scatter(array: Array, index: Array, value: Array | float | bool) -> Array:
        import torch

        row = torch.arange(len(index), device=array.device)
        new = torch.as_tensor(value, dtype=array.dtype, device=array.device).expand(array[row, index].shape)
        return array.index_put((row, index), new)

    @staticmethod
    def take(array: Array, index: Array) -> Array:
        return array.gather(1, index)

    @staticmethod
    def put(array: Array, index: Array, value: Array) -> Array:
        return array.scatter(1, index, value)

    @staticmethod
    def one_hot(index: Array, size: int) -> Array:
        import torch

        return torch.arange(size, device=index.device) == index[:, None]

    @staticmethod
    def masked_argmin(array: Array, mask: Array) -> Array:
        floats = array if array.is_floating_point() else array.double()
        return floats.masked_fill(~mask, float("inf")).argmin(-1)

    @staticmethod
    def segment_sum(values: Array, segment: Array, size: int) -> Array:
        return values.new_zeros((len(values), size)).scatter_add(1, segment, values)

    @staticmethod
    def to_numpy(array: Array) -> np.ndarray[Any, Any]:
        return np.asarray(array.detach().cpu())

    @staticmethod
    def asarray(array: Any, dtype: Any = None) -> Array:
        import torch

        return torch.as_tensor(array, dtype=dtype)


class Backend(NamedTuple):
    """An array library: its array-API namespace and its index operations."""

    name: BackendName
    xp: Any
    ops: type[NumpyOps] | type[TorchOps]


@cache
def backend(name: BackendName) -> Backend:
    """The backend of this name; torch is imported only when asked for."""
    if name == "numpy":
        import array_api_compat.numpy as xp

        return Backend(name, xp, NumpyOps)
    import array_api_compat.torch as xp  # type: ignore[no-redef]

    return Backend(name, xp, TorchOps)
