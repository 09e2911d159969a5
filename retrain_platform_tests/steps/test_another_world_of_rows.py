"""Declared versions, changed columns and other code on the road: what is trained on what, and when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from retrain_platform.dataset.period import Period
from retrain_platform.dataset.snapshot import DatasetSnapshot
from retrain_platform.replay.walk import walk
from retrain_platform.steps.policy.deciding import decide
from retrain_platform.steps.policy.history import history
from retrain_platform.steps.values import Card, Ingested
from retrain_platform.steps.workshop import Workshop
from retrain_platform_tests.steps.tiny import Places, Rows, decision, tiny_spec

NEVER = {"kind": "schedule", "every": "300d"}
DAYS = [f"2024-01-{day:02}" for day in range(1, 20)]


def spec(*policies: dict[str, Any], **changed: Any) -> Any:
    return tiny_spec(policy={"kind": "any_of", "cooldown": "2d", "policies": [NEVER, *policies]}, **changed)


def since(key: str, change: Callable[[pd.DataFrame], pd.DataFrame]) -> Callable[[pd.DataFrame, Period], pd.DataFrame]:
    return lambda frame, period: change(frame) if period.key >= key else frame


def road(places: Places, reader: Rows, until: str | None, made: Any, code: str = "") -> Workshop:
    shop = replace(places.shop(made, reader), code=code)
    for _ in walk(shop, until):
        pass
    return shop


def retrained(shop: Workshop) -> list[tuple[str, dict[str, Any]]]:
    return [(entry.body["period"], entry.body) for entry in shop.entries() if entry.kind == "retrained"]


def snapshot(shop: Workshop, body: dict[str, Any]) -> DatasetSnapshot:
    made = shop.values.get(shop.model, "training_dataset", body["period"], body["decision_id"], DatasetSnapshot)
    assert made is not None
    return made


VERSIONS = {"kind": "versions"}


def test_a_raised_version_waits_for_ripe_rows_of_its_world_and_trains_on_them_alone() -> None:
    """600 rows of at least 3 periods: days 8 to 10, whose labels are in half a day later, decided after day 11."""
    places = Places()
    road(places, Rows(16), DAYS[6], spec(VERSIONS, versions={"encoder": "1"}))
    shop = road(places, Rows(16), None, spec(VERSIONS, versions={"encoder": 2}))
    first = decision(shop, DAYS[7])
    assert first.action.value == "watch"
    assert "changed since version 1 was trained: encoder from 1 to 2" in first.reason
    assert "0 ripe rows of 0 periods since 2024-01-08" in first.reason
    assert "training can help from 2024-01-12 on" in first.reason
    assert [decision(shop, key).action.value for key in DAYS[8:11]] == ["watch", "watch", "retrain"]
    (begun, old), (period, body) = retrained(shop)[:2]
    assert (begun, old["versions"], period, body["versions"]) == (DAYS[3], {"encoder": "1"}, DAYS[10], {"encoder": "2"})
    assert snapshot(shop, body).periods == tuple(DAYS[7:10])
    tags = {version.version: version.tags.get("version.encoder") for version in shop.registry.versions(shop.model)}
    assert tags["1"] == "1"
    champion = history(shop, shop.spec.period.period(DAYS[12])).champion
    assert champion is not None
    assert decide(shop, shop.spec.period.period(DAYS[8])).id == decision(shop, DAYS[8]).id


def test_a_name_that_is_declared_later_changes_nothing_and_is_said() -> None:
    places = Places()
    road(places, Rows(9), DAYS[5], spec())
    shop = road(places, Rows(9), None, spec(VERSIONS, versions={"encoder": "1"}))
    assert len(retrained(shop)) == 1
    told = str([part.sentence for part in decision(shop, DAYS[8]).finding.parts[0].parts])
    assert "encoder is not declared both now and in the training of version 1" in told


def added(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(y=frame["x"] * 2)


def rescaled(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(x=frame["x"] * 1000)


def renamed(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.rename(columns={"x": "x2"})


CHANGES = [(added, "column 'y' is new"), (rescaled, "column 'x' was rescaled"), (renamed, "column 'x' vanished")]


@pytest.mark.parametrize(("change", "said"), CHANGES)
def test_an_undeclared_change_is_broken_data_until_it_is_declared(
    change: Callable[[pd.DataFrame], pd.DataFrame], said: str
) -> None:
    """However long it lasts: what is broken is no example of what is usual."""
    shop = road(Places(), Rows(19, since(DAYS[7], change)), None, spec({"kind": "schedule", "every": "2d"}))
    for key in DAYS[7:]:
        decided = decision(shop, key)
        assert decided.action.value == "investigate"
        assert said in decided.reason
        assert (
            "if the columns are meant to be so, declare it in the spec: write versions: {features: '1'}"
            in decided.reason
        )
    assert max(period for period, _ in retrained(shop)) < DAYS[7]
    incidents = [entry for entry in shop.entries() if entry.kind == "incident"]
    assert [each.body["period"] for each in incidents if each.key.startswith("data:")] == DAYS[7:]
    # Nor is there a way back while a column that both versions learned from is gone.
    assert {each.key.partition(":")[0] for each in incidents} <= {"data", "going_back"}


def test_a_column_that_the_model_has_no_use_for_is_broken_only_until_its_lack_is_usual() -> None:
    """It is asked for while most of the 8 periods before have it."""
    reader = Rows(16, lambda frame, period: frame.assign(note="a") if period.key < DAYS[7] else frame)
    shop = road(Places(), reader, None, spec(features={"exclude": ["note"]}))
    broken = [key for key in DAYS[:16] if "column 'note' vanished" in decision(shop, key).reason]
    assert broken == DAYS[7:11]
    assert not any("declare it in the spec" in decision(shop, key).reason for key in broken)


@pytest.mark.parametrize("before", [{}, {"versions": {"features": "1"}}])
@pytest.mark.parametrize(("change", "said"), CHANGES)
def test_a_declared_change_is_sound_and_the_next_model_learns_the_new_columns_alone(
    change: Callable[[pd.DataFrame], pd.DataFrame], said: str, before: dict[str, Any]
) -> None:
    places, reader = Places(), Rows(16, since(DAYS[7], change))
    road(places, reader, DAYS[6], spec(**before))
    shop = road(places, reader, None, spec({"kind": "schema"}, versions={"features": "2"}))
    assert [decision(shop, key).action.value for key in DAYS[7:11]] == ["watch", "watch", "watch", "retrain"]
    assert said in decision(shop, DAYS[7]).reason
    taken = shop.values.newest(shop.model, "events", DAYS[7], Ingested)
    assert taken is not None
    assert (taken.problems, taken.changes) == ((), ())
    _, body = retrained(shop)[1]
    made = snapshot(shop, body)
    assert made.periods == tuple(DAYS[7:10])
    assert set(made.features) == set(change(pd.DataFrame({"x": [1.0], "shop": ["north"]})).columns)
    assert [entry.body["kind"] for entry in shop.entries() if entry.kind == "incident"] == []
    assert body["version"] is not None


def test_other_code_than_the_champion_s_retrains() -> None:
    places = Places()
    road(places, Rows(9), DAYS[5], spec(), code="aaaa")
    shop = road(places, Rows(9), None, spec({"kind": "code_changed"}), code="bbbb")
    assert "the code that prepares and fits is bbbb, version 1 was made by aaaa" in decision(shop, DAYS[6]).reason
    assert [(period, body["code"]) for period, body in retrained(shop)[:2]] == [(DAYS[3], "aaaa"), (DAYS[6], "bbbb")]
    assert shop.registry.versions(shop.model)[0].tags["code"] == "aaaa"


class TestFeedbackLoop:
    def label(self, **more: Any) -> dict[str, Any]:
        return {"label": {"column": "bad", "delay": "12h", "depends_on_prediction": "blocked", **more}}

    def test_nothing_is_promoted_by_itself_and_everyone_is_told(self) -> None:
        shop = road(Places(), Rows(8), None, spec(**self.label()))
        waits = shop.state().open
        assert waits is not None
        assert (shop.state().champion, waits.stage.value) == (None, "approval")
        reason = decision(shop, DAYS[3]).reason
        assert "its release will wait for a person: labels depend on the prediction" in reason
        card = shop.values.newest(shop.model, "model_card", DAYS[3], Card)
        assert card is not None
        assert "released by a person only: labels depend on the prediction (what is blocked never shows" in card.text

    @pytest.mark.parametrize("said", [{"exploration": 0.05}, {"propensity": "chance"}])
    def test_an_exploration_share_or_propensities_let_it_go_on(self, said: dict[str, Any]) -> None:
        reader = Rows(5, lambda frame, period: frame.assign(chance=0.3))
        shop = road(Places(), reader, None, spec(**self.label(**said)))
        assert shop.state().champion == "1"
        assert "wait for a person" not in decision(shop, DAYS[3]).reason
        _, body = retrained(shop)[0]
        assert ("chance" in snapshot(shop, body).features) == ("propensity" not in said)

    def test_propensities_that_are_no_chances_are_broken_data(self) -> None:
        reader = Rows(2, lambda frame, period: frame.assign(chance=1.2))
        shop = road(Places(), reader, None, spec(**self.label(propensity="chance")))
        said = "chance == 1.2 in 300 rows, must be a probability over 0 and at most 1"
        assert said in decision(shop, DAYS[0]).reason
