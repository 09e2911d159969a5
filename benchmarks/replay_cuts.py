"""How much of a policy's total on one history is luck: the same table, cut into periods of other lengths.

    python benchmarks/replay_cuts.py FILE TIME LABEL [--batches 38,52] [--window 3] [--exclude A,B]

Of each number of batches the staleness policy's total is told beside the fixed period that was cheapest in hindsight.
The rows are the same ones, so that the lines are no independent draws: what differs from line to line is what no
policy can be blamed for, or praised for, on one of them.
"""

from __future__ import annotations

import argparse
from typing import NamedTuple

import numpy as np
from replay_peers import COSTS, of_table

from retrain_platform.policy import StalenessPolicy
from retrain_platform.replay.prefix import Setting, follow


class Recipe(NamedTuple):
    """How a table is cut and learned from."""

    batches: int
    window: int
    exclude: str
    start: int = 1


def above(on: Setting, cost: float) -> float:
    """By what share the policy's total is above the best fixed period's in hindsight."""
    best = min(on.road.every(count, cost).total for count in range(len(on.road.decisions) + 1))
    return follow(StalenessPolicy(metric=on.loss.metric), on, cost).way.total / best - 1


def main() -> None:
    """Print a line for each number of batches, their mean and their standard deviation."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("file")
    parser.add_argument("time")
    parser.add_argument("label")
    parser.add_argument("--batches", default="38,52", help="the fewest and the most")
    parser.add_argument("--window", type=int, default=3)
    parser.add_argument("--exclude", default="")
    asked = parser.parse_args()
    fewest, most = map(int, asked.batches.split(","))
    print(f"| batches | {' | '.join(map(str, COSTS))} | mean |\n|{'---|' * (len(COSTS) + 2)}")
    found = []
    for batches in range(fewest, most + 1):
        on = of_table(asked.file, asked.time, asked.label, Recipe(batches, asked.window, asked.exclude))
        found.append([above(on, cost) for cost in COSTS])
        print(_line(str(batches), found[-1], np.mean(found[-1])), flush=True)
    print(_line("mean", np.mean(found, axis=0), np.mean(found)))
    if len(found) > 1:
        print(_line("standard deviation", np.std(found, axis=0, ddof=1), np.std(np.mean(found, axis=1), ddof=1), ""))


def _line(name: str, each: object, mean: object, sign: str = "+") -> str:
    return f"| {name} | {' | '.join(f'{share:{sign}.1%}' for share in (*np.asarray(each), mean))} |"


if __name__ == "__main__":
    main()
