"""`make demo`: flight_delay lives through 2013, and the story is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from retrain_platform.cli.app import shop_of
from retrain_platform.cli.playing import play_with_progress
from retrain_platform.cli.screen import console, show
from retrain_platform.release.base import Entry
from retrain_platform.replay.compare import Compared, compare_roads
from retrain_platform.spec import read_spec
from retrain_platform.steps.lines import DECIDED
from retrain_platform.steps.papers.story import LogLine, log_lines, moves_of
from retrain_platform.steps.workshop import Workshop

_FATE = {
    "opened": "in shadow from",
    "promoted": "took over",
    "proven": "proven",
    "aborted": "turned away",
    "rolled_back": "rolled back",
    "superseded": "superseded",
    "rejected": "rejected",
}
SPEC = Path(__file__).parents[1] / "defs" / "models" / "flight_delay" / "defs.yaml"


def main() -> int:
    """Play what is new, then tell the year."""
    spec = read_spec(SPEC)
    shop = shop_of(spec)
    steps, why = play_with_progress(spec, None, quiet=False)
    if why:
        console.print(f"stopped: {why}", markup=False)
        return 1
    console.print(f"{len(steps)} new steps played\n" if steps else "nothing new since the last time\n")
    _tell(shop)
    console.print("\nRead all of it as lineage in the Dagster UI:  make dev   (then open http://localhost:3000)")
    return 0


def _tell(shop: Workshop) -> None:
    """One line a decision that did something, then the comparison."""
    entries = shop.entries()
    end = max(entry.as_of for entry in entries)
    lines = {line.decision_id: line for line in log_lines(shop, end)}
    decided = [entry for entry in entries if entry.kind == DECIDED and entry.body["retrains"]]
    show(
        [_line(entry, lines.get(entry.body["decision_id"]), entries) for entry in decided],
        f"{shop.model}: the decisions that did something",
    )
    _compare(compare_roads(shop, end))


def _line(decided: Entry, line: LogLine | None, entries: list[Entry]) -> dict[str, Any]:
    """A decision: what triggered it, what it saw, and what became of its candidate."""
    moves = moves_of(entries, decided.body["decision_id"])
    fate = ", ".join(f"{_FATE[move.kind]} {move.as_of:%d %b}" for move in moves if move.kind in _FATE)
    candidate = "not trained yet" if line is None else line.notes if line.version is None else f"v{line.version} {fate}"
    return {
        "week": decided.body["period"],
        "trigger": line.trigger if line else "",
        "what it saw": decided.why.partition(": ")[2],
        "what became of the candidate": candidate,
    }


def _compare(roads: Compared) -> None:
    """The lived road beside never retraining."""
    named = {
        "lived": f"as lived ({roads.retrains} retrains after the first)",
        "never": "never retrained",
        "at_once": "the same versions, released at once",
    }
    console.print()
    show(
        [{"road": text, f"mean weekly {roads.metric}": roads.mean(road)} for road, text in named.items()],
        f"over {len(roads.periods)} weeks",
    )
    gain = roads.mean("lived") - roads.mean("never")
    console.print(f"Retraining was worth {gain:+z.4f} {roads.metric} a week.", markup=False)
