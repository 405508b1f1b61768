"""Trained policies on disk: a network's name, its weights and its decoding; no training library needed.

A stored policy is a folder: ``policy.json`` (`Description`), ``weights.safetensors``, ``MANIFEST.json``.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from gymnasium import spaces
from numpy.typing import NDArray
from torch import Tensor

from headway.components import build, options
from headway.environment import Environment, Observation
from headway.errors import CapabilityError, CheckpointError, ConfigError
from headway.nn import NETWORKS
from headway.nn.decoding import Bounds, Decoding, greedy, sample, uniforms
from headway.nn.lstm import Recurrent
from headway.nn.network import Network, Recipe
from headway.nn.standard import Standardizing
from headway.policy import Policy
from headway.problem import lookup
from headway.registry import problem_class
from headway.seeds import stream
from headway.storage.folders import read_folder, write_folder
from headway.storage.spaces import from_json, to_json

POLICY, WEIGHTS = "policy.json", "weights.safetensors"
FORMAT = 1


@dataclass(frozen=True)
class Description:
    """What a policy is, and what it was trained for; JSON values throughout."""

    problem_name: str
    problem_options: Mapping[str, Any]
    environment_name: str
    environment_options: Mapping[str, Any]
    network_name: str
    network_options: Mapping[str, Any]
    observation_space: Mapping[str, Any]
    action_space: Mapping[str, Any]
    decoding: Decoding
    format: int = FORMAT
    standardized: bool = False  # behind statistics of observations (`headway.nn.standard`)

    @classmethod
    def of(cls, environment: Environment[Any, Any, Any, Any], recipe: Recipe, decoding: Decoding) -> Self:
        """The description of a policy for ``environment`` whose network ``recipe`` builds."""
        from pydantic_core import to_jsonable_python as plain

        standardized = isinstance(recipe, Standardizing)
        recipe = recipe.inner if isinstance(recipe, Standardizing) else recipe
        problem = environment.problem
        sample_ = environment.prepare(problem.instances("train", 1))
        observation_space, action_space = environment.spaces(sample_)
        return cls(
            problem_name=problem.name,
            problem_options=plain(options(problem)),
            environment_name=_name(environment, problem.environments),
            environment_options=plain(options(environment)),
            network_name=_name(recipe, {**NETWORKS, **problem.networks}),
            network_options=plain(options(recipe)),
            observation_space=to_json(observation_space),
            action_space=to_json(action_space),
            decoding=decoding,
            standardized=standardized,
        )

    def build(self) -> Network:
        """An untrained network of this description; torch's global generator is left as it was."""
        known = dict(NETWORKS)
        if self.network_name not in known:
            known |= problem_class(self.problem_name).networks
        cls = lookup("network", self.network_name, known)
        recipe: Recipe = build(cls, self.network_options, where="network")
        recipe = Standardizing(recipe) if self.standardized else recipe
        with torch.random.fork_rng(devices=[]):
            return recipe.build(self.observations, self.actions)

    @property
    def observations(self) -> spaces.Dict:
        """The observation space."""
        space = from_json(dict(self.observation_space))
        assert isinstance(space, spaces.Dict)  # noqa: S101 - what every environment has
        return space

    @property
    def actions(self) -> spaces.Space[Any]:
        """The action space."""
        return from_json(dict(self.action_space))


class StoredPolicy(Policy):
    """A network with its decoding. Its own randomness, where it samples, is a stream per row.

    Raises
    ------
    CapabilityError
        Asked to act on instances of another size, with a network that is tied to the size it was
        trained on.
    """

    def __init__(self, network: Network, description: Description) -> None:
        self.network, self.description = network.eval(), description
        self.problem_name, self.problem_options = description.problem_name, dict(description.problem_options)
        self.environment_options = dict(description.environment_options)
        self.environment = self.environment_name = description.environment_name  # type: ignore[misc]
        space = description.actions
        self._bounds = Bounds(space) if isinstance(space, spaces.Box) else None
        self._shapes = _shapes(description)

    def decoded(self, decoding: Decoding) -> StoredPolicy:
        """The same network with another decoding (``sample`` for many tries at one instance)."""
        if (self._bounds is None) != (decoding in ("greedy", "sample")):
            raise ConfigError(
                "this decoding does not fit the actions",
                where=f"{self.problem_name}, decoding",
                got=decoding,
                expected="mean or squashed" if self._bounds else "greedy or sample",
            )
        return StoredPolicy(self.network, dataclasses.replace(self.description, decoding=decoding))

    def start(self, n: int, seed: int = 0) -> Any:
        memory: dict[str, Any] = {}
        if isinstance(self.network, Recurrent):
            memory["network"] = {name: t.numpy() for name, t in self.network.empty(n).items()}
        if self.description.decoding == "sample":
            keys = stream("tuning", seed, "policy").integers(2**63, size=n, dtype=np.uint64)
            memory["draws"] = {"key": keys, "step": np.zeros(n, np.uint64)}
        return memory

    def act(
        self, observation: Observation, mask: NDArray[np.bool_] | None, memory: Any = None
    ) -> tuple[NDArray[Any], Any]:
        self._check(observation)
        # Copies, since observations may be read-only views, and for the sake of headway.nn.aligned.
        tensors = {name: torch.tensor(array) for name, array in observation.items()}
        allowed = None if mask is None else torch.tensor(mask)
        memory = memory or self.start(len(next(iter(tensors.values()))))
        with torch.no_grad():
            output, network = self._output(tensors, memory.get("network"))
            action = self._decode(output, allowed, memory.get("draws"))
        return action.numpy(), self._next(memory, network)

    def learned(self) -> Mapping[str, Any]:
        """The SHA-256 of its files."""
        members = policy_members(self)
        return {name: hashlib.sha256(members[name]).hexdigest() for name in sorted(members)}

    def _output(self, observation: Mapping[str, Tensor], memory: Any) -> tuple[Tensor, Any]:
        if not isinstance(self.network, Recurrent):
            return self.network(observation), None
        before = {name: torch.tensor(array) for name, array in memory.items()}
        hidden, after = self.network.recall(observation, before)
        return self.network.actor(hidden), {name: tensor.numpy() for name, tensor in after.items()}

    def _decode(self, output: Tensor, mask: Tensor | None, draws: Any) -> Tensor:
        if self._bounds is not None:
            return getattr(self._bounds, self.description.decoding)(output)  # type: ignore[no-any-return]
        if draws is None:
            return greedy(output, mask)
        return sample(output, mask, torch.from_numpy(uniforms(draws["key"], draws["step"])))

    @staticmethod
    def _next(memory: dict[str, Any], network: Any) -> dict[str, Any]:
        after = dict(memory)
        if network is not None:
            after["network"] = network
        if "draws" in after:
            after["draws"] = {"key": memory["draws"]["key"], "step": memory["draws"]["step"] + np.uint64(1)}
        return after

    def _check(self, observation: Observation) -> None:
        if not self.network.sized:
            return
        got = {name: array.shape[1:] for name, array in observation.items()}
        if got != self._shapes:
            raise CapabilityError(
                f"the network {self.description.network_name!r} is tied to the size it was trained on",
                where=self.problem_name,
                got=got,
                expected=self._shapes,
                hint="train on instances of this size, or with a network that scores entities",
            )


# -- on disk --------------------------------------------------------------------------------------
def policy_members(policy: StoredPolicy) -> dict[str, bytes]:
    """The files of a stored policy, to be written alone or as a part of a checkpoint."""
    from safetensors.numpy import save

    weights = {name: tensor.numpy() for name, tensor in policy.network.state_dict().items()}
    facts = json.dumps(dataclasses.asdict(policy.description), indent=2, allow_nan=False) + "\n"
    return {POLICY: facts.encode(), WEIGHTS: save({n: np.asarray(a, order="C") for n, a in weights.items()})}


def save_policy(policy: StoredPolicy, folder: Path) -> Path:
    """Write a policy as ``folder``, whole or not at all. Raises CheckpointError where the disk refuses."""
    return write_folder(folder, policy_members(policy))


def load_policy(folder: Path) -> StoredPolicy:
    """The policy in ``folder``: a policy's own folder, or a checkpoint, which holds one too.

    Raises
    ------
    CheckpointError
        A file is missing, damaged, of a newer format, or its weights do not fit its network.
    """
    members = read_folder(folder, (POLICY, WEIGHTS))
    return policy_from(members, folder)


def policy_from(members: Mapping[str, bytes], where: object) -> StoredPolicy:
    """The policy in files read by other means (see `policy_members`)."""
    from safetensors.numpy import load

    facts = json.loads(members[POLICY])
    if facts.get("format") != FORMAT:
        raise CheckpointError("a policy of another format", where=where, got=facts.get("format"), expected=FORMAT)
    description = Description(**facts)
    network = description.build()
    weights = {name: torch.tensor(array) for name, array in load(members[WEIGHTS]).items()}
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        raise CheckpointError(
            "the weights do not fit the network", where=where, got=error, expected=description.network_name
        ) from error
    return StoredPolicy(network, description)


# -- inner ------------------------------------------------------------------------------------------
def _name(component: Any, table: Mapping[str, str]) -> str:
    """The name under which a component's class is registered in ``table``."""
    reference = f"{type(component).__module__}:{type(component).__qualname__}"
    for name, registered in table.items():
        if registered == reference:
            return name
    raise ConfigError("a component that no table names", got=reference, expected=", ".join(table))


def _shapes(description: Description) -> dict[str, tuple[int, ...]]:
    return {name: tuple(part.shape or ()) for name, part in description.observations.items()}
