"""Knobs that change over a run: their values by hand, the same for our learners and SB3's, and exact on resuming."""

from __future__ import annotations

import pytest
import tiny
from small_agents import SMALL, same

from headway.components import build
from headway.errors import ConfigError
from headway.nn.mlp import MLP
from headway.pipelines.agents.schedule import Schedule, share
from headway.registry import agent_class
from headway.storage.checkpoint import load_state, save_state


@pytest.mark.parametrize(
    ("schedule", "values"),
    [
        (Schedule(), [1.0, 0.75, 0.5, 0.0]),
        (Schedule(to=0.2), [1.0, 0.8, 0.6, 0.2]),
        (Schedule(shape="constant"), [1.0, 1.0, 1.0, 1.0]),
        (Schedule(shape="cosine", to=0.1), [1.0, 0.1 + 0.9 * 0.8535534, 0.55, 0.1]),
        (Schedule(shape="constant", warmup=0.5), [0.1, 0.55, 1.0, 1.0]),
        ("linear", [1.0, 0.75, 0.5, 0.0]),
        ("cosine", [1.0, 0.02 + 0.98 * 0.8535534, 0.51, 0.02]),
    ],
)
def test_shares(schedule, values):
    """At the start, after a quarter, at half time and at the end."""
    assert [share(schedule, left) for left in (1.0, 0.75, 0.5, 0.0)] == pytest.approx(values)


def test_beyond_the_end():
    """The last update's steps may go beyond the run's: nothing becomes negative."""
    assert share("linear", -0.1) == 0.0


def agent_of(name, **options):
    """A small agent with schedules in a configuration's form."""
    return build(agent_class(name), {**SMALL[name].options, **options}, where="agent")


@pytest.mark.parametrize("name", ["ppo", "sb3_ppo", "pdppo"])
def test_clip_range_and_learning_rate_follow(name):
    """Both fall over the run as told."""
    small = SMALL[name]
    agent = agent_of(name, lr=1e-2, lr_schedule={"shape": "linear", "to": 0.5}, clip=0.3, clip_schedule="linear")
    trainer = agent.trainer(tiny.Track().environment(small.env), MLP(hidden=(4,)), seed=0, steps=480)
    found = [trainer.advance() for _ in range(10)]
    left = [1 - i / 10 for i in range(10)] if name != "sb3_ppo" else [1 - (i + 1) / 11 for i in range(10)]
    assert [row["train/clip_range"] for row in found] == pytest.approx([0.3 * x for x in left])
    assert [row["train/learning_rate"] for row in found] == pytest.approx([1e-2 * (0.5 + 0.5 * x) for x in left])


@pytest.mark.parametrize("name", ["ppo", "sb3_ppo"])
def test_entropy_weight_counts(name):
    """A large weight on entropy keeps the policy wide; one that falls at once to nothing does not."""

    def width(**options):
        trainer = agent_of(name, lr=3e-2, lr_schedule="constant", entropy=1.0, **options).trainer(
            tiny.Track().environment("box"), MLP(hidden=(4,)), seed=0, steps=480
        )
        for _ in range(10):
            trainer.advance()
        part = trainer.parts.head if name == "ppo" else trainer.model.policy
        return float(part.log_std.detach())

    assert width() > width(entropy_schedule="linear") > -0.7


def test_resumes_on_its_way(tmp_path):
    """A run with warm-up and three schedules goes on bit for bit where it was stored."""
    options = {
        "lr_schedule": {"shape": "cosine", "warmup": 0.3},
        "clip_schedule": "linear",
        "entropy_schedule": "cosine",
    }
    environment = tiny.Track().environment("bins")
    whole, resumed = (
        agent_of("ppo", **options).trainer(environment, MLP(hidden=(4,)), seed=seed, steps=480) for seed in (0, 1)
    )
    whole.advance()
    save_state(whole.get_state(), tmp_path / "step")
    expected = [whole.advance() for _ in range(4)]
    resumed.set_state(load_state(tmp_path / "step"))
    assert [resumed.advance() for _ in range(4)] == expected
    same(resumed.get_state(), whole.get_state())


def test_unknown_shapes_are_refused():
    """A schedule's shape and shares are checked when an agent is built."""
    for wrong in ("cubic", {"shape": "linear", "to": 2.0}, {"shape": "linear", "end": 0.1}):
        with pytest.raises(ConfigError, match="agent"):
            build(agent_class("ppo"), {"lr_schedule": wrong}, where="agent")
