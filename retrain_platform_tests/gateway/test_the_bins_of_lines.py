"""Lines become bins: whatever the order, the batches and the restarts, the sums are those of counting once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy.exc import SQLAlchemyError

from retrain_platform.adapters.bin_store import SqlBins
from retrain_platform.gateway.lines import AnswerLine, BesideLine, FeedbackLine, Line
from retrain_platform.gateway.log import evidence as evidence_module
from retrain_platform.gateway.log.evidence import Evidence
from retrain_platform.gateway.log.joining import Judged
from retrain_platform.release.live.bins import Bin
from retrain_platform.release.split import Split
from retrain_platform_tests.gateway.traffic import EVER, JUDGED, SECOND, START, as_counted, counted, reads, traffic


class Book:
    """Evidence in a file, and the bins that it has."""

    def __init__(self, place: Path, judged: Judged = JUDGED, **options: Any) -> None:
        self._url, self._judged, self._options = f"sqlite:///{place / 'evidence.db'}", judged, options
        self.end = 0
        self.again()

    def again(self) -> None:
        self.evidence = Evidence(self._url, lambda model: self._judged if model == "m" else None, **self._options)

    def judge_by(self, judged: Judged) -> None:
        self._judged = judged

    def fold(self, *lines: Line, now: int = START) -> None:
        found = reads(lines, start=self.end)
        self.end = found[-1].end if found else self.end
        self.evidence.fold(found, {"a/w1-1.jsonl": self.end}, now)

    def bins(self) -> list[Bin]:
        return SqlBins(self._url).bins("m", *EVER)


def answer(identity: str = "r1", version: str = "1", **fields: Any) -> AnswerLine:
    told = {"model": "m", "id": identity, "at": START, "arm": "champion", "seq": 7, "score": 0.8, "ms": 3.0}
    return AnswerLine(**{**told, "version": version, **fields})


def came(kind: str, value: Any = None, **fields: Any) -> FeedbackLine:
    told = {"model": "m", "at": START + 30 * SECOND, "id": "r1", "version": "1", "answered_at": START}
    return FeedbackLine(**{**told, "kind": kind, "value": value, **fields})


@pytest.mark.parametrize("seed", range(4))
def test_batches_and_restarts_change_nothing(seed: int, tmp_path: Path) -> None:
    lines, rng = traffic(seed), Random(seed + 100)
    book, place = Book(tmp_path), 0
    while place < len(lines):
        step = rng.randint(1, 40)
        book.fold(*lines[place : place + step])
        place += step
        if rng.random() < 0.4:
            book.again()
    expected = counted(lines)
    assert any(name.startswith("against") for cell in expected.values() for name in cell)
    found = as_counted(book.bins())
    assert found.keys() == expected.keys()
    for key, cell in expected.items():
        assert found[key] == pytest.approx(cell), key


def test_lines_that_were_counted_are_passed_over(tmp_path: Path) -> None:
    lines, book = traffic(1), Book(tmp_path)
    found = reads(lines)
    for until in (10, 10, 40, len(found)):  # from the beginning each time, as after a restart
        book.evidence.fold(found[:until], {"a/w1-1.jsonl": found[until - 1].end}, START)
    assert as_counted(book.bins()).keys() == counted(lines).keys()
    assert sum(each.rows for each in book.bins()) == sum(not isinstance(line, FeedbackLine) for line in lines)


def test_a_transaction_that_breaks_leaves_nothing_of_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book = Book(tmp_path)
    lines = reads([answer(entity="ann"), came("rating", 2.0)])
    with monkeypatch.context() as broken:
        broken.setattr("retrain_platform.gateway.log.counting.count_up", _breaks)
        with pytest.raises(SQLAlchemyError):
            book.evidence.fold(lines, {"a/w1-1.jsonl": lines[-1].end}, START)
    assert book.bins() == []
    book.evidence.fold(lines, {"a/w1-1.jsonl": lines[-1].end}, START)
    assert [(each.rows, each.entities) for each in book.bins()] == [(1, 1), (0, 0)]


def _breaks(*_: object) -> None:
    raise SQLAlchemyError("the disk is full")


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (2, 1, 0)])
def test_a_label_counts_in_the_bin_in_which_it_came_whoever_is_first(order: tuple[int, ...], tmp_path: Path) -> None:
    parts: list[Line] = [answer(), BesideLine("m", "r1", START, "2", 1.0, 0.4), came("label", 1.0)]
    book = Book(tmp_path)
    for place in order:
        book.fold(parts[place])
        book.again()
    late = [each for each in book.bins() if each.labels]
    assert [(each.version, each.answered, each.labels, each.loss) for each in late] == [
        ("1", True, 1, pytest.approx(0.04)),
        ("2", False, 1, pytest.approx(0.36)),
    ]
    assert [each.against for each in late] == [{"2": {32: 1}}, {"1": {-32: 1}}]


def test_only_the_first_label_of_a_record_counts(tmp_path: Path) -> None:
    book = Book(tmp_path)
    book.fold(answer(), came("label", 1.0), came("label", 0.0))
    book.fold(came("label", 0.0))
    assert sum(each.labels for each in book.bins()) == 1
    assert book.evidence.counts() == {"relabelled": 1}


def test_a_label_that_is_none_of_the_task_s_is_counted_aside(tmp_path: Path) -> None:
    book = Book(tmp_path)
    book.fold(answer(), came("label", "maybe"))
    assert (sum(each.labels for each in book.bins()), book.evidence.counts()) == (0, {"unfit": 1})


def test_a_label_by_entity_joins_its_newest_answer_before(tmp_path: Path) -> None:
    book = Book(tmp_path)
    early = answer("r1", entity="ann", score=0.0)
    newest = answer("r2", entity="ann", at=START + SECOND, score=1.0)
    later = answer("r3", entity="ann", at=START + 20 * SECOND, score=0.0)
    label = came("label", 1.0, id=None, entity="ann", version=None, answered_at=None, known_at=START + 9 * SECOND)
    book.fold(early, newest, later, label)
    assert [(each.labels, each.loss) for each in book.bins() if each.labels] == [(1, 0.0)]


def test_feedback_of_an_entity_waits_for_its_answer_and_not_for_ever(tmp_path: Path) -> None:
    book = Book(tmp_path)
    click = came("click", id=None, entity="ann", version=None, answered_at=None)
    nobody = came("click", id=None, entity="bob", version=None, answered_at=None)
    book.fold(click, nobody)
    book.again()
    book.fold(answer(entity="ann"), now=START + 5 * SECOND)
    assert sum(each.events.get("click", 0) for each in book.bins()) == 1
    book.fold(answer("r9"), now=START + 100 * SECOND)
    assert book.evidence.counts() == {"unmatched": 1}


def test_feedback_of_an_answer_that_nobody_gave_is_counted_aside(tmp_path: Path) -> None:
    book = Book(tmp_path)
    book.fold(came("click", id="strange", known=False, version=None))
    assert (book.bins(), book.evidence.counts()) == ([], {"unknown": 1})


def test_an_entity_is_met_once_while_nobody_s_share_changes(tmp_path: Path) -> None:
    book = Book(tmp_path)
    book.fold(answer(entity="ann"), answer("r2", entity="ann"))
    book.fold(answer("r3", entity="ann"), answer("r4", entity="bob"))
    book.again()
    split = Split(model="m", seq=9, champion="1", canary="2", share=50)
    book.judge_by(JUDGED._replace(split=split))  # a line of the ledger that moved nobody
    book.fold(answer("r4", entity="bob", seq=9), answer("r5", entity="cy", seq=9))
    assert sum(each.entities for each in book.bins()) == 3
    book.judge_by(JUDGED._replace(split=split.model_copy(update={"seq": 11, "share": 100})))
    book.fold(answer("r6", entity="ann", seq=9), answer("r7", entity="ann", seq=11), answer("r8", entity="dot", seq=12))
    assert sum(each.entities for each in book.bins()) == 4
    book.again()
    book.fold(answer("r9", entity="ann", seq=11))
    assert sum(each.entities for each in book.bins()) == 4


def test_what_is_old_is_forgotten(tmp_path: Path) -> None:
    book = Book(tmp_path, remembered=10)
    book.fold(*(answer(f"r{number}", at=START + number * 20 * SECOND) for number in range(30)))
    now = datetime.fromtimestamp(START / SECOND, UTC) + timedelta(seconds=600)
    book.evidence.forget(["a/w1-1.jsonl"], {"m": timedelta(seconds=300)}, now)
    assert book.evidence.marks() == {}
    assert len(book.bins()) == 15
    labels = [came("label", 1.0, id=f"r{number}") for number in (3, 25)]
    found = reads(labels, "a/w1-2.jsonl")
    book.evidence.fold(found, {"a/w1-2.jsonl": found[-1].end}, START)
    assert sum(each.labels for each in book.bins()) == 1
    assert evidence_module.REMEMBERED == 1_000_000
