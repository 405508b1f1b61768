"""Post-decision proximal policy optimisation: PPO with a critic on each side of the decision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from headway.components import component
from headway.environment import Environment
from headway.pipelines.agents.base import action_kind
from headway.pipelines.agents.ppo import PPO

if TYPE_CHECKING:
    from headway.nn.network import Recipe
    from headway.pipelines.agents.pdppo_trainer import PDPPOTrainer

Critics = Literal["both", "state", "post"]


@component
class PDPPO(PPO):
    """PPO for problems in which a decision leads to a known state, out of which chance then leads on.

    One critic values the state s before the decision, the other the post-decision state x; each has its own
    generalised advantage, R - V(s) and R - V(x), and the actor follows the larger of the two (Kanashiro
    Felizardo et al. 2025, "Post-decision proximal policy optimization with dual critic networks", arXiv 2504.05150,
    section IV). The method is theirs; the rest, and all other knobs, are PPO's: batches of many environments,
    minibatches, generalised advantages where they take whole returns.

    ``critics``: ``both``; ``state`` is PPO by the same code, ``post`` has the post-decision critic alone.
    """

    critics: Critics = "both"

    needs: ClassVar[frozenset[str]] = frozenset({"post_decision"})

    def trainer(
        self, environment: Environment[Any, Any, Any, Any], network: Recipe, *, seed: int, steps: int
    ) -> PDPPOTrainer:
        from headway.pipelines.agents.pdppo_trainer import PDPPOTrainer

        kind = action_kind(environment)
        self.check(environment, kind, network)
        return PDPPOTrainer(self, environment, self.seen(network), self.decoding(kind), seed=seed, steps=steps)
