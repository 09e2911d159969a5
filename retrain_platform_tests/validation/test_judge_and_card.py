"""What the gates amount to, and the card that tells it."""

from datetime import UTC, datetime

import pytest

from retrain_platform.validation import AgainstChampion, Catastrophic, Floor, Segments
from retrain_platform.validation.base import Measurements, ValidationReport, WorstRow
from retrain_platform.validation.card import model_card
from retrain_platform.validation.card_facts import CardFacts, Refit
from retrain_platform.validation.gate import GateBase
from retrain_platform.validation.judge import judge
from retrain_platform.validation.measure import cannot_measure
from retrain_platform_tests.validation.exams import AS_OF, comparison, known

GATES: list[GateBase] = [
    Floor(metric="auc", at_least=0.6),
    AgainstChampion(metric="auc", not_worse_by=0.01),
    Catastrophic(),
    Segments(metric="auc"),
]
GOOD, BAD, VAGUE = comparison(0.0, 0.002), comparison(-0.2, 0.002), comparison(0.0, 0.05)


@pytest.mark.parametrize(
    ("measurements", "verdict", "words"),
    [
        (known({"auc": GOOD}), "passed", "passed 3 of 4 questions, none failed"),
        (known({"auc": BAD}), "failed", "failed floor auc (auc 0.5000"),
        (known({"auc": VAGUE}), "cannot judge", "cannot judge, the shadow decides: against_champion auc"),
        (known({}, candidate={"auc": 0.7}, basis="alone"), "passed", "a first model"),
        (known({}, candidate={"auc": 0.5}, basis="alone"), "failed", "failed floor auc"),
        (known({}, candidate={"auc": None}, basis="alone"), "failed", "a first model has no shadow"),
        (cannot_measure("d1", "the champion saw all"), "cannot judge", "the shadow decides: the champion saw all"),
    ],
)
def test_the_verdict(measurements: Measurements, verdict: str, words: str) -> None:
    report = judge(GATES, measurements, AS_OF)
    assert report.verdict == verdict
    assert words in report.sentence
    assert report.measurements.model_copy(update={"family": measurements.family}) == measurements


def test_a_failure_outweighs_what_cannot_be_told() -> None:
    seen = known({"auc": VAGUE, "log_loss": comparison(-0.5, 0.01, metric="log_loss")})
    assert judge(GATES, seen, AS_OF).verdict == "failed"


def test_an_optional_failure_is_shown_and_passes() -> None:
    report = judge([Floor(metric="auc", at_least=0.9, required=False)], known({"auc": GOOD}), AS_OF)
    assert (report.verdict, report.results[0].verdict) == ("passed", "failed")


def facts(**changes: object) -> CardFacts:
    given: dict[str, object] = {
        "model": "flight_delay",
        "version": "3",
        "as_of": AS_OF,
        "decision_id": "abc123",
        "trigger": "performance",
        "reason": "auc fell by 0.06 for 2 weeks",
        "owners": ("team:ml-platform",),
        "task": "binary",
        "label": "late",
        "snapshot_id": "snap9",
        "rows": 123_456,
        "periods": ("2013-01-01", "2013-05-14", 20),
        "tables": {"flight_delay/events": 7},
        "features": ("carrier", "hour"),
        "importance": {"hour": 2.0, "carrier": 9.0},
        "learner": "lightgbm",
        "parameters": {"num_leaves": 63, "seed": 7},
        "rounds": 120,
        "seen_until": datetime(2013, 5, 21, tzinfo=UTC),
        "model_fingerprint": "exam-trees",
    }
    return CardFacts.model_validate(given | changes)


def test_the_card_tells_origin_data_learner_quality_gates_and_segments() -> None:
    row = WorstRow(id="UA|12", label=1, candidate=0.1, champion=0.9)
    seen = known(
        {"auc": comparison(-0.05, 0.002, low=-0.0544, high=-0.0456)},
        segments={"origin=JFK": {"auc": comparison(-0.05, 0.002)}},
        worst_rows={"all": (row,)},
    )
    report = judge(GATES, seen, AS_OF)
    card = model_card(facts(), report)
    for part in (
        "# flight_delay, version 3",
        "decision `abc123` as of 2013-06-03 00:00 UTC",
        "trigger: performance",
        "123,456 labelled rows of 20 periods, 2013-01-01 to 2013-05-14",
        "snapshot `snap9` of flight_delay/events version 7",
        "no row at or after 2013-05-21 00:00 UTC was seen",
        "lightgbm, 120 rounds",
        "num_leaves=63, seed=7",
        "most used features: carrier, hour",
        "| auc | 0.6500 | 0.7000 | -0.0500 | -0.0544 to -0.0456 at 0.95 |",
        "| origin=JFK | auc | 20,000 | 0.6500 |",
        "UA\\|12",
        "team:ml-platform",
    ):
        assert part in card
    for result in report.results:
        assert f"| {result.gate} | {result.verdict} |" in card or "shown only" in card


def test_every_table_of_the_card_is_rectangular() -> None:
    seen = known({"auc": GOOD}, segments={"origin=JFK": {"auc": comparison(None, why="cannot tell: 1 | 2")}})
    card = model_card(facts(), judge(GATES, seen, AS_OF))
    tables = [block.splitlines() for block in card.split("\n\n") if block.startswith("|")]
    assert len(tables) == 3
    for table in tables:
        assert len({line.replace("\\|", "").count("|") for line in table}) == 1


def test_the_card_says_that_a_refit_is_examined_by_the_shadow() -> None:
    refit = Refit(rows=130_000, rounds=120, seen_until=AS_OF, model_fingerprint="refit-trees")
    card = model_card(facts(refit=refit), judge(GATES, known({"auc": GOOD}), AS_OF))
    assert "A refit (`refit-trees`) on all 130,000 ripe rows before 2013-06-03 00:00 UTC" in card
    assert "the refit itself is examined by the shadow" in card
    assert "exam-trees" in card
    assert "The examined model itself (`exam-trees`)" in model_card(facts(), judge(GATES, known({}), AS_OF))


def test_the_card_names_the_semantic_version_beside_the_registrys() -> None:
    card = model_card(facts(semantic_version="2.1.0"), judge(GATES, known({}), AS_OF))
    assert card.startswith("# flight_delay, version 3 (2.1.0)\n")


def test_a_card_without_an_exam_says_so() -> None:
    card = model_card(facts(version=None, importance=None, limits=("not for cargo",)), _unjudged())
    assert "# flight_delay, not registered" in card
    assert "Not measured: the champion saw all." in card
    assert "- not for cargo" in card
    assert "not proven either way: floor auc, against_champion auc" in card
    assert "most used" not in card


def _unjudged() -> ValidationReport:
    return judge(GATES, cannot_measure("d1", "the champion saw all"), AS_OF)
