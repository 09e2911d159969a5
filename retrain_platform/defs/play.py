"""Walk a model's road in this process: the steps that the sensors would ask for, one after the other."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import dagster as dg

from retrain_platform.defs.failures import ended_on_record, failure_of, record_failure, watermark_of
from retrain_platform.defs.graph import build_model_defs
from retrain_platform.defs.names import named
from retrain_platform.defs.resource import PLATFORM
from retrain_platform.defs.sensors import close_killed, job_name, played_by
from retrain_platform.spec.model import ModelSpec
from retrain_platform.steps.due import Step, due

_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
"""The screen keeps the progress; the run's own lines go to Dagster's history."""


class Played(NamedTuple):
    """One step that was played: `why` is its error, empty when it went well; `outcome` how a retrain ended."""

    step: Step
    run_id: str
    why: str
    outcome: str = ""


_INSTANCE = """\
telemetry: {enabled: false}
nux: {enabled: false}
# A run whose machine went away is ended after two hours, and asked for again.
run_monitoring: {enabled: true, max_runtime_seconds: 7200}
concurrency: {runs: {max_concurrent_runs: 2}}
"""


def instance() -> dg.DagsterInstance:
    """The kept history: DAGSTER_HOME, else under the platform's home; made with telemetry off."""
    home = Path(os.environ.setdefault("DAGSTER_HOME", str(PLATFORM.settings().dagster_home)))
    home.mkdir(parents=True, exist_ok=True)
    if not (home / "dagster.yaml").exists():
        (home / "dagster.yaml").write_text(_INSTANCE)
    from retrain_platform.defs.event_log import with_kept_engines

    return with_kept_engines(dg.DagsterInstance.get())


def play(
    spec: ModelSpec,
    *,
    until: str | None = None,
    on: dg.DagsterInstance | None = None,
    before: Callable[[Step], None] = lambda step: None,
) -> Iterator[Played]:
    """Play every due step, in order; stops at the first that fails, its failure on record.

    `until` is the last period to watch. `before` is told of each step that begins. A retrain whose data is refused
    has ended, on record: that is no failure, though its run's blocking check fails.
    """
    on = on or instance()
    close_killed(on, spec.name)
    defs = build_model_defs(spec)
    jobs: dict[str, Any] = {}
    watermark = watermark_of(PLATFORM.reader(spec), PLATFORM.ledger(), spec)
    while (
        step := due(spec, PLATFORM.ledger().entries(spec.name), watermark, by_hand=True, until=until).step
    ) is not None:
        before(step)
        job = jobs.setdefault(step.kind, defs.resolve_job_def(job_name(spec.name, step.kind)))
        result = job.execute_in_process(
            instance=on,
            partition_key=step.period.key,
            tags={**step.tags, **played_by()},
            raise_on_error=False,
            run_config=_QUIET,
        )
        outcome = ended_on_record(PLATFORM.ledger(), spec, step.decision_id) if step.kind == "retrain" else ""
        why = "" if result.success or outcome else failure_of(result.all_events)
        yield Played(step, result.run_id, why, outcome)
        if why:
            record_failure(PLATFORM.ledger(), named(spec), step.work, step.period.key, result.run_id, why)
            return


def road_length(spec: ModelSpec, until: str | None) -> int:
    """How many closed periods the road still has."""
    watermark = watermark_of(PLATFORM.reader(spec), PLATFORM.ledger(), spec)
    closed = [] if watermark is None else spec.period.closed(watermark)
    watched = {e.body["period"] for e in PLATFORM.ledger().entries(spec.name) if e.kind == "watched"}
    return sum(period.key not in watched and (until is None or period.key <= until) for period in closed)
