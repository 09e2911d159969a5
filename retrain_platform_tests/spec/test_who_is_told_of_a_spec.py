"""The section `notify`: its mistakes, and that no address of it is ever shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from retrain_platform.spec import read_spec
from retrain_platform_tests.spec.good_spec import ENV, GOOD, problems_of

TOLD = GOOD + '  notify: {targets: [{name: team, url: "{{ env.TEAM }}", owner: "team:growth"}]}\n'
URL = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"


def test_an_address_is_read_from_the_environment_and_shown_by_its_scheme_alone(tmp_path: Path) -> None:
    file = tmp_path / "defs.yaml"
    file.write_text(TOLD, encoding="utf-8")
    spec = read_spec(file, {**ENV, "TEAM": URL})
    (target,) = spec.notify.targets
    assert target.url.get_secret_value() == URL
    assert spec.model_dump(mode="json")["notify"]["targets"][0]["url"] == "slack://***"
    assert "T1JJ3T3L2" not in repr(spec) + str(spec) + spec.model_dump_json()


def test_an_address_in_the_spec_itself_is_refused_and_not_repeated(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, text=TOLD.replace("{{ env.TEAM }}", URL))
    assert (problem.field, problem.value) == ("notify.targets[0].url", "'***'")
    assert "{{ env.NAME }}" in problem.cure


@pytest.mark.parametrize(
    ("old", "new", "field", "cure"),
    [
        ('owner: "team:growth"', "owner: bob@example.org", "notify.targets[0].owner", "must be one of the owners"),
        ("name: team,", "name: Team One,", "notify.targets[0].name", "must"),
        ("name: team,", "name: team, kinds: [rollback],", "notify.targets[0].kinds[0]", "rolled_back"),
        ("name: team,", "name: team, at_least: high,", "notify.targets[0].at_least", "critical"),
        ("notify: {", "notify: {cooldown: soon, ", "notify.cooldown", "as in '30s'"),
        ("notify: {", "notify: {pages: dagster.local, ", "notify.pages", "must begin with http"),
        ("notify: {", "notify: {digest: {every: 1d, kinds: [all]}, ", "notify.digest.kinds[0]", "rolled_back"),
    ],
)
def test_mistakes_name_field_and_cure(tmp_path: Path, old: str, new: str, field: str, cure: str) -> None:
    text = TOLD.replace("{{ env.TEAM }}", "{{ env.HOUSE }}://x")
    (problem,) = problems_of(tmp_path, (old, new), text=text)
    assert problem.field == field
    assert cure in problem.cure


def test_what_the_environment_gives_must_be_an_address(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, text=TOLD.replace("env.TEAM", "env.HOUSE"))
    assert problem.field == "notify.targets[0].url"
    assert "must be an address of apprise" in problem.cure
    assert "/house" not in problem.cure + problem.value


def test_two_targets_of_one_name_are_refused(tmp_path: Path) -> None:
    text = TOLD.replace("{{ env.TEAM }}", "{{ env.HOUSE }}://x")
    two = text.replace("targets: [", 'targets: [{name: team, url: "{{ env.HOUSE }}://y"}, ')
    (problem,) = problems_of(tmp_path, text=two)
    assert "must each have a name of its own" in problem.cure
