"""What a serving gateway loses when its release moves and its processes die, under full load.

    python benchmarks/chaos.py [--switches 100] [--rollbacks 20] [--kills 10] [--workers 2] [--connections 8]

One model of 200 trees x 63 leaves on 12 features, logging on. A switch is a line of the ledger that makes the other
version the champion, as from another machine; a rollback is the command `retrain release rollback` in a process of its
own. Clients send the next request as soon as the last was answered. Then, still under load, processes are ended by
SIGKILL. After a SIGTERM at the end the log's rows in the lake are held against the answers that the clients got: with
`durable` none may be missing or doubled; without it, what is missing must be younger than a second when the process was
killed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import subprocess
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

from chaos_parts.load import Load
from chaos_parts.project import MODEL, Instance, Project, request

_LONGEST = 120.0
"""Seconds that the next start may take to take over what the last one left."""


def told(rows: list[tuple[str, str, str]]) -> None:
    """A table: what, measured, goal."""
    wide = [max(len(row[place]) for row in rows) for place in range(3)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, wide, strict=True)).rstrip(), flush=True)


async def moved(project: Project, instance: Instance, switches: int, rollbacks: int) -> list[float]:
    """Switch and roll back under load; gives the seconds from each ledger line to every worker."""
    await asyncio.to_thread(project.promote)
    await asyncio.to_thread(_reached, project, instance)
    took = []
    for _ in range(switches):
        await asyncio.to_thread(project.switch)
        took.append(await asyncio.to_thread(_reached, project, instance))
    for number in range(rollbacks):
        other = "1" if project.shop.state().champion == "2" else "2"
        words = ("release", "rollback", MODEL, "--to", other, "--why", f"number {number}")
        command = project.command(*words, stdout=subprocess.DEVNULL)
        if await asyncio.to_thread(command.wait) != 0:
            raise RuntimeError("the rollback was refused")
        took.append(await asyncio.to_thread(_reached, project, instance))
    return took


def _reached(project: Project, instance: Instance) -> float:
    seq = project.seq
    return float(instance.wait("applied", lambda told: told["about"]["seq"] >= seq)["about"]["seconds"])


async def killed(instance: Instance, kills: int) -> tuple[Counter[str], list[float]]:
    """Kill processes one after the other; gives how many of each role, and when (the loop's clock)."""
    roles, done, at = ("worker", "collector", "controller"), Counter[str](), []
    for number in range(kills * len(roles)):
        role = roles[number % len(roles)]
        there = instance.states(role)
        with suppress(IndexError, ProcessLookupError):  # the one that was killed before is not back yet
            os.kill(random.choice(there)["pid"], signal.SIGKILL)
            at.append(asyncio.get_running_loop().time())
            done[role] += 1
        await asyncio.sleep(random.uniform(0.5, 2.0))
    return done, at


async def run(project: Project, given: argparse.Namespace, *, moves: bool) -> dict[str, Any]:
    """One instance under load from its start to its end."""
    with await asyncio.to_thread(Instance, project, given.workers) as instance:
        load = Load(instance.port, f"/models/{MODEL}/predict", request, connections=given.connections)
        asking, began = asyncio.create_task(load.run()), time.perf_counter()
        found: dict[str, Any] = {"load": load}
        if moves:
            found["took"] = await moved(project, instance, given.switches, given.rollbacks)
            found["failed"], found["statuses"] = load.failed, dict(load.statuses)
            found["versions"] = Counter(answer.body.get("version") for answer in load.answers)
            found["rate"] = len(load.answers) / (time.perf_counter() - began)
        found["killed"], found["at"] = await killed(instance, given.kills)
        await asyncio.sleep(2)
        load.stopped = True
        await asking
        found["exit"] = await asyncio.to_thread(instance.end)
    found["left"], began = _spooled(project), time.perf_counter()
    if found["left"]:
        # What the collector could not take over within its grace waits for the next start.
        with await asyncio.to_thread(Instance, project, 1) as again:
            while _spooled(project) and time.perf_counter() - began < _LONGEST:
                await asyncio.sleep(0.5)
            await asyncio.to_thread(again.end)
    found["waited"] = time.perf_counter() - began
    return found


def _spooled(project: Project) -> int:
    """The bytes of the log that nobody has taken over yet."""
    spool = project.folder / "home" / "gateway" / "spool"
    return sum(path.stat().st_size for path in spool.glob("*/*.jsonl"))


def lost(project: Project, found: dict[str, Any]) -> dict[str, Any]:
    """The acknowledged answers against the log's rows."""
    load: Load = found["load"]
    rows = Counter(row["id"] for row in project.rows("served", ["id"]))
    good = [answer for answer in load.answers if answer.status == 200]
    missing = [answer for answer in good if answer.body["id"] not in rows]
    # An answer may be read from its socket a little after its worker was killed.
    ages = [
        min((max(0.0, at - answer.at) for at in found["at"] if at >= answer.at - 0.5), default=float("inf"))
        for answer in missing
    ]
    return {
        "answered": len(good),
        "missing": len(missing),
        "oldest": max(ages, default=0.0),
        "doubled": sum(count > 1 for count in rows.values()),
        "left": _spooled(project),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, value in (("switches", 100), ("rollbacks", 20), ("kills", 10), ("workers", 2), ("connections", 8)):
        parser.add_argument(f"--{name}", type=int, default=value)
    given = parser.parse_args()
    random.seed(7)
    with tempfile.TemporaryDirectory() as place:
        project = Project(Path(place) / "durable", durable=True)
        found = asyncio.run(run(project, given, moves=True))
        _tell_moves(found, given)
        _tell_kills(found, lost(project, found), "durable", "0 missing")
        _not_durable(project)
        found = asyncio.run(run(project, given, moves=False))
        _tell_kills(found, lost(project, found), "not durable", "each younger than 1 s at the kill")


def _not_durable(project: Project) -> None:
    path = project.folder / "defs.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("durable: true", "durable: false"), encoding="utf-8")


def _tell_moves(found: dict[str, Any], given: argparse.Namespace) -> None:
    took = sorted(found["took"])
    moves = f"{given.switches} switches and {given.rollbacks} rollbacks under load"
    asked = sum(found["statuses"].values())
    shown = ", ".join(f"{took[int(share * (len(took) - 1))]:.2f}" for share in (0.5, 0.95, 1.0))
    told(
        [
            ("what", "measured", "goal"),
            (f"failed requests, {moves}", f"{found['failed']} of {asked}", "0"),
            ("answered by version", json.dumps(dict(found["versions"])), "both"),
            ("s from the ledger's line to every worker, p50, p95, most", shown, "1"),
            ("requests a second meanwhile", f"{found['rate']:.0f}", ""),
        ]
    )


def _tell_kills(found: dict[str, Any], missing: dict[str, Any], how: str, goal: str) -> None:
    load: Load = found["load"]
    kills = ", ".join(f"{count} {role}" for role, count in found["killed"].items())
    told(
        [
            (f"{how}: killed by SIGKILL", kills, ""),
            ("answers without 200", str({status: n for status, n in load.statuses.items() if status != 200}), "none"),
            ("connections that broke with their worker", str(len(load.broken)), ""),
            (f"acknowledged of {missing['answered']} not in the log", str(missing["missing"]), goal),
            ("the oldest of them at the kill, s", f"{missing['oldest']:.2f}", "1" if missing["missing"] else ""),
            ("rows doubled", str(missing["doubled"]), "0"),
            (
                "bytes of the log that waited at the end, s until taken over",
                f"{found['left']}, {found['waited']:.1f}",
                "",
            ),
            ("bytes of the log not taken over then", str(missing["left"]), "0"),
            ("exit", str(found["exit"]), "0"),
        ]
    )


if __name__ == "__main__":
    main()
