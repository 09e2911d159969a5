"""What a comparison of two tables holds in memory, measured in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

SCRIPT = """
import resource, sys
from retrain_platform.adapters.tables import open_table
from retrain_platform.monitoring.table_drift import table_drift
report = table_drift(open_table(sys.argv[1]), open_table(sys.argv[1]))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(report.rows_current, peak // 1024 if sys.platform == "darwin" else peak)  # macOS counts bytes, others KiB
"""
BY_A_SHELL = ("sh", "-c", '"$@"; exit $?', "sh")
"""Linux counts the peak of whoever starts a process as the process's own: a shell's is small, pytest's is not."""


def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    """In one row group each: what is read at once is a batch, whatever the file's layout."""
    peaks = []
    for rows in (200_000, 2_000_000):
        draw = np.random.default_rng(rows)
        columns = {f"x{number}": draw.normal(size=rows) for number in range(8)}
        path = tmp_path / f"{rows}.parquet"
        pq.write_table(pa.table(columns), path, row_group_size=rows, use_dictionary=False, compression="none")
        del columns
        command = [*BY_A_SHELL, sys.executable, "-c", SCRIPT, path]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        counted, peak = map(int, done.stdout.split())
        assert counted == rows
        peaks.append(peak / 1024)
    assert peaks[1] - peaks[0] < 60  # MiB; one side's values alone are 110 MiB more
