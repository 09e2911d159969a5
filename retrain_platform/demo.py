"""`make demo`: flight_delay lives through 2013, and the story is told."""

from __future__ import annotations

from pathlib import Path

from retrain_platform.cli.app import console, shop_of, show
from retrain_platform.cli.playing import play_with_progress
from retrain_platform.replay.compare import Compared, compare_roads
from retrain_platform.spec import read_spec
from retrain_platform.steps.lines import DECIDED
from retrain_platform.steps.story import log_lines, moves_of
from retrain_platform.steps.workshop import Workshop

SPEC = Path(__file__).parent / "defs" / "models" / "flight_delay" / "defs.yaml"


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
    rows = []
    for entry in entries:
        if entry.kind != DECIDED or not entry.body["retrains"]:
            continue
        line = lines.get(entry.body["decision_id"])
        fate = [
            f"{e.kind} {e.as_of:%b %d}" for e in moves_of(entries, entry.body["decision_id"]) if e.kind != "advanced"
        ]
        rows.append(
            {
                "week": entry.body["period"],
                "trigger": line.trigger if line else "",
                "what it saw": entry.why,
                "candidate": f"v{line.version}: {', '.join(fate)}"
                if line and line.version
                else (line.notes if line else ""),
            }
        )
    show(rows, f"{shop.model}: the decisions that did something")
    _compare(compare_roads(shop, end))


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
    console.print(f"Retraining was worth {gain:+.4f} {roads.metric} a week.", markup=False)


if __name__ == "__main__":
    raise SystemExit(main())
