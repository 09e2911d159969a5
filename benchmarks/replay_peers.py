"""The package retrainopt beside our dynamic programming and our policy, on the same matrices of losses.

    pip install "retrainopt[sklearn]"
    python benchmarks/replay_peers.py [--table FILE TIME LABEL] [--batches 45] [--window 3] [--exclude A,B]

retrainopt 0.4.2 is no dependency of this project: it is asked here only. Its planner trains and scores through
adapters; these read the matrix, so that what is timed is the planning. A step of its is the period after the cut: a
model that it trains at step s has learned up to period s and is scored on period s + 1.

Its online policies (the historical average interval, and a random forest of the historical plan) are tuned by its own
`collect_online_training_data` on the first half, with every training of that half at hand, and run by its own
controller on the second, from a free model of the middle; the controller shows a policy the loss of the very period
that its retrain is to serve. Ours walks from the beginning, pays for what it trains, decides before a period, and is
judged on the same second half.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
from streams import KINDS, setting

from retrain_platform.policy import StalenessPolicy
from retrain_platform.replay.optimum import oracle
from retrain_platform.replay.prefix import Setting, follow
from retrain_platform.replay.road import Way

COSTS = (0.02, 0.05, 0.1, 0.2, 0.5)


def adapters(losses: np.ndarray) -> tuple[Any, Any]:
    """retrainopt's timeline and model over a matrix of losses (cuts, periods)."""
    from retrainopt.interfaces import ModelAdapter, TimelineDataset

    class Timeline(TimelineDataset):
        @property
        def num_steps(self) -> int:
            return len(losses) - 1

        def get_train_block(self, step: int) -> Any:
            return [step]

        def get_eval_block(self, step: int) -> Any:
            return [step + 1]

        def train_size(self, step: int) -> int:
            return 1

    class Model(ModelAdapter):
        def fit(self, train_data: Any, *, step: int, n_samples: int, random_seed: int) -> Any:
            return step

        def evaluate(self, model: Any, eval_data: Any, *, step: int) -> float:
            return float(losses[model, step + 1])

    return Timeline(), Model()


def theirs(losses: np.ndarray, cost: float) -> tuple[float, float, dict[str, float]]:
    """The exact plan's total, its seconds, and the totals of both online policies over the second half."""
    from retrainopt import PlannerConfig, RetrainingPlanner
    from retrainopt.online import BaseOnlinePolicy, LearnedOnlinePolicy, OnlineController, collect_online_training_data

    timeline, model = adapters(losses)
    config = PlannerConfig(n_choices=(1.0,))
    priced = {"training_cost_fn": lambda **_: cost}
    begun = time.perf_counter()
    plan = RetrainingPlanner(timeline, model, config, **priced).plan("exact", initial_model=0)
    seconds = time.perf_counter() - begun
    middle = len(losses) // 2
    told = collect_online_training_data(
        timeline, model, config, history_steps=middle, initial_model=0, initial_reference_loss=losses[0, 1], **priced
    )
    policies = {
        "interval": BaseOnlinePolicy.from_plan(told.plan),
        "forest": LearnedOnlinePolicy().fit(told.states, told.decisions),
    }
    totals = {}
    for name, policy in policies.items():
        run = OnlineController(
            timeline, model, policy, config, initial_model=middle, start_step=middle, initial_trained_at=middle,
            initial_reference_loss=float(losses[middle, middle + 1]), **priced,
        )  # fmt: skip
        totals[name] = sum(run.step().total_cost for _ in range(middle, timeline.num_steps))
    return plan.total_cost, seconds, totals


def second_half(way: Way, cost: float) -> float:
    """A way's total over the periods that the peers are judged on."""
    middle = len(way.losses) // 2
    return float(np.nansum(way.losses[middle + 1 :])) + cost * sum(each.at >= middle for each in way.retrains)


def rows(name: str, on: Setting) -> Iterator[str]:
    """A line a cost; stops where the two oracles differ."""
    losses = on.road.matrix.loss[on.road.strategy]
    for cost in COSTS:
        begun = time.perf_counter()
        best = oracle(on.road, cost).total
        ours = time.perf_counter() - begun
        total, seconds, online = theirs(losses, cost)
        if abs(total - best) > 1e-9:
            raise SystemExit(f"{name} at {cost}: our oracle {best!r}, theirs {total!r}")
        mine = second_half(follow(StalenessPolicy(metric="accuracy"), on, cost).way, cost)
        yield (
            f"| {name} | {cost:g} | {best:.4f} | {abs(total - best):.0e} | {1000 * ours:.1f} | {1000 * seconds:.1f} | "
            f"{mine:.2f} | {online['interval']:.2f} | {online['forest']:.2f} |"
        )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--table", nargs=3, action="append", default=[], metavar=("FILE", "TIME", "LABEL"))
    parser.add_argument("--batches", type=int, default=45)
    parser.add_argument("--window", type=int, default=3)
    parser.add_argument("--start", type=int, default=1)
    parser.add_argument("--exclude", default="")
    asked = parser.parse_args()
    try:
        import retrainopt  # noqa: F401
    except ModuleNotFoundError:
        sys.exit('retrainopt is not installed: pip install "retrainopt[sklearn]"')
    print("| stream | cost | oracle | differs by | our ms | their ms | staleness | their interval | their forest |")
    print(f"|{'---|' * 9}")
    for kind in KINDS:
        for line in rows(kind, setting(kind, asked.seed)):
            print(line, flush=True)
    for file, at, label in asked.table:
        for line in rows(file.rpartition("/")[2], of_table(file, at, label, asked)):
            print(line, flush=True)


def of_table(file: str, at: str, label: str, asked: Any) -> Setting:
    """A table's matrix as a road; a window of 0 is all the past."""
    from retrain_platform.adapters.kept_texts import MemoryTexts
    from retrain_platform.adapters.learners import learner
    from retrain_platform.adapters.whole_table import whole_table
    from retrain_platform.replay.losses import Loss
    from retrain_platform.replay.matrix import Strategy, build
    from retrain_platform.replay.reading import read
    from retrain_platform.replay.road import road
    from retrain_platform.replay.table import BATCH, in_batches
    from retrain_platform.replay.table_past import TablePast
    from retrain_platform.training.lightgbm import LightGBM

    found = read(whole_table(file), at, label, exclude=[each for each in asked.exclude.split(",") if each])
    recipe = LightGBM(rounds=100)
    cut, loss = in_batches(len(found.table.labels), asked.batches), Loss("accuracy", True)
    past = TablePast(found.table, cut, learner(recipe, found.task), loss, recipe.fingerprint(), 100)
    strategy = Strategy(name=f"newest {asked.window}", window=asked.window or None)
    matrix = build(past, [strategy], MemoryTexts(), range(asked.start - 1, asked.batches - 1))
    return Setting(road(matrix, start=asked.start), loss, BATCH)


if __name__ == "__main__":
    main()
