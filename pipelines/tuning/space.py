"""The search space: which knobs of which components are tried, over which values.

A space has a section per component (``agent``, ``network``, ``env`` or ``contestant``), in it a knob's name with a
range ``{low, high, log, step}`` or ``{choices: [...]}``; sections within sections are knobs of a nested option. A knob
that counts only beside a value of another one says ``when: {other: value}``. Spaces ship for agents and solvers, in
``configs/space``.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from headway.errors import ConfigError
from headway.pipelines.configuration.compose import preset
from headway.pipelines.configuration.schema import TuneConfig
from headway.pipelines.tuning.knobs import Choice, Range

if TYPE_CHECKING:
    from optuna.trial import BaseTrial

Options = dict[str, dict[str, Any]]  # component -> knob (dotted where it is nested) -> value
COMPONENTS = ("agent", "network", "env", "contestant")
Space = Mapping[str, Range | Choice]  # "agent.lr" -> where its values come from
_KNOB: TypeAdapter[Range | Choice] = TypeAdapter(Range | Choice)


def space(config: TuneConfig) -> Space:
    """The configured space; where none is, the one that ships for this agent or solver.

    Raises
    ------
    ConfigError
        None is configured and none ships, a knob's values are malformed, a section names no component of this study, or
        a condition names a knob that is neither searched (further up) nor given.
    """
    found = dict(_knobs((), config.space or shipped(config)))
    able = [part for part in COMPONENTS if getattr(config, part) is not None]
    odd = sorted({name.partition(".")[0] for name in found} - set(able))
    if odd or not found:
        raise ConfigError("the search space names no component that is tuned here", where="space", got=odd or "nothing",
                          expected=f"sections among {', '.join(able)}, which the configuration names")  # fmt: skip
    _check_conditions(config, found)
    return found


def shipped(config: TuneConfig) -> Mapping[str, Any]:
    """The tree of ``configs/space/agents/<agent>.yaml``, or of ``configs/space/<domain>/<contestant>.yaml``."""
    domain = config.problem.name.partition("/")[0]
    place = (
        ("agents", config.agent.name) if config.agent else (domain, config.contestant.name if config.contestant else "")
    )
    tree = preset("space", *place).tree
    if not tree:
        raise ConfigError(f"no search space ships for {place[1]}", where="space", got="nothing",
                          expected="{component: {knob: {low, high, log} or {choices: [...]}}}",
                          hint="space.agent.lr='{low: 1e-5, high: 1e-2, log: true}'")  # fmt: skip
    return tree


def suggest(found: Space, trial: BaseTrial, given: Options) -> Options:
    """One set of values, by component and knob; ``given``: the values of what is not searched."""
    options: Options = {}
    for name, knob in found.items():
        part, _, short = name.partition(".")
        options.setdefault(part, {})
        now = {**given.get(part, {}), **options[part]}
        if all(now.get(other) == value for other, value in knob.when.items()):
            options[part][short] = knob.suggest(trial, name)
    return options


def given(config: TuneConfig) -> Options:
    """The options of each component that the configuration gives."""
    named = {part: getattr(config, part) for part in COMPONENTS}
    return {part: dict(component.options) for part, component in named.items() if component is not None}


def with_knobs(options: Mapping[str, Any], chosen: Mapping[str, Any]) -> dict[str, Any]:
    """``options`` with the values of knobs, dotted ones put into nested options."""
    made = copy.deepcopy(dict(options))
    for name, value in chosen.items():
        *path, last = name.split(".")
        place = made
        for step in path:
            place = place.setdefault(step, {})
        place[last] = value
    return made


def _knobs(path: tuple[str, ...], tree: Any) -> Iterator[tuple[str, Range | Choice]]:
    """Knobs by their dotted names, component first."""
    leaf = not isinstance(tree, Mapping) or not tree or {"low", "high", "choices"}.intersection(tree)
    if leaf and len(path) > 1:
        yield ".".join(path), _knob(".".join(("space", *path)), tree)
    elif isinstance(tree, Mapping):
        for key, branch in tree.items():
            yield from _knobs((*path, key), branch)


def _check_conditions(config: TuneConfig, found: Space) -> None:
    known = {f"{part}.{knob}" for part, options in given(config).items() for knob in options}
    for name, knob in found.items():
        part = name.partition(".")[0]
        for other in knob.when:
            if f"{part}.{other}" not in known:
                raise ConfigError("a condition on a knob that nothing is known of", where=f"space.{name}.when",
                                  got=other, expected="one that is searched, further up, or given",
                                  hint=f"{part}.{other}=<value>")  # fmt: skip
        known.add(name)


def _knob(where: str, values: Any) -> Range | Choice:
    try:
        return _KNOB.validate_python(values)
    except ValidationError as error:
        raise ConfigError("the values of a knob cannot be read", where=where, got=values,
                          expected="{low, high, log, step} or {choices: [...]}") from error  # fmt: skip
