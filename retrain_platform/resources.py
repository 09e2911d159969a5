"""Joins adapters to protocols, by environment: the embedded default, or what the settings name."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, TypeVar

from retrain_platform.adapters.settings import Settings, settings
from retrain_platform.dataset.record import Record
from retrain_platform.spec.model import ModelSpec

if TYPE_CHECKING:
    import pandas as pd

    from retrain_platform.adapters.gateway_home import GatewayHome
    from retrain_platform.dataset.measures import MeasureTable
    from retrain_platform.dataset.period import Period
    from retrain_platform.dataset.stores import Values
    from retrain_platform.release.base import Ledger
    from retrain_platform.release.live.bins import BinStore
    from retrain_platform.release.split import Exporter
    from retrain_platform.steps.notices.base import Notice, Outbox
    from retrain_platform.steps.notices.delivering import Post
    from retrain_platform.steps.workshop import Reader, SuiteTable, Workshop
    from retrain_platform.training.base import Registry


P = TypeVar("P", bound=Record)


@lru_cache(maxsize=4)
def ledger(at: Settings) -> Ledger:
    """The ledger alone: all that a sensor's tick needs."""
    from retrain_platform.adapters.sql_ledger import SqlLedger

    return SqlLedger(at.ledger_url)


@lru_cache(maxsize=4)
def outbox(at: Settings) -> Outbox:
    """What is to be told and what was, in the ledger's database."""
    from retrain_platform.adapters.sql_outbox import SqlOutbox

    return SqlOutbox(at.ledger_url)


def post(spec: ModelSpec, at: Settings) -> Post:
    """What telling people of the model needs; made without the model's workshop."""
    from retrain_platform.adapters.clock import now
    from retrain_platform.adapters.notices import AppriseNotifier
    from retrain_platform.steps.notices.delivering import Post

    return Post(
        spec=spec,
        ledger=ledger(at),
        values=values_of(at),
        outbox=outbox(at),
        notifier=AppriseNotifier(),
        now=now,
        environment=at.environment,
        link=partial(_answer_link, spec, at),
    )


@lru_cache(maxsize=4)
def bins_of(at: Settings) -> BinStore:
    """What live traffic showed, by version in bins of ten seconds."""
    from retrain_platform.adapters.bin_store import SqlBins

    return SqlBins(at.evidence)


def live_bins(spec: ModelSpec, at: Settings) -> BinStore:
    """What live traffic of the model showed: our own gateway's bins, or what another system's metrics tell."""
    if spec.gateway is None:
        from retrain_platform.steps.workshop import NoBins

        return NoBins()
    if spec.gateway.observed is None:
        return bins_of(at)
    from retrain_platform.adapters.prometheus_bins import PrometheusBins

    return PrometheusBins(spec.gateway.observed)


def _answer_link(spec: ModelSpec, at: Settings, notice: Notice) -> str:
    """The address by which the notice's version is answered; '' where no gateway is named, or its key is away."""
    from retrain_platform.adapters.clock import now
    from retrain_platform.adapters.gateway_key import signing_key
    from retrain_platform.steps.notices.links import link_text, new_link

    if not spec.notify.links or notice.version is None:
        return ""
    to = new_link(spec.name, notice.version, now() + spec.notify.links_for)
    try:
        return f"{spec.notify.links}/approvals/{link_text(signing_key(gateway_home(at).key), to)}"
    except (OSError, ValueError):
        return ""


def values_of(at: Settings) -> Values:
    """The stored values alone: all that the fleet reads beside the ledger."""
    from retrain_platform.adapters.file_values import FileValues

    return FileValues(at.home / "values")


def reader_of(spec: ModelSpec, at: Settings | None = None) -> Reader:
    """The model's source alone; its relative paths start at the project's root, the current folder."""
    from retrain_platform.adapters.sources import SourceReader

    source = here(spec.source, spec, at)
    if source.kind == "gateway" and source.label is None:
        source = source.model_copy(update={"label": spec.label.column})
    return SourceReader(source, Path.cwd(), spec.period.timezone)


def here(place: P, spec: ModelSpec, at: Settings | None = None) -> P:
    """The place with what it leaves to its surroundings: whose log of the gateway it is, in which lake."""
    from retrain_platform.dataset.places import AtGateway

    if not isinstance(place, AtGateway):
        return place
    lake = (at or settings()).lake if place.lake is None else Path(place.lake)
    return place.model_copy(update={"of": place.of or spec.name, "lake": str(Path.cwd() / lake.expanduser())})


_open: dict[tuple[str, Settings], Workshop] = {}


def workshop(spec: ModelSpec, at: Settings) -> Workshop:
    """The workshop of a model, one for each process, so that models and rows stay loaded between runs."""
    key = (spec.fingerprint(), at)
    # A password is no part of a fingerprint.
    if key not in _open or _open[key].spec != spec:
        _wait_asleep()
        _open[key] = _joined(spec, at)
    return _open[key]


def _wait_asleep() -> None:
    """Let OpenMP's threads sleep while they wait for each other, where nobody has said otherwise.

    By default they spin: on cores that other work shares a fit then takes ten times the time and CPU. Same trees.
    It is read once, when LightGBM or scikit-learn is loaded: the first step that needs one comes later.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def _joined(spec: ModelSpec, at: Settings) -> Workshop:
    from retrain_platform.adapters.clean_process import ask_in_clean_process
    from retrain_platform.adapters.clock import now, seconds
    from retrain_platform.adapters.delta_lake import DeltaLake
    from retrain_platform.adapters.foreign_mlflow import MlflowForeignModels
    from retrain_platform.adapters.great_expectations_gate import run_gate
    from retrain_platform.adapters.learners import learner
    from retrain_platform.adapters.mlflow_registry import MlflowRegistry
    from retrain_platform.adapters.optuna_search import OptunaTuner
    from retrain_platform.adapters.packaged_model import keep_package, load_package
    from retrain_platform.adapters.provenance import code_fingerprint, code_modules
    from retrain_platform.adapters.river_detectors import alarms
    from retrain_platform.steps.workshop import Workshop

    threads = spec.operation.resources.threads
    registry = MlflowRegistry(at.tracking_uri, at.home / "artifacts", at.home / "cache")
    return Workshop(
        spec=spec,
        lake=DeltaLake(at.lake),
        values=values_of(at),
        ledger=ledger(at),
        registry=registry,
        teach=lambda recipe: learner(recipe, spec.task, threads=threads),
        gate=run_gate,
        keep=keep_package,
        load=partial(load_package, threads=threads),
        now=now,
        code=code_fingerprint(*code_modules(spec)),
        detect=alarms,
        tuner=OptunaTuner(),
        ask_cleanly=ask_in_clean_process,
        stopwatch=seconds,
        foreign=MlflowForeignModels(at.tracking_uri),
        bins=live_bins(spec, at),
        exporter=exporter_of(spec, at, registry),
        **_readers(spec, at),
    )


def exporter_of(spec: ModelSpec, at: Settings, registry: Registry) -> Exporter:
    """Where the model's split comes true: this home's gateway, or nowhere for a model that nobody serves."""
    from retrain_platform.steps.workshop import Unpublished

    if spec.gateway is None:
        return Unpublished()
    folder = folder_exporter(spec, at, registry, gateway_home(at))
    if not spec.gateway.exporters:
        return folder
    from retrain_platform.adapters.exporters import EXPORTED, Exports

    return Exports(folder, spec.gateway.exporters, gateway_home(at).model(spec.name) / EXPORTED)


def folder_exporter(spec: ModelSpec, at: Settings, registry: Registry, home: GatewayHome) -> Exporter:
    """What publishes the model to the folder `home`, for a gateway that serves from it."""
    from retrain_platform.adapters.published_folder import FolderExporter
    from retrain_platform.steps.training.stored_requests import kept_requests

    smoke = partial(kept_requests, values_of(at), registry, spec.name)
    return FolderExporter(home, spec, registry, smoke)


def gateway_home(at: Settings) -> GatewayHome:
    """What the processes of the gateway share."""
    from retrain_platform.adapters.gateway_home import GatewayHome

    return GatewayHome(at.home / "gateway")


def scratch(spec: ModelSpec, at: Settings, share: float) -> Workshop:
    """A workshop to try a recipe in: it reads what stands, keeps in memory what it writes, and learns from a sample.

    A list that is ranked is drawn whole. An artefact that MLflow keeps elsewhere is fetched to a temporary folder.
    """
    from dataclasses import replace

    from retrain_platform.adapters.mlflow_registry import MlflowRegistry
    from retrain_platform.adapters.scratch import LAKE_READS, REGISTRY_READS, OnlyReads, ScratchLedger, ScratchValues
    from retrain_platform.dataset.selection import Sample
    from retrain_platform.steps.workshop import Unpublished

    standing = workshop(spec, at)
    values = ScratchValues(standing.values)
    registry = MlflowRegistry(at.tracking_uri, at.home / "artifacts", values.folder(spec.name, "registry", "cache"))
    return replace(
        standing,
        lake=OnlyReads(standing.lake, LAKE_READS),
        values=values,
        ledger=ScratchLedger(standing.ledger),
        registry=OnlyReads(registry, REGISTRY_READS),
        exporter=Unpublished(),
        sample=Sample(share=share, unit=spec.label.query),
        frames={},
        loaded={},
        references={},
    )


class _Readers(TypedDict):
    """What reads a model's tables beside the platform's own stores."""

    reader: Reader
    measures: Callable[[MeasureTable, Period], pd.DataFrame]
    control: Callable[[], pd.DataFrame] | None
    recorded: Callable[[Period], pd.DataFrame] | None
    suite_table: Callable[[str], SuiteTable]


def _readers(spec: ModelSpec, at: Settings) -> _Readers:
    """Relative paths of all of them start at the project's root, the current folder."""
    from retrain_platform.adapters.control_table import read_control
    from retrain_platform.adapters.measure_tables import read_measures
    from retrain_platform.adapters.recorded_table import RecordedTable
    from retrain_platform.adapters.suite_tables import read_suite_table

    control, recorded = spec.monitoring.control, spec.predictions
    return {
        "reader": reader_of(spec, at),
        "measures": lambda table, period: read_measures(
            Path.cwd(), spec.period.timezone, here(table, spec, at), period
        ),
        "control": None if control is None else partial(read_control, control, Path.cwd()),
        "recorded": None
        if recorded is None
        else RecordedTable(here(recorded, spec, at), Path.cwd(), spec.period.timezone),
        "suite_table": partial(read_suite_table, Path.cwd()),
    }
