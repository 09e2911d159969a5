"""Many severe features; correlations; the shares of the segments; the champion's scores."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from retrain_platform.policy import (
    CorrelationPolicy,
    FeatureDriftPolicy,
    PredictionDriftPolicy,
    SegmentMixPolicy,
    SevereFeaturesPolicy,
)
from retrain_platform.policy.base import Action, Finding
from retrain_platform.stats.tails import of_periods
from retrain_platform_tests.policy.histories import champion, feature, history, psi_reports, report, shifted

WEEK = 11


class TestOneReference:
    """A rule that takes other periods as time goes on is one reference; other periods without a rule are another."""

    @pytest.mark.parametrize(
        ("bases", "held"), [(("season", "season"), 2), (("", ""), 1), (("last 3", "season"), 1), (("", "season"), 1)]
    )
    def test_a_streak_lasts_as_long_as_its_reference(self, bases: tuple[str, str], held: int) -> None:
        drift = tuple(
            each.model_copy(update={"basis": basis, "reference": (f"2013-01-0{place}",)})
            for place, (each, basis) in enumerate(zip(psi_reports(WEEK, a=[0.3, 0.3]), bases, strict=True), 1)
        )
        assert FeatureDriftPolicy(features=["a"], over=0.2).decide(history(WEEK, drift=drift)).held == held


def counted(*weeks: dict[str, float], **fields: Any) -> Finding:
    """The newest weeks' PSI by feature."""
    names = weeks[0]
    drift = psi_reports(WEEK, **{name: [week[name] for week in weeks] for name in names})
    return SevereFeaturesPolicy(**{"more_than": 1, **fields}).decide(history(WEEK, drift=drift))


class TestSevere:
    TWO = {"a": 0.3, "b": 0.26, "c": 0.11, "d": 0.06, "e": 0.01}
    ONE = {**TWO, "b": 0.2}

    def test_more_than_the_limit_must_be_severe(self) -> None:
        found = counted(self.TWO)
        assert (found.verdict, found.action, found.value, found.limit) == ("fired", Action.INVESTIGATE, 2, 1)
        assert found.sentence == (
            "of 5 features 2 severe (a, b), 1 moderate, 1 low, limit 1 severe; over it for 1 of 1 period"
        )
        assert counted(self.ONE).verdict == "quiet"
        assert counted(self.TWO, more_than=2).verdict == "quiet"

    @pytest.mark.parametrize("noise", [{"noise": {"psi": 0.3}}, {"sampling": {"psi": 0.3}}])
    def test_what_is_within_its_noise_is_not_severe(self, noise: Any) -> None:
        names = {"a": noise, "b": {}}
        features = [feature(name, {"psi": 0.3}, **known) for name, known in names.items()]
        found = SevereFeaturesPolicy(more_than=1).decide(history(WEEK, drift=(report(WEEK, *features),)))
        assert (found.verdict, found.value) == ("quiet", 1)

    def test_without_then_the_dwell_comes_first(self) -> None:
        assert counted(self.TWO, self.TWO, dwell="2w").action is Action.INVESTIGATE
        assert counted(self.ONE, self.TWO, dwell="2w").verdict == "holding"

    def test_with_then_it_investigates_at_once_and_retrains_after_the_dwell(self) -> None:
        first = counted(self.ONE, self.TWO, dwell="2w", then="retrain")
        assert (first.verdict, first.action, first.held, first.needed) == ("fired", Action.INVESTIGATE, 1, 2)
        later = counted(self.TWO, self.TWO, dwell="2w", then="retrain")
        assert (later.verdict, later.action) == ("fired", Action.RETRAIN)
        assert counted(self.TWO, self.ONE, dwell="2w", then="retrain").action is Action.NONE

    @pytest.mark.parametrize(
        ("fields", "said"),
        [
            ({"then": "retrain"}, "must have a dwell after which it is asked for"),
            ({"then": "watch", "dwell": "2w"}, "must ask for more than action == investigate"),
            ({"limits": {"low": 0.3, "moderate": 0.2, "severe": 0.5}}, "must increase"),
        ],
    )
    def test_what_cannot_be_meant_is_refused(self, fields: Any, said: str) -> None:
        with pytest.raises(ValidationError, match=said):
            SevereFeaturesPolicy(**fields)

    def test_nothing_measured_cannot_be_told(self) -> None:
        assert SevereFeaturesPolicy().decide(history(WEEK)).verdict == "cannot tell"
        assert counted(self.TWO, features=["zz*"]).sentence == "psi was not measured for any feature named zz*"


def correlated(*changes: float, noise: float = 0.1, periods: int = 8, **fields: Any) -> Finding:
    first = WEEK - len(changes) + 1
    known = {"correlated": "temp", "correlation_noise": noise, "noise_periods": periods}
    drift = [report(first + n, feature("wind", {}, correlation=change, **known)) for n, change in enumerate(changes)]
    return CorrelationPolicy(**fields).decide(history(WEEK, drift=tuple(drift)))


class TestCorrelation:
    def test_a_change_over_the_limit_fires_and_names_both(self) -> None:
        found = correlated(0.31)
        assert found.fired
        assert (
            found.sentence
            == "change of correlation over its limit: 0.31 of wind with temp against 0.3 for 1 period (dwell 1 period)"
        )
        assert correlated(0.3).verdict == "quiet"

    def test_its_noise_widens_the_limit(self) -> None:
        found = correlated(0.4, noise=0.45)
        assert (found.verdict, found.limit) == ("quiet", 0.45)

    def test_a_dwell_is_of_periods_running(self) -> None:
        assert correlated(0.4, 0.4, dwell="2w").fired
        assert correlated(0.4, 0.2, 0.4, dwell="2w").verdict == "holding"

    def test_without_reference_periods_it_cannot_tell(self) -> None:
        assert "takes 2 reference periods" in correlated(0.9, periods=1).sentence
        assert correlated(0.9, features=["x"]).sentence == "no correlation was measured for any feature named x"


class TestSegmentMix:
    def test_fires_when_the_shares_shift(self) -> None:
        found = SegmentMixPolicy().decide(history(WEEK, drift=(shifted(WEEK, 0.3),)))
        assert (found.verdict, found.value, found.limit) == ("fired", 0.3, 0.2)
        assert found.sentence.startswith("the shares of all segment columns: psi over its limit: 0.3 of origin")
        assert SegmentMixPolicy().decide(history(WEEK, drift=(shifted(WEEK, 0.2),))).verdict == "quiet"

    def test_only_of_the_named_columns(self) -> None:
        found = SegmentMixPolicy(segments=["carrier"]).decide(history(WEEK, drift=(shifted(WEEK, 0.3),)))
        assert found.sentence == "no shares were measured for any segment column named carrier"

    def test_its_noise_is_carried_out_to_the_stated_alarms(self) -> None:
        drift = (shifted(WEEK, 0.3, noise=0.1),)
        found = SegmentMixPolicy(false_alarms=0.01).decide(history(WEEK, drift=drift))
        assert (found.verdict, found.limit) == ("quiet", pytest.approx(0.1 * of_periods(4, 0.01)))


def predicted(*weeks: Any, version: str = "1", **fields: Any) -> Finding:
    return PredictionDriftPolicy(**fields).decide(history(WEEK, drift=weeks, champion=champion(3, version)))


class TestPredictions:
    def test_fires_when_the_champions_scores_shift(self) -> None:
        found = predicted(shifted(WEEK, 0.3))
        assert found.fired
        assert found.sentence.startswith("the champion's scores: psi over its limit: 0.3 of score against 0.2")

    def test_another_versions_scores_are_not_the_champions(self) -> None:
        found = predicted(shifted(WEEK, 0.9, version="1"), version="2")
        assert (found.verdict, found.sentence) == ("cannot tell", "version 2 did not score 2013-03-19 as champion")

    def test_a_streak_is_of_one_version(self) -> None:
        ones = [shifted(WEEK - 1, 0.9, version="1"), shifted(WEEK, 0.9, version="2")]
        assert predicted(*ones, version="2", dwell="2w").verdict == "holding"
        twos = [shifted(WEEK - 1, 0.9, version="2"), shifted(WEEK, 0.9, version="2")]
        assert predicted(*twos, version="2", dwell="2w").fired

    def test_too_few_first_periods_are_said(self) -> None:
        early = shifted(WEEK, 0.9)
        told = early.predictions.model_copy(update={"drift": None, "why": "2 are in"})
        assert predicted(early.model_copy(update={"predictions": told})).sentence == "2 are in"
        assert PredictionDriftPolicy().decide(history(WEEK, champion=None)).sentence == "there is no champion"
