"""A few columns of a wide table are read without making up the others."""

from __future__ import annotations

import pyarrow as pa
import pytest

from retrain_platform.adapters.arrow_rows import frame_of

ROWS, WIDE = 50_000, 400


@pytest.mark.parametrize("categories", [False, True])
def test_columns_that_nobody_asked_for_take_no_memory(categories: bool) -> None:
    usual, counted = pa.default_memory_pool(), pa.proxy_memory_pool(pa.default_memory_pool())
    schema = pa.schema([pa.field(f"n{place}", pa.float64()) for place in range(WIDE)])
    part = pa.table({"n7": pa.array(range(ROWS), pa.float64())})
    pa.set_memory_pool(counted)
    try:
        frame = frame_of([part, part], schema, ["n7"], "wide", categories=categories)
    finally:
        pa.set_memory_pool(usual)
    assert frame["n7"].sum() == pytest.approx(ROWS * (ROWS - 1))
    assert counted.max_memory() < 5 * 2 * ROWS * 8
