"""Every section of a spec that docs/training.md shows can be written in one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import TypeAdapter

from retrain_platform.dataset.checks import ChecksSpec
from retrain_platform.policy import Policy
from retrain_platform.spec.document import _Loader
from retrain_platform.spec.operation import Operation
from retrain_platform.training import LearnerSpec
from retrain_platform.validation import Gate

PAGE = (Path(__file__).parents[2] / "docs" / "training.md").read_text(encoding="utf-8")
TEXTS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
BLOCKS: list[dict[str, Any]] = [yaml.load(text, _Loader) for text in TEXTS]


@pytest.mark.parametrize("block", BLOCKS, ids=" ".join)
def test_it_is_taken(block: dict[str, Any]) -> None:
    for name, section in block.items():
        if name == "training":
            TypeAdapter(LearnerSpec).validate_python(section)
        elif name == "policy":
            TypeAdapter(Policy).validate_python(section)
        elif name == "checks":
            TypeAdapter(ChecksSpec).validate_python(section)
        elif name == "operation":
            Operation.model_validate(section)
        else:
            assert name == "validation", name
            TypeAdapter(list[Gate]).validate_python(section["gates"])


def test_the_page_shows_a_search_and_an_incremental_retrain() -> None:
    recipes = [block["training"] for block in BLOCKS if "training" in block]
    assert any("search" in recipe for recipe in recipes)
    assert any("incremental" in recipe for recipe in recipes)
