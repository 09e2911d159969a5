"""The measured suites on the tiny model's road: asked for by gates, measured once, and bad input ends in a verdict."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from retrain_platform.adapters.answering import frame_of
from retrain_platform.adapters.packaged_model import load_package
from retrain_platform.adapters.suite_tables import read_suite_table
from retrain_platform.dataset.snapshot import DatasetSnapshot
from retrain_platform.replay.walk import walk
from retrain_platform.steps.asking_golden import ask_golden
from retrain_platform.steps.behaving import behave
from retrain_platform.steps.examining import examine
from retrain_platform.steps.scene import Scene, scene_of
from retrain_platform.steps.scoring_extra import score_extra
from retrain_platform.steps.smoking import smoke
from retrain_platform.steps.stressing import stress
from retrain_platform.steps.workshop import CannotLoad, CleanAnswer, Workshop
from retrain_platform.validation import Behaviour, ExtraSet, Golden, Integration, Robustness
from retrain_platform.validation.base import GateResult, ValidationReport
from retrain_platform.validation.gate import GateBase
from retrain_platform.validation.judge import judge
from retrain_platform.validation.suites import Shown, Suites
from retrain_platform_tests.steps.tiny import START, Places, Rows, attributes, decision, rows, tiny_spec
from retrain_platform_tests.validation.exams import known

TESTS = [
    {"feature": "x", "add": 3, "score": "must_not_fall", "holds_for": 0.6},
    {"feature": "shop", "shuffle": True, "changes_at_most": 0.9},
    {"feature": "shop", "becomes": "north", "changes_at_most": 0.9, "holds_for": 1},
]
GATES: list[dict[str, Any]] = [
    {"kind": "floor", "metric": "auc", "at_least": 0.6},
    {"kind": "robustness", "falls_by": 0.4, "than_champion": 0.4, "out_of_range": 0},
    {"kind": "compliance", "forbidden": ["who*"], "known_only_after": ["bad*"], "declares": ["owners"]},
    {"kind": "integration", "requests": 5},
    {"kind": "cost", "memory_times": 2, "batch": 50, "rounds": 5},
    {"kind": "golden", "path": "golden.csv"},
    {"kind": "behaviour", "tests": TESTS},
    {"kind": "extra_set", "name": "elsewhere", "path": "extra.parquet", "metric": "accuracy", "at_least": 0.6},
]


def in_this_process(package: Path, requests: Path, seconds: float) -> CleanAnswer:
    """What the clean process does, without the seconds that a process takes to start."""
    scores = load_package(package).score(frame_of(json.loads(requests.read_text(encoding="utf-8"))))
    return CleanAnswer("answered", scores=scores.tolist(), peak_bytes=2**27)


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    """A folder with golden cases and an extra set."""
    cases = {"name": ["high", "low"], "x": [3.0, -3.0], "shop": ["north", "south"], "label": [1, 0]}
    pd.DataFrame(cases).to_csv(tmp_path / "golden.csv", index=False)
    rows(tiny_spec().period.at(40)).to_parquet(tmp_path / "extra.parquet")
    return tmp_path


def shop_of(tables: Path, gates: list[dict[str, Any]], days: int, **changed: Any) -> Workshop:
    spec = tiny_spec(
        owners=["team:a"],
        validation={"gates": gates, "spot_check": 4},
        training={**attributes()["training"], "holdout": "3d"},
        checks={"min_rows": 1000},
        policy={"kind": "schedule", "every": "5d"},
        release={"shadow": "1d", "canary": [100], "bake": "1d", "not_worse_by": 0.2},
        **{"segments": [], **changed},
    )
    ticks = count()
    return replace(
        Places().shop(spec, Rows(days)),
        suite_table=partial(read_suite_table, tables),
        ask_cleanly=in_this_process,
        stopwatch=lambda: float(next(ticks)),
    )


def walked(shop: Workshop) -> Workshop:
    for _ in walk(shop):
        pass
    return shop


def reports(shop: Workshop) -> list[ValidationReport]:
    return list(shop.values.all(shop.model, "validation_report", ValidationReport).values())


def results(shop: Workshop, kind: str) -> list[GateResult]:
    """Those of the first exam, of this kind of gate."""
    return [result for result in reports(shop)[0].results if result.gate.startswith(kind)]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """The exam of a first model that passed, for suites to be asked about it one by one."""
    shop = walked(shop_of(tmp_path_factory.mktemp("tables"), GATES[:1], 6))
    return scene_of(*exam_of(shop), "")


def exam_of(shop: Workshop) -> tuple[Any, ...]:
    """The first exam: the workshop, its period, decision, dataset and measurements."""
    (key, report), *_ = shop.values.all(shop.model, "validation_report", ValidationReport).items()
    decided = decision(shop, key)
    made = shop.values.get(shop.model, "training_dataset", key, decided.id, DatasetSnapshot)
    assert made is not None
    return shop, shop.spec.period.period(key), decided, made, report.measurements


def at(scene: Scene, tables: Path) -> Scene:
    """The scene with these tables."""
    return replace(scene, shop=replace(scene.shop, suite_table=partial(read_suite_table, tables)))


def said(gate: GateBase, **found: Any) -> GateResult:
    """What the gate says of these suites' measurements."""
    exam = known().model_copy(update={"suites": Suites(**found)})
    (result,) = judge([gate], exam, START).results
    return result


def test_every_suite_judges_the_first_model_and_the_next_beside_it(tables: Path) -> None:
    shop = walked(shop_of(tables, GATES, 11))
    first, *_, last = reports(shop)
    assert (first.verdict, first.measurements.basis) == ("passed", "alone")
    assert last.measurements.basis == "holdout"
    assert {gate["kind"] for gate in GATES} == {result.gate.split()[0] for result in last.results}
    assert all(result.question and result.sentence for result in last.results)
    suites = last.measurements.suites
    assert suites.cost is not None
    assert suites.cost.champion is not None
    assert suites.cost.row_times is not None
    assert suites.cost.row_times.value == 1  # each call takes one tick
    assert suites.integration is not None
    assert suites.integration.apart == 0
    beside = [found for found in suites.robustness.values() if not found.untouched]
    assert beside
    assert all(found.apart is not None and found.champion is not None for found in beside)
    assert [result.verdict for result in last.results if result.gate.startswith("cost")] == ["passed"] * 4
    the_spot_check_goes_from_the_lowest_score_to_the_highest(suites.shown)


def the_spot_check_goes_from_the_lowest_score_to_the_highest(shown: tuple[Shown, ...]) -> None:
    scores = [row.candidate for row in shown]
    assert len(shown) == 4
    assert scores == sorted(scores)
    assert all(isinstance(row.champion, float) and row.label in (0, 1) for row in shown)
    assert set(shown[0].values) == {"x", "shop"}


def test_an_exam_held_again_says_the_same_until_the_package_changes(tables: Path) -> None:
    shop = walked(shop_of(tables, GATES, 6))
    before = reports(shop)[0]
    exam = exam_of(shop)[:-1]
    assert examine(*exam) == before
    package = shop.values.folder(shop.model, "candidate_model", before.decision_id) / "exam"
    (package / "report.json").write_text((package / "report.json").read_text(encoding="utf-8") + " ", encoding="utf-8")
    after = examine(*exam)
    bytes_told = next(result for result in after.results if result.gate == "integration bytes")
    assert (after.verdict, bytes_told.verdict) == ("failed", "failed")


def test_without_such_gates_nothing_is_measured(tables: Path) -> None:
    shop = replace(shop_of(tables, GATES[:1], 6), suite_table=_never, ask_cleanly=_never, stopwatch=_never)
    spec = tiny_spec(**{**shop.spec.model_dump(mode="json"), "validation": {"gates": GATES[:1]}})
    report = reports(walked(replace(shop, spec=spec)))[0]
    assert report.measurements.suites == type(report.measurements.suites)()


def _never(*_: Any) -> Any:
    raise AssertionError("asked")


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


def test_a_leak_is_seen_on_the_rows_of_the_exam(tables: Path) -> None:
    def leaking(frame: pd.DataFrame, period: Any) -> pd.DataFrame:
        return frame.assign(told=np.where(frame["bad"] == 1, "yes", "no"))

    shop = shop_of(tables, [GATES[0], GATES[2]], 6)
    walked(replace(shop, reader=Rows(6, leaking)))
    leaks = next(result for result in results(shop, "compliance") if result.gate.endswith("leaks"))
    assert (leaks.verdict, [case.id for case in leaks.cases]) == ("failed", ["told"])
    assert shop.registry.versions("tiny") == []


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


def test_where_no_row_may_examine_it_the_suites_without_labels_still_judge(tables: Path) -> None:
    """The champion saw all recent rows: the shadow decides, but not over a broken golden case."""
    shop = walked(shop_of(tables, [GATES[0], GATES[5]], 6))
    assert reports(shop)[0].measurements.basis == "alone"
    entries = shop.entries()
    body = {"kind": "manual", "urgent": False}
    key = f"requested:{len(entries) + 1}"
    shop.ledger.append("tiny", "requested", key, entries[-1].as_of, why="again", body=body, actor="ana")
    (tables / "golden.csv").write_text("name,x,shop,at_most\nhigh,3,north,0.2\n", encoding="utf-8")
    walked(replace(shop, reader=Rows(7)))
    last = reports(shop)[-1]
    assert last.measurements.basis == "too few rows"
    assert last.verdict == "failed"
    assert "golden golden.csv" in last.sentence


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
