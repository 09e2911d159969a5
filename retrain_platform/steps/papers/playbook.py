"""A model's playbook, written from its spec and its history: what triggers, who is told, how to look, what to do."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from retrain_platform.dataset.duration import duration_text
from retrain_platform.release.base import Entry
from retrain_platform.release.fold import OUTSIDE_PROMOTION, fold
from retrain_platform.release.live.told import told
from retrain_platform.spec.model import ModelSpec
from retrain_platform.steps.lines import DECIDED, INCIDENT, PAUSED, REQUESTED, RESUMED, RETRAINED, WATCHED, paused
from retrain_platform.steps.release.approving import waiting_for
from retrain_platform.validation.tables import bullets, markdown_table, section

_MOST = 20
"""How many of the newest incidents and answers are told."""
_ANSWERS = ("rolled_back", "aborted", "rejected", "superseded", OUTSIDE_PROMOTION, REQUESTED, PAUSED, RESUMED)
_NEVER = "none on record"
_MODES = {
    "observe": "it is measured and decided, and nothing follows: no retrain begins by itself",
    "propose": "a decided retrain is carried out, and every release waits for a person",
    "act": "a decided retrain is carried out and released by itself",
}


def playbook(spec: ModelSpec, entries: Sequence[Entry]) -> str:
    """The playbook as Markdown, the same text for the same spec and ledger."""
    name = shlex.quote(spec.name)
    parts = [
        f"# Playbook of {spec.name}",
        *((spec.card.purpose or spec.description,) if spec.card.purpose or spec.description else ()),
        *section("Where it stands", bullets(*_standing(spec, entries))),
        *section("What triggers a retrain", bullets(*_triggers(spec, name))),
        *section("Who is told", bullets(*_people(spec))),
        *section("How to look", bullets(*_looking(name))),
        *section("How a candidate gets through", bullets(*_way(spec))),
        *section("Checklist before an approval", _boxes(*_before_approval(name))),
        *section("How to roll back", _boxes(*_rolling_back(name))),
        *section("When something is wrong", markdown_table(("what is seen", "what to do"), _cures(name))),
        *section("Past incidents, and what was done next", _incidents(entries)),
        *section("What people and releases did", _answers(entries)),
    ]
    return "\n\n".join(parts) + "\n"


def _standing(spec: ModelSpec, entries: Sequence[Entry]) -> Iterator[str]:
    state, waits = fold(entries), waiting_for(spec, entries)
    watched = [entry.body["period"] for entry in entries if entry.kind == WATCHED]
    yield f"mode {spec.mode}: {_MODES[spec.mode]}"
    yield f"watched every {spec.period.every}, until {max(watched)}" if watched else "never played"
    yield f"champion: version {state.champion}" if state.champion else "no champion yet"
    if state.open is not None:
        yield f"on the way: version {state.open.version}, {state.open.stage.value} at {state.open.share}%"
    if waits is not None:
        yield waits.shown
    if why := paused(entries):
        yield f"paused: {why}"


def _triggers(spec: ModelSpec, name: str) -> Iterator[str]:
    yield spec.policy.describe()
    yield from (f"part of it: {part.describe()}" for part in getattr(spec.policy, "policies", ()))
    yield f"a person: `retrain retrain {name} --why '...'`, with `--now` against cooldown and cap"
    yield f"an outside event: `retrain event {name} KIND --why '...'`"
    yield f"not at all while paused: `retrain pause {name} --why '...'`, then `retrain resume {name}`"


def _people(spec: ModelSpec) -> Iterator[str]:
    yield f"owners: {', '.join(spec.owners) or 'none named, name them in the spec'}"
    yield f"contact: {spec.card.contact or 'not declared'}"
    if spec.card.documentation:
        yield f"documentation: {spec.card.documentation}"
    yield "a failed run and a failed check are shown by Dagster, an incident also by `retrain status` and the ledger"
    yield "every approval, rejection and rollback is on record with who (RETRAIN_ACTOR), when and why"


def _looking(name: str) -> Iterator[str]:
    yield f"`retrain status {name}`: where it stands, what is due, what waits, the newest incident"
    yield f"`retrain why {name}`: decision, data, exam, traffic and people of the newest retrain on one page"
    yield f"`retrain log {name}`: every retrain, with metrics and what became of it"
    yield f"`retrain release show {name}`: who answers, who is on the way, what ended"
    yield f"`retrain card {name}`: the model card of the champion; `--html FILE` for a page with plots"


def _way(spec: ModelSpec) -> Iterator[str]:
    for gate in spec.validation.gates:
        yield f"gate: {gate.describe()}{'' if gate.required else ' (shown only)'}"
    plan = spec.plan
    if plan.approval or spec.mode == "propose" or spec.label.unexplored:
        eyes = ", another than who asked for the retrain (four eyes)" if plan.four_eyes else ""
        yield f"then a person approves{eyes}"
    if plan.live is not None:
        yield from told(plan.live)
        return
    shares = ", ".join(f"{share}%" for share in plan.canary)
    yield f"then shadow for {duration_text(plan.shadow)}, canary at {shares}, bake for {duration_text(plan.bake)}"
    yield f"it is kept while {plan.metric} is not worse by more than {plan.not_worse_by:g}, at {plan.confidence:g}"
    yield f"undecided after {plan.patience} ripe periods, the champion stays"


def _before_approval(name: str) -> Iterator[str]:
    yield f"read `retrain release review {name}`: what changed, importance, segments, edge cases"
    yield "no feature is new among the first three of the importance without a reason"
    yield "no segment that matters lost more than its margin; those that cannot be told are named on the card"
    yield "the worst rows are understood, or are mistakes of the data"
    yield "limits, licence and intended use on the card still hold"
    yield f"yes: `retrain release approve {name} --version V --why '...'`"
    yield f"no: `retrain release reject {name} --why '...'`"


def _rolling_back(name: str) -> Iterator[str]:
    yield f"`retrain release rollback {name} --why '...'`: the version before answers at once; `--to V` for another"
    yield f"`retrain release show {name}`: the champion is the one that was meant"
    yield f"stop what comes next, if the data is the cause: `retrain pause {name} --why '...'`"
    yield f"after the cause is gone: `retrain resume {name}`, and `retrain retrain {name} --why '...'` if it is needed"


def _cures(name: str) -> list[tuple[str, str]]:
    return [
        ("the champion answers badly", f"roll back (above); then `retrain why {name}`"),
        ("a period's data is broken", f"put the source right, then `retrain run {name}`: the period is read again"),
        (
            "a retrain's data was refused",
            "look at the failed checks of training_dataset; the next decision tries once more",
        ),
        ("a candidate was turned away", f"`retrain why {name}` names gate, limit and rows; the champion goes on"),
        ("a release is undecided", "wait for ripe periods, or reject it: when patience is over it ends by itself"),
        ("a step keeps failing", f"put it right, then `retrain run {name}`: it goes on where it stopped"),
        ("a version cannot be loaded", "put its package back, or roll back to one that loads"),
    ]


def _incidents(entries: Sequence[Entry]) -> str:
    found = [entry for entry in entries if entry.kind == INCIDENT]
    rows = [
        (f"{each.as_of:%Y-%m-%d}", str(each.body.get("kind", "")), each.why, _next(entries, each.seq))
        for each in found[-_MOST:]
    ]
    earlier = f"\n\nand {len(found) - _MOST} earlier ones" if len(found) > _MOST else ""
    return (markdown_table(("on", "kind", "what happened", "what was done next"), rows) or _NEVER) + earlier


def _next(entries: Sequence[Entry], seq: int) -> str:
    """The first thing on record after an incident that somebody, or the platform, did about a model; '' for nothing."""
    for entry in entries:
        if entry.seq <= seq:
            continue
        if entry.kind in _ANSWERS or (entry.kind == DECIDED and entry.body["retrains"]):
            return _said(entry)
        if entry.kind == INCIDENT:
            return ""
    return ""


def _answers(entries: Sequence[Entry]) -> str:
    """What people did, and the releases that did not go straight on; the retrains as a number."""
    ended = [entry for entry in entries if entry.kind == RETRAINED]
    kept = sum(entry.body["version"] is not None for entry in ended)
    told = [entry for entry in entries if entry.kind in _ANSWERS or entry.actor != "platform"]
    lines = [f"{entry.as_of:%Y-%m-%d}: {_said(entry)}" for entry in told[-_MOST:]]
    return bullets(f"{len(ended)} retrains, {kept} of them registered", *lines)


def _said(entry: Entry) -> str:
    version = entry.body.get("version")
    of = f" (version {version})" if version is not None and "stage" in entry.body else ""
    what = "approved" if entry.key.startswith("approve:") else entry.kind.replace("_", " ")
    return f"{what}{of} by {entry.actor}: {entry.why}"


def _boxes(*lines: str) -> str:
    return "\n".join(f"- [ ] {line}" for line in lines)
