"""A package's bytes: told apart when one changes, alike wherever they lie."""

from __future__ import annotations

from pathlib import Path

from retrain_platform.training.artefact import folder_bytes, folder_digest


def package(at: Path, **files: str) -> Path:
    for name, text in (files or {"model.txt": "trees", "report.json": "{}"}).items():
        (at / name).parent.mkdir(parents=True, exist_ok=True)
        (at / name).write_text(text, encoding="utf-8")
    return at


def test_the_same_files_have_the_same_digest_elsewhere(tmp_path: Path) -> None:
    one, other = package(tmp_path / "one"), package(tmp_path / "other")
    (other / ".left").write_text("hidden", encoding="utf-8")
    assert folder_digest(one) == folder_digest(other)
    assert folder_bytes(one) == folder_bytes(other) == 7


def test_a_changed_byte_a_new_file_and_another_name_are_told(tmp_path: Path) -> None:
    kept = folder_digest(package(tmp_path / "kept"))
    changed = package(tmp_path / "changed", **{"model.txt": "treeS", "report.json": "{}"})
    more = package(tmp_path / "more", **{"model.txt": "trees", "report.json": "{}", "deep/er.txt": ""})
    named = package(tmp_path / "named", **{"model.tx": "ttrees", "report.json": "{}"})
    assert len({kept, *(folder_digest(each) for each in (changed, more, named))}) == 4
