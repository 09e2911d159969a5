"""How bad a drift is said to be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from retrain_platform.monitoring.severity import SEVERITIES, Limits

SCORES = st.floats(0, 50)


def test_the_limits_are_the_scores_from_which_on():
    found = [Limits().severity(score, None) for score in (0.0, 0.049, 0.05, 0.099, 0.1, 0.249, 0.25, 9.0)]
    assert found == ["none", "none", "low", "low", "moderate", "moderate", "severe", "severe"]


@given(a=SCORES, b=SCORES, noise=SCORES)
def test_more_is_never_less_severe_and_noise_never_makes_it_more(a, b, noise):
    less, more = sorted((a, b))
    rank = {severity: place for place, severity in enumerate(SEVERITIES)}
    assert rank[Limits().severity(less, noise)] <= rank[Limits().severity(more, noise)]
    assert rank[Limits().severity(a, noise)] <= rank[Limits().severity(a, 0.0)]


@given(score=SCORES)
def test_what_is_within_noise_is_none_and_so_is_what_was_not_measured(score):
    assert Limits().severity(score, score) == "none"
    assert Limits().severity(None, score) == "none"


@pytest.mark.parametrize(("low", "moderate", "severe"), [(0.1, 0.1, 0.2), (0.3, 0.2, 0.4), (0.1, 0.3, 0.2), (0, 1, 2)])
def test_limits_must_increase_from_over_zero(low, moderate, severe):
    with pytest.raises(ValidationError):
        Limits(low=low, moderate=moderate, severe=severe)
