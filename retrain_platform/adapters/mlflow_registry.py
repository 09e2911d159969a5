"""Versions and aliases in the MLflow model registry."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote, unquote, urlparse

from retrain_platform.adapters.atomic import locked
from retrain_platform.adapters.known_versions import known_version, of_others, refuse_taken
from retrain_platform.adapters.mlflow_store import DECISION, experiment_id, mlflow_client
from retrain_platform.adapters.model_signature import signature_of
from retrain_platform.training.base import ModelVersion, UnknownVersion
from retrain_platform.training.names import must_be_recorded_names

_LOADER = "retrain_platform.adapters.packaged_model"
_PACKAGE = "package"
_TAG_LENGTH = 5000


class MlflowRegistry:
    """`Registry` over MLflow 3; a version is an MLflow model that `mlflow.pyfunc.load_model` loads.

    It is a LoggedModel of the model's experiment (and of the retrain's run, where one is given) whose
    loader is this package's own: files and texts, no pickles. The decision's id is among the tags that a
    version is created with, in one database transaction, so a killed registration is either there
    or done again. Two processes of one machine that register the same decision take turns.
    """

    def __init__(self, tracking_uri: str, artifact_root: Path, cache: Path) -> None:
        self._uri = tracking_uri
        self._artifacts = artifact_root.absolute()
        self._cache = cache.absolute()
        self._packages: dict[tuple[str, str], Path] = {}

    def experiment(self, model: str) -> str:
        """The id of the model's experiment; made if need be, with an absolute place for its artefacts."""
        return experiment_id(self._uri, model, self._artifacts)

    def register(
        self, model: str, decision_id: str, package: Path, tags: Mapping[str, str], *, run_id: str | None = None
    ) -> ModelVersion:
        """Add a version from the folder `package`; see `Registry`. Tags are cut at MLflow's 5000 characters."""
        must_be_recorded_names(tags)
        with locked(self._cache / f"{quote(model, safe='')}.lock"):
            standing = self.find(model, decision_id)
            if standing is not None:
                return standing
            logged = self._logged_model(model, decision_id, run_id)
            self._log_package(logged, package, run_id)
            kept = {name: text[:_TAG_LENGTH] for name, text in {**tags, DECISION: decision_id}.items()}
            self._make_name(model)
            made = self._client.create_model_version(model, logged.artifact_location, run_id=run_id, tags=kept)
            # What MLflow's page of the logged model shows its versions by.
            shown = json.dumps([{"name": model, "version": made.version}])
            self._client.set_logged_model_tags(logged.model_id, {"mlflow.modelVersions": shown})
            return _version(made)

    def find(self, model: str, decision_id: str) -> ModelVersion | None:
        """The version registered for this decision."""
        return next((made for made in self.versions(model) if made.tags.get(DECISION) == decision_id), None)

    def versions(self, model: str) -> list[ModelVersion]:
        """All versions, oldest first; empty for an unknown model."""
        found: list[Any] = []
        token: str | None = None
        while token is None or token:
            page = self._client.search_model_versions(f"name = {_quoted(model)}", page_token=token)
            found += page
            token = page.token or ""
        return sorted((_version(made) for made in found), key=lambda made: int(made.version))

    def tag(self, model: str, version: str, tags: Mapping[str, str | None]) -> None:
        """Set tags of a version, or take them off; see `Registry`."""
        must_be_recorded_names(tags)
        standing = known_version(version, model, self.versions(model)).tags
        for name, text in tags.items():
            if text is not None:
                self._client.set_model_version_tag(model, version, name, text[:_TAG_LENGTH])
            elif name in standing:
                self._client.delete_model_version_tag(model, version, name)

    def package(self, model: str, version: str) -> Path:
        """A local folder with what was registered: the artefact itself where it is local, else a cached copy."""
        key = (model, version)
        if key not in self._packages:
            self._packages[key] = self._located(model, version)
        return self._packages[key]

    def aliases(self, model: str) -> dict[str, str]:
        """Alias name to version; empty for an unknown model."""
        registered = self._registered(model)
        return {} if registered is None else {alias: str(to) for alias, to in registered.aliases.items()}

    def set_aliases(self, model: str, wanted: Mapping[str, str | None]) -> dict[str, str | None]:
        """Point each alias at a version, or take it off; touches no other alias. See `Registry`."""
        before = self.aliases(model)
        changed = {alias: before.get(alias) for alias, to in wanted.items() if before.get(alias) != to}
        versions = self.versions(model) if changed else []
        for version in sorted({to for alias in changed if (to := wanted[alias]) is not None}):
            known_version(version, model, versions)
        taken = of_others(before, list(changed), versions)
        for alias in (alias for alias in changed if alias not in taken):
            to = wanted[alias]
            if to is None:
                self._client.delete_registered_model_alias(model, alias)
            else:
                self._client.set_registered_model_alias(model, alias, to)
        refuse_taken(model, taken, before)
        return changed

    @property
    def _client(self) -> Any:
        return mlflow_client(self._uri)

    def _logged_model(self, model: str, decision_id: str, run_id: str | None) -> Any:
        """The decision's LoggedModel: a killed attempt's is used again."""
        experiment = self.experiment(model)
        left = self._client.search_logged_models([experiment], f"tags.{DECISION} = {_quoted(decision_id)}")
        if left:
            return left[0]
        logged = self._client.create_logged_model(
            experiment, name="model", source_run_id=run_id, tags={DECISION: decision_id}
        )
        if run_id is not None:
            from mlflow.entities import LoggedModelOutput

            self._client.log_outputs(run_id, [LoggedModelOutput(logged.model_id, step=0)])
        return logged

    def _log_package(self, logged: Any, package: Path, run_id: str | None) -> None:
        import mlflow.pyfunc
        from mlflow.models.model import Model

        described = Model(
            artifact_path=logged.artifact_location,
            model_uuid=logged.model_id,
            model_id=logged.model_id,
            run_id=run_id,
            signature=signature_of(package),  # here, for as an argument of `save_model` it asks for an example
        )
        with TemporaryDirectory() as place:
            target, named = Path(place, "model"), Path(place, _PACKAGE)
            named.symlink_to(package.absolute(), target_is_directory=True)
            # Named requirements: without them MLflow loads the model in a new process to infer some.
            mlflow.pyfunc.save_model(
                str(target),
                loader_module=_LOADER,
                data_path=str(named),
                pip_requirements=["retrain_platform"],
                mlflow_model=described,
            )
            self._client.log_model_artifacts(logged.model_id, str(target))
        self._client.finalize_logged_model(logged.model_id, "READY")

    def _make_name(self, model: str) -> None:
        if self._registered(model) is None:
            self._client.create_registered_model(model)

    def _registered(self, model: str) -> Any:
        client = self._client
        from mlflow.exceptions import MlflowException

        try:
            return client.get_registered_model(model)
        except MlflowException as error:
            if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                raise
            return None

    def _located(self, model: str, version: str) -> Path:
        known_version(version, model, self.versions(model))
        source = str(self._client.get_model_version_download_uri(model, version))
        address = urlparse(source)
        if address.scheme in ("", "file"):
            return _data(Path(unquote(address.path)), model, version)
        return self._downloaded(source, model, version)

    def _downloaded(self, source: str, model: str, version: str) -> Path:
        kept = self._cache / "packages" / quote(model, safe="") / version
        with locked(kept.with_suffix(".lock")):
            if not kept.exists():
                from mlflow.artifacts import download_artifacts

                with TemporaryDirectory(dir=kept.parent) as place:
                    found = download_artifacts(source, dst_path=place, tracking_uri=self._uri)
                    shutil.move(str(found), kept)
        return _data(kept, model, version)


def _data(artifact: Path, model: str, version: str) -> Path:
    found = artifact / "data" / _PACKAGE
    if not found.is_dir():
        raise UnknownVersion(f"version == {version!r} of model {model!r}, must have its files in {found}")
    return found


def _version(made: Any) -> ModelVersion:
    return ModelVersion(model=made.name, version=str(made.version), tags=dict(made.tags))


def _quoted(text: str) -> str:
    if "'" in text:
        raise ValueError(f"name == {text!r}, must have no quote")
    return f"'{text}'"
