"""Roads that several modules of tests ask about."""

from __future__ import annotations

import pytest

from retrain_platform.steps.validation.scene import Scene, scene_of
from retrain_platform.steps.workshop import Workshop
from retrain_platform_tests.steps.suite_shops import exam_of, walked
from retrain_platform_tests.steps.task_suite_shops import (
    GRADED,
    RANKED,
    graded_shop,
    grades_elsewhere,
    ranked_shop,
    searches_elsewhere,
)


@pytest.fixture(scope="session")
def roads(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Workshop]:
    """Both models on a road that ends with an exam beside a champion; of the graded one it does not know a class."""
    folders = [make(tmp_path_factory.mktemp("tables")) for make in (grades_elsewhere, searches_elsewhere)]
    return {
        "graded": walked(graded_shop(folders[0], GRADED, 11)),
        "ranked": walked(ranked_shop(folders[1], RANKED, 11)),
    }


@pytest.fixture(scope="session")
def scenes(roads: dict[str, Workshop]) -> dict[str, Scene]:
    """The exams of their first models, for suites to be asked about one by one."""
    return {name: scene_of(*exam_of(shop), "") for name, shop in roads.items()}
