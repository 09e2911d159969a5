"""Declared versions, the schema and the code: what fires, what cannot be told, what waits for rows of the new world."""

from __future__ import annotations

from typing import Any

import pytest

from retrain_platform.dataset.versions import World
from retrain_platform.policy import AnyOf, CodeChangedPolicy, SchemaPolicy, VersionsPolicy, VolumePolicy, decide
from retrain_platform.policy.base import Action, Finding
from retrain_platform_tests.policy.histories import CALENDAR, champion, history, requested

OLD, NEW = {"encoder": "2", "labels": "2024-05"}, {"encoder": "3", "labels": "2024-05"}
VANISHED = "column 'y' vanished"


def judge(policy: Any = None, before: dict[str, str] | None = None, now: dict[str, str] | None = None) -> Finding:
    known = history(
        champion=champion(3, versions=OLD if before is None else before), versions=NEW if now is None else now
    )
    return (policy or VersionsPolicy()).decide(known)


def world(week: int, labelled: int, periods: int, *declared: str) -> World:
    return World(
        since=CALENDAR.at(week).start,
        changed=("features from 1 to 2",),
        declared=declared,
        labelled=labelled,
        periods=periods,
    )


class TestVersions:
    def test_a_changed_one_fires_at_once_and_says_from_what_to_what(self) -> None:
        found = judge()
        assert (found.verdict, found.action, found.value, found.limit) == ("fired", Action.RETRAIN, 1, 1)
        assert found.sentence == "changed since version 1 was trained: encoder from 2 to 3"

    def test_only_the_named_ones_are_judged(self) -> None:
        found = judge(VersionsPolicy(names=["labels"]))
        assert (found.verdict, found.value) == ("quiet", 0)
        assert found.sentence == "version 1 was trained with labels 2024-05"

    def test_what_was_not_declared_at_training_is_said_and_does_not_fire(self) -> None:
        found = judge(before={})
        assert found.verdict == "cannot tell"
        assert found.sentence == "encoder, labels are not declared both now and in the training of version 1"
        some = judge(before={"labels": "2024-05"})
        assert some.verdict == "quiet"
        assert "encoder is not declared both now and in the training" in some.sentence
        assert judge(now={}).sentence == "the spec declares no versions"

    def test_a_version_that_went_back_is_a_change_too(self) -> None:
        assert judge(before=NEW, now=OLD).verdict == "fired"


class TestSchema:
    def test_a_raised_version_fires_and_names_the_columns(self) -> None:
        known = history(
            champion=champion(3, versions={"features": "1"}), versions={"features": "2"}, world=world(9, 0, 0, VANISHED)
        )
        found = SchemaPolicy().decide(known)
        assert found.verdict == "fired"
        assert found.sentence == f"features from 1 to 2 since version 1 was trained: {VANISHED}"

    def test_changed_logic_alone_fires_too(self) -> None:
        found = judge(SchemaPolicy(), {"features": "1"}, {"features": "2"})
        assert found.verdict == "fired"
        assert "their logic changed" in found.sentence

    def test_a_first_declaration_fires_where_columns_changed_after_the_training(self) -> None:
        known = {"versions": {"features": "1"}}
        assert SchemaPolicy().decide(history(**known)).verdict == "cannot tell"
        assert SchemaPolicy().decide(history(**known, world=world(9, 0, 0, VANISHED))).verdict == "fired"
        assert SchemaPolicy().decide(history(**known, world=world(2, 0, 0, VANISHED))).verdict == "cannot tell"

    def test_the_champion_s_own_version_is_quiet_and_none_cannot_be_told(self) -> None:
        assert judge(SchemaPolicy(), {"features": "2"}, {"features": "2"}).verdict == "quiet"
        assert judge(SchemaPolicy(), {"features": "2"}, {}).verdict == "cannot tell"


class TestCode:
    @pytest.mark.parametrize(
        ("before", "now", "verdict"),
        [("a", "b", "fired"), ("a", "a", "quiet"), ("", "b", "cannot tell"), ("a", "", "cannot tell")],
    )
    def test_other_code_fires_and_unknown_code_cannot_be_told(self, before: str, now: str, verdict: str) -> None:
        found = CodeChangedPolicy().decide(history(champion=champion(3, code=before), code=now))
        assert found.verdict == verdict
        which = {("", "b"): "version 1 was trained", ("a", ""): "2013-03-19 was watched"}.get((before, now))
        assert found.sentence == f"which code {which} with is not on record" if which else before in found.sentence


class TestTooFewRowsOfTheNewWorld:
    """Weekly periods of 95 labelled rows, labels 2 days late; the new world began with week 9, now is after week 11."""

    NEEDED = {"rows_needed": 250, "periods_needed": 2}

    def known(self, labelled: int, periods: int, **more: Any) -> Any:
        return history(
            champion=champion(3, versions=OLD), versions=NEW, world=world(9, labelled, periods), **self.NEEDED, **more
        )

    def test_the_decision_watches_and_says_from_which_date_on_training_can_help(self) -> None:
        decision = decide(AnyOf(policies=[VersionsPolicy()]), self.known(190, 2))
        assert decision.action is Action.WATCH
        assert decision.finding.verdict == "held back"
        # Three weeks of 95 rows do: the third closed on 26 March, its labels are in by the 28th, decided on 2 April.
        assert (
            "190 ripe rows of 2 periods since 2013-03-05, when features from 1 to 2 changed "
            "(a training takes 250 of 2; training can help from 2013-04-02 on)"
        ) in decision.reason
        assert "encoder from 2 to 3" in decision.reason

    @pytest.mark.parametrize("asked", [(), (requested(urgent=True),)])
    def test_so_does_every_other_trigger_and_whoever_asks(self, asked: tuple[Any, ...]) -> None:
        decision = decide(VolumePolicy(new_ripe_rows=1), self.known(190, 2, requested=asked))
        assert decision.action is Action.WATCH
        assert decision.answers == ()

    @pytest.mark.parametrize(("labelled", "periods", "trains"), [(250, 2, True), (249, 2, False), (250, 1, False)])
    def test_enough_rows_and_periods_end_the_wait(self, labelled: int, periods: int, trains: bool) -> None:
        decision = decide(VersionsPolicy(), self.known(labelled, periods))
        assert decision.action is (Action.RETRAIN if trains else Action.WATCH)

    def test_a_first_model_waits_too(self) -> None:
        known = self.known(190, 2).model_copy(update={"champion": None})
        assert "training can help from 2013-04-02 on" in decide(VersionsPolicy(), known).reason
