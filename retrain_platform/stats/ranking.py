"""How well scores rank the rows of each query, one value a query, tied scores in random order.

Equal scores say nothing about the order of their rows, so a value is the mean over all orders of tied
rows, in closed form: F. McSherry and M. Najork, "Computing information retrieval performance measures
efficiently in the presence of tied scores", ECIR 2008. A constant score therefore earns what chance
does, whatever the order of the rows. A row is relevant where its label is over 0.

Arguments are `labels` (at least 0), `scores` and `queries` (from 0, without gaps), all of shape (rows,), and
`k`, the number of best rows that count. Values are of shape (queries,), nan where no row is relevant.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


class _Ranked(NamedTuple):
    """The rows in order of query, then of falling score, and what their block of ties is like; shape (rows,).

    `rank` is the place within the query from 1, `place` within the block from 1, `size` the rows of the
    block, `order` where each row came from.
    """

    order: Ints
    query: Ints
    rank: Ints
    place: Ints
    size: Ints
    block: Ints


def ndcg(labels: Floats, scores: Floats, queries: Ints, k: int) -> Floats:
    """Discounted cumulative gain over the greatest possible: gains are the labels themselves, the
    discount log2(1 + rank), as in scikit-learn's `ndcg_score` (K. Jaervelin and J. Kekaelaeinen, "Cumulated
    gain-based evaluation of IR techniques", ACM TOIS 20, 2002).
    """
    ranked = _ranked(scores, queries)
    gained = _gain(_block_mean(labels[ranked.order], ranked), ranked, k)
    best = _ranked(labels, queries)
    possible = _gain(labels[best.order], best, k)
    return _over(gained, possible)


def recall(labels: Floats, scores: Floats, queries: Ints, k: int) -> Floats:
    """The share of the relevant rows that are among the best `k`."""
    ranked = _ranked(scores, queries)
    relevant = (labels[ranked.order] > 0).astype(np.float64)
    found = _block_mean(relevant, ranked) * (ranked.rank <= k)
    return _over(_by_query(found, ranked), _by_query(relevant, ranked))


def average_precision(labels: Floats, scores: Floats, queries: Ints, k: int) -> Floats:
    """The precision at the rank of each relevant row among the best `k`, summed, over the most that `k`
    rows could hold of them; their mean over queries is MAP. With `k` of all rows and no ties it is
    scikit-learn's `average_precision_score`.
    """
    ranked = _ranked(scores, queries)
    relevant = (labels[ranked.order] > 0).astype(np.float64)
    inside = np.bincount(ranked.block, relevant)[ranked.block]
    before = _before(relevant, ranked)
    others = np.maximum(ranked.size - 1, 1)
    above = before + 1 + (ranked.place - 1) * (inside - 1) / others  # relevant at this rank or better, if this is
    precision = inside / ranked.size * above / ranked.rank * (ranked.rank <= k)
    most = np.minimum(_by_query(relevant, ranked), k)
    return _over(_by_query(precision, ranked), most)


def reciprocal_rank(labels: Floats, scores: Floats, queries: Ints) -> Floats:
    """One over the rank of the first relevant row; their mean over queries is MRR."""
    ranked = _ranked(scores, queries)
    relevant = (labels[ranked.order] > 0).astype(np.float64)
    inside = np.bincount(ranked.block, relevant)[ranked.block].astype(np.intp)
    decides = (inside > 0) & (_before(relevant, ranked) == 0)
    m, r, j = ranked.size[decides], inside[decides], ranked.place[decides]
    reachable = m - j >= r - 1
    chance = np.zeros(len(m))
    log = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, len(labels) + 1)))])  # of factorials
    m, r, j = m[reachable], r[reachable], j[reachable]
    ways = log[m - j] - log[r - 1] - log[m - j - r + 1]  # of the others, if the first is at j
    chance[reachable] = np.exp(ways - (log[m] - log[r] - log[m - r]))
    value = np.bincount(ranked.query[decides], chance / ranked.rank[decides], int(ranked.query.max()) + 1)
    return np.where(np.bincount(ranked.query, relevant) > 0, value, np.nan)


def _ranked(scores: Floats, queries: Ints) -> _Ranked:
    order = np.lexsort((-scores, queries))
    query, score = queries[order], scores[order]
    row = np.arange(len(order))
    new_query = np.concatenate([[True], query[1:] != query[:-1]])
    new_block = new_query | np.concatenate([[True], score[1:] != score[:-1]])
    block = np.cumsum(new_block) - 1
    first_of_query = np.flatnonzero(new_query)[np.cumsum(new_query) - 1]
    starts = np.flatnonzero(new_block)
    size = np.diff(starts, append=len(order))
    return _Ranked(order, query, row - first_of_query + 1, row - starts[block] + 1, size[block], block)


def _block_mean(values: Floats, ranked: _Ranked) -> Floats:
    """The mean of `values` over the rows that tie with each."""
    mean: Floats = np.bincount(ranked.block, values)[ranked.block] / ranked.size
    return mean


def _before(relevant: Floats, ranked: _Ranked) -> Floats:
    """For each row, the relevant rows of its query in earlier blocks."""
    upto = np.concatenate([[0.0], np.cumsum(relevant)])
    row = np.arange(len(relevant))
    before: Floats = upto[row - ranked.place + 1] - upto[row - ranked.rank + 1]
    return before


def _gain(gains: Floats, ranked: _Ranked, k: int) -> Floats:
    return _by_query(gains / np.log2(ranked.rank + 1.0) * (ranked.rank <= k), ranked)


def _by_query(values: Floats, ranked: _Ranked) -> Floats:
    return np.bincount(ranked.query, values).astype(np.float64)


def _over(part: Floats, whole: Floats) -> Floats:
    share: Floats = np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0)
    return share
