"""One MLflow run for each retrain: found again after a kill, filled in few writes, ended by its job.

dagster-mlflow's resource opens the run that its configuration names (`mlflow_run_id`) and sets it
RUNNING; left without a name it starts one and tags it a moment later, and a kill can fall between. So
`open_run` opens it, tagged from its first moment, and the resource is handed its id.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from retrain_platform.adapters.mlflow_store import DECISION, experiment_id, mlflow_client
from retrain_platform.training.names import recorded_name

_METRICS_A_WRITE = 1000
_TEXTS_A_WRITE = 100
_PARAM_LENGTH = 6000
_TAG_LENGTH = 5000
_DESCRIPTION_LENGTH = 5000
_WRITTEN = ("MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_ID")
"""What MLflow writes into the process's environment when a run is opened, for processes that it would start."""


@contextmanager
def environment_kept() -> Iterator[None]:
    """The environment afterwards as it was before, whatever MLflow writes into it meanwhile.

    The platform's settings are read from there: the next project of this process would keep its models in the MLflow of
    this one, as if somebody had asked for that, or find no MLflow at all where this one's home is gone.
    """
    before = {name: os.environ.get(name) for name in _WRITTEN}
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def ensure_experiment(tracking_uri: str, experiment: str, artifact_root: Path) -> str:
    """The experiment's id; made if need be, with its artefacts under the absolute `artifact_root`."""
    return experiment_id(tracking_uri, experiment, artifact_root)


def open_run(tracking_uri: str, experiment: str, decision_id: str, name: str) -> str:
    """The id of the decision's one run, RUNNING: an earlier attempt's again, else a new one called `name`.

    Raises:
        LookupError: the experiment does not exist; `ensure_experiment` makes it.
    """
    adopted = adopt_or_close(tracking_uri, experiment, decision_id)
    if adopted is not None:
        return adopted
    client = mlflow_client(tracking_uri)
    standing = client.get_experiment_by_name(experiment)
    if standing is None:
        raise LookupError(f"experiment == {experiment!r}, must exist")
    made = client.create_run(standing.experiment_id, run_name=name, tags={DECISION: decision_id})
    return str(made.info.run_id)


def adopt_or_close(tracking_uri: str, experiment: str, decision_id: str) -> str | None:
    """The newest run that an earlier attempt of the decision opened, set RUNNING again; None if there is none.

    Any other run of the decision that a kill left RUNNING is closed as KILLED.
    """
    client = mlflow_client(tracking_uri)
    standing = client.get_experiment_by_name(experiment)
    if standing is None:
        return None
    found = client.search_runs(
        [standing.experiment_id], f"tags.{DECISION} = '{decision_id}'", order_by=["attributes.start_time DESC"]
    )
    for run in found[1:]:
        if run.info.status == "RUNNING":
            client.set_terminated(run.info.run_id, "KILLED")
    if not found:
        return None
    if found[0].info.status != "RUNNING":
        client.update_run(found[0].info.run_id, status="RUNNING")
    return str(found[0].info.run_id)


def log_fit(
    client: Any,
    run_id: str,
    params: Mapping[str, Any],
    curves: Mapping[str, Sequence[float]],
    metrics: Mapping[str, float | None],
    tags: Mapping[str, str],
) -> None:
    """Write what a fit leaves behind to its run; writing it again changes nothing.

    Nested `params` get dotted names, and all names are as `recorded_name` has them. A curve's point number is its step.
    MLflow never changes a parameter: one that a later attempt sets otherwise goes to the tag 'changed_params'.
    """
    from mlflow.entities import Metric, Param, RunTag

    run = client.get_run(run_id)
    began = run.info.start_time  # the same time again, so that a repeat is the same row
    single = [(name, value, 0) for name, value in metrics.items() if value is not None]
    curved = [(name, value, step) for name, curve in curves.items() for step, value in enumerate(curve)]
    added, changed = _compared(params, run.data.params)
    kept = {**tags, **({"changed_params": changed} if changed else {})}
    points = [Metric(recorded_name(name), float(value), began, step) for name, value, step in (*single, *curved)]
    for part in _parts([Param(name, text) for name, text in added.items()], _TEXTS_A_WRITE):
        client.log_batch(run_id, params=part)
    texts = [RunTag(recorded_name(name), text[:_TAG_LENGTH]) for name, text in kept.items()]
    for part in _parts(texts, _TEXTS_A_WRITE):
        client.log_batch(run_id, tags=part)
    for part in _parts(points, _METRICS_A_WRITE):
        client.log_batch(run_id, metrics=part)


def log_metrics(client: Any, run_id: str, metrics: Mapping[str, float | None]) -> None:
    """Write single numbers to the run; what could not be measured (None) is left out."""
    log_fit(client, run_id, {}, {}, metrics, {})


def log_tags(client: Any, run_id: str, tags: Mapping[str, str]) -> None:
    """Write texts to the run; the same again changes nothing."""
    log_fit(client, run_id, {}, {}, {}, tags)


def log_card(client: Any, run_id: str, model: str, version: str | None, text: str, page: Path) -> None:
    """Keep a model card with the retrain's run, and its beginning as the registered version's description."""
    client.log_artifact(run_id, str(page))
    if version is not None:
        client.update_model_version(model, version, description=text[:_DESCRIPTION_LENGTH])


def log_table(client: Any, run_id: str, path: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep the rows as a CSV file among the run's artefacts; the same path again replaces it."""
    import pandas as pd

    client.log_text(run_id, pd.DataFrame(rows).to_csv(index=False), path)


def _compared(params: Mapping[str, Any], standing: Mapping[str, str]) -> tuple[dict[str, str], str]:
    """The parameters that the run does not have yet, and those that it has otherwise, in words."""
    wanted = {recorded_name(name): text[:_PARAM_LENGTH] for name, text in _flat(params)}
    added = {name: text for name, text in wanted.items() if name not in standing}
    changed = {name: text for name, text in wanted.items() if standing.get(name, text) != text}
    return added, "; ".join(f"{name}: {standing[name]} -> {text}" for name, text in changed.items())


def _parts(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _flat(params: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in params.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", str(value)
