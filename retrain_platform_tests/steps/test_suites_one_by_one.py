"""The measured suites one by one, asked about a first model: bad input ends in a verdict."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from retrain_platform.adapters.suite_tables import read_suite_table
from retrain_platform.steps.validation.asking_golden import ask_golden
from retrain_platform.steps.validation.behaving import behave
from retrain_platform.steps.validation.scene import Scene, scene_of
from retrain_platform.steps.validation.scoring_extra import score_extra
from retrain_platform.steps.validation.smoking import smoke
from retrain_platform.steps.validation.stressing import stress
from retrain_platform.steps.workshop import CannotLoad, CleanAnswer
from retrain_platform.validation import Behaviour, ExtraSet, Golden, Integration, Robustness
from retrain_platform.validation.base import GateResult
from retrain_platform.validation.gate import GateBase
from retrain_platform.validation.judge import judge
from retrain_platform.validation.suites import Suites
from retrain_platform_tests.steps.suite_shops import GATES, exam_of, in_this_process, shop_of, tables_in, walked
from retrain_platform_tests.steps.tiny import START, rows, tiny_spec
from retrain_platform_tests.validation.exams import known


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    return tables_in(tmp_path)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """The exam of a first model that passed, for suites to be asked about it one by one."""
    shop = walked(shop_of(tmp_path_factory.mktemp("tables"), GATES[:1], 6))
    return scene_of(*exam_of(shop), "")


def at(scene: Scene, tables: Path) -> Scene:
    """The scene with these tables."""
    return replace(scene, shop=replace(scene.shop, suite_table=partial(read_suite_table, tables)))


def said(gate: GateBase, **found: Any) -> GateResult:
    """What the gate says of these suites' measurements."""
    exam = known().model_copy(update={"suites": Suites(**found)})
    (result,) = judge([gate], exam, START).results
    return result


def golden(scene: Scene, tables: Path, text: str, ending: str = "csv") -> GateResult:
    (tables / f"cases.{ending}").write_text(text, encoding="utf-8")
    gate = Golden(path=f"cases.{ending}")
    return said(gate, golden={gate.name: ask_golden(at(scene, tables), gate)})


def test_a_golden_case_that_breaks_fails_the_candidate_and_is_named(scene: Scene, tables: Path) -> None:
    cases = "high,3,north,,0.2\nlow,-3,south,,0.4\nfine,0,north,0.1,0.9\n"
    result = golden(scene, tables, f"name,x,shop,at_least,at_most\n{cases}")
    assert (result.verdict, result.value) == ("failed", 1)
    assert [case.id for case in result.cases] == ["high"]
    assert "must be at most 0.2" in result.sentence


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name,shop,label\nhigh,north,1\n", "lacks x, which the model was fitted on"),
        ("name,x,shop,label\nhigh,3,north,\n", "expects nothing"),
        ("x,shop,label\n3,north,1\n", "column 'name' is missing"),
        ("name,x,shop\nhigh,3,north\n", "no case expects anything"),
        ("name,x,shop,label\nhigh,3,north,1\nhigh,2,north,1\n", "name == 'high' is there twice"),
        ("name,x,shop,label\n", "it has no cases"),
        ("name,x,shop,label\nhigh,3,north,yes\n", "label == 'yes', must be a number"),
        ("name,x,shop,label\nhigh,many,north,1\n", "x == 'many', must be a number"),
    ],
)
def test_cases_that_cannot_be_asked_are_told_and_pass_nobody(text: str, told: str, scene: Scene, tables: Path) -> None:
    result = golden(scene, tables, text)
    assert result.verdict == "cannot tell"
    assert told in result.sentence


def test_cases_of_json_lines_lack_what_they_do_not_name(scene: Scene, tables: Path) -> None:
    lines = '{"name": "a", "x": 3, "shop": "north", "label": 1, "gone": 2}\n{"name": "b", "x": 3, "label": 1}\n'
    result = golden(scene, tables, lines, "jsonl")
    assert [(case.id, case.said) for case in result.cases] == [("b", "lacks shop, which the model was fitted on")]
    assert "does not read: gone" in result.sentence


def behaved(scene: Scene, test: dict[str, Any]) -> GateResult:
    gate = Behaviour.model_validate({"tests": [test]})
    return said(gate, behaviour=behave(scene, gate))


@pytest.mark.parametrize(
    ("test", "told"),
    [
        ({"feature": "who", "becomes": "ann", "score": "must_not_fall"}, "who is no feature of the candidate"),
        ({"feature": "shop", "add": 1, "score": "must_not_fall"}, "shop holds no numbers"),
        ({"feature": "x", "times": 1, "score": "must_not_fall"}, "no row of 900 is changed by it"),
    ],
)
def test_a_behaviour_that_cannot_be_asked_is_told(test: dict[str, Any], told: str, scene: Scene) -> None:
    result = behaved(scene, test)
    assert (result.verdict, told in result.sentence) == ("cannot tell", True)


def test_a_score_that_moves_the_wrong_way_names_the_rows(scene: Scene) -> None:
    result = behaved(scene, {"feature": "x", "add": 5, "score": "must_not_rise"})
    assert result.verdict == "failed"
    assert all("2024-01-" in case.id and case.said.startswith("x ") for case in result.cases)


def test_a_package_that_answers_otherwise_elsewhere_fails(scene: Scene) -> None:
    def shifted(package: Path, requests: Path, seconds: float) -> CleanAnswer:
        answer = in_this_process(package, requests, seconds)
        return answer._replace(scores=[score + 1e-6 * place for place, score in enumerate(answer.scores)])

    def short(package: Path, requests: Path, seconds: float) -> CleanAnswer:
        return CleanAnswer("answered", scores=[0.5])

    def nothing(package: Path, requests: Path, seconds: float) -> CleanAnswer:
        return CleanAnswer("answered", scores=[float("nan")] * 20)

    told = {"apart by 1.9e-05": shifted, "answers of shape (1,)": short, "20 of 20 answers are not finite": nothing}
    for words, ask in told.items():
        found = smoke(replace(scene, shop=replace(scene.shop, ask_cleanly=ask)), Integration())
        result = judge([Integration()], known().model_copy(update={"suites": Suites(integration=found)}), START)
        assert result.verdict == "failed"
        assert words in result.sentence


def test_a_model_that_breaks_on_disturbed_rows_is_not_robust(scene: Scene) -> None:
    class Fragile:
        report = scene.candidate.report

        def score(self, frame: pd.DataFrame) -> np.ndarray:
            if frame["x"].isna().any():
                raise ValueError("Input X contains NaN")
            return scene.candidate.score(frame)

    gate = Robustness(noise=0, shuffled=0, out_of_range=0)
    result = said(gate, robustness=stress(replace(scene, candidate=Fragile()), gate))
    assert (result.verdict, result.value) == ("failed", 1.0)
    assert "ValueError: Input X contains NaN" in result.sentence


def test_the_features_that_cost_most_are_named(scene: Scene) -> None:
    gate = Robustness(noise=3, missing=0, shuffled=0, out_of_range=0)
    (found,) = stress(scene, gate).values()
    assert [case.id for case in found.features] == ["x"]
    assert found.fall is not None
    assert found.fall.value > 0.05
    assert stress(replace(scene, examined=False), gate) == {}


def test_an_extra_set_that_cannot_be_scored_is_told(scene: Scene, tables: Path) -> None:
    table, gate = rows(tiny_spec().period.at(40)), ExtraSet.model_validate(GATES[7])
    for changed, told in (
        (table.drop(columns="x"), "columns x are missing"),
        (table.drop(columns="bad"), "has no column bad, the label"),
        (table.assign(bad=np.nan), "has no labelled row"),
        (table.assign(bad=7.0), "label == 7.0, must be 0 or 1"),
        (None, "must be a table that can be read"),
    ):
        if changed is None:
            (tables / "extra.parquet").unlink()
        else:
            changed.to_parquet(tables / "extra.parquet")
        result = said(gate, extra={gate.key: score_extra(at(scene, tables), gate)})
        assert (result.verdict, told in result.sentence) == ("cannot tell", True), result.sentence


def test_a_registered_package_whose_bytes_changed_is_not_loaded(scene: Scene) -> None:
    fresh = replace(scene.shop, loaded={})
    assert fresh.fitted("1").score(scene.rows).shape == (len(scene.rows),)
    report = fresh.registry.package("tiny", "1") / "report.json"
    kept = report.read_text(encoding="utf-8")
    report.write_text(kept + " ", encoding="utf-8")
    with pytest.raises(CannotLoad, match="its package's bytes changed since it was registered"):
        replace(scene.shop, loaded={}).fitted("1")
    report.write_text(kept, encoding="utf-8")
    assert replace(scene.shop, loaded={}).fitted("1")
