"""Drift of features and new categories: limits, noise, dwell, references."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from retrain_platform.monitoring.reports import DRIFT_METHODS
from retrain_platform.policy import FeatureDriftPolicy, NewCategoriesPolicy
from retrain_platform.policy.base import Action, Finding
from retrain_platform.policy.history import History
from retrain_platform_tests.policy.drawn import histories
from retrain_platform_tests.policy.histories import feature, history, psi_reports, report

WEEK = 11


def judge(drift: tuple[Any, ...], **fields: Any) -> Finding:
    policy = FeatureDriftPolicy(**{"features": ["*"], "over": 0.2, "dwell": "3w", **fields})
    return policy.decide(history(WEEK, drift=drift))


class TestDwell:
    @pytest.mark.parametrize(
        ("scores", "verdict", "held"),
        [
            ([0.3, 0.3, 0.3], "fired", 3),
            ([0.3, 0.3, 0.3, 0.3], "fired", 4),
            ([0.1, 0.3, 0.3], "holding", 2),
            ([0.3, 0.1, 0.3], "holding", 1),
            ([0.3, 0.3, 0.3, 0.2], "quiet", 0),
            ([0.3, None, 0.3, 0.3], "holding", 2),
            ([0.3], "holding", 1),
        ],
    )
    def test_counts_periods_running_that_end_now(self, scores: list[float | None], verdict: str, held: int) -> None:
        found = judge(psi_reports(WEEK, carrier=scores))
        assert (found.verdict, found.held, found.needed) == (verdict, held, 3)

    def test_is_one_period_where_none_is_given(self) -> None:
        assert judge(psi_reports(WEEK, carrier=[0.1, 0.3]), dwell=None).fired

    def test_is_served_by_each_feature_itself(self) -> None:
        """Three weeks running some feature is over, none of them three weeks running."""
        assert judge(psi_reports(WEEK, carrier=[0.3, 0.1, 0.3], dest=[0.1, 0.3, 0.3])).verdict == "holding"

    def test_begins_again_with_another_reference(self) -> None:
        """A new champion is measured against other periods."""
        before, now = psi_reports(WEEK - 1, carrier=[0.3, 0.3]), report(WEEK, feature("carrier", {"psi": 0.3}))
        assert judge((*before, now)).fired
        assert judge((*before, now.model_copy(update={"reference": ("2013-02-05",)}))).held == 1

    def test_asks_to_watch_while_it_lasts(self) -> None:
        assert judge(psi_reports(WEEK, carrier=[0.3])).action is Action.WATCH


class TestLimits:
    def test_noise_of_its_own_widens_the_limit_and_the_sentence_says_so(self) -> None:
        def found(noise: float) -> Finding:
            return judge((report(WEEK, feature("temp", {"psi": 0.3}, {"psi": noise})),), dwell="1w")

        assert found(0.1).limit == 0.2
        assert found(0.29).fired
        assert found(0.29).limit == 0.29
        assert "0.3 of temp against 0.29 (widened by its noise)" in found(0.29).sentence
        assert found(0.3).verdict == "quiet"
        assert "widened" not in found(0.1).sentence

    def test_the_limit_itself_is_within(self) -> None:
        assert judge(psi_reports(WEEK, carrier=[0.2]), dwell="1w").verdict == "quiet"

    @pytest.mark.parametrize("method", DRIFT_METHODS)
    def test_every_distance_is_judged_by_its_own_score(self, method: str) -> None:
        scores = dict.fromkeys(DRIFT_METHODS, 0.0) | {method: 0.5}
        found = judge((report(WEEK, feature("carrier", scores)),), method=method, dwell="1w")
        assert found.fired
        assert f"{method} over its limit: 0.5 of carrier against 0.2 for 1 period" in found.sentence

    def test_an_unknown_distance_is_refused(self) -> None:
        with pytest.raises(
            ValidationError, match="'psi', 'js', 'kl', 'ks', 'wasserstein', 'chi_squared' or 'hellinger'"
        ):
            FeatureDriftPolicy(features=["*"], method="cosine", over=0.2)

    @given(known=histories(), low=st.floats(0.01, 1), high=st.floats(0.01, 1), dwell=st.integers(1, 4))
    @settings(max_examples=60, deadline=None)
    def test_asking_more_never_fires_more(self, known: History, low: float, high: float, dwell: int) -> None:
        def fires(over: float, weeks: int, at_least: int) -> bool:
            policy = FeatureDriftPolicy(features=["*"], over=over, dwell=f"{weeks}w", at_least=at_least)
            return policy.decide(known).fired

        if fires(max(low, high), dwell + 1, 2):
            assert fires(min(low, high), dwell + 1, 2)
            assert fires(max(low, high), dwell, 2)
            assert fires(max(low, high), dwell + 1, 1)


class TestFeatures:
    DRIFT = psi_reports(WEEK, carrier=[0.5], dest=[0.4], temp=[0.3], wind_speed=[0.1])

    @pytest.mark.parametrize(
        ("patterns", "value"), [(["dest"], 0.4), (["t*", "wind*"], 0.3), (["*"], 0.5), (["wind_?peed"], 0.1)]
    )
    def test_are_named_by_pattern(self, patterns: list[str], value: float) -> None:
        assert judge(self.DRIFT, features=patterns).value == value

    @pytest.mark.parametrize(
        ("at_least", "verdict", "value"), [(1, "fired", 0.5), (3, "fired", 0.3), (4, "quiet", 0.1)]
    )
    def test_as_many_as_asked_must_drift(self, at_least: int, verdict: str, value: float) -> None:
        found = judge(self.DRIFT, at_least=at_least, dwell="1w")
        assert (found.verdict, found.value) == (verdict, value)

    def test_are_all_named_with_score_and_limit(self) -> None:
        said = judge(self.DRIFT, dwell="1w").sentence
        assert said == (
            "psi over its limit: 0.5 of carrier against 0.2 for 1 period, 0.4 of dest against 0.2 for 1 period, "
            "0.3 of temp against 0.2 for 1 period (dwell 1 period)"
        )

    def test_the_nearest_is_named_when_none_drifts(self) -> None:
        said = judge(self.DRIFT, over=0.9).sentence
        assert said == "psi within limits, nearest 0.5 of carrier against 0.9"

    def test_that_are_not_there_are_named_too(self) -> None:
        assert judge(self.DRIFT, features=["carrier", "tailnumm"]).sentence.endswith("; no feature is named tailnumm")

    @pytest.mark.parametrize(
        ("drift", "fields", "said"),
        [
            ((), {}, "no drift was measured for 2013-03-19"),
            (psi_reports(WEEK - 1, carrier=[0.5]), {}, "no drift was measured for 2013-03-19"),
            (DRIFT, {"features": ["tail*"]}, "psi was not measured for any feature named tail*"),
            (DRIFT, {"method": "ks"}, "ks was not measured for any feature named *"),
            (DRIFT, {"at_least": 5}, "psi was measured for 4 of *, at_least == 5"),
        ],
    )
    def test_without_a_score_it_cannot_tell(self, drift: tuple[Any, ...], fields: dict[str, Any], said: str) -> None:
        found = judge(drift, **fields)
        assert (found.verdict, found.sentence) == ("cannot tell", said)


class TestNewCategories:
    @pytest.mark.parametrize(("share", "verdict"), [(0.15, "quiet"), (0.151, "fired")])
    def test_over_fifteen_percent(self, share: float, verdict: str) -> None:
        drift = (
            report(
                WEEK,
                feature("carrier", {"new_category_share": share}, new=("ZZ", "YY")),
                feature("temp", {"new_category_share": None}),
            ),
        )
        found = NewCategoriesPolicy(features=["*"]).decide(history(WEEK, drift=drift))
        assert (found.verdict, found.limit) == (verdict, 0.15)
        assert ("(new: ZZ, YY)" in found.sentence) == (verdict == "fired")

    def test_numbers_have_no_categories(self) -> None:
        drift = (report(WEEK, feature("temp", {"new_category_share": None})),)
        assert NewCategoriesPolicy(features=["temp"]).decide(history(WEEK, drift=drift)).verdict == "cannot tell"
