"""Demand: laws to draw it from, and histories of it; a problem's ``demand`` knob names one of them.

A law (`distribution.Distribution`) gives independent demands of items and periods; a history
(`history.Provider`) gives real series with their calendar.
"""

from collections.abc import Mapping

_HERE = "headway.domains.inventory.demand"

LAWS: Mapping[str, str] = {
    "poisson": f"{_HERE}.discrete:Poisson",
    "geometric": f"{_HERE}.discrete:Geometric",
    "binomial": f"{_HERE}.discrete:Binomial",
    "normal": f"{_HERE}.families:Normal",
    "gamma": f"{_HERE}.families:Gamma",
    "uniform": f"{_HERE}.families:Uniform",
    "seasonal": f"{_HERE}.seasonal:Seasonal",
    "empirical": f"{_HERE}.empirical:Empirical",
}

HISTORIES: Mapping[str, str] = {
    "bakery": f"{_HERE}.bundled:Bakery",
    "restaurant": f"{_HERE}.bundled:Restaurant",
    "file": f"{_HERE}.file:File",
}

DEMANDS: Mapping[str, str] = {**LAWS, **HISTORIES}
