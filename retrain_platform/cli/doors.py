"""Two doors to one model: the stores that the environment names here, or a gateway's admin API from another machine."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Protocol

from retrain_platform.cli.app import GIVEN, actor, entries_of, ledger_here, shop_of, spec_of
from retrain_platform.cli.refusing import refuse
from retrain_platform.steps.by_hand.acting import Act, Asked, Moved, NotNow, WrongUse, reason

if TYPE_CHECKING:
    from retrain_platform.policy.history import Quarantine
    from retrain_platform.release.history import Change
    from retrain_platform.steps.by_hand.moving import Done
    from retrain_platform.steps.by_hand.shown import Said, Shown

GATEWAY_URL = "RETRAIN_GATEWAY_URL"


class Door(Protocol):
    """Where a command about one model is done; `model` is what was typed."""

    def show(self, model: str) -> Shown:
        """How the model stands."""

    def history(self, model: str) -> list[Change]:
        """Every move of its release, oldest first."""

    def move(self, what: Moved, model: str, why: str, **fields: Any) -> Done:
        """Move its release by hand: `version` of approve and reject, `to` and `force` of rollback."""

    def clear(self, model: str, why: str, version: str | None) -> Quarantine:
        """Let the rows in again that are in quarantine since `version` was rolled back."""

    def ask(self, what: Asked, model: str, why: str, **fields: Any) -> Said:
        """Put something on record: `now` and `depth` of retrain, `kind` and `now` of event."""


def door() -> Door:
    """The gateway that --gateway or RETRAIN_GATEWAY_URL names, else the stores here."""
    url = elsewhere()
    if not url:
        return Here()
    from retrain_platform.cli.elsewhere import Elsewhere

    return Elsewhere(url)


def elsewhere() -> str:
    """The gateway's address that --gateway or RETRAIN_GATEWAY_URL gives; '' where neither does."""
    return (GIVEN.get() or os.environ.get(GATEWAY_URL, "")).strip()


class Here:
    """The stores that the environment names."""

    def show(self, model: str) -> Shown:
        """How the model stands."""
        from retrain_platform.steps.by_hand.shown import show

        return show(shop_of(spec_of(model)))

    def history(self, model: str) -> list[Change]:
        """Every move of its release, oldest first."""
        from retrain_platform.release.history import changes

        spec = spec_of(model)
        return changes(entries_of(spec), spec.release.aliases)

    def move(self, what: Moved, model: str, why: str, **fields: Any) -> Done:
        """Move its release by hand; leaves with 1 where that may not be, with 2 where it cannot be meant."""
        from retrain_platform.steps.by_hand.moving import MOVES

        act = Act(actor=actor(), why=why)
        try:
            reason(why)
            return MOVES[what](shop_of(spec_of(model)), act, **fields)
        except (NotNow, WrongUse) as error:
            refuse(error)

    def clear(self, model: str, why: str, version: str | None) -> Quarantine:
        """Let rows in again; leaves as `move` does."""
        from retrain_platform.steps.by_hand.clearing import clear

        try:
            return clear(spec_of(model), ledger_here(), Act(actor=actor(), why=why), version)
        except (NotNow, WrongUse) as error:
            refuse(error)

    def ask(self, what: Asked, model: str, why: str, **fields: Any) -> Said:
        """Put something on record; leaves as `move` does."""
        from retrain_platform.steps.by_hand.shown import ask

        try:
            return ask(what, spec_of(model), ledger_here(), Act(actor=actor(), why=why), model, **fields)
        except (NotNow, WrongUse) as error:
            refuse(error)
