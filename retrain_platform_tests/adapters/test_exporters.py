"""Exports: our own folder first and always, the others once each, again where they fail, and never in the way."""

from __future__ import annotations

import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from retrain_platform.adapters.exporters import Exports, exported
from retrain_platform.release.exporting import Export, FolderExport, HttpRouteExport, PythonExport
from retrain_platform.release.split import Split

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
GIVEN: list[int] = []
GATE = threading.Event()


def keep(split: Split) -> None:
    GIVEN.append(split.seq)


def breaks(split: Split) -> None:
    GIVEN.append(split.seq)
    raise ConnectionError("no mesh there")


def hangs(split: Split) -> None:
    GATE.wait(20)


class Folder:
    def __init__(self) -> None:
        self.published: list[int] = []

    def publish(self, split: Split) -> None:
        self.published.append(split.seq)


class Home:
    """Exports over a folder, on a clock that a test moves."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.record, self.now = Folder(), folder / "exported.json", NOW

    def to(self, *others: Export, wait: float = 20.0) -> Exports:
        return Exports(self.folder, others, self.record, wait=wait, now=lambda: self.now)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    GIVEN.clear()
    GATE.clear()
    return Home(tmp_path)


def split(seq: int, champion: str | None = "2") -> Split:
    return Split(model="m", seq=seq, champion=champion)


def test_each_split_is_carried_out_once_by_whatever_process(home: Home) -> None:
    mine = PythonExport(call=f"{__name__}:keep")
    for seq in (3, 3, 4, 3):
        home.to(mine).publish(split(seq))
    assert GIVEN == [3, 4]
    assert home.folder.published == [3, 3, 4, 3]


def test_before_anybody_answers_nothing_is_told_to_others(home: Home) -> None:
    home.to(PythonExport(call=f"{__name__}:keep")).publish(split(1, None))
    assert (GIVEN, home.folder.published) == ([], [1])


def test_one_that_fails_is_tried_again_later_and_keeps_nobody_else(home: Home, tmp_path: Path) -> None:
    exports = home.to(PythonExport(call=f"{__name__}:breaks"), FolderExport(path=str(tmp_path / "out")))
    exports.publish(split(3))
    exports.publish(split(3))
    assert GIVEN == [3]
    broken, other = exported(home.record).values()
    assert (broken.tries, broken.since, other.seq) == (1, NOW, 3)
    assert broken.problem == "python: ConnectionError: no mesh there"
    assert Split.model_validate_json((tmp_path / "out" / "m.json").read_bytes()) == split(3)
    assert broken.again is not None
    home.now = broken.again
    exports.publish(split(3))
    again = next(iter(exported(home.record).values()))
    assert (GIVEN, again.tries, again.since) == ([3, 3], 2, NOW)
    assert again.again == home.now + timedelta(seconds=4)


def test_one_that_hangs_delays_no_publishing(home: Home) -> None:
    exports = home.to(PythonExport(call=f"{__name__}:hangs"), wait=0.0)
    try:
        for seq in (3, 4, 5):
            exports.publish(split(seq))
        assert home.folder.published == [3, 4, 5]
    finally:
        GATE.set()


def test_a_route_is_written_and_applied_by_the_command_in_words(home: Home, tmp_path: Path) -> None:
    copy = "import shutil, sys; shutil.copy(sys.argv[1], sys.argv[2])"
    applied = tmp_path / "applied; touch x.yaml"
    command = (sys.executable, "-c", copy, "{file}", str(applied))
    home.to(HttpRouteExport(path=str(tmp_path), gateways=("g",), apply=command)).publish(split(3))
    assert yaml.safe_load(applied.read_text())["kind"] == "HTTPRoute"
    assert applied.read_text() == (tmp_path / "m.yaml").read_text()


def test_a_command_that_fails_is_told_with_what_it_said(home: Home, tmp_path: Path) -> None:
    says = ("import sys; sys.exit('forbidden: routes')",)
    command = (sys.executable, "-c", *says)
    home.to(HttpRouteExport(path=str(tmp_path), gateways=("g",), apply=command)).publish(split(3))
    (found,) = exported(home.record).values()
    assert "ended with 1: forbidden: routes" in found.problem
    assert found.seq == -1


def test_a_function_that_is_not_there_is_told(home: Home) -> None:
    home.to(PythonExport(call="nowhere.at_all:publish")).publish(split(3))
    (found,) = exported(home.record).values()
    assert "must name a module that can be imported" in found.problem


def test_a_record_that_was_torn_begins_anew(home: Home) -> None:
    home.record.write_text("{", encoding="utf-8")
    home.to(PythonExport(call=f"{__name__}:keep")).publish(split(3))
    assert GIVEN == [3]
