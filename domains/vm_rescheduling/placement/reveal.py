"""What is known of a stream when a request comes, and streams that are known alike."""

from __future__ import annotations

import numpy as np

from headway.domains.vm_rescheduling.placement.instance import Stream

_ASKED = ("time", "vm_cpu", "vm_memory", "vm_nodes", "until", "placed")
_DEPARTURES = ("there_until", "until")


def view(stream: Stream, period: int) -> Stream:
    """The first ``period`` + 1 requests; departures later than the last of them are inf."""
    now = stream.now(period)[:, None]
    known = {name: getattr(stream, name)[:, : period + 1] for name in _ASKED}
    seen = stream.arrays() | known
    hidden = {name: np.where(seen[name] <= now, seen[name], np.inf) for name in _DEPARTURES}
    return Stream.made(seen | hidden | {"start": np.minimum(stream.start, period)})


def last(stream: Stream, requests: int) -> Stream:
    """The last ``requests`` of a view, as if nothing had come before them."""
    cut = max(stream.time.shape[1] - requests, 0)
    kept = {name: getattr(stream, name)[:, cut:] for name in _ASKED}
    return Stream.made(stream.arrays() | kept | {"start": np.maximum(stream.start - cut, 0)})


def perturb(stream: Stream, period: int, rng: np.random.Generator) -> Stream:
    """A stream with the same view: what comes after ``period`` comes at other times and in another order, and
    whatever has not gone by then goes at other times.
    """
    arrays = {name: array.copy() for name, array in stream.arrays().items()}
    now = stream.now(period)
    for row, requests in enumerate(stream.requests):
        later = np.arange(period + 1, max(int(requests), period + 1))
        mixed = rng.permutation(later)
        for name in ("vm_cpu", "vm_memory", "vm_nodes"):
            arrays[name][row, later] = arrays[name][row, mixed]
        gap = max(float(now[row]), 1.0) / (period + 1)
        arrays["time"][row, later] = now[row] + np.cumsum(rng.exponential(gap, len(later)))
        for name, real in (("there_until", stream.there_nodes[row] > 0), ("until", stream.vm_nodes[row] > 0)):
            open_ = real & (arrays[name][row] > now[row])
            known = np.maximum(now[row], arrays["time"][row]) if name == "until" else now[row]
            other = known + 1.0 + rng.exponential(20 * gap, len(open_))
            arrays[name][row] = np.where(open_, other, arrays[name][row])
    return Stream(**arrays)
