"""What the three numbers of a version tell."""

import pytest

from retrain_platform.training import LightGBM
from retrain_platform.training.base import ModelVersion
from retrain_platform.training.semantic_version import recipe_fingerprint, semantic_version

RECIPE = LightGBM()


def made(*versions: tuple[str, str]) -> list[ModelVersion]:
    """Registered versions, each with its semantic version and its recipe."""
    return [
        ModelVersion(model="m", version=str(number), tags={"semantic_version": said, "recipe": recipe})
        for number, (said, recipe) in enumerate(versions, 1)
    ]


@pytest.mark.parametrize(
    ("earlier", "expected"),
    [
        ((), "1.0.0"),
        ((("1.0.0", "a"),), "1.1.0"),
        ((("1.0.0", "b"),), "2.0.0"),
        ((("1.9.0", "a"),), "1.10.0"),
        ((("1.0.0", "a"), ("2.0.0", "b"), ("2.1.0", "b")), "3.0.0"),
        ((("1.0.0", "b"), ("2.0.0", "a"), ("2.1.0", "a")), "2.2.0"),
        ((("1.2.3", "a"),), "1.3.0"),
    ],
)
def test_another_recipe_raises_the_major_and_new_data_the_minor(
    earlier: tuple[tuple[str, str], ...], expected: str
) -> None:
    assert semantic_version("a", made(*earlier)) == expected


def test_versions_without_one_do_not_count() -> None:
    other = ModelVersion(model="m", version="9", tags={"decision_id": "d"})
    assert semantic_version("a", [other]) == "1.0.0"
    assert semantic_version("a", [*made(("1.0.0", "a")), other]) == "1.1.0"


def test_a_recipe_is_its_settings_its_features_in_any_order_its_label_and_its_task() -> None:
    recipe = recipe_fingerprint(RECIPE, ["x", "shop"], "bad", "binary")
    assert recipe == recipe_fingerprint(LightGBM(), ["shop", "x"], "bad", "binary")
    others = [
        recipe_fingerprint(LightGBM(seed=8), ["x", "shop"], "bad", "binary"),
        recipe_fingerprint(RECIPE, ["x"], "bad", "binary"),
        recipe_fingerprint(RECIPE, ["x", "shop"], "worse", "binary"),
        recipe_fingerprint(RECIPE, ["x", "shop"], "bad", "regression"),
    ]
    assert len({recipe, *others}) == 5
