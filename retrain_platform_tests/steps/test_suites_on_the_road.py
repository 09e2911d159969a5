"""The measured suites on the tiny model's road: asked for by gates, measured once, judged at every exam."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from retrain_platform.steps.validation.examining import examine
from retrain_platform.steps.workshop import Workshop
from retrain_platform.validation.base import GateResult
from retrain_platform.validation.suites import Shown
from retrain_platform_tests.steps.suite_shops import GATES, exam_of, reports, shop_of, tables_in, walked
from retrain_platform_tests.steps.tiny import Rows, tiny_spec


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    return tables_in(tmp_path)


def results(shop: Workshop, kind: str) -> list[GateResult]:
    """Those of the first exam, of this kind of gate."""
    return [result for result in reports(shop)[0].results if result.gate.startswith(kind)]


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


def test_a_leak_is_seen_on_the_rows_of_the_exam(tables: Path) -> None:
    def leaking(frame: pd.DataFrame, period: Any) -> pd.DataFrame:
        return frame.assign(told=np.where(frame["bad"] == 1, "yes", "no"))

    shop = shop_of(tables, [GATES[0], GATES[2]], 6)
    walked(replace(shop, reader=Rows(6, leaking)))
    leaks = next(result for result in results(shop, "compliance") if result.gate.endswith("leaks"))
    assert (leaks.verdict, [case.id for case in leaks.cases]) == ("failed", ["told"])
    assert shop.registry.versions("tiny") == []


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
