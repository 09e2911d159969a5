"""What only the real lake must stand: other writers, kills, full disks, other programs."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError

from retrain_platform.adapters import delta_lake
from retrain_platform.adapters.delta_lake import DeltaLake
from retrain_platform.dataset.stores import StoreBusy, StoreFull

T = "flight_delay/events"

WRITER = """
import sys
from pathlib import Path
import pandas as pd
import pyarrow as pa
from retrain_platform.adapters.delta_lake import DeltaLake
lake, mine = DeltaLake(Path(sys.argv[1])), sys.argv[2]
for turn in range(4):
    lake.replace("m/t", "shared", pd.DataFrame({"by": [mine] * 3, "turn": [turn] * 3}))
    lake.replace("m/t", "same", pd.DataFrame({"by": ["all"], "turn": [0]}))
    lake.replace("m/t", f"own-{mine}-{turn}", pd.DataFrame({"by": [mine], "turn": [turn]}))
"""


@pytest.fixture
def lake(tmp_path: Path) -> DeltaLake:
    return DeltaLake(tmp_path / "lake")


def files(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "lake").rglob("*.parquet"))


def test_processes_that_write_at_once_neither_lose_nor_double(tmp_path: Path) -> None:
    place = tmp_path / "lake"
    running = [subprocess.Popen([sys.executable, "-c", WRITER, str(place), mine]) for mine in "abc"]
    assert [process.wait(timeout=60) for process in running] == [0, 0, 0]
    lake = DeltaLake(place)
    shared = lake.read("m/t", ["shared"])
    assert len(shared) == 3, "one writer's rows, whole"
    assert shared["by"].nunique() == 1
    assert shared["turn"].unique().tolist() == [3]
    assert len(lake.read("m/t", ["same"])) == 1
    assert lake.periods("m/t") == sorted(
        ["shared", "same", *(f"own-{who}-{turn}" for who in "abc" for turn in range(4))]
    )


def test_of_two_first_writers_of_a_period_none_doubles(lake: DeltaLake, monkeypatch: pytest.MonkeyPatch) -> None:
    lake.replace(T, "a", pd.DataFrame({"x": [1]}))
    commit = DeltaLake._commit
    other = iter([pd.DataFrame({"x": [7]})])

    def after_another(self: DeltaLake, *arguments: object) -> None:
        for frame in other:
            DeltaLake(self._root).replace(T, "b", frame)
        commit(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(DeltaLake, "_commit", after_another)
    version = lake.replace(T, "b", pd.DataFrame({"x": [8, 9]}))
    assert lake.read(T, ["b"])["x"].tolist() == [8, 9]
    assert lake.read(T, ["b"], version=version - 1)["x"].tolist() == [7]


def test_a_writer_that_never_wins_says_so(lake: DeltaLake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lake.replace(T, "a", pd.DataFrame({"x": [1]}))
    before = files(tmp_path)

    def lost(*_: object, **__: object) -> None:
        raise CommitFailedError("a concurrent transaction")

    monkeypatch.setattr(DeltaLake, "_commit", lost)
    with pytest.raises(StoreBusy, match=f"period 'a' of table '{T}': other writers won 12 times"):
        lake.replace(T, "a", pd.DataFrame({"x": [2]}))
    assert files(tmp_path) == before


def full(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("step", ["fsync", "replace", "mkdir"])
def test_a_full_disk_at_the_rows_leaves_the_content_before(
    lake: DeltaLake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    version = lake.replace(T, "a", pd.DataFrame({"x": [1]}))
    with monkeypatch.context() as patched:
        patched.setattr(os, step, full)
        with pytest.raises(StoreFull, match="no space left: free some and run again"):
            lake.replace(T, "b" if step == "mkdir" else "a", pd.DataFrame({"x": [2]}))
    assert lake.version(T) == version
    assert lake.read(T, ["a"])["x"].tolist() == [1]
    assert len(files(tmp_path)) == 1, "nothing half-written is left"
    assert not list((tmp_path / "lake").rglob(".writing-*"))
    lake.replace(T, "a", pd.DataFrame({"x": [2]}))
    assert lake.read(T, ["a"])["x"].tolist() == [2]


def test_a_full_disk_at_the_commit_leaves_the_content_before(
    lake: DeltaLake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.replace(T, "a", pd.DataFrame({"x": [1]}))

    def by_rust(*_: object, **__: object) -> None:
        raise OSError("Generic LocalFileSystem error: No space left on device (os error 28)")

    with monkeypatch.context() as patched:
        patched.setattr(DeltaTable, "create_write_transaction", by_rust)
        with pytest.raises(StoreFull):
            lake.replace(T, "a", pd.DataFrame({"x": [2]}))
    assert lake.read(T, ["a"])["x"].tolist() == [1]
    assert len(files(tmp_path)) == 1


def test_a_full_disk_after_the_commit_loses_nothing(lake: DeltaLake, monkeypatch: pytest.MonkeyPatch) -> None:
    lake.replace(T, "a", pd.DataFrame({"x": [1]}))
    commit = DeltaTable.create_write_transaction

    def without_checkpoint(self: DeltaTable, *arguments: Any, **named: Any) -> None:
        commit(self, *arguments, **named)
        raise OSError("Generic LocalFileSystem error: No space left on device (os error 28)")

    with monkeypatch.context() as patched:
        patched.setattr(DeltaTable, "create_write_transaction", without_checkpoint)
        version = lake.replace(T, "a", pd.DataFrame({"x": [2]}))
    assert lake.version(T) == version
    assert lake.read(T, ["a"])["x"].tolist() == [2]


def test_another_fault_stays_what_it_is(lake: DeltaLake, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object) -> None:
        raise PermissionError(errno.EACCES, "denied")

    monkeypatch.setattr(os, "replace", denied)
    with pytest.raises(PermissionError):
        lake.replace(T, "a", pd.DataFrame({"x": [1]}))


def test_a_write_killed_before_its_commit_shows_nothing(
    lake: DeltaLake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.replace(T, "a", pd.DataFrame({"x": [1]}))

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(DeltaTable, "create_write_transaction", killed)
        with pytest.raises(KeyboardInterrupt):
            lake.replace(T, "a", pd.DataFrame({"x": [2]}))
    assert len(files(tmp_path)) == 2, "the file is there, and no version names it"
    assert lake.read(T, ["a"])["x"].tolist() == [1]


def test_the_same_content_again_writes_no_file(lake: DeltaLake, tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": [1.5, None], "s": ["a", None]})
    lake.replace(T, "a", frame)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "lake").rglob("*.*")}
    lake.replace(T, "a", frame.copy())
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "lake").rglob("*.*")} == before


def test_any_delta_reader_can_open_the_table(lake: DeltaLake, tmp_path: Path) -> None:
    lake.replace(T, "a", pd.DataFrame({"x": [1, 2]}))
    lake.replace(T, "b", pd.DataFrame({"x": [3], "late": [True]}))
    plain = DeltaTable(tmp_path / "lake" / T)
    assert plain.metadata().partition_columns == ["_period"]
    seen = plain.to_pandas().sort_values("x")
    assert seen["x"].tolist() == [1, 2, 3]
    assert seen["_period"].tolist() == ["a", "a", "b"]


def test_rows_that_another_program_split_come_in_order(lake: DeltaLake, tmp_path: Path) -> None:
    lake.replace(T, "a", pd.DataFrame({"x": range(200)}))
    plain = DeltaTable(tmp_path / "lake" / T)
    plain.update(updates={"x": "x + 1000"}, predicate="x % 2 = 0")
    plain.optimize.compact()
    expected = [x + 1000 if x % 2 == 0 else x for x in range(200)]
    assert sorted(lake.read(T, ["a"])["x"]) == sorted(expected)
    assert lake.replace(T, "a", pd.DataFrame({"x": range(200)})) > plain.version()
    assert lake.read(T, ["a"])["x"].tolist() == list(range(200))


def test_a_period_of_several_files_is_put_in_order(lake: DeltaLake, monkeypatch: pytest.MonkeyPatch) -> None:
    lake.replace(T, "first", pd.DataFrame({"x": [1, 2]}))
    lake.replace(T, "second", pd.DataFrame({"x": [3, 4]}))
    both = [path for found in delta_lake._files(lake._open(T)).values() for path in found]  # type: ignore[arg-type]
    monkeypatch.setattr(delta_lake, "_files", lambda _: {"split": both})
    assert lake.read(T, ["split"])["x"].tolist() in ([1, 3, 2, 4], [3, 1, 4, 2]), "both first places, then both second"


def test_old_versions_outlive_checkpoints(lake: DeltaLake, tmp_path: Path) -> None:
    versions = [lake.replace(T, "a", pd.DataFrame({"x": [turn]})) for turn in range(45)]
    assert list((tmp_path / "lake" / T / "_delta_log").glob("*.checkpoint.parquet"))
    assert [lake.read(T, ["a"], version=versions[turn])["x"].item() for turn in (0, 19, 20, 44)] == [0, 19, 20, 44]


@pytest.mark.parametrize("table", ["", "../outside", "/absolute", "a//b", "a/../b"])
def test_a_table_s_name_cannot_leave_the_lake(lake: DeltaLake, table: str) -> None:
    with pytest.raises(ValueError, match="table == "):
        lake.replace(table, "a", pd.DataFrame({"x": [1]}))
    with pytest.raises(ValueError, match="table == "):
        lake.version(table)


def test_a_frame_that_is_read_in_blocks_of_columns_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lake, frame = DeltaLake(tmp_path), pd.DataFrame({f"c{place}": [place, place + 1] for place in range(5)})
    lake.replace("m/wide", "a", frame.assign(text=["x", None]))
    monkeypatch.setattr("retrain_platform.adapters.delta_lake._BLOCK", 4)
    pool = pa.default_memory_pool().backend_name
    found = lake.read("m/wide", ["a"], columns=["c4", "text", "c0", "c2", "c1"], categories=True)
    assert pa.default_memory_pool().backend_name == pool, "Arrow's pool is as it was"
    assert list(found.columns) == ["c4", "text", "c0", "c2", "c1"]
    pd.testing.assert_frame_equal(found.drop(columns="text"), frame[["c4", "c0", "c2", "c1"]])
    assert found["text"].astype(object).tolist()[0] == "x"
    assert len(lake.read("m/wide", ["a"], columns=[], categories=True).columns) == 0
