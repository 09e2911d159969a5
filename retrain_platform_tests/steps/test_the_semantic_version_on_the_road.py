"""What people call a version: derived once from what is registered, and the same wherever it is told."""

from __future__ import annotations

from typing import Any

from retrain_platform.replay.walk import retrain, walk
from retrain_platform.spec import ModelSpec
from retrain_platform.steps.lines import RETRAINED
from retrain_platform.steps.papers.story import log_lines
from retrain_platform.steps.values import Card
from retrain_platform.steps.workshop import Workshop
from retrain_platform_tests.steps.tiny import Places, Rows, attributes, tiny_spec

RELEASE = {"shadow": "1d", "canary": [100], "bake": "1d", "not_worse_by": 0.2}


def walked(places: Places, days: int, **changed: Any) -> Workshop:
    shop = places.shop(spec(**changed), Rows(days))
    for _ in walk(shop):
        pass
    return shop


def spec(**changed: Any) -> ModelSpec:
    return tiny_spec(release=RELEASE, **changed)


def told(shop: Workshop) -> list[str | None]:
    """The semantic version of each retrain, as the retraining log tells it."""
    return [line.semantic_version for line in log_lines(shop, shop.entries()[-1].as_of)]


def test_new_data_raise_the_minor_and_another_recipe_the_major() -> None:
    places = Places()
    assert told(walked(places, 11)) == ["1.0.0", "1.1.0"]
    fewer_leaves = {**attributes()["training"], "params": {"num_leaves": 4, "min_data_in_leaf": 30}}
    assert told(walked(places, 16, training=fewer_leaves)) == ["1.0.0", "1.1.0", "2.0.0"]
    without_shop: dict[str, Any] = {"training": fewer_leaves, "features": {"exclude": ["shop"]}}
    assert told(walked(places, 22, **without_shop))[:4] == ["1.0.0", "1.1.0", "2.0.0", "3.0.0"]


def test_the_registry_the_ledger_the_log_and_the_card_say_the_same() -> None:
    shop = walked(Places(), 11)
    said = ["1.0.0", "1.1.0"]
    assert [version.tags["semantic_version"] for version in shop.registry.versions("tiny")] == said
    assert [e.body["semantic_version"] for e in shop.entries() if e.kind == RETRAINED] == said
    cards = shop.values.all("tiny", "model_card", Card).values()
    titles = [card.text.splitlines()[0] for card in cards]
    assert titles == ["# tiny, version 1 (1.0.0)", "# tiny, version 2 (1.1.0)"]
    shown = [line.shown()["version"] for line in log_lines(shop, shop.entries()[-1].as_of)]
    assert shown == ["1 (1.0.0)", "2 (1.1.0)"]


def test_a_retrain_that_is_repeated_later_keeps_its_version() -> None:
    places = Places()
    shop = walked(places, 11)
    first = next(entry for entry in shop.entries() if entry.kind == RETRAINED)
    retrain(places.shop(spec(), Rows(11)), shop.spec.period.period(first.body["period"]), first.body["decision_id"])
    assert told(shop) == ["1.0.0", "1.1.0"]
    assert [version.tags["semantic_version"] for version in shop.registry.versions("tiny")] == ["1.0.0", "1.1.0"]


def test_a_candidate_that_is_turned_away_has_none_and_raises_none() -> None:
    impossible = {"gates": [{"kind": "floor", "metric": "auc", "at_least": 0.99}]}
    places = Places()
    assert set(told(walked(places, 6, validation=impossible))) == {None}
    assert next(said for said in told(walked(places, 12)) if said) == "1.0.0"
