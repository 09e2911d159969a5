"""A wrong spec file: every mistake at once, each with its line, field, value and cure."""

from __future__ import annotations

from pathlib import Path

import pytest

from retrain_platform.spec import ModelSpec, SpecErrors, read_spec, spec_from
from retrain_platform_tests.spec.good_spec import ENV, GOOD, line, problems_of


def test_the_good_file_is_sound_and_its_template_is_filled(tmp_path: Path) -> None:
    file = tmp_path / "defs.yaml"
    file.write_text(GOOD, encoding="utf-8")

    spec = read_spec(file, ENV)

    assert isinstance(spec, ModelSpec)
    assert spec.source.path == "/house/events/*.parquet"  # type: ignore[union-attr]


def test_five_mistakes_are_told_together_each_with_line_field_value_and_cure(tmp_path: Path) -> None:
    found = problems_of(
        tmp_path,
        ("segments:", "segmnets:"),
        ("kind: volume", "kind: volum"),
        ("delay: 2d", "delay: two days"),
        ("Europe/Berlin", "Europe/Berlim"),
        ("canary: [50, 100]", "canary: [50]"),
    )

    told = {(p.line, p.field, p.value) for p in found}
    assert told == {
        (line("Europe/Berlin"), "period.timezone", "'Europe/Berlim'"),
        (line("delay: 2d"), "label.delay", "'two days'"),
        (line("segments:"), "segmnets", ""),
        (line("kind: volume"), "policy.policies[2].kind", "'volum'"),
        (line("canary"), "release.canary", "[50]"),
    }
    cures = {p.field: p.cure for p in found}
    assert "did you mean segments?" in cures["segmnets"]
    assert "schedule" in cures["policy.policies[2].kind"]
    assert "did you mean volume?" in cures["policy.policies[2].kind"]
    assert "must increase from at least 1 and end at 100" in cures["release.canary"]
    assert "'2d'" in cures["label.delay"]
    assert [p.line for p in found] == sorted(p.line for p in found)
    assert str(found[0]).startswith(f"{tmp_path / 'defs.yaml'}:{found[0].line}: period.timezone == 'Europe/Berlim', ")


def test_a_bad_release_hides_no_cadence_shorter_than_the_label_delay(tmp_path: Path) -> None:
    found = problems_of(tmp_path, ("every: 4w", "every: 1w"), ("canary: [50, 100]", "canary: []"))

    assert [p.field for p in found] == ["policy.policies[0].every", "release.canary"]
    assert found[0].line == line("every: 4w")
    assert "must be at least 2w" in found[0].cure
    assert "1w to close and 1w to ripen (label delay 2d" in found[0].cure


def test_a_wrong_policy_hides_no_contradiction_of_the_policies_after_it(tmp_path: Path) -> None:
    found = problems_of(
        tmp_path,
        (
            "      - {kind: schedule, every: 4w}\n",
            "      - {kind: shedule, every: 4w}\n      - {kind: schedule, every: 1w}\n",
        ),
        ("dwell: 2w", "dwell: 10d"),
        ("new_ripe_rows: 1000", "new_ripe_rows: 0"),
    )

    assert [p.field for p in found] == [
        "policy.policies[0].kind",
        "policy.policies[1].every",
        "policy.policies[2].dwell",
        "policy.policies[3].new_ripe_rows",
    ]


def test_a_label_delay_that_cannot_be_read_is_held_against_no_cadence(tmp_path: Path) -> None:
    found = problems_of(tmp_path, ("delay: 2d", "delay: 2x"), ("every: 4w", "every: 1w"))

    assert [p.field for p in found] == ["label.delay"]


def test_a_period_that_cannot_be_read_is_held_against_no_duration(tmp_path: Path) -> None:
    found = problems_of(tmp_path, ("every: week", "every: fortnight"), ("shadow: 1w", "shadow: 10d"))

    assert [p.field for p in found] == ["period.every"]


def test_metrics_unknown_unsuited_and_unmeasured_are_told_with_what_is_known(tmp_path: Path) -> None:
    found = problems_of(
        tmp_path,
        ("segments: [country]", "monitoring: {metrics: [log_loss]}"),
        ("metric: auc, falls_by", "metric: acu, falls_by"),
        ("metric: auc, at_least: 0.6", "metric: rmse, at_most: 0.6"),
        ("canary: [50, 100]", "canary: [50, 100], metric: auc"),
    )

    cures = {p.field: p.cure for p in found}
    assert "did you mean auc?" in cures["policy.policies[1].metric"]
    assert "for task binary" in cures["validation.gates[0].metric"]
    assert "add it to monitoring.metrics" in cures["release.metric"]


def test_a_source_without_its_time_column_is_told_at_the_source(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, ("    event_time: at\n", ""))

    assert (problem.line, problem.field, problem.cure) == (
        line("source:"),
        "source.event_time",
        "must be given: the column of when a row happened",
    )


def test_a_misspelt_required_field_is_one_mistake_not_two(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, ("event_time: at", "event_tme: at"))

    assert (problem.field, problem.cure) == ("source.event_tme", "is no field here; did you mean event_time?")


def test_each_owner_that_is_none_is_told(tmp_path: Path) -> None:
    found = problems_of(tmp_path, ('["team:growth", ana@example.org]', '[growth, "team:", "team:x", ana@nowhere]'))

    assert [(p.field, p.value) for p in found] == [
        ("owners[0]", "'growth'"),
        ("owners[1]", "'team:'"),
        ("owners[3]", "'ana@nowhere'"),
    ]


def test_a_list_and_a_mapping_in_each_others_place_are_told(tmp_path: Path) -> None:
    found = problems_of(
        tmp_path, ("segments: [country]", "segments: {country: 1}"), ("{column: left, delay: 2d}", "[left]")
    )

    assert [(p.field, p.cure) for p in found] == [
        ("label", "must be a mapping of fields"),
        ("segments", "must be a list"),
    ]


def test_an_unset_variable_is_told_with_its_name_beside_the_other_mistakes(tmp_path: Path) -> None:
    found = problems_of(
        tmp_path, ("env.HOUSE", "env.HOUS"), ("every: 4w", "every: 1w"), ("delay: 2d", 'delay: "{{ env.D }}"')
    )

    assert [p.field for p in found] == ["source.path", "label.delay"]
    assert "HOUS set in the environment; did you mean HOUSE?" in found[0].cure
    assert "export D=" in found[1].cure


def test_a_name_given_twice_is_told_with_both_lines(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, text=GOOD + "  policy: {kind: schedule, every: 4w}\n")

    assert (problem.line, problem.field) == (GOOD.count("\n") + 1, "policy")
    assert f"first in line {line('policy:')}" in problem.cure


def test_what_stands_under_a_misspelt_name_or_kind_is_looked_at_too(tmp_path: Path) -> None:
    found = problems_of(
        tmp_path,
        ("kind: any_of", "kind: anyof"),
        ("policies:", "polices:"),
        ("every: 4w", "every: 28"),
        ("validation:", "validaton:"),
        ("at_least: 0.6", "at_leest: 0.6"),
        ("canary: [50, 100]", "canary: [100], bake: 10d"),
        ("release:", "relase:"),
    )

    assert [(p.field, p.line) for p in found] == [
        ("policy.kind", line("kind: any_of")),
        ("policy.polices", line("policies:")),
        ("policy.polices[0].every", line("every: 4w")),
        ("validaton", line("validation:")),
        ("validaton.gates[0].at_leest", line("at_least")),
        ("relase", line("release:")),
        ("relase.bake", line("release:")),
    ]
    assert "must be a whole number and h, d or w" in found[2].cure


def test_a_list_whose_parts_are_all_wrong_is_not_told_to_be_empty(tmp_path: Path) -> None:
    found = problems_of(tmp_path, ("metric: auc, at_least: 0.6", "metric: [auc], at_least: high"))

    assert [p.field for p in found] == ["validation.gates[0].metric", "validation.gates[0].at_least"]


@pytest.mark.parametrize(
    ("text", "at", "said"),
    [
        ("", 0, "is empty"),
        ("# nothing but this\n", 0, "is empty"),
        ("- a\n- b\n", 1, "must be a mapping"),
        ("just words", 1, "must be a mapping"),
        ("type: retrain_platform.RetrainedModel\n", 1, "must be given"),
        ("type: retrain_platform.RetrainedModel\nattributes: [1]\n", 2, "must be a mapping"),
        (GOOD.replace("  policy:", "  policy: ]"), line("policy:"), "must be YAML"),
        (GOOD.replace("  policy:", "\tpolicy:"), line("policy:"), "must be YAML"),
        (GOOD.replace('"{{ env.HOUSE }}/events/*.parquet"', "{{ env.HOUSE }}/x.parquet"), line("path:"), "in quotes"),
    ],
)
def test_a_file_that_is_no_spec_is_one_mistake_at_its_line(tmp_path: Path, text: str, at: int, said: str) -> None:
    (problem,) = problems_of(tmp_path, text=text)

    assert problem.line == at
    assert said in problem.cure


def test_a_file_that_is_not_there_or_no_text_is_told_not_raised(tmp_path: Path) -> None:
    with pytest.raises(SpecErrors, match="must be readable"):
        read_spec(tmp_path / "nowhere.yaml", ENV)
    (tmp_path / "defs.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SpecErrors, match="UTF-8"):
        read_spec(tmp_path / "defs.yaml", ENV)


def test_another_type_and_no_attributes_tell_all_that_is_missing(tmp_path: Path) -> None:
    found = problems_of(tmp_path, text="type: somebody.Else\nattributes: {}\n")

    missing = {p.field for p in found if p.cure.startswith("must be given")}
    assert missing == {name for name, field in ModelSpec.model_fields.items() if field.is_required()}
    assert found[0].field == "type"


def test_a_spec_without_a_file_tells_the_same_mistakes_without_lines() -> None:
    with pytest.raises(SpecErrors) as caught:
        spec_from({"name": "Not A Name", "task": "binary", "polcy": {}})

    fields = {p.field: p for p in caught.value.problems}
    assert {"name", "polcy", "period", "source", "label", "training", "validation"} == set(fields)
    assert "small letters" in fields["name"].cure
    assert all(p.line == 0 for p in caught.value.problems)
