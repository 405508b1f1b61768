"""Magnitudes brought within limits on each, on groups of them and on all: the convex part of the projection."""

from __future__ import annotations

from typing import Any, NamedTuple

from headway.ops import Array

_SLACK = 1e-10  # sums this close to a limit are on it
_HALVINGS = 60  # of an interval no longer than the largest magnitude: exact to rounding


class Limits(NamedTuple):
    """On magnitudes [B, N]: of each (float or [B, N]), of all (float or [B, 1]), of K groups ([1 or B, K]).

    ``member`` [N, K] is 1 where an asset is in a group, in one at most; None (as ``shares``) without groups.
    """

    cap: Any
    leverage: Any
    member: Any
    shares: Any


def within(xp: Any, limits: Limits, size: Array) -> Array:
    """The nearest magnitudes [B, N] within the limits.

    Each loses a price: one common to all, so that the sum fits (Duchi et al. 2008, with caps), or its
    group's own where that is higher: a group that fits at the common price needs no more.
    """
    capped = _clipped(xp, size, limits.cap)
    if limits.member is not None:
        return _within_groups(xp, limits, size, capped)
    over = xp.sum(capped, axis=-1, keepdims=True) > limits.leverage + _SLACK
    if not bool(xp.any(over)):
        return capped
    price = _common(xp, limits, _constant(size), 0.0)
    # Solved for again, exactly and differentiably, now that it is known which magnitudes are free.
    count = xp.clip(xp.sum(_free(xp, limits, size, price), axis=-1, keepdims=True), min=1.0)
    exact = (xp.sum(_inner(xp, limits, size, price), axis=-1, keepdims=True) - limits.leverage) / count
    return xp.where(over, _clipped(xp, size - exact, limits.cap), capped)


def _within_groups(xp: Any, limits: Limits, size: Array, capped: Array) -> Array:
    member, shares, cap = limits.member, limits.shares, limits.cap
    crowded = xp.matmul(capped, member) > shares + _SLACK
    own = xp.where(crowded, _own(xp, limits, _constant(size)), 0.0 * shares) if bool(xp.any(crowded)) else 0.0 * shares
    fits = _clipped(xp, size - xp.matmul(own, member.T), cap)
    over = xp.sum(fits, axis=-1, keepdims=True) > limits.leverage + _SLACK
    if not bool(xp.any(over)) and not bool(xp.any(crowded)):
        return capped
    common = xp.where(over, _common(xp, limits, _constant(size), xp.matmul(own, member.T)), 0.0)
    bound = xp.astype(crowded & (own > common), size.dtype)  # groups at a price of their own [B, K]
    apart = xp.matmul(bound, member.T)  # their assets [B, N]
    price = xp.where(apart > 0, xp.matmul(own, member.T), common)
    inner, count = _inner(xp, limits, size, price), _free(xp, limits, size, price)
    own = (xp.matmul(inner, member) - shares) / xp.clip(xp.matmul(count, member), min=1.0)
    left = limits.leverage - xp.sum(bound * shares, axis=-1, keepdims=True)
    places = xp.clip(xp.sum(count * (1.0 - apart), axis=-1, keepdims=True), min=1.0)
    common = xp.where(over, (xp.sum(inner * (1.0 - apart), axis=-1, keepdims=True) - left) / places, 0.0)
    price = xp.where(apart > 0, xp.matmul(own, member.T), common)
    return xp.where(over | (apart > 0), _clipped(xp, size - price, cap), capped)


def _common(xp: Any, limits: Limits, size: Array, own: Any) -> Array:
    """The price [B, 1] at which the sum fits, by bisection."""
    low, high = 0.0 * size[:, :1], xp.max(size, axis=-1, keepdims=True)
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        price = middle if isinstance(own, float) else xp.maximum(middle, own)
        total = xp.sum(_clipped(xp, size - price, limits.cap), axis=-1, keepdims=True)
        low, high = xp.where(total > limits.leverage, middle, low), xp.where(total > limits.leverage, high, middle)
    return 0.5 * (low + high)


def _own(xp: Any, limits: Limits, size: Array) -> Array:
    """The price [B, K] at which each group fits, by bisection."""
    low = xp.max(size, axis=-1, keepdims=True) * 0.0 * limits.shares
    high = low + xp.max(size, axis=-1, keepdims=True)
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        fits = _clipped(xp, size - xp.matmul(middle, limits.member.T), limits.cap)
        total = xp.matmul(fits, limits.member)
        low, high = xp.where(total > limits.shares, middle, low), xp.where(total > limits.shares, high, middle)
    return 0.5 * (low + high)


def _free(xp: Any, limits: Limits, size: Array, price: Array) -> Array:
    """1 where a magnitude ends strictly between 0 and its cap, else 0."""
    return xp.astype((size > price) & (size < price + limits.cap), size.dtype)


def _inner(xp: Any, limits: Limits, size: Array, price: Array) -> Array:
    """What magnitudes add to sums before the price is taken off the free ones."""
    free, zero = _free(xp, limits, size, price), 0.0 * size
    return xp.where(free > 0, size, zero) + xp.where(size >= price + limits.cap, zero + limits.cap, zero)


def _clipped(xp: Any, size: Array, cap: Any) -> Array:
    return xp.clip(size, min=0.0, max=cap) if isinstance(cap, float) else xp.minimum(xp.clip(size, min=0.0), cap)


def _constant(array: Array) -> Array:
    return array.detach() if hasattr(array, "detach") else array
