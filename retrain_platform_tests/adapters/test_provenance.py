"""The tags that say which code made a model."""

from __future__ import annotations

import subprocess
from pathlib import Path

from retrain_platform.adapters.provenance import code_tags


def test_a_folder_without_git_and_lock_file_says_nothing(tmp_path: Path) -> None:
    assert code_tags(tmp_path) == {}


def test_commit_and_lock_file_are_named_and_a_change_is_told(tmp_path: Path) -> None:
    (tmp_path / "requirements.lock").write_text("a==1\n")
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b.c"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"]):
        subprocess.run([*git, *words], check=True)
    clean = code_tags(tmp_path)
    assert len(clean["git_commit"]) == 40
    assert clean["lock_file"].startswith("requirements.lock:")
    (tmp_path / "requirements.lock").write_text("a==2\n")
    changed = code_tags(tmp_path)
    assert changed["git_commit"] == f"{clean['git_commit']}-dirty"
    assert changed["lock_file"] != clean["lock_file"]
