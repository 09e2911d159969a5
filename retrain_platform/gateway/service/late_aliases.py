"""A registry whose aliases are set in the background: one that hangs must not keep traffic from going back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from retrain_platform.gateway.processes.life import said

AGAIN = 30.0
"""Seconds after which aliases that nobody changed are compared with the ledger again."""
_RETRY = 5.0


class LateAliases:
    """A `Registry` that hands everything on, but `set_aliases` returns at once, and the newest wish is carried out.

    `trouble` is told why that fails, and None when it works again.
    """

    def __init__(self, registry: Any, trouble: Callable[[str | None], None]) -> None:
        self._registry, self._trouble = registry, trouble
        self._retired = False
        self._wanted: tuple[str, dict[str, str | None]] | None = None
        self._asked = threading.Event()
        threading.Thread(target=self._run, name="aliases", daemon=True).start()

    def __getattr__(self, name: str) -> Any:
        """All else is the registry's own."""
        return getattr(self._registry, name)

    def set_aliases(self, model: str, wanted: Mapping[str, str | None]) -> dict[str, str | None]:
        """Wish for these; nothing has changed yet, so that is what is given."""
        if self._wanted != (model, dict(wanted)):
            self._wanted = (model, dict(wanted))
            self._asked.set()
        return {}

    def retire(self) -> None:
        """Carry out no more wishes: another takes the place."""
        self._retired = True
        self._asked.set()

    def _run(self) -> None:
        wait = AGAIN
        while not self._retired:
            self._asked.wait(wait)
            self._asked.clear()
            if self._wanted is None or self._retired:
                continue
            try:
                self._registry.set_aliases(*self._wanted)
            except Exception as error:  # whatever a registry's client raises, it is asked again
                self._trouble(said(error))
                wait = _RETRY
            else:
                self._trouble(None)
                wait = AGAIN
