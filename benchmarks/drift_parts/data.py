"""Two Parquet files of 30 columns of numbers and 10 of texts, of which about a third drifted by known amounts.

    python data.py FOLDER --rows 1000000 [--row-group 131072] [--seed 7]

Written row group by row group, so that any number of rows needs the memory of one group. A row
group's values depend on the seed, the side, its position and the column only.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

Draw = Callable[[np.random.Generator, int, float], NDArray[np.generic]]
"""(generator, rows, amount of drift) to that many values; the reference is drawn with an amount of 0."""

SIDES = ("reference", "current")
YEAR_START = 1_700_000_000
STREETS = ("lane", "road", "street", "avenue")
WEEK = 7 * 86_400


class Column(NamedTuple):
    """One column: how its values are drawn, by how much the current side moved, the share of missing values.

    The meaning of `drift` is the shape's own: standard deviations, a factor less 1, or a share.
    """

    name: str
    draw: Draw
    drift: float = 0.0
    missing: float = 0.0


def _normal(centre: float, spread: float) -> Draw:
    """Moved by `drift` standard deviations."""
    return lambda rng, rows, drift: rng.normal(centre + drift * spread, spread, rows)


def _lognormal(sigma: float) -> Draw:
    """Multiplied by exp(drift)."""
    return lambda rng, rows, drift: rng.lognormal(drift, sigma, rows)


def _exponential(scale: float) -> Draw:
    """Multiplied by 1 + drift."""
    return lambda rng, rows, drift: rng.exponential(scale * (1 + drift), rows)


def _uniform(low: float, high: float) -> Draw:
    """Both ends moved by `drift` widths."""
    return lambda rng, rows, drift: rng.uniform(low, high, rows) + drift * (high - low)


def _whole(high: int) -> Draw:
    """0 to high - 1; a share `drift` of the rows is drawn from the lower half."""

    def draw(rng: np.random.Generator, rows: int, drift: float) -> NDArray[np.int64]:
        values = rng.integers(0, high, rows)
        return np.where(rng.random(rows) < drift, values // 2, values)

    return draw


def _counted(mean: float) -> Draw:
    """Poisson, its mean multiplied by 1 + drift."""
    return lambda rng, rows, drift: rng.poisson(mean * (1 + drift), rows).astype(np.int64)


def _hhmm(rng: np.random.Generator, rows: int, drift: float) -> NDArray[np.int64]:
    """The time of day as 100 * hour + minute, later by `drift` hours at the middle of the day."""
    minutes = rng.normal(13 * 60 + drift * 60, 200, rows).astype(np.int64) % 1440
    return minutes // 60 * 100 + minutes % 60


def _zero_inflated(zeros: float) -> Draw:
    """A share of zeros, less by `drift`; the others are exponential."""
    return lambda rng, rows, drift: rng.exponential(3.0, rows) * (rng.random(rows) >= zeros - drift)


def _epoch(rng: np.random.Generator, rows: int, drift: float) -> NDArray[np.float64]:
    """Seconds since 1970 within a week, `drift` weeks later."""
    return np.floor(YEAR_START + WEEK * (drift + rng.random(rows)))


def _category(count: int, new: int = 0) -> Draw:
    """Names by Zipf's law, its exponent 1 + drift; of a drifted column 1% of the rows are of `new` further names."""

    def draw(rng: np.random.Generator, rows: int, drift: float) -> NDArray[np.int32]:
        weights = 1 / np.arange(1, count + 1) ** (1 + drift)
        drawn = np.searchsorted(np.cumsum(weights)[:-1] / weights.sum(), rng.random(rows), side="right")
        if new and drift:
            unseen = rng.random(rows) < 0.01
            drawn[unseen] = count + rng.integers(0, new, int(unseen.sum()))
        return drawn.astype(np.int32)

    return draw


NUMBERS = (
    Column("normal_0", _normal(0, 1)),
    Column("normal_1", _normal(100, 15), drift=0.05),
    Column("normal_2", _normal(-5, 0.01), drift=0.2),
    Column("normal_3", _normal(1e6, 1), drift=0.5),
    Column("normal_4", _normal(0, 1e-6), missing=0.02),
    Column("normal_5", _normal(37, 0.4)),
    Column("normal_6", _normal(2000, 500), drift=1.0, missing=0.1),
    Column("lognormal_0", _lognormal(0.5)),
    Column("lognormal_1", _lognormal(1.0), drift=0.1),
    Column("lognormal_2", _lognormal(2.0), missing=0.05),
    Column("lognormal_3", _lognormal(3.0)),
    Column("lognormal_4", _lognormal(1.5), drift=0.5),
    Column("exponential_0", _exponential(1.0)),
    Column("exponential_1", _exponential(60.0), drift=0.05),
    Column("exponential_2", _exponential(1e-3)),
    Column("exponential_3", _exponential(1e5), drift=0.3, missing=0.3),
    Column("uniform_0", _uniform(0, 1)),
    Column("uniform_1", _uniform(-180, 180)),
    Column("uniform_2", _uniform(1e9, 1.1e9), drift=0.02),
    Column("uniform_3", _uniform(0, 100)),
    Column("whole_0", _whole(2)),
    Column("whole_1", _whole(101), drift=0.1),
    Column("whole_2", _whole(1_000_000)),
    Column("counted_0", _counted(4.0), drift=0.1),
    Column("hhmm_0", _hhmm, drift=0.25),
    Column("zeros_0", _zero_inflated(0.9)),
    Column("zeros_1", _zero_inflated(0.5), drift=0.05),
    Column("zeros_2", _zero_inflated(0.99)),
    Column("epoch_0", _epoch, drift=1.0),
    Column("epoch_1", _epoch, drift=0.1),
)

TEXTS = {
    Column("text_3", _category(3)): 3,
    Column("text_5", _category(5), drift=0.1): 5,
    Column("text_8", _category(8), missing=0.03): 8,
    Column("text_12", _category(12, new=2), drift=0.05): 14,
    Column("text_20", _category(20)): 20,
    Column("text_50", _category(50)): 50,
    Column("text_100", _category(100), drift=0.2): 100,
    Column("text_200", _category(200)): 200,
    Column("text_350", _category(350)): 350,
    Column("text_500", _category(500, new=20), drift=0.02): 520,
}
"""Each with how many names there are, the unseen ones included."""


def write(folder: Path, rows: int, row_group: int, seed: int) -> list[Path]:
    """Both files, as `reference.parquet` and `current.parquet`."""
    return [_write(folder / f"{side}.parquet", side, rows, row_group, seed) for side in SIDES]


def _write(path: Path, side: str, rows: int, row_group: int, seed: int) -> Path:
    writer = None
    for group, start in enumerate(range(0, rows, row_group)):
        table = _group(side, group, min(row_group, rows - start), seed)
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table, row_group_size=row_group)
    if writer:
        writer.close()
    return path


def _group(side: str, group: int, rows: int, seed: int) -> pa.Table:
    arrays = {}
    for at, column in enumerate((*NUMBERS, *TEXTS)):
        rng = np.random.default_rng([seed, SIDES.index(side), group, at])
        values = column.draw(rng, rows, column.drift if side == "current" else 0.0)
        mask = rng.random(rows) < column.missing if column.missing else None
        arrays[column.name] = _texts(values, mask, TEXTS[column]) if column in TEXTS else pa.array(values, mask=mask)
    return pa.table(arrays)


def _texts(codes: NDArray[np.generic], mask: NDArray[np.bool_] | None, names: int) -> pa.Array:
    """Plain strings, as most files have them."""
    words = pa.array([f"{STREETS[at % 4]}-{at:03d}" for at in range(names)])
    return pa.DictionaryArray.from_arrays(pa.array(codes, mask=mask), words).cast(pa.string())


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=1_000_000, help="of each side")
    parser.add_argument("--row-group", type=int, default=1 << 17, help="rows a row group")
    parser.add_argument("--seed", type=int, default=7)
    chosen = parser.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    for path in write(chosen.folder, chosen.rows, chosen.row_group, chosen.seed):
        print(path)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
