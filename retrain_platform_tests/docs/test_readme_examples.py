"""What the README tells a newcomer to type must work."""

from __future__ import annotations

import re
from pathlib import Path

import yaml
from typer.testing import CliRunner

from retrain_platform.cli import app
from retrain_platform.spec import read_spec

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_spec_of_the_readme_is_sound(tmp_path: Path) -> None:
    example, *_ = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    path = tmp_path / "defs.yaml"
    path.write_text(example, encoding="utf-8")
    assert read_spec(path).name == yaml.safe_load(example)["attributes"]["name"]


def test_the_live_release_of_the_readme_is_sound_beside_what_the_first_one_says(tmp_path: Path) -> None:
    first, live, _ = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    whole = yaml.safe_load(first)
    whole["attributes"] |= yaml.safe_load(live)
    path = tmp_path / "defs.yaml"
    path.write_text(yaml.safe_dump(whole), encoding="utf-8")
    spec = read_spec(path)
    assert spec.release.live is not None
    assert spec.gateway is not None


def test_the_spec_of_ad_scores_is_sound_beside_what_the_first_one_says(tmp_path: Path) -> None:
    first, _, ads = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    whole = yaml.safe_load(first)
    gates = [{"kind": "against_champion", "metric": "rmse", "better_by": 0.05, "relative": True}]
    whole["attributes"] |= {**yaml.safe_load(ads), "task": "regression", "validation": {"gates": gates}}
    path = tmp_path / "defs.yaml"
    path.write_text(yaml.safe_dump(whole), encoding="utf-8")
    spec = read_spec(path, env={"ADS_URL": "sqlite:///ads.db"})
    assert spec.features.made[0] == "ad_score_mean_7d"


def test_every_command_of_the_readme_exists() -> None:
    lines = [line.split("#")[0].split() for line in README.splitlines() if line.startswith("retrain ")]
    assert len(lines) > 4
    for words in lines:
        verbs = [word for word in words[1:3] if word.isalpha() and word not in ("churn",)]
        shown = CliRunner().invoke(app, [*verbs, "--help"])
        assert shown.exit_code == 0, words


def test_every_make_target_of_the_readme_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"^make (\w+)", README, re.MULTILINE)):
        assert f"\n{target}:" in makefile


def test_every_picture_and_page_that_is_linked_is_there() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    for page in pages:
        for link in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
            assert link.startswith("http") or (page.parent / link).exists(), f"{page.name}: {link}"
