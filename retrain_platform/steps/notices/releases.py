"""A release that opened, moved, waits for a person, ended or was rolled back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from retrain_platform.release.base import Entry, Evidence, Stage, Transition
from retrain_platform.spec.model import ModelSpec
from retrain_platform.spec.notify import SEVERITY, NoticeKind, Severity
from retrain_platform.steps.notices.base import Notice
from retrain_platform.steps.release.approving import requesters

_KINDS: dict[str, NoticeKind] = {
    "opened": "opened",
    "advanced": "moved",
    "promoted": "moved",
    "proven": "ended",
    "aborted": "rolled_back",
    "rolled_back": "rolled_back",
    "rejected": "ended",
    "superseded": "ended",
}


def moved(spec: ModelSpec, entries: Sequence[Entry], entry: Entry) -> Iterator[Notice]:
    """One move of a release."""
    body = {name: value for name, value in entry.body.items() if name != "decision_id"}
    move = Transition.model_validate(body)
    kind: NoticeKind = "approval" if move.stage is Stage.APPROVAL else _KINDS[entry.kind]
    waits = kind == "approval"
    yield Notice(
        key=entry.key,
        incident=f"release:{move.version}:{move.stage.value}:{move.share}",
        kind=kind,
        severity=_severity(kind, entry.kind),
        model=spec.name,
        title=_title(move, entry.kind),
        why=entry.why if entry.why == move.sentence else f"{move.sentence}. {entry.why}",
        numbers=_numbers(move.evidence, entry),
        todo=_todo(spec, entries, entry, move),
        commands=_answers(spec.name, move.version) if waits else (f"retrain release show {spec.name}",),
        asset="release",
        version=move.version if waits else None,
        seq=entry.seq,
        at=entry.at,
    )


def outside(spec: ModelSpec, entries: Sequence[Entry], entry: Entry) -> Iterator[Notice]:
    """An alias that somebody moved past the platform, or a model taken over from elsewhere."""
    version = str(entry.body["version"])
    yield Notice(
        key=entry.key,
        incident=f"outside:{version}",
        kind="outside",
        severity=SEVERITY["outside"],
        model=spec.name,
        title=f"version {version} answers, promoted outside the platform",
        why=entry.why or "its alias was moved elsewhere",
        numbers=(f"by {entry.actor}",),
        todo="Nothing, if it was meant; else roll it back.",
        commands=(f"retrain release history {spec.name}",),
        asset="release",
        seq=entry.seq,
        at=entry.at,
    )


def staged(spec: ModelSpec, entries: Sequence[Entry], entry: Entry) -> Iterator[Notice]:
    """A version that did not pass its staging instance; one that did goes on, which is told by itself."""
    outcome = entry.body["verdict"]["outcome"]
    if outcome != "passed":
        title = "failed in staging" if outcome == "failed" else "could not be judged in staging"
        todo = "Look at what broke: requests, a contract, or a limit."
        yield _about(spec, entry, "gate", f"version {entry.body['version']} {title}", todo)


def drilled(spec: ModelSpec, entries: Sequence[Entry], entry: Entry) -> Iterator[Notice]:
    """A drill that found no way back."""
    if entry.body["drill"]["problem"]:
        title = f"the drill found no way back to version {entry.body['version']}"
        yield _about(spec, entry, "champion", title, "Put right what stood in the way, and drill again.")


def _about(spec: ModelSpec, entry: Entry, kind: NoticeKind, title: str, todo: str) -> Notice:
    return Notice(
        key=entry.key,
        incident=f"{entry.kind}:{entry.body['version']}",
        kind=kind,
        severity=SEVERITY[kind],
        model=spec.name,
        title=title,
        why=entry.why,
        todo=todo,
        commands=(f"retrain release show {spec.name}",),
        asset="release",
        seq=entry.seq,
        at=entry.at,
    )


def _severity(kind: NoticeKind, line: str) -> Severity:
    """An abort keeps the champion: nobody was hurt by more than the canary's share."""
    return "warning" if line == "aborted" else SEVERITY[kind]


def _title(move: Transition, line: str) -> str:
    version = f"version {move.version}"
    if move.stage is Stage.APPROVAL:
        return f"{version} waits for approval"
    if line == "rolled_back":
        return f"{version} rolled back to {move.to}"
    if move.stage is Stage.CANARY:
        return f"{version} answers {move.share}%"
    if line == "promoted":
        return f"{version} answers everything"
    said = {"aborted": "release aborted, the champion stays", "proven": "proven", "opened": "release opened"}
    return f"{version}: {said.get(line, line)}"


def _numbers(evidence: Evidence | None, entry: Entry) -> tuple[str, ...]:
    by = () if entry.actor == "platform" else (f"by {entry.actor}",)
    if evidence is None or evidence.difference is None:
        return by
    low, high = (f"{edge:+.4f}" if edge is not None else "?" for edge in (evidence.low, evidence.high))
    return (f"difference {evidence.difference:+.4f} [{low}, {high}]", f"{evidence.rows:,} rows", *by)


def _todo(spec: ModelSpec, entries: Sequence[Entry], entry: Entry, move: Transition) -> str:
    if move.stage is Stage.APPROVAL:
        asked = requesters(entries, entry.body.get("decision_id", ""))
        other = f", another than {' and '.join(asked)}" if spec.release.four_eyes and asked else ""
        return f"Review it and answer{other}."
    if entry.kind == "rolled_back":
        return "The version before answers again. Find out why before the next release."
    if entry.kind == "aborted":
        return "The champion answers as before. Look at the evidence."
    return "Nothing."


def _answers(name: str, version: str) -> tuple[str, ...]:
    return (
        f"retrain release review {name}",
        f"retrain release approve {name} --version {version} --why '...'",
        f"retrain release reject {name} --version {version} --why '...'",
    )
