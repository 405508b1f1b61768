"""Inventory: what to order, when and where, with the distance from the optimum known."""

from headway.registry import Domain

_HERE = "headway.domains.inventory"

domain = Domain(
    name="inventory",
    summary="Stock at one point, in networks, perishable, made on machines; exact optima or bounds beside every policy",
    problems={
        "lost_sales": f"{_HERE}.stock.problem:LostSales",
        "backlog": f"{_HERE}.stock.problem:Backlog",
        "serial": f"{_HERE}.supply.serial:Serial",
        "one_warehouse": f"{_HERE}.supply.one_warehouse:OneWarehouse",
        "dual_sourcing": f"{_HERE}.supply.dual_sourcing:DualSourcing",
        "network": f"{_HERE}.supply.network:Network",
        "perishable": f"{_HERE}.perishable.problem:Perishable",
        "lot_sizing": f"{_HERE}.lot_sizing.problem:LotSizing",
    },
    datasets={"bakery": f"{_HERE}.demand.datasets:BAKERY", "m5": f"{_HERE}.demand.datasets:M5"},
)
