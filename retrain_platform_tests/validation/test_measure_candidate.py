"""What is measured equals what a direct computation gives."""

import numpy as np
import pytest
from sklearn.metrics import log_loss, roc_auc_score

from retrain_platform.stats.intervals import paired
from retrain_platform.stats.metrics import metric
from retrain_platform.validation.measure import cannot_measure
from retrain_platform.validation.worst import WORST
from retrain_platform_tests.validation.exams import DAYS, Rows, measured, rows


def where(arrays: Rows, chosen: np.ndarray) -> Rows:
    return Rows(*(each[chosen] for each in arrays))


def test_the_whole_equals_scikit_learn_and_is_oriented() -> None:
    arrays = rows(candidate=1.0, champion=0.3)
    found = measured(arrays)
    auc, loss = found.comparisons["auc"], found.comparisons["log_loss"]
    assert auc.candidate == pytest.approx(roc_auc_score(arrays.labels, arrays.candidate))
    assert auc.champion == pytest.approx(roc_auc_score(arrays.labels, arrays.champion))
    assert auc.difference == pytest.approx((auc.candidate or 0) - (auc.champion or 0))
    assert loss.candidate == pytest.approx(log_loss(arrays.labels, arrays.candidate))
    assert loss.difference == pytest.approx((loss.champion or 0) - (loss.candidate or 0))
    assert found.candidate == {"auc": auc.candidate, "log_loss": loss.candidate}
    assert (found.rows, found.days) == (len(arrays.labels), DAYS)


def test_the_interval_is_the_paired_one_of_the_stats_room() -> None:
    arrays = rows()
    expected = paired(arrays.labels, arrays.candidate, arrays.champion, arrays.days, metric("auc"), 0.9)
    found = measured(arrays, confidence=0.9).comparisons["auc"]
    assert (found.low, found.high, found.standard_error) == (expected.low, expected.high, expected.standard_error)
    assert found.confidence == 0.9


def test_a_segment_equals_its_own_rows_measured_alone() -> None:
    arrays = rows()
    found = measured(arrays)
    alone = measured(where(arrays, arrays.origin == "JFK"), segments={})
    assert found.segments["origin=JFK"] == alone.comparisons


def test_small_segments_are_shown_untold_and_pooled() -> None:
    arrays = rows(a_day=400)
    found = measured(arrays, min_segment=30).segments
    small = np.isin(arrays.carrier, ["HA", "OO"])
    assert {name for name in found if name.startswith("carrier")} == {
        f"carrier={name}" for name in ("UA", "DL", "OO", "HA", "other")
    }
    assert found["carrier=other"] == measured(where(arrays, small), segments={}).comparisons
    for name in ("HA", "OO"):
        of = arrays.labels[arrays.carrier == name]
        tiny = found[f"carrier={name}"]["auc"]
        assert (tiny.difference, tiny.candidate) == (None, None)
        assert f"{int(of.sum())} positives, {int((1 - of).sum())} negatives, must be >= 30" in tiny.why


def test_a_real_segment_named_like_the_pool_stays_itself() -> None:
    arrays = rows()
    kind = np.where(arrays.carrier == "UA", "other", arrays.carrier)
    found = measured(arrays, segments={"kind": kind}).segments
    assert found["kind=other"] == measured(where(arrays, kind == "other"), segments={}).comparisons
    assert "kind=other (pooled)" in found


def test_a_regression_counts_rows_not_classes() -> None:
    arrays = rows(a_day=200)
    found = measured(arrays, metrics=["rmse", "mae"], min_segment=50).segments
    assert "must be >= 50" in found["carrier=HA"]["rmse"].why
    assert found["origin=JFK"]["rmse"].difference is not None


def test_rows_without_a_label_do_not_count() -> None:
    arrays = rows()
    holes = arrays.labels.copy()
    holes[::7] = np.nan
    kept = where(arrays, ~np.isnan(holes))
    assert measured(arrays._replace(labels=holes)) == measured(kept)


def test_a_first_model_is_measured_alone() -> None:
    found = measured(rows(), basis="alone")
    assert set(found.candidate) == {"auc", "log_loss"}
    assert (found.comparisons, found.segments, found.worst_rows) == ({}, {}, {})


def test_the_rows_that_a_first_model_missed_by_most_are_kept() -> None:
    arrays = rows()
    ids = np.array([f"row {number}" for number in range(len(arrays.labels))], dtype=object)
    (name, found), *more = measured(arrays, basis="alone", ids=ids).worst_rows.items()
    own = np.abs(arrays.labels - arrays.candidate)
    assert (name, more) == ("all", [])
    assert [row.id for row in found] == [f"row {number}" for number in np.argsort(-own)[:WORST]]
    assert {row.champion for row in found} == {None}


def test_the_rows_that_speak_loudest_against_the_candidate() -> None:
    arrays = rows()
    ids = np.array([f"row {number}" for number in range(len(arrays.labels))], dtype=object)
    harm = np.abs(arrays.labels - arrays.candidate) - np.abs(arrays.labels - arrays.champion)
    found = measured(arrays, ids=ids).worst_rows
    assert [row.id for row in found["all"]] == [f"row {number}" for number in np.argsort(-harm)[:WORST]]
    in_jfk = set(ids[arrays.origin == "JFK"])
    assert {row.id for row in found["origin=JFK"]} <= in_jfk
    assert measured(arrays).worst_rows == {}


def test_what_has_no_interval_says_why() -> None:
    one_day = measured(where(rows(), rows().days == 0)).comparisons["auc"]
    assert one_day.difference is not None
    assert (one_day.low, one_day.standard_error) == (None, None)
    assert "days == 1, too few" in one_day.why
    arrays = rows()
    one_class = measured(arrays._replace(labels=np.zeros_like(arrays.labels))).comparisons["auc"]
    assert one_class.difference is None
    assert "of one class perhaps" in one_class.why


def test_impossible_exams_are_refused() -> None:
    arrays = rows()
    with pytest.raises(ValueError, match="metrics == \\[\\], must name at least one"):
        measured(arrays, metrics=[])
    with pytest.raises(ValueError, match="use cannot_measure"):
        measured(arrays, basis="too few rows")
    with pytest.raises(ValueError, match=r"lengths == \[1400, 1400, 1400, 1399\], must be equal"):
        measured(arrays._replace(days=arrays.days[1:]))
    assert cannot_measure("d1", "why").basis == "too few rows"
