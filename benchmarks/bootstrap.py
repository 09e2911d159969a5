"""What the bootstrap costs beside resampling with scikit-learn's metrics, and which interval covers.

    OMP_NUM_THREADS=1 python benchmarks/bootstrap.py [--rows 100000] [--resamples 1000] [--reference 20]
    OMP_NUM_THREADS=1 python benchmarks/bootstrap.py --coverage [--studies 2000]

Two models are compared on the same resamples. scikit-learn is measured on `--reference` resamples in the
same run and scaled up to as many as ours. CPU seconds of the process; the median of three runs of ours.
Both standard errors are printed: they agree as far as so few reference resamples allow.

`--coverage` simulates studies whose truth is known and counts how often each 95% interval holds it.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from functools import partial
from statistics import NormalDist, median
from typing import Any, NamedTuple, get_args

import numpy as np
from sklearn.metrics import ndcg_score, roc_auc_score

from retrain_platform.stats.bootstrap import Method, bootstrap_paired, bootstrap_single
from retrain_platform.stats.delong import delong_paired
from retrain_platform.stats.intervals import Interval, linear_paired, single
from retrain_platform.stats.metrics import METRICS

DAYS, IN_A_QUERY = 365, 10


class Case(NamedTuple):
    """One comparison: ours, and scikit-learn's difference of the rows or queries that `pick` drew."""

    name: str
    ours: Callable[[], Any]
    reference: Callable[[np.ndarray], float]
    pick: Callable[[np.random.Generator], np.ndarray]


def cases(rows: int, resamples: int) -> Iterator[Case]:
    """A quarter of the rows positive, the positives of a day alike; then rankings."""
    draw = np.random.default_rng(0)
    labels = (draw.random(rows) < 0.25).astype(float)
    days = np.sort(draw.integers(0, DAYS, rows))
    a = 0.7 * labels * (1 + 0.3 * draw.normal(size=DAYS)[days]) + draw.normal(size=rows)
    b = a + 0.4 * draw.normal(size=rows)
    of_day = np.split(np.arange(rows), np.searchsorted(days, np.arange(1, DAYS)))

    def differ(chosen: np.ndarray) -> float:
        return roc_auc_score(labels[chosen], a[chosen]) - roc_auc_score(labels[chosen], b[chosen])

    def any_rows(random: np.random.Generator) -> np.ndarray:
        return random.integers(0, rows, rows)

    def whole_days(random: np.random.Generator) -> np.ndarray:
        return np.concatenate([of_day[day] for day in random.integers(0, DAYS, DAYS)])

    ours = partial(bootstrap_paired, labels, a, b, METRICS["auc"], resamples=resamples)
    yield Case("AUC, rows", ours, differ, any_rows)
    yield Case("AUC, days", partial(ours, units=days), differ, whole_days)
    yield rankings(rows // IN_A_QUERY, resamples)
    yield Case("AUC, rows, DeLong", partial(delong_paired, labels, a, b), differ, any_rows)
    closed = partial(linear_paired, labels, a, b, METRICS["auc"], units=days)
    yield Case("AUC, days, closed form", closed, differ, whole_days)


def rankings(queries: int, resamples: int) -> Case:
    """Queries of ten rows with labels 0 to 3, without ties: scikit-learn's faster way applies."""
    draw = np.random.default_rng(1)
    grades = draw.integers(0, 4, (queries, IN_A_QUERY)).astype(float)
    a, b = (grades + spread * draw.normal(size=grades.shape) for spread in (1.5, 1.6))
    whole = np.flatnonzero(grades.any(axis=1))  # scikit-learn counts a query without a relevant row as 0

    def differ(chosen: np.ndarray) -> float:
        values = [ndcg_score(grades[chosen], of[chosen], k=10, ignore_ties=True) for of in (a, b)]
        return values[0] - values[1]

    arrays = [part.ravel() for part in (grades, a, b)]
    named = np.repeat(np.arange(queries), IN_A_QUERY)
    ours = partial(bootstrap_paired, *arrays, METRICS["ndcg@10"], queries=named, resamples=resamples)
    return Case("ndcg@10, queries", ours, differ, lambda random: random.choice(whole, len(whole)))


def cpu(run: Callable[[], Any]) -> tuple[float, Any]:
    """CPU seconds of the process, and what came of it."""
    start = time.process_time()
    result = run()
    return time.process_time() - start, result


def costs(rows: int, resamples: int, reference: int) -> None:
    """Prints a row for each case."""
    print(f"{rows} rows, {resamples} resamples; scikit-learn measured on {reference} and scaled")
    for case in cases(rows, resamples):
        runs = [cpu(case.ours) for _ in range(3)]
        ours, told = median(seconds for seconds, _ in runs), runs[0][1]
        interval = told if isinstance(told, Interval) else told.interval
        random = np.random.default_rng(1)
        slow, differences = cpu(lambda: [case.reference(case.pick(random)) for _ in range(reference)])  # noqa: B023
        scaled = slow / reference * resamples
        print(
            f"{case.name:24s} ours {ours:7.3f} s   scikit-learn {scaled:7.1f} s   ratio {scaled / ours:7.1f}   "
            f"errors {interval.standard_error:.6f}, {np.std(differences, ddof=1):.6f}"
        )


def study(units: int, kind: str, draw: np.random.Generator) -> tuple[dict[str, np.ndarray], str, float]:
    """Rows of one simulated study, its metric, and the true value.

    `shared`: positives score N(1 + .6 z, 1) with a z of their day, negatives N(0, 1). `rows`: the same without
    days, an AUC of .98. `skewed`: a loss with one day in a few far off: 1 + |z| and a row's own.
    """
    if kind == "rows":
        labels = (draw.random(units) < 0.3).astype(float)
        scores = 2.9 * labels + draw.normal(size=units)
        return {"labels": labels, "scores": scores, "units": np.arange(units)}, "auc", NormalDist().cdf(2.9 / 2**0.5)
    days = np.repeat(np.arange(units), draw.integers(40, 120, units))
    effect = draw.normal(size=units)[days]
    if kind == "shared":
        labels = (draw.random(len(days)) < 0.3).astype(float)
        scores = labels * (1 + 0.6 * effect) + draw.normal(size=len(days))
        return {"labels": labels, "scores": scores, "units": days}, "auc", NormalDist().cdf(1 / 2.36**0.5)
    labels = 1 + np.abs(effect) + draw.random(len(days))
    return {"labels": labels, "scores": 0 * labels, "units": days}, "mae", 1.5 + (2 / np.pi) ** 0.5


def coverage(studies: int) -> None:
    """Prints how often each 95% interval held the truth, by kind of study and number of units."""
    ways = [*get_args(Method), "jackknife"]
    print(f"{studies} studies; the standard error of a coverage of .95 is {(0.95 * 0.05 / studies) ** 0.5:.3f}")
    for kind, sizes in {"shared": (7, 14, 28, 56), "skewed": (7, 14, 28, 56), "rows": (100, 300, 1000)}.items():
        for units in sizes:
            draw, hits = np.random.default_rng(units), dict.fromkeys(ways, 0)
            for number in range(studies):
                rows, name, truth = study(units, kind, draw)
                for way in ways:
                    if way == "jackknife":
                        found = single(rows["labels"], rows["scores"], rows["units"], METRICS[name])
                    else:
                        found = bootstrap_single(**rows, metric=METRICS[name], method=way, seed=number).interval
                    hits[way] += bool(found.low <= truth <= found.high)
            print(f"{kind:7s} {units:5d} units  " + "  ".join(f"{way} {hits[way] / studies:.3f}" for way in ways))


def main() -> None:
    """See the module."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--rows", type=int, default=100_000)
    asked.add_argument("--resamples", type=int, default=1000)
    asked.add_argument("--reference", type=int, default=20, help="resamples with scikit-learn")
    asked.add_argument("--coverage", action="store_true")
    asked.add_argument("--studies", type=int, default=2000)
    args = asked.parse_args()
    if args.coverage:
        coverage(args.studies)
    else:
        costs(args.rows, args.resamples, args.reference)


if __name__ == "__main__":
    main()
