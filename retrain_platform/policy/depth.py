"""How deep a retrain goes: what its triggers ask for, and the next rung where the last attempt did not help."""

from __future__ import annotations

from collections.abc import Sequence

from retrain_platform.policy.base import DEPTHS, Depth, Finding
from retrain_platform.policy.history import DATA_REFUSED, History, Retrained


def deepest(depths: Sequence[Depth | None]) -> Depth | None:
    """The deepest that is asked for, where one that says nothing is full; None where none says anything."""
    if all(depth is None for depth in depths):
        return None
    return max((depth or "full" for depth in depths), key=DEPTHS.index)


def asked_depth(parts: Sequence[Finding], given: Depth | None = None) -> Depth | None:
    """How deep the parts that fire for a retrain ask for together: the deepest, where one that says nothing is full.

    None where none of them says anything; `given` replaces it all where something fires.
    """
    found = [part.depth for part in parts if part.fired and part.action.retrains]
    if not found or given is not None:
        return given if found else None
    return deepest(found)


def depth_of(finding: Finding, history: History) -> tuple[Depth, str]:
    """How deep the retrain goes, and why where that is not what was asked for.

    A first model is trained in full. Where the last incremental retrain did not help (turned away, given up on its
    way, or rolled back), the next one is full.
    """
    asked = finding.depth or "full"
    if asked == "full":
        return "full", ""
    if history.champion is None:
        return "full", "there is nothing to go on from"
    last = _last_fitted(history)
    if asked == "incremental" and last is not None and last.depth == "incremental" and (why := _no_help(last, history)):
        return "full", f"the last incremental one, of {last.as_of.date()}, {why}"
    return asked, ""


def _last_fitted(history: History) -> Retrained | None:
    """The last retrain that came to a fit: data that its checks refuse says nothing of how deep it went."""
    return next((each for each in reversed(history.retrained) if each.verdict != DATA_REFUSED), None)


def _no_help(last: Retrained, history: History) -> str:
    """Why a retrain's version does not answer now; empty where it does, did, or is still on its way."""
    if last.version is None:
        return "was turned away"
    places = [place for place, each in enumerate(history.released) if each.version == last.version]
    if not places:
        return "" if history.release_open == last.version else "never took over"
    after = history.released[places[-1] + 1 :]
    return "was rolled back" if after and after[0].how == "rollback" else ""
