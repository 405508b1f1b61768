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
from headway.domains.vm_rescheduling.workload.source import Share, Source
from headway.errors import ConfigError
from headway.evaluation import Evaluation, Reference
from headway.problem import Problem
from headway.seeds import Split

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_HERE = "headway.domains.vm_rescheduling"


@component
class Rescheduling(Source, Problem[Snapshot, Plan]):
    """Choose and order at most ``limit`` migrations of VMs, so that what is free can be used again.

    Its other knobs are those of `Source`: where generated clusters come from.

    Attributes
    ----------
    objective : what is minimised after the last migration. ``fragments``: the weighted fragment rate; ``machines``:
        active machines that host a VM; ``moves``: migrations until the rate is at most ``goal`` (a plan that misses
        it costs limit + 1 + what it misses it by)
    fragments : kinds of fragments and their weights (scaled to sum to 1): ``cpu16`` is FR-16, ``memory64`` the same
        for 64 GB, ``cpu64x2`` for 64 cores over both nodes of a machine
    goal : of ``moves``, a fragment rate
    proof : CPU-seconds spent on each snapshot to prove the optimum that others are measured against; 0 for none
    """

    name: ClassVar[str] = "vm_rescheduling/rescheduling"
    unit: ClassVar[str] = "fragment rate"
    instance_type: ClassVar[type[Snapshot]] = Snapshot
    solution_type: ClassVar[type[Plan]] = Plan
    environments: ClassVar[Mapping[str, str]] = {"migrate": f"{_HERE}.rescheduling.dynamics:Migrate"}
    baselines: ClassVar[Mapping[str, str]] = {
        "greedy": f"{_HERE}.classical.greedy:Greedy",
        "shaped_greedy": f"{_HERE}.classical.greedy:ShapedGreedy",
        "randomised_greedy": f"{_HERE}.classical.greedy:RandomisedGreedy",
        "best_fit": f"{_HERE}.classical.repacking:BestFit",
        "alpha_vbpp": f"{_HERE}.classical.repacking:AlphaVBPP",
        "beam": f"{_HERE}.classical.beam:Beam",
        "annealing": f"{_HERE}.classical.annealing:Annealing",
        "lns": f"{_HERE}.classical.lns:LNS",
        "pop": f"{_HERE}.classical.pop:POP",
        "exact": f"{_HERE}.exact.contestants:Exact",
        "exact_per_vm": f"{_HERE}.exact.per_vm:ExactPerVM",
        "sampling": f"{_HERE}.learned.sampling:Sampling",
        "hybrid": f"{_HERE}.learned.hybrid:Hybrid",
    }
    networks: ClassVar[Mapping[str, str]] = {
        "classes": f"{_HERE}.learned.class_network:Classes",
        "tree_attention": f"{_HERE}.learned.tree_attention:TreeAttention",
    }
    policies: ClassVar[Mapping[str, str]] = {"classes": "headway.domains.vm_rescheduling:policies/rescheduling/classes"}

    objective: Literal["fragments", "machines", "moves"] = "fragments"
    fragments: dict[str, float] = dataclasses.field(default_factory=lambda: {"cpu16": 1.0})
    goal: Share = 0.2
    proof: Annotated[float, Field(ge=0)] = 2.0

    @cached_property
    def terms(self) -> tuple[Fragment, ...]:
        """What ``fragments`` means."""
        return fragments(self.fragments, where="problem.fragments")

    # -- instances --------------------------------------------------------------------------------
    def generate(self, rng: np.random.Generator, n: int, split: Split) -> Snapshot:
        return self.draw(rng, n, split)

    def load(self, path: Path) -> Snapshot:
        """Snapshots from a CSV file, a folder of them, VMR2L's JSON or an .npz file (see `files.load.load`)."""
        from headway.domains.vm_rescheduling.files.load import load

        if path.suffix == ".npz":
            return super().load(path)
        if isinstance(self.limit, tuple):
            raise ConfigError("a file needs one limit", where="problem.limit", got=self.limit, expected="a number")
        return load(path, limit=self.limit, spread=self.spread)

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
        """``optimum`` where it is proven in time, and ``bound``; see `reference.references`."""
        from headway.domains.vm_rescheduling.rescheduling.reference import references

        return references(self, instance)
