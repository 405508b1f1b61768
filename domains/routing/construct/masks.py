"""What may be visited next: the rules of the family, each looking at the vehicle under way."""

from __future__ import annotations

from headway.domains.routing.construct.params import SLACK, Params, State
from headway.ops import Array, Backend

CHOICES = frozenset({"depots", "fleet", "prizes"})  # rules under which going home is more than that


def known(params: Params, state: State, rules: frozenset[str], arrays: Backend) -> State:
    """The state with what it allows."""
    fits = customers(params, state, rules, arrays)
    if rules & CHOICES:
        return state._replace(allowed=fits | _choices(params, state, fits, rules, arrays))
    home = _home(state, fits, rules, arrays)
    return state._replace(allowed=arrays.xp.concat([home[:, None], fits[:, 1:]], axis=1))


def customers(params: Params, state: State, rules: frozenset[str], arrays: Backend) -> Array:
    """bool [B, N]: waiting customers that the vehicle can serve now and come back from."""
    fits = state.waiting & (params.from_depot <= (params.capacity - state.peak)[:, None])
    if rules & {"pickups", "pairs"}:
        fits = fits & (params.change <= (params.capacity - state.load)[:, None])
    if "backhaul_last" in rules:
        fits = fits & ~((params.from_depot > 0) & (state.collected & params.last)[:, None])
    if "pairs" in rules:
        fits = fits & ((params.origin == 0) | state.due)
    if "limit" in rules:
        fits = fits & _near(params, state, arrays)
    if "windows" in rules:
        fits = fits & _in_time(params, state, arrays)
    return fits


def _near(params: Params, state: State, arrays: Backend) -> Array:
    ops = arrays.ops
    way = ops.gather(params.distance, state.position) + ops.gather(params.back, state.depot)
    return state.driven[:, None] + way <= (SLACK * params.limit)[:, None]


def _in_time(params: Params, state: State, arrays: Backend) -> Array:
    ops = arrays.ops
    begin = begins(params, state, arrays)
    home = begin + ops.gather(params.back_time, state.depot)
    return (begin <= SLACK * params.latest) & (home <= SLACK * ops.gather(params.closing, state.depot)[:, None])


def begins(params: Params, state: State, arrays: Backend) -> Array:
    """float64 [B, N]: when service would begin at each node."""
    xp = arrays.xp
    return xp.maximum(state.time[:, None] + arrays.ops.gather(params.duration, state.position), params.earliest)


def departures(params: Params, state: State, arrays: Backend) -> Array:
    """bool [B, D]: depots with a vehicle left that can still serve somebody."""
    xp = arrays.xp
    return (state.sent < params.fleet) & xp.any(state.waiting[:, None] & params.reach, axis=2)


def _home(state: State, fits: Array, rules: frozenset[str], arrays: Backend) -> Array:
    """bool [B]: where every waiting customer can have a vehicle: the depot, unless the vehicle is there (or all is
    done), or has on board what can still be delivered.
    """
    home = (state.position != 0) | (state.left == 0)
    if "pairs" in rules:
        home = home & (_stuck(fits, arrays) | ~arrays.xp.any(state.due, axis=1))
    return home


def _choices(params: Params, state: State, fits: Array, rules: frozenset[str], arrays: Backend) -> Array:
    """bool [B, N]: depots that may be chosen where depots, vehicles or customers are chosen: from a customer, home and
    on from any depot that can still serve somebody; at a depot, another one at the start or where nobody can be served
    from here, and its own to end the episode.
    """
    xp, ops = arrays.xp, arrays.ops
    away, stuck, leaving = (
        ops.gather(params.depot_of, state.position) < 0,
        _stuck(fits, arrays),
        departures(params, state, arrays),
    )
    over = ~xp.any(leaving, axis=1)
    may = away
    if "pairs" in rules:
        may = may & (stuck | ~xp.any(state.due, axis=1))
    if "fleet" in rules:
        # The last vehicle goes on as long as it can.
        may = may & (~over | stuck)
    own = ops.one_hot(state.depot, leaving.shape[1])
    done = state.finished | (~away & (stuck & over)) | (may & over)
    if "prizes" in rules:
        done = done | (~away & ~xp.any(state.waiting & params.required, axis=1))
    other = (~away & (stuck | (state.steps == 0)))[:, None] & ~own
    chosen = (leaving & (may[:, None] | other)) | (own & done[:, None])
    known = params.depot_of >= 0
    return ops.take(chosen, xp.where(known, params.depot_of, 0)) & known


def _stuck(fits: Array, arrays: Backend) -> Array:
    return ~arrays.xp.any(fits, axis=1)
