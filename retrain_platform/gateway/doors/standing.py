"""What the gateway says of itself: whether it lives and is ready, and who serves what share of a model, and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from retrain_platform.gateway.base import Models, NotServed, Serving
from retrain_platform.gateway.processes.states import ProcessState
from retrain_platform.release.split import Split


def readiness(models: Models, states: Sequence[ProcessState], own: str) -> dict[str, Any]:
    """Ready once every model's arms answer; `degraded` names what is away meanwhile, which stops no answer.

    `own` is the worker that is asked; the others' states tell what they see, and whether this one is behind them.
    """
    waiting = {name: why for name in models.names() if (why := _why_not(models, name))}
    troubles = [
        {"process": state.name, "place": each.place, "since": each.since, "what": each.sentence}
        for state in states
        for each in state.troubles
    ]
    problems = [
        {"process": state.name, "place": f"model:{model}", "since": applied.at, "what": applied.problem}
        for state in states
        for model, applied in state.applied.items()
        if applied.problem
    ]
    behind = _behind(states, own)
    degraded = [*troubles, *problems, *behind]
    return {
        "ready": not waiting,
        "degraded": bool(degraded),
        "worker": own,
        "waiting": waiting,
        "troubles": degraded,
    }


def _why_not(models: Models, name: str) -> str:
    """Why a model does not answer; '' when it does."""
    try:
        serving = models.serving(name)
        serving.loaded("champion")
    except NotServed as error:
        return str(error) or "nothing is known of it yet"
    return ""


def _behind(states: Sequence[ProcessState], own: str) -> list[dict[str, Any]]:
    """The models whose split other workers of this instance have newer."""
    mine = next((state for state in states if state.name == own), None)
    if mine is None:
        return []
    found = []
    for model, applied in mine.applied.items():
        newest = max(
            state.applied[model].seq for state in states if model in state.applied and state.instance == mine.instance
        )
        if newest > applied.seq:
            what = f"serves the split of line {applied.seq}, others that of line {newest}"
            found.append({"process": own, "place": f"model:{model}", "since": applied.at, "what": what})
    return found


def who_serves(serving: Serving, loaded: Sequence[str]) -> dict[str, Any]:
    """Who answers what share of a model's entities, since when, why and by whom."""
    split = serving.split
    return {
        "model": split.model,
        "serving": _shares(split),
        "stage": split.stage,
        "since": split.since,
        "by": split.by or "unattributed",
        "why": split.why,
        "line": split.seq,
        "beside": split.beside,
        "warm": split.warm,
        "loaded": loaded,
        "task": serving.about.task,
        "entity": serving.about.entity,
    }


def _shares(split: Split) -> list[dict[str, Any]]:
    """The versions that answer, and the percent of entities of each."""
    canary = split.share if split.canary is not None else 0
    arms = ((split.champion, "champion", 100 - canary), (split.canary, "canary", canary))
    return [{"version": version, "arm": arm, "share": share} for version, arm, share in arms if version is not None]


def all_models(models: Models) -> dict[str, Any]:
    """Every model that was asked for, in short."""
    found = []
    for name in models.names():
        told: dict[str, Any] = {"model": name, "answers": not (why := _why_not(models, name))}
        if why:
            told["why_not"] = why
        else:
            told["serving"] = _shares(models.serving(name).split)
        found.append(told)
    return {"models": found}
