"""Two tables of every awkward kind of column: KS and Wasserstein are those of the values, or say how far off."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats

from retrain_platform.monitoring.one_pass import OnePass
from retrain_platform.monitoring.reports import FeatureDrift
from retrain_platform.monitoring.ruler import Counts, Ruler
from retrain_platform.monitoring.table_drift import table_drift
from retrain_platform.monitoring.tables import Compared, compare_tables
from retrain_platform.stats import distances
from retrain_platform.stats.choosing import SAMPLE, choose_numbers
from retrain_platform.stats.counters import NumberCounter
from retrain_platform.stats.grid import Grid

ROWS = 50_000
UNTIL_THE_END = 10.0
"""No bound is over this: nothing is counted again or sorted."""


@dataclass(frozen=True)
class Rows:
    """A table of columns in memory, in small batches, as a file would give it."""

    name: str
    columns: dict[str, np.ndarray | pa.Array]
    unlike: dict[str, str] = field(default_factory=dict)

    @property
    def table(self) -> pa.Table:
        return pa.table({name: pa.array(values, from_pandas=True) for name, values in self.columns.items()})

    @property
    def types(self) -> dict[str, pa.DataType]:
        return {each.name: each.type for each in self.table.schema}

    @property
    def rows(self) -> int:
        return self.table.num_rows

    def batches(self, columns: Sequence[str], first: bool = False) -> Iterator[pa.RecordBatch]:
        yield from self.table.select(list(columns)).to_batches(max_chunksize=8192)


Draw = np.random.Generator
BED: dict[str, Callable[[Draw, float], np.ndarray]] = {
    "two modes": lambda d, s: d.choice([0.0, 1000.0], ROWS) + d.normal(s * 1e-3, 1e-3, ROWS),
    "two modes, wider": lambda d, s: d.choice([0.0, 1000.0], ROWS) + d.normal(0, 1e-3, ROWS) * (1 + s),
    "constant": lambda d, s: np.full(ROWS, 3.25 + s),
    "cauchy": lambda d, s: d.standard_cauchy(ROWS) + s,
    "lognormal": lambda d, s: d.lognormal(s, 3, ROWS),
    "seconds, sorted": lambda d, s: np.sort(d.integers(1_700_000_000, 1_731_000_000, ROWS)) + int(s * 3e6),
    "seconds, shuffled": lambda d, s: d.integers(1_700_000_000, 1_731_000_000, ROWS) + int(s * 3e6),
    "seconds, fractions": lambda d, s: np.sort(d.random(ROWS)) * 3e7 + 1.7e9 + s * 3e6,
    "modest whole": lambda d, s: d.poisson(20 + s, ROWS),
    "hhmm": lambda d, s: d.integers(0, 24 - int(4 * s), ROWS) * 100 + d.integers(0, 60, ROWS),
    "ids": lambda d, s: d.integers(2**61, 2**62, ROWS) + int(s * 2**58),
    "ids, close": lambda d, s: 2**52 + d.integers(0, 3000, ROWS) + int(s * 500),
    "zero-inflated": lambda d, s: np.where(d.random(ROWS) < 0.9, 0.0, d.exponential(1 + s, ROWS)),
    "decimals": lambda d, s: np.round(d.normal(20 + s, 3, ROWS), 1),
    "rounded": lambda d, s: np.round(d.normal(s, 0.6, ROWS)),
    "nothing": lambda d, s: np.full(ROWS, np.nan),
    "infinities": lambda d, s: np.concatenate([[np.inf] * 500, [-np.inf] * 200, d.normal(s, 1, ROWS - 700)]),
    "denormal": lambda d, s: d.normal(1 + s, 0.1, ROWS) * 1e-310,
    "huge": lambda d, s: d.normal(1 + s, 1, ROWS) * 1e300,
    "far from zero": lambda d, s: d.normal(1e9 + s, 1, ROWS),
    "very far from zero": lambda d, s: d.normal(1e15 + 3 * s, 3, ROWS),
    "near a number": lambda d, s: 1 + d.normal(s, 1, ROWS) * 1e-12,
    "far at last": lambda d, s: np.append(np.zeros(ROWS // 2), d.normal(1e9 + s, 1, ROWS - ROWS // 2)),
    "sorted": lambda d, s: np.sort(d.normal(s, 1, ROWS)),
    "missing at first": lambda d, s: np.append(np.full(ROWS // 2, np.nan), d.normal(5e8 + s, 1, ROWS - ROWS // 2)),
    "beyond float32": lambda d, s: np.append(d.normal(s, 1, ROWS - 60), d.normal(2 + s, 0.1, 60) * 1e100),
    "single precision": lambda d, s: d.normal(s, 1, ROWS).astype(np.float32),
}  # fmt: skip
NO_DEVIATION = {"constant", "nothing", "denormal", "huge"}
"""Columns whose deviation is 0, or not a number that a float holds."""


def bed(seed: int, shift: float) -> dict[str, np.ndarray]:
    draw = np.random.default_rng(seed)
    return {name: make(draw, shift) for name, make in BED.items()}


REFERENCE = bed(1, 0.0)
CURRENT = {shift: bed(2, shift) for shift in (0.0, 1.0)}


@pytest.fixture(scope="module", params=[(0.0, None), (1.0, None), (1.0, UNTIL_THE_END)], ids=str)
def compared(request) -> tuple[float, float | None, Compared]:
    """No shift, a shift, and a shift for which nothing is counted again or sorted."""
    shift, tolerance = request.param
    with np.errstate(all="raise", under="ignore"):
        tables = Rows("before", REFERENCE), Rows("now", CURRENT[shift])
        limit = {} if tolerance is None else {"tolerance": tolerance}
        return shift, tolerance, compare_tables(*tables, list(BED), **limit)


def feature(of: Compared, name: str) -> FeatureDrift:
    return next(each for each in of.report.features if each.feature == name)


def known(name: str, shift: float) -> tuple[np.ndarray, np.ndarray]:
    sides = (side[name].astype(np.float64) for side in (REFERENCE, CURRENT[shift]))
    before, now = (side[~np.isnan(side)] for side in sides)
    return before, now


@pytest.mark.parametrize("name", [name for name in BED if name != "nothing"])
def test_ks_is_within_its_bound_and_near_where_the_bound_is_narrow(compared, name):
    shift, tolerance, found = compared
    each = feature(found, name)
    exact = stats.ks_2samp(*known(name, shift), method="asymp").statistic
    assert each.scores["ks"] - 1e-12 <= exact <= each.scores["ks"] + each.ks_bound + 1e-12
    assert abs(each.scores["ks"] - exact) <= 0.0005 or each.ks_bound > 0.0005
    if tolerance is None:
        assert abs(each.scores["ks"] - exact) <= 0.0005
        assert each.ks_bound <= 0.002


@pytest.mark.parametrize("name", [name for name in BED if name != "nothing"])
def test_wasserstein_is_scipys_to_half_a_percent_or_the_bound_is_wide(compared, name):
    shift, tolerance, found = compared
    each = feature(found, name)
    before, now = (side[np.isfinite(side)] for side in known(name, shift))
    exact = stats.wasserstein_distance(before, now)
    if tolerance is not None and (each.moved is None or each.ks_bound > 0.002):
        return
    assert each.moved == pytest.approx(exact, rel=0.005, abs=1e-300)
    if name not in NO_DEVIATION:
        assert each.scores["wasserstein"] == pytest.approx(exact / before.std(), rel=0.006)
    else:
        assert each.scores["wasserstein"] is None


def test_what_is_hard_is_sorted_and_what_is_not_is_counted(compared):
    """Else the tests above would prove nothing of the cells, or nothing of the cure."""
    _, tolerance, found = compared
    wide = {each.feature for each in found.report.features if (each.ks_bound or 0) > 0.002}
    if tolerance is None:
        assert not wide
    else:
        assert {"far at last", "missing at first", "sorted", "two modes"} <= wide
        assert "cauchy" not in wide


def test_nothing_is_unknown_and_missing(compared):
    each = feature(compared[2], "nothing")
    assert (each.scores["ks"], each.scores["wasserstein"], each.moved, each.ks_bound) == (None, None, None, None)
    assert (each.missing_reference, each.missing_current, each.scores["missing_share"]) == (1, 1, 0)


def test_psi_tells_a_shift_from_none(compared):
    shift, tolerance, found = compared
    for each in found.report.features:
        if tolerance is None and each.feature != "nothing":
            assert (each.scores["psi"] > 3 * each.sampling["psi"]) == (shift > 0), each.feature


def test_numbers_beyond_float32_have_no_distance_in_cells_rather_than_a_wrong_one():
    values = BED["beyond float32"](np.random.default_rng(6), 0.0)
    grid = choose_numbers(values[:5000], whole=False)
    past, now = (NumberCounter(grid) for _ in range(2))
    past.add(values)
    now.add(np.append(values, 1e200))
    counts, ruler = Counts.of([past.profile(), now.profile()]), Ruler.of(past.profile())
    assert np.isnan(ruler.moved(counts.part(0, 1), counts.part(1, 2))).all()


def test_the_measures_are_those_of_the_bins_that_the_report_shows():
    now = CURRENT[1.0] | {"kind": np.random.default_rng(3).choice(["a", "b", "new"], ROWS)}
    before = REFERENCE | {"kind": np.random.default_rng(4).choice(["a", "b", "c"], ROWS, p=[0.5, 0.498, 0.002])}
    report = table_drift(Rows("before", before), Rows("now", now))
    assert len(report.columns) == len(now)
    for column in report.columns:
        p, q = (np.array(side, dtype=float) for side in (column.bins.reference, column.bins.current))
        assert (p + q > 0).all()
        assert (p.sum(), q.sum()) == (ROWS, ROWS)
        a, b = (side + 0.5 for side in (p, q))
        a, b, p, q = a / a.sum(), b / b.sum(), p / p.sum(), q / q.sum()
        middle = (p + q) / 2
        halves = [np.where(side > 0, side * np.log(np.where(side > 0, side, 1) / middle), 0).sum() for side in (p, q)]
        assert column.psi == pytest.approx(((b - a) * np.log(b / a)).sum(), abs=1e-9)
        assert column.kl == pytest.approx((b * np.log(b / a)).sum(), abs=1e-9)
        assert column.chi_squared == pytest.approx(((b - a) ** 2 / a).sum(), abs=1e-9)
        assert column.js == pytest.approx(np.sqrt(max(sum(halves) / 2, 0)), abs=1e-7)  # a root of a difference
        assert column.hellinger == pytest.approx(np.sqrt(((np.sqrt(q) - np.sqrt(p)) ** 2).sum() / 2), abs=1e-9)
        assert (column.psi, column.js) == pytest.approx(
            (distances.psi(p * ROWS, q * ROWS), distances.js(p, q)), abs=1e-9
        )


def test_the_sample_for_counting_again_is_evenly_of_all_rows():
    """Rows at the end must not outweigh those at the start, however many blocks there were."""
    rows = np.arange(400_000)
    counted = OnePass(Rows("t", {"x": rows}), {"x": Grid("numeric")}, None, lambda rows: None)
    kept = counted.sample("x")
    steps = np.unique(np.diff(kept))
    assert len(steps) == 1
    assert kept[0] == 0
    assert kept[-1] + steps[0] >= len(rows)
    assert SAMPLE / 2 < len(kept) < 3 * SAMPLE


def test_a_column_counted_again_keeps_its_correlation_in_segments_too():
    draw = np.random.default_rng(5)
    half = np.repeat(["north", "south"], ROWS // 2)
    common = draw.normal(size=ROWS)
    before = {"late": np.append(np.zeros(9000), 1e9 + common[9000:]), "other": common, "half": half}
    now = {"late": np.append(np.zeros(9000), 1e9 - common[9000:]), "other": common, "half": half}
    found = compare_tables(Rows("before", before), Rows("now", now), ["late", "other"], "half")
    late, other = (feature(found, name) for name in ("late", "other"))
    assert late.ks_bound <= 0.002
    assert late.correlation == other.correlation
    assert late.correlation_noise == other.correlation_noise is not None
    assert (late.correlated, other.correlated) == ("other", "late")
    south = next(each for each in found.report.segments["half"]["south"] if each.feature == "late")
    assert south.ks_bound < 0.01
    exact = stats.ks_2samp(before["late"][half == "south"], now["late"][half == "south"], method="asymp").statistic
    assert south.scores["ks"] - 1e-12 <= exact <= south.scores["ks"] + south.ks_bound


def test_correlations_of_large_tables_are_of_drawn_rows_and_say_so():
    draw = np.random.default_rng(8)
    a, b = draw.normal(size=(2, 300_000))
    before = {"a": a, "b": b, "c": a + b}
    now = {"a": a, "b": b, "c": a - b}
    report = table_drift(Rows("before", before), Rows("now", now))
    c, other = (next(each for each in report.columns if each.name == name) for name in "ca")
    exact = np.abs(np.corrcoef(b, a + b)[0, 1] - np.corrcoef(b, a - b)[0, 1])
    assert c.correlated == "b"
    assert 0 < abs(c.correlation - exact) < c.correlation_noise < 0.02
    assert other.correlation < other.correlation_noise
    assert report.notes == (
        "correlations are of 100,000 rows a side, evenly drawn: chance alone changes them by their noise",
    )
    few = {name: values[:1000] for name, values in now.items()}
    assert table_drift(Rows("before", few), Rows("now", few)).notes == ()


@pytest.mark.parametrize("shift", [0.0, 1.0])
def test_crowds_a_billion_widths_apart_are_told_in_the_bins_too(shift):
    """No grid of float32 parts both crowds: one of them is a single cell, in which any shift is hidden."""
    draw = np.random.default_rng(9)
    crowd = draw.choice([0.0, 1e3], (2, ROWS))
    before, now = (crowd[side] + draw.normal(side * shift * 1e-6, 1e-6, ROWS) for side in (0, 1))
    before[:100] = now[:100] = np.nan
    (column,) = table_drift(Rows("before", {"x": before}), Rows("now", {"x": now})).columns
    assert column.ks == pytest.approx(stats.ks_2samp(before[100:], now[100:], method="asymp").statistic, abs=1e-12)
    assert (column.psi > 3 * column.noise) == (shift > 0)
    assert column.severity == ("severe" if shift else "none")
    sides = before[100:], now[100:]
    edges = np.quantile(sides[0], np.arange(1, 10) / 10)
    p, q = ((np.bincount(np.searchsorted(edges, side), minlength=10) + 0.5) / (len(side) + 5) for side in sides)
    assert column.psi == pytest.approx(((q - p) * np.log(q / p)).sum(), rel=0.05, abs=0.005)
    assert sum(column.bins.current) == sum(column.bins.reference) == ROWS
    assert sum(rows > 0 for rows in column.bins.reference) == 11
