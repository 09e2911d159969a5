"""`retrain replay` on a model's spec: what it prints, writes, keeps and refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from retrain_platform.cli.replay_options import costs_of
from retrain_platform.replay.advice import NOW
from retrain_platform.spec.load import COMPONENT
from retrain_platform_tests.cli.commands import at_home, retrain
from retrain_platform_tests.replay.spec_shops import POLICY, turned
from retrain_platform_tests.steps.tiny import attributes, rows, tiny_spec


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("replay_spec")
    spec = tiny_spec()
    told = [turned(rows(period), period) for period in map(spec.period.at, range(13))]
    pd.concat(told, ignore_index=True).to_parquet(folder / "rows.parquet")
    source = {"kind": "files", "path": "rows.parquet", "event_time": "at", "entity": "who"}
    checks = {"min_rows": 300, "min_label_share": 0.01}
    cost = {"currency": "EUR", "retrain": 40, "per_point": 5}
    said = attributes(policy=POLICY, source=source, checks=checks, validation={"gates": [FLOOR]}, cost=cost)
    (folder / "tiny").mkdir()
    (folder / "tiny" / "defs.yaml").write_text(yaml.safe_dump({"type": COMPONENT, "attributes": said}))
    with pytest.MonkeyPatch.context() as patch:
        at_home(patch, folder, columns=140)
        yield folder


FLOOR = {"kind": "floor", "metric": "auc", "at_least": 0.6}


@pytest.fixture(scope="module")
def report(place: Path) -> dict[str, Any]:
    done = retrain("replay", "tiny", "--costs", "0.05", "--json", "first.json")
    assert done.exit_code == 0, done.output
    assert f"; {NOW} auc" in done.output or f"{NOW} was the cheapest" in done.output
    found: dict[str, Any] = json.loads((place / "first.json").read_text())
    return found


def test_a_model_is_replayed_by_its_name_with_its_present_policy(report: dict[str, Any]) -> None:
    assert (report["table"], report["metric"], report["period"], report["label_delay"]) == ("tiny", "auc", "day", 1)
    names = [each["name"] for each in report["policies"]]
    assert [names[0], names[1], names[-1]] == ["never", "every day", "oracle"]
    assert NOW in names
    assert report["recommended"][0]["present_total"] is not None
    tried = {each["name"] for each in report["limits"] if each["tried"]}
    assert any(each.startswith("present with ") for each in tried)
    assert any("drift at PSI 0.25 for 2 days" in each for each in tried)


def test_nothing_of_it_is_on_record_and_a_second_one_trains_nothing(report: dict[str, Any], place: Path) -> None:
    again = retrain("replay", "tiny/defs.yaml", "--costs", "0.1", "--no-limits", "--json", "-")
    assert json.loads(again.output)["fits"] == 0 < report["fits"]
    assert "nothing has been played yet" in retrain("status", "tiny").output
    assert not list((place / ".home").glob("lake*"))


def test_it_speaks_in_the_money_of_its_spec(report: dict[str, Any], place: Path) -> None:
    assert (report["costs"], report["money"]["own"]) == ([0.05], 0.08)
    done = retrain("replay", "tiny", "--no-limits", "--json", "own.json")
    found = json.loads((place / "own.json").read_text())
    assert found["costs"] == pytest.approx([0.016, 0.04, 0.08, 0.16, 0.4])
    assert "at 40 EUR a retrain, as the spec says (a loss of 0.08)" in done.output
    assert "at 200 EUR a retrain (a loss of 0.4)" in done.output
    assert found["cadences"][0]["sentence"] in done.output
    never = next(each for each in found["policies"] if each["name"] == "never")
    assert never["money"]["total"] == pytest.approx(500 * never["total"])
    assert f"{never['money']['total']:,.0f} EUR" in done.output
    shown = retrain("replay", "tiny", "--limits", "--cost", "0.08", "--json", "limits.json").output
    limits = json.loads((place / "limits.json").read_text())["limits"]
    beaten = next(each for each in limits if not each["tried"])
    assert f"{beaten['money']['total']:,.0f} EUR" in next(line for line in shown.splitlines() if "to be beaten" in line)


def test_rows_without_a_calendar_are_replayed_in_batches_of_equal_count(place: Path) -> None:
    told = pd.read_parquet(place / "rows.parquet")
    told.assign(at=range(len(told), 0, -1)).iloc[::-1].to_parquet(place / "numbered.parquet")
    text = (place / "tiny" / "defs.yaml").read_text().replace("rows.parquet", "numbered.parquet")
    (place / "numbered.yaml").write_text(text)
    done = retrain("replay", "numbered.yaml", "--batches", "9", "--costs", "0.05", "--no-limits", "--json", "-")
    found = json.loads(done.output)
    assert (found["period"], len(found["periods"])) == ("batch", 9)
    assert {each["rows"] for each in found["periods"]} == {13 * 300 // 9, 13 * 300 // 9 + 1}
    assert "every 2 batches" in {each["name"] for each in found["policies"]}
    for count in ("1", "5000"):
        wrong = retrain("replay", "numbered.yaml", "--batches", count)
        assert (wrong.exit_code, f"batches == {count}, must be at least 2" in wrong.output) == (2, True)


@pytest.mark.parametrize(
    ("text", "costs"),
    [
        (None, ((), "")),
        ("0.1", ((0.1,), "")),
        ("0.05, 0.1,0.05", ((0.05, 0.1), "")),
        ("20,40 EUR", ((20.0, 40.0), "EUR")),
        (" 20  EUR", ((20.0,), "EUR")),
    ],
)
def test_costs_are_losses_or_money(text: str | None, costs: Any) -> None:
    assert costs_of(text) == costs


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["tiny", "--trees", "7", "--task", "binary"],
            "--task == binary, --trees == 7, must be left out where a model",
        ),
        (["absent"], "MODEL == 'absent', must be one of tiny"),
        (["rows.parquet"], "--time and --label == None, must name columns of the table rows.parquet"),
        (["rows.parquet", "--time", "at"], "--label == None, must name a column of the table"),
        (["tiny", "--start", "40"], "periods == 12, must be at least 42"),
        (["tiny", "--costs", "20,40 USD"], "currency of the costs == 'USD', must be EUR"),
        (["rows.parquet", "--time", "at", "--label", "bad", "--costs", "20 EUR"], "must be losses of a period"),
        (["tiny", "--start", "0"], "--start == 0, must be >= 1"),
        (["tiny", "--seeds", "0"], "--seeds == 0, must be >= 1"),
        (["rows.parquet", "--time", "at", "--label", "y", "--seeds", "3"], "--seeds == 3, must be left out of a bare"),
    ],
)
def test_wrong_use_is_told_and_ends_with_2(place: Path, arguments: list[str], message: str) -> None:
    done = retrain("replay", *arguments)
    assert done.exit_code == 2
    assert message in done.output
