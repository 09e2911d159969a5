"""The tags that say which code made a model."""

from __future__ import annotations

import importlib
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from retrain_platform.adapters.provenance import code_fingerprint, code_modules, code_tags
from retrain_platform.training import LEARNERS
from retrain_platform_tests.steps.tiny import tiny_spec


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


def coded(folder: Path, text: str) -> str:
    """The fingerprint that a process finds of a module with this source."""
    (folder / "fits_1.py").write_text(text, encoding="utf-8")
    importlib.invalidate_caches()
    code_fingerprint.cache_clear()
    return code_fingerprint("fits_1")


def test_the_code_s_fingerprint_changes_with_the_code_and_not_with_what_is_said_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    plain = coded(tmp_path, "def fit(x):\n    return x + 1\n")
    assert coded(tmp_path, 'def fit(x):\n    """Adds one."""\n    # because\n    return (x   + 1)\n') == plain
    assert coded(tmp_path, "def fit(x):\n    return x + 2\n") != plain


def test_modules_count_in_any_order_and_one_that_is_not_there_by_its_name() -> None:
    assert code_fingerprint("json", "csv") == code_fingerprint("csv", "json") != code_fingerprint("json")
    assert code_fingerprint("no_such_module_anywhere") != code_fingerprint("another_that_is_not_there")


@pytest.mark.parametrize("member", LEARNERS)
def test_the_code_of_every_learner_is_known(member: Any) -> None:
    kind = member.model_fields["kind"].default
    own = {"call": "somewhere:fit"} if "call" in member.model_fields else {}
    names = code_modules(tiny_spec().model_copy(update={"training": member.model_construct(kind=kind, **own)}))
    assert f"retrain_platform.adapters.{kind}_learner" in names
    assert {"retrain_platform.dataset.preparation", "somewhere"} < set(names)
    assert all(find_spec(name) is not None for name in names if name != "somewhere")
