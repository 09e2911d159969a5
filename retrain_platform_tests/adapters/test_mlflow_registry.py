"""What only the real registry must stand: MLflow's own reader, kills between its steps, other processes."""

from __future__ import annotations

import itertools
import sys
import types
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from retrain_platform.adapters.mlflow_registry import MlflowRegistry
from retrain_platform.adapters.mlflow_store import mlflow_client
from retrain_platform.training.base import UnknownVersion

_models = (f"kept_{number}" for number in itertools.count())


@pytest.fixture
def registry(mlflow_place: Path, tracking_uri: str) -> MlflowRegistry:
    return MlflowRegistry(tracking_uri, mlflow_place / "artifacts", mlflow_place / "cache")


@pytest.fixture
def model() -> str:
    return next(_models)


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "final"
    folder.mkdir()
    (folder / "model.txt").write_text("trees")
    return folder


def test_mlflow_itself_loads_the_champion(
    registry: MlflowRegistry, tracking_uri: str, model: str, package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Loaded:
        def __init__(self, path: str) -> None:
            self.text = Path(path, "model.txt").read_text()

        def predict(self, rows: list[int], params: object = None) -> list[str]:
            return [self.text] * len(rows)

    loader = types.ModuleType("retrain_platform.adapters.packaged_model")
    loader._load_pyfunc = Loaded  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, loader.__name__, loader)
    made = registry.register(model, "d1", package, {})
    registry.set_aliases(model, {"champion": made.version})

    import mlflow

    mlflow.set_tracking_uri(tracking_uri)
    assert mlflow.pyfunc.load_model(f"models:/{model}@champion").predict([1, 2]) == ["trees", "trees"]


def test_the_version_belongs_to_the_run_and_its_experiment(
    registry: MlflowRegistry, tracking_uri: str, model: str, package: Path
) -> None:
    client = mlflow_client(tracking_uri)
    run_id = client.create_run(registry.experiment(model)).info.run_id
    made = registry.register(model, "d1", package, {}, run_id=run_id)
    assert client.get_model_version(model, made.version).run_id == run_id
    (logged,) = client.search_logged_models([registry.experiment(model)])
    assert logged.source_run_id == run_id
    assert logged.status.name == "READY"
    assert [output.model_id for output in client.get_run(run_id).outputs.model_outputs] == [logged.model_id]


def test_artefacts_lie_where_they_were_told(
    registry: MlflowRegistry, mlflow_place: Path, model: str, package: Path
) -> None:
    made = registry.register(model, "d1", package, {})
    found = registry.package(model, made.version)
    assert found.is_relative_to(mlflow_place / "artifacts" / model), "read in place, not copied"
    kept = {path.name for path in found.parents[1].iterdir()}
    assert {"MLmodel", "requirements.txt"} <= kept
    assert not list(found.parents[1].rglob("*.pkl"))


@pytest.mark.parametrize(
    "step", ["create_logged_model", "log_model_artifacts", "finalize_logged_model", "create_model_version"]
)
@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
def test_a_registration_killed_at_any_step_is_done_once(
    registry: MlflowRegistry,
    tracking_uri: str,
    model: str,
    package: Path,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    done: bool,
) -> None:
    client = mlflow_client(tracking_uri)
    original = getattr(client, step)

    def killed(*arguments: object, **named: object) -> None:
        if done:
            original(*arguments, **named)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(client, step, killed)
        with pytest.raises(KeyboardInterrupt):
            registry.register(model, "d1", package, {"a": "1"})
    made = registry.register(model, "d1", package, {"a": "1"})
    assert registry.versions(model) == [made]
    assert made.tags["a"] == "1"
    assert (registry.package(model, made.version) / "model.txt").read_text() == "trees"
    assert len(client.search_logged_models([registry.experiment(model)])) == 1


def test_of_two_that_register_a_decision_at_once_one_does(registry: MlflowRegistry, model: str, package: Path) -> None:
    """The lock belongs to the open file, so threads stand for processes here."""
    with ThreadPoolExecutor(3) as pool:
        made = list(pool.map(lambda _: registry.register(model, "d1", package, {}).version, range(3)))
    assert made == ["1", "1", "1"]
    assert len(registry.versions(model)) == 1


def test_a_lost_artefact_is_named(registry: MlflowRegistry, model: str, package: Path) -> None:
    made = registry.register(model, "d1", package, {})
    (registry.package(model, made.version) / "model.txt").unlink()
    registry.package(model, made.version).rmdir()
    fresh = MlflowRegistry(registry._uri, registry._artifacts, registry._cache)
    with pytest.raises(UnknownVersion, match=f"version == '1' of model '{model}', must have its files in"):
        fresh.package(model, made.version)


def test_an_artefact_that_is_not_local_is_fetched_once(
    registry: MlflowRegistry, model: str, package: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import mlflow.artifacts

    made = registry.register(model, "d1", package, {})
    local = registry.package(model, made.version).parents[1]
    fetched: list[str] = []

    def fetch(source: str, dst_path: str, tracking_uri: str) -> str:
        import shutil

        fetched.append(source)
        return str(shutil.copytree(local, Path(dst_path, "artifacts")))

    monkeypatch.setattr(mlflow.artifacts, "download_artifacts", fetch)
    monkeypatch.setattr(registry._client, "get_model_version_download_uri", lambda *_: "s3://bucket/model")
    for _ in range(2):
        fresh = MlflowRegistry(registry._uri, registry._artifacts, tmp_path / "cache")
        assert (fresh.package(model, made.version) / "model.txt").read_text() == "trees"
    assert fetched == ["s3://bucket/model"]


def test_a_long_tag_is_cut(registry: MlflowRegistry, model: str, package: Path) -> None:
    assert len(registry.register(model, "d1", package, {"long": "x" * 9000}).tags["long"]) == 5000


def test_an_experiment_is_made_once(
    registry: MlflowRegistry, mlflow_place: Path, tracking_uri: str, model: str
) -> None:
    made = registry.experiment(model)
    assert registry.experiment(model) == made
    location = mlflow_client(tracking_uri).get_experiment(made).artifact_location
    assert location == (mlflow_place / "artifacts" / model).as_uri()
