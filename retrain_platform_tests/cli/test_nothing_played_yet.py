"""What each command says on a fresh machine: nothing was played, and asking makes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from retrain_platform_tests.cli.commands import retrain

SAID = "tiny: nothing has been played yet. Begin with: retrain run tiny\n"


@pytest.fixture(autouse=True)
def nothing_made(project: Path) -> Iterator[None]:
    """No test here finds a home, and none leaves one."""
    assert not (project / "home").exists()
    yield
    assert not (project / "home").exists()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("log", "tiny"), 0),
        (("release", "show", "tiny"), 0),
        (("why", "tiny"), 1),
        (("refit", "tiny"), 1),
        (("decide", "tiny", "--as-of", "2024-01-02"), 2),
    ],
)
def test_a_reading_command_says_that_nothing_was_played(words: tuple[str, ...], code: int) -> None:
    told = retrain(*words)

    assert (told.exit_code, told.output) == (code, SAID)


def test_status_says_so_under_what_is_due() -> None:
    told = retrain("status")

    assert told.exit_code == 0
    assert "watch 2024-01-01" in told.output
    assert told.output.endswith(SAID)


def test_programs_get_what_there_is() -> None:
    (row,) = json.loads(retrain("status", "--json").stdout)

    assert (row["watched_until"], row["champion"], row["next"]) == (None, None, "watch 2024-01-01")
    assert json.loads(retrain("log", "tiny", "--json").stdout) == []
    assert json.loads(retrain("release", "show", "tiny", "--json").stdout)["champion"] is None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("release", "rollback", "tiny"), "no model answers yet: nothing to roll back"),
        (("release", "approve", "tiny"), "nothing waits for approval"),
        (("release", "reject", "tiny"), "no release is under way: nothing to reject"),
        (("resume", "tiny"), "tiny is not paused"),
    ],
)
def test_what_cannot_be_moved_or_undone_yet_leaves_with_1(words: tuple[str, ...], said: str) -> None:
    told = retrain(*words, "--why", "x")

    assert (told.exit_code, told.output) == (1, f"{said}\n")


def test_check_makes_nothing() -> None:
    assert retrain("check").exit_code == 0
