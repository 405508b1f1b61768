"""Serial systems in the convention of stockpyl and of Snyder and Shen's textbook, as problems of ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from headway.domains.inventory.supply.serial import Serial
from headway.errors import ConfigError


def from_stockpyl(
    lead_times: Sequence[int],
    holding: Sequence[float],
    penalty: float,
    demand: str,
    demand_options: Mapping[str, Any],
    **options: Any,
) -> Serial:
    """The serial problem whose long-run cost is that of stockpyl's model (`ssm_serial`, and its simulation).

    stockpyl orders after the period's demand and we order before the next one's: what it has shipped into the selling
    stage in period t with lead time L serves demand of t + L, and so does what we ship in t + 1 with L - 1. Other
    stages only pass on, one period later here as there: their lead times are the same. Goods under way cost what they
    cost where they come from; the period that they spend less on our last link is charged per unit.

    Parameters
    ----------
    lead_times : stockpyl's `shipment_lead_time` of each stage, from the outside supplier on; the last at least 1
    holding : local holding cost of each stage, in the same order
    penalty, demand, demand_options, options : those of `Serial`

    Raises
    ------
    ConfigError
        The last lead time is 0: stockpyl delivers to the customer in the period of the order, we can not.
    """
    if not lead_times or lead_times[-1] < 1:
        got = list(lead_times)
        raise ConfigError("a lead time that has no counterpart", where="lead_times", got=got, expected="the last >= 1")
    return Serial(
        lead_times=(*lead_times[:-1], lead_times[-1] - 1),
        holding=tuple(holding),
        penalty=penalty,
        transit=True,
        unit_costs=(0.0,) * (len(holding) - 1) + ((0.0, *holding)[-2],),
        demand=demand,
        demand_options=dict(demand_options),
        **options,
    )
