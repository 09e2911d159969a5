"""Presets in a spec: the policies that they stand for, and every mistake in them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from retrain_platform.policy import AnyOf, VolumePolicy
from retrain_platform.policy.presets import Preset
from retrain_platform.spec import ModelSpec, read_spec
from retrain_platform_tests.spec.good_spec import ENV, GOOD, problems_of

POLICY = GOOD[GOOD.index("    kind: any_of") : GOOD.index("  training:")]


def spec_of(folder: Path, policy: str, *changes: tuple[str, str]) -> ModelSpec:
    text = GOOD.replace(POLICY, f"    {policy}\n")
    for old, new in changes:
        text = text.replace(old, new)
    (folder / "defs.yaml").write_text(text, encoding="utf-8")
    return read_spec(folder / "defs.yaml", env=ENV)


def test_a_preset_is_its_policy_and_nothing_else_of_the_spec_changes(tmp_path: Path) -> None:
    spec = spec_of(tmp_path, "{kind: preset, domain: credit, risk: high}")
    lines = Preset(domain="credit", risk="high").resolved(timedelta(weeks=1), timedelta(days=2), "auc")
    written = spec_of(tmp_path, yaml.safe_dump(lines, default_flow_style=True, width=10_000).strip())
    assert spec == written
    assert isinstance(spec.policy, AnyOf)
    assert "retrain every 13w" in spec.policy.describe()


def test_it_judges_by_the_metric_that_the_spec_releases_by(tmp_path: Path) -> None:
    released = ("release: {shadow: 1w,", "release: {metric: log_loss, shadow: 1w,")
    spec = spec_of(tmp_path, "{kind: preset, domain: fraud}", released)
    assert spec.primary == "log_loss"
    assert {each.metric for each in spec.policy.policies if each.kind == "performance"} == {"log_loss"}


def test_it_can_stand_among_other_policies_under_their_guards(tmp_path: Path) -> None:
    parts = "[{kind: preset, domain: fraud, cooldown: 2w}, {kind: volume, new_ripe_rows: 1000}]"
    spec = spec_of(tmp_path, f"{{kind: any_of, cooldown: 3w, policies: {parts}}}")
    preset, volume = spec.policy.policies
    assert (preset.cooldown, volume) == (timedelta(weeks=2), VolumePolicy(new_ripe_rows=1000))


@pytest.mark.parametrize(
    ("preset", "field", "told"),
    [
        ("domain: frauds", "policy.domain", "did you mean fraud?"),
        ("domian: fraud", "policy.domian", "did you mean domain?"),
        ("risk: high", "policy.domain", "must be given"),
        ("domain: fraud, risk: low, over: 0.2", "policy.over", "must be left out at risk low"),
        ("domain: fraud, every: soon", "policy.every", "must be a whole number and h, d or w"),
    ],
)
def test_a_mistake_in_it_is_told_where_it_stands(tmp_path: Path, preset: str, field: str, told: str) -> None:
    [found] = problems_of(tmp_path, (POLICY, f"    {{kind: preset, {preset}}}\n"))
    assert (found.field, told in found.cure) == (field, True)
    lines = GOOD[: GOOD.index(POLICY)].count("\n")
    assert found.line == lines + (told != "must be given")  # what is missing is told of its section


def test_mistakes_in_it_and_elsewhere_are_told_at_once(tmp_path: Path) -> None:
    found = problems_of(
        tmp_path,
        (POLICY, "    {kind: preset, domain: frauds}\n"),
        ("task: binary", "task: binery"),
        ("every: week", "every: wek"),
    )
    assert {each.field for each in found} == {"policy.domain", "task", "period.every"}
