"""Two real histories that ship with Headway; data/README.md names their source and licence."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from headway.components import component
from headway.domains.inventory.demand.features import one_of_each
from headway.domains.inventory.demand.file import CENSORED, OBSERVED, File
from headway.domains.inventory.demand.history import History, Provider, Singles
from headway.errors import UnknownNameError

FOLDER = Path(__file__).parent / "data"


@component
class Bakery(Provider):
    """Daily sales of 3 products in 35 shops of a German bakery chain, 2016-01-02 to 2018-08-30.

    Covariates: school and public holidays, a public holiday within two days, rain, temperature, whether the days
    around and the same weekdays of the last four weeks are public holidays, weekday, time of year, shop and product.

    shops, products : of which; None: all. Shops are named s2, s3, ...; products p101, p109 and p110
    """

    shops: tuple[str, ...] | None = None
    products: tuple[str, ...] | None = None

    def history(self) -> History:
        history = File(
            path=FOLDER / "bakery_daily_demand.csv",
            calendar=FOLDER / "bakery_calendar.csv",
            calendar_columns=("is_schoolholiday", "is_holiday", "is_holiday_next2days", "rain", "temperature"),
            nearby={"is_holiday": (-28, -21, -14, -7, -1, 1)},
        ).history()
        shops, products = np.char.partition(history.items, "_")[:, [0, 2]].T
        kept = _among(self.shops, shops, "shop") & _among(self.products, products, "product")
        told = _told(history, "Sales of a German bakery chain", one_of_each(shops), one_of_each(products))
        return told.only(np.flatnonzero(kept))


@component
class Restaurant(Provider):
    """Daily use of 7 ingredients in a Stuttgart restaurant (YAZ), 2013-10-04 to 2015-06-07.

    Covariates: public holiday, day closed, weather (5 columns), weekday, time of year, ingredient.
    """

    def history(self) -> History:
        known = ("is_holiday", "is_closed", "wind", "clouds", "rain", "sunshine", "temperature")
        rest = ("weekday", "month", "year", "weekend")  # follow from the date, or would only tell which year it is
        history = File(path=FOLDER / "yaz_daily_demand.csv", covariates=known, ignore=rest, identity=True).history()
        return _told(history, "Ingredients used by a Stuttgart restaurant")


def _told(history: History, title: str, *more: tuple[Singles, tuple[str, ...]]) -> History:
    """The history with its title, and ``more`` covariates of its items, [1, I, K] with their names."""
    shape = history.demand.shape
    parts = [history.covariates, *(np.broadcast_to(part, (*shape, part.shape[-1])) for part, _ in more)]
    return dataclasses.replace(
        history,
        covariates=np.concatenate(parts, axis=2),
        names=(*history.names, *(name for _, names in more for name in names)),
        caveats=(f"{title}. {CENSORED}", OBSERVED),
    )


def _among(wanted: tuple[str, ...] | None, names: NDArray[np.str_], kind: str) -> NDArray[np.bool_]:
    """bool [I]: which names are wanted."""
    for name in wanted or ():
        if name not in names:
            raise UnknownNameError(kind, name, {str(known) for known in names}, where="demand_options")
    return np.ones(len(names), bool) if wanted is None else np.isin(names, wanted)
