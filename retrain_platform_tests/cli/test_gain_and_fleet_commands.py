"""What a retrain would gain, on the command line: the first line of a decision, and the fleet's page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from retrain_platform_tests.cli.commands import SPEC, at_home, retrain, write_days

LAST = "2024-01-09"
MEASURED = SPEC.replace(
    "monitoring: {min_segment: 20}",
    "monitoring: {min_segment: 20, challenger: {every: 1d, judge_on: 2d, trees: 10, leaves: 4}}\n"
    "  cost: {currency: EUR, retrain: 40, review: 100, per_point: 3}",
)


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Nine days of the tiny model with the gap measured, and a second model that was never played."""
    folder = tmp_path_factory.mktemp("fleet")
    write_days(folder, 10)
    for name, text in (("tiny", MEASURED), ("other", SPEC.replace("name: tiny", "name: other"))):
        (folder / name).mkdir()
        (folder / name / "defs.yaml").write_text(text, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        at_home(patch, folder, columns=400)
        assert retrain("run", "tiny", "--until", LAST, "--json").exit_code == 0
        yield folder


def test_the_first_line_of_a_decision_is_what_a_retrain_would_gain(walked: Path) -> None:
    why = retrain("why", "tiny", "--at", LAST).output.splitlines()
    decided = retrain("decide", "tiny", "--as-of", LAST).output.splitlines()
    page = json.loads(retrain("why", "tiny", "--at", LAST, "--json").stdout)
    assert why[0] == decided[0]
    assert why[0].startswith("a retrain now would ")
    assert " auc (" in why[0]
    assert " EUR a period (" in why[0]
    assert page["decision"]["expected_gain"]["reading"] == LAST
    assert page["decision"]["expected_gain"]["worth"] == pytest.approx(
        page["decision"]["expected_gain"]["value"] * 100 * 3
    )


def test_what_a_retrain_cost_stands_in_the_log_and_on_its_page(walked: Path) -> None:
    assert "140.00 EUR" in retrain("log", "tiny").output
    assert "Cost: 140.00 EUR, with its review." in retrain("why", "tiny").output


def test_limits_are_refitted_only_from_retrains_whose_worth_is_known(walked: Path) -> None:
    told = retrain("refit", "tiny")
    assert (told.exit_code, told.output) == (1, "no retrain of one trigger alone has a known worth yet\n")
    assert json.loads(retrain("refit", "tiny", "--json").stdout) == []
    wrong = retrain("refit", "tiny", "--confidence", "2")
    assert wrong.exit_code == 2
    assert "--confidence == 2.0, must be at least 0.5 and below 1" in wrong.output


def test_the_log_tells_the_worth_of_what_still_answers_on_request(walked: Path) -> None:
    told, asked = (json.loads(retrain("log", "tiny", *more, "--json").stdout) for more in ((), ("--worth",)))
    assert [line["version"] for line in told] == [line["version"] for line in asked]
    assert all(line["value"] is None for line in told)


def test_the_fleet_s_page_ranks_models_and_shows_what_is_unknown_of_one(walked: Path) -> None:
    told = json.loads(retrain("fleet", "--json").stdout)
    first, second = told["models"]
    assert told["retrains_at_once"] is None
    assert (first["model"], first["period"], first["currency"]) == ("tiny", LAST, "EUR")
    assert first["worth"] == pytest.approx(first["gain"]["worth"] * 7)
    assert (first["ripe"], first["ripening"]) == ("2024-01-08", 1)
    assert (second["model"], second["period"], second["action"]) == ("other", None, "none")
    page = retrain("fleet").output
    assert page.index("tiny") < page.index("other")
    assert "ripe to 2024-01-08, 1 waiting" in page


def test_the_budget_is_told_and_a_wrong_one_refused(walked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RETRAIN_FLEET_BUDGET", "2")
    assert "at most 2 at once begin by themselves" in retrain("fleet").output
    monkeypatch.setenv("RETRAIN_FLEET_BUDGET", "many")
    wrong = retrain("fleet")
    assert wrong.exit_code != 0
    assert "must be a whole number >= 1" in wrong.output
