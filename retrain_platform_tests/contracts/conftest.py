"""Who takes part in each conformance suite. A test compares this with the adapters there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from pydantic import TypeAdapter

from retrain_platform.adapters.bin_store import SqlBins
from retrain_platform.adapters.delta_lake import DeltaLake
from retrain_platform.adapters.file_values import FileValues
from retrain_platform.adapters.followed_ledger import FollowedLedger
from retrain_platform.adapters.kept_texts import KeptTexts, MemoryTexts
from retrain_platform.adapters.learners import learner
from retrain_platform.adapters.memory import MemoryBins, MemoryLake, MemoryLedger, MemoryRegistry, MemoryValues
from retrain_platform.adapters.memory_notices import MemoryNotifier, MemoryOutbox
from retrain_platform.adapters.mlflow_registry import MlflowRegistry
from retrain_platform.adapters.notices import AppriseNotifier
from retrain_platform.adapters.prometheus_bins import PrometheusBins
from retrain_platform.adapters.scratch import ScratchLedger, ScratchValues
from retrain_platform.adapters.sql_ledger import SqlLedger
from retrain_platform.adapters.sql_outbox import SqlOutbox
from retrain_platform.dataset.stores import Lake, Values
from retrain_platform.release.base import Ledger
from retrain_platform.release.live.bins import BinStore
from retrain_platform.release.observed import Prometheus
from retrain_platform.replay.matrix import Kept
from retrain_platform.steps.notices.base import Notifier, Outbox
from retrain_platform.training import LearnerSpec
from retrain_platform.training.base import ModelVersion, Registry
from retrain_platform_tests.contracts.learner_examples import RECIPES, Made
from retrain_platform_tests.contracts.postgres import NoPostgres, running, schema_of

AT = datetime(2026, 11, 21, 9, 30, 0, 123456, tzinfo=UTC)
"""What the ledgers' clock says."""

POSTGRES = "PostgreSQL"
"""Beside the inventory: what SQL adapters do on a real server."""
Make = Callable[[Path], Any]
MEMBERS: dict[type, dict[type, Make]] = {
    Lake: {MemoryLake: lambda _: MemoryLake(), DeltaLake: lambda place: DeltaLake(place / "lake")},
    Values: {
        MemoryValues: lambda _: MemoryValues(),
        FileValues: lambda place: FileValues(place / "values"),
        ScratchValues: lambda place: ScratchValues(FileValues(place / "values")),
    },
    Ledger: {
        MemoryLedger: lambda _: MemoryLedger(lambda: AT),
        SqlLedger: lambda place: SqlLedger(f"sqlite:///{place / 'ledger.db'}", lambda: AT),
        FollowedLedger: lambda place: FollowedLedger(f"sqlite:///{place / 'ledger.db'}", lambda: AT),
        ScratchLedger: lambda _: ScratchLedger(MemoryLedger(lambda: AT), lambda: AT),
    },
    BinStore: {
        MemoryBins: lambda _: MemoryBins(),
        SqlBins: lambda place: SqlBins(f"sqlite:///{place / 'gateway' / 'evidence.db'}"),
        # It only reads what another system wrote: see adapters/test_prometheus_bins.py.
        PrometheusBins: lambda _: PrometheusBins(Prometheus(url="http://nowhere", requests="r", errors="e")),
    },
    Kept: {MemoryTexts: lambda _: MemoryTexts(), KeptTexts: lambda place: KeptTexts(place / "replays")},
    Outbox: {
        MemoryOutbox: lambda _: MemoryOutbox(),
        SqlOutbox: lambda place: SqlOutbox(f"sqlite:///{place / 'ledger.db'}"),
    },
    Notifier: {MemoryNotifier: lambda _: MemoryNotifier(), AppriseNotifier: lambda _: AppriseNotifier()},
    Registry: {
        MemoryRegistry: lambda _: MemoryRegistry(),
        MlflowRegistry: lambda place: MlflowRegistry(
            f"sqlite:///{place / 'mlflow.db'}", place / "artifacts", place / "cache"
        ),
    },
}


@pytest.fixture(scope="session")
def members() -> dict[type, set[type]]:
    return {protocol: set(made) for protocol, made in MEMBERS.items()}


@pytest.fixture(params=MEMBERS[Lake], ids=lambda member: member.__name__)
def lake(request: pytest.FixtureRequest, tmp_path: Path) -> Lake:
    made: Lake = MEMBERS[Lake][request.param](tmp_path)
    return made


@pytest.fixture(params=MEMBERS[Values], ids=lambda member: member.__name__)
def values(request: pytest.FixtureRequest, tmp_path: Path) -> Values:
    made: Values = MEMBERS[Values][request.param](tmp_path)
    return made


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a server of the tests' own; skips with the reason where none can be run."""
    try:
        with running() as url:
            yield url
    except NoPostgres as error:
        pytest.skip(str(error))


@pytest.fixture
def schema(postgres: str) -> str:
    """The address of an empty place on it."""
    return schema_of(postgres, f"s{uuid4().hex}")


def _named(member: Any) -> str:
    return member if isinstance(member, str) else member.__name__


@pytest.fixture(params=[*MEMBERS[Ledger], POSTGRES], ids=_named)
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Ledger:
    if request.param == POSTGRES:
        return SqlLedger(request.getfixturevalue("schema"), lambda: AT)
    made: Ledger = MEMBERS[Ledger][request.param](tmp_path)
    return made


@pytest.fixture(params=[*(each for each in MEMBERS[BinStore] if hasattr(each, "add")), POSTGRES], ids=_named)
def bins(request: pytest.FixtureRequest, tmp_path: Path) -> BinStore:
    if request.param == POSTGRES:
        return SqlBins(request.getfixturevalue("schema"))
    made: BinStore = MEMBERS[BinStore][request.param](tmp_path)
    return made


@pytest.fixture(params=MEMBERS[Kept], ids=lambda member: member.__name__)
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Kept:
    made: Kept = MEMBERS[Kept][request.param](tmp_path)
    return made


@pytest.fixture(params=[*MEMBERS[Outbox], POSTGRES], ids=_named)
def outbox(request: pytest.FixtureRequest, tmp_path: Path) -> Outbox:
    if request.param == POSTGRES:
        return SqlOutbox(request.getfixturevalue("schema"))
    made: Outbox = MEMBERS[Outbox][request.param](tmp_path)
    return made


@pytest.fixture(params=MEMBERS[Registry], ids=lambda member: member.__name__, scope="session")
def registry(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Registry:
    """One for all tests: making MLflow's database takes seconds. Each test has a model of its own."""
    made: Registry = MEMBERS[Registry][request.param](tmp_path_factory.mktemp("registry"))
    return made


@pytest.fixture
def of_others() -> Callable[[Registry, str], str]:
    """Registers a version past the platform, as another team does, and calls it champion; gives its number."""
    return _of_others


def _of_others(registry: Registry, model: str) -> str:
    if isinstance(registry, MemoryRegistry):
        made = ModelVersion(model=model, version="1", tags={})
        registry._versions[model], registry._aliases[model] = [made], {"champion": "1"}
        return made.version
    assert isinstance(registry, MlflowRegistry)
    client = registry._client
    client.create_registered_model(model)
    version = str(client.create_model_version(model, "file:///nowhere").version)
    client.set_registered_model_alias(model, "champion", version)
    return version


@pytest.fixture(params=RECIPES, ids=lambda recipe: f"{recipe[0]}-{recipe[1]}-{next(iter(recipe[2].values()))}"[:60])
def made(request: pytest.FixtureRequest) -> Made:
    kind, task, fields = request.param
    spec: LearnerSpec = TypeAdapter(LearnerSpec).validate_python({"kind": kind, **fields})
    return learner(spec, task), task
