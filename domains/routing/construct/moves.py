"""What a decision does to the vehicle under way."""

from __future__ import annotations

from headway.domains.routing.construct import masks
from headway.domains.routing.construct.params import Params, State
from headway.ops import Array, Backend


def move(params: Params, state: State, decision: Array, rules: frozenset[str], arrays: Backend) -> tuple[State, Array]:
    """State after a decision [B], and the length of the leg, float64 [B]."""
    xp, ops = arrays.xp, arrays.ops
    home = ops.gather(params.depot_of, decision) >= 0 if "depots" in rules else decision == 0
    leg = _leg(params, state, decision, home, rules, arrays)
    peak, load = _loads(params, state, decision, home, rules, arrays)
    after = State(
        position=decision,
        depot=xp.where(home, ops.gather(params.depot_of, decision), state.depot) if "depots" in rules else state.depot,
        peak=peak,
        load=load,
        time=_time(params, state, decision, home, arrays) if "windows" in rules else state.time,
        driven=xp.where(home, 0.0, state.driven + leg) if "limit" in rules else state.driven,
        collected=~home & (state.collected | ops.gather(params.collects, decision))
        if "backhaul_last" in rules
        else state.collected,
        due=_due(params, state, decision, arrays) if "pairs" in rules else state.due,
        waiting=ops.scatter(state.waiting, decision, False),
        allowed=state.allowed,
        left=state.left - xp.astype(ops.gather(state.waiting, decision), xp.int64),
        sent=_sent(params, state, home, arrays) if rules & masks.CHOICES else state.sent,
        finished=home,
        steps=state.steps + 1,
    )
    after = after._replace(finished=home & _over(params, state, after, rules, arrays))
    return masks.known(params, after, rules, arrays), leg


def _leg(params: Params, state: State, decision: Array, home: Array, rules: frozenset[str], arrays: Backend) -> Array:
    """Its length: home is the vehicle's own depot, wherever the next one leaves from."""
    xp, ops = arrays.xp, arrays.ops
    batch, n = params.from_depot.shape
    target = xp.where(home, ops.gather(params.home, state.depot), decision) if "depots" in rules else decision
    leg = ops.gather(xp.reshape(params.distance, (batch, n * n)), state.position * n + target)
    return xp.where(home, params.closed, 1.0) * leg if "open" in rules else leg


def _loads(
    params: Params, state: State, decision: Array, home: Array, rules: frozenset[str], arrays: Backend
) -> tuple[Array, Array]:
    """The most the vehicle carries, and what it has picked up: what is delivered from the depot has been on board
    since then.
    """
    xp, ops = arrays.xp, arrays.ops
    peak, load = state.peak + ops.gather(params.from_depot, decision), state.load
    if rules & {"pickups", "pairs"}:
        load = load + ops.gather(params.change, decision)
        peak, load = xp.maximum(peak, load), xp.where(home, 0, load)
    return xp.where(home, 0, peak), load


def _time(params: Params, state: State, decision: Array, home: Array, arrays: Backend) -> Array:
    xp, ops = arrays.xp, arrays.ops
    batch, n = params.from_depot.shape
    travel = ops.gather(xp.reshape(params.duration, (batch, n * n)), state.position * n + decision)
    earliest = ops.gather(params.earliest, decision)
    served = xp.maximum(state.time + travel, earliest) + ops.gather(params.service, decision)
    return xp.where(home, earliest, served)


def _due(params: Params, state: State, decision: Array, arrays: Backend) -> Array:
    ops = arrays.ops
    partner = ops.gather(params.partner, decision)
    return ops.scatter(ops.scatter(state.due, decision, False), partner, partner > 0)


def _sent(params: Params, state: State, home: Array, arrays: Backend) -> Array:
    """A vehicle counts once it goes from its depot to a customer."""
    xp, ops = arrays.xp, arrays.ops
    left = ~home & (ops.gather(params.depot_of, state.position) >= 0)
    return state.sent + xp.astype(ops.one_hot(state.depot, state.sent.shape[1]) & left[:, None], xp.int64)


def _over(params: Params, state: State, after: State, rules: frozenset[str], arrays: Backend) -> Array:
    """bool [B]: whether a vehicle that is home ends the episode."""
    xp = arrays.xp
    over = after.left == 0
    if rules & masks.CHOICES:
        stays = arrays.ops.gather(params.depot_of, state.position) == after.depot
        stood = (arrays.ops.gather(params.depot_of, state.position) >= 0) & stays
        over = stood | ~xp.any(masks.departures(params, after, arrays), axis=1)
    if "pairs" in rules:
        over = over | xp.any(state.due, axis=1)
    return over
