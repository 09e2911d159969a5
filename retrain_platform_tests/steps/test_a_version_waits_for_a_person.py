"""Who may approve what waits, what is told of an answer that fits nothing, and the papers that are written of it."""

from __future__ import annotations

from typing import Any

import pytest

from retrain_platform.release.base import Entry, LedgerMoved
from retrain_platform.release.by_hand import approve, reject
from retrain_platform.release.table import IllegalMove
from retrain_platform.replay.walk import walk
from retrain_platform.spec import SpecErrors
from retrain_platform.steps.lines import INCIDENT, REQUESTED
from retrain_platform.steps.papers.card import card_of_version
from retrain_platform.steps.papers.playbook import playbook
from retrain_platform.steps.papers.reviewing import review_of
from retrain_platform.steps.release.approving import may_approve, requesters, waiting_for
from retrain_platform.steps.release.releasing import record
from retrain_platform.steps.workshop import Workshop
from retrain_platform.validation.base import ValidationReport
from retrain_platform_tests.steps.tiny import Places, Rows, attributes, tiny_spec

RELEASE = {**attributes()["release"], "approval": True, "four_eyes": True}
CARD = {
    "purpose": "bad payers",
    "intended_use": "a letter, no refusal",
    "limits": ["not abroad"],
    "licence": "in-house",
}


def answered(shop: Workshop, what: str, actor: str, why: str) -> None:
    """As the command line records an answer."""
    entries, state = shop.entries(), shop.state()
    as_of = entries[-1].as_of
    moves = approve(state, as_of) if what == "approve" else reject(state, as_of, why)
    way = state.open
    record(
        shop,
        moves,
        key=f"{what}:{len(entries) + 1}",
        as_of=as_of,
        decision_id=way.decision_id if way else "",
        actor=actor,
        why=why,
        expect=entries[-1].seq,
    )


@pytest.fixture(scope="module")
def road() -> Workshop:
    """Version 1 was approved by bob; version 2, which ana asked for, waits."""
    spec = tiny_spec(release=RELEASE, card=CARD, owners=["team:risk"], policy={"kind": "schedule", "every": "30d"})
    shop = Places().shop(spec, Rows(9))
    list(walk(shop, "2024-01-04"))
    answered(shop, "approve", "bob", "segments looked at")
    last = shop.entries()[-1]
    request = {"kind": "manual", "urgent": True}
    shop.ledger.append(
        "tiny", REQUESTED, f"requested:{last.seq + 1}", last.as_of, body=request, actor="ana", why="fair"
    )
    shop.ledger.append("tiny", INCIDENT, "look:1", last.as_of, body={"kind": "data"}, why="prices are in cents")
    list(walk(shop, "2024-01-06"))
    return shop


def entries(road: Workshop, *, asked_by: str = "ana") -> list[Entry]:
    """The road's entries, as if somebody else had asked."""
    return [e.model_copy(update={"actor": asked_by}) if e.kind == REQUESTED else e for e in road.entries()]


def test_what_waits_names_version_day_and_who_asked(road: Workshop) -> None:
    waits = waiting_for(road.spec, road.entries())
    assert waits is not None
    assert (waits.version, waits.requesters, waits.newer) == ("2", ("ana",), False)
    assert waits.sentence.startswith("version 2 waits for a person's approval since 2024-01-0")
    assert "retrain release approve tiny --version 2 --why '...'" in waits.shown
    assert waiting_for(road.spec, []) is None


def test_nobody_asked_for_what_the_policy_decided(road: Workshop) -> None:
    first = road.state().ended[0]
    assert requesters(road.entries(), first.decision_id) == ()


@pytest.mark.parametrize(
    ("asked_by", "actor", "told"),
    [
        ("ana", "ana", "approver == 'ana', must be another than who asked for version 2"),
        ("ana", "unattributed", "approver == nobody, must be named: set RETRAIN_ACTOR"),
        ("unattributed", "bob", "requester of version 2 == nobody, must be named to be another than 'bob'"),
        ("ana", "bob", ""),
    ],
)
def test_four_eyes_are_two_people_with_names(road: Workshop, asked_by: str, actor: str, told: str) -> None:
    known = entries(road, asked_by=asked_by)
    if not told:
        may_approve(road.spec, known, "2", actor)
        return
    with pytest.raises(IllegalMove) as refused:
        may_approve(road.spec, known, None, actor)
    assert told in str(refused.value)


def test_who_put_a_version_on_its_way_by_hand_is_one_of_the_four_eyes(road: Workshop) -> None:
    known = [
        e.model_copy(update={"actor": "cara"}) if e.kind == "opened" and e.body["version"] == "2" else e
        for e in road.entries()
    ]
    waits = waiting_for(road.spec, known)
    assert waits is not None
    assert waits.requesters == ("ana", "cara")
    with pytest.raises(IllegalMove, match="approver == 'cara', must be another than who asked for version 2"):
        may_approve(road.spec, known, "2", "cara")
    may_approve(road.spec, known, "2", "bob")


def test_without_four_eyes_who_asked_may_approve(road: Workshop) -> None:
    spec = tiny_spec(release={**RELEASE, "four_eyes": False})
    may_approve(spec, road.entries(), None, "ana")


@pytest.mark.parametrize(
    ("version", "told"),
    [
        (
            "1",
            [
                "version 1 was approved already, by bob on ",
                ": segments looked at (it is in stage done); version 2 waits",
            ],
        ),
        ("9", ["version 9 was never on its way; version 2 waits"]),
    ],
)
def test_an_answer_to_another_version_is_refused(road: Workshop, version: str, told: list[str]) -> None:
    with pytest.raises(IllegalMove) as refused:
        may_approve(road.spec, road.entries(), version, "bob")
    assert all(part in str(refused.value) for part in told)


def test_an_answer_to_a_record_that_moved_on_writes_nothing(road: Workshop) -> None:
    before = road.entries()
    as_of, last = before[-1].as_of, before[-1].seq
    moves = approve(road.state(), as_of)
    with pytest.raises(LedgerMoved):
        record(road, moves, key="approve:late", as_of=as_of, decision_id="d", actor="bob", expect=last - 1)
    assert road.entries() == before


def test_the_review_compares_with_whom_it_would_replace(road: Workshop) -> None:
    page = review_of(road, "2")
    assert "the same recipe as version 1" in page
    assert "asked for by ana, who may not approve it" in page
    assert "shop=north" in page
    first = review_of(road, "1")
    assert "a first model" in first
    assert "Answer" not in first
    with pytest.raises(LookupError, match="version == '7', must be one with its dataset and exam on record: 1, 2"):
        review_of(road, "7")


def test_the_card_tells_declarations_people_and_lineage(road: Workshop) -> None:
    card, report = card_of_version(road, "2")
    first, _ = card_of_version(road, "1")
    assert isinstance(report, ValidationReport)
    for told in (
        "# tiny, version 2",
        "- bad payers",
        "licence: in-house",
        "documentation: not declared",
        "intended use: a letter, no refusal",
        "- not abroad",
        "requested (manual) by ana: fair",
        "who may not approve it",
        "table tiny/events: `version ",
        "decided by platform: ",
    ):
        assert told in card.text, told
    assert "approved, to done by bob: segments looked at (recorded " in first.text
    with pytest.raises(LookupError, match="must be one whose retrain is on record: 1, 2"):
        card_of_version(road, "7")


def test_the_playbook_is_of_this_spec_and_its_history(road: Workshop) -> None:
    page = playbook(road.spec, road.entries())
    for told in (
        "bad payers",
        "owners: team:risk",
        road.spec.policy.describe(),
        "auc must be at least 0.6",
        "another than who asked for the retrain (four eyes)",
        "champion: version 1",
        "approved (version 1) by bob: segments looked at",
        "requested by ana: fair",
    ):
        assert told in page, told
    (incident,) = (line for line in page.splitlines() if "prices are in cents" in line)
    assert "decided by platform" in incident  # what came next


def test_a_playbook_of_a_model_that_was_never_played(road: Workshop) -> None:
    page = playbook(road.spec, [])
    assert "never played" in page
    assert "none on record" in page


def test_a_spec_that_asks_four_eyes_of_nobody_is_told() -> None:
    given: dict[str, Any] = {**RELEASE, "approval": False}
    with pytest.raises(SpecErrors, match="four_eyes == true with approval == false, must have approval: true"):
        tiny_spec(release=given)


def test_a_slip_in_the_card_is_told_with_what_was_meant() -> None:
    with pytest.raises(SpecErrors, match="licence"):
        tiny_spec(card={"license": "MIT"})
