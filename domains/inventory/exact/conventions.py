"""Other people's conventions for serial systems, translated to the domain's."""

from __future__ import annotations

from collections.abc import Sequence

from headway.domains.inventory.demand.distribution import Distribution
from headway.domains.inventory.exact.serial import EchelonBaseStock, clark_scarf
from headway.errors import ConfigError


def from_stockpyl(shipment_lead_times: Sequence[int]) -> list[int]:
    """Our lead times for those of stockpyl (and of Snyder and Shen), the first stage to be supplied first.

    Their orders are placed after demand, so a lead time of l covers l demands at the stage that sells; ours of
    L covers L + 1. Between stages both mean the same, since each stage there orders right after the next one.

    Raises
    ------
    ConfigError
        The last lead time is 0: theirs serves the demand before, which no order of ours can.
    """
    if not shipment_lead_times or shipment_lead_times[-1] < 1:
        got, expected = tuple(shipment_lead_times), "the last one at least 1"
        raise ConfigError("no such lead times in our order of events", where="lead_times", got=got, expected=expected)
    return [*shipment_lead_times[:-1], shipment_lead_times[-1] - 1]


def clark_scarf_of_stockpyl(
    law: Distribution, shipment_lead_times: Sequence[int], holding: Sequence[float], penalty: float
) -> EchelonBaseStock:
    """Echelon levels and cost per period in stockpyl's terms.

    Goods under way cost what they cost where they come from, and those to the last stage are under way for a
    period longer than ours, which adds that stage's upstream holding cost times mean demand.
    """
    found = clark_scarf(law, from_stockpyl(shipment_lead_times), holding, penalty, transit=True)
    longer = holding[-2] * law.mean if len(holding) > 1 else 0.0
    return EchelonBaseStock(found.levels, found.cost + longer)
