"""Composing the configuration of a verb from its layers, and knowing where each value comes from.

Component default < shipped preset of the problem (``configs/problem/<domain>/<problem>.yaml``, a section
per verb) < configuration files in order < command line. A layer that names another component than the
layers before it starts that component's options afresh. The preset's network was chosen for the preset's
agent: it is left out where another agent is named and nothing is said of the network.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Generic, TypeVar

from headway.pipelines.configuration.fields import components, shorthands, text_keys
from headway.pipelines.configuration.layers import Key, Layer, read_tokens, read_yaml
from headway.pipelines.configuration.refusal import refused, source
from headway.pipelines.configuration.schema import Model

M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class Composed(Generic[M]):
    """A validated configuration, and the origin of every value that is not a default."""

    config: M
    origins: Mapping[Key, str]

    def origin(self, key: str) -> str:
        """Where the value of a dotted key comes from: ``file:line``, a token, or ``default``."""
        return source(tuple(key.split(".")), self.origins)


def compose(model: type[M], verb: str, tokens: Sequence[str]) -> Composed[M]:
    """The configuration of ``verb`` from ``key=value`` tokens, ``config=FILE`` among them.

    Raises
    ------
    ConfigError
        A token, file, key or value is refused; the message names its origin and the nearest spelling.
    """
    chosen = [config_file(t.removeprefix("config=")) for t in tokens if t.startswith("config=")]
    rest = [t for t in tokens if not t.startswith("config=")]
    line = read_tokens(rest, text_keys(model), shorthands(model))
    layers = [_expanded(model, read_yaml(file, label)) for file, label in chosen] + [line]
    problem = _named("problem", layers) or ""
    recommended = _recommended(verb, problem, layers)
    merged = _merge(model, [_fitting(_expanded(model, recommended), layers), *layers])
    return Composed(_validated(model, verb, merged), merged.origins)


def config_file(name: str) -> tuple[Path | Traversable, str]:
    """A configuration file by path, or a shipped experiment by its bare name; and how to call it."""
    path = Path(name)
    shipped = files("headway.configs") / f"{name}.yaml"
    if path.suffix or path.exists() or not shipped.is_file():
        return path, name
    return shipped, f"configs/{name}.yaml"


def preset(*parts: str) -> Layer:
    """The shipped preset ``configs/<parts>.yaml``; an empty layer where none ships."""
    file = files("headway.configs").joinpath(*parts[:-1], f"{parts[-1]}.yaml")
    return read_yaml(file, f"configs/{'/'.join(parts)}.yaml") if file.is_file() else Layer({}, {})


def _expanded(model: type[Model], layer: Layer) -> Layer:
    """The layer with shorthands written out: ``agent: ppo`` becomes ``agent: {name: ppo}``."""
    tree, origins = dict(layer.tree), dict(layer.origins)
    for key, field in shorthands(model).items():
        if key in tree and tree[key] is not None and not isinstance(tree[key], Mapping):
            tree[key] = {field: tree[key]}
            origins[key, field] = origins[(key,)]
    return Layer(tree, origins)


def _recommended(verb: str, problem: str, layers: Sequence[Layer]) -> Layer:
    """The problem's preset for this verb. An agent is tuned from what is recommended for training it."""
    if not problem or (verb == "tune" and any("contestant" in layer.tree for layer in layers)):
        return Layer({}, {})
    return preset("problem", *problem.split("/")).under("train" if verb == "tune" else verb)


def _fitting(recommended: Layer, layers: Sequence[Layer]) -> Layer:
    """The preset; without its network where ``layers`` name another agent and say nothing of the network."""
    before, now = _named("agent", [recommended]), _named("agent", layers)
    if not (before and now) or before == now or any("network" in layer.tree for layer in layers):
        return recommended
    tree = {key: part for key, part in recommended.tree.items() if key != "network"}
    return Layer(tree, {key: at for key, at in recommended.origins.items() if key[0] != "network"})


def _named(key: str, layers: Sequence[Layer]) -> str | None:
    """The name of a component as the last layer that gives one has it."""
    names = [layer.tree[key].get("name") for layer in layers if isinstance(layer.tree.get(key), Mapping)]
    return next((name for name in reversed(names) if isinstance(name, str)), None)


def _merge(model: type[Model], layers: Sequence[Layer]) -> Layer:
    from omegaconf import OmegaConf

    tree: Any = OmegaConf.create({})
    origins: dict[Key, str] = {}
    for layer in layers:
        for key in components(model):
            before, now = _named(key, [Layer(tree, {})]), _named(key, [layer])
            if before and now and before != now:
                del tree[key]
                origins = {k: at for k, at in origins.items() if k[0] != key}
        tree = OmegaConf.merge(tree, OmegaConf.create(dict(layer.tree)))
        origins |= layer.origins
    plain: Any = OmegaConf.to_container(tree)
    return Layer(plain, origins)


def _validated(model: type[M], verb: str, layer: Layer) -> M:
    from pydantic import ValidationError

    try:
        return model.model_validate(layer.tree)
    except ValidationError as error:
        raise refused(model, verb, error.errors(), layer.origins) from error
