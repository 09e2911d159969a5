"""What the gateway's log costs: a line in the request, a durable answer, and the collector's lines a second.

    python benchmarks/gateway_log.py [REQUESTS]

Answers of 17 fields, each scored beside by another version, every fourth labelled. One process; CPU seconds are of all
its threads, so that a shared machine changes little.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter, process_time

from retrain_platform.adapters.clock import microseconds
from retrain_platform.adapters.log_tables import LogTables
from retrain_platform.gateway.lines import AnswerLine, BesideLine, FeedbackLine, Line, to_lines
from retrain_platform.gateway.log.collector import Collector
from retrain_platform.gateway.log.evidence import Evidence
from retrain_platform.gateway.log.joining import Judged
from retrain_platform.gateway.log.spool import Spool
from retrain_platform.release.split import Split

_SPLIT = Split(model="m", seq=3, champion="3", canary="4", share=50)
_START = 1_790_000_000_000_000


def answers(requests: int) -> Iterator[AnswerLine]:
    """One-record requests, half a millisecond apart."""
    rng = Random(1)
    fields = {f"f{number}": rng.random() for number in range(15)} | {"carrier": "AA", "dest": "LAX"}
    for number in range(requests):
        told = (True, rng.random() * 5, rng.random(), None, fields)
        entity = f"N{rng.randrange(50_000)}"
        yield AnswerLine("m", f"{number:032d}", _START + number * 500, rng.choice("34"), "champion", 3, entity, *told)


def traffic(requests: int) -> Iterator[Line]:
    """The answers, what another version scored beside each, and the labels."""
    rng = Random(2)
    for number, line in enumerate(answers(requests)):
        yield line
        yield BesideLine("m", line.id, line.at, "7" if line.version == "3" else "3", 1.0, rng.random())
        if number % 4 == 0:
            value = float(rng.random() < 0.3)
            yield FeedbackLine("m", "label", line.at + 10**6, line.id, None, None, value, None, line.version, line.at)


def writing(place: Path, requests: int) -> None:
    """Lines that nobody waits for."""
    spool, lines = Spool(place / "plain", "w1", disk=2**40, most_waiting=requests), list(answers(requests))
    began, cpu = perf_counter(), process_time()
    for line in lines:
        spool.write((line,))
    taken = perf_counter() - began
    spool.close()
    assert not spool.unlogged
    print(f"a line taken: {taken / requests * 1e6:.2f} µs; taken, encoded and written: ", end="")
    print(f"{(process_time() - cpu) / requests * 1e6:.2f} CPU µs")


async def waiting(place: Path, connections: int, each: int) -> None:
    """Lines whose senders wait for the disk."""
    spool, line = Spool(place / "durable", "w1", disk=2**40), next(answers(1))
    waits: list[float] = []

    async def client() -> None:
        for _ in range(each):
            began = perf_counter()
            await spool.written((line,))
            waits.append(perf_counter() - began)

    began = perf_counter()
    await asyncio.gather(*(client() for _ in range(connections)))
    rate = len(waits) / (perf_counter() - began)
    spool.close()
    waits.sort()
    tail = waits[int(0.99 * len(waits))]
    print(f"durable, {connections} at once: {rate:,.0f} lines a second, p50 {median(waits) * 1e3:.1f} ms, ", end="")
    print(f"p99 {tail * 1e3:.1f} ms")


def collecting(place: Path, requests: int) -> None:
    """The lines of closed segments, into bins and tables."""
    lines, spools = list(traffic(requests)), place / "spool"
    (spools / "a").mkdir(parents=True)
    for number, start in enumerate(range(0, len(lines), 40_000)):
        (spools / "a" / f"w1-{number}.jsonl").write_bytes(to_lines(lines[start : start + 40_000]))
    judged = Judged("binary", "auc", (), lambda version: (), _SPLIT)
    evidence = Evidence(f"sqlite:///{place / 'evidence.db'}", lambda model: judged)
    collector = Collector(spools, evidence, LogTables(place / "lake"), microseconds)
    began, cpu = perf_counter(), process_time()
    taken = sum(iter(collector.round, 0))
    collector.finish()
    assert taken == len(lines)
    assert not list(spools.glob("*/*.jsonl"))
    print(f"collected: {len(lines) / (process_time() - cpu):,.0f} lines a CPU second, ", end="")
    print(f"{len(lines) / (perf_counter() - began):,.0f} a second, of {len(lines):,}")


def main() -> None:
    requests = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        writing(place / "one", min(requests, 40_000))
        asyncio.run(waiting(place / "two", 32, 200))
        collecting(place / "three", requests)


if __name__ == "__main__":
    main()
