"""Whether advice gets better where a replay may advise limits that it tried by itself: simulated streams.

    python benchmarks/limits_streams.py [--first 20] [--count 8] [--tuning-first 4000] [--tuning-count 8]

On each stream (of `streams.py`: one change, a slow one, a world that comes and goes; and of `tuning_streams.py`: nine
kinds) everything is tuned on the first half and followed on the second, at five costs: what is advised among never,
the fixed periods and the staleness policy, and what is advised where the limits of `replay/limits.py` are tried, too.
Told is by how much the second half comes to more with them, over all costs, with its standard error over the streams;
beside it the same where only what an interval of 95% tells apart would be advised, and where whatever was cheapest is.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
import streams
import tuning_streams

from retrain_platform.policy import StalenessPolicy
from retrain_platform.replay.apart import surely_cheaper
from retrain_platform.replay.parts import Part, halves
from retrain_platform.replay.prefix import Setting
from retrain_platform.replay.rivals import Rival, ahead, cheapest
from retrain_platform.replay.road import TooShort
from retrain_platform.replay.tried import rivals, walk_limits
from retrain_platform.replay.walked import Named, walked

COSTS = (0.02, 0.05, 0.1, 0.2, 0.5)


def told_apart(tried: list[Rival], simple: Rival, tuned: Part) -> Rival | None:
    """The cheapest, where an interval of 95% tells it apart."""
    best = cheapest(tried, tuned)
    return best if surely_cheaper(best.way, simple.way, tuned) else None


def whatever(tried: list[Rival], simple: Rival, tuned: Part) -> Rival | None:
    """The cheapest, by however little."""
    best = cheapest(tried, tuned)
    return best if tuned.total(best.way) < tuned.total(simple.way) else None


RULES: dict[str, Callable[[list[Rival], Rival, Part], Rival | None]] = {
    "as shipped": ahead,
    "told at 95%": told_apart,
    "whatever was cheapest": whatever,
}


class Came(NamedTuple):
    """What the advice of a rule came to on the second halves of one stream, at all costs, less what it did without."""

    simple: float
    more: float
    advised: int


def came(on: Setting) -> dict[str, Came]:
    """For each rule."""
    policies = [Named("staleness", StalenessPolicy(metric="accuracy"))]
    simple = walked(on, policies, COSTS, "day", lambda _: None)
    tried = walk_limits(on, policies, COSTS, "day", lambda _: None)
    tuned, rest = halves(on.road)
    found = dict.fromkeys(RULES, Came(0.0, 0.0, 0))
    for place, at in enumerate(simple):
        best, others = cheapest(rivals(at), tuned), rivals(tried.at(place))
        for name, rule in RULES.items():
            chosen = rule(others, best, tuned)
            more = 0.0 if chosen is None else rest.total(chosen.way) - rest.total(best.way)
            before = found[name]
            found[name] = Came(
                before.simple + rest.total(best.way), before.more + more, before.advised + (chosen is not None)
            )
    return found


def tell(name: str, settings: Iterable[Setting]) -> None:
    """A line a rule."""
    found = [came(on) for on in settings]
    for rule in RULES if found else ():
        total = sum(each[rule].simple for each in found)
        more = np.array([each[rule].more for each in found])
        advised = sum(each[rule].advised for each in found) / len(COSTS) / len(found)
        error = more.std(ddof=1) * len(more) ** 0.5 / total
        print(
            f"| {name} ({len(found)}) | {rule} | {advised:.0%} | {more.sum() / total:+.2%} +- {error:.2%} | "
            f"{np.mean(more < -1e-9):.0%}, {np.mean(more > 1e-9):.0%} | {more.max():+.2f} |",
            flush=True,
        )


def drawn(first: int, count: int) -> Iterable[Setting]:
    """So many streams of each of the nine kinds."""
    for kind in tuning_streams.KINDS:
        for seed in range(first, first + count):
            try:
                yield tuning_streams.setting(kind, seed)
            except TooShort:
                continue


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    for name, value in {"first": 20, "count": 8, "tuning-first": 4000, "tuning-count": 8}.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    asked = parser.parse_args()
    print("| streams | rule | advised | second half | streams better, worse | worst |\n|---|---|---|---|---|---|")
    seeds = range(asked.first, asked.first + asked.count)
    tell("three kinds", (streams.setting(kind, seed) for kind in streams.KINDS for seed in seeds))
    tell("nine kinds", drawn(asked.tuning_first, asked.tuning_count))


if __name__ == "__main__":
    main()
