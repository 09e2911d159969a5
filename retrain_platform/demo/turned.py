"""A version to be afraid of: fitted as the champion was, on labels that a pipeline turned around."""

from __future__ import annotations

from retrain_platform.steps.values import Ripened
from retrain_platform.steps.workshop import Workshop
from retrain_platform.training.artefact import PACKAGE_DIGEST, folder_digest
from retrain_platform.training.base import Rows

_NAME, _WEEKS, _ROUNDS = "turned-labels", 3, 60


def register_turned(shop: Workshop) -> str:
    """Fit it on the newest weeks that are ripe, register it, and give its number."""
    import pandas as pd

    champion = shop.state().champion
    if champion is None:
        raise ValueError("champion == None, must be one: its features are taken over")
    features = list(shop.fitted(champion).report.features)
    periods = list(shop.values.all(shop.model, "ripe", Ripened))[-_WEEKS:]
    frame = pd.concat([shop.lake.read(shop.events, [key]) for key in periods], ignore_index=True)
    frame = frame[frame["_label"].notna()].reset_index(drop=True)
    rows = Rows(frame[features], 1.0 - frame["_label"].to_numpy(dtype="float64"))
    package = shop.values.folder(shop.model, "candidate_model", _NAME) / "final"
    shop.keep(shop.teach(shop.spec.training).fit(rows, rounds=_ROUNDS), package)
    tags = {"decision_id": _NAME, PACKAGE_DIGEST: folder_digest(package)}
    return shop.registry.register(shop.model, _NAME, package, tags).version
