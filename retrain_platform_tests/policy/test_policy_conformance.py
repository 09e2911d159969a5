"""What holds for every policy."""

from typing import Any, get_args

import pytest
from hypothesis import given, settings
from pydantic import TypeAdapter, ValidationError

from retrain_platform.policy import POLICIES, NoChampionPolicy, Policy, decide
from retrain_platform.policy.base import Action
from retrain_platform.policy.history import Detected, History, Incident
from retrain_platform.policy.reads import reads_cost
from retrain_platform_tests.policy.drawn import histories
from retrain_platform_tests.policy.histories import (
    champion,
    concept,
    end_of,
    estimate,
    gap,
    history,
    measured,
    readings,
    released,
    report,
    requested,
    retrained,
    ripe,
)
from retrain_platform_tests.policy.policy_examples import ALL, EXAMPLES, policies

FAMILY: TypeAdapter[Any] = TypeAdapter(Policy)
SOON = settings(max_examples=50, deadline=None)
EVERY = pytest.mark.parametrize("policy", ALL, ids=lambda policy: policy.describe()[:60])


def test_the_inventory_is_the_union_and_every_member_is_examined() -> None:
    members = get_args(get_args(Policy)[0])
    assert set(members) == set(POLICIES) == set(EXAMPLES)
    assert len(members) == len(POLICIES)


def test_kinds_are_distinct_and_the_default_of_their_class() -> None:
    kinds = [policy.model_fields["kind"].default for policy in POLICIES]
    assert len(set(kinds)) == len(POLICIES)
    assert all(isinstance(kind, str) for kind in kinds)


@EVERY
class TestEveryPolicy:
    def test_is_frozen(self, policy: Any) -> None:
        with pytest.raises(ValidationError, match="frozen"):
            policy.action = Action.NONE

    def test_refuses_a_field_that_it_does_not_know(self, policy: Any) -> None:
        with pytest.raises(ValidationError, match="Extra inputs"):
            FAMILY.validate_python({**policy.model_dump(mode="json"), "coooldown": "3w"})

    def test_comes_back_from_json(self, policy: Any) -> None:
        again = FAMILY.validate_json(FAMILY.dump_json(policy))
        assert again == policy
        assert type(again) is type(policy)
        assert again.fingerprint() == policy.fingerprint()

    def test_describes_itself_in_one_line(self, policy: Any) -> None:
        assert policy.describe()
        assert "\n" not in policy.describe()

    def test_fires_on_an_empty_history_only_for_want_of_a_champion(self, policy: Any) -> None:
        empty = history(0, champion=None, ripe=(), new_ripe_rows=0)
        listens = NoChampionPolicy() in (policy, *getattr(policy, "policies", ()))
        assert policy.decide(empty).fired == listens


@SOON
@given(known=histories())
def test_every_policy_judges_purely(known: History) -> None:
    before, read_back = known.fingerprint(), History.model_validate_json(known.model_dump_json())
    for policy in ALL:
        found = policy.decide(known)
        assert policy.decide(known) == found
        assert policy.decide(read_back) == found
    assert known.fingerprint() == before


@SOON
@given(known=histories())
def test_every_policy_that_reads_the_cost_says_so(known: History) -> None:
    free = known.model_copy(update={"cost": None})
    for policy in ALL:
        assert reads_cost(policy) or policy.decide(known) == policy.decide(free), policy


@SOON
@given(known=histories())
def test_every_policy_gives_its_reason_and_asks_by_its_verdict(known: History) -> None:
    for policy in ALL:
        found = policy.decide(known)
        assert found.sentence.strip(), policy
        assert "\n" not in found.sentence
        assert found.trigger == policy.kind
        if found.verdict in ("quiet", "cannot tell"):
            assert found.action is Action.NONE, policy
        if found.verdict in ("holding", "held back"):
            assert Action.WATCH.rank <= found.action.rank <= Action.INVESTIGATE.rank, policy


@pytest.mark.parametrize(
    ("field", "known"),
    [
        ("champion", champion(5)),
        ("drift", (report(5),)),
        ("segment_drift", (report(5),)),
        ("performance", readings(0.7, first=4)),
        ("concept", (concept(4),)),
        ("estimated", (estimate(5, 0.7),)),
        ("detected", (Detected(asked="adwin loss", as_of=end_of(5)),)),
        ("ripe", ripe(6)),
        ("retrained", (retrained(5),)),
        ("released", (released(5),)),
        ("requested", (requested(5),)),
        ("measures", (measured(5, latency=1.0),)),
        ("gaps", (gap(5, 0.01, cut=2),)),
        ("incidents", (Incident(kind="data", as_of=end_of(5), why="a column vanished"),)),
    ],
)
def test_a_history_refuses_what_came_after_it(field: str, known: Any) -> None:
    assert getattr(history(5, **{field: known}), field) == known
    with pytest.raises(ValidationError, match=rf"{field}.* == .*, must not be later than as_of == "):
        history(4, **{field: known})


@SOON
@given(policy=policies(), known=histories())
def test_deciding_twice_gives_the_same_decision(policy: Any, known: History) -> None:
    decided = decide(policy, known)
    read_back = History.model_validate_json(known.model_dump_json())
    assert decide(FAMILY.validate_json(FAMILY.dump_json(policy)), read_back).id == decided.id
    assert decide(policy, known) == decided
