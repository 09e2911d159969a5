"""The evidence of ripe rows, and the power of a stage."""

import numpy as np
import pytest

from retrain_platform.release.base import Evidence, ReleasePlan
from retrain_platform.release.evidence import detectable, gather
from retrain_platform.stats.intervals import paired
from retrain_platform.stats.metrics import metric
from retrain_platform.stats.sequential import look_confidence
from retrain_platform.validation.margin import weigh

PLAN = ReleasePlan()


def rows(seed: int = 1, days: int = 7, a_day: int = 60) -> tuple[np.ndarray, ...]:
    """Labels, the scores of a good and of a poor version, days."""
    random = np.random.default_rng(seed)
    labels = (random.random(days * a_day) < 0.3).astype(float)
    good = 0.25 * labels + random.random(days * a_day)
    return labels, good, good + 0.8 * random.random(days * a_day), np.repeat(np.arange(days), a_day)


def gathered(arrays: tuple[np.ndarray, ...], name: str = "auc", looks: int = 1) -> Evidence:
    return gather(*arrays, version="2", other="1", periods=("w1",), metric=name, plan=PLAN, looks=looks)


def test_the_evidence_is_the_paired_interval_at_the_looks_confidence() -> None:
    arrays = rows()
    for look in (1, 3):
        expected = paired(*arrays, metric("auc"), look_confidence(0.95, look))
        found = gathered(arrays, looks=look)
        assert (found.difference, found.low, found.high) == (expected.value, expected.low, expected.high)
    assert found.rows == 420
    assert found.difference is not None
    assert found.difference > 0


def test_every_look_is_stricter() -> None:
    widths = [e.high - e.low for look in (1, 2, 5) if (e := gathered(rows(), looks=look)).high and e.low]
    assert widths == sorted(set(widths))
    assert len(widths) == 3


def test_rows_that_one_did_not_score_or_without_label_do_not_count() -> None:
    labels, ours, theirs, days = rows()
    spoiled = (labels.copy(), ours.copy(), theirs.copy(), days)
    for array, row in zip(spoiled, (0, 1, 2), strict=False):
        array[row] = np.nan
    found = gathered(spoiled)
    assert found == gathered((labels[3:], ours[3:], theirs[3:], days[3:]))
    assert found.rows == len(labels) - 3


@pytest.mark.parametrize(
    ("arrays", "why"),
    [
        (tuple(each[:0] for each in rows()), "no labelled row"),
        (tuple(each[:40] for each in rows()), "days == 1, too few"),
        ((np.zeros(420), *rows()[1:]), "auc cannot be computed on 420 rows"),
    ],
)
def test_what_cannot_be_compared_says_why(arrays: tuple[np.ndarray, ...], why: str) -> None:
    found = gathered(arrays)
    assert (found.difference, found.low, found.high) == (None, None, None)
    assert why in found.why


def test_arrays_of_one_holdout_have_one_length() -> None:
    labels, ours, theirs, days = rows()
    with pytest.raises(ValueError, match=r"lengths == \[420, 419, 420, 420\], must be equal"):
        gathered((labels, ours[1:], theirs, days))


@pytest.mark.parametrize(("error", "periods"), [(0.0028, 1), (0.009, 2), (0.02, 4)])
def test_a_fall_of_the_detectable_size_is_called_worse_four_times_in_five(error: float, periods: int) -> None:
    fall = detectable(error, PLAN, periods)
    random = np.random.default_rng(3)
    se = error / periods**0.5
    seen = random.normal(-fall, se, 4000)
    from scipy.stats import norm

    reach = norm.ppf((1 + look_confidence(0.95, periods)) / 2) * se
    called = np.mean([weigh(each, each - reach, each + reach, PLAN.not_worse_by) == "worse" for each in seen])
    assert called == pytest.approx(0.8, abs=0.02)


def test_longer_stages_detect_smaller_falls_and_none_below_the_margin() -> None:
    falls = [detectable(0.01, PLAN, periods) for periods in (1, 2, 4, 8)]
    assert falls == sorted(falls, reverse=True)
    assert detectable(0.0, PLAN, 1) == PLAN.not_worse_by


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((-1.0, 1, 0.8), "standard_error_a_period == -1.0"),
        ((0.1, 0, 0.8), "look == 0"),
        ((0.1, 1, 1.0), "power == 1.0"),
    ],
)
def test_impossible_questions_are_refused(arguments: tuple[float, int, float], message: str) -> None:
    error, periods, power = arguments
    with pytest.raises(ValueError, match=message):
        detectable(error, PLAN, periods, power)
