"""How a period's columns changed: vanished, retyped, emptied, added, rescaled or moved.

Rescaled or moved (another unit, another normalisation): the spread from the 10th to the 90th
percentile is over twice or under half the median of the earlier ones, and 6 times further from it (in
logarithms) than any of them; or the middle is 3 times the widest spread away, and 6 times further
than any. A column that does not vary within its periods (a year, a month) is not judged.

Beside 8 earlier periods a spread that varies from period to period passes the second part with a
chance of 3e-5 (independent normal), 6e-5 (random walk) or 2e-3 (Student's t with 3 degrees of freedom),
however much it varies. On the flights of 2013 both together never alarmed, over 7,220 columns and
periods of days, weeks and months; made 10 times larger, columns that do not follow the weather are
always told, those that do in 0 to 9 of 10 weeks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from math import exp, log
from statistics import median

from retrain_platform.dataset.soundness import ColumnShape, Shape

_FAMILY: dict[str, str] = {
    "numeric": "numbers",
    "integer": "numbers",
    "bool": "numbers",
    "category": "texts",
    "time": "times",
}
"""A column of whole numbers turns float at its first missing value: no change of type."""

_EARLIER = 6
"""Fewer earlier periods do not say how much a column moves by itself."""
_FAR = 6.0
"""How many times further than any earlier period, from their median, is beyond all of them by far."""
_FACTOR = 2.0
"""A spread that is not twice or half the usual is no other unit, however steady the column was."""
_REACH = 3.0
"""A middle that is not this many spreads away is no other origin."""


def changes(
    current: Shape,
    usual: Sequence[Shape],
    *,
    features: Sequence[str] = (),
    filled_later: Sequence[str] = (),
    told: Sequence[str] = (),
) -> list[str]:
    """What became of the columns, a plain sentence each; empty where they are as they were.

    `usual` are earlier periods with the columns as they should be (any that has no rows is left out);
    what most of them have is what is asked for. Of `features` it is also said which one is new and
    which one was rescaled or moved. `filled_later` are glob patterns of columns that may be empty in
    a young period: the label, and what is known only with it. Of the columns `told` something is said elsewhere.
    """
    earlier = [shape for shape in usual if shape.rows]
    if not current.rows or not earlier:
        return []
    return [
        *_columns(current, earlier, filled_later, told),
        *_added(current, earlier, [name for name in features if name not in told]),
        *_rescaled(current, earlier, features),
    ]


def _columns(
    current: Shape, earlier: Sequence[Shape], filled_later: Sequence[str], told: Sequence[str]
) -> Iterator[str]:
    for name in dict.fromkeys(name for shape in earlier for name in shape.columns if name not in told):
        before = [shape.columns[name] for shape in earlier if name in shape.columns]
        if 2 * len(before) <= len(earlier):
            continue
        now = current.columns.get(name)
        filled = [column for column in before if column.missing < 1]
        if now is None:
            yield f"column {name!r} vanished"
        elif 2 * len(filled) <= len(before):
            continue
        elif now.missing == 1:
            if not any(fnmatchcase(name, pattern) for pattern in filled_later):
                yield f"column {name!r} turned all null"
        else:
            family = Counter(_FAMILY[column.kind] for column in filled).most_common(1)[0][0]
            if _FAMILY[now.kind] != family:
                yield f"column {name!r} changed from {family} to {_FAMILY[now.kind]}"


def _added(current: Shape, earlier: Sequence[Shape], features: Sequence[str]) -> Iterator[str]:
    known = {name for shape in earlier for name in shape.columns}
    for name in features:
        if name in current.columns and name not in known:
            yield f"column {name!r} is new"


def _rescaled(current: Shape, earlier: Sequence[Shape], features: Sequence[str]) -> Iterator[str]:
    for name in features:
        now, before = current.columns.get(name), [shape.columns.get(name) for shape in earlier]
        told = None if now is None else _renormalised(now, [column for column in before if column is not None])
        if told is not None:
            yield f"column {name!r} {told}"


def _renormalised(now: ColumnShape, before: Sequence[ColumnShape]) -> str | None:
    known = [column.tenths for column in before if column.tenths is not None]
    if now.tenths is None or len(known) < _EARLIER:
        return None
    spreads = [high - low for low, _, high in known]
    spread, usual = now.tenths[2] - now.tenths[0], median(spreads)
    if min(spreads) > 0 and spread > 0:
        moved = abs(log(spread / usual))
        if moved > max(log(_FACTOR), _FAR * max(abs(log(one / usual)) for one in spreads)):
            ordinary = exp(max(abs(log(one / usual)) for one in spreads))
            return (
                f"was rescaled: from its 10th to its 90th percentile it spans {spread:.4g}, {spread / usual:.3g} times "
                f"the usual {usual:.4g}, of which earlier periods had at most {ordinary:.3g} times"
            )
    middles = [middle for _, middle, _ in known]
    centre, reach = median(middles), max(*spreads, spread)
    away = abs(now.tenths[1] - centre)
    if reach > 0 and away > max(_REACH * reach, _FAR * max(abs(middle - centre) for middle in middles)):
        return (
            f"was moved: its middle is {now.tenths[1]:.4g}, {away / reach:.3g} times its widest spread away from "
            f"the usual {centre:.4g}"
        )
    return None
