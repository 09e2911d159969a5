"""Ranking metrics: a value for each query, averaged over the queries in which some row is relevant.

The values by query are those of `stats.ranking`. A query without a relevant row is left out, for every
model alike: there any order is as good as any other (scikit-learn counts it as 0).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrain_platform.stats.metrics.base import Floats, Metric, Recount, Rows
from retrain_platform.stats.metrics.sums import RATIO
from retrain_platform.stats.ranking import average_precision, ndcg, recall, reciprocal_rank

Ints = NDArray[np.intp]

CUT_OFFS = (1, 3, 5, 10, 20, 50, 100)
"""The k of `ndcg@k`, `map@k` and `recall@k`: how many of a query's best rows count."""


@dataclass(frozen=True)
class FromQueries:
    """The mean over queries of `each`, which takes labels, scores and queries to a value for each query."""

    each: Callable[[Floats, Floats, Ints], Floats]

    def value(self, rows: Rows, weights: Floats | None) -> float:
        """See `Measure`."""
        queries = _queries(rows)
        values = self.each(rows.labels, rows.scores, queries)
        weight = np.ones(len(values))
        if weights is not None:
            weight = np.bincount(queries, weights) / np.bincount(queries)
        return float(RATIO.of(_sums(values, weight).sum(axis=1, keepdims=True))[0])

    def without_each(self, rows: Rows, groups: Ints, count: int) -> Floats:
        """See `Measure`. A query that lies in several groups is valued again without each of them."""
        queries = _queries(rows)
        home, whole = _homes(queries, groups)
        values = self.each(rows.labels, rows.scores, queries)
        sums = _sums(values, np.ones(len(values)))
        by_group = np.array([np.bincount(home[whole], part[whole], count) for part in sums])
        rest = sums.sum(axis=1, keepdims=True) - by_group
        split = np.flatnonzero(~whole[queries])
        for group in np.unique(groups[split]):
            touched = np.unique(queries[split][groups[split] == group])
            rest[:, group] -= sums[:, touched].sum(axis=1)
            others = split[np.isin(queries[split], touched) & (groups[split] != group)]
            rest[:, group] += self._again(rows, others)
        return RATIO.of(rest)

    def recounted(self, rows: Rows, units: Ints, count: int) -> Recount:
        """See `Measure`."""
        queries = _queries(rows)
        home, whole = _homes(queries, units)
        if not whole.all():
            raise ValueError(f"queries == {(~whole).sum()} in more than one unit, must be 0: a unit is drawn whole")
        values = self.each(rows.labels, rows.scores, queries)
        sums = np.array([np.bincount(home, part, count) for part in _sums(values, np.ones(len(values)))])
        return lambda draws: RATIO.of(sums @ draws.T)

    def influence(self, rows: Rows) -> Floats:
        """See `Measure`."""
        queries = _queries(rows)
        sums = _sums(self.each(rows.labels, rows.scores, queries), np.ones(int(queries.max()) + 1))
        effect = np.zeros(len(queries))
        effect[np.unique(queries, return_index=True)[1]] = RATIO.slopes(sums.sum(axis=1)) @ sums
        return effect

    def _again(self, rows: Rows, chosen: Ints) -> Floats:
        """The sums of the chosen rows alone, shape (2,)."""
        queries = np.unique(_queries(rows)[chosen], return_inverse=True)[1].astype(np.intp)
        values = self.each(rows.labels[chosen], rows.scores[chosen], queries)
        again: Floats = _sums(values, np.ones(len(values))).sum(axis=1)
        return again


def _queries(rows: Rows) -> Ints:
    if rows.queries is None:
        raise ValueError("queries == None, must name each row's query")
    return rows.queries


def _sums(values: Floats, weight: Floats) -> Floats:
    """The weighted values and the weights of the queries that have a value, shape (2, queries)."""
    known = ~np.isnan(values)
    return np.array([np.where(known, values * weight, 0), np.where(known, weight, 0)])


def _homes(queries: Ints, groups: Ints) -> tuple[Ints, NDArray[np.bool_]]:
    """The group of each query's first row, and whether all its rows are in that one."""
    home = groups[np.unique(queries, return_index=True)[1]]
    whole = np.bincount(queries, groups != home[queries]) == 0
    return home, whole


def _cut(each: Callable[[Floats, Floats, Ints, int], Floats], k: int) -> FromQueries:
    return FromQueries(lambda labels, scores, queries: each(labels, scores, queries, k))


RANKING = (
    *(Metric(f"ndcg@{k}", {"ranking": _cut(ndcg, k)}, True) for k in CUT_OFFS),
    *(Metric(f"map@{k}", {"ranking": _cut(average_precision, k)}, True) for k in CUT_OFFS),
    *(Metric(f"recall@{k}", {"ranking": _cut(recall, k)}, True) for k in CUT_OFFS),
    Metric("mrr", {"ranking": FromQueries(reciprocal_rank)}, True),
)
