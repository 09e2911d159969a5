"""The staleness policy on simulated streams, against never, fixed periods and the oracle.

    python benchmarks/replay_streams.py [--seeds 10] [--costs 0.02,0.05,0.1,0.2,0.5] [--budgets 5,10,20]

The streams that the policy's constants were tuned on (`tuning_streams.py` draws such ones) are not those that are
judged here (seeds 0 to 9). `best fixed` is the fixed period that was cheapest on each stream, known only afterwards;
`fixed on half` the one that was cheapest on its first half, followed on all of it. With a budget of K retrains, `best
fixed` is the one of least loss among the periods of which at most K come, and `evenly` is the period that spreads K
over the stream. `+-` is the standard error of the mean difference over the seeds.
"""

from __future__ import annotations

import argparse
from math import ceil

import numpy as np
from streams import KINDS, setting

from retrain_platform.policy import StalenessPolicy
from retrain_platform.policy.budget import Budget
from retrain_platform.replay.optimum import budgeted, oracle
from retrain_platform.replay.prefix import Setting, follow
from retrain_platform.replay.road import Way


def fixed(on: Setting, cost: float) -> tuple[float, float]:
    """The totals of the fixed period that was cheapest, and of the one that was cheapest on the first half."""
    ways = [on.road.every(count, cost) for count in range(len(on.road.decisions) + 1)]
    middle = len(on.road.matrix.periods) // 2

    def early(way: Way) -> float:
        retrains = sum(each.at < middle for each in way.retrains)
        return float(np.nansum(way.losses[:middle])) + cost * retrains

    return min(way.total for way in ways), min(ways, key=early).total


def judged(kind: str, roads: list[Setting], costs: list[float]) -> list[str]:
    """A line a cost."""
    lines = []
    for cost in costs:
        ours = [follow(StalenessPolicy(metric="accuracy"), on, cost).way for on in roads]
        totals = np.array([way.total for way in ours])
        best, half = np.array([fixed(on, cost) for on in roads]).T
        floor = np.array([oracle(on.road, cost).total for on in roads])
        never = np.array([on.road.every(0, cost).total for on in roads])
        lines.append(
            f"| {kind} | {cost:g} | {never.mean():.2f} | {best.mean():.2f} | {half.mean():.2f} | {totals.mean():.2f} | "
            f"{np.mean([len(way.retrains) for way in ours]):.1f} | {_difference(totals - best)} | "
            f"{_difference(totals - half)} | {floor.mean():.2f} |"
        )
    return lines


def within(on: Setting, retrains: int) -> tuple[float, float, float, float, int]:
    """Losses with a budget: the best fixed, the one spread evenly, ours, the least that there is; and our retrains."""
    ways = [on.road.every(count, 0.0) for count in range(len(on.road.decisions) + 1)]
    best = min(way.loss for way in ways if len(way.retrains) <= retrains)
    served = len(on.road.scored)
    evenly = on.road.every(ceil(served / (retrains + 1)), 0.0).loss
    budget = Budget(retrains=retrains, within=served * on.length)
    ours = follow(StalenessPolicy(metric="accuracy", budget=budget), on, 0.0).way
    floor = min(way.loss for way in budgeted(on.road, retrains))
    return best, evenly, ours.loss, floor, len(ours.retrains)


def judged_within(kind: str, roads: list[Setting], budgets: list[int]) -> list[str]:
    """A line a budget."""
    lines = []
    for retrains in budgets:
        best, evenly, ours, floor, used = np.array([within(on, retrains) for on in roads]).T
        lines.append(
            f"| {kind} | {retrains} | {best.mean():.2f} | {evenly.mean():.2f} | {ours.mean():.2f} | "
            f"{used.mean():.1f} | {_difference(ours - best)} | {_difference(ours - evenly)} | {floor.mean():.2f} |"
        )
    return lines


def _difference(each: np.ndarray) -> str:
    return f"{each.mean():+.2f} +- {each.std(ddof=1) / len(each) ** 0.5:.2f}"


def _table(names: list[str], lines: list[str]) -> None:
    print(f"| {' | '.join(names)} |\n|{'---|' * len(names)}", *lines, "", sep="\n", flush=True)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--costs", default="0.02,0.05,0.1,0.2,0.5")
    parser.add_argument("--budgets", default="5,10,20")
    asked = parser.parse_args()
    roads = {kind: [setting(kind, seed) for seed in range(asked.seeds)] for kind in KINDS}
    costs = [float(part) for part in asked.costs.split(",")]
    names = ["stream", "cost", "never", "best fixed", "fixed on half", "staleness", "retrains"]
    names += ["- best fixed", "- fixed on half", "oracle"]
    _table(names, [line for kind in KINDS for line in judged(kind, roads[kind], costs)])
    budgets = [int(part) for part in asked.budgets.split(",")]
    names = ["stream", "budget", "best fixed", "evenly", "staleness", "retrains", "- best fixed", "- evenly", "oracle"]
    _table(names, [line for kind in KINDS for line in judged_within(kind, roads[kind], budgets)])


if __name__ == "__main__":
    main()
