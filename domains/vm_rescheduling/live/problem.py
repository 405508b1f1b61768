"""The problem `rescheduling_live`: VMs come and go while the planner thinks, and latency is charged."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from headway.components import component, options
from headway.domains.vm_rescheduling.cluster.instance import Snapshot
from headway.domains.vm_rescheduling.live.generator import MINUTE, events
from headway.domains.vm_rescheduling.live.instance import LiveSnapshot
from headway.domains.vm_rescheduling.live.plan import LivePlan
from headway.domains.vm_rescheduling.rescheduling.problem import Rescheduling
from headway.domains.vm_rescheduling.workload.source import Share
from headway.evaluation import Evaluation, Reference
from headway.seeds import Split, stream

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_HERE = "headway.domains.vm_rescheduling.live"


@component
class ReschedulingLive(Rescheduling):
    """Rescheduling of a cluster that goes on living: a plan that comes late no longer fits.

    Attributes
    ----------
    churn : share of the VMs that depart, and that arrive, in a minute, in generated instances
    horizon : seconds after which nothing happens any more in them, and at which the cluster is looked at once more
    """

    name: ClassVar[str] = "vm_rescheduling/rescheduling_live"
    timeline: ClassVar[bool] = True
    instance_type: ClassVar[type[LiveSnapshot]] = LiveSnapshot
    solution_type: ClassVar[type[LivePlan]] = LivePlan
    environments: ClassVar[Mapping[str, str]] = {"migrate": f"{_HERE}.dynamics:MigrateLive"}
    baselines: ClassVar[Mapping[str, str]] = {
        "planned": f"{_HERE}.planned:Planned",
        "greedy": f"{_HERE}.contestants:Greedy",
        "shaped_greedy": f"{_HERE}.contestants:ShapedGreedy",
        "best_fit": f"{_HERE}.contestants:BestFit",
        "alpha_vbpp": f"{_HERE}.contestants:AlphaVBPP",
        "exact": f"{_HERE}.contestants:Exact",
        "sampling": f"{_HERE}.contestants:Sampling",
        "hybrid": f"{_HERE}.contestants:Hybrid",
    }
    policies: ClassVar[Mapping[str, str]] = {}

    objective: Literal["fragments"] = "fragments"
    churn: Share = 0.04
    horizon: Annotated[float, Field(gt=0)] = 600.0

    @cached_property
    def frozen(self) -> Rescheduling:
        """The same problem without a future: what a planner is asked to solve."""
        own = {name: value for name, value in options(self).items() if name not in ("churn", "horizon")}
        return Rescheduling(**own)

    # -- instances --------------------------------------------------------------------------------
    def generate(self, rng: np.random.Generator, n: int, split: Split) -> LiveSnapshot:
        return self._living(rng, self.draw(rng, n, split))

    def load(self, path: Path) -> LiveSnapshot:
        """As `Rescheduling.load`, with events drawn as for generated ones; of an .npz file, with those in it."""
        if path.suffix == ".npz":
            return LiveSnapshot.restore(path)
        return self._living(stream("validation", 0, self.name, "load"), super().load(path))

    def _living(self, rng: np.random.Generator, snapshot: Snapshot) -> LiveSnapshot:
        # The width is half as much again as there usually are VMs: more than ever arrive.
        room = 10 + int(self.churn * self.horizon / MINUTE * max(self.width, snapshot.vms))
        return LiveSnapshot.of(snapshot, **self._events(rng, snapshot, room))

    def _events(self, rng: np.random.Generator, snapshot: Snapshot, room: int) -> dict[str, NDArray[Any]]:
        placement = "mixed" if self.placement == "any" else self.placement
        return events(
            rng, snapshot, self._table, churn=self.churn, horizon=self.horizon, room=room, placement=placement
        )

    def view(self, instance: LiveSnapshot, period: int) -> LiveSnapshot:  # type: ignore[override]
        """The snapshot, and what has happened up to minute ``period``."""
        return instance.known(period * MINUTE)

    def perturb(self, instance: LiveSnapshot, period: int, rng: np.random.Generator) -> LiveSnapshot:  # type: ignore[override]
        other = LiveSnapshot.of(instance.snapshot, **self._events(rng, instance, instance.arrivals))
        return instance.known(period * MINUTE).continued(other, period * MINUTE)

    # -- solutions --------------------------------------------------------------------------------
    def evaluate(self, instance: LiveSnapshot, solution: LivePlan) -> Evaluation:  # type: ignore[override]
        from headway.domains.vm_rescheduling.live.evaluate import evaluate

        return evaluate(self, instance, solution)

    def read_solution(self, instance: LiveSnapshot, path: Path) -> LivePlan:  # type: ignore[override]
        """A plan from a CSV file (ready, vm, to_machine, to_node), or the .npz that `Batch.save` writes."""
        from headway.domains.vm_rescheduling.live.plan_file import read_live_plan

        return read_live_plan(instance, path)

    def write_solution(self, instance: LiveSnapshot, solution: LivePlan, path: Path) -> Path:  # type: ignore[override]
        """The plan as a CSV file that an operator can read, or an .npz where the path says so."""
        from headway.domains.vm_rescheduling.live.plan_file import write_live_plan

        return write_live_plan(instance, solution, path)

    def render(self, instance: LiveSnapshot, solution: LivePlan) -> Figure:  # type: ignore[override]
        """The fragment rate second by second, with the plan and without."""
        from headway.domains.vm_rescheduling.live.render import draw

        return draw(self, self.evaluate(instance, solution), solution)

    def references(self, instance: LiveSnapshot) -> Mapping[str, Reference]:  # type: ignore[override]
        return {}
