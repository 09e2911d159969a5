"""Golden cases of a label of several classes, and of a ranking."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from retrain_platform.adapters.suite_tables import read_suite_table
from retrain_platform.steps.validation.asking_golden import ask_golden
from retrain_platform.steps.validation.scene import Scene, ask
from retrain_platform.validation import Golden
from retrain_platform.validation.base import GateResult
from retrain_platform.validation.judge import judge
from retrain_platform.validation.suites import Suites
from retrain_platform_tests.steps.tiny import START
from retrain_platform_tests.validation.exams import known


def golden(scene: Scene, tables: Path, text: str, ending: str = "csv") -> GateResult:
    (tables / f"cases.{ending}").write_text(text, encoding="utf-8")
    gate = Golden(path=f"cases.{ending}")
    shop = replace(scene.shop, suite_table=partial(read_suite_table, tables))
    found = Suites(golden={gate.name: ask_golden(replace(scene, shop=shop), gate)})
    (result,) = judge([gate], known().model_copy(update={"suites": found}), START).results
    return result


@pytest.mark.parametrize(
    ("case", "told"),
    [
        ("3,north,awful,,", ""),
        ("3,north,fine,,0.2", ""),  # beside a limit it need not be the likeliest
        ("3,north,awful,0.4,1", ""),
        ("3,north,lost,,0.1", ""),  # of what it does not know it is not afraid
        ("3,north,fine,,", "must be of class fine)"),
        ("3,north,fine,0.5,", "must be at least 0.5)"),
        ("3,north,awful,,0.5", "must be at most 0.5)"),
        ("3,north,lost,,", "must be of class lost, which the model does not know: it has awful, bad, fine)"),
    ],
)
def test_a_golden_case_names_the_class_that_is_expected(
    case: str, told: str, scenes: dict[str, Scene], tmp_path: Path
) -> None:
    result = golden(scenes["graded"], tmp_path, f"name,x,shop,label,at_least,at_most\none,{case}\n")
    assert (result.verdict, told in result.sentence) == ("failed" if told else "passed", True), result.sentence


def test_a_golden_case_says_what_it_was_called_instead(scenes: dict[str, Scene], tmp_path: Path) -> None:
    scene = scenes["graded"]
    result = golden(scene, tmp_path, "name,x,shop,label\none,3,north,fine\ntwo,-3,south,fine\n")
    chances = ask(scene.candidate, pd.DataFrame({"x": [3.0], "shop": ["north"]})).scores[0]
    assert [(case.id, case.said) for case in result.cases] == [
        ("one", f"awful {chances.max():.6g}, must be of class fine")
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name,x,shop,at_least\none,3,north,0.5\n", "names no class, in column label"),
        ("name,x,shop,label\none,3,north,\n", "expects nothing"),
        ("name,x,shop,label,at_least\none,3,north,awful,much\n", "at_least == 'much', must be a number"),
        ("name,shop,label\none,north,awful\n", "lacks x, which the model was fitted on"),
        ("name,x,shop,label\none,much,north,awful\n", "x == 'much', must be a number"),
    ],
)
def test_cases_of_classes_that_cannot_be_asked_are_told(
    text: str, told: str, scenes: dict[str, Scene], tmp_path: Path
) -> None:
    result = golden(scenes["graded"], tmp_path, text)
    assert (result.verdict, told in result.sentence) == ("cannot tell", True), result.sentence


def test_a_golden_class_is_its_name_whether_a_number_or_a_text(scenes: dict[str, Scene], tmp_path: Path) -> None:
    scene = scenes["graded"]

    class Numbered:
        report = scene.candidate.report.model_copy(update={"classes": ("1", "2", "3")})
        score = scene.candidate.score

    result = golden(replace(scene, candidate=Numbered()), tmp_path, "name,x,shop,label\none,3,north,1\ntwo,3,north,\n")
    assert [case.id for case in result.cases] == ["two"]


LIST = "high,s,3,north,{}\nusual,s,0,north,{}\nlow,s,-3,north,{}\nelse,t,9,north,\n"


@pytest.mark.parametrize(
    ("tops", "told"),
    [
        ((1, "", ""), ""),
        ((2, 2, ""), ""),
        (("", 1, ""), "usual (place 2 of 3, must be 1 at most)"),
        ((1, "", 2), "low (place 3 of 3, must be 2 at most)"),
    ],
)
def test_a_golden_row_of_a_ranking_stands_where_it_must(
    tops: tuple[Any, ...], told: str, scenes: dict[str, Scene], tmp_path: Path
) -> None:
    result = golden(scenes["ranked"], tmp_path, "name,search,x,shop,top\n" + LIST.format(*tops))
    assert (result.verdict, told in result.sentence) == ("failed" if told else "passed", True), result.sentence
    assert f" of {sum(top != '' for top in tops)} cases" in result.sentence


def test_equal_scores_stand_before_a_golden_row_and_no_number_is_no_place(
    scenes: dict[str, Scene], tmp_path: Path
) -> None:
    class Says:
        report = scenes["ranked"].candidate.report

        def __init__(self, says: float) -> None:
            self.says = says

        def score(self, frame: pd.DataFrame) -> np.ndarray:
            return np.where(frame["x"] == 0, self.says, 1.0)

    text = "name,search,x,shop,top\n" + LIST.format(1, "", "")
    for says, told in ((1.0, "place 3 of 3, must be 1 at most"), (float("nan"), "a score of its list is no number")):
        result = golden(replace(scenes["ranked"], candidate=Says(says)), tmp_path, text)
        assert (result.verdict, told in result.sentence) == ("failed", True), result.sentence


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name,x,shop,top\none,3,north,1\n", "column 'search' is missing, must name each row's list"),
        ("name,search,x,shop\none,s,3,north\n", "no case expects anything: add a column top"),
        ("name,search,x,shop,top\none,s,3,north,0\n", "top == 0, must be a whole number from 1"),
        ("name,search,x,shop,top\none,s,3,north,first\n", "top == 'first', must be a number"),
        ("name,search,x,shop,top\none,,3,north,1\ntwo,,2,north,\n", "names no list in column search"),
        ("name,search,x,shop,top\none,s,3,north,1\n", "must be among the first 1 of 1: any order would do"),
        ("name,search,shop,top\none,s,north,1\ntwo,s,north,\n", "lacks x, which the model was fitted on"),
        ("name,search,x,shop,top\none,s,much,north,1\ntwo,s,2,north,\n", "x == 'much', must be a number"),
    ],
)
def test_lists_that_cannot_be_asked_are_told(text: str, told: str, scenes: dict[str, Scene], tmp_path: Path) -> None:
    result = golden(scenes["ranked"], tmp_path, text)
    assert (result.verdict, told in result.sentence) == ("cannot tell", True), result.sentence


def test_a_list_of_json_lines_is_asked_whole_or_not_at_all(scenes: dict[str, Scene], tmp_path: Path) -> None:
    lines = [{"name": "a", "search": "s", "x": 3, "shop": "north", "top": 1}, {"name": "b", "search": "s", "x": 1}]
    text = "".join(f"{json.dumps(line)}\n" for line in lines)
    result = golden(scenes["ranked"], tmp_path, text, "jsonl")
    assert [(case.id, case.said) for case in result.cases] == [
        ("a", "a row of its list lacks shop, which the model was fitted on")
    ]
