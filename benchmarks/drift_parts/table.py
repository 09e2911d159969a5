"""The measurements as Markdown tables, and what they say of the goals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Any, NamedTuple

from drift_parts.measure import Cost

OURS = "ours"

SHARE_OF = {"nannyml": 8, "evidently": 40}
"""Our CPU time is to be at most 1/n of this peer's; of the fastest peer's, see `FASTEST`."""
FASTEST = 4
LEANEST = 5
WARM = 2.5
SAME = 1.1
"""What counts as the same memory at more rows: not over this many times that of fewer."""


class Program(NamedTuple):
    """What was measured of one program; `error` says why there is nothing."""

    name: str
    metric: str
    version: str
    costs: tuple[Cost, ...] = ()
    error: str = ""

    @property
    def cpu(self) -> float:
        """Median CPU seconds."""
        return median(cost.cpu for cost in self.costs)

    @property
    def wall(self) -> float:
        """Median seconds from start to exit."""
        return median(cost.wall for cost in self.costs)

    @property
    def memory(self) -> float:
        """Median peak memory, GiB."""
        return median(cost.memory for cost in self.costs)


class Goal(NamedTuple):
    """`value` is to be at most `limit`; None where something was not measured."""

    what: str
    limit: float
    value: float | None

    @property
    def verdict(self) -> str:
        """In words."""
        if self.value is None:
            return "not measured"
        return "met" if self.value <= self.limit else f"missed by {self.value / self.limit - 1:.0%}"


def goals(programs: Sequence[Program], warm: Mapping[str, Any], large: Cost | None) -> list[Goal]:
    """Every goal of the engine that this benchmark can judge."""
    measured = {each.name: each for each in programs if each.costs}
    ours = measured.pop(OURS, None)
    wanted = [Goal("CPU, of the fastest peer's", 1 / FASTEST, _share(ours, measured.values(), lambda p: p.cpu))]
    for name, share in SHARE_OF.items():
        peer = [measured[name]] if name in measured else []
        wanted.append(Goal(f"CPU, of {name}'s", 1 / share, _share(ours, peer, lambda p: p.cpu)))
    for way in ("plain", "dictionaries"):
        times = warm["ours"] / warm[way] if "ours" in warm else None
        wanted.append(Goal(f"CPU warm, of decoding with texts as {way}", WARM, times))
    leanest = _share(ours, measured.values(), lambda p: p.memory)
    same = large.memory / ours.memory if large and not large.error and ours else None
    return [*wanted, Goal("memory, of the leanest peer's", 1 / LEANEST, leanest), Goal("memory, large", SAME, same)]


def _share(ours: Program | None, peers: Any, figure: Callable[[Program], float]) -> float | None:
    """Ours of the least of the peers'."""
    theirs = [figure(peer) for peer in peers]
    return figure(ours) / min(theirs) if ours and theirs else None


def cold_table(programs: Sequence[Program]) -> str:
    """A row a program, with how many times ours it takes."""
    ours = next((each for each in programs if each.name == OURS and each.costs), None)
    rows = [_cold_row(each, ours) for each in programs]
    heads = ("program", "version", "metric", "runs", "CPU, s", "of ours", "wall, s", "peak memory, GiB", "of ours")
    return shown(heads, rows)


def _cold_row(program: Program, ours: Program | None) -> tuple[str, ...]:
    head = (program.name, program.version or "-", program.metric)
    if not program.costs:
        return (*head, "0", program.error, *"----")
    times = (f"{program.cpu / ours.cpu:.1f}", f"{program.memory / ours.memory:.1f}") if ours else ("-", "-")
    figures = (f"{program.cpu:.2f}", times[0], f"{program.wall:.2f}", f"{program.memory:.3f}", times[1])
    return (*head, str(len(program.costs)), *figures)


def warm_table(warm: Mapping[str, Any]) -> str:
    """Ours and both ways of decoding."""
    names = {"ours": "ours, all measures", "plain": "decoding, plain texts", "dictionaries": "decoding, dictionaries"}
    ours = warm.get("ours")
    rows = [
        (said, f"{warm[name]:.3f}", f"{ours / warm[name]:.2f}" if ours else "-")
        for name, said in names.items()
        if name in warm
    ]
    return shown(("warm", "CPU, s", "ours / this"), rows)


def agreement_table(agreement: Sequence[Mapping[str, Any]]) -> str:
    """The largest differences."""
    rows = [(each["what"], str(each["columns"]), f"{each['largest']:.2e}", each["column"]) for each in agreement]
    return shown(("agreement", "columns", "largest difference", "in"), rows)


def goals_table(wanted: Sequence[Goal]) -> str:
    """Each goal, what was measured, whether it is met."""
    rows = [
        (goal.what, f"{goal.limit:.3f}", "-" if goal.value is None else f"{goal.value:.3f}", goal.verdict)
        for goal in wanted
    ]
    return shown(("ours", "at most", "measured", ""), rows)


def shown(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])
