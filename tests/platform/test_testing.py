"""The conformance suite is tested by planting defects: each check must find the one that breaks its clause."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import headway_maintenance
import numpy as np
import pytest
from headway_maintenance import baselines, data, reference
from headway_maintenance.baselines import AgeThreshold, DynamicProgramming, Foresight
from headway_maintenance.dynamics import FIRST, Crew
from headway_maintenance.instance import FleetInstance, Plan
from headway_maintenance.problem import Fleet

from headway import Criterion, Evaluation
from headway.batch import Batch
from headway.envs.sb3 import SB3VecEnv
from headway.envs.single import HeadwayEnv
from headway.envs.vector import HeadwayVectorEnv
from headway.errors import ContractError
from headway.testing import check_problem, checks_for, parametrize_with_checks
from headway.testing.check import CHECKS

Patch = pytest.MonkeyPatch


class Defect(NamedTuple):
    """A defect, the check that must find it, and words of its message."""

    check: str
    cause: str
    plant: Callable[[Patch], None]


DEFECTS: dict[str, Defect] = {}


def defect(check: str, cause: str) -> Callable[[Callable[[Patch], None]], Callable[[Patch], None]]:
    def declare(plant: Callable[[Patch], None]) -> Callable[[Patch], None]:
        DEFECTS[plant.__name__] = Defect(check, cause, plant)
        return plant

    return declare


def wrap(patch: Patch, cls: type, method: str, change: Callable[..., Any]) -> None:
    """Replace a method by one that gets the original's result and its arguments."""
    original = getattr(cls, method)
    patch.setattr(cls, method, lambda self, *args, **kw: change(original(self, *args, **kw), self, *args))


def step(patch: Patch, change: Callable[..., dict[str, Any]]) -> None:
    """Change parts of what `Crew.step` returns."""
    wrap(patch, Crew, "step", lambda t, env, p, s, d: t._replace(**change(t, env, p, s)))


def observe(patch: Patch, change: Callable[..., dict[str, Any]]) -> None:
    """Change fields of what `Crew.observe` returns."""
    wrap(patch, Crew, "observe", lambda seen, env, p, s: seen | change(seen, p, s))


def add(patch: Patch, capability: str, method: Callable[..., Any] | None = None) -> None:
    patch.setattr(Crew, "capabilities", Crew.capabilities | {capability})
    if method:
        patch.setattr(Crew, capability, method, raising=False)


def unlike(patch: Patch, method: str, change: Callable[[FleetInstance], FleetInstance]) -> None:
    wrap(patch, Fleet, method, lambda instance, *_: change(instance))


# -- instances --------------------------------------------------------------------------------------
@defect("check_instances_have_their_type", "another number of instances")
def one_instance_too_many(patch):
    unlike(patch, "generate", lambda x: x[[0, *range(len(x))]])


@defect("check_instances_are_reproducible", "the same seed gives other instances")
def generator_counts_its_calls(patch):
    calls: list[int] = []
    unlike(patch, "generate", lambda x: replace(x, age=x.age + (calls.append(1) or len(calls))))


@defect("check_splits_differ", "two splits hold the same instances")
def generator_ignores_its_stream(patch):
    wrap(patch, Fleet, "generate", lambda x, p, rng, n, split: fixed(p, n))


@defect("check_seeds_differ", "different seeds give the same instances")
def generator_looks_at_the_split_only(patch):
    wrap(patch, Fleet, "generate", lambda x, p, rng, n, split: fixed(p, n, len(split)))


@defect("check_generate_uses_its_generator", "a global random stream was used")
def generator_draws_from_the_global_stream(patch):
    unlike(patch, "generate", lambda x: replace(x, age=x.age + int(np.random.random() * 3)))  # noqa: NPY002


@defect("check_instances_slice_and_join", "equal batches have different digests")
def digest_of_the_memory_layout(patch):
    patch.setattr(Batch, "digest", lambda self: str(id(self)))


@defect("check_instances_refuse_nonfinite", "a malformed instance is accepted")
def nan_is_accepted(patch):
    patch.setattr(FleetInstance, "validate", lambda self: None)


@defect("check_instances_refuse_misshaped", "a malformed instance is accepted")
def lengths_are_not_compared(patch):
    patch.setattr(FleetInstance, "__post_init__", lambda self: None)


def fixed(problem: Fleet, n: int, seed: int = 0) -> FleetInstance:
    from headway_maintenance.generator import fleets

    rng = np.random.default_rng(seed)
    return fleets(rng, n, machines=problem.machines, periods=problem.periods, cap=problem.cap)


# -- evaluation -------------------------------------------------------------------------------------
def score(patch: Patch, change: Callable[..., Evaluation]) -> None:
    wrap(patch, Fleet, "evaluate", lambda e, problem, instance, plan: change(e, instance, plan))


@defect("check_evaluation_has_its_shape", "a violation is negative")
def violations_have_a_sign(patch):
    score(patch, lambda e, x, plan: replace(e, violations={"kept": np.full(len(x), -1.0)}))


@defect("check_evaluation_is_pure", "read-only")
def scorer_repairs_the_plan(patch):
    score(patch, lambda e, x, plan: (plan.work.__setitem__((0, 0), 0), e)[1])


@defect("check_evaluation_is_by_row", "a row alone scores differently")
def scorer_averages_over_the_batch(patch):
    score(patch, lambda e, x, plan: replace(e, objective=np.full(len(x), e.objective.mean())))


@defect("check_evaluation_refuses_other_lengths", "a row missing is scored")
def scorer_takes_any_length(patch):
    original = Fleet.evaluate
    patch.setattr(Fleet, "evaluate", lambda self, x, plan: original(self, x[: len(plan)], plan))


@defect("check_evaluation_survives_other_sizes", "feasible and differently")
def scorer_fits_the_plan_to_the_horizon(patch):
    def fit(array, nothing, periods):
        spare = np.full((len(array), max(0, periods - array.shape[1])), nothing)
        return np.concatenate([array[:, :periods], spare], axis=1)

    def evaluate(self, x, plan):
        periods = x.uniform.shape[1]
        return original(self, x, Plan(fit(plan.machine, -1, periods), fit(plan.work, 0, periods)))

    original = Fleet.evaluate
    patch.setattr(Fleet, "evaluate", evaluate)


@defect("check_evaluation_survives_foreign_solutions", "raised KeyError")
def scorer_crashes_on_an_unknown_machine(patch):
    def change(e, x, plan):
        if any(e.violations["unknown machine"]):
            raise KeyError("machine")
        return e

    score(patch, change)


@defect("check_solutions_have_their_type", "a solution has another type")
def environment_gives_another_solution(patch):
    other = type("Other", (Plan,), {})
    wrap(patch, Crew, "solution", lambda plan, *_: other(**plan.arrays()))


@defect("check_solutions_are_stored", "scores differently after storage")
def writer_drops_the_last_line(patch):
    wrap(patch, Fleet, "write_solution", lambda path, *_: (path.write_text(cut(path)), path)[1])


def cut(path: Path) -> str:
    return "\n".join(path.read_text().splitlines()[:-3])


# -- the environment --------------------------------------------------------------------------------
@defect("check_return_is_the_objective", "the return differs")
def reward_has_the_wrong_sign(patch):
    step(patch, lambda t, *_: {"reward": -t.reward})


@defect("check_return_is_the_objective", "the return differs")
def reward_is_scaled(patch):
    step(patch, lambda t, *_: {"reward": 1.1 * t.reward})


@defect("check_return_is_the_objective", "the return differs")
def warm_up_is_counted(patch):
    patch.setattr(Crew, "step", reaching(Crew.step, Criterion("average", warmup=9)))


@defect("check_return_is_the_objective", "the return differs")
def horizon_is_a_period_short(patch):
    step(patch, lambda t, env, p, s: {"truncated": t.state.period >= p.periods - 1})


def reaching(original: Callable[..., Any], criterion: Criterion) -> Callable[..., Any]:
    def step(self, params, state, decision):
        copy = object.__new__(type(self.problem))
        copy.__dict__.update(self.problem.__dict__, criterion=criterion)
        other = object.__new__(Crew)
        other.__dict__.update(self.__dict__, problem=copy)
        return original(other, params, state, decision)

    return step


@defect("check_offset_is_a_function_of_the_instance", "depends on its batch")
def offset_counts_rows(patch):
    patch.setattr(Crew, "offset", lambda self, x: np.full(len(x), float(len(x))))


@defect("check_step_is_deterministic", "a second run differs")
def step_draws_at_random(patch):
    step(patch, lambda t, *_: {"reward": t.reward + np.random.random()})  # noqa: NPY002


@defect("check_environment_has_no_memory", "use leaves traces")
def environment_counts_its_steps(patch):
    def change(t, env, p, s):
        env.__dict__["count"] = env.__dict__.get("count", 0) + 1
        return {"reward": t.reward + (env.__dict__["count"] > 40)}

    step(patch, change)


@defect("check_arguments_are_not_written", "read-only")
def step_writes_into_the_state(patch):
    step(patch, lambda t, env, p, s: s.age.__setitem__(0, 0) or {})


@defect("check_arguments_are_not_written", "read-only")
def preparing_writes_into_the_instance(patch):
    wrap(patch, Crew, "prepare", lambda params, env, x: x.age.__setitem__(0, 0) or params)


@defect("check_step_leaves_the_state_alone", "a step changed")
def step_ages_the_old_state(patch):
    step(patch, lambda t, env, p, s: s.age.__iadd__(1) is None or {})


@defect("check_observation_is_recomputed", "differs after a replay")
def observation_is_kept_incrementally(patch):
    def change(seen, env, p, s):
        env.__dict__["seen"] = env.__dict__.get("seen", 0.0) + 0.001
        return seen | {"age": seen["age"] * np.float32(1 - env.__dict__["seen"])}

    wrap(patch, Crew, "observe", change)


@defect("check_state_is_resumed", "a resumed state")
def part_of_the_state_is_outside_the_state(patch):
    def change(t, env, p, s):
        clock = env.__dict__["clock"] = 0 if not s.period.any() else env.__dict__.get("clock", 0) + 1
        return {"reward": t.reward - 0.01 * (clock > 3)}

    step(patch, change)


@defect("check_transitions_have_their_types", "a reward is not finite")
def reward_is_nan_late(patch):
    step(patch, lambda t, env, p, s: {"reward": np.where(s.period == 12, np.nan, t.reward)})


@defect("check_transitions_have_their_types", "another type")
def reward_is_single_precision(patch):
    step(patch, lambda t, *_: {"reward": t.reward.astype(np.float32)})


@defect("check_observations_are_in_their_space", "outside its space")
def ages_are_not_scaled(patch):
    observe(patch, lambda seen, p, s: {"age": seen["age"] * 5})


@defect("check_observations_are_in_their_space", "another dtype")
def observation_is_double_precision(patch):
    observe(patch, lambda seen, p, s: {"age": seen["age"].astype(np.float64)})


@defect("check_observations_are_in_their_space", "a field of no space")
def observation_has_a_field_too_many(patch):
    observe(patch, lambda seen, p, s: {"extra": seen["phase"]})


@defect("check_observations_are_finite", "not finite")
def observation_is_nan_late(patch):
    observe(patch, lambda seen, p, s: {"age": np.where(s.period[:, None] == 12, np.float32(np.nan), seen["age"])})


@defect("check_episodes_end_once", "both terminates and is truncated")
def end_is_both(patch):
    step(patch, lambda t, *_: {"terminated": t.truncated})


@defect("check_episodes_end_once", "does not end")
def episode_never_ends(patch):
    patch.setattr("headway.testing.play.LIMIT", 300)

    def change(t, env, p, s):
        period = np.minimum(t.state.period, p.periods - 1)
        return {"truncated": t.truncated & False, "state": t.state._replace(period=period)}

    step(patch, change)


@defect("check_horizon_is_truncated", "reported as terminated")
def horizon_is_terminated(patch):
    step(patch, lambda t, *_: {"terminated": t.truncated, "truncated": t.terminated})


@defect("check_period_advances", "the period falls")
def period_runs_backwards(patch):
    wrap(patch, Crew, "period", lambda period, env, p, s: p.periods - period)


@defect("check_period_advances", "never advances")
def period_stands_still(patch):
    wrap(patch, Crew, "period", lambda period, *_: 0 * period)


@defect("check_project_is_idempotent", "projected elsewhere")
def projection_moves_on(patch):
    shift = lambda d: np.where((d >= FIRST) & (d % 2 == 1), d + 1, np.where(d >= FIRST, d - 1, d))  # noqa: E731
    wrap(patch, Crew, "project", lambda d, *_: shift(d))


@defect("check_decode_is_pure", "decoded differently")
def decoding_counts(patch):
    calls: list[int] = []
    wrap(patch, Crew, "decode", lambda d, *_: d if calls.append(1) or len(calls) < 30 else 0 * d)


# -- batching ---------------------------------------------------------------------------------------
@defect("check_a_batch_of_one_is_a_row", "a row alone differs")
def observation_is_scaled_by_the_batch(patch):
    observe(patch, lambda seen, p, s: {"age": seen["age"] / max(1.0, 5.0 * seen["age"].max())})


@defect("check_rows_are_independent", "a row depends on its place")
def observation_knows_its_row(patch):
    observe(patch, lambda seen, p, s: {"age": seen["age"] / (1 + np.arange(len(s.age), dtype=np.float32)[:, None])})


@defect("check_padding_is_inert", "padding is not inert")
def observation_counts_padding(patch):
    observe(patch, lambda seen, p, s: {"age": seen["age"] / np.float32(s.age.shape[1])})


@defect("check_padding_is_inert", "padding is allowed as an action")
def padded_machines_are_there(patch):
    wrap(patch, Crew, "prepare", lambda p, env, x: p._replace(present=p.present | True))


# -- masks ------------------------------------------------------------------------------------------
def mask(patch: Patch, change: Callable[..., Any]) -> None:
    wrap(patch, Crew, "mask", lambda allowed, env, p, s: change(allowed, p, s))


@defect("check_mask_is_declared", "disagree")
def mask_is_not_declared(patch):
    patch.setattr(Crew, "masked", False)


@defect("check_mask_is_never_empty", "a mask is empty")
def mask_is_empty_late(patch):
    mask(patch, lambda allowed, p, s: allowed & (s.period < 12)[:, None])


@defect("check_mask_allows_no_violation", "legal play is infeasible")
def mask_allows_absent_machines(patch):
    mask(patch, lambda allowed, p, s: allowed | ((s.chosen < 0)[:, None] & (np.arange(allowed.shape[1]) >= FIRST)))


@defect("check_mask_is_its_rule", "differs from its rule")
def mask_hides_a_machine(patch):
    mask(patch, lambda allowed, p, s: allowed & (np.arange(allowed.shape[1]) != FIRST))


# -- capabilities -----------------------------------------------------------------------------------
@defect("check_capabilities_are_declared", "declaration and method disagree")
def capability_is_not_declared(patch):
    patch.setattr(Crew, "capabilities", Crew.capabilities - {"post_decision"})


@defect("check_capabilities_are_declared", "an unknown capability")
def capability_is_misspelt(patch):
    add(patch, "postdecision")


@defect("check_phases_are_observed", "`phase` never changes")
def phase_is_hidden(patch):
    observe(patch, lambda seen, p, s: {"phase": 0 * seen["phase"]})


@defect("check_starts_are_allowed", "a start is not allowed")
def start_is_forbidden(patch):
    add(patch, "starts", lambda self, p: np.tile([0, 1], (len(p.age), 1)))


@defect("check_symmetries_keep_the_objective", "costs differently")
def symmetry_changes_the_costs(patch):
    add(patch, "symmetries", lambda self, x: [replace(x, uniform=x.uniform[:, ::-1])])


@defect("check_post_decision_precedes_chance", "depends on chance")
def post_decision_comes_after_chance(patch):
    patch.setattr(Crew, "post_decision", lambda self, p, s, d: self.observe(p, self.step(p, s, d).state))


@defect("check_replay_leads_to_the_solution", "leads elsewhere")
def replay_does_nothing(patch):
    add(patch, "replay", lambda self, x, plan: np.zeros_like(plan.machine))


@defect("check_replay_leads_to_the_solution", "the episode goes on")
def replay_stops_early(patch):
    add(patch, "replay", lambda self, x, plan: np.zeros_like(plan.machine)[:, :-1])


@defect("check_replay_leads_to_the_solution", "what the mask forbids")
def replay_repairs_no_machine(patch):
    add(patch, "replay", lambda self, x, plan: np.ones_like(plan.machine))


@defect("check_relax_keeps_feasible_decisions", "relaxed elsewhere")
def relax_moves_feasible_decisions(patch):
    add(patch, "relax", lambda self, seen, decision: decision + 0.5)


@defect("check_gradients_are_right", "does not depend on the decision")
def gradient_is_promised_only(patch):
    add(patch, "differentiable")


# -- faces ------------------------------------------------------------------------------------------
@defect("check_gymnasium_accepts_it", "AssertionError")
def reset_gives_no_info(patch):
    wrap(patch, HeadwayEnv, "reset", lambda result, *_: (result[0], None))


@defect("check_sb3_accepts_it", "AssertionError")
def action_space_is_missing(patch):
    wrap(patch, HeadwayEnv, "step", lambda result, *_: (*result[:3], int(result[3]), result[4]))


@defect("check_single_env_is_a_row", "another transition")
def single_env_halves_its_reward(patch):
    wrap(patch, HeadwayEnv, "step", lambda result, *_: (result[0], 0.5 * result[1] - 1, *result[2:]))


@defect("check_reset_seeds_episodes", "every episode begins the same")
def single_env_repeats_its_instance(patch):
    def draw(self):
        self._episode = -1
        return original(self)

    original = HeadwayEnv._draw
    patch.setattr(HeadwayEnv, "_draw", draw)


@defect("check_vector_env_has_its_types", "is not [B]")
def vector_env_rewards_in_a_column(patch):
    wrap(patch, HeadwayVectorEnv, "step", lambda r, *_: (r[0], r[1][:, None], *r[2:]))


@defect("check_vector_env_restarts", "`final_obs`")
def vector_env_hides_the_last_observation(patch):
    wrap(patch, HeadwayVectorEnv, "step", lambda r, *_: (*r[:4], {k: v for k, v in r[4].items() if k != "final_obs"}))


@defect("check_vector_env_restarts", "restarts with an instance it had before")
def vector_env_repeats_its_instances(patch):
    from headway.sampler import Sampler

    original = Sampler.draw
    patch.setattr(Sampler, "draw", lambda self, n: (setattr(self, "next", 0), original(self, n))[1])


@defect("check_vector_env_hands_out_its_own", "has changed")
def vector_env_reuses_its_buffer(patch):
    def change(result, env, actions):
        buffer = env.__dict__.setdefault("buffer", result[0]["age"].copy())
        buffer[...] = result[0]["age"]
        return ({**result[0], "age": buffer}, *result[1:])

    wrap(patch, HeadwayVectorEnv, "step", change)


@defect("check_vector_env_resumes", "a resumed environment")
def vector_env_forgets_its_sampler(patch):
    wrap(patch, HeadwayVectorEnv, "get_state", lambda saved, env: saved | {"seed": 0, "numbers": saved["numbers"] + 1})


@defect("check_sb3_adapter_agrees", "truncation is not marked")
def adapter_calls_every_end_terminal(patch):
    def change(result, env):
        for info in filter(None, result[3]):
            info["TimeLimit.truncated"] = False
        return result

    wrap(patch, SB3VecEnv, "step_wait", change)


# -- contestants ------------------------------------------------------------------------------------
@defect("check_contestants_have_their_types", "an unknown environment")
def baseline_acts_elsewhere(patch):
    patch.setattr(Foresight, "environment", "nowhere", raising=False)


@defect("check_oracles_are_apart", "both baseline and oracle")
def oracle_is_ranked(patch):
    patch.setattr(Fleet, "baselines", {**Fleet.baselines, **Fleet.oracles})


@defect("check_baselines_are_feasible", "an answer is infeasible")
def oracle_works_where_nothing_is(patch):
    wrap(patch, Foresight, "solve", lambda plan, *_: Plan(plan.machine + 7, plan.work))


@defect("check_contestants_leave_instances_alone", "changed its instance")
def solver_sorts_the_instance_in_place(patch):
    wrap(patch, Foresight, "solve", lambda plan, self, problem, x, search: (x.age.__setitem__(..., 5 - x.age), plan)[1])


@defect("check_references_have_their_types", "has no source")
def reference_hides_its_source(patch):
    references(patch, lambda r: replace(r, source=" "))


@defect("check_bounds_hold", "a bound is beaten")
def bound_is_too_high(patch):
    references(patch, lambda r: replace(r, value=r.value * 1.05 + 0.1))


@defect("check_exact_solvers_are_optimal", "an optimum is beaten")
def exact_solver_does_nothing(patch):
    wrap(patch, Foresight, "solve", lambda plan, *_: Plan(plan.machine * 0 - 1, plan.work * 0))


def references(patch: Patch, change: Callable[[Any], Any]) -> None:
    wrap(patch, Fleet, "references", lambda table, *_: {name: change(r) for name, r in table.items()})


def act(patch: Patch, change: Callable[..., Any]) -> None:
    wrap(patch, AgeThreshold, "act", lambda done, policy, seen, *_: (change(done[0], seen), done[1]))


@defect("check_policies_are_repeatable", "the second time")
def policy_draws_unseeded(patch):
    act(patch, lambda a, seen: np.where((a == 2) & (np.random.random(len(a)) < 0.5), 1, a))  # noqa: NPY002


@defect("check_policies_are_by_row", "rows depend on each other")
def policy_looks_at_the_first_row(patch):
    act(patch, lambda a, seen: a * 0 + np.arange(len(a)))


@defect("check_policies_respect_masks", "its mask forbids")
def policy_takes_a_forbidden_action(patch):
    act(patch, lambda a, seen: a * 0 + 1)


@defect("check_fit_leaves_itself_alone", "changes the contestant")
def fit_changes_itself(patch):
    patch.setattr(AgeThreshold, "fit", lambda self, problem, view: (self.__dict__.update(limit=0.1), self)[1])


# -- causality --------------------------------------------------------------------------------------
def future(seen, p, s):
    return {"age": np.where(p.uniform[:, -1, :, 0] < 0.5, np.float32(0), seen["age"])}


@defect("check_perturb_keeps_the_view", "changes what is known")
def view_holds_a_period_too_many(patch):
    original = Fleet.view
    patch.setattr(Fleet, "view", lambda self, x, period: original(self, x, period + 1))


@defect("check_views_are_prefixes", "tells nothing more")
def view_hides_nothing(patch):
    patch.setattr(Fleet, "view", lambda self, x, period: x)


@defect("check_clocks_are_prefixes", "a clock falls")
def clock_falls(patch):
    patch.setattr(Fleet, "clock", lambda self, view: -np.arange(view.uniform.shape[1]))


@defect("check_clocks_are_prefixes", "tells of another time")
def clock_counts_from_the_end(patch):
    patch.setattr(Fleet, "clock", lambda self, view: np.arange(view.uniform.shape[1]) - view.uniform.shape[1])


@defect("check_observations_are_causal", "an observation sees the future")
def observation_sees_the_last_period(patch):
    observe(patch, future)


@defect("check_observations_are_causal", "a reward knows the future")
def reward_knows_the_last_period(patch):
    step(patch, lambda t, env, p, s: {"reward": t.reward + p.uniform[:, -1, 0, 0]})


@defect("check_decisions_are_causal", "a decision depends on the future")
def decoding_sees_the_future(patch):
    wrap(patch, Crew, "prepare", lambda p, env, x: (env.__dict__.update(peek=x.uniform[:, -1, 0, 0]), p)[1])
    wrap(patch, Crew, "decode", lambda d, env, *_: np.where(env.__dict__["peek"][: len(d)] < 0.5, d, d * 0))


@defect("check_policies_are_causal", "depends on the future")
def policy_is_shown_the_future(patch):
    observe(patch, future)


@defect("check_planners_are_causal", "depends on the future")
def planner_is_shown_the_future(patch):
    patch.setattr(Fleet, "view", lambda self, x, period: x)
    later = lambda view: view.uniform[0, -1, 0, 0] < 0.5  # noqa: E731
    wrap(
        patch,
        DynamicProgramming,
        "plan",
        lambda d, self, problem, view, s: d if later(view) else d * 0 + (s.chosen[0] >= 0),
    )


@defect("check_fit_is_causal", "test instances")
def fit_looks_at_test_instances(patch):
    def fit(self, problem, view):
        problem.instances("test", 1)
        return self

    patch.setattr(AgeThreshold, "fit", fit)


# -- persistence ------------------------------------------------------------------------------------
@defect("check_instances_are_stored", "differs")
def storage_loses_precision(patch):
    def save(self, path):
        return original(FleetInstance.made(self.arrays() | {"uniform": self.uniform.astype(np.float32)}), path)

    original = FleetInstance.save
    patch.setattr(FleetInstance, "save", save)


@defect("check_digests_follow_content", "keeps the digest")
def digest_of_the_shapes(patch):
    patch.setattr(Batch, "digest", lambda self: str({k: a.shape for k, a in self.arrays().items()}))


@defect("check_damaged_files_are_refused", "a damaged file is read")
def damaged_files_become_instances(patch):
    def load(self, path):
        try:
            return original(self, path)
        except Exception:
            return self.instances("validation", 1)

    original = Fleet.load
    patch.setattr(Fleet, "load", load)


@defect("check_damaged_solutions_are_refused", "raised UnicodeDecodeError")
def reader_lets_a_raw_error_out(patch):
    patch.setattr(
        Fleet, "read_solution", lambda self, x, path: (path.read_text(encoding="utf-8"), original(x, path))[1]
    )
    original = data.read_plan


@defect("check_problem_is_its_options", "a rebuilt problem differs")
def problem_knows_more_than_its_options(patch):
    first: list[int] = []

    def change(x, problem, *_):
        first.append(id(problem))
        return replace(x, age=x.age + (id(problem) != first[0]))

    wrap(patch, Fleet, "generate", change)


# -- parity, pictures, documentation ----------------------------------------------------------------
@defect("check_faces_agree", "rewards differ")
def torch_face_rounds(patch):
    step(patch, lambda t, env, *_: {"reward": t.reward * (1 + 1e-9 * (env.backend == "torch"))})


@defect("check_torch_face_is_torch", "an array is no tensor")
def torch_face_holds_numpy(patch):
    observe(patch, lambda seen, p, s: {"phase": np.asarray(seen["phase"])})


@defect("check_render_gives_a_figure", "returns no Figure")
def picture_is_missing(patch):
    wrap(patch, Fleet, "render", lambda *_: None)


@defect("check_render_leaves_nothing_open", "a figure stays open")
def picture_stays_open(patch):
    import matplotlib.pyplot as plt

    wrap(patch, Fleet, "render", lambda *_: plt.figure())


@defect("check_problem_has_a_name", "malformed")
def name_is_malformed(patch):
    patch.setattr(Fleet, "name", "Maintenance Fleet")


@defect("check_names_resolve", "does not resolve")
def table_names_nothing(patch):
    patch.setattr(Fleet, "networks", {"gnn": "headway_maintenance.networks:GNN"})


@defect("check_components_are_documented", "no docstring")
def baseline_is_undocumented(patch):
    patch.setattr(AgeThreshold, "__doc__", "AgeThreshold(*, limit: float = 0.6)")


@defect("check_options_have_defaults", "not declared with @component")
def baseline_is_no_component(patch):
    patch.setattr(baselines, "AgeThreshold", type("AgeThreshold", (), {}))


@defect("check_criterion_is_sound", "a discount that is not used")
def criterion_is_contradictory(patch):
    patch.setattr(Fleet, "criterion", Criterion("average", gamma=0.9, warmup=10))


# -- the checks run -----------------------------------------------------------------------------------
SOURCES = {"check_scorer_is_independent", "check_domain_has_a_readme", "check_import_is_light"}


def run(name: str, problem: Fleet | None = None) -> None:
    """Run one check on a small toy problem."""
    checks = {bound.check.name: bound for bound in checks_for(problem or Fleet(machines=2, periods=14))}
    checks[name].run()


@pytest.mark.parametrize("name", DEFECTS)
def test_each_defect_is_found_by_the_check_that_names_its_cause(name, monkeypatch):
    """A planted defect fails the check that is about it, with a message that names the cause."""
    planted = DEFECTS[name]
    reference.stationary.cache_clear()
    planted.plant(monkeypatch)
    with pytest.raises(ContractError) as caught:
        run(planted.check)
    assert str(caught.value).startswith(f"{planted.check}: ")
    assert planted.cause in str(caught.value)
    assert "the contract says: " in str(caught.value)


def test_the_sound_problem_passes_every_check(fleet):
    """Without a defect nothing is found, and there are at least 40 checks."""
    passed = check_problem(fleet)
    assert len(passed) >= 40
    assert all(outcome.passed for outcome in passed)


def test_an_exact_solver_that_ran_out_of_time_has_proven_nothing(monkeypatch):
    """It may be beaten: the same solver that fails where it stops early passes where it spends its budget."""

    def idle(plan, solver, problem, instance, search):
        while search.left > 0:
            pass
        return Plan(plan.machine * 0 - 1, plan.work * 0)

    wrap(monkeypatch, Foresight, "solve", idle)
    run("check_exact_solvers_are_optimal")


def test_every_check_finds_a_defect():
    """No check is there that has not been seen to fail."""
    checks_for(Fleet())
    assert {planted.check for planted in DEFECTS.values()} | SOURCES == set(CHECKS)


@pytest.mark.parametrize(
    ("check", "cause", "file", "line"),
    [
        (
            "check_scorer_is_independent",
            "imports the module of the dynamics",
            "evaluate.py",
            "from .dynamics import FIRST",
        ),
        ("check_import_is_light", "heavy libraries", "instance.py", "import scipy"),
        ("check_domain_has_a_readme", "no README.md", None, ""),
    ],
)
def test_defects_in_sources_are_found(check, cause, file, line, tmp_path, monkeypatch):
    """Checks that read the sources find what is wrong in them (a copy of the package under another name)."""
    name = f"copy_{check}"
    package = tmp_path / name
    shutil.copytree(Path(headway_maintenance.__file__).parent, package)
    for source in package.glob("*.py"):
        source.write_text(source.read_text().replace("headway_maintenance", name))
    if file is None:
        (package / "README.md").unlink()
    else:
        (package / file).write_text((package / file).read_text() + f"\n{line}\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    problem = __import__(f"{name}.problem", fromlist=["Fleet"]).Fleet(machines=2, periods=14)
    try:
        with pytest.raises(ContractError, match=cause):
            run(check, problem)
    finally:
        for module in [module for module in sys.modules if module.startswith(name)]:
            del sys.modules[module]


def test_an_expected_failure_is_no_failure(fleet, monkeypatch):
    """A debt with a reason lets the rest pass; once paid, it must be struck off."""
    with pytest.raises(ContractError, match="passes, although: not yet"):
        check_problem(fleet, expected_failures={"check_names_resolve": "not yet"})
    table_names_nothing(monkeypatch)
    debts = {"check_names_resolve": "not yet", "check_components_are_documented": "cannot be read",
             "check_options_have_defaults": "cannot be built"}  # fmt: skip
    outcomes = {outcome.id: outcome for outcome in check_problem(fleet, expected_failures=debts)}
    assert outcomes["check_names_resolve"].error is not None
    assert outcomes["check_names_resolve"].reason == "not yet"


def test_an_expected_failure_must_name_a_check(fleet):
    """A misspelt debt is refused."""
    with pytest.raises(ContractError, match="names no check"):
        check_problem(fleet, expected_failures={"check_nothing": "?"})


def test_pytest_cases_bear_problem_and_check(fleet):
    """The decorator makes one case per check, strict xfails where a failure is expected."""
    mark = parametrize_with_checks([fleet], expected_failures={fleet.name: {"check_names_resolve": "not yet"}})
    cases = {case.id: case for case in mark.args[1]}
    assert "maintenance/fleet-check_return_is_the_objective" in cases
    assert [m.kwargs for m in cases["maintenance/fleet-check_names_resolve"].marks] == [
        {"reason": "not yet", "strict": True}
    ]
