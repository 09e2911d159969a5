"""Where everything is kept, as the environment says it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from retrain_platform.dataset.record import Record


class Settings(Record):
    """Where everything is kept. `home` is absolute; the rest defaults to places under it.

    `retrains_at_once` is the budget of all models of the code location; None is no limit. `environment` is what this
    place is called (production, staging): messages say it, and targets may name it. `evidence_url` is the database of
    live traffic's bins, None: SQLite in the gateway's folder.
    """

    home: Path
    ledger_url: str
    tracking_uri: str
    retrains_at_once: int | None = None
    environment: str = ""
    evidence_url: str | None = None

    @property
    def evidence(self) -> str:
        """The address of the database of bins."""
        return self.evidence_url or f"sqlite:///{self.home / 'gateway' / 'evidence.db'}"

    @property
    def lake(self) -> Path:
        """The tables of events, predictions, and of the gateway's log."""
        return self.home / "lake"

    @property
    def replays(self) -> Path:
        """What replays keep, of this version of the platform: another may measure otherwise."""
        from importlib.metadata import version

        return self.home / "replays" / version("retrain_platform")

    @property
    def dagster_home(self) -> Path:
        """Dagster's own history."""
        return self.home / "dagster"


def settings(env: Mapping[str, str] = os.environ) -> Settings:
    """The settings in the environment.

    RETRAIN_HOME, RETRAIN_LEDGER_URL, RETRAIN_EVIDENCE_URL, MLFLOW_TRACKING_URI, RETRAIN_FLEET_BUDGET,
    RETRAIN_ENVIRONMENT.

    Raises:
        ValueError: a budget that is no whole number of at least 1.
    """
    home = Path(env.get("RETRAIN_HOME", ".home")).expanduser().resolve()
    return Settings(
        home=home,
        ledger_url=env.get("RETRAIN_LEDGER_URL", f"sqlite:///{home / 'ledger.db'}"),
        tracking_uri=env.get("MLFLOW_TRACKING_URI", f"sqlite:///{home / 'mlflow.db'}"),
        retrains_at_once=_budget(env.get("RETRAIN_FLEET_BUDGET", "")),
        environment=env.get("RETRAIN_ENVIRONMENT", "").strip(),
        evidence_url=env.get("RETRAIN_EVIDENCE_URL") or None,
    )


def _budget(text: str) -> int | None:
    if not text.strip():
        return None
    if not text.strip().isdecimal() or int(text) < 1:
        raise ValueError(f"RETRAIN_FLEET_BUDGET == {text!r}, must be a whole number >= 1, or unset for no limit")
    return int(text)
