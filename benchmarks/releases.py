"""How often is a good version sent back, and how soon a bad one? 1000 simulated canaries of each kind.

    OMP_NUM_THREADS=1 python benchmarks/releases.py [--roads 1000] [--json FILE]

Two hours of a canary at 10% of 20 requests a second, in bins of 10 seconds: errors 0.5%, p95 about 200 ms, accuracy
82%, all going up and down with the hour for both sides alike; a quarter of the rows is labelled at once, and both
versions score all of them. Each road is looked at every 10 seconds by the platform's own evidence (`stats.two_arms`,
`betting`, at the shipped margins), and every 10 seconds by fixed limits (error rate 1% and p95 300 ms over 10 minutes,
accuracy 0.80 over 30). A Mann-Whitney judge as Kayenta's compares the minutes' values of both sides since the start at
98%, error rate, p95 and accuracy, every 5 minutes or every 30. Whatever says 'worse' first sends the version back.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from release_parts.roads import A_MINUTE, BINS, CELLS, Floats, Kind, Road, draw
from scipy.special import logsumexp
from scipy.stats import mannwhitneyu

from retrain_platform.release.live.bins import cell_end, cells_apart
from retrain_platform.release.live.plan import LivePlan
from retrain_platform.stats.betting import log_pays
from retrain_platform.stats.slower import slow_calls
from retrain_platform.stats.two_arms import Arms, log_margin_ratios, log_odds_ratios

NEVER = BINS

KINDS = (
    Kind("equal"),
    Kind("equal, both have an outage of 3 minutes", outage=3),
    Kind("error rate x2", errors=2.0),
    Kind("latency x1.5", slower=1.5),
    Kind("accuracy -2 points", accuracy=-0.02),
    Kind("error rate x10", errors=10.0),
    Kind("equal, calls of an entity fail alike", alike=0.02),
)


def main() -> None:
    """Play all kinds, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--roads", type=int, default=1000)
    parser.add_argument("--json", type=Path, help="write the figures here, too")
    asked = parser.parse_args()
    began, rows = time.process_time(), []
    for number, kind in enumerate(KINDS):
        rng = np.random.default_rng(number)
        found = judged([draw(rng, kind) for _ in range(asked.roads)])
        rows += [_line(kind, judge, ends) for judge, ends in found.items()]
        print(pd.DataFrame(rows[-len(found) :]).to_string(index=False), flush=True)
    print(f"{time.process_time() - began:.0f} CPU seconds")
    if asked.json:
        asked.json.write_text(json.dumps(rows, indent=1), encoding="utf-8")


def _line(kind: Kind, judge: str, ends: Floats) -> dict[str, Any]:
    """How many ended, and when: minutes to the median and to the 90th percentile of all roads."""
    ended = ends < NEVER
    minutes = np.where(ended, (ends + 1) / A_MINUTE, math.inf)
    share = float(ended.mean())
    return {
        "canary": kind.name,
        "judge": judge,
        "share": f"{share:.1%}",
        "error of it": f"{math.sqrt(share * (1 - share) / len(ends)):.1%}",
        "median minutes": _told(float(np.quantile(minutes, 0.5, method="higher"))),
        "90% by minute": _told(float(np.quantile(minutes, 0.9, method="higher"))),
    }


def _told(minutes: float) -> str:
    return f"{minutes:.1f}" if math.isfinite(minutes) else "-"


def judged(roads: list[Road]) -> dict[str, Floats]:
    """The bin in which each judge ends each road, `NEVER` where it does not; and in which ours would let it go up."""
    plan = LivePlan()
    paths = [_evidence(road) for road in roads]
    worse, alike = (np.array([path[side] for path in paths]) for side in (0, 2))
    shipped = math.log(plan.road(urgent=False).parts / plan.level)
    return {
        "e-values, level 5%": _first(worse >= -math.log(plan.level)),
        "e-values as shipped": _first(alike >= shipped),
        "fixed limits": np.array([_limits(road) for road in roads]),
        "Mann-Whitney every 5 minutes": _ranks(roads, 5),
        "Mann-Whitney every 30 minutes": _ranks(roads, 30),
        "(as shipped: goes up)": _up(_first(alike >= shipped), np.array([path[1] for path in paths]), plan),
    }


def _up(sent_back: Floats, shown: Floats, plan: LivePlan) -> Floats:
    """The bin in which all is shown, after the hold and before the road is sent back."""
    held = round(plan.rollout.hold.total_seconds() / 60) * A_MINUTE
    shown[:, : held - 1] = 0.0
    up = _first(shown >= -math.log(1 - plan.confidence))
    return np.where(up < sent_back, up, NEVER)


def _evidence(road: Road) -> tuple[Floats, Floats, Floats]:
    """Logarithms by bin: the mean of the measures' e-values of 'worse' where one is beyond its margin; the least of
    'not worse' of errors and latency, which go up on; the first once more with the plan's design effect, as both are.
    """
    plan = LivePlan()
    errors, latency, labels = plan.measures
    arms = Arms(road.errors, road.calls, road.other_errors, road.other_calls)
    shift = cells_apart(1 + latency.not_slower_by)
    plain, divided = (slow_calls(road.cells, road.other_cells, 0.95, by) for by in (0, shift))
    pairs = np.cumsum(road.pairs, axis=0)
    grown = np.cumsum(road.calls + road.other_calls) / road.met
    effect = 1 + np.maximum(grown - 1, 0) * plan.alike
    capital = [
        np.cumsum(log_odds_ratios(arms), axis=0),
        np.cumsum(log_odds_ratios(plain), axis=0),
        pairs @ log_pays(np.array([1.0, 0.0, -1.0]), 0.0).T,
    ]
    worse = np.array([_mixed(each) for each in capital])
    alike = np.array([_mixed(each / effect[:, None]) for each in capital])
    gap = np.cumsum(road.errors) / np.cumsum(road.calls) - np.cumsum(road.other_errors) / np.cumsum(road.other_calls)
    p95 = [_quantile(np.cumsum(each, axis=0)) for each in (road.cells, road.other_cells)]
    loss = (pairs[:, 0] - pairs[:, 2]) / np.maximum(pairs.sum(axis=1), 1)
    beyond = np.array([gap > errors.not_worse_by, p95[0] - p95[1] > shift, loss > labels.not_worse_by])
    beyond &= np.cumsum(road.calls) >= plan.traffic.calls
    shown = np.minimum(
        np.cumsum(log_margin_ratios(arms, errors.not_worse_by)) / effect,
        _mixed(np.cumsum(log_odds_ratios(divided.mirrored()), axis=0) / effect[:, None]),
    )
    return _sure(worse, beyond), shown, _sure(alike, beyond)


def _sure(worse: Floats, beyond: NDArray[np.bool_]) -> Floats:
    """The mean of the e-values where the largest is of a measure beyond its margin."""
    top = np.argmax(worse, axis=0)
    return np.where(np.take_along_axis(beyond, top[None], axis=0)[0], _mixed(worse.T), -math.inf)


def _mixed(paths: Floats) -> Floats:
    mixed: Floats = logsumexp(paths, axis=1) - math.log(paths.shape[1])
    return mixed


def _quantile(counts: NDArray[np.int64], share: float = 0.95) -> NDArray[np.int64]:
    reached = np.cumsum(counts, axis=1)
    return (reached < share * reached[:, -1:]).sum(axis=1)


def _first(said: NDArray[np.bool_]) -> Floats:
    return np.where(said.any(axis=1), said.argmax(axis=1), NEVER).astype(np.float64)


def _limits(road: Road) -> float:
    """The first bin whose window passes a limit."""
    over = [_window(road.errors, 10) > 0.01 * _window(road.calls, 10)]
    cells = np.apply_along_axis(lambda column: _window(column, 10), 0, road.cells.astype(np.float64))
    p95 = np.array([cell_end(int(cell)) for cell in CELLS])[_quantile(cells)]
    over.append((p95 > 300) & np.isfinite(_window(road.calls, 10)))
    over.append(_window(road.right, 30) < 0.80 * _window(road.labels, 30))
    return float(_first(np.any(over, axis=0)[None])[0])


def _window(values: Floats, minutes: int) -> Floats:
    """The sum over the last minutes; nan before there are so many, which passes nothing."""
    total = np.concatenate([[0.0], np.cumsum(values)])
    size = minutes * A_MINUTE
    return np.concatenate([np.full(size - 1, np.nan), total[size:] - total[:-size]])


def _ranks(roads: list[Road], every: int) -> Floats:
    """The first look at which the minutes' values of a measure differ for the worse."""
    own = [(_rate(r.errors, r.calls), _p95(r.cells), -_rate(r.right, r.labels)) for r in roads]
    others = [
        (_rate(r.other_errors, r.other_calls), _p95(r.other_cells), -_rate(r.other_right, r.other_labels))
        for r in roads
    ]
    both = [np.array(side).swapaxes(0, 1) for side in (own, others)]
    ends = np.full(len(roads), float(NEVER))
    for mine, theirs in zip(*both, strict=True):
        for minute in range(every, BINS // A_MINUTE + 1, every):
            found = mannwhitneyu(mine[:, :minute], theirs[:, :minute], alternative="greater", axis=1,
                                 method="asymptotic")  # fmt: skip
            ends = np.minimum(ends, np.where(found.pvalue < 0.01, minute * A_MINUTE - 1, NEVER))
    return ends


def _rate(hits: Floats, n: Floats) -> Floats:
    top, bottom = (each.reshape(-1, A_MINUTE).sum(axis=1) for each in (hits, n))
    return top / np.maximum(bottom, 1)


def _p95(cells: NDArray[np.int64]) -> Floats:
    return _quantile(cells.reshape(-1, A_MINUTE, cells.shape[1]).sum(axis=1)).astype(np.float64)


if __name__ == "__main__":
    main()
