"""What every registry does, run on the memory fake and on MLflow."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from retrain_platform.training.base import AliasTaken, Registry, UnknownVersion

_models = (f"model_{number}" for number in itertools.count())


@pytest.fixture
def model() -> str:
    return next(_models)


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "final"
    (folder / "inner").mkdir(parents=True)
    (folder / "model.txt").write_text("trees")
    (folder / "inner" / "preparation.json").write_text("{}")
    return folder


def test_an_unknown_model_is_empty(registry: Registry, model: str) -> None:
    assert registry.versions(model) == []
    assert registry.aliases(model) == {}
    assert registry.find(model, "d1") is None


def test_a_version_comes_back_with_its_tags(registry: Registry, model: str, package: Path) -> None:
    made = registry.register(model, "d1", package, {"trigger": "drift", "empty": ""})
    assert made.model == model
    assert made.tags == {"trigger": "drift", "empty": "", "decision_id": "d1"}
    assert registry.find(model, "d1") == made
    assert registry.versions(model) == [made]


def test_a_tag_that_registries_refuse_is_refused_before_anything_is_written(
    registry: Registry, model: str, package: Path
) -> None:
    with pytest.raises(ValueError, match=r"name of a tag == 'exam_ndcg@10', must be .* 'exam_ndcg_at_10'"):
        registry.register(model, "d1", package, {"exam_ndcg@10": "0.7"})
    assert registry.versions(model) == []
    assert registry.register(model, "d1", package, {"exam_ndcg_at_10: a/b-c.d": "0.7"}).version == "1"


def test_the_same_decision_gives_the_same_version(registry: Registry, model: str, package: Path) -> None:
    first = registry.register(model, "d1", package, {"a": "1"})
    assert registry.register(model, "d1", package, {"a": "2"}) == first
    assert registry.versions(model) == [first]


def test_versions_are_oldest_first_past_ten(registry: Registry, model: str, package: Path) -> None:
    made = [registry.register(model, f"d{n}", package, {}) for n in range(11)]
    assert registry.versions(model) == made
    assert len({version.version for version in made}) == 11


def test_the_package_is_what_was_registered(registry: Registry, model: str, package: Path) -> None:
    first = registry.register(model, "d1", package, {})
    (package / "model.txt").write_text("other trees")
    second = registry.register(model, "d2", package, {})
    found = registry.package(model, first.version)
    assert (found / "model.txt").read_text() == "trees"
    assert (found / "inner" / "preparation.json").read_text() == "{}"
    assert (registry.package(model, second.version) / "model.txt").read_text() == "other trees"


def test_an_unknown_version_names_those_that_exist(registry: Registry, model: str, package: Path) -> None:
    made = registry.register(model, "d1", package, {})
    with pytest.raises(UnknownVersion, match=rf"version == '99' of model '{model}', must be one of {made.version}$"):
        registry.package(model, "99")


def test_aliases_are_pointed_moved_and_taken_off(registry: Registry, model: str, package: Path) -> None:
    one, two = (registry.register(model, d, package, {}).version for d in ("d1", "d2"))
    assert registry.set_aliases(model, {"champion": one, "shadow": two}) == {"champion": None, "shadow": None}
    assert registry.aliases(model) == {"champion": one, "shadow": two}
    assert registry.set_aliases(model, {"champion": two, "shadow": None}) == {"champion": one, "shadow": two}
    assert registry.aliases(model) == {"champion": two}


def test_only_named_aliases_are_touched(registry: Registry, model: str, package: Path) -> None:
    one, two = (registry.register(model, d, package, {}).version for d in ("d1", "d2"))
    registry.set_aliases(model, {"by_hand": one, "champion": one})
    registry.set_aliases(model, {"champion": two})
    assert registry.aliases(model) == {"by_hand": one, "champion": two}


def test_the_same_aliases_again_change_nothing(registry: Registry, model: str, package: Path) -> None:
    one = registry.register(model, "d1", package, {}).version
    registry.set_aliases(model, {"champion": one, "shadow": None})
    assert registry.set_aliases(model, {"champion": one, "shadow": None}) == {}


def test_an_alias_of_an_unknown_version_moves_nothing(registry: Registry, model: str, package: Path) -> None:
    one = registry.register(model, "d1", package, {}).version
    with pytest.raises(UnknownVersion, match="version == '99'"):
        registry.set_aliases(model, {"champion": one, "shadow": "99"})
    assert registry.aliases(model) == {}


def test_taking_aliases_off_an_unknown_model_is_no_change(registry: Registry, model: str) -> None:
    assert registry.set_aliases(model, {"champion": None, "shadow": None}) == {}


def test_models_do_not_meet(registry: Registry, model: str, package: Path) -> None:
    other = next(_models)
    registry.register(model, "d1", package, {})
    assert registry.find(other, "d1") is None
    assert registry.register(other, "d1", package, {}).model == other
    assert len(registry.versions(model)) == 1


def test_an_alias_on_somebody_elses_version_is_left_where_it_is_and_told(
    registry: Registry, model: str, package: Path, of_others: Callable[[Registry, str], str]
) -> None:
    theirs = of_others(registry, model)
    registry.set_aliases(model, {})
    ours = registry.register(model, "d1", package, {}).version
    assert registry.aliases(model) == {"champion": theirs}
    taken = rf"alias == champion \(version {theirs}\) of '{model}', must be on a version of ours"
    for wanted in (ours, None):
        with pytest.raises(AliasTaken, match=taken):
            registry.set_aliases(model, {"champion": wanted, "shadow": ours})
        assert registry.aliases(model) == {"champion": theirs, "shadow": ours}
    assert registry.set_aliases(model, {"our_champion": ours}) == {"our_champion": None}


def test_tags_are_set_and_taken_off_and_others_stay(registry: Registry, model: str, package: Path) -> None:
    version = registry.register(model, "d1", package, {"trigger": "drift"}).version
    for _ in range(2):
        registry.tag(model, version, {"archived": "2024-01-05"})
        assert registry.versions(model)[0].tags == {"trigger": "drift", "decision_id": "d1", "archived": "2024-01-05"}
    for _ in range(2):
        registry.tag(model, version, {"archived": None})
        assert registry.versions(model)[0].tags == {"trigger": "drift", "decision_id": "d1"}
    with pytest.raises(UnknownVersion, match="version == '99'"):
        registry.tag(model, "99", {"archived": "x"})
