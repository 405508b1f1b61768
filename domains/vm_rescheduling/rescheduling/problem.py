"""The problem `rescheduling`: at most so many migrations, for as few fragments as possible."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from headway.components import component
from headway.domains.vm_rescheduling.cluster.fragments import Fragment, fragments
from headway.domains.vm_rescheduling.cluster.instance import Snapshot
from headway.domains.vm_rescheduling.cluster.plan import Plan
from headway.domains.vm_rescheduling.workload.flavors import FLAVORS, SHAPES, Flavors
from headway.evaluation import Evaluation, Reference
from headway.problem import Problem
from headway.seeds import Split

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_HERE = "headway.domains.vm_rescheduling"
Share = Annotated[float, Field(ge=0, le=1)]


@component
class Rescheduling(Problem[Snapshot, Plan]):
    """Choose and order at most ``limit`` migrations of VMs, so that what is free can be used again.

    Attributes
    ----------
    objective : what is minimised after the last migration. ``fragments``: the weighted fragment rate; ``machines``:
        active machines that host a VM; ``moves``: migrations until the rate is at most ``goal`` (a plan that misses
        it costs limit + 1 + what it misses it by)
    fragments : kinds of fragments and their weights (scaled to sum to 1): ``cpu16`` is FR-16, ``memory64`` the same
        for 64 GB, ``cpu64x2`` for 64 cores over both nodes of a machine
    limit : the migration number limit of generated and loaded snapshots: a share of their VMs, or a count from 1 on
    machines, utilisation, placement, flavors, shapes, affinity, spread, pinned : of generated snapshots, see
        `workload.generator.snapshots`
    """

    name: ClassVar[str] = "vm_rescheduling/rescheduling"
    unit: ClassVar[str] = "fragment rate"
    instance_type: ClassVar[type[Snapshot]] = Snapshot
    solution_type: ClassVar[type[Plan]] = Plan
    environments: ClassVar[Mapping[str, str]] = {"migrate": f"{_HERE}.rescheduling.dynamics:Migrate"}
    baselines: ClassVar[Mapping[str, str]] = {
        "greedy": f"{_HERE}.classical.greedy:Greedy",
        "randomised_greedy": f"{_HERE}.classical.greedy:RandomisedGreedy",
        "best_fit": f"{_HERE}.classical.repacking:BestFit",
        "alpha_vbpp": f"{_HERE}.classical.repacking:AlphaVBPP",
    }
    networks: ClassVar[Mapping[str, str]] = {"tree_attention": f"{_HERE}.learned.tree_attention:TreeAttention"}

    objective: Literal["fragments", "machines", "moves"] = "fragments"
    fragments: dict[str, float] = dataclasses.field(default_factory=lambda: {"cpu16": 1.0})
    goal: Share = 0.2
    limit: Annotated[float, Field(gt=0)] = 0.025
    machines: Annotated[int, Field(ge=1)] = 50
    utilisation: Annotated[float, Field(gt=0, lt=1)] = 0.875
    placement: Literal["mixed", "best_fit", "random", "first_fit"] = "mixed"
    flavors: Literal["ecs", "ecs_memory", "azure"] = "ecs"
    shapes: dict[str, float] = dataclasses.field(default_factory=lambda: {"2x44": 1.0})
    affinity: Share = 0.0
    spread: Literal["machine", "rack"] = "machine"
    pinned: Share = 0.0

    @cached_property
    def terms(self) -> tuple[Fragment, ...]:
        """What ``fragments`` means."""
        return fragments(self.fragments, where="problem.fragments")

    @cached_property
    def kinds(self) -> int:
        """Sizes of VMs that generated snapshots hold."""
        return len(self._flavors.name)

    @cached_property
    def width(self) -> int:
        """VMs that generated snapshots are padded to, so that they all have one shape: more than are ever there."""
        usual = (
            self.machines
            * 2
            * max(SHAPES[shape][0] for shape in self.shapes)
            / float(self._flavors.cpu @ self._flavors.share)
        )
        return int(1.5 * usual) + 20

    @cached_property
    def _flavors(self) -> Flavors:
        return FLAVORS[self.flavors]

    # -- instances --------------------------------------------------------------------------------
    def generate(self, rng: np.random.Generator, n: int, split: Split) -> Snapshot:
        from headway.domains.vm_rescheduling.workload.generator import snapshots

        drawn = snapshots(
            rng,
            n,
            machines=self.machines,
            utilisation=self.utilisation,
            placement=self.placement,
            flavors=self.flavors,
            shapes=self.shapes,
            affinity=self.affinity,
            spread=self.spread,
            pinned=self.pinned,
            limit=self.limit,
        )
        return drawn.padded(self.width)

    # -- solutions --------------------------------------------------------------------------------
    def evaluate(self, instance: Snapshot, solution: Plan) -> Evaluation:
        from headway.domains.vm_rescheduling.rescheduling.evaluate import evaluate

        return evaluate(self, instance, solution)

    def read_solution(self, instance: Snapshot, path: Path) -> Plan:
        """A plan from a CSV or JSON file (step, VM, from, to), or the .npz that `Batch.save` writes."""
        from headway.domains.vm_rescheduling.files.plan_files import read_plan

        return read_plan(instance, path)

    def write_solution(self, instance: Snapshot, solution: Plan, path: Path) -> Path:
        """The plan as a CSV or JSON file that an operator can run line by line, or an .npz where the path says so."""
        from headway.domains.vm_rescheduling.files.plan_files import write_plan

        return write_plan(instance, solution, path)

    def render(self, instance: Snapshot, solution: Plan) -> Figure:
        """Fragments per NUMA node before and after, and the rate after each migration."""
        from headway.domains.vm_rescheduling.rescheduling.render import draw

        return draw(self, instance, solution, self.evaluate(instance, solution))

    def references(self, instance: Snapshot) -> Mapping[str, Reference]:
        return {}
