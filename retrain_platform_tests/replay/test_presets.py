"""The presets that fit a history, walked as policies."""

from __future__ import annotations

from retrain_platform.policy.compose import leaves
from retrain_platform.replay.prefix import follow
from retrain_platform.replay.presets import presets
from retrain_platform_tests.replay.pasts import GivenPast, by_age, drawn, matrix, setting


def test_those_whose_cadence_comes_round_and_labels_can_follow_are_named_once() -> None:
    on = setting(matrix(GivenPast(by_age(), 40)))
    named = {each.name: each.policy for each in presets(on)}
    assert "preset low risk: news, spam, markets" in named
    assert "preset high risk: fraud, moderation" in named
    assert not [name for name in named if "credit" in name]  # every 13 weeks, of 39 days
    assert len({each.fingerprint() for each in named.values()}) == len(named)
    late = {each.name for each in presets(on._replace(road=on.road._replace(delay=2)))}
    assert not [name for name in late if "news" in name]  # no new label comes within a day


def test_a_name_that_is_taken_is_left_out() -> None:
    on = setting(drawn(3, count=20))
    first, *rest = (each.name for each in presets(on))
    assert [each.name for each in presets(on, {first})] == rest


def test_they_judge_by_the_metric_of_the_replay_and_are_walked() -> None:
    on = setting(matrix(GivenPast(by_age(), 40)))
    parts = [leaf for each in presets(on) for leaf in leaves(each.policy)]
    for kind in ("performance", "escalation"):
        assert {leaf.metric for leaf in parts if leaf.kind == kind} == {"accuracy"}
    weekly = next(
        each.policy for each in presets(on) if each.name == "preset low risk: marketplace, social, fraud, moderation"
    )
    assert [each.at for each in follow(weekly, on, 0.1).way.retrains] == [7, 14, 21, 28, 35]
