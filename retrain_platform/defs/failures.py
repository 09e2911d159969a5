"""What went wrong in a run, in plain words, and how it gets on record."""

import re
from collections.abc import Iterable
from typing import Any

from retrain_platform.dataset.record import fingerprint
from retrain_platform.defs.names import Named
from retrain_platform.spec.model import ModelSpec
from retrain_platform.steps.lines import FAILED, INCIDENT, RETRAINED, frontier_of

_OURS = "retrain_platform."
_CUT = 2000


def failure_of(events: Iterable[Any]) -> str:
    """The first error among a run's events, in its own words: a step's, else what ended the run around its steps.

    The platform's errors are sentences and stand alone; another's is named by its class and step.
    """
    found = list(events)
    for event in found:
        if event.is_step_failure:
            return _said(event.step_failure_data.error, f"in {event.step_key.rpartition('__')[2]}")
    for event in found:
        # A resource that could not be opened (MLflow's run) fails the run before or after its steps, and none of them.
        if event.is_run_failure and event.job_failure_data.error is not None:
            return _said(event.job_failure_data.error, "outside of the run's steps")
    return "the run failed: a blocking check did not pass"


def _said(error: Any, where: str) -> str:
    while error.cause is not None and str(error.cls_name).startswith("Dagster"):
        error = error.cause  # Dagster wraps what a step or a resource raised
    said = error.message.strip()
    path, _, words = said.partition(": ")
    if not re.fullmatch(r"[\w.]+", path):
        return str(said)
    if path.startswith(_OURS) and words:
        return str(words)
    return f"{path.rpartition('.')[2]}: {words} ({where})"


def ended_on_record(ledger: Any, spec: ModelSpec, decision_id: str | None) -> str:
    """How the decision's retrain ended on record, as people read it; empty when it did not.

    It can although its run failed: a dataset that its checks refuse fails the run and ends the retrain.
    """
    for entry in reversed(ledger.entries(spec.name)):
        if decision_id and entry.kind == RETRAINED and entry.body["decision_id"] == decision_id:
            semantic = entry.body.get("semantic_version")
            if (version := entry.body["version"]) is not None:
                return f"registered as version {version}{f' ({semantic})' if semantic else ''}"
            said = entry.why.removeprefix(f"{entry.body['verdict']}: ").removeprefix(f"{entry.body['verdict']} ")
            verdict = "turned away" if entry.body["verdict"] == "failed" else entry.body["verdict"]
            return f"{verdict}: {said}"
    return ""


def record_failure(ledger: Any, of: Named, work: str, partition: str, run_id: str, why: str) -> None:
    """Put a failed run on record, once for each run."""
    as_of = of.spec.period.period(partition).start
    ledger.append(
        of.spec.name, FAILED, f"failed:{run_id}", as_of, body={"work": work, "run_id": run_id}, why=why[:_CUT]
    )
    ledger.append(
        of.spec.name, INCIDENT, f"incident:{run_id}", as_of, body={"kind": "run"}, why=f"{work} failed: {why[:_CUT]}"
    )


def watermark_of(reader: Any, ledger: Any, spec: ModelSpec) -> Any:
    """How far the source reaches. A source that cannot be read is an incident on record, once where the road stands.

    Raises:
        Exception: whatever the reader raises.
    """
    try:
        return reader.watermark()
    except Exception as error:
        ours = type(error).__module__.startswith(_OURS)
        why = str(error) if ours else f"{type(error).__name__}: {error}"
        newest = frontier_of(ledger.entries(spec.name))
        as_of = spec.period.period(newest).end if newest else spec.period.at(0).start
        # What others say may differ from tick to tick (an address, a time): theirs are told apart by their class.
        key = f"source:{newest or 'none'}:{fingerprint(why if ours else type(error).__name__)}"
        ledger.append(spec.name, INCIDENT, key, as_of, body={"kind": "source"}, why=why[:_CUT])
        raise
