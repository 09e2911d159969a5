"""The section `operation`: spans, memory and resources as they are written, and every mistake at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from retrain_platform.dataset.memory import memory_text, parse_memory
from retrain_platform.spec import SpecErrors, spec_from
from retrain_platform.spec.operation import Operation, Resources, parse_wait, wait_text
from retrain_platform_tests.steps.tiny import attributes


def test_ten_minutes_and_three_attempts_are_what_is_unsaid() -> None:
    unsaid = Operation()
    assert (unsaid.attempts, unsaid.retry_wait, unsaid.resources) == (3, timedelta(minutes=10), Resources())


@pytest.mark.parametrize("text", ["10m", "90m", "2h", "0m"])
def test_a_wait_is_read_back(text: str) -> None:
    assert wait_text(parse_wait(text)) == text
    operation = Operation.model_validate({"retry_wait": text})
    assert Operation.model_validate_json(operation.model_dump_json()) == operation


@pytest.mark.parametrize(
    ("text", "bytes_"), [("512MiB", 2**29), ("8GiB", 2**33), ("2 TiB", 2**41), ("1024MiB", 2**30), (2**30, 2**30)]
)
def test_memory_is_read_back(text: Any, bytes_: int) -> None:
    assert parse_memory(text) == bytes_
    assert parse_memory(memory_text(bytes_)) == bytes_
    asked = Resources.model_validate({"memory": text})
    assert Resources.model_validate_json(asked.model_dump_json()) == asked


@pytest.mark.parametrize("wrong", ["8GB", "8Gi", "0GiB", "1.5GiB", "GiB", "", 8, -(2**30), True, None, [1]])
def test_what_is_no_memory_is_refused(wrong: Any) -> None:
    with pytest.raises(ValueError, match="must be a whole number >= 1 and MiB, GiB or TiB"):
        parse_memory(wrong)


@pytest.mark.parametrize("wrong", ["10", "10s", "1d", "ten", "-5m", "1.5h", 10, True, [1]])
def test_what_is_no_wait_is_refused(wrong: Any) -> None:
    with pytest.raises(ValidationError, match="must be a whole number and m or h"):
        Operation.model_validate({"retry_wait": wrong})


def test_every_mistake_is_told_at_once() -> None:
    wrong = {"cpu": 0.5, "memory": "8GB", "gpu": 0, "cpus": 4}
    with pytest.raises(SpecErrors) as found:
        spec_from(attributes(operation={"resources": wrong, "retry_wait": "soon"}))
    told = {problem.field: (problem.value, problem.cure) for problem in found.value.problems}
    assert told == {
        "operation.resources.cpu": ("0.5", "must be a whole number"),
        "operation.resources.memory": (
            "'8GB'",
            "must be a whole number >= 1 and MiB, GiB or TiB, as in '512MiB', '8GiB'",
        ),
        "operation.resources.gpu": ("0", "must be greater than or equal to 1"),
        "operation.resources.cpus": ("", "is no field here; did you mean cpu?"),
        "operation.retry_wait": ("'soon'", "must be a whole number and m or h, as in '10m', '1h'"),
    }
