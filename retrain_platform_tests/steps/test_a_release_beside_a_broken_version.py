"""A release under way while the champion, or the version itself, cannot be loaded or cannot score."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest

from retrain_platform.release.base import Entry, Stage
from retrain_platform.replay.walk import walk
from retrain_platform.steps.values import Scored
from retrain_platform.steps.workshop import CannotLoad, Workshop
from retrain_platform_tests.steps.spoiled import Particular
from retrain_platform_tests.steps.tiny import Places, Rows, outcome, tiny_spec

SPEC = tiny_spec()
ROWS = Rows(20)
OPENED = "2024-01-09"
"""The period after which version 2 goes into shadow over version 1."""


def walked(shop: Workshop, until: str | None = None) -> Workshop:
    for _ in walk(shop, until):
        pass
    return shop


@pytest.fixture(scope="module")
def opened() -> Places:
    """Version 1 answers, version 2 is in shadow and has scored nothing yet."""
    places = Places()
    state = walked(places.shop(SPEC, ROWS), OPENED).state()
    assert state.open is not None
    assert (state.champion, state.open.version, state.open.stage) == ("1", "2", Stage.SHADOW)
    return places


def broken(places: Places, version: str, until: str | None = None) -> Workshop:
    """The road walked on by a process in which `version` asks for a column that nobody has."""
    return walked(replace(places.copy().shop(SPEC, ROWS), loaded={version: Particular()}), until)


def ends(shop: Workshop) -> list[Entry]:
    """How the releases ended, oldest first; the first model's is not among them."""
    return [e for e in shop.entries() if e.kind in ("aborted", "promoted", "proven") and e.body["version"] != "1"]


def test_a_champion_that_cannot_be_loaded_stops_the_road_and_the_shadow_goes_on_once_it_is_back(
    opened: Places,
) -> None:
    places = opened.copy()
    package = places.registry.package("tiny", "1")
    shutil.move(package, package.with_name("away"))
    before = places.ledger.entries("tiny")
    with pytest.raises(CannotLoad, match=r"version == '1' of model 'tiny', must be loadable: .*put its package back"):
        walked(places.shop(SPEC, ROWS))
    assert places.ledger.entries("tiny") == before
    assert places.lake.periods("tiny/predictions")[-1] == OPENED
    shutil.move(package.with_name("away"), package)
    assert outcome(walked(places.shop(SPEC, ROWS))) == outcome(walked(opened.copy().shop(SPEC, ROWS)))


def test_a_shadow_over_a_champion_that_cannot_score_ends_when_patience_is_over_and_a_new_decision_follows(
    opened: Places,
) -> None:
    shop = broken(opened, "1")
    first = ends(shop)[0]
    assert (first.kind, first.body["version"]) == ("aborted", "2")
    assert "undecided after 6 ripe periods, the champion stays: no comparison with version 1" in first.why
    assert shop.state().champion == "1"
    scored = [s for s in shop.values.all("tiny", "predictions", Scored).values() if s.period > OPENED]
    assert {tuple(s.versions) for s in scored} == {()}
    incidents = [e for e in shop.entries() if e.kind == "incident" and e.body["kind"] == "scoring"]
    assert len(incidents) == len(scored)
    later = [e.body["period"] for e in shop.entries() if e.kind == "decided" and e.as_of >= first.as_of]
    assert later, "the ended release holds back no new decision"


def test_a_shadow_that_cannot_score_itself_ends_too_and_the_champion_goes_on_answering(opened: Places) -> None:
    shop = broken(opened, "2")
    first = ends(shop)[0]
    assert (first.kind, first.body["version"]) == ("aborted", "2")
    answered = [s.used for s in shop.values.all("tiny", "predictions", Scored).values() if s.period > OPENED]
    assert all(used == {"champion": 300} for used in answered)


def test_evidence_from_before_promotes_no_version_that_cannot_score_any_more(opened: Places) -> None:
    """In canary on good evidence, it breaks: the periods that it cannot score serve for nothing."""
    places = opened.copy()
    shop = walked(places.shop(SPEC, ROWS), "2024-01-13")
    assert shop.state().open is not None
    assert shop.state().open.stage is Stage.CANARY
    first = ends(broken(places, "2"))[0]
    assert (first.kind, first.body["version"]) == ("aborted", "2")


def test_a_bake_over_a_previous_champion_that_cannot_score_any_more_is_proven(opened: Places) -> None:
    places = opened.copy()
    shop = walked(places.shop(SPEC, ROWS), "2024-01-15")
    assert (shop.state().champion, shop.state().open.stage) == ("2", Stage.BAKE)
    (last,) = [entry for entry in ends(broken(places, "1")) if entry.kind != "promoted"][:1]
    assert (last.kind, last.body["version"]) == ("proven", "2")


def test_a_bake_that_cannot_score_itself_is_not_proven_by_it(opened: Places) -> None:
    places = opened.copy()
    walked(places.shop(SPEC, ROWS), "2024-01-15")
    shop = broken(places, "2")
    assert [entry.kind for entry in ends(shop)] == ["promoted"]
    assert [e.body["kind"] for e in shop.entries() if e.kind == "incident"][-1:] == ["scoring"]


def test_a_shadow_whose_package_is_gone_is_one_that_cannot_score_and_the_champion_goes_on(opened: Places) -> None:
    places = opened.copy()
    package = places.registry.package("tiny", "2")
    shutil.move(package, package.with_name("away"))
    shop = walked(places.shop(SPEC, ROWS))
    first = ends(shop)[0]
    assert (first.kind, first.body["version"]) == ("aborted", "2")
    (said, *_) = [e.why for e in shop.entries() if e.kind == "incident" and e.body["kind"] == "scoring"]
    assert said.startswith("version 2 (shadow) could not score: version == '2' of model 'tiny', must be loadable: ")
    answered = [s.used for s in shop.values.all("tiny", "predictions", Scored).values() if s.period > OPENED]
    assert answered[0] == {"champion": 300}
