"""The self-test: it does what it says, on every domain that ships, and it finds what is broken."""

from __future__ import annotations

import pytest

from headway import registry
from headway.pipelines.doctoring import selftest, steps
from headway.pipelines.doctoring.steps import STEPS, Steps


@pytest.mark.slow
def test_a_domain_from_its_first_instance_to_a_served_answer(tmp_path, monkeypatch, socket_enabled):
    """All steps of one domain, for real."""
    found = list(selftest.examined("inventory", tmp_path))
    assert [finding.subject for finding in found] == [f"inventory/lost_sales {step}" for step in STEPS]
    assert {finding.state for finding in found} == {"good"}, found
    assert all(finding.cpu_seconds >= 0 for finding in found)


def test_what_is_broken_is_named_and_the_rest_goes_on(tmp_path, monkeypatch):
    """A training that cannot be resumed bit for bit is bad; steps that need a failed one are left out."""
    said = dict.fromkeys(STEPS, lambda self: "done")
    said["train"] = lambda self: (_ for _ in ()).throw(RuntimeError("no gradient"))
    for name, step in said.items():
        monkeypatch.setattr(Steps, name, step)
    found = {finding.subject.split()[1]: finding for finding in selftest.examined("inventory", tmp_path)}
    assert (found["train"].state, found["train"].found) == ("bad", "RuntimeError: no gradient")
    assert "headway check inventory/lost_sales" in found["train"].todo
    assert set(found) == {"generate", "episode", "train", "solve", "evaluate"}


@pytest.mark.parametrize("domain", ["inventory", "portfolio", "routing", "vm_rescheduling"])
def test_every_domain_has_a_self_test_that_fits(domain, tmp_path):
    """What ships names a problem, an agent and a contestant of that domain."""
    made = Steps(domain, tmp_path)
    assert made.problem.name.startswith(domain)
    assert made.config.contestant.name in made.problem.baselines
    assert made.config.agent.name in registry.agents()


def test_a_domain_from_outside_gets_one_by_itself(tmp_path):
    """Its first problem, an agent that works there, its first baseline that needs no policy."""
    config = Steps("tiny", tmp_path).config
    assert config.problem.name == "tiny/order"
    assert config.agent.name in registry.agents()
    assert config.contestant.name in registry.problem_class("tiny/order").baselines


def test_a_difference_is_an_error():
    with pytest.raises(Exception, match="the resumed policy differ"):
        steps._same({"a": 1}, {"a": 2}, "the resumed policy")


def test_a_process_that_dies_is_a_finding(monkeypatch):
    """Whatever it did not say, that it died is said."""
    monkeypatch.setattr(selftest, "domains", lambda: {"no_such_domain": None})
    (finding,) = selftest.selftest(1)
    assert (finding.subject, finding.state) == ("no_such_domain", "bad")
    assert "ended with code 1" in finding.found
