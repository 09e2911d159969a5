"""V13 on a road that is walked: which rows may examine a candidate, and what happens when there are too few."""

from __future__ import annotations

from typing import Any

from retrain_platform.dataset.snapshot import DatasetSnapshot
from retrain_platform.replay.walk import walk
from retrain_platform.spec import ModelSpec
from retrain_platform.steps.lines import RETRAINED
from retrain_platform.steps.papers.card import card_of_version
from retrain_platform.steps.workshop import Workshop
from retrain_platform.validation.base import ValidationReport
from retrain_platform.validation.worst import WORST
from retrain_platform_tests.steps.tiny import Places, Rows, attributes, tiny_spec

RELEASE = {"shadow": "1d", "canary": [100], "bake": "1d", "not_worse_by": 0.2}


def hurried(places: Places, days: int, **changed: Any) -> Workshop:
    """A road that retrains as soon as it may, walked to the end of `days`."""
    policy = {"kind": "any_of", "policies": [{"kind": "schedule", "every": "2d"}]}
    shop = places.shop(tiny_spec(policy=policy, release=RELEASE, **changed), Rows(days))
    for _ in walk(shop):
        pass
    return shop


def exams(shop: Workshop) -> list[tuple[str, str]]:
    """The basis and the verdict of each retrain, oldest first."""
    reports = shop.values.all(shop.model, "validation_report", ValidationReport).values()
    return [(report.measurements.basis, report.verdict) for report in reports]


def two_days_of_holdout() -> dict[str, Any]:
    return {**attributes()["training"], "holdout": "2d"}


def test_no_row_of_the_exam_was_seen_by_either_model() -> None:
    shop = hurried(Places(), 16)
    seen_until: dict[str, Any] = {}
    held = 0
    for entry in shop.entries():
        if entry.kind != RETRAINED:
            continue
        made = shop.values.get(
            shop.model, "training_dataset", entry.body["period"], entry.body["decision_id"], DatasetSnapshot
        )
        assert made is not None
        if made.basis == "holdout":
            held += 1
            champions = [until for version, until in seen_until.items() if version is not None]
            assert all(made.holdout_from.isoformat() >= until for until in champions[:1])
        if entry.body["version"]:
            seen_until[entry.body["version"]] = entry.body["seen_until"]
    assert held


def test_where_the_champion_saw_all_recent_rows_the_shadow_decides() -> None:
    """A champion of yesterday beside a candidate of today: nothing later than both is ripe."""
    places = Places()
    request(hurried(places, 5, training=two_days_of_holdout()))
    shop = hurried(places, 6, training=two_days_of_holdout())
    assert exams(shop) == [("alone", "passed"), ("too few rows", "cannot judge")]
    assert shop.state().open is not None


def test_a_first_models_exam_and_card_show_the_rows_that_it_missed_by_most() -> None:
    shop = hurried(Places(), 5)
    (report,) = shop.values.all(shop.model, "validation_report", ValidationReport).values()
    found = report.measurements.worst_rows["all"]
    missed = [abs(float(row.label) - row.candidate) for row in found]
    assert len(found) == WORST
    assert missed == sorted(missed, reverse=True)
    assert min(missed) > 0.5
    assert {row.champion for row in found} == {None}
    card, _ = card_of_version(shop, "1")
    assert f"| no gate failed | {found[0].id} |" in card.text


def test_another_recipe_is_compared_at_the_same_cut() -> None:
    places = Places()
    request(hurried(places, 5, training=two_days_of_holdout()))
    changed = {**two_days_of_holdout(), "params": {"num_leaves": 4, "min_data_in_leaf": 30}}
    spec: ModelSpec = hurried(places, 6, training=changed).spec
    assert exams(places.shop(spec, Rows(6)))[-1][0] == "recipes"


def request(shop: Workshop) -> None:
    entries = shop.entries()
    shop.ledger.append(
        shop.model,
        "requested",
        f"requested:{len(entries) + 1}",
        entries[-1].as_of,
        why="try again",
        body={"kind": "manual", "urgent": False},
        actor="somebody",
    )
