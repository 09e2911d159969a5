"""Sensors: they obey recorded values and never decide; a failed run is asked for again, then alerted."""

import os
import socket
from functools import partial
from typing import Any

import dagster as dg

from retrain_platform.adapters.clock import now
from retrain_platform.defs.failures import ended_on_record, failure_of, record_failure, watermark_of
from retrain_platform.defs.fleet import held_back
from retrain_platform.defs.names import Named
from retrain_platform.defs.resource import Platform
from retrain_platform.steps.due import Step, due
from retrain_platform.steps.lines import frontier_of
from retrain_platform.steps.policy.deadlines import tell_missed

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
        watermark = watermark_of(retrain.reader(of.spec), retrain.ledger(), of.spec)
        if "retrain" in kinds:
            _tell_late(context, of, retrain)
        answer = due(of.spec, retrain.ledger().entries(of.spec.name), watermark, now=now())
        if answer.step is None or answer.step.kind not in kinds:
            return dg.SkipReason(answer.why)
        if _in_progress(context.instance, of.spec.name):
            return dg.SkipReason(f"{answer.step.work} waits for the run in progress")
        if answer.step.kind == "retrain":
            why = held_back(of.spec, retrain, partial(_retraining, context.instance), now())
            if why:
                return dg.SkipReason(f"{answer.step.work} waits for {why}")
        return request(of.spec.name, answer.step)

    return _tick


def _tell_late(context: dg.SensorEvaluationContext, of: Named, retrain: Platform) -> None:
    """A deadline that passes while the road stands still is told by the next tick."""
    ledger = retrain.ledger()
    newest = frontier_of(ledger.entries(of.spec.name))
    reached = None if newest is None else of.spec.period.period(newest).end
    if reached and (why := tell_missed(of.spec, ledger, retrain.values(), reached=reached, now=now())):
        context.log.warning(why)


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


def _retraining(instance: dg.DagsterInstance, model: str) -> bool:
    """Whether a retrain of the model is queued or running."""
    mine = [run for run in _unended(instance, model) if run.job_name == job_name(model, "retrain")]
    return any(not _process_gone(run) for run in mine)


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
        ended = ended_on_record(retrain.ledger(), of.spec, run.tags.get("retrain/decision_id"))
        if partition is not None and not ended:
            found, whole = context.get_step_failure_events(), context.failure_event
            told = [*found, whole] if found or whole.job_failure_data.error else []
            why = failure_of(told) if told else whole.message or "the run failed"
            record_failure(retrain.ledger(), of, run.tags.get("retrain/work", run.job_name), partition, run.run_id, why)

    return _failed
