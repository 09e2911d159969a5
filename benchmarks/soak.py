"""One hour's worth of requests in a few minutes: does memory stay flat, is the log whole, are the shares as set?

    python benchmarks/soak.py [--requests 360000] [--minutes 5] [--workers 2] [--connections 8]

One model of 200 trees x 63 leaves on 12 features; a canary answers 30% of entities, the other arm scores beside, every
tenth answer gets its label back. Memory is read from each process every few seconds; the first fifth of the time is
left out, for caches fill. After the end the log's rows are held against what the clients got.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import tempfile
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from chaos import told
from chaos_parts.load import Load
from chaos_parts.project import MODEL, Instance, Project, request

CANARY = 0.30
_EVERY = 2.0


class Soak:
    """What was asked, answered and measured. Of an answer the id alone is kept."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.told = 0
        self.arms: dict[str, str] = {}
        self.moved = 0
        self.memory: dict[str, list[tuple[float, int]]] = defaultdict(list)

    def take(self, load: Load) -> list[str]:
        """Empty the load's answers; gives the ids to send a label for."""
        answers, load.answers = load.answers, []
        for answer in answers:
            if answer.status == 200:
                self.ids.append(answer.body["id"])
                before = self.arms.setdefault(answer.entity, answer.body["version"])
                self.moved += before != answer.body["version"]
        return [answer.body["id"] for answer in answers[::10] if answer.status == 200]


async def run(project: Project, given: argparse.Namespace) -> tuple[Soak, Load, int]:
    """The load on one instance, paced."""
    with await asyncio.to_thread(Instance, project, given.workers) as instance:
        await asyncio.to_thread(project.canary)
        seq = project.seq
        await asyncio.to_thread(instance.wait, "applied", lambda event: event["about"]["seq"] >= seq)
        rate = given.requests / (given.minutes * 60)
        load = Load(instance.port, f"/models/{MODEL}/predict", request, given.connections, rate=rate)
        asking, soak = asyncio.create_task(load.run()), Soak()
        await _watched(instance, load, soak, given.minutes * 60)
        load.stopped = True
        await asking
        soak.take(load)
        return soak, load, await asyncio.to_thread(instance.end)


async def _watched(instance: Instance, load: Load, soak: Soak, seconds: float) -> None:
    """Read the processes' memory and send labels, until the time is over."""
    labels, loop = Load(instance.port, f"/models/{MODEL}/feedback", lambda number: {}, 1), asyncio.get_running_loop()
    began = loop.time()
    while loop.time() - began < seconds:
        await asyncio.sleep(_EVERY)
        for role in ("worker", "collector", "controller"):
            for state in instance.states(role):
                soak.memory[state["name"].partition("-")[2]].append((loop.time() - began, state["memory"]))
        soak.told += await labels.send([{"id": name, "kind": "label", "value": 1} for name in soak.take(load)])


def _memory(soak: Soak) -> list[tuple[str, str, str]]:
    """By process: megabytes after the first fifth and at the end, and the line through all between."""
    rows = []
    for name, seen in sorted(soak.memory.items()):
        at, held = np.array([each for each, _ in seen]), np.array([held / 2**20 for _, held in seen])
        late = at > at[-1] / 5
        slope = np.polyfit(at[late], held[late], 1)[0] * 60
        rows.append((f"memory of {name}, MiB", f"{held[late][0]:.0f} to {held[-1]:.0f}, {slope:+.2f} a minute", "flat"))
    return rows


def _log(project: Project, soak: Soak) -> list[tuple[str, str, str]]:
    served = Counter(row["id"] for row in project.rows("served", ["id"]))
    beside = Counter((row["id"], row["version"]) for row in project.rows("beside", ["id", "version"]))
    labels = len(project.rows("feedback", ["id"]))
    return [
        (f"answers of {len(soak.ids)} not in the log", str(sum(served[name] == 0 for name in soak.ids)), "0"),
        ("rows doubled", str(sum(count > 1 for count in (*served.values(), *beside.values()))), "0"),
        (
            "scored beside, of the answers",
            f"{len(beside)} ({len(beside) / max(1, len(served)):.2%})",
            "all, or counted",
        ),
        (f"labels of {soak.told} not in the log", str(soak.told - labels), "0"),
    ]


def _shares(soak: Soak) -> list[tuple[str, str, str]]:
    """The canary's share of entities against what chance allows, two-sided 99%."""
    number, canary = len(soak.arms), sum(version == "2" for version in soak.arms.values())
    noise = 2.576 * math.sqrt(CANARY * (1 - CANARY) / number)
    goal = f"{CANARY - noise:.2%} to {CANARY + noise:.2%}"
    return [
        (f"the canary's share of {number} entities", f"{canary / number:.2%}", goal),
        ("answers of another version than the entity's first", str(soak.moved), "0"),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=360_000)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--connections", type=int, default=8)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        project = Project(Path(place) / "soak", durable=False)
        soak, load, code = asyncio.run(run(project, given))
        rows: list[tuple[str, str, str]] = [("what", "measured", "goal")]
        statuses: dict[Any, int] = dict(load.statuses)
        rows.append((f"requests in {given.minutes:g} minutes, by status", str(statuses), str(given.requests)))
        rows += [("broken connections", str(len(load.broken)), "0"), ("exit", str(code), "0")]
        told([*rows, *_memory(soak), *_log(project, soak), *_shares(soak)])


if __name__ == "__main__":
    main()
