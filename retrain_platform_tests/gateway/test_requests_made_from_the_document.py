"""Requests made from the gateway's own OpenAPI document, sound and broken: every answer is one that it promises."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from retrain_platform.gateway.models.hot import HotModels
from retrain_platform_tests.gateway.fakes import Worker
from retrain_platform_tests.gateway.published import Shelf

EACH = settings(
    max_examples=20, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
)


@pytest.fixture(scope="module")
def operations(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The operations of one worker's document, by method and path, over the worker."""
    shelf = Shelf(tmp_path_factory.mktemp("published"))
    shelf.bring("1")
    shelf.bring("2", "z")  # a feature that only the canary knows
    shelf.split("1", canary="2", share=50)
    models = HotModels(shelf.published, ["tiny"], b"k" * 32)
    models.look()
    app = Worker(tmp_path_factory.mktemp("gateway") / "tokens.json", {"tiny": models.serving("tiny")}).app
    schema = schemathesis.openapi.from_asgi("/openapi.json", app)
    schema.config.checks.negative_data_rejection.expected_statuses.append("413")  # too many records
    found = [each.ok() for each in schema.get_all_operations()]
    return {f"{each.method.upper()} {each.path}": each for each in found}


DOORS = [
    "POST /models/tiny/predict",
    "POST /models/tiny/feedback",
    "POST /models/tiny/invocations",
    "GET /models/tiny",
    "GET /models",
    "GET /health",
    "GET /ready",
]


def test_every_operation_is_tried(operations: dict[str, Any]) -> None:
    assert set(operations) == set(DOORS)


TRIED = [
    (door, mode) for door in DOORS for mode in GenerationMode if door[:4] == "POST" or mode is GenerationMode.POSITIVE
]
"""What takes no body has nothing that can be broken."""

LOOSE = ("POST /models/tiny/feedback", "POST /models/tiny/invocations")
"""A document cannot say that a time must not lie ahead, nor that rows are as long as there are columns."""


@pytest.mark.parametrize(("door", "mode"), TRIED)
def test_the_gateway_keeps_its_word(operations: dict[str, Any], door: str, mode: GenerationMode) -> None:
    left_out = [positive_data_acceptance] if door in LOOSE else []
    statuses = set()

    @EACH
    @given(case=operations[door].as_strategy(generation_mode=mode))
    def answered(case: Any) -> None:
        statuses.add(case.call_and_validate(excluded_checks=left_out).status_code // 100)

    answered()
    assert 5 not in statuses
    assert (2 if mode is GenerationMode.POSITIVE else 4) in statuses
