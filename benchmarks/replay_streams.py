"""The staleness policy on simulated streams, against never, fixed periods and the oracle.

    python benchmarks/replay_streams.py [--seeds 10] [--costs 0.02,0.05,0.1,0.2,0.5]

The streams that the policy's constants were tuned on (of these kinds and others, with seeds from 100 on) are not those
that are judged here (seeds 0 to 9). `best fixed` is the fixed period that was cheapest on each stream, known only
afterwards; `fixed on half` the one that was cheapest on its first half, followed on all of it. `+-` is the standard
error of the mean difference over the seeds.
"""

from __future__ import annotations

import argparse

import numpy as np
from streams import KINDS, setting

from retrain_platform.policy import StalenessPolicy
from retrain_platform.replay.optimum import oracle
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


def judged(kind: str, seeds: int, costs: list[float]) -> list[str]:
    """A line a cost."""
    roads = [setting(kind, seed) for seed in range(seeds)]
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


def _difference(each: np.ndarray) -> str:
    return f"{each.mean():+.2f} +- {each.std(ddof=1) / len(each) ** 0.5:.2f}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--costs", default="0.02,0.05,0.1,0.2,0.5")
    asked = parser.parse_args()
    names = ["stream", "cost", "never", "best fixed", "fixed on half", "staleness", "retrains"]
    names += ["- best fixed", "- fixed on half", "oracle"]
    print(f"| {' | '.join(names)} |\n|{'---|' * len(names)}")
    for kind in KINDS:
        print("\n".join(judged(kind, asked.seeds, [float(part) for part in asked.costs.split(",")])), flush=True)


if __name__ == "__main__":
    main()
