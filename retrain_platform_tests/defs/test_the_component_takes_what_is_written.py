"""The component in another team's project: templates anywhere, mistakes in our words, the schema for editors."""

from pathlib import Path

import dagster as dg
import pytest

from retrain_platform import RetrainedModel
from retrain_platform.spec import ModelSpec, SpecErrors
from retrain_platform_tests.defs.places import host_project, written
from retrain_platform_tests.steps.tiny import attributes


def load(folder: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> dg.Definitions:
    """The definitions of a project whose one model is written as `text`."""
    name = folder.name.replace("-", "_")
    host_project(folder, name, text)
    monkeypatch.syspath_prepend(str(folder))
    return dg.load_from_defs_folder(path_within_project=folder / name)


def mistakes(folder: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> SpecErrors:
    """What Dagster tells at the end of its chain of errors: ours, with nothing of the validator's behind it."""
    with pytest.raises(Exception, match="tiny") as caught:
        load(folder, text, monkeypatch).resolve_all_asset_specs()
    error: BaseException = caught.value
    while error.__cause__ is not None:
        error = error.__cause__
    assert isinstance(error, SpecErrors)
    assert error.__suppress_context__ or error.__context__ is None
    return error


def test_fields_of_every_type_may_be_templates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"TEAM": "team:growth", "EVERY": "5d", "MODE": "act", "ROWS": "700"}.items():
        monkeypatch.setenv(name, value)
    text = written(
        owners=["{{ env.TEAM }}"],
        mode="{{ env.MODE }}",
        policy={"kind": "schedule", "every": "{{ env.EVERY }}"},
        checks={"min_rows": "{{ env.ROWS }}"},
        description="{{ env('SAYS', 'Who pays late?') }}",
    )
    found = load(tmp_path, text, monkeypatch).resolve_all_asset_specs()
    assert {owner for spec in found for owner in spec.owners} == {"team:growth"}


def test_dagster_tells_every_mistake_with_its_line_in_our_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = written(mode="perhaps", policy={"kind": "moon_phase"}, owners=["{{ env.NOBODY }}"], segmnets=[])
    told = mistakes(tmp_path, text, monkeypatch)
    lines = text.splitlines()
    assert {(p.field, lines[p.line - 1].split(":")[0].strip("- ")) for p in told.problems} == {
        ("mode", "mode"),
        ("policy.kind", "kind"),
        ("owners[0]", "'{{ env.NOBODY }}'"),
        ("segmnets", "segmnets"),
    }
    assert all(p.file.endswith("defs.yaml") for p in told.problems)


def test_a_component_without_attributes_is_told_what_must_be_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = mistakes(tmp_path, "type: retrain_platform.RetrainedModel\n", monkeypatch)
    assert [(p.field, p.cure) for p in told.problems] == [
        ("attributes", "must be given: the model's spec stands under it")
    ]


def test_editors_and_dg_check_yaml_see_the_schema_of_the_spec() -> None:
    given = RetrainedModel.get_model_cls()
    assert given is not None
    assert given.model_json_schema() == ModelSpec.model_json_schema()


def test_attributes_without_a_file_are_checked_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEAM", "team:growth")
    assert RetrainedModel.from_attributes_dict(attributes=attributes(owners=["{{ env.TEAM }}"])).spec.owners == (
        "team:growth",
    )
    with pytest.raises(SpecErrors, match="mode == 'perhaps'"):
        RetrainedModel.from_attributes_dict(attributes=attributes(mode="perhaps"))
