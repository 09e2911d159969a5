"""People are told at the end of a run, by hand, and `status` says who could not be."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import Result

from retrain_platform_tests.cli.commands import LAST, SPEC, at_home, retrain, write_project
from retrain_platform_tests.contracts.receiver import Receiver, receiving

TELLING = SPEC + '  notify: {targets: [{name: team, url: "{{ env.TEAM_URL }}"}]}\n'


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with receiving() as server:
        yield server


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory, receiver: Receiver) -> Iterator[Result]:
    """A road played until the first model answers, of which the receiver is told."""
    folder = tmp_path_factory.mktemp("telling")
    write_project(folder, TELLING)
    with pytest.MonkeyPatch.context() as patch:
        url = f"json://127.0.0.1:{receiver.server_port}/s3cretpath"
        at_home(patch, folder, columns=200, RETRAIN_ACTOR="ana", TEAM_URL=url, RETRAIN_ENVIRONMENT="lab")
        yield retrain("run", "tiny", "--until", LAST)


class TestOneRoad:
    """In order: each goes on where the one before left off."""

    def test_a_run_ends_with_what_happened_told(self, told: Result, receiver: Receiver) -> None:
        assert told.exit_code == 0, told.output
        titles = [taken["title"] for taken in receiver.taken]
        assert titles == ["tiny: retrain decided", "tiny: version 1 answers everything"]
        assert "retrain why tiny --at 2024-01-0" in receiver.taken[0]["message"]
        assert "retrain (lab): line" in receiver.taken[0]["message"]

    def test_what_was_told_is_not_told_again(self, told: Result, receiver: Receiver) -> None:
        again = retrain("notify", "tiny")
        assert (again.exit_code, again.output) == (0, "tiny: 0 sent, 0 waiting\n")
        assert len(receiver.taken) == 2

    def test_what_would_be_sent_is_shown_and_not_sent(self, told: Result, receiver: Receiver) -> None:
        assert retrain("retrain", "tiny", "--why", "new shops", "--now").exit_code == 0
        receiver.status = 503
        ran = retrain("run", "tiny", "--until", LAST)
        assert ran.exit_code == 0, ran.output
        assert "tiny: team could not be told since " in ran.output
        shown = retrain("notify", "tiny", "--dry-run")
        assert shown.exit_code == 0
        assert "to team: [warning] tiny: retrain decided, urgent" in shown.output
        assert len(receiver.taken) == 2

    def test_who_could_not_be_told_stands_in_the_status_without_the_address(
        self, told: Result, receiver: Receiver
    ) -> None:
        status = json.loads(retrain("status", "--json").stdout)[0]
        assert "team could not be told since" in status["not_told"]
        assert "503" in status["not_told"]
        for words in (("status",), ("check", "--explain"), ("notify", "tiny", "--test")):
            assert "s3cretpath" not in retrain(*words).output

    def test_a_test_message_says_so_and_fails_where_it_does_not_arrive(self, told: Result, receiver: Receiver) -> None:
        assert retrain("notify", "tiny", "--test").exit_code == 1
        receiver.status = 200
        tried = retrain("notify", "tiny", "--test")
        assert (tried.exit_code, tried.output) == (0, "tiny: team was told\n")
        assert receiver.taken[-1]["title"] == "tiny: a test"

    def test_neither_and_both_are_not_meant(self, told: Result) -> None:
        assert retrain("notify", "tiny", "--test", "--dry-run").exit_code == 2


def test_a_model_that_names_nobody_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_project(tmp_path)
    at_home(monkeypatch, tmp_path)
    asked = retrain("notify")
    assert (asked.exit_code, asked.output) == (0, "tiny: nobody is named under notify.targets\n")
    assert not (tmp_path / "home").exists()
