"""What is kept of one column: counts in the cells of its grid, and moments. Both add up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from math import inf
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from retrain_platform.stats.grid import Floats, Grid, Keys


@dataclass(frozen=True)
class Moments:
    """Of `n` finite numbers: mean, sum of squared distances from it (`m2`), least and greatest.

    Of no numbers: 0, 0, 0, inf, -inf, the neutral element of `+`.
    """

    n: int = 0
    mean: float = 0.0
    m2: float = 0.0
    least: float = inf
    greatest: float = -inf

    def __add__(self, other: Moments) -> Moments:
        """Of both together (Chan, Golub and LeVeque, 1979), equal to 1e-12 in any order of adding."""
        n = self.n + other.n
        if self.n == 0 or other.n == 0:
            return self if other.n == 0 else other
        apart = other.mean - self.mean
        mean = (self.n * self.mean + other.n * other.mean) / n
        m2 = self.m2 + other.m2 + apart * apart * self.n * (other.n / n)
        return Moments(n, mean, m2, min(self.least, other.least), max(self.greatest, other.greatest))

    @property
    def deviation(self) -> float:
        """The standard deviation (of the population); nan of no numbers."""
        return float(np.sqrt(self.m2 / self.n)) if self.n else float("nan")


def moments_about(grid: Grid, z: Floats, ends: tuple[float, float]) -> Moments:
    """The moments of values of which `z` is (value - centre) * scale, shape (n,), and these the least and greatest.

    One reading suffices where the centre is as near to the mean as the values are: the difference of
    the two sums then loses no more than a digit or two. `z` is spoilt.
    """
    n = len(z)
    if ends[0] == ends[1]:
        return Moments(n, ends[0], 0.0, *ends)
    with np.errstate(over="ignore"):  # numbers near the end of the range: infinite moments
        mean = float(z.sum()) / n
        m2 = float(np.einsum("i,i->", z, z)) - n * mean * mean
        if m2 < n * mean * mean:
            z -= mean
            m2 = float(np.einsum("i,i->", z, z))
        inverse = np.float64(1) / grid.scale
        return Moments(n, float(grid.centre + mean * inverse), float(m2 * inverse * inverse), *ends)


def moments_of(finite: Floats) -> Moments:
    """The moments of finite numbers, of shape (n,)."""
    if len(finite) == 0:
        return Moments()
    with np.errstate(over="ignore", invalid="ignore"):  # numbers near the end of the range: infinite moments
        mean = float(finite.mean())
        apart = finite - mean
        m2 = float(np.square(apart, out=apart).sum())
    return Moments(len(finite), mean, m2, float(finite.min()), float(finite.max()))


@dataclass(frozen=True, eq=False)
class ColumnProfile:
    """Counts of one column's values: equal by content; `+` is exact, associative and commutative.

    `keys` are the cells in use, increasing, and `counts` how many rows each holds (shape (cells,),
    all positive). The other rows are `missing` or infinite: the counts add up to `rows`. Of a numeric
    grid that `repeats`: `usual` is a value of each cell's (one that came first), nan where the summed
    profiles do not agree on it, and `strays` how many rows have another; both are None elsewhere.
    """

    grid: Grid
    keys: Keys
    counts: NDArray[np.int64]
    rows: int
    missing: int
    infinite_low: int = 0
    infinite_high: int = 0
    moments: Moments = Moments()
    usual: Floats | None = None
    strays: NDArray[np.int64] | None = None

    def __add__(self, other: ColumnProfile) -> ColumnProfile:
        """The profile of the rows of both; see `combine`."""
        return combine((self, other))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ColumnProfile):
            return NotImplemented
        return (
            self._scalars() == other._scalars()
            and np.array_equal(self.keys, other.keys)
            and np.array_equal(self.counts, other.counts)
            and np.array_equal(self.values, other.values, equal_nan=True)
            and np.array_equal(self.apart, other.apart)
        )

    def __hash__(self) -> int:
        return hash(self._scalars())

    @property
    def values(self) -> Floats:
        """By cell, the number that all its rows are but for those `apart`; nan where none is known, and of texts."""
        if self.grid.kind == "integer":
            return self.keys.astype(np.float64)
        return np.full(len(self.keys), np.nan) if self.usual is None else self.usual

    @property
    def apart(self) -> NDArray[np.int64]:
        """By cell, the rows that may be another number than its one in `values`: all where it has none."""
        if self.grid.kind == "integer":
            return np.zeros_like(self.counts)
        known = ~np.isnan(self.values)
        return self.counts if self.strays is None else np.where(known, self.strays, self.counts)

    @property
    def missing_share(self) -> float:
        """Missing rows over all rows; nan without rows."""
        return self.missing / self.rows if self.rows else float("nan")

    def _scalars(self) -> tuple[Any, ...]:
        return self.grid, self.rows, self.missing, self.infinite_low, self.infinite_high, self.moments


def all_missing(grid: Grid, rows: int) -> ColumnProfile:
    """The profile of a column that is not there, or of no rows: the neutral element of `+` at 0."""
    keys: Keys = np.empty(0, dtype=object if grid.kind == "category" else np.int64)
    return ColumnProfile(grid, keys, np.empty(0, dtype=np.int64), rows, rows)


def combine(profiles: Sequence[ColumnProfile]) -> ColumnProfile:
    """The sum of one column's profiles, at least one.

    Raises:
        ValueError: no profile, or their grids differ.
    """
    profiles = level(profiles)
    keys, counts = aligned(profiles)
    usual = strays = None
    if profiles[0].grid.repeats:
        usual, strays = shared_values(profiles, keys)
    return ColumnProfile(
        grid=profiles[0].grid,
        keys=keys,
        counts=counts.sum(axis=0),
        rows=sum(each.rows for each in profiles),
        missing=sum(each.missing for each in profiles),
        infinite_low=sum(each.infinite_low for each in profiles),
        infinite_high=sum(each.infinite_high for each in profiles),
        moments=reduce(Moments.__add__, (each.moments for each in profiles)),
        usual=usual,
        strays=None if strays is None else strays.sum(axis=0),
    )


def aligned(profiles: Sequence[ColumnProfile]) -> tuple[Keys, NDArray[np.int64]]:
    """The cells that any of the profiles uses, and each one's counts in them: shape (profiles, cells).

    Raises:
        ValueError: no profile, or their grids differ.
    """
    profiles = level(profiles)
    for each in profiles:
        if each.grid != profiles[0].grid:
            raise ValueError(f"grid == {each.grid}, must be {profiles[0].grid}, as of the profile it is added to")
    keys, cells = _union([each.keys for each in profiles])
    counts = np.zeros((len(profiles), len(keys)), dtype=np.int64)
    owners = np.repeat(np.arange(len(profiles)), [len(each.keys) for each in profiles])
    counts[owners, cells] = np.concatenate([each.counts for each in profiles])
    return keys, counts


def level(profiles: Sequence[ColumnProfile]) -> Sequence[ColumnProfile]:
    """The same profiles, with all texts in buckets where any has its texts in buckets.

    Raises:
        ValueError: no profile.
    """
    if not profiles:
        raise ValueError("profiles == (), must hold at least one")
    buckets = max(each.grid.buckets for each in profiles)
    return [each if each.grid.buckets == buckets else bucketed(each, buckets) for each in profiles]


def bucketed(profile: ColumnProfile, buckets: int) -> ColumnProfile:
    """A profile of texts, thrown into `buckets` by their checksum; the same text always falls into the same one."""
    if profile.grid.kind != "category":
        return profile
    into = np.array([bucket(text, buckets) for text in profile.keys], dtype=np.int64)
    used, place = np.unique(into, return_inverse=True)
    counts = np.zeros(len(used), dtype=np.int64)
    np.add.at(counts, place, profile.counts)
    names = np.array([bucket_name(number) for number in used], dtype=object)
    return replace(profile, grid=Grid("category", buckets=buckets), keys=names, counts=counts)


def bucket(text: str, buckets: int) -> int:
    """The bucket that a text falls into, by its checksum: the same for ever and everywhere."""
    return crc32(text.encode()) % buckets


def bucket_name(number: int) -> str:
    """What stands for a bucket among the keys; in the order of the numbers."""
    return f"bucket {number:05d}"


def shared_values(profiles: Sequence[ColumnProfile], keys: Keys) -> tuple[Floats, NDArray[np.int64]]:
    """The value that all profiles have for each of `keys` (sorted, those of all), nan where they differ.

    And by profile, shape (profiles, keys), how many rows may be another.
    """
    least, greatest = np.full(len(keys), np.inf), np.full(len(keys), -np.inf)
    counts, apart = (np.zeros((len(profiles), len(keys)), dtype=np.int64) for _ in range(2))
    for place, each in enumerate(profiles):
        cells = np.searchsorted(keys, each.keys)
        least[cells] = np.minimum(least[cells], each.values)
        greatest[cells] = np.maximum(greatest[cells], each.values)
        counts[place, cells], apart[place, cells] = each.counts, each.apart
    return np.where(least == greatest, least, np.nan), np.where(least == greatest, apart, counts)


def _union(lists: Sequence[Keys]) -> tuple[Keys, NDArray[np.intp]]:
    """The sorted distinct keys, and where each key of the concatenated lists stands in them."""
    joined = np.concatenate(lists)
    if joined.dtype != object:
        keys, cells = np.unique(joined, return_inverse=True)
        return keys, cells
    texts = joined.tolist()
    ordered = sorted(set(texts))
    place = dict(zip(ordered, range(len(ordered)), strict=True))
    return np.array(ordered, dtype=object), np.array([place[text] for text in texts], dtype=np.intp)
