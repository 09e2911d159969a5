"""A release that waits for a person: who sees it, who may answer, and what is said of an answer that comes too late."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import Result

from retrain_platform_tests.cli.commands import LAST, SPEC, at_home, retrain, write_project

ASKING = SPEC.replace("release: {", "release: {approval: true, four_eyes: true, ").replace(
    "  release:", "  segments: [shop]\n  card: {purpose: Bad payers, licence: in-house}\n  release:"
)


def by(patch: pytest.MonkeyPatch, actor: str, *words: str) -> Result:
    patch.setenv("RETRAIN_ACTOR", actor)
    return retrain(*words)


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A road on which the first model waits for a person."""
    folder = tmp_path_factory.mktemp("asking")
    write_project(folder, ASKING)
    with pytest.MonkeyPatch.context() as patch:
        at_home(patch, folder, columns=120, RETRAIN_ACTOR="ana")
        ran = retrain("run", "tiny", "--until", LAST)
        assert ran.exit_code == 0, ran.output
        assert "approve with: retrain release approve tiny --version 1" in " ".join(ran.output.split())
        yield folder


class TestOneRoad:
    """In order: each step goes on where the one before left the road."""

    def test_what_waits_is_told_wherever_one_looks(self, asked: Path) -> None:
        command = "retrain release approve tiny --version 1 --why '...'"
        for words in (("status",), ("fleet",), ("release", "show", "tiny")):
            told = " ".join(retrain(*words).output.split())
            assert "version 1 waits for a person's approval since 2024-01-0" in told, words
            assert command in told, words
        assert command in json.loads(retrain("status", "--json").stdout)[0]["waiting_for_approval"]

    def test_the_review_names_importance_segments_edge_cases_and_what_changed(self, asked: Path) -> None:
        page = retrain("release", "review", "tiny").output
        for title in ("What changed", "Importance", "Segments", "Edge cases", "Answer"):
            assert f"## {title}" in page
        assert "a first model: there is no champion to hold it against" in page
        assert "| x |" in page

    def test_another_version_than_the_one_that_waits_is_not_approved(self, asked: Path) -> None:
        result = retrain("release", "approve", "tiny", "--version", "7", "--why", "sure")
        assert result.exit_code == 1
        assert "version 7 was never on its way; version 1 waits" in result.output

    def test_what_the_policy_asked_for_anybody_with_a_name_approves_once(
        self, asked: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        nobody = by(monkeypatch, "unattributed", "release", "approve", "tiny", "--why", "sure")
        assert nobody.exit_code == 1
        assert "four_eyes: approver == nobody, must be named" in nobody.output
        assert by(monkeypatch, "ana", "release", "approve", "tiny", "--why", "segments looked at").exit_code == 0
        again = by(monkeypatch, "bob", "release", "approve", "tiny", "--why", "me too")
        assert again.exit_code == 1
        assert "version 1 was approved already, by ana on " in again.output
        assert json.loads(retrain("status", "--json").stdout)[0]["champion"] == "1"

    def test_who_asked_may_not_approve_and_another_may(self, asked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        assert by(monkeypatch, "ana", "retrain", "tiny", "--why", "new shops", "--now").exit_code == 0
        assert retrain("run", "tiny", "--until", LAST).exit_code == 0
        own = by(monkeypatch, "ana", "release", "approve", "tiny", "--why", "mine")
        assert own.exit_code == 1
        assert "approver == 'ana', must be another than who asked for version 2" in own.output
        assert "asked for by ana, who may not approve it" in " ".join(retrain("status").output.split())

    def test_an_answer_to_a_version_that_gave_way_is_told(self, asked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        assert by(monkeypatch, "ana", "retrain", "tiny", "--why", "newer shops", "--now").exit_code == 0
        assert retrain("run", "tiny", "--until", LAST).exit_code == 0
        late = by(monkeypatch, "bob", "release", "approve", "tiny", "--version", "2", "--why", "looked at")
        assert late.exit_code == 1
        assert "version 2 is no longer the newest: version 2 leaves approval for the" in late.output
        assert "version 3 waits" in late.output
        assert by(monkeypatch, "bob", "release", "reject", "tiny", "--version", "2", "--why", "no").exit_code == 1

    def test_the_approval_stands_on_the_card_with_who_and_why(
        self, asked: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert (
            by(monkeypatch, "bob", "release", "approve", "tiny", "--version", "3", "--why", "shops ok").exit_code == 0
        )
        page = asked / "card.html"
        card = retrain("card", "tiny", "--version", "3", "--html", str(page))
        assert card.exit_code == 0, card.output
        for told in ("- Bad payers", "licence: in-house", "requested (manual) by ana: newer shops", "by bob: shops ok"):
            assert told in card.output, told
        html = page.read_text(encoding="utf-8")
        assert "approved, to shadow by bob" in html
        assert not any(outside in html for outside in ("http:", "https:", "<script", "<link"))
        assert html.count("data:image/svg+xml") >= 3

    def test_the_playbook_knows_the_spec_and_what_happened(self, asked: Path) -> None:
        page = retrain("playbook", "tiny").output
        for told in ("retrain release rollback tiny", "four eyes", "newer shops", "bob"):
            assert told in page, told
