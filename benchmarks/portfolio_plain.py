"""Plain PPO as tutorials run it, on the test years; and which of its settings cost what.

``python benchmarks/portfolio_plain.py [--seeds N] [--keep FILE]``. Stable-Baselines3's PPO with its defaults, eight
single environments in turn, softmax weights, 100,000 steps on 1996-2015, net of 10 bps; once a month and once a day.
The state is that of FinRL's StockPortfolioEnv (commit 220f9e4): covariances of the last 252 days and four indicators an
asset, of closes only. One thing at a time is changed from there: what is seen, and how samples become updates. The same
network untrained stands beside it. Nothing is chosen by these years: every row that was run is shown.
"""

from __future__ import annotations

import argparse
import time
from functools import partial
from pathlib import Path
from typing import Any

from timing import print_tables, table  # isort: skip  (pins threads before numpy is imported)

import gymnasium
import numpy as np
from inventory_training import Kept
from numpy.typing import NDArray
from portfolio_selection import row, walked

from headway import Policy, make_problem
from headway.envs.single import HeadwayEnv

SPAN = ("2016-01-01", "2022-12-31")
STEPS = 100_000
FACE: dict[str, Any] = {"form": "softmax", "strength": 5.0, "adjustment": 1.0}
RHYTHMS: dict[str, dict[str, Any]] = {"monthly": {}, "daily": {"every": 1, "window": 252}}
WIDE = {"envs": 64, "n_steps": 32, "batch_size": 2048, "n_epochs": 4}  # ours, in SB3's words
# State, steps, settings that are not SB3's defaults.
PLAIN: dict[str, tuple[str, int, dict[str, Any]]] = {
    "defaults, FinRL's state": ("finrl", STEPS, {}),
    "the same, our observation": ("ours", STEPS, {}),
    "the same, wide batches": ("finrl", STEPS, WIDE),
    "untrained": ("finrl", 0, {}),
}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3, help="training seeds")
    parser.add_argument("--keep", type=Path, help="JSON file of results, to go on from")
    print_tables(parser, {"plain": plain})


def plain(options: argparse.Namespace) -> None:
    """Every row of `PLAIN`, at both rhythms."""
    kept, rows = Kept(options.keep), []
    for rhythm, problem in RHYTHMS.items():
        base = kept.get("1/N", partial(walked, "equal_weight", *SPAN))  # once a month, as everywhere on the page
        for name in PLAIN:
            runs = [kept.get(f"{name}, {rhythm}, seed={s}", partial(trained, name, problem, s))
                    for s in range(options.seeds)]  # fmt: skip
            rows.append(row(f"{rhythm}: {name}", runs, base) | {"gradient steps": f"{runs[0]['updates']:,}"})
    table(rows, f"Stable-Baselines3's PPO, 2016-2022, net of 10 bps; {options.seeds} seeds")


def trained(name: str, options: dict[str, Any], seed: int) -> dict[str, Any]:
    """Trained on 1996-2015, walked through the years after."""
    from stable_baselines3 import PPO
    from stable_baselines3.common.vec_env import DummyVecEnv

    state, steps, settings = PLAIN[name]
    settings, face = dict(settings), FACE | ({"window": 252} if state == "finrl" else {})
    problem = make_problem("portfolio/allocation", train_until="2015-12-31", validation_until="2015-12-31", **options)
    began, count = time.process_time(), settings.pop("envs", 8)
    envs = DummyVecEnv([partial(Flat, problem.environment(**face), state, 1000 * seed + i) for i in range(count)])
    model = PPO("MlpPolicy", envs, seed=seed, device="cpu", **settings)
    model.learn(steps)
    seconds = time.process_time() - began
    own = {key: value for key, value in options.items() if key != "window"}
    found = walked(Flattened(model, state), *SPAN, face, **own)
    rounds = -(-steps // (count * model.n_steps))
    updates = rounds * model.n_epochs * -(-count * model.n_steps // model.batch_size)
    return found | {"seconds": seconds, "updates": updates}


# -- what is seen ---------------------------------------------------------------------------------
class Flat(gymnasium.ObservationWrapper[Any, Any, Any]):
    """A single environment whose observation is one vector."""

    def __init__(self, environment: Any, state: str, seed: int) -> None:
        super().__init__(HeadwayEnv(environment, seed=seed))
        self.state = state
        size = len(self.observation(self.env.reset()[0]))
        self.observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (size,), np.float32)

    def observation(self, observation: Any) -> NDArray[np.float32]:
        return STATES[self.state]({key: value[None] for key, value in observation.items()})[0]


class Flattened(Policy):
    """SB3's model on such vectors, acting without exploration."""

    environment = "trade"

    def __init__(self, model: Any, state: str) -> None:
        self.model, self.state = model, STATES[state]

    def act(self, observation: Any, mask: Any, memory: Any = None) -> tuple[Any, Any]:
        return self.model.predict(self.state(observation), deterministic=True)[0], memory


def ours(observation: Any) -> NDArray[np.float32]:
    """Features and weights held, flattened."""
    parts = [observation[name].reshape(len(observation["weights"]), -1) for name in ("assets", "weights")]
    return np.concatenate(parts, axis=1).astype(np.float32)


def finrl(observation: Any) -> NDArray[np.float32]:
    """Covariances of 252 days, then MACD, RSI 30, CCI 30 and DX 30, of closes (as if high and low were the close).

    Closes are relative to the last one in per cent, which keeps MACD comparable among assets.
    """
    logs = observation["window"].astype(np.float64)  # [B, N, 252]
    returns = np.expm1(logs)
    away = returns - returns.mean(axis=2, keepdims=True)
    covariance = away @ away.transpose(0, 2, 1) / (logs.shape[2] - 1)
    close = 100 * np.exp(np.cumsum(logs, axis=2) - logs.sum(axis=2, keepdims=True))
    macd = close @ (_decay(12, logs.shape[2]) - _decay(26, logs.shape[2]))
    change = np.diff(close, axis=2)[:, :, -30:]
    up, down = np.clip(change, 0, None).mean(axis=2), np.clip(-change, 0, None).mean(axis=2)
    recent = close[:, :, -30:]
    apart = np.abs(recent - recent.mean(axis=2, keepdims=True)).mean(axis=2)
    cci = (100 - recent.mean(axis=2)) / (0.015 * apart + 1e-12)
    total = up + down + 1e-12
    indicators = np.stack([macd, 100 * up / total, cci, 100 * np.abs(up - down) / total], axis=1)
    return np.concatenate([covariance, indicators], axis=1).reshape(len(logs), -1).astype(np.float32)


def _decay(span: int, days: int) -> NDArray[np.float64]:
    """Weights [days] of an exponential mean, the last day last."""
    weights: NDArray[np.float64] = (1 - 2 / (span + 1)) ** np.arange(days)[::-1]
    return weights / weights.sum()


STATES = {"ours": ours, "finrl": finrl}


if __name__ == "__main__":
    main()
