"""Machine maintenance: a complete fifth domain, in a package of its own."""

from headway.registry import Domain

domain = Domain(
    name="maintenance",
    summary="Machines that age and fail: when to repair, when to replace",
    problems={"fleet": "headway_maintenance.problem:Fleet"},
)
