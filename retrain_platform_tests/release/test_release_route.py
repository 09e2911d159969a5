"""Who answers an entity: sticky, growing, even."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrain_platform.release.base import Release, ReleaseState, Stage
from retrain_platform.release.route import canary_mask, in_canary, route, scored_versions, share_of
from retrain_platform.release.table import IllegalMove
from retrain_platform_tests.release.roads import START, road_to

ENTITIES = [f"N{number}" for number in range(10_000)]


def canary(share: int, version: str = "2", stage: Stage = Stage.CANARY) -> Release:
    return Release(version=version, decision_id="d", stage=stage, share=share, opened_as_of=START, stage_as_of=START)


@given(entity=st.text(), version=st.text(max_size=5))
def test_the_place_of_an_entity_is_within_0_and_100_and_stays(entity: str, version: str) -> None:
    assert 0 <= share_of(entity, version) < 100
    assert share_of(entity, version) == share_of(entity, version)


def test_the_hash_is_the_same_on_every_machine_and_in_every_process() -> None:
    assert share_of("N14228", "2") == pytest.approx(28.558677345, abs=1e-9)


@given(entity=st.text(max_size=8), less=st.integers(0, 100), more=st.integers(0, 100))
def test_a_larger_share_keeps_every_entity_of_a_smaller_one(entity: str, less: int, more: int) -> None:
    less, more = sorted((less, more))
    assert in_canary(entity, canary(more)) or not in_canary(entity, canary(less))


@pytest.mark.parametrize("share", [5, 10, 50, 90])
def test_about_the_stated_share_of_entities_is_answered(share: int) -> None:
    found = sum(canary_mask(ENTITIES, canary(share))) / len(ENTITIES)
    noise = (share / 100 * (1 - share / 100) / len(ENTITIES)) ** 0.5
    assert found == pytest.approx(share / 100, abs=4 * noise)


def test_other_releases_try_other_entities_first() -> None:
    first, second = (canary_mask(ENTITIES, canary(10, version)) for version in ("2", "3"))
    both = sum(a and b for a, b in zip(first, second, strict=True)) / len(ENTITIES)
    assert both == pytest.approx(0.01, abs=0.004)


@given(entities=st.lists(st.sampled_from(ENTITIES[:7])), share=st.integers(0, 100))
def test_the_mask_is_the_rule_of_each_row(entities: list[str], share: int) -> None:
    assert canary_mask(entities, canary(share)) == [in_canary(entity, canary(share)) for entity in entities]


@pytest.mark.parametrize("stage", [stage for stage in Stage if stage is not Stage.CANARY])
def test_outside_the_canary_nobody_is_in_it(stage: Stage) -> None:
    assert not any(canary_mask(ENTITIES[:50], canary(50, stage=stage)))


def test_the_canary_answers_its_share_and_the_champion_the_rest() -> None:
    state = road_to(Stage.CANARY).state
    assert state.open is not None
    for entity in ENTITIES[:200]:
        assert route(entity, state) == ("2" if in_canary(entity, state.open) else "1")
    assert {route(entity, road_to(Stage.SHADOW).state) for entity in ENTITIES[:50]} == {"1"}
    assert {route(entity, road_to(Stage.BAKE).state) for entity in ENTITIES[:50]} == {"2"}


def test_without_a_model_nobody_answers() -> None:
    assert scored_versions(ReleaseState()) == {}
    with pytest.raises(IllegalMove, match="no model answers yet"):
        route("N1", ReleaseState())


@pytest.mark.parametrize(
    ("stage", "scored"),
    [
        (Stage.APPROVAL, {"champion": "1"}),
        (Stage.SHADOW, {"champion": "1", "shadow": "2"}),
        (Stage.CANARY, {"champion": "1", "canary": "2"}),
        (Stage.BAKE, {"champion": "2", "previous": "1"}),
    ],
)
def test_which_versions_score_a_period(stage: Stage, scored: dict[str, str]) -> None:
    assert scored_versions(road_to(stage).state) == scored
