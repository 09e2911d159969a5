"""What a played period and a retrain cost, and where the time goes.

    python benchmarks/playing.py [--until 2013-08-06] [--clock wall|cpu] [--json FILE]

Plays flight_delay through Dagster in a temporary home with a stopwatch around the parts of a run,
nested parts taken out of those that hold them. The first run of each kind is shown apart: it pays
for the imports. What a team would pay on any platform (the fits, the scoring, the Great
Expectations validations) is summed apart from the rest, which should be at most 1 s a period and
3 s a retrain.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import wraps
from importlib import import_module
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from threading import current_thread, main_thread
from typing import Any, NamedTuple

SPEC = Path(__file__).parents[1] / "retrain_platform" / "defs" / "models" / "flight_delay" / "defs.yaml"

OWN = ("fits", "scoring", "validations")
"""The parts that the goal does not count."""

GOALS = {"watch": 1.0, "retrain": 3.0}
"""Seconds a run beyond `OWN`."""

STEPS = {
    "dataset.ingesting": ("ingest",),
    "release.scoring": ("score",),
    "monitoring.drifting": ("make_profile", "drift"),
    "monitoring.reference": ("reference_periods",),
    "monitoring.ripening": ("perform", "performances"),
    "release.releasing": ("move",),
    "training.challenger": ("challenge",),
    "policy.deciding": ("decide",),
    "papers.story": ("log_lines",),
    "training.dataset": ("decided", "snapshot", "check"),
    "training.fitting": ("fit",),
    "validation.examining": ("examine",),
    "training.registering": ("register", "close"),
    "papers.card": ("write_card",),
}
"""Functions of the steps' modules that the assets call: their own work is the part 'step NAME'."""

LATE = {
    "mlflow": ("mlflow.tracking.client", "MlflowClient", None),
    "validations": ("great_expectations.datasource.fluent.interfaces", "Batch", ("validate",)),
}
"""Methods of heavy libraries, watched from the first run after their import (None: all public ones)."""


class Stopwatch:
    """Seconds by part; a part's own time is without the parts inside it. Only the main thread is watched."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.spent: dict[str, float] = defaultdict(float)
        self.calls: dict[str, int] = defaultdict(int)
        self._inner: list[float] = []

    @contextmanager
    def on(self, part: str) -> Iterator[None]:
        """Count what happens within as `part`."""
        if current_thread() is not main_thread():
            yield
            return
        self._inner.append(0.0)
        begun = self.clock()
        try:
            yield
        finally:
            took = self.clock() - begun
            self.spent[part] += took - self._inner.pop()
            self.calls[part] += 1
            if self._inner:
                self._inner[-1] += took

    def around(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """`function`, counted."""

        @wraps(function)
        def counted(*args: Any, **kwargs: Any) -> Any:
            with self.on(part):
                return function(*args, **kwargs)

        return counted

    def taken(self) -> tuple[dict[str, float], dict[str, int]]:
        """What was counted since the last time."""
        spent, calls = dict(self.spent), dict(self.calls)
        self.spent.clear()
        self.calls.clear()
        return spent, calls


class Watched:
    """Passes everything on; each method is counted as its part, or as `parts` names it."""

    def __init__(self, inner: Any, watch: Stopwatch, part: str, parts: dict[str, str] | None = None) -> None:
        self._inner, self._watch, self._part, self._parts = inner, watch, part, parts or {}

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        return self._watch.around(self._parts.get(name, self._part), found) if callable(found) else found


class Run(NamedTuple):
    """One played run."""

    kind: str
    period: str
    seconds: float
    parts: dict[str, float]
    calls: dict[str, int]

    @property
    def beyond(self) -> float:
        """Seconds beyond the fits, the scoring and the validations."""
        return self.seconds - sum(self.parts.get(part, 0.0) for part in OWN)


def watch_workshop(spec: Any, watch: Stopwatch) -> None:
    """Put a watched workshop where every asset finds the model's."""
    from retrain_platform import resources
    from retrain_platform.defs import resource

    at = resource.PLATFORM.settings()
    shop = resources.workshop(spec, at)
    ledger = Watched(shop.ledger, watch, "ledger")

    def fitted(model: Any) -> Any:
        return Watched(model, watch, "model files", {"score": "scoring"})

    def teach(recipe: Any) -> Any:
        made = shop.teach(recipe)
        fit = watch.around("fits", made.fit)
        return type("Learner", (), {"fit": staticmethod(lambda *a, **k: fitted(fit(*a, **k))), "load": made.load})()

    resources._open[spec.fingerprint(), at] = replace(
        shop,
        lake=Watched(shop.lake, watch, "lake"),
        values=Watched(shop.values, watch, "values"),
        ledger=ledger,
        registry=Watched(shop.registry, watch, "registry"),
        reader=Watched(shop.reader, watch, "source"),
        teach=teach,
        gate=watch.around("gate", shop.gate),
        load=lambda folder: fitted(watch.around("model files", shop.load)(folder)),
    )
    resource.ledger = lambda settings: ledger  # type: ignore[assignment]


def watch_steps(watch: Stopwatch) -> None:
    """Count the steps' own work, and the plots. The assets import them when they run, so the modules are enough."""
    for name, functions in STEPS.items():
        module = import_module(f"retrain_platform.steps.{name}")
        for function in functions:
            setattr(module, function, watch.around(f"step {function}", getattr(module, function)))
    for name in ("plots", "drift_pages", "decision_pages", "release_pages", "challenger"):
        drawing = import_module(f"retrain_platform.defs.{name}")
        drawing.picture = watch.around("plots", drawing.picture)
    tracking = import_module("retrain_platform.adapters.mlflow_tracking")
    for function in ("log_fit", "log_metrics", "ensure_experiment", "open_run"):
        setattr(tracking, function, watch.around("mlflow", getattr(tracking, function)))


def watch_dagster(on: Any, watch: Stopwatch) -> None:
    """Count Dagster's own databases and its capture of the runs' output."""
    for part, store in (("Dagster events", on.event_log_storage), ("Dagster runs", on.run_storage)):
        for name in _methods(type(store)):
            setattr(store, name, watch.around(part, getattr(store, name)))
    capture = on.compute_log_manager.capture_logs

    @contextmanager
    def captured(*args: Any, **kwargs: Any) -> Iterator[Any]:
        held = capture(*args, **kwargs)
        with watch.on("Dagster output capture"):
            context = held.__enter__()
        try:
            yield context
        finally:
            with watch.on("Dagster output capture"):
                held.__exit__(None, None, None)

    on.compute_log_manager.capture_logs = captured


def watch_late(watch: Stopwatch, done: set[str]) -> None:
    """Count the heavy libraries' methods, once the road itself has imported them."""
    for part, (module, name, chosen) in LATE.items():
        if module in sys.modules and part not in done:
            done.add(part)
            cls = getattr(sys.modules[module], name)
            for method in chosen or _methods(cls):
                setattr(cls, method, watch.around(part, getattr(cls, method)))


def _methods(cls: type) -> list[str]:
    """Its public plain methods."""
    return [name for name in dir(cls) if not name.startswith("_") and _plain(cls, name)]


def _plain(cls: type, name: str) -> bool:
    found = next(vars(base)[name] for base in cls.__mro__ if name in vars(base))
    return hasattr(found, "__code__") and not hasattr(found, "__wrapped__")


def played(until: str | None, clock: Callable[[], float]) -> list[Run]:
    """Every run of the road, in order, with its parts."""
    from retrain_platform.defs.play import instance, play
    from retrain_platform.spec import read_spec

    spec, watch, late = read_spec(SPEC), Stopwatch(clock), set[str]()
    watch_workshop(spec, watch)
    watch_steps(watch)
    on = instance()
    watch_dagster(on, watch)
    runs: list[Run] = []
    begun = clock()
    for done in play(spec, until=until, on=on):
        seconds = clock() - begun
        if done.why:
            raise SystemExit(f"{done.step.work}: {done.why}")
        runs.append(Run(done.step.kind, done.step.period.key, seconds, *watch.taken()))
        watch_late(watch, late)
        print(f"\r{done.step.kind:>8} {done.step.period.key} {seconds:6.2f} s", end="", file=sys.stderr, flush=True)
        begun = clock()
    print(file=sys.stderr)
    return runs


def table(kind: str, runs: list[Run]) -> str:
    """First run and median of the others, part by part, the longest first."""
    first, others = runs[0], runs[1:] or runs
    parts = sorted({part for run in runs for part in run.parts}, key=lambda part: -_middle(others, part))
    beyond = median(run.beyond for run in others)
    goal = GOALS.get(kind)
    lines = [
        f"{kind}: {len(runs)} runs, the first {first.seconds:.2f} s, the others' median "
        f"{median(run.seconds for run in others):.2f} s",
        f"beyond {', '.join(OWN)}: {beyond:.2f} s" + (f" (goal: at most {goal:.0f} s)" if goal else ""),
        "",
        "| part | first, s | median, s | most, s | calls |",
        "|---|---|---|---|---|",
    ]
    for part in parts:
        most = max(run.parts.get(part, 0.0) for run in others)
        calls = median(run.calls.get(part, 0) for run in others)
        lines.append(
            f"| {part} | {first.parts.get(part, 0):.3f} | {_middle(others, part):.3f} | {most:.3f} | {calls:g} |"
        )
    rest = [run.seconds - sum(run.parts.values()) for run in runs]
    others_rest = rest[1:] or rest
    lines.append(
        f"| the rest: Dagster's engine | {rest[0]:.3f} | {median(others_rest):.3f} | {max(others_rest):.3f} | - |"
    )
    return "\n".join(lines)


def _middle(runs: Iterable[Run], part: str) -> float:
    return median(run.parts.get(part, 0.0) for run in runs)


def main() -> int:
    """Play, then print the split of each kind of run."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--until", default="2013-08-06", help="the last week to watch")
    parser.add_argument("--clock", choices=("wall", "cpu"), default="wall", help="cpu: on a machine that others use")
    parser.add_argument("--json", type=Path, help="also write every run's parts to this file")
    chosen = parser.parse_args()
    for name in ("dagster", "mlflow", "alembic", "great_expectations"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    with TemporaryDirectory(prefix="playing-") as home:
        os.environ.update(RETRAIN_HOME=home, DAGSTER_HOME=str(Path(home) / "dagster"))
        runs = played(chosen.until, time.perf_counter if chosen.clock == "wall" else time.process_time)
    print(f"{chosen.clock} seconds")
    for kind in dict.fromkeys(run.kind for run in runs):
        print("\n" + table(kind, [run for run in runs if run.kind == kind]))
    if chosen.json:
        chosen.json.write_text(json.dumps([run._asdict() for run in runs], indent=1) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
