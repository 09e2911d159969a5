"""`retrain replay` on a table without a spec: what it prints, writes, keeps and refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from pydantic import TypeAdapter

from retrain_platform.adapters.error_detectors import NAMES as DETECTORS
from retrain_platform.policy import Policy
from retrain_platform.replay.alarms import TUNED
from retrain_platform_tests.cli.commands import at_home, retrain

ASKED = ["replay", "stream.parquet", "--time", "at", "--label", "y", "--batches", "8", "--window", "2", "--trees", "6"]


def stream(rows: int = 1600, seed: int = 3) -> pd.DataFrame:
    """What makes a label 1 turns round at the beginning of batch 2 of 8."""
    draw = np.random.default_rng(seed)
    x = draw.normal(size=(rows, 3))
    weights = np.where(np.arange(rows) < rows // 4, 2.0, -2.0)
    late = draw.uniform(size=rows) < 1 / (1 + np.exp(-weights * x[:, 0]))
    start = pd.Timestamp("2024-01-01")
    times = start + pd.to_timedelta(np.arange(rows), "h")
    return pd.DataFrame({"at": times, "a": x[:, 0], "b": x[:, 1], "c": x[:, 2], "y": late.astype(int)})


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("replay")
    stream().sample(frac=1, random_state=1).to_parquet(folder / "stream.parquet")
    with pytest.MonkeyPatch.context() as patch:
        at_home(patch, folder, columns=140)
        yield folder


@pytest.fixture(scope="module")
def report(place: Path) -> dict[str, Any]:
    done = retrain(*ASKED, "--costs", "0.02,0.3", "--json", "first.json")
    assert done.exit_code == 0, done.output
    assert "written to first.json" in done.output
    found: dict[str, Any] = json.loads((place / "first.json").read_text())
    return found


def of(report: dict[str, Any], name: str, cost: float) -> dict[str, Any]:
    return next(each for each in report["policies"] if (each["name"], each["cost"]) == (name, cost))


def test_the_report_holds_every_baseline_and_the_oracle_at_every_cost(report: dict[str, Any]) -> None:
    names = ["never", "every batch", *(f"every {count} batches" for count in range(2, 7)), "oracle"]
    for cost in (0.02, 0.3):
        mine = [each for each in report["policies"] if each["cost"] == cost]
        assert [each["name"] for each in mine][: len(names) - 1] == names[:-1]
        last = [each["name"] for each in mine][len(names) - 1 :]
        assert last == ["staleness", TUNED, *DETECTORS, "oracle"]
        assert min(each["regret"] for each in mine) == 0 == mine[-1]["regret"]
        [best] = [each for each in mine if each["best_in_hindsight"]]
        assert best["total"] == min(each["total"] for each in mine if each["kind"] in ("never", "fixed"))
    for each in report["policies"]:
        assert each["retrains"] == len(each["decisions"])
        assert each["total"] == pytest.approx(each["loss"] + each["cost"] * each["retrains"])
        assert each["metric"] == pytest.approx(1 - each["loss"] / 7)


def test_limits_are_tried_unless_that_is_left_out(report: dict[str, Any]) -> None:
    tried = [each for each in report["limits"] if each["tried"]]
    assert {each["cost"] for each in tried} == {0.02, 0.3}
    assert all(each["policy"]["kind"] in ("any_of", "performance", "floor", "adaptive") for each in tried)
    assert f"of {len(tried) // 2} limits tried" in report["recommended"][0]["sentence"]
    assert not [each for each in tried if "drift" in each["name"]]
    shown = retrain(*ASKED, "--costs", "0.02", "--limits").output
    assert "limits tried, the cheapest on the first half" in shown
    assert "(to be beaten)" in shown
    left_out = json.loads(retrain(*ASKED, "--costs", "0.02", "--no-limits", "--json", "-").output)
    assert left_out["limits"] == []


def test_presets_need_a_calendar(place: Path) -> None:
    wrong = retrain(*ASKED, "--presets")
    assert wrong.exit_code == 2
    assert "--presets and --batches, must be only one of them" in wrong.output
    cut = retrain("replay", "stream.parquet", "--time", "a", "--label", "y", "--presets")  # numbers only order
    assert (cut.exit_code, "--presets, must be left out where stream.parquet is cut into" in cut.output) == (2, True)
    (place / "preset.yaml").write_text("ours: {kind: preset, domain: fraud}")
    wrong = retrain(*ASKED, "--policies", "preset.yaml")
    assert (wrong.exit_code, "ours.kind == 'preset', must be left out: --presets" in wrong.output) == (2, True)
    every = ["week" if each == "8" else "--every" if each == "--batches" else each for each in ASKED]
    done = retrain(*every, "--presets", "--no-limits", "--costs", "0.05", "--json", "-")
    named = {each["name"] for each in json.loads(done.output)["policies"]}
    assert "preset low risk: marketplace, social, fraud, moderation" in named


def test_on_a_stream_that_turns_round_retraining_pays_where_it_is_cheap(report: dict[str, Any]) -> None:
    assert of(report, "oracle", 0.02)["total"] < of(report, "never", 0.02)["total"] - 0.5
    [first, *_] = of(report, "oracle", 0.3)["decisions"]
    assert first["period"] in ("2", "3")
    assert report["worth"].startswith(
        "retraining is worth something here: retrained after every batch, the model loses"
    )
    assert "a fixed period is cheaper than never where a retrain costs less than" in report["worth"]
    assert [each["judged"] for each in report["periods"]] == [False, *[True] * 7]
    assert sum(each["rows"] for each in report["periods"]) == 1600
    for each in report["budgeted"]:
        assert each["loss"] <= min(each["fixed_loss"], each["ours_loss"]) + 1e-12
        assert each["ours_retrains"] <= each["retrains"]


def test_what_is_recommended_can_stand_in_a_spec_and_was_judged_on_other_periods(report: dict[str, Any]) -> None:
    for each in report["recommended"]:
        assert each["tuned_until"] == "3"
        assert each["sentence"].startswith(f"at a cost of {each['cost']:g}, {each['name']} was cheapest until batch 3;")
        if each["policy"] is not None:
            TypeAdapter(Policy).validate_python(each["policy"])


def test_one_more_policy_trains_nothing(report: dict[str, Any], place: Path) -> None:
    ours = {
        "ours": {"kind": "schedule", "every": "3d"},
        "falls": {"kind": "floor", "metric": "accuracy", "at_least": 0.6},
    }
    (place / "policies.yaml").write_text(yaml.safe_dump(ours))
    done = retrain(*ASKED, "--no-limits", "--costs", "0.02", "--policies", "policies.yaml", "--json", "-")
    again = json.loads(done.output)
    assert (report["fits"], report["trainings"], again["fits"], again["scored"]) == (7, 7, 0, 0)
    assert of(again, "ours", 0.02)["total"] == of(again, "every 3 batches", 0.02)["total"]
    reasons = [each["reason"] for each in of(again, "ours", 0.02)["decisions"]]
    assert all("due every 3d" in reason for reason in reasons)
    assert of(again, "falls", 0.02)["kind"] == "policy"


def test_people_see_a_table_for_each_cost(report: dict[str, Any]) -> None:
    told = retrain(*ASKED, "--costs", "0.02").output
    assert "8 periods, each a batch; 7 judged, from 1 to 7; a loss of a batch is its error rate" in told
    assert "at a cost of 0.02 a retrain" in told
    assert "* the fixed period, or never, that was best in hindsight" in told
    assert "oracle" in told
    assert "as the spec writes it" in told


def test_a_page_is_written_beside_what_is_said(report: dict[str, Any], place: Path) -> None:
    done = retrain(*ASKED, "--cost", "0.02", "--html", "page.html")
    assert done.exit_code == 0, done.output
    assert "written to page.html" in done.output
    made = (place / "page.html").read_text()
    assert made.startswith("<!doctype html>")
    assert "Which policy would have paid on stream.parquet?" in made
    assert f"{of(report, 'staleness', 0.02)['total']:.3f}" in made


def test_calendars_windows_and_late_labels(place: Path) -> None:
    asked = [
        "replay",
        "stream.parquet",
        "--time",
        "at",
        "--label",
        "y",
        "--trees",
        "3",
        "--costs",
        "0.1",
        "--json",
        "-",
    ]
    weeks = json.loads(retrain(*asked, "--every", "week", "--window", "2,all", "--label-delay", "1").output)
    assert weeks["period"] == "week"
    assert weeks["label_delay"] == 1
    assert weeks["strategies"] == ["newest 2", "all the past"]
    assert [each["judged"] for each in weeks["periods"]][:3] == [False, False, True]
    assert of(weeks, "every 2 weeks (newest 2)", 0.1)["retrains"] == 3
    assert of(weeks, "oracle", 0.1)["regret"] == 0


HURTS = ["--label-delay", "1", "--takes", "1", "--canary", "50", "--bake", "1", "--gate", "0.02", "--rollback", "0.02"]


def test_what_hurts_in_practice_is_told_and_can_be_left_out(report: dict[str, Any], place: Path) -> None:
    done = retrain(*ASKED, *HURTS, "--no-limits", "--costs", "0.02")
    assert "labels that come late" in done.output.replace("\n", " ")
    whole = json.loads(retrain(*ASKED, *HURTS, "--no-limits", "--costs", "0.02", "--json", "-").output)
    assert (whole["fits"], whole["trainings"]) == (0, report["trainings"])
    assert {each["effect"] for each in whole["effects"]} == {"labels", "release", "gates", "rollback"}
    assert {each["policy"] for each in whole["effects"]} == {"staleness", "best fixed period", "oracle"}
    assert of(whole, "every batch", 0.02)["retrains"] <= 3
    off = ["--without", "labels, release,gates,rollback", "--costs", "0.02", "--json", "-"]
    without = json.loads(retrain(*ASKED, *HURTS, "--no-limits", *off).output)
    late = [each["loss"] for each in without["policies"] if each["name"] == "every 2 batches"]
    started = json.loads(retrain(*ASKED, "--start", "2", "--no-limits", "--costs", "0.02", "--json", "-").output)
    assert late == [of(started, "every 2 batches", 0.02)["loss"]]
    assert without["effects"] == []


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--label", "z"], "--label == 'z', must be a column of the table: at, a, b, c, y"),
        (["--costs", "cheap"], "--costs == 'cheap', must be numbers >= 0"),
        (["--costs", "-1"], "--costs == '-1', must be numbers >= 0"),
        (["--window", "0"], "--window == '0', must be whole numbers of periods or all"),
        (["--every", "week"], "--every == week and --batches == 8, must be only one of them"),
        (["--start", "0"], "--start == 0, must be >= 1"),
        (["--start", "9"], "periods == 8, must be at least 10: 9 to learn from first"),
        (["--label-delay", "7"], "periods == 8, must be at least 9: 1 to learn from first, 7 until labels are in"),
        (["--batches", "1"], "batches == 1, must be at least 2"),
        (["--metric", "mae"], "metric == 'mae', must be one for task binary"),
        (["--takes", "-1"], "--takes == -1, must be >= 0"),
        (["--canary", "50,100"], "--canary == '50,100', must be percents from 0 to 99, one a period, as in 0,50"),
        (["--gate", "-0.1"], "--gate == -0.1, must be a number >= 0"),
        (["--holdout", "2"], "--holdout == 2, must stand beside --gate"),
        (["--rollback", "0.1"], "--rollback == 0.1, must stand beside --canary or --bake"),
        (["--without", "pain"], "--without == 'pain', must be among labels, release, gates, rollback"),
        (["--policies", "absent.yaml"], "--policies == absent.yaml, must be a YAML file that can be read"),
        (["--policies", "wrong.yaml"], "wrong.yaml: ours"),
        (["--policies", "empty.yaml"], "must hold policies by name"),
        (["--json", "nowhere/a.json"], "--json == nowhere/a.json, must lie in a folder that is there"),
        (["--html", "nowhere/a.html"], "--html == nowhere/a.html, must lie in a folder that is there"),
    ],
)
def test_wrong_use_is_told_and_ends_with_2(place: Path, more: list[str], message: str) -> None:
    (place / "wrong.yaml").write_text("ours: {kind: schedule, evry: 3d}")
    (place / "empty.yaml").write_text("[]")
    done = retrain(*ASKED, *more)
    assert done.exit_code == 2
    assert message in done.output


def test_all_that_is_wrong_is_told_at_once(place: Path) -> None:
    wrong = [
        "--costs",
        "cheap",
        "--window",
        "0",
        "--trees",
        "0",
        "--gate",
        "-1",
        "--holdout",
        "0",
        "--html",
        "no/a.html",
    ]
    told = retrain(*ASKED, *wrong, "--start", "0", "--without", "pain", "--every", "week").output
    for option in ("costs", "window", "trees", "gate", "holdout", "html", "start", "without", "every"):
        assert f"--{option} == " in told
    told = retrain("replay", "stream.parquet", "--time", "when", "--label", "late", "--exclude", "b,z*").output
    assert told.count("stream.parquet: ") == 3
    assert "stream.parquet: --exclude == 'z*', must match a column of the table: at, a, b, c, y" in told


def test_no_table_is_told(place: Path) -> None:
    done = retrain("replay", "absent.parquet", "--time", "at", "--label", "y")
    assert done.exit_code == 2
    assert "absent.parquet: no such file, folder or pattern" in done.output
