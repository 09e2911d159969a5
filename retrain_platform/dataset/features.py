"""Which columns are learned from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase


class BadFeatures(ValueError):
    """Patterns that do not fit the columns: every problem, one after the other."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(problems))


def select_features(
    columns: Sequence[str],
    *,
    include: Sequence[str] = ("*",),
    exclude: Sequence[str] = (),
    forbidden: Sequence[str | None] = (),
) -> list[str]:
    """The columns that a pattern of `include` matches and none of `exclude`, in their own order.

    Patterns are globs and mind the case. `forbidden` columns (label, times, entity) and the
    platform's own (leading '_') are never learned from; a glob passes over them in silence, naming
    one outright is an error. So is a pattern that matches nothing: a typing mistake in `exclude`
    would let a leak in.

    Raises:
        BadFeatures: with every pattern that does not fit, or when no column is left.

    >>> select_features(["carrier", "arr_delay", "late"], exclude=["*_delay"], forbidden=["late"])
    ['carrier']
    """
    problems = list(_misfits(columns, include, exclude, forbidden))
    chosen = [
        name
        for name in columns
        if not name.startswith("_") and name not in forbidden and _any(name, include) and not _any(name, exclude)
    ]
    if not chosen and not problems:
        problems.append(f"features.include == {list(include)} and features.exclude == {list(exclude)} leave no column")
    if problems:
        raise BadFeatures(problems)
    return chosen


def _any(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _misfits(
    columns: Sequence[str], include: Sequence[str], exclude: Sequence[str], forbidden: Sequence[str | None]
) -> Iterator[str]:
    has = ", ".join(name for name in columns if not name.startswith("_")) or "none"
    for field, patterns in (("features.include", include), ("features.exclude", exclude)):
        for pattern in patterns:
            if not any(fnmatchcase(name, pattern) for name in columns):
                yield f"{field} == {pattern!r} matches no column; there are {has}"
    for pattern in include:
        if pattern in columns and (pattern in forbidden or pattern.startswith("_")):
            yield f"features.include == {pattern!r}, must not be the label, a time, the entity or an internal column"
