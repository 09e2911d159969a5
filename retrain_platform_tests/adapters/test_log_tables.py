"""The gateway's tables in the lake over many commits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from deltalake import DeltaTable

from retrain_platform.adapters.log_tables import LogTables

AT = datetime(2026, 3, 1, tzinfo=UTC)
COMMITS = 64
"""More than two of the spans after which an open table is opened anew."""


def beside(number: int) -> dict[str, list[object]]:
    return {
        "id": [f"r{number}"],
        "at": [AT + timedelta(seconds=number)],
        "version": ["2"],
        "ms": [1.0],
        "score": [0.5],
        "scores": [None],
        "error": [None],
    }


def test_each_row_and_each_mark_stands_once_however_many_commits_there_were(tmp_path: Path) -> None:
    tables = LogTables(tmp_path)
    for number in range(COMMITS):
        tables.append("m", "beside", beside(number), {"w1": number + 1}, until=None)
        assert tables.taken("m", "beside", "w1") == number + 1
    kept = DeltaTable(tmp_path / "m" / "beside")
    assert kept.version() == COMMITS - 1
    assert sorted(kept.to_pyarrow_table(columns=["id"])["id"].to_pylist()) == sorted(f"r{n}" for n in range(COMMITS))
    assert kept.metadata().configuration["delta.checkpointInterval"] == "50"
