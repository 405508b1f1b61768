"""VM rescheduling: which virtual machines to migrate so that free cores are usable again."""

from headway.registry import Domain

_HERE = "headway.domains.vm_rescheduling"

domain = Domain(
    name="vm_rescheduling",
    summary="Migrations that make free cores usable again; proven optima beside every plan",
    problems={
        "rescheduling": f"{_HERE}.rescheduling.problem:Rescheduling",
        "rescheduling_live": f"{_HERE}.live.problem:ReschedulingLive",
        "placement": f"{_HERE}.placement.problem:PlacementProblem",
    },
    datasets={
        "azure_packing": f"{_HERE}.files.datasets:AZURE_PACKING",
        "huawei_east_1": f"{_HERE}.files.datasets:HUAWEI_EAST_1",
    },
)
