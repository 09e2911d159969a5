"""Sensors: they obey recorded values and never decide; a failed run is asked for again, then alerted."""

import os
import socket
from typing import Any

import dagster as dg

from retrain_platform.defs.names import Named
from retrain_platform.defs.resource import Platform
from retrain_platform.steps.due import Step, due
from retrain_platform.steps.lines import FAILED

_PLAYED_BY = "retrain/played_by"


def job_name(model: str, kind: str) -> str:
    """The job that carries out a kind of step."""
    return f"{model}_{kind}"


def request(model: str, step: Step) -> dg.RunRequest:
    """The run that carries out the step."""
    return dg.RunRequest(
        run_key=step.run_key, job_name=job_name(model, step.kind), partition_key=step.period.key, tags=step.tags
    )


def new_periods(of: Named, jobs: list[Any]) -> dg.SensorDefinition:
    """A closed period starts its watch run; somebody's request starts a new decision."""
    return _sensor(of, "new_periods", ("watch", "decide"), jobs, "Starts the watch run of each newly closed period.")


def decided_retrains(of: Named, jobs: list[Any]) -> dg.SensorDefinition:
    """A recorded decision to retrain starts the retrain run."""
    return _sensor(of, "decided_retrains", ("retrain",), jobs, "Starts the retrain run of each recorded decision.")


def _sensor(of: Named, name: str, kinds: tuple[str, ...], jobs: list[Any], description: str) -> dg.SensorDefinition:
    @dg.sensor(
        name=f"{of.spec.name}_{name}",
        jobs=jobs,
        minimum_interval_seconds=15,
        description=description,
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def _tick(context: dg.SensorEvaluationContext, retrain: Platform) -> Any:
        reader = retrain.reader(of.spec)
        answer = due(of.spec, retrain.ledger().entries(of.spec.name), reader.watermark())
        if answer.step is None or answer.step.kind not in kinds:
            return dg.SkipReason(answer.why)
        if _in_progress(context.instance, of.spec.name):
            return dg.SkipReason(f"{answer.step.work} waits for the run in progress")
        return request(of.spec.name, answer.step)

    return _tick


def played_by() -> dict[str, str]:
    """The tag of a run that this process carries out itself."""
    return {_PLAYED_BY: f"{socket.gethostname()}:{os.getpid()}"}


def _process_gone(run: dg.DagsterRun) -> bool:
    """Whether the run was played by a process of this machine that is gone: it will never end, and no daemon knows."""
    host, _, pid = run.tags.get(_PLAYED_BY, "").rpartition(":")
    if host != socket.gethostname():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def close_killed(instance: dg.DagsterInstance, model: str) -> None:
    """Give the runs of killed processes their end in Dagster's history."""
    for run in _unended(instance, model):
        if _process_gone(run):
            instance.report_run_failed(run, "the process that played it was killed")


def _in_progress(instance: dg.DagsterInstance, model: str) -> bool:
    """Whether a run of the model is queued or running: its road is walked one step at a time."""
    return any(not _process_gone(run) for run in _unended(instance, model))


def _unended(instance: dg.DagsterInstance, model: str) -> list[dg.DagsterRun]:
    waiting = [
        dg.DagsterRunStatus.QUEUED,
        dg.DagsterRunStatus.NOT_STARTED,
        dg.DagsterRunStatus.STARTING,
        dg.DagsterRunStatus.STARTED,
        dg.DagsterRunStatus.CANCELING,
    ]
    return [
        run
        for kind in ("watch", "decide", "retrain")
        for run in instance.get_runs(dg.RunsFilter(job_name=job_name(model, kind), statuses=waiting))
    ]


def failures(of: Named, jobs: list[Any]) -> dg.SensorDefinition:
    """A failed run becomes an incident on record: an alert, and the reason that its work is asked for again."""

    @dg.run_failure_sensor(
        name=f"{of.spec.name}_failures",
        monitored_jobs=jobs,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Records a failed run as an incident.",
    )
    def _failed(context: dg.RunFailureSensorContext, retrain: Platform) -> None:
        run = context.dagster_run
        partition = run.tags.get("dagster/partition")
        if partition is not None:
            why = context.failure_event.message or "the run failed"
            record_failure(retrain.ledger(), of, run.tags.get("retrain/work", run.job_name), partition, run.run_id, why)

    return _failed


def record_failure(ledger: Any, of: Named, work: str, partition: str, run_id: str, why: str) -> None:
    """Put a failed run on record, once for each run."""
    as_of = of.spec.period.period(partition).start
    ledger.append(
        of.spec.name, FAILED, f"failed:{run_id}", as_of, body={"work": work, "run_id": run_id}, why=why[:2000]
    )
    ledger.append(
        of.spec.name, "incident", f"incident:{run_id}", as_of, body={"kind": "run"}, why=f"{work} failed: {why[:2000]}"
    )
