"""What every gate keeps to, over every member of the family."""

import importlib
import pkgutil
from typing import Any, get_args

import pytest
from pydantic import TypeAdapter, ValidationError

import retrain_platform.validation
from retrain_platform.validation import (
    GATES,
    AgainstChampion,
    Backtest,
    Calibration,
    Catastrophic,
    Cost,
    Fairness,
    Floor,
    Forgetting,
    Gate,
    Performance,
    PythonGate,
    Segments,
)
from retrain_platform.validation.base import Measurements
from retrain_platform.validation.conformance import unmet
from retrain_platform.validation.gate import GateBase
from retrain_platform.validation.measure import cannot_measure
from retrain_platform.validation.questions import Question
from retrain_platform_tests.validation.exams import known, measured, rows, with_suites
from retrain_platform_tests.validation.suite_exams import BROKEN, SUITES, with_measured

FAMILY: TypeAdapter[Any] = TypeAdapter(Gate)
EXAMPLES: tuple[GateBase, ...] = (
    Floor(metric="auc", at_least=0.6),
    Floor(metric="log_loss", at_most=0.7),
    AgainstChampion(metric="auc", not_worse_by=0.01),
    AgainstChampion(metric="log_loss", better_by=0.02, relative=True),
    Catastrophic(),
    Catastrophic(metrics=("auc", "log_loss")),
    Segments(metric="auc", not_worse_by=0.02),
    Performance(
        metrics=(
            Question(metric="auc", not_worse_by=0.02),
            Question(metric="log_loss", better_by=0.05, relative=True),
            Question(metric="auc", at_least=0.6),
        )
    ),
    Performance(
        metrics=(Question(metric="auc", better_by=0.01), Question(metric="log_loss", better_by=0.01)), passes="any"
    ),
    Fairness(by="origin", measure="selection_rate", at_most=0.2, not_worse_by=0.05),
    Fairness(by="origin", measure="mae", at_most=0.3),
    Calibration(bias_at_most=0.5, slope_within=4, ece_at_most=0.5, not_worse_by=0.2),
    *SUITES,
    Forgetting(metric="auc", not_worse_by=0.02),
    Backtest(metric="auc", periods=2, not_worse_by=0.02),
    PythonGate(call="retrain_platform_tests.validation.own_gates:not_much_worse", metrics=("auc",)),
)
SEEN: dict[str, Measurements] = {
    "equal": with_measured(with_suites(rows())),
    "worse": with_measured(with_suites(rows(candidate=0.2, champion=2.0)), BROKEN),
    "alone": with_measured(with_suites(rows(), basis="alone")),
    "recipes": measured(rows(), basis="recipes"),
    "too few rows": cannot_measure("d1", "the champion saw everything"),
    "another metric": known(),
}
EVERY = pytest.mark.parametrize("gate", EXAMPLES, ids=lambda gate: gate.describe())
ALL_SEEN = pytest.mark.parametrize("seen", SEEN)


def test_the_inventory_is_the_union_and_no_member_escapes_it() -> None:
    for module in pkgutil.iter_modules(retrain_platform.validation.__path__):
        importlib.import_module(f"retrain_platform.validation.{module.name}")
    union, _ = get_args(Gate)
    assert set(GATES) == set(get_args(union)) == set(GateBase.__subclasses__())
    assert {type(gate) for gate in EXAMPLES} == set(GATES)


@EVERY
@ALL_SEEN
def test_a_gate_answers_with_its_reason_and_the_same_every_time(gate: GateBase, seen: str) -> None:
    results = gate.judge(SEEN[seen])
    assert results
    assert results == gate.judge(SEEN[seen])
    assert len({result.gate for result in results}) == len(results)
    for result in results:
        assert result.gate.startswith(FAMILY.dump_python(gate)["kind"])
        assert result.sentence
        assert result.verdict == "cannot tell" or seen == "alone" or result.value is not None


@EVERY
def test_what_was_not_measured_never_passes_nor_fails(gate: GateBase) -> None:
    for seen in ("too few rows", "another metric"):
        assert {result.verdict for result in gate.judge(SEEN[seen])} == {"cannot tell"}


@EVERY
def test_a_first_model_is_compared_with_nobody(gate: GateBase) -> None:
    results = gate.judge(SEEN["alone"])
    assert {result.verdict for result in results} == {"passed"}
    by_itself = tuple(type(gate) for gate in SUITES if not isinstance(gate, Cost))
    if not isinstance(gate, (Floor, Fairness, Calibration, *by_itself)):
        assert "no champion to compare with" in results[0].sentence


@EVERY
@ALL_SEEN
def test_an_optional_gate_blocks_nothing(gate: GateBase, seen: str) -> None:
    optional = gate.model_copy(update={"required": False})
    assert not any(result.blocking for result in optional.judge(SEEN[seen]))
    verdicts = [(result.gate, result.verdict) for result in gate.judge(SEEN[seen])]
    assert [(result.gate, result.verdict) for result in optional.judge(SEEN[seen])] == verdicts


@EVERY
def test_a_gate_is_read_back_from_what_it_writes(gate: GateBase) -> None:
    assert FAMILY.validate_python(FAMILY.dump_python(gate, mode="json")) == gate


@EVERY
def test_a_gate_describes_itself_and_names_its_metrics(gate: GateBase) -> None:
    assert gate.describe()
    assert all(name in gate.describe() for name in gate.needs())


@EVERY
@pytest.mark.parametrize("change", [{"not_a_field": 1}, {"metric": "auk", "metrics": ["auk"]}])
def test_unknown_fields_and_metrics_are_refused(gate: GateBase, change: dict[str, object]) -> None:
    kept = FAMILY.dump_python(gate, mode="json")
    with pytest.raises(ValidationError):
        FAMILY.validate_python(kept | change)


@EVERY
def test_every_gate_keeps_what_a_users_own_is_asked_for(gate: GateBase) -> None:
    assert unmet(gate) == []


def test_an_unknown_metric_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ValidationError, match="metric == 'auk', must be one of auc, log_loss"):
        Floor(metric="auk", at_least=1)
