"""A few columns of a wide table are read without making up the others."""

from __future__ import annotations

import subprocess
import sys

import pytest

ROWS, WIDE = 50_000, 400
READING = """
import sys
import pyarrow as pa
from retrain_platform.adapters.arrow_rows import frame_of

rows, wide, categories = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "True"
schema = pa.schema([pa.field(f"n{place}", pa.float64()) for place in range(wide)])
part = pa.table({"n7": pa.array(range(rows), pa.float64())})
frame = frame_of([part, part], schema, ["n7"], "wide", categories=categories)
assert frame["n7"].sum() == rows * (rows - 1)
print(pa.default_memory_pool().max_memory())
"""


@pytest.mark.parametrize("categories", [False, True])
def test_columns_that_nobody_asked_for_take_no_memory(categories: bool) -> None:
    """In a process of its own: a pool's peak is of all that ever ran in it."""
    command = [sys.executable, "-c", READING, str(ROWS), str(WIDE), str(categories)]
    peak = int(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    assert peak < 5 * 2 * ROWS * 8
