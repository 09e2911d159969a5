"""Tries a version on a staging instance while the controller goes on looking, and puts the verdict on record."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from retrain_platform.adapters.clock import seconds
from retrain_platform.adapters.gateway_home import GatewayHome
from retrain_platform.gateway.processes.life import said
from retrain_platform.gateway.staging.instance import Stage, staged
from retrain_platform.release.serving import GatewaySpec
from retrain_platform.release.split import Exporter
from retrain_platform.release.staging import Staged

AGAIN_AFTER = 60.0
"""Seconds until a version is tried again whose instance could not be started or asked."""


def try_out(shop: Any, version: str, requests: int) -> Staged:
    """What the version shows on a staging instance of its own; its contracts are found from the project's root.

    Raises:
        OSError: the gateway's folder takes no writes.
    """
    from retrain_platform.resources import folder_exporter, gateway_home, settings

    at, gateway = settings(), shop.spec.gateway or GatewaySpec()
    # How often one may ask is between its callers and the model: an instance is asked as fast as it answers.
    unlimited = gateway.model_copy(update={"requests_a_second": None})
    spec = shop.spec.model_copy(update={"gateway": unlimited})

    def exporter_to(home: GatewayHome) -> Exporter:
        return folder_exporter(spec, at, shop.registry, home)

    contracts = tuple(Path(path) for path in gateway.contracts)
    stage = Stage(shop.model, version, exporter_to, contracts, requests)
    return staged(stage, gateway_home(at).staging)


class Trials:
    """The staging of one model: `look` begins it where a version waits for a verdict, and never waits itself."""

    def __init__(self, tell: Callable[..., None], trouble: Callable[[str, str | None], None]) -> None:
        self._tell, self._trouble = tell, trouble
        self._under: threading.Thread | None = None
        self._tried: tuple[str, float] = ("", 0.0)

    def look(self, shop: Any) -> None:
        """Begin to try the version that is in staging, unless it is being tried, or was a moment ago in vain."""
        from retrain_platform.steps.release.staging import under_trial

        version = under_trial(shop)
        if version is None or (self._under is not None and self._under.is_alive()):
            return
        if self._tried[0] == version and seconds() - self._tried[1] < AGAIN_AFTER:
            return
        self._under = threading.Thread(target=self._try, args=(shop, version), daemon=True)
        self._under.start()

    def _try(self, shop: Any, version: str) -> None:
        from retrain_platform.steps.release.staging import judge

        place = f"staging:{shop.model}"
        self._tell("staging", f"{shop.model}: version {version} is tried on a staging instance", model=shop.model)
        try:
            verdict = judge(shop, try_out(shop, version, shop.spec.release.live.staging.requests))
        except Exception as error:  # the release moved on, the disk is full, the ledger away: tried again
            self._trouble(place, said(error))
        else:
            self._trouble(place, None)
            told = f"{shop.model}: version {version} {verdict.outcome.replace('_', ' ')} in staging: {verdict.sentence}"
            self._tell("staged", told, model=shop.model, version=version, outcome=verdict.outcome)
        self._tried = (version, seconds())
