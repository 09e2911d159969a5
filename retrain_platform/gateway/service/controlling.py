"""The controller: one process that reads the ledger and makes true what it says, for each model three times a second.

A model has two threads of its own, so that neither a registry that hangs over a package which nobody waits for, nor a
long look at a model's evidence keeps it, or another, from going back.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from retrain_platform.adapters.clock import now
from retrain_platform.gateway.processes.lead import Lead
from retrain_platform.gateway.processes.life import Life, orders_given, said
from retrain_platform.gateway.service.applying import Reaching
from retrain_platform.gateway.service.late_aliases import LateAliases
from retrain_platform.gateway.staging.trials import Trials
from retrain_platform.release.base import LedgerMoved
from retrain_platform.release.split import Split
from retrain_platform.spec.load import read_spec
from retrain_platform.spec.model import ModelSpec

EVERY = 0.3
"""Seconds between two looks at the ledger: with a worker's own fifth of a second, a change is there within one."""

ShopOf = Callable[[ModelSpec], Any]
Tick = Callable[[Any], None]
"""What is done of one model's workshop beside publishing: judge its live evidence, move its release, set aliases."""
NewTick = Callable[[Life], Tick]


class ModelControl:
    """One model under control: `look` publishes what the ledger says and lets `tick` move the release."""

    def __init__(self, life: Life, name: str, file: Path, shop_of: ShopOf, tick: Tick) -> None:
        self._life, self._file, self._shop_of, self._tick = life, file, shop_of, tick
        self._place = f"model:{name}"
        self._stamp, self._shop = 0, None
        self._aliases: LateAliases | None = None
        self._trials = Trials(life.tell, life.trouble)
        self._noting = threading.Lock()
        self.reaching: Reaching | None = None
        self.looked = threading.Event()

    def run(self) -> None:
        """Look until the process must end."""
        threading.Thread(target=self._follow, daemon=True).start()
        while not self._life.ending.is_set():
            self.look()
            self.looked.set()
            self._life.ending.wait(EVERY)

    def look(self) -> None:
        """One look; what is away or broken is told, and tried again at the next."""
        try:
            shop = self._workshop()
        except Exception as error:
            self._life.trouble(self._place, f"{self._file}: {said(error)}")
            return
        try:
            split = shop.split()
        except Exception as error:
            self._life.trouble("ledger", said(error))
            return
        self._life.trouble("ledger", None)
        try:
            self._publish(shop, split)
            self._trials.look(shop)
            self._tick(shop)
            after = shop.split()
            if after.seq != split.seq:
                self._publish(shop, after)
        except LedgerMoved:
            return  # somebody else moved it: the next look sees what
        except Exception as error:
            self._life.trouble(self._place, said(error))
            return
        self._life.trouble(self._place, None)

    def _follow(self) -> None:
        """Publish what somebody else wrote while a look reads days of evidence: no way back waits for a judgement."""
        while not self._life.ending.wait(EVERY):
            with suppress(Exception):  # what is away is told by the looks
                if self._shop is not None and self.reaching is not None:
                    split = self._shop.split()
                    if split.seq > self.reaching.split.seq:
                        self._publish(self._shop, split)

    def _publish(self, shop: Any, split: Split) -> None:
        """Both threads may: of two splits the folder keeps the newer, and a registry that hangs stops one of them."""
        shop.exporter.publish(split)
        with self._noting:
            if self.reaching is None or self.reaching.split.seq < split.seq:
                self.reaching = Reaching(split, now(), first=self.reaching is None)

    def _workshop(self) -> Any:
        """The model's workshop, made anew when its spec's file has changed."""
        stamp = self._file.stat().st_mtime_ns
        if self._shop is None or stamp != self._stamp:
            self._shop = self._with_late_aliases(self._shop_of(read_spec(self._file)))
            self._stamp = stamp
        return self._shop

    def _with_late_aliases(self, shop: Any) -> Any:
        if self._aliases is not None:
            self._aliases.retire()
        self._aliases = LateAliases(shop.registry, partial(self._life.trouble, "registry"))
        return replace(shop, registry=self._aliases)


def control(life: Life, shop_of: ShopOf, new_tick: NewTick) -> None:
    """Control every model of the orders until the process must end; another instance's controller goes first."""
    lead = Lead(life.home.lead("controller"))
    waits = _Waits(life)
    if not lead.wait(life.ending.wait, waits):
        return
    models = [ModelControl(life, name, file, shop_of, new_tick(life)) for name, file in life.orders.models.items()]
    for model in models:
        threading.Thread(target=model.run, daemon=True).start()
    for model in models:
        while not model.looked.wait(0.2) and not life.ending.is_set():
            life.write()
    life.tell("looked", "the ledger was read")
    while not life.ending.wait(0.1):
        _follow(life, models)


def _follow(life: Life, models: list[ModelControl]) -> None:
    """Tell when a published split has reached every worker, and leave a sign of life about every second."""
    for model in models:
        reaching = model.reaching
        if reaching is not None and (event := reaching.arrived(life.home, now())) is not None:
            life.tell(event.event, event.sentence, **event.about)
    life.write_every(1.0)


class _Waits:
    """Says once that another instance leads."""

    def __init__(self, life: Life) -> None:
        self._life, self._told = life, False

    def __call__(self) -> None:
        if not self._told:
            self._told = True
            self._life.tell("waits", f"another instance's {self._life.orders.role} acts on this home; this one waits")
        self._life.write(leads=False)


def main() -> None:
    """The process: `python -m retrain_platform.gateway.service.controlling ORDERS`."""
    os.environ.update({name: value for name, value in _PATIENCE.items() if name not in os.environ})
    life = Life(orders_given())
    control(life, _shop, _live_tick)


_PATIENCE: Mapping[str, str] = {
    # MLflow's client otherwise waits for minutes for a server that is away.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
}


def _live_tick(life: Life) -> Tick:
    """The tick of one model; it remembers what it judged last, of the evidence that its spec names."""
    from retrain_platform.steps.release.live import LiveRelease

    judged: dict[Any, LiveRelease] = {}

    def tick(shop: Any) -> None:
        observed = None if shop.spec.gateway is None else shop.spec.gateway.observed
        if observed not in judged:
            judged.clear()
            judged[observed] = LiveRelease(shop.bins)
        for moved in judged[observed].tick(shop, now()):
            life.tell("moved", f"{shop.model}: {moved.sentence}", model=shop.model, kind=moved.kind)

    return tick


def _shop(spec: ModelSpec) -> Any:
    from retrain_platform.adapters.followed_ledger import FollowedLedger
    from retrain_platform.resources import settings, workshop

    at = settings()
    return replace(workshop(spec, at), ledger=FollowedLedger(at.ledger_url))


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main()
