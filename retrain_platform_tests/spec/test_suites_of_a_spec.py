"""What a spec's suites must agree on with the rest of it, and which of their fields somebody meant."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import TypeAdapter

from retrain_platform.spec import SpecErrors, spec_from
from retrain_platform.spec.columns import misfits
from retrain_platform.validation import Gate
from retrain_platform_tests.steps.tiny import attributes, tiny_spec
from retrain_platform_tests.validation.suite_exams import SUITES

FLOOR = {"kind": "floor", "metric": "auc", "at_least": 0.6}
WIND = {"feature": "wind", "add": 10, "score": "must_not_fall"}
PAGE = Path(__file__).parents[2] / "docs" / "validation.md"


def problems(*gates: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(SpecErrors) as told:
        spec_from(attributes(validation={"gates": [FLOOR, *gates]}))
    return [(problem.field, problem.cure) for problem in told.value.problems]


def test_what_is_measured_once_is_asked_for_once() -> None:
    (told,) = problems({"kind": "cost"}, {"kind": "cost", "batch": 10})
    assert told == ("validation.gates[2].kind", "must be there once: gates[1] asks for it already")


def test_a_slip_of_the_pen_in_a_behaviour_is_told_with_what_is_meant() -> None:
    ((field, cure),) = problems({"kind": "behaviour", "tests": [{**WIND, "hold_for": 0.9}]})
    assert field.endswith("tests[0].hold_for")
    assert "did you mean holds_for?" in cure


def test_a_metric_that_a_suite_measures_itself_need_not_be_measured_by_the_exam() -> None:
    accuracy = {"kind": "extra_set", "name": "far", "path": "far.csv", "metric": "accuracy", "at_least": 0.8}
    assert tiny_spec(validation={"gates": [FLOOR, accuracy, {"kind": "robustness", "metric": "accuracy"}]})
    ((field, cure),) = problems({**accuracy, "metric": "rmse", "at_least": None, "at_most": 1})
    assert field == "validation.gates[1].metric"
    assert "for task binary" in cure


def test_a_behaviour_is_of_a_feature() -> None:
    spec = tiny_spec(validation={"gates": [FLOOR, {"kind": "behaviour", "tests": [WIND, {**WIND, "feature": "x"}]}]})
    found = misfits(spec, ["at", "who", "x", "shop", "bad"])
    assert [field for field, _, _ in found] == ["validation.gates[1].tests[0].feature"]


def test_the_page_shows_every_suite_as_it_can_be_written() -> None:
    section = PAGE.read_text(encoding="utf-8").partition("\n## Suites\n")[2].partition("\n## ")[0]
    written = yaml.safe_load(re.findall(r"```yaml\n(.*?)```", section, re.DOTALL)[0])["validation"]
    gates = TypeAdapter(list[Gate]).validate_python(written["gates"])
    assert [type(gate) for gate in gates] == [type(gate) for gate in SUITES]
    assert all(f"| `{gate.kind}` |" in section for gate in SUITES)
