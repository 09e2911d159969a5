"""What Prometheus is told: counts of every worker of the gateway, and how its processes are."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, values
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector

from retrain_platform.gateway.base import Models, NotServed
from retrain_platform.gateway.processes.states import ProcessState

_EDGES = (0.0005, 0.001, 0.002, 0.004, 0.008, 0.015, 0.03, 0.06, 0.12, 0.3, 0.5, 1.0, 2.5, 10.0)
"""Seconds. 0.3 and 0.5 are limits that releases are shipped with."""
_ROOM = 2**20
_FILES = ("counter", "histogram")


class Metrics:
    """Counts requests, rows, latencies and feedback.

    With a `folder` each worker keeps its counts in a file that it maps to memory, under its own name: they survive its
    death by any signal and are taken up by whoever is started in its place, so that no counter ever goes back, and
    every worker that is asked adds up all files (the multiprocess mode of prometheus_client). The room is reserved on
    the disk at the start, for a page that a full disk cannot back kills who writes it; without room the counts are this
    worker's alone.
    """

    def __init__(self, folder: Path | None = None, worker: str = "") -> None:
        self._folder = folder if folder is not None and _reserved(folder, worker) else None
        if self._folder is not None:
            _map_values(self._folder, worker)
        own = self._own = CollectorRegistry()
        self._requests = Counter(
            "retrain_requests", "Requests by model, door and HTTP status.", ("model", "door", "status"), registry=own
        )
        self._rows = Counter(
            "retrain_rows",
            "Records that a version was asked to answer; a record that the canary failed is the champion's too.",
            ("model", "version", "arm", "outcome"),
            registry=own,
        )
        self._seconds = Histogram(
            "retrain_request_seconds",
            "Time from a request's head to its answer, by the version of its first record.",
            ("model", "version"),
            registry=own,
            buckets=_EDGES,
        )
        self._feedback = Counter(
            "retrain_feedback",
            "Feedback by kind; known is false for ids that were never issued here.",
            ("model", "kind", "known"),
            registry=own,
        )
        self._children: dict[tuple[str, ...], Counter] = {}
        self._times: dict[tuple[str, str], Histogram] = {}

    def request(self, model: str, door: str, status: int) -> None:
        """A request was answered."""
        key = (model, door, str(status))
        child = self._children.get(key)
        if child is None:
            child = self._children[key] = self._requests.labels(*key)
        child.inc()

    def rows(self, model: str, version: str, arm: str, outcome: str, number: int) -> None:
        """So many records were answered, or failed, by a version."""
        key = (model, version, arm, outcome)
        child = self._children.get(key)
        if child is None:
            child = self._children[key] = self._rows.labels(*key)
        child.inc(number)

    def took(self, model: str, version: str, seconds: float) -> None:
        """How long a request for a prediction took."""
        child = self._times.get((model, version))
        if child is None:
            child = self._times[model, version] = self._seconds.labels(model, version)
        child.observe(seconds)

    def feedback(self, model: str, kind: str, known: bool) -> None:
        """A feedback came."""
        self._feedback.labels(model, kind, str(known).lower()).inc()

    def page(self, models: Models, states: Callable[[], Sequence[ProcessState]]) -> bytes:
        """All of it in Prometheus' text format."""
        registry = self._own
        if self._folder is not None:
            registry = CollectorRegistry()
            MultiProcessCollector(registry, str(self._folder))  # type: ignore[no-untyped-call]
        return bytes(generate_latest(registry)) + bytes(generate_latest(_registry(_Standing(models, states()))))


def _registry(collector: _Standing) -> CollectorRegistry:
    found = CollectorRegistry()
    found.register(collector)
    return found


def _map_values(folder: Path, worker: str) -> None:
    """From now on this process's counts are in files of the folder; prometheus_client knows no narrower place."""
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    values.ValueClass = values.MultiProcessValue(lambda: worker)  # type: ignore[no-untyped-call]


def _reserved(folder: Path, worker: str) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for kind in _FILES:
            handle = os.open(folder / f"{kind}_{worker}.db", os.O_RDWR | os.O_CREAT, 0o644)
            try:
                os.posix_fallocate(handle, 0, _ROOM)
            finally:
                os.close(handle)
    except OSError:
        return False
    return True


class _Standing:
    """What stands at the moment of asking: the states of all processes, and who gets which share."""

    def __init__(self, models: Models, states: Iterable[ProcessState]) -> None:
        self._models, self._states = models, list(states)

    def collect(self) -> Iterator[Metric]:
        yield from self._processes()
        yield from self._log()
        yield from self._applied()
        yield self._shares()

    def _processes(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("retrain_process_up", "1 for each process that speaks.", labels=("process", "role"))
        memory = GaugeMetricFamily("retrain_process_memory_bytes", "Resident bytes.", labels=("process", "role"))
        trouble = GaugeMetricFamily(
            "retrain_trouble_since_seconds", "Since when something is away or broken.", labels=("process", "place")
        )
        restarts = CounterMetricFamily(
            "retrain_process_restarts", "How often the supervisor started a process again.", labels=("process",)
        )
        for state in self._states:
            up.add_metric((state.name, state.role), 1)
            memory.add_metric((state.name, state.role), state.memory)
            for each in state.troubles:
                trouble.add_metric((state.name, each.place), each.since.timestamp())
            for name, number in state.restarts.items():
                restarts.add_metric((name,), number)
        yield from (up, memory, trouble, restarts)

    def _log(self) -> Iterator[Metric]:
        waiting = GaugeMetricFamily("retrain_log_waiting_bytes", "Bytes of the log that are to be taken over.")
        passed = CounterMetricFamily("retrain_log_passed_over", "Lines that no bin counts, by why.", labels=("why",))
        for state in (each for each in self._states if each.role == "collector" and each.leads):
            waiting.add_metric((), state.waiting)
            for why, number in state.passed_over.items():
                passed.add_metric((why,), number)
        yield from (waiting, passed)

    def _applied(self) -> Iterator[Metric]:
        seq = GaugeMetricFamily(
            "retrain_split_seq", "The ledger's line that a worker's split is of.", labels=("process", "model")
        )
        dropped = CounterMetricFamily(
            "retrain_beside_dropped", "Requests that could not be scored beside.", labels=("process", "model")
        )
        unlogged = CounterMetricFamily(
            "retrain_lines_unlogged", "Lines of the log that could not be written.", labels=("process",)
        )
        for state in self._states:
            if state.role == "worker":
                unlogged.add_metric((state.name,), state.unlogged)
            for model, applied in state.applied.items():
                seq.add_metric((state.name, model), applied.seq)
                dropped.add_metric((state.name, model), applied.dropped)
        yield from (seq, dropped, unlogged)

    def _shares(self) -> Metric:
        share = GaugeMetricFamily(
            "retrain_share_percent", "The share of entities that a version answers.", labels=("model", "version", "arm")
        )
        for model in self._models.names():
            try:
                split = self._models.serving(model).split
            except NotServed:
                continue
            if split.champion is not None:
                share.add_metric((model, split.champion, "champion"), 100 - (split.share if split.canary else 0))
            if split.canary is not None:
                share.add_metric((model, split.canary, "canary"), split.share)
        return share
