"""The admin API does what the command line does: the same record, the same refusals, who did it from the token."""

from __future__ import annotations

from pathlib import Path

import pytest

from retrain_platform.release.base import Stage
from retrain_platform.release.fold import transition_body
from retrain_platform.release.table import Event, transition
from retrain_platform.steps.by_hand import moving
from retrain_platform.steps.by_hand.shown import Shown
from retrain_platform_tests.gateway.offices import Office, waiting
from retrain_platform_tests.steps.tiny import Places


@pytest.fixture(scope="module")
def road() -> Places:
    places = Places()
    waiting(places, "<b>bob</b>")
    return places


@pytest.fixture
def office(tmp_path: Path, road: Places) -> Office:
    return Office(tmp_path, road.copy())


def test_whoever_does_not_know_the_word_is_told_nothing(office: Office) -> None:
    for word in ("", "x" * 32):
        answer = office.ask("GET", "/admin/models", word=word)
        assert (answer.status_code, answer.content) == (403, b"")


def test_what_stands_is_shown(office: Office) -> None:
    assert office.ask("GET", "/admin/models").json() == {"models": ["tiny"]}
    status = office.ask("GET", "/admin/models/tiny").json()
    assert status["state"]["champion"] == "1"
    assert status["split"]["champion"] == "1"
    assert (status["paused"], status["not_told"]) == ("", {})
    shown = Shown.model_validate(office.ask("GET", "/admin/models/tiny/release").json())
    assert "version 2 waits for a person's approval" in shown.waiting
    history = office.ask("GET", "/admin/models/tiny/release/history").json()
    assert [change["version"] for change in history][-1] == "2"


def test_an_approval_is_on_record_by_the_token_s_name(office: Office) -> None:
    status, done = office.act("release/approve", why="segments looked at", version="2")
    assert (status, done["moves"][0]["stage"], done["late"]) == (200, "shadow", "")
    last = office.places.ledger.entries("tiny")[-1]
    assert (last.actor, last.why, last.key[:8]) == ("ana", "segments looked at", "approve:")
    status, said = office.act("release/approve", why="me too")
    assert status == 409
    assert "version 2 was approved already, by ana" in said["error"]["message"]


def test_a_rejection_a_rollback_and_what_cannot_be_rolled_back_to(office: Office) -> None:
    assert office.act("release/reject", why="worse", version="1")[0] == 409
    assert office.act("release/reject", why="worse", version="2")[0] == 200
    status, said = office.act("release/rollback", why="wrong", to="77")
    assert (status, said["error"]["field"], said["error"]["value"]) == (422, "to", "77")
    assert office.act("release/rollback", why="wrong")[0] == 409
    assert office.act("release/clear", why="sound")[0] == 409


def takes_over(office: Office) -> None:
    """Version 2 answers, and version 1 is the way back."""
    office.act("release/approve", why="good")
    shop = office.shop(office.spec)
    move = transition(Stage.SHADOW, Event.PROMOTED, "2", "takes over")
    shop.ledger.append("tiny", move.kind, "promoted:x", shop.entries()[-1].as_of, body=transition_body(move))


def test_a_version_that_could_not_score_is_returned_to_by_force_alone(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    takes_over(office)
    monkeypatch.setattr(moving, "known_problem", lambda *_: "version 1 could not score")
    status, said = office.act("release/rollback", why="wrong at night")
    assert (status, "all the same with --force" in said["error"]["message"]) == (409, True)
    assert office.act("release/rollback", why="wrong at night", force=True)[0] == 200


def test_the_history_names_the_aliases_as_the_spec_does(tmp_path: Path, road: Places) -> None:
    office = Office(tmp_path, road.copy(), aliases={"champion": "ours"})
    history = office.ask("GET", "/admin/models/tiny/release/history").json()
    assert {name for change in history for name in change["aliases"]} >= {"ours"}


def test_a_rollback_goes_through_while_the_registry_is_away(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    takes_over(office)

    def away(*_: object) -> None:
        raise ConnectionError("no registry there")

    for name in ("versions", "set_aliases"):
        monkeypatch.setattr(office.places.registry, name, away)
    status, done = office.act("release/rollback", why="wrong at night")
    assert (status, office.shop(office.spec).state().champion) == (200, "1")
    assert "follow later: ConnectionError: no registry there" in done["late"]


def test_an_event_a_retrain_a_pause_and_its_end_are_on_record(office: Office) -> None:
    before = len(office.kinds)
    status, said = office.act("events", kind="new_format", why="codes changed", now=True)
    assert (status, said["entry"]["body"]) == (200, {"kind": "new_format", "urgent": True})
    assert "retrain run tiny" in said["follows"]
    assert office.act("retrains", why="shops", depth="full")[0] == 200
    assert office.act("pause", why="the feed moves")[0] == 200
    assert office.act("pause", why="again")[0] == 409
    assert office.ask("GET", "/admin/models/tiny").json()["paused"] == "the feed moves (ana)"
    assert office.act("resume", why="moved")[0] == 200
    assert office.kinds[before:] == ["requested by ana", "requested by ana", "paused by ana", "resumed by ana"]


def test_an_act_on_what_somebody_changed_meanwhile_is_refused(office: Office) -> None:
    seq = office.ask("GET", "/admin/models/tiny/release").json()["seq"]
    office.act("events", "carl", kind="other", why="something")
    before = office.kinds
    for path, body in (("release/reject", {}), ("retrains", {}), ("pause", {})):
        status, said = office.act(path, why="as I saw it", expect=seq, **body)
        assert status == 409, path
        assert "somebody wrote to the record" in said["error"]["message"]
    assert office.kinds == before
    assert office.act("pause", why="as it is", expect=seq + 1)[0] == 200


@pytest.mark.parametrize(
    ("path", "body", "status", "told"),
    [
        ("release/approve", {"why": " "}, 422, "why == ' ', must give a reason"),
        ("release/approve", {}, 422, "must give a reason"),
        ("events", {"why": "x"}, 422, "kind"),
        ("events", {"why": "x", "kind": "new_fromat"}, 422, "did you mean new_format?"),
        ("retrains", {"why": "x", "depth": "deep"}, 422, "depth == 'deep', must be one of"),
        ("retrains", {"why": "x", "later": True}, 422, "later: Extra inputs are not permitted; the fields here are"),
        ("retrains", {"why": 7}, 422, "why: Input should be a valid string"),
        ("release/nothing", {"why": "x"}, 404, ""),
    ],
)
def test_what_cannot_be_meant_is_told_and_changes_nothing(
    office: Office, path: str, body: dict[str, object], status: int, told: str
) -> None:
    before = office.kinds
    answer = office.ask("POST", f"/admin/models/tiny/{path}", json=body)
    assert answer.status_code == status
    assert told in answer.text.encode().decode("unicode_escape")
    assert office.kinds == before


@pytest.mark.parametrize(("raw", "status"), [(b"{", 400), (b"[]", 422), (b"\xff", 400), (b'{"why": NaN}', 400)])
def test_a_body_that_is_no_object_is_refused(office: Office, raw: bytes, status: int) -> None:
    answer = office.ask("POST", "/admin/models/tiny/pause", content=raw)
    code = {400: "malformed", 422: "wrong_fields"}[status]
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_an_unknown_model_is_not_found(office: Office) -> None:
    answer = office.ask("POST", "/admin/models/tinny/pause", json={"why": "x"})
    assert (answer.status_code, answer.json()["error"]["message"]) == (
        404,
        "MODEL == 'tinny', must be one of tiny",
    )


class TestALinkInANotice:
    def test_looking_shows_the_review_and_changes_nothing(self, office: Office) -> None:
        before, link = office.kinds, office.link()
        for method in ("GET", "HEAD", "GET"):
            answer = office.ask(method, office.at(link))
            assert answer.status_code == 200
        assert "What changed" in answer.text
        assert "Approve version 2" in answer.text
        assert "<b>bob</b>" not in answer.text
        assert "&lt;b&gt;bob" in answer.text
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert (answer.headers["cache-control"], answer.headers["referrer-policy"]) == ("no-store", "no-referrer")
        assert office.kinds == before

    def test_pressing_approves_by_the_name_of_the_token_and_once(self, office: Office) -> None:
        at = office.at(office.link())
        done = office.ask("POST", at, data={"answer": "approve", "why": "looked at", "token": office.token})
        assert done.status_code == 200
        assert "approved: version 2 goes into shadow" in done.text
        last = office.places.ledger.entries("tiny")[-1]
        assert (last.actor, last.why) == ("ana", "looked at")
        for method, more in (("POST", {"data": {"answer": "reject", "why": "no"}}), ("GET", {})):
            again = office.ask(method, at, **more)
            assert again.status_code == 409
            assert "this link was used already, to approve, by ana at " in again.text
        assert office.places.ledger.entries("tiny")[-1] == last

    def test_without_a_token_the_answer_is_unattributed(self, office: Office) -> None:
        done = office.ask("POST", office.at(office.link()), data={"answer": "reject", "why": "worse"})
        assert done.status_code == 200
        assert office.kinds[-1] == "rejected by unattributed"

    def test_who_it_is_may_come_by_header(self, office: Office) -> None:
        headers = {"authorization": f"bearer {office.token}"}
        office.ask("POST", office.at(office.link()), data={"answer": "reject", "why": "worse"}, headers=headers)
        assert office.kinds[-1] == "rejected by ana"

    def test_what_a_proxy_says_of_itself_names_nobody(self, office: Office) -> None:
        headers = {"authorization": "Basic cHJveHk6c2VjcmV0"}
        office.ask("POST", office.at(office.link()), data={"answer": "reject", "why": "worse"}, headers=headers)
        assert office.kinds[-1] == "rejected by unattributed"

    def test_a_token_of_another_scope_names_nobody(self, office: Office) -> None:
        before = office.kinds
        given = {"answer": "reject", "why": "worse", "token": office.other}
        refused = office.ask("POST", office.at(office.link()), data=given)
        assert (refused.status_code, "not good for admin of tiny" in refused.text) == (403, True)
        assert office.kinds == before

    def test_where_two_people_are_asked_for_nobody_is_not_one(self, tmp_path: Path, road: Places) -> None:
        office = Office(tmp_path, road.copy(), four_eyes=True)
        at = office.at(office.link())
        refused = office.ask("POST", at, data={"answer": "approve", "why": "looked at"})
        assert refused.status_code == 409
        assert "approver == nobody, must be named" in refused.text
        named = office.ask("POST", at, data={"answer": "approve", "why": "looked at", "token": office.token})
        assert named.status_code == 200

    @pytest.mark.parametrize(
        ("given", "status", "told"),
        [
            ({"answer": "approve", "why": "x", "token": "rt_abcdefghij_" + "x" * 43}, 401, "not known here"),
            ({"answer": "approve", "why": " "}, 422, "must give a reason"),
            ({"answer": "perhaps", "why": "x"}, 422, "must be approve or reject"),
            ({}, 422, "must be approve or reject"),
        ],
    )
    def test_a_wrong_answer_does_nothing_and_uses_nothing_up(
        self, office: Office, given: dict[str, str], status: int, told: str
    ) -> None:
        before, at = office.kinds, office.at(office.link())
        refused = office.ask("POST", at, data=given)
        assert (refused.status_code, told in refused.text) == (status, True)
        assert office.kinds == before
        assert office.ask("POST", at, data={"answer": "reject", "why": "worse"}).status_code == 200

    def test_one_that_is_late_changed_or_of_another_version_is_good_for_nothing(self, office: Office) -> None:
        before, sound, late = office.kinds, office.at(office.link()), office.at(office.link(hours=-1))
        for at, told in (
            (late, "was good until"),
            (sound[:-2], "none of this gateway"),
            (sound[:-9] + ("B" if sound[-9] == "A" else "A") + sound[-8:], "none of this gateway"),
            ("/approvals/x", "none of this gateway"),
            (f"/approvals/{'x' * 5000}", "none of this gateway"),
        ):
            for answer in (office.ask("GET", at), office.ask("POST", at, data={"answer": "approve", "why": "x"})):
                assert (answer.status_code, told in answer.text) == (410, True), at
        shown = office.ask("GET", office.at(office.link("1")))
        assert "Approve version" not in shown.text
        refused = office.ask("POST", office.at(office.link("1")), data={"answer": "approve", "why": "x"})
        assert refused.status_code == 409
        assert office.kinds == before
