"""A package asked in a process of its own, and the tables that suites read."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from retrain_platform.adapters import clean_process
from retrain_platform.adapters.answering import frame_of, main
from retrain_platform.adapters.clean_process import ask_in_clean_process
from retrain_platform.adapters.learners import learner
from retrain_platform.adapters.packaged_model import keep_package, load_package
from retrain_platform.adapters.suite_tables import read_suite_table
from retrain_platform.steps.answers import Answers, asked
from retrain_platform.steps.training.stored_requests import write_requests
from retrain_platform.steps.workshop import TableUnreadable
from retrain_platform.training.base import Rows
from retrain_platform.training.lightgbm import LightGBM


def rows(count: int = 400) -> pd.DataFrame:
    random = np.random.default_rng(5)
    wind = random.normal(10, 4, count)
    wind[::7] = np.nan
    return pd.DataFrame(
        {
            "wind": wind,
            "seats": random.integers(50, 300, count),
            "fast": random.random(count) < 0.5,
            "origin": pd.Categorical(random.choice(["EWR", "JFK"], count)),
            "gust": np.full(count, np.nan),
        }
    )


@pytest.fixture
def package(tmp_path: Path) -> Path:
    frame = rows()
    labels = (frame["seats"] > 170).to_numpy(float)
    keep_package(learner(LightGBM(rounds=5), "binary").fit(Rows(frame, labels)), tmp_path / "package")
    return tmp_path / "package"


def test_a_package_answers_in_a_clean_process_as_here(package: Path, tmp_path: Path) -> None:
    asking, requests = rows(12), tmp_path / "smoke.json"
    mine = load_package(package).score(asking)
    write_requests(requests, asking, Answers(mine))
    found = ask_in_clean_process(package, requests, 300)
    assert (found.outcome, found.said) == ("answered", "")
    assert list(found.scores) == mine.tolist()
    assert found.peak_bytes is None or found.peak_bytes > 2**20


def test_of_several_classes_the_chances_come_back_with_their_names(tmp_path: Path) -> None:
    frame = rows()
    grades = np.array(["low", "usual", "high"], dtype=object)[np.digitize(frame["seats"], (120, 220))]
    keep_package(learner(LightGBM(rounds=5), "multiclass").fit(Rows(frame, grades)), tmp_path / "package")
    requests, answers = tmp_path / "smoke.json", tmp_path / "answers.json"
    mine = asked(load_package(tmp_path / "package"), rows(12))
    write_requests(requests, rows(12), mine)
    main(tmp_path / "package", requests, answers)
    found = clean_process._answered(answers)
    assert (found.outcome, found.classes) == ("answered", ("high", "low", "usual"))
    np.testing.assert_array_equal(found.scores, mine.scores)
    kept = json.loads(requests.read_text(encoding="utf-8"))
    assert (kept["classes"], np.shape(kept["answers"])) == (["high", "low", "usual"], (12, 3))


def test_rows_come_back_from_json_as_a_model_reads_them(package: Path, tmp_path: Path) -> None:
    requests = tmp_path / "smoke.json"
    write_requests(requests, rows(), Answers(np.empty(0)))
    back = frame_of(json.loads(requests.read_text(encoding="utf-8")))
    assert list(back.columns) == list(rows().columns)
    fitted = load_package(package)
    np.testing.assert_array_equal(fitted.score(back), fitted.score(rows()))


def test_a_package_that_cannot_be_loaded_breaks_in_its_own_words(package: Path, tmp_path: Path) -> None:
    (package / "learner.json").unlink()
    requests = tmp_path / "smoke.json"
    write_requests(requests, rows(2), Answers(np.empty(0)))
    found = ask_in_clean_process(package, requests, 300)
    assert found.outcome == "broke"
    assert "learner.json is missing" in found.said


@pytest.mark.parametrize(
    ("program", "seconds", "outcome", "said"),
    [
        ("#!/bin/sh\nsleep 60\n", 0.2, "unknown", "was not done after 0.2 s"),
        ("#!/bin/sh\nkill -9 $$\n", 60, "unknown", "ended by signal 9"),
        ("#!/bin/sh\nexit 0\n", 60, "broke", "left no answers"),
        ("#!/bin/sh\nexit 3\n", 60, "broke", "ended with 3"),
        (None, 60, "unknown", "could not be started"),
    ],
)
def test_what_happens_to_a_process_is_told(
    program: str | None, seconds: float, outcome: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "python"
    if program is not None:
        place.write_text(program, encoding="utf-8")
        place.chmod(0o755)
    monkeypatch.setattr(clean_process, "sys", type("System", (), {"executable": str(place)}))
    assert sys.executable != str(place)
    found = ask_in_clean_process(tmp_path, tmp_path / "none.json", seconds)
    assert (found.outcome, said in found.said) == (outcome, True)


def test_tables_are_read_with_a_digest_of_their_content(tmp_path: Path) -> None:
    frame = pd.DataFrame({"name": ["a", "b"], "x": [1.5, None]})
    frame.to_parquet(tmp_path / "one.parquet")
    frame.to_csv(tmp_path / "one.csv", index=False)
    lines = '{"name": "a", "x": 1.5}\n\n{"name": "b", "x": null, "y": 2}\n'
    (tmp_path / "one.jsonl").write_text(lines, encoding="utf-8")
    found = {ending: read_suite_table(tmp_path, f"one.{ending}") for ending in ("parquet", "csv", "jsonl")}
    assert all(each.frame[["name", "x"]].equals(frame) for each in found.values())
    assert found["jsonl"].lacks == (frozenset({"y"}), frozenset())
    frame.assign(x=2).to_csv(tmp_path / "one.csv", index=False)
    assert read_suite_table(tmp_path, "one.csv").digest != found["csv"].digest


@pytest.mark.parametrize(
    ("name", "text"),
    [("gone.csv", None), ("bad.jsonl", "{"), ("list.jsonl", "[1]"), ("bad.parquet", "x"), ("empty.csv", "")],
)
def test_what_is_no_table_is_told_with_its_path(name: str, text: str | None, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(TableUnreadable, match=f"^path == '{name}', must be a table that can be read: .+"):
        read_suite_table(tmp_path, name)
