"""Every cell of the transition table, legal and not."""

import itertools

import pytest

from retrain_platform.release.base import Stage
from retrain_platform.release.table import TABLE, Event, IllegalMove, allowed, move, transition

EXPECTED = {
    (None, "opened", "shadow", "opened"),
    (None, "opened_first", "done", "promoted"),
    (None, "opened_for_approval", "approval", "opened"),
    (None, "opened_for_staging", "staging", "opened"),
    (None, "queued", "waiting", "opened"),
    ("waiting", "turn_came", "shadow", "advanced"),
    ("waiting", "turn_came_for_approval", "approval", "advanced"),
    ("waiting", "turn_came_for_staging", "staging", "advanced"),
    ("waiting", "superseded", "superseded", "superseded"),
    ("approval", "approved", "shadow", "advanced"),
    ("approval", "approved_first", "done", "promoted"),
    ("approval", "approved_for_staging", "staging", "advanced"),
    ("approval", "superseded", "superseded", "superseded"),
    ("approval", "rejected", "rejected", "rejected"),
    ("approval", "rolled_back", "aborted", "aborted"),
    ("staging", "staged", "shadow", "advanced"),
    ("staging", "staged_first", "done", "promoted"),
    ("staging", "worse", "aborted", "aborted"),
    ("staging", "patience_over", "aborted", "aborted"),
    ("staging", "superseded", "superseded", "superseded"),
    ("staging", "rejected", "rejected", "rejected"),
    ("staging", "rolled_back", "aborted", "aborted"),
    ("shadow", "not_worse", "canary", "advanced"),
    ("shadow", "promoted", "bake", "promoted"),
    ("shadow", "worse", "aborted", "aborted"),
    ("shadow", "patience_over", "aborted", "aborted"),
    ("shadow", "superseded", "superseded", "superseded"),
    ("shadow", "rejected", "rejected", "rejected"),
    ("shadow", "rolled_back", "aborted", "aborted"),
    ("canary", "not_worse", "canary", "advanced"),
    ("canary", "promoted", "bake", "promoted"),
    ("canary", "worse", "aborted", "aborted"),
    ("canary", "patience_over", "aborted", "aborted"),
    ("canary", "superseded", "superseded", "superseded"),
    ("canary", "rejected", "rejected", "rejected"),
    ("canary", "rolled_back", "aborted", "aborted"),
    ("bake", "proven", "done", "proven"),
    ("bake", "worse", "rolled_back", "rolled_back"),
    ("bake", "rolled_back", "rolled_back", "rolled_back"),
    ("done", "rolled_back", "rolled_back", "rolled_back"),
}
"""(stage, event, stage after, ledger kind): what the platform promises, written by hand."""

AGAIN = {
    (ended, event, after, kind)
    for ended in ("done", "aborted", "rejected", "superseded", "rolled_back")
    for event, after, kind in (
        ("opened", "shadow", "opened"),
        ("opened_first", "done", "promoted"),
        ("opened_for_approval", "approval", "opened"),
        ("opened_for_staging", "staging", "opened"),
        ("queued", "waiting", "opened"),
    )
}
"""What a person may open again."""


def test_every_legal_move_leads_where_it_must_and_is_recorded_under_its_kind() -> None:
    found = {
        (before and before.value, event.value, moved.stage.value, moved.kind)
        for before, event in TABLE
        for moved in [transition(before, event, "2", "why")]
    }
    assert found == EXPECTED | AGAIN


@pytest.mark.parametrize(
    ("before", "event"), [cell for cell in itertools.product([None, *Stage], Event) if cell not in TABLE]
)
def test_every_other_move_is_refused_with_what_is_allowed(before: Stage | None, event: Event) -> None:
    with pytest.raises(IllegalMove) as refused:
        move(before, event)
    text = str(refused.value)
    assert f"event == {event.value!r}" in text
    assert "before the release is opened" in text if before is None else f"stage {before.value!r}" in text
    for each in allowed(before):
        assert each.value in text


def test_no_open_stage_is_a_dead_end_and_all_stages_are_reached() -> None:
    assert all(allowed(stage) for stage in Stage if stage.open)
    assert set(TABLE.values()) == set(Stage)


def test_the_share_is_all_for_who_answers_and_nothing_for_who_has_ended() -> None:
    assert transition(Stage.CANARY, Event.PROMOTED, "2", "why").share == 100
    assert transition(Stage.SHADOW, Event.NOT_WORSE, "2", "why", share=25, step=1).share == 25
    assert transition(Stage.CANARY, Event.WORSE, "2", "why").share == 0
