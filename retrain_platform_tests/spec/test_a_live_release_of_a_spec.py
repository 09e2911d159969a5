"""What a spec says of a live release, held against its labels and its gateway; every mistake by its field."""

from pathlib import Path
from typing import get_args

import pytest

from retrain_platform.release.live.measures import MEASURES, LiveMeasure
from retrain_platform.release.live.triggers import TRIGGERS, Trigger
from retrain_platform.spec import read_spec
from retrain_platform_tests.spec.good_spec import ENV, GOOD, problems_of

RELEASE = "  release: {shadow: 1w, canary: [50, 100]}\n"
LABELLED = "label: {column: left, delay: 2d}"
SLOW = "must be at least label.delay, 2d: labels are not that fast"


def live(said: str, gateway: str = "{}") -> tuple[str, str]:
    return RELEASE, f"  gateway: {gateway}\n  release:\n    live: {said}\n"


def test_a_live_release_beside_a_gateway_stands(tmp_path: Path) -> None:
    file = tmp_path / "defs.yaml"
    file.write_text(GOOD.replace(*live("{bake: 8d, freeze: [{kind: weekly, days: [friday]}]}")), encoding="utf-8")
    assert read_spec(file, ENV).plan.live is not None


@pytest.mark.parametrize(
    ("said", "field", "cure"),
    [
        ("{triggers: {after: [{kind: accuracy, limit: 0.8, over: 30m}]}}", "triggers.after[0].over", SLOW),
        ("{triggers: {rollout: [{kind: quality_fall, by: 0.1, over: 1d}]}}", "triggers.rollout[0].over", SLOW),
        ("{triggers: {preset: playbook}}", "triggers.accuracy_over", "or null, to do without accuracy"),
        ("{bake: 2d}", "bake", "must be longer than label.delay, 2d"),
        (
            "{rollout: {kind: ab_test, time: 1d, primary: {kind: labels, must: superior}}}",
            "rollout.time",
            "labels must be superior by then",
        ),
        (
            "{measures: [{kind: labels, must: not_worse}], rollout: {kind: canary, longest: 1d}}",
            "rollout.longest",
            "labels must be not_worse by then",
        ),
        ("{measures: [{kind: event, of: clik}]}", "measures[0].of", "did you mean click?"),
        ("{shadw: {time: 1h}}", "shadw", "did you mean shadow?"),
        ("{rollout: {kind: canary, hodl: 1h}}", "rollout.hodl", "did you mean hold?"),
        ("{shadow: {tim: 1h}}", "shadow.tim", "did you mean time?"),
        ("{measures: [{kind: error_rate, not_worse: 0.1}]}", "measures[0].not_worse", "did you mean not_worse_by?"),
        ("{triggers: {after: [{kind: error_rate, limti: 1, over: 5m}]}}", "triggers.after[0].limti", "mean limit?"),
        ("{freeze: [{kind: dates, form: 12-20, to: 12-30}]}", "freeze[0].form", "did you mean from?"),
    ],
)
def test_what_could_never_be_judged_is_told_by_its_field(tmp_path: Path, said: str, field: str, cure: str) -> None:
    found = {problem.field: problem for problem in problems_of(tmp_path, live(said))}
    assert cure in found[f"release.live.{field}"].cure
    assert found[f"release.live.{field}"].line


def test_a_model_is_not_called_as_what_the_gateway_keeps_beside_it(tmp_path: Path) -> None:
    named = ("name: churn", "name: staging")
    (tmp_path / "defs.yaml").write_text(GOOD.replace(*named), encoding="utf-8")
    assert read_spec(tmp_path / "defs.yaml", ENV).name == "staging"
    [problem] = problems_of(tmp_path, named, live("{bake: 8d}"))
    assert (problem.field, problem.value) == ("name", "'staging'")


def test_accuracy_is_a_limit_where_labels_are_that_fast(tmp_path: Path) -> None:
    text = GOOD.replace(LABELLED, "label: {column: left, delay: 0h}").replace(*live("{triggers: {preset: playbook}}"))
    file = tmp_path / "defs.yaml"
    file.write_text(text, encoding="utf-8")
    plan = read_spec(file, ENV).plan.live
    assert plan is not None
    assert [each.kind for each in plan.limits(promoted=True)] == ["error_rate", "latency", "accuracy"]
    file.write_text(GOOD.replace(*live("{triggers: {preset: playbook, accuracy_over: null}}")), encoding="utf-8")
    without = read_spec(file, ENV).plan.live
    assert without is not None
    assert [each.kind for each in without.limits(promoted=True)] == ["error_rate", "latency"]


def test_without_a_gateway_there_is_nothing_live(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, (RELEASE, "  release: {live: {}}\n"))
    assert (problem.field, "must stand beside gateway" in problem.cure) == ("release.live", True)


def test_what_moves_a_release_by_its_periods_is_refused_beside_a_live_one(tmp_path: Path) -> None:
    said = "{live: {}, shadow: 1w, canary: [50, 100], bake: 2w, patience: 3}"
    found = {p.field: p for p in problems_of(tmp_path, (RELEASE, f"  gateway: {{}}\n  release: {said}\n"))}
    values = {"shadow": "1w", "canary": "[50, 100]", "bake": "2w", "patience": "3"}
    assert {field: problem.value for field, problem in found.items()} == {f"release.{n}": v for n, v in values.items()}
    assert found["release.bake"].cure.endswith("by live traffic and not by periods; see release.live.bake")
    wrong = "{live: {level: 3}, patience: 0, bake: 2w}"
    both = {p.field for p in problems_of(tmp_path, (RELEASE, f"  gateway: {{}}\n  release: {wrong}\n"))}
    assert both == {"release.live.level", "release.patience", "release.bake"}


def test_what_is_not_asked_of_a_live_release_need_not_fit_its_periods(tmp_path: Path) -> None:
    """A month is no whole number of the weeks that a release by periods would take."""
    text = GOOD.replace("every: week", "every: month").replace(", dwell: 2w", "").replace("every: 4w", "every: 60d")
    file = tmp_path / "defs.yaml"
    file.write_text(text.replace(*live("{bake: 8d}")), encoding="utf-8")
    assert read_spec(file, ENV).plan.live is not None


def test_recorded_answers_must_name_their_version_where_a_live_canary_answers_a_share(tmp_path: Path) -> None:
    table = "  predictions: {kind: files, path: answers.parquet, time: t, on: [who], score: p}\n"
    old, new = live("{}")
    (problem,) = problems_of(tmp_path, (old, f"{new}{table}"))
    assert problem.field == "predictions.version"
    assert "a share ([5, 50, 100]), or release.live.rollout must be {kind: blue_green}" in problem.cure


def test_all_mistakes_come_at_once(tmp_path: Path) -> None:
    said = "{bake: 1d, level: 3, rollout: {kind: canary, steps: [5]}, triggers: {preset: playbook}}"
    found = {problem.field for problem in problems_of(tmp_path, live(said))}
    assert {"release.live.level", "release.live.rollout.steps"} <= found


def test_the_families_are_whole() -> None:
    assert set(MEASURES) == set(get_args(get_args(LiveMeasure)[0]))
    assert set(TRIGGERS) == set(get_args(get_args(Trigger)[0]))
