"""No segment pays: three outcomes, corrected for their number."""

import pytest
from scipy.stats import t as student

from retrain_platform.stats.sequential import look_confidence
from retrain_platform.validation import Segments
from retrain_platform.validation.base import WorstRow
from retrain_platform.validation.judge import judge
from retrain_platform_tests.validation.exams import AS_OF, DAYS, comparison, known

GATE = Segments(metric="auc", not_worse_by=0.02)
FINE, BAD = {"auc": comparison(0.0, 0.004)}, {"auc": comparison(-0.05, 0.004)}
TINY = {"auc": comparison(None, why="cannot tell: 12 positives, 60 negatives, must be >= 50")}


def test_each_segment_is_answered_worst_first_and_the_untold_last() -> None:
    results = GATE.judge(known(segments={"carrier=HA": TINY, "origin=EWR": FINE, "origin=JFK": BAD}))
    assert [(result.gate, result.verdict, result.blocking) for result in results] == [
        ("segments auc origin=JFK", "failed", True),
        ("segments auc origin=EWR", "passed", True),
        ("segments auc carrier=HA", "cannot tell", False),
    ]
    assert "12 positives" in results[2].sentence
    report = judge([GATE], known(segments={"origin=EWR": FINE, "origin=JFK": BAD}), AS_OF)
    assert "one of 2 questions" in report.results[0].sentence


def test_one_bad_segment_fails_the_candidate_and_a_small_one_does_not_hold_it() -> None:
    assert judge([GATE], known(segments={"a=1": FINE, "a=2": TINY}), AS_OF).verdict == "passed"
    assert judge([GATE], known(segments={"a=1": FINE, "a=2": BAD}), AS_OF).verdict == "failed"


@pytest.mark.parametrize("count", [1, 3, 20])
def test_each_passes_at_the_exams_level_and_all_share_that_of_failing(count: int) -> None:
    seen = known(segments={f"a={number}": FINE for number in range(count)} | {"a=small": TINY})
    passing = look_confidence(0.95, 1)
    failing = 1 - (1 - passing) / count
    result = judge([GATE], seen, AS_OF).results[0]
    assert (result.level, result.fail_level) == (pytest.approx(1 - passing), pytest.approx(1 - failing))
    passes = student.ppf((1 + passing) / 2, DAYS - 1) + student.ppf(0.9, DAYS - 1)
    fails = (student.ppf((1 + failing) / 2, DAYS - 1) + student.ppf(0.95, DAYS - 1)) / 2
    assert result.resolves == pytest.approx(max(passes, fails) * 0.004)


def test_a_fall_that_one_segment_alone_would_show_may_be_chance_among_many() -> None:
    wide, doubtful = Segments(metric="auc", not_worse_by=0.04), {"auc": comparison(-0.041, 0.010)}
    fine = {f"a=fine {number}": FINE for number in range(49)}
    assert judge([wide], known(segments={"a=1": doubtful}), AS_OF).results[0].verdict == "failed"
    assert judge([wide], known(segments={"a=1": doubtful} | fine), AS_OF).results[0].verdict == "cannot tell"


def test_a_failing_segment_lists_its_own_rows() -> None:
    row = WorstRow(id="UA 12", label=1, candidate=0.1, champion=0.9)
    seen = known(segments={"origin=JFK": BAD}, worst_rows={"origin=JFK": (row,), "all": ()})
    assert GATE.judge(seen)[0].rows == (row,)


def test_without_segments_nothing_blocks() -> None:
    results = GATE.judge(known())
    assert [(result.verdict, result.blocking) for result in results] == [("cannot tell", False)]
