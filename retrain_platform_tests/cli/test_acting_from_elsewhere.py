"""Commands that are done at a gateway: over HTTP, with a token, told and left as they are here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import Result

from retrain_platform_tests.cli.commands import at_home, retrain
from retrain_platform_tests.gateway.doors_at_work import away, doors
from retrain_platform_tests.gateway.offices import Office, waiting
from retrain_platform_tests.steps.tiny import Places


@pytest.fixture(scope="module")
def road() -> Places:
    places = Places()
    waiting(places, "bob")
    return places


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory, road: Places) -> Iterator[tuple[Office, str]]:
    office = Office(tmp_path_factory.mktemp("gateway"), road.copy())
    with doors(office) as url:
        yield office, url


@pytest.fixture(autouse=True)
def nothing_here(serving: tuple[Office, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A folder without a model or a home: whatever is done is done at the gateway."""
    office, url = serving
    at_home(monkeypatch, tmp_path, columns=200, RETRAIN_GATEWAY_URL=url, RETRAIN_TOKEN=office.token)
    yield
    assert not (tmp_path / "home").exists()


def told(*words: str) -> str:
    result = retrain(*words)
    assert result.exit_code == 0, result.output
    return result.output


class TestOneRoad:
    """In order: each goes on where the one before left the road."""

    def test_the_release_and_its_history_are_shown(self) -> None:
        shown = told("release", "show", "tiny")
        assert "champion: 1" in shown
        assert "version 2 waits for a person's approval" in shown
        assert json.loads(told("release", "show", "tiny", "--json"))["champion"] == "1"
        assert "carl" in told("release", "history", "tiny")

    def test_approving_is_done_in_the_name_of_the_token(self, serving: tuple[Office, str]) -> None:
        assert "approved: version 2 goes into shadow" in told("release", "approve", "tiny", "--why", "looked at")
        assert serving[0].kinds[-1] == "advanced by ana"
        again = retrain("release", "approve", "tiny", "--why", "me too")
        assert again.exit_code == 1
        assert "version 2 was approved already, by ana" in again.output

    def test_rejecting_tells_its_move_to_programs(self) -> None:
        moves = json.loads(told("release", "reject", "tiny", "--why", "worse", "--json"))
        assert [move["stage"] for move in moves] == ["rejected"]

    def test_what_is_put_on_record_is_told_with_what_follows(self, serving: tuple[Office, str]) -> None:
        assert "tiny: requested by ana (entry " in told("event", "tiny", "new_format", "--why", "codes")
        assert "paused by ana" in told("pause", "tiny", "--why", "the feed moves")
        assert "answered once tiny is resumed" in told("retrain", "tiny", "--why", "shops", "--depth", "full")
        assert "The road goes on" in told("resume", "tiny")
        assert [line.split()[0] for line in serving[0].kinds[-4:]] == ["requested", "paused", "requested", "resumed"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("event", "tiny", "new_fromat", "--why", "x"), 2, "KIND == 'new_fromat', must be one of"),
        (("retrain", "tiny", "--why", " "), 2, "--why == ' ', must give a reason"),
        (("retrain", "tiny", "--why", "x", "--depth", "deep"), 2, "--depth == 'deep', must be one of"),
        (("release", "rollback", "tiny", "--why", "x", "--to", "77"), 2, "--to == '77', must be one of"),
        (("release", "rollback", "tiny", "--why", "x"), 1, "is the first: there is no earlier version"),
        (("release", "clear", "tiny", "--why", "x"), 1, "no rows of version any are in quarantine"),
        (("release", "show", "tinny"), 2, "MODEL == 'tinny', must be one of tiny"),
        (("resume", "tiny"), 1, "tiny is not paused"),
    ],
)
def test_refusals_are_told_and_left_as_here(words: tuple[str, ...], code: int, said: str) -> None:
    result = retrain(*words)
    assert (result.exit_code, said in result.output) == (code, True), result.output
    assert "Traceback" not in result.output


def refused(monkeypatch: pytest.MonkeyPatch, **environment: str) -> Result:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return retrain("release", "show", "tiny", "--json")


def test_who_may_not_is_told_why(serving: tuple[Office, str], monkeypatch: pytest.MonkeyPatch) -> None:
    unknown = refused(monkeypatch, RETRAIN_TOKEN="rt_abcdefghij_" + "x" * 43)
    assert (unknown.exit_code, "RETRAIN_TOKEN: this token is not known here" in unknown.output) == (1, True)
    scoped = refused(monkeypatch, RETRAIN_TOKEN=serving[0].other)
    assert (scoped.exit_code, "not good for admin of tiny" in json.loads(scoped.stdout)["error"]) == (1, True)
    none = refused(monkeypatch, RETRAIN_TOKEN="")
    assert (none.exit_code, "must be a token with the scope admin" in none.output) == (2, True)


def test_a_gateway_that_is_away_is_told(serving: tuple[Office, str], monkeypatch: pytest.MonkeyPatch) -> None:
    with away(serving[0]):
        said = refused(monkeypatch).output
    assert "the gateway's office, which acts for people, is away" in said
    nobody = refused(monkeypatch, RETRAIN_GATEWAY_URL="http://127.0.0.1:9")
    assert (nobody.exit_code, "does not answer: ConnectError" in nobody.output) == (1, True)
    wrong = refused(monkeypatch, RETRAIN_GATEWAY_URL="gateway.local")
    assert (wrong.exit_code, "must begin with http" in wrong.output) == (2, True)


@pytest.mark.parametrize("words", [("run", "tiny"), ("status",), ("release", "review", "tiny")])
def test_a_command_that_needs_the_stores_here_refuses_the_option(words: tuple[str, ...]) -> None:
    result = retrain("--gateway", "http://127.0.0.1:9", *words)
    assert result.exit_code == 2
    assert "must be given to one of: event, retrain, pause, resume, release show" in result.output
