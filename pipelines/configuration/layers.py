"""A configuration layer: settings from one YAML file or the command line, and where each one stands."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from headway.errors import ConfigError

Key = tuple[str, ...]
_SETTING = re.compile(r"[A-Za-z_][\w-]*(\.[\w-]+)*")


@dataclass(frozen=True)
class Layer:
    """Nested settings, and for each key (as a path of names) its origin: ``file:line`` or a token."""

    tree: Mapping[str, Any]
    origins: Mapping[Key, str]

    def under(self, *path: str) -> Layer:
        """The section at ``path`` as a layer of its own; empty where there is none."""
        tree: Any = self.tree
        for name in path:
            tree = tree.get(name, {}) if isinstance(tree, Mapping) else {}
        inside = {key[len(path) :]: at for key, at in self.origins.items() if key[: len(path)] == path != key}
        return Layer(tree if isinstance(tree, Mapping) else {}, inside)

    def below(self, *path: str) -> Layer:
        """The same settings, moved to ``path``."""
        tree = self.tree
        for name in reversed(path):
            tree = {name: tree}
        return Layer(tree, {(*path, *key): at for key, at in self.origins.items()})


def read_yaml(file: Path | Traversable, label: str | None = None) -> Layer:
    """The layer in a YAML file: a mapping of plain values, without tags, aliases or duplicate keys.

    Raises
    ------
    ConfigError
        The file cannot be read or breaks these rules; the message names file and line.
    """
    label = label or str(file)
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            "a configuration file cannot be read", where=label, got=error, expected="UTF-8 YAML"
        ) from error
    return parse_yaml(text, label)


def parse_yaml(text: str, label: str) -> Layer:
    """As `read_yaml`, for text that is already in memory."""
    import yaml
    from omegaconf import OmegaConf

    try:
        document = _document(text, label)
        if document is None:
            return Layer({}, {})
        origins = dict(_positions(document, label))
        return Layer(OmegaConf.to_container(OmegaConf.load(io.StringIO(text))), origins)  # type: ignore[arg-type]
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise _malformed(error, label) from error


def read_tokens(tokens: Sequence[str], text_keys: Mapping[str, bool], shorthands: Mapping[str, str]) -> Layer:
    """The layer that ``key=value`` tokens amount to; later ones win.

    Values are YAML (``1e-3``, ``null``, ``[64, 64]``); ``a,b`` is a list. ``text_keys`` says which keys
    take text as it stands; true: a list of texts. ``shorthands`` names the inner key that a single value
    of a key stands for.

    Raises
    ------
    ConfigError
        A token is not of the form ``key=value``, its value is not YAML, or it takes another's place.
    """
    from omegaconf import OmegaConf

    settings, origins = OmegaConf.create({}), dict[Key, str]()
    for token in tokens:
        name, equals, value = token.partition("=")
        if not equals or not _SETTING.fullmatch(name):
            raise ConfigError("an argument is not a setting", where="command line", got=token, expected="key=value")
        _refuse_reference(value, "command line")
        dotted = f"{name}.{shorthands[name]}" if name in shorthands and value != "null" else name
        key = tuple(dotted.split("."))
        for other, earlier in origins.items():
            if key != other and key[: len(other)] == other[: len(key)]:
                raise ConfigError(
                    "a setting takes the place of another", where=earlier, got=token, expected="one of them"
                )
        OmegaConf.update(settings, dotted, _value(dotted, value, text_keys), merge=False, force_add=True)
        origins[key] = f"command line: {token}"
    return Layer(OmegaConf.to_container(settings), origins)  # type: ignore[arg-type]


def _value(key: str, value: str, text_keys: Mapping[str, bool]) -> Any:
    import yaml
    from omegaconf import OmegaConf

    bare = not value.startswith(("[", "{", '"', "'"))
    if bare and key in text_keys and value != "null":
        return value.split(",") if text_keys[key] else value
    source = f"[{value}]" if bare and "," in value else value
    try:
        return OmegaConf.to_container(OmegaConf.load(io.StringIO(f"value: {source}")))["value"]  # type: ignore[call-overload, index]
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigError(
            "a value is not YAML",
            where="command line",
            got=f"{key}={value}",
            expected="a number, text, [list] or {map}",
        ) from error


def _document(text: str, label: str) -> Any:
    """The parsed nodes, with their lines. Aliases are refused: they can make a small file endless."""
    import yaml

    for token in yaml.scan(text, Loader=yaml.SafeLoader):
        if isinstance(token, yaml.AliasToken):
            raise ConfigError("an alias in a configuration", where=f"{label}:{token.start_mark.line + 1}",
                              got=f"*{token.value}", expected="the value itself")  # fmt: skip
    document = yaml.compose(text, Loader=yaml.SafeLoader)
    if document is not None and not isinstance(document, yaml.MappingNode):
        raise ConfigError("a configuration is not a mapping", where=f"{label}:1", got=text.split("\n", 1)[0],
                          expected="key: value")  # fmt: skip
    return document


def _positions(node: Any, label: str, path: Key = ()) -> Iterator[tuple[Key, str]]:
    import yaml

    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = (*path, str(key.value))
            yield inner, f"{label}:{key.start_mark.line + 1}"
            yield from _positions(value, label, inner)
    elif isinstance(node, yaml.SequenceNode):
        for i, value in enumerate(node.value):
            yield (*path, str(i)), f"{label}:{value.start_mark.line + 1}"
            yield from _positions(value, label, (*path, str(i)))
    elif isinstance(node, yaml.ScalarNode):
        _refuse_reference(node.value, f"{label}:{node.start_mark.line + 1}")


def _refuse_reference(text: str, where: str) -> None:
    """A value that is computed from the environment or other settings is not plain data."""
    if "${" in text:
        raise ConfigError("a value refers to something else", where=where, got=text, expected="the value itself")


def _malformed(error: Any, label: str) -> ConfigError:
    mark = getattr(error, "problem_mark", None)
    where = f"{label}:{mark.line + 1}" if mark else label
    got = getattr(error, "problem", None) or error
    return ConfigError("a configuration file is malformed", where=where, got=got, expected="YAML of plain values")
