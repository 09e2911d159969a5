"""What a walk knows of drift, concept and scores, held against what the live road had on record."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pandas as pd
import pytest

from retrain_platform.dataset.period import Period
from retrain_platform.monitoring.gap import GapReading
from retrain_platform.policy import Policy, SchedulePolicy
from retrain_platform.policy.history import History
from retrain_platform.replay.ground import Ground
from retrain_platform.replay.of_spec import SpecReplay, set_up
from retrain_platform.replay.prefix import Setting, _Walk, follow
from retrain_platform.replay.walk import walk
from retrain_platform.steps.lines import DECIDED
from retrain_platform.steps.policy.history import history
from retrain_platform.steps.workshop import Workshop
from retrain_platform_tests.replay.spec_shops import ground_of, shop_of, stores

DAYS = 77


def spread(frame: pd.DataFrame, period: Period) -> pd.DataFrame:
    """The rows of a day over a week."""
    return frame.assign(at=period.start + (frame["at"] - period.start) * 7)


READS_ALL: dict[str, Any] = {
    "change": spread,
    "period": {"every": "week", "start": "2024-01-01"},
    "policy": {
        "kind": "any_of",
        "policies": [
            {"kind": "schedule", "every": "45w"},
            {"kind": "feature_drift", "features": ["*"], "over": 0.2, "segments": {"shop": ["*"]}, "action": "watch"},
            {"kind": "prediction_drift", "over": 0.2, "action": "watch"},
            {"kind": "calibration", "bias_over": 0.05, "action": "watch"},
            {"kind": "gap", "over": 0.2, "action": "watch"},
            {"kind": "estimate", "metric": "auc", "falls_by": 0.02, "action": "watch"},
        ],
    },
    "checks": {"min_rows": 600},
    "release": {"shadow": "1w", "bake": "1w"},
    "monitoring": {"min_segment": 20, "challenger": {"every": "2w", "judge_on": "1w", "rows": 500}},
    "training": {"kind": "lightgbm", "rounds": 5, "early_stop_on": "0d", "holdout": "1w", "params": {"num_leaves": 4}},
}


@pytest.fixture(scope="module")
def ground() -> Ground:
    return ground_of(shop_of(days=DAYS, **READS_ALL))


@pytest.fixture(scope="module")
def setting(ground: Ground) -> Setting:
    return set_up(ground, SpecReplay(), *stores(), lambda done, of: None).setting


@pytest.fixture(scope="module")
def road() -> Workshop:
    shop = shop_of(days=DAYS, **READS_ALL)
    for _ in walk(shop):
        pass
    assert len([entry for entry in shop.entries() if entry.kind == DECIDED and entry.body["retrains"]]) == 1
    return shop


@pytest.fixture(scope="module")
def both(ground: Ground, setting: Setting, road: Workshop) -> list[tuple[History, History]]:
    """The walk's history and the road's, at the end of each period that one model answers on both."""
    policy: Policy = road.spec.policy
    going, found = _Walk(setting, 0.1), []
    assert setting.watched is not None
    for at in setting.road.decisions:
        told = setting.watched.told(policy, going.known(at), going.standing.made)
        found.append((History.model_validate(told.model_dump()), history(road, ground.periods[at])))
    return found


@pytest.mark.parametrize("name", ["performance", "segment_drift", "concept", "gaps", "estimated", "ripe", "problem"])
def test_a_walk_has_on_record_what_the_road_had(both: list[tuple[History, History]], name: str) -> None:
    assert any(getattr(live, name) for _, live in both) or name == "problem"
    for told, live in both:
        assert dumped(getattr(told, name)) == dumped(getattr(live, name))


def test_concept_and_gap_come_to_a_judgement(both: list[tuple[History, History]]) -> None:
    told, _ = both[-1]
    assert told.concept[-1].calibration
    assert told.gaps[-1].value is not None


def test_a_policy_that_reads_gaps_pays_for_the_challengers_behind_them(
    both: list[tuple[History, History]], setting: Setting, road: Workshop
) -> None:
    told, _ = both[-1]
    fitted = [each.period for each in told.gaps if each.fresh is not None]
    way = follow(road.spec.policy, setting, 0.1).way
    assert [setting.road.matrix.periods[each.at].period.key for each in way.challenges] == fitted
    first, *rest = [each.share for each in way.challenges]
    assert first > max(rest, default=0.0), "the stale side is fitted once"
    assert way.total == pytest.approx(way.loss + 0.1 * (len(way.retrains) + sum(each.share for each in way.challenges)))
    assert follow(SchedulePolicy(every="45w"), setting, 0.1).way.challenges == ()


def test_estimates_come_to_numbers_before_the_labels_are_in(both: list[tuple[History, History]]) -> None:
    told, _ = both[-1]
    assert any(each.metrics["auc"].value is not None for each in told.estimated)
    ripe = {each.period for each in told.ripe}
    assert told.estimated[-1].period not in ripe


def test_drift_is_measured_from_what_the_champion_learned(both: list[tuple[History, History]]) -> None:
    for told, live in both:
        since = told.drift[0].period
        assert dumped(told.drift) == dumped(tuple(each for each in live.drift if each.period >= since))
    last = both[-1][0].drift[-1]
    assert last.predictions is not None
    assert last.predictions.drift is not None


def test_what_a_policy_does_not_read_is_not_measured(setting: Setting) -> None:
    going = _Walk(setting, 0.1)
    known = going.known(setting.road.decisions[0])
    assert setting.watched is not None
    told = setting.watched.told(SchedulePolicy(every=timedelta(weeks=3)), known, going.standing.made)
    assert (told.drift, told.concept, told.gaps, told.estimated) == ((), (), (), ())


def dumped(value: Any) -> Any:
    """As plain values; a gap without the champion's own value on the judged rows, which only people are shown."""
    if not isinstance(value, tuple):
        return value
    return [each.model_dump(exclude={"champion"} if isinstance(each, GapReading) else None) for each in value]
