"""Our drift engine beside its peers, in one run: CPU time, peak memory, agreement, and the goals.

    python benchmarks/drift.py [--rows 1000000] [--runs 3] [--large] [--peers-env FOLDER] [--json FILE]

Cold is a whole process from start to exit: ours computes every measure of every column, each peer
one. CPU time counts all threads (which are left as each program has them by default) and the
children that were waited for; memory is the peak that was resident. Rounds: ours and each peer
once, then again, so that whatever else the machine does meets all alike. Each program first runs unmeasured on a
few rows: that compiles what it imports, and shows whether it works at all.

Warm is ours in a process that has it imported, against the mere decoding of the same files by one
thread. `--large` measures ours at 10M rows too. Run it on an otherwise idle machine.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from drift_parts.measure import Cost, cost_of
from drift_parts.peers import PEERS, Peer, command, prepared
from drift_parts.table import OURS, Goal, Program, agreement_table, cold_table, goals, goals_table, warm_table

PARTS = Path(__file__).parent / "drift_parts"
PEERS_ENV = Path.home() / ".cache" / "retrain_platform" / "drift-peers"
RETRAIN = Path(sys.executable).parent / "retrain"
FEW = 2_000
JUDGED = 1_000_000
LARGE = 10_000_000
EXACT = "scipy KS"
"""The peer whose KS is exact."""


class Data(NamedTuple):
    """Two files to compare, and the folder in which answers are written."""

    folder: Path

    @property
    def reference(self) -> Path:
        """The file of the past."""
        return self.folder / "reference.parquet"

    @property
    def current(self) -> Path:
        """The file of now."""
        return self.folder / "current.parquet"

    def answer(self, program: str) -> Path:
        """Where a program writes."""
        return self.folder / f"{program.replace(' ', '_')}.json"


class Contender(NamedTuple):
    """A program to measure: ours where `peer` is None."""

    program: Program
    python: Path
    peer: Peer | None = None

    def cost(self, data: Data, limit_seconds: int) -> Cost:
        """One whole process."""
        to = data.answer(self.program.name)
        if self.peer:
            asked = command(self.peer, self.python, data.reference, data.current, to)
        else:
            asked = [str(self.python), "drift", str(data.reference), str(data.current), "--json", str(to)]
        return cost_of(asked, limit_seconds=limit_seconds)


def made(folder: Path, rows: int, chosen: argparse.Namespace) -> Data:
    """The two files, written anew unless they are there as asked."""
    asked = ["--rows", str(rows), "--row-group", str(chosen.row_group), "--seed", str(chosen.seed)]
    data, note = Data(folder), folder / "asked.json"
    if not note.exists() or json.loads(note.read_text()) != asked:
        say(f"writing twice {rows:,} rows to {folder}")
        subprocess.run([sys.executable, str(PARTS / "data.py"), str(folder), *asked], check=True, capture_output=True)
        note.write_text(json.dumps(asked))
    return data


def contenders(chosen: argparse.Namespace) -> list[Contender]:
    """Ours, then the chosen peers that could be installed or not."""
    found = [Contender(Program(OURS, "all measures", ""), chosen.ours)]
    for peer in PEERS:
        if peer.name in chosen.peers:
            ready = prepared(peer, chosen.peers_env)
            program = Program(peer.name, peer.metric, ready.version, error=ready.error)
            found.append(Contender(program, ready.python, peer))
    return found


def rehearsed(found: list[Contender], data: Data, limit_seconds: int) -> list[Contender]:
    """All of them; those that fail on a few rows are marked with the reason."""
    marked = []
    for each in found:
        error = each.program.error or each.cost(data, limit_seconds).error
        if error:
            say(f"{each.program.name}: {error}")
        marked.append(each._replace(program=each.program._replace(error=error)))
    return marked


def measured(found: list[Contender], data: Data, chosen: argparse.Namespace) -> list[Program]:
    """Round after round; a program over `--once-over` CPU seconds takes part in the first only."""
    programs = {each.program.name: each.program for each in found}
    for number in range(chosen.runs):
        for each in found:
            program = programs[each.program.name]
            slow = any(cost.cpu > chosen.once_over for cost in program.costs)
            if program.error or slow:
                continue
            cost = each.cost(data, chosen.limit)
            say(f"run {number + 1}, {program.name}: {cost.cpu:.2f} CPU s, {cost.memory:.3f} GiB {cost.error}")
            costs = () if cost.error else (*program.costs, cost)
            programs[program.name] = program._replace(costs=costs, error=cost.error)
    return list(programs.values())


def part(script: str, *arguments: str) -> Any:
    """What a part of this benchmark printed as JSON, run in our environment; None where it failed."""
    done = subprocess.run(
        [sys.executable, str(PARTS / script), *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode:
        say(f"{script}: {done.stderr.strip().splitlines()[-1]}")
        return None
    return json.loads(done.stdout)


def agreement(programs: list[Program], data: Data) -> list[dict[str, Any]]:
    """Ours against exact numbers, as far as they were computed."""
    done = {each.name for each in programs if each.costs}
    if OURS not in done:
        return []
    exact = ["--ks", str(data.answer(EXACT))] if EXACT in done else []
    return part("agreement.py", str(data.reference), str(data.current), str(data.answer(OURS)), *exact) or []


def at_many_rows(found: list[Contender], home: Path, chosen: argparse.Namespace) -> Cost | None:
    """Ours once at `--large` rows."""
    ours = next(each for each in found if each.program.name == OURS)
    if not chosen.large or ours.program.error:
        return None
    cost = ours.cost(made(home / "large", chosen.large, chosen), chosen.limit)
    say(f"ours at {chosen.large:,} rows: {cost.cpu:.2f} CPU s, {cost.memory:.3f} GiB {cost.error}")
    return cost


def say(what: str) -> None:
    """Progress, apart from the result."""
    print(what, file=sys.stderr, flush=True)


def asked() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    names = [peer.name for peer in PEERS]
    parser.add_argument("--rows", type=int, default=JUDGED, help="of each side")
    parser.add_argument("--row-group", type=int, default=1 << 17, help="rows a row group of the files")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--once-over", type=float, default=60, help="CPU seconds over which a program runs once")
    parser.add_argument("--limit", type=int, default=1800, help="seconds after which one run is stopped")
    parser.add_argument("--large", type=int, nargs="?", const=LARGE, help="measure ours at so many rows too (10M)")
    parser.add_argument("--peers", type=lambda text: text.split(","), default=names, help=",".join(names))
    parser.add_argument("--peers-env", type=Path, default=PEERS_ENV, help="where the peers are installed")
    parser.add_argument("--ours", type=Path, default=RETRAIN, help="our command")
    parser.add_argument("--data", type=Path, help="keep the files in this folder; a temporary one without it")
    parser.add_argument("--json", type=Path, help="also write everything to this file")
    chosen = parser.parse_args()
    unknown = sorted({*chosen.peers} - {*names, ""})
    if unknown:
        parser.error(f"--peers == {', '.join(unknown)}, must be of {', '.join(names)}")
    return chosen


def compared(home: Path, chosen: argparse.Namespace) -> dict[str, Any]:
    """Every measurement."""
    found = rehearsed(contenders(chosen), made(home / "few", FEW, chosen), chosen.limit)
    data = made(home / "rows", chosen.rows, chosen)
    programs = measured(found, data, chosen)
    return {
        "programs": programs,
        "warm": part("warm.py", str(data.reference), str(data.current), "--runs", str(chosen.runs)) or {},
        "agreement": agreement(programs, data),
        "large": at_many_rows(found, home, chosen),
    }


def report(told: dict[str, Any], wanted: list[Goal], chosen: argparse.Namespace) -> str:
    """All tables."""
    head = f"{chosen.rows:,} + {chosen.rows:,} rows of 30 numbers and 10 texts, {chosen.row_group:,} rows a row group; "
    head += f"medians; {os.cpu_count()} CPUs, Python {platform.python_version()}"
    large = told["large"]
    lines = [head, "", cold_table(told["programs"]), "", warm_table(told["warm"]), ""]
    if told["agreement"]:
        lines += [agreement_table(told["agreement"]), ""]
    if large:
        figures = large.error or f"{large.cpu:.2f} CPU s, {large.memory:.3f} GiB"
        lines += [f"ours at {chosen.large:,} + {chosen.large:,} rows: {figures}", ""]
    if chosen.rows != JUDGED:
        lines += [f"The goals are of {JUDGED:,} rows; at {chosen.rows:,} they are shown for what they are worth.", ""]
    return "\n".join([*lines, goals_table(wanted)])


def written(told: dict[str, Any], wanted: list[Goal], chosen: argparse.Namespace) -> str:
    """Everything as JSON."""
    programs = [{**each._asdict(), "costs": [cost._asdict() for cost in each.costs]} for each in told["programs"]]
    judged = [{**goal._asdict(), "verdict": goal.verdict} for goal in wanted]
    large = told["large"] and {"rows": chosen.large, **told["large"]._asdict()}
    head = {"rows": chosen.rows, "row_group": chosen.row_group, "seed": chosen.seed, "cpus": os.cpu_count()}
    return json.dumps({**head, **told, "programs": programs, "large": large, "goals": judged}, indent=1) + "\n"


def main() -> int:
    """Measure, then print the tables."""
    chosen = asked()
    with TemporaryDirectory(prefix="drift-") as temporary:
        told = compared(chosen.data or Path(temporary), chosen)
    wanted = goals(told["programs"], told["warm"], told["large"])
    print(report(told, wanted, chosen))
    if chosen.json:
        chosen.json.write_text(written(told, wanted, chosen))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
