"""Our comparison in a process that has it imported, against the mere decoding of the same files: CPU seconds.

    python warm.py REFERENCE CURRENT --runs 3     # prints one line of JSON

Everything runs once before it is timed, so the files are in the page cache.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from statistics import median

import pyarrow as pa
import pyarrow.parquet as pq


def ours(reference: str, current: str) -> object:
    """All measures of all columns of two files."""
    from retrain_platform.adapters.tables import open_table
    from retrain_platform.monitoring.table_drift import table_drift

    return table_drift(open_table(reference), open_table(current))


def decode(path: str, *, dictionaries: bool) -> None:
    """Read every batch in one thread; texts plain or as dictionaries."""
    texts = [field.name for field in pq.read_schema(path) if pa.types.is_string(field.type)]
    with pq.ParquetFile(path, read_dictionary=texts if dictionaries else None) as file:
        for _ in file.iter_batches(use_threads=False):
            pass


def timed(work: Callable[[], object]) -> float:
    """CPU seconds of all threads of this process."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


def seconds(reference: str, current: str, runs: int) -> dict[str, float | list[float]]:
    """Medians by what was done, every run beside them."""

    def both(dictionaries: bool) -> None:
        for path in (reference, current):
            decode(path, dictionaries=dictionaries)

    works: dict[str, Callable[[], object]] = {
        "plain": lambda: both(False),
        "dictionaries": lambda: both(True),
        "ours": lambda: ours(reference, current),
    }
    taken: dict[str, list[float]] = {name: [] for name in works}
    for at in range(runs + 1):
        for name, work in works.items():
            took = timed(work)
            taken[name] += [took] if at else []
    told: dict[str, float | list[float]] = {}
    for name, each in taken.items():
        told |= {name: median(each), f"{name}_runs": each}
    return told


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("reference")
    parser.add_argument("current")
    parser.add_argument("--runs", type=int, default=3)
    chosen = parser.parse_args()
    print(json.dumps(seconds(chosen.reference, chosen.current, chosen.runs)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
