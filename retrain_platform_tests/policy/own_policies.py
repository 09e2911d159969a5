"""Policies as a user writes them: one that is sound, and some that are not."""

from __future__ import annotations

from typing import Any

from retrain_platform.policy.base import Action, Finding
from retrain_platform.policy.history import History

calls: list[History] = []


def many_rows(history: History) -> Finding:
    """Retrain when there are over 5000 new rows."""
    fires = history.champion is not None and history.new_ripe_rows > 5000
    return Finding(
        trigger="many_rows",
        verdict="fired" if fires else "quiet",
        action=Action.RETRAIN if fires else Action.NONE,
        value=history.new_ripe_rows,
        limit=5000,
        sentence=f"{history.new_ripe_rows} new ripe rows, limit 5000",
    )


def breaks(history: History) -> Finding:
    raise KeyError(f"no such week\nin {history.model}")


def bare(history: History) -> Any:
    return True


def moody(history: History) -> Finding:
    """Another answer every time."""
    calls.append(history)
    return Finding(trigger="moody", verdict="quiet", sentence=f"call {len(calls)}")


def eager(history: History) -> Finding:
    """Fires for nothing, and asks for a retrain while it is only holding."""
    fires = not history.ripe
    return Finding(
        trigger="eager",
        verdict="fired" if fires else "holding",
        action=Action.RETRAIN,
        sentence="",
    )
