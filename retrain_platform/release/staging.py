"""What a version showed on a staging instance, before any real request: numbers, and the verdict on them."""

from __future__ import annotations

from collections.abc import Iterator

from retrain_platform.dataset.record import Record
from retrain_platform.release.live.evidence import Verdict
from retrain_platform.release.live.plan import Staging

_NAMED = 3


class Asked(Record):
    """Requests of one purpose ('smoke', 'doors', 'contract of NAME'): how many, and a sentence for each that broke."""

    name: str
    requests: int
    broke: tuple[str, ...] = ()


class Staged(Record):
    """What was measured over HTTP on an instance of its own that served `version` alone.

    `problem`: it could not be started or asked, which says nothing of the version; `refused`: the version itself could
    not be loaded. `memory` is the most resident bytes of the worker. Of `requests` of one row, asked one after another
    on one connection, latency is in milliseconds as the client saw it, `cpu` in milliseconds of the worker's processor
    time each. None: not measured.
    """

    version: str
    asked: tuple[Asked, ...] = ()
    requests: int = 0
    memory: int | None = None
    p50: float | None = None
    p95: float | None = None
    p99: float | None = None
    cpu: float | None = None
    starts_in: float | None = None
    problem: str = ""
    refused: str = ""

    @property
    def told(self) -> str:
        """The numbers in a sentence."""
        parts = [
            f"{each.requests - len(each.broke)} of {each.requests} {each.name} requests held" for each in self.asked
        ]
        if self.p95 is not None:
            parts.append(f"p50 {self.p50:.2f} ms, p95 {self.p95:.2f} ms, p99 {self.p99:.2f} ms")
        if self.cpu is not None:
            parts.append(f"{self.cpu:.2f} ms of processor a request")
        if self.memory is not None:
            parts.append(f"{_megabytes(self.memory)} of memory")
        return ", ".join(parts)


def judged(staged: Staged, limits: Staging) -> Verdict:
    """Whether the version may go on: failed by what it showed; 'cannot_tell' where it could not be asked."""
    if staged.refused:
        said = f"it could not be loaded: {staged.refused}"
        return Verdict(version=staged.version, outcome="failed", sentence=said)
    if staged.problem:
        return Verdict(version=staged.version, outcome="cannot_tell", sentence=f"not judged: {staged.problem}")
    wrong = [*_broken(staged), *_passed(staged, limits)]
    if wrong:
        return Verdict(version=staged.version, outcome="failed", sentence="; ".join(wrong))
    unknown = [name for name in ("memory", "p95", "cpu") if getattr(limits, name) and getattr(staged, name) is None]
    if unknown:
        said = f"not judged: {' and '.join(unknown)} could not be measured here, and has a limit"
        return Verdict(version=staged.version, outcome="cannot_tell", sentence=said)
    return Verdict(version=staged.version, outcome="passed", sentence=staged.told)


def _broken(staged: Staged) -> Iterator[str]:
    for each in staged.asked:
        if each.broke:
            first = "; ".join(each.broke[:_NAMED])
            more = f" and {len(each.broke) - _NAMED} more" if len(each.broke) > _NAMED else ""
            yield f"{len(each.broke)} of {each.requests} {each.name} requests broke: {first}{more}"


def _passed(staged: Staged, limits: Staging) -> Iterator[str]:
    """Each limit that was passed, with the measured number; a number that is missing passes none."""
    if limits.memory is not None and staged.memory is not None and staged.memory > limits.memory:
        yield f"memory == {_megabytes(staged.memory)}, must be <= {_megabytes(limits.memory)}"
    if limits.p95 is not None and staged.p95 is not None and staged.p95 > limits.p95:
        yield f"p95 == {staged.p95:.2f} ms, must be <= {limits.p95:g} ms"
    if limits.cpu is not None and staged.cpu is not None and staged.cpu > limits.cpu:
        yield f"cpu == {staged.cpu:.2f} ms a request, must be <= {limits.cpu:g} ms"


def _megabytes(count: int) -> str:
    return f"{count / 2**20:.0f} MiB"
