"""Sensors ask for the run that the ledger calls for, and decide nothing themselves."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import dagster as dg
import pandas as pd
import pytest

from retrain_platform.adapters import clock
from retrain_platform.dataset.times import BadTimes
from retrain_platform.defs import sensors
from retrain_platform.defs.failures import record_failure
from retrain_platform.defs.graph import build_model_defs
from retrain_platform.defs.names import named
from retrain_platform.defs.resource import Platform
from retrain_platform.defs.sensors import close_killed
from retrain_platform.spec import ModelSpec
from retrain_platform.spec.operation import Operation, parse_wait
from retrain_platform_tests.defs.places import file_spec, kinds, lines, write_rows

AS_OF = "2024-01-01"


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> ModelSpec:
    return file_spec(write_rows(tmp_path_factory.mktemp("rows"), 2))


@pytest.fixture
def platform(tmp_path: Path) -> Platform:
    return Platform(home=str(tmp_path))


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sensors' clock is ahead of the ledger's by the wait after a failure."""
    monkeypatch.setattr(sensors, "now", lambda: clock.now() + timedelta(minutes=10))


@pytest.fixture
def instance() -> dg.DagsterInstance:
    return dg.DagsterInstance.ephemeral()


def tick(spec: ModelSpec, platform: Platform, instance: dg.DagsterInstance, name: str) -> dg.RunRequest | str:
    """What the sensor asks for, or why it asks for nothing."""
    defs = build_model_defs(spec)
    context = dg.build_sensor_context(
        instance=instance, resources={"retrain": platform}, repository_def=defs.get_repository_def()
    )
    answer = defs.resolve_sensor_def(f"tiny_{name}").evaluate_tick(context)
    return answer.run_requests[0] if answer.run_requests else str(answer.skip_message)


def watched(platform: Platform, spec: ModelSpec, number: int) -> None:
    period = spec.period.at(number)
    body = {"period": period.key, "decision_id": f"d{number}", "action": "none"}
    platform.ledger().append("tiny", "watched", f"watched:{period.key}", period.end, body=body)


def decided(platform: Platform, spec: ModelSpec, number: int) -> None:
    period = spec.period.at(number)
    body = {
        "decision_id": f"d{number}",
        "period": period.key,
        "action": "retrain",
        "retrains": True,
        "urgent": False,
        "answers": [],
        "overrides": [],
    }
    platform.ledger().append("tiny", "decided", f"decided:d{number}", period.end, body=body)


def failed(platform: Platform, spec: ModelSpec, work: str) -> None:
    record_failure(platform.ledger(), named(spec), work, AS_OF, uuid4().hex, "it broke")


def test_a_closed_period_is_watched(spec: ModelSpec, platform: Platform, instance: dg.DagsterInstance) -> None:
    asked = tick(spec, platform, instance, "new_periods")
    assert isinstance(asked, dg.RunRequest)
    assert (asked.run_key, asked.partition_key, asked.job_name) == ("watch:2024-01-01:1", "2024-01-01", "tiny_watch")


def test_the_next_period_follows_and_the_open_one_waits(
    spec: ModelSpec, platform: Platform, instance: dg.DagsterInstance
) -> None:
    watched(platform, spec, 0)
    asked = tick(spec, platform, instance, "new_periods")
    assert isinstance(asked, dg.RunRequest)
    assert asked.run_key == "watch:2024-01-02:1"
    watched(platform, spec, 1)
    assert "2024-01-03 is not closed" in str(tick(spec, platform, instance, "new_periods"))


def test_a_recorded_decision_is_obeyed_before_the_next_period(
    spec: ModelSpec, platform: Platform, instance: dg.DagsterInstance
) -> None:
    decided(platform, spec, 0)
    watched(platform, spec, 0)
    asked = tick(spec, platform, instance, "decided_retrains")
    assert isinstance(asked, dg.RunRequest)
    assert (asked.run_key, asked.partition_key, asked.job_name) == ("d0:1", "2024-01-01", "tiny_retrain")
    assert asked.tags["retrain/decision_id"] == "d0"
    assert tick(spec, platform, instance, "new_periods") == "a retrain was decided"


def test_without_a_decision_nothing_is_trained(
    spec: ModelSpec, platform: Platform, instance: dg.DagsterInstance
) -> None:
    watched(platform, spec, 0)
    assert tick(spec, platform, instance, "decided_retrains") == "2024-01-02 has closed"


def test_an_observing_model_is_never_trained(spec: ModelSpec, platform: Platform, instance: dg.DagsterInstance) -> None:
    decided(platform, spec, 0)
    watched(platform, spec, 0)
    observing = spec.model_copy(update={"mode": "observe"})
    assert not isinstance(tick(observing, platform, instance, "decided_retrains"), dg.RunRequest)


@pytest.mark.parametrize(
    ("work", "name", "key"), [("watch:2024-01-01", "new_periods", "watch:2024-01-01"), ("d0", "decided_retrains", "d0")]
)
def test_a_failed_run_is_asked_for_again_under_the_next_attempt(
    spec: ModelSpec, platform: Platform, instance: dg.DagsterInstance, later: None, work: str, name: str, key: str
) -> None:
    if work == "d0":
        decided(platform, spec, 0)
        watched(platform, spec, 0)
    failed(platform, spec, work)
    asked = tick(spec, platform, instance, name)
    assert isinstance(asked, dg.RunRequest)
    assert asked.run_key == f"{key}:2"
    assert asked.tags["retrain/attempt"] == "2"


@pytest.mark.parametrize(
    ("wait", "minutes", "asks"), [("10m", 9, False), ("10m", 10, True), ("2h", 119, False), ("0m", 0, True)]
)
def test_a_failed_run_is_asked_for_again_only_after_the_wait(
    spec: ModelSpec,
    platform: Platform,
    instance: dg.DagsterInstance,
    monkeypatch: pytest.MonkeyPatch,
    wait: str,
    minutes: int,
    asks: bool,
) -> None:
    waits = spec.model_copy(update={"operation": Operation.model_validate({"retry_wait": wait})})
    failed(platform, waits, "watch:2024-01-01")
    at = lines(platform, waits)[0].at
    monkeypatch.setattr(sensors, "now", lambda: at + timedelta(minutes=minutes))
    answer = tick(waits, platform, instance, "new_periods")
    assert isinstance(answer, dg.RunRequest) == asks
    if not asks:
        again = at + parse_wait(wait)
        assert f"watch:2024-01-01 failed: attempt 2 of 3 is due at {again:%Y-%m-%d %H:%M:%S} UTC" in str(answer)


def test_a_watch_that_keeps_failing_holds_the_road_and_says_so(
    spec: ModelSpec, platform: Platform, instance: dg.DagsterInstance
) -> None:
    for _ in range(spec.operation.attempts):
        failed(platform, spec, "watch:2024-01-01")
    said = str(tick(spec, platform, instance, "new_periods"))
    assert f"watch:2024-01-01 failed {spec.operation.attempts} times" in said
    assert "retrain run tiny" in said


def test_a_retrain_that_keeps_failing_does_not_stop_the_watching(
    spec: ModelSpec, platform: Platform, instance: dg.DagsterInstance
) -> None:
    decided(platform, spec, 0)
    watched(platform, spec, 0)
    for _ in range(spec.operation.attempts):
        failed(platform, spec, "d0")
    asked = tick(spec, platform, instance, "new_periods")
    assert isinstance(asked, dg.RunRequest)
    assert asked.run_key == "watch:2024-01-02:1"


def test_beside_a_retrain_that_is_given_up_a_watch_that_keeps_failing_is_given_up_too(
    spec: ModelSpec, platform: Platform, instance: dg.DagsterInstance, later: None
) -> None:
    decided(platform, spec, 0)
    watched(platform, spec, 0)
    for _ in range(spec.operation.attempts):
        failed(platform, spec, "d0")
        failed(platform, spec, "watch:2024-01-02")
    assert "watch:2024-01-02 failed 3 times" in str(tick(spec, platform, instance, "new_periods"))


def test_a_paused_model_says_why(spec: ModelSpec, platform: Platform, instance: dg.DagsterInstance) -> None:
    at = spec.period.at(0).start
    platform.ledger().append("tiny", "paused", "paused:1", at, why="the source is being moved", actor="ann")
    assert tick(spec, platform, instance, "new_periods") == "paused: the source is being moved (ann)"
    platform.ledger().append("tiny", "resumed", "resumed:1", at, actor="ann")
    assert isinstance(tick(spec, platform, instance, "new_periods"), dg.RunRequest)


@pytest.mark.parametrize("status", [dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTED])
def test_nothing_is_asked_for_while_a_run_of_the_model_is_in_progress(
    spec: ModelSpec, platform: Platform, instance: dg.DagsterInstance, status: dg.DagsterRunStatus
) -> None:
    instance.add_run(dg.DagsterRun(job_name="tiny_retrain", run_id=str(uuid4()), status=status))
    assert tick(spec, platform, instance, "new_periods") == "watch:2024-01-01 waits for the run in progress"


def test_a_run_whose_process_was_killed_holds_nothing_up(
    spec: ModelSpec, platform: Platform, instance: dg.DagsterInstance
) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    for pid in (gone.pid, os.getpid()):
        started = dg.DagsterRunStatus.STARTED
        tags = {"retrain/played_by": f"{socket.gethostname()}:{pid}"}
        instance.add_run(dg.DagsterRun(job_name="tiny_watch", run_id=str(uuid4()), status=started, tags=tags))
        asked = tick(spec, platform, instance, "new_periods")
        assert isinstance(asked, dg.RunRequest) == (pid == gone.pid)
    close_killed(instance, "tiny")
    statuses = sorted(run.status.value for run in instance.get_runs())
    assert statuses == ["FAILURE", "STARTED"]


def test_another_models_run_is_no_reason_to_wait(
    spec: ModelSpec, platform: Platform, instance: dg.DagsterInstance
) -> None:
    started = dg.DagsterRunStatus.STARTED
    instance.add_run(dg.DagsterRun(job_name="other_watch", run_id=str(uuid4()), status=started))
    assert isinstance(tick(spec, platform, instance, "new_periods"), dg.RunRequest)


def test_ticks_leave_nothing_on_record(spec: ModelSpec, platform: Platform, instance: dg.DagsterInstance) -> None:
    decided(platform, spec, 0)
    watched(platform, spec, 0)
    before = lines(platform, spec)
    for name in ("new_periods", "decided_retrains", "new_periods"):
        tick(spec, platform, instance, name)
    assert lines(platform, spec) == before


def test_a_failure_is_one_incident_however_often_it_is_told(spec: ModelSpec, platform: Platform) -> None:
    for _ in range(2):
        record_failure(platform.ledger(), named(spec), "watch:2024-01-01", AS_OF, "run-1", "no space left")
    assert kinds(platform, spec) == ["failed", "incident"]
    assert lines(platform, spec)[-1].why == "watch:2024-01-01 failed: no space left"


def test_a_source_that_cannot_be_read_fails_the_tick_and_is_an_incident_once(
    tmp_path: Path, platform: Platform, instance: dg.DagsterInstance
) -> None:
    path = write_rows(tmp_path, 2)
    pd.read_parquet(path).assign(at="soon").to_parquet(path)
    broken = file_spec(path)
    for name in ("new_periods", "decided_retrains"):
        with pytest.raises(BadTimes, match=r"source.event_time: .*rows.parquet: at == 'soon', must be a time"):
            tick(broken, platform, instance, name)
    ((kind, why),) = [(entry.kind, entry.why) for entry in lines(platform, broken)]
    assert kind == "incident"
    assert "at == 'soon'" in why
    watched(platform, broken, 0)
    with pytest.raises(BadTimes):
        tick(broken, platform, instance, "new_periods")
    assert kinds(platform, broken) == ["incident", "watched", "incident"], "where the road stands now, once more"
