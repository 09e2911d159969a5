"""Made-up lines of a log: answers, scores beside them, and what came back, in a shuffled order as several workers'."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from retrain_platform.gateway.lines import AnswerLine, BesideLine, FeedbackLine, Line, to_lines
from retrain_platform.gateway.log.joining import Judged
from retrain_platform.gateway.log.tailing import Read
from retrain_platform.release.live.bins import Bin, bin_start, latency_cell
from retrain_platform.release.split import Split

START = 1_790_000_000_000_000
SECOND = 1_000_000
EVER = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC))
JUDGED = Judged(
    "binary", "auc", ("click",), lambda version: (), Split(model="m", seq=7, champion="1", canary="2", share=50)
)


def traffic(seed: int, requests: int = 60) -> list[Line]:
    """Requests of one to three records, half a second apart; canary 2 beside champion 1, each scored by the other."""
    rng = Random(seed)
    lines: list[list[Line]] = []
    for number in range(requests):
        at, version = START + number * SECOND // 2, rng.choice("12")
        base, several = f"r{number:04d}v{version}", rng.random() < 0.3
        ids = [f"{base}.{place}" for place in range(rng.randint(2, 3))] if several else [base]
        lines.append([_answer(rng, identity, at, version, place) for place, identity in enumerate(ids)])
        beside = "1" if version == "2" else "2"
        lines.append([BesideLine("m", each, at, beside, 0.5, rng.random()) for each in ids if rng.random() < 0.8])
        for identity in ids:
            lines += [[each] for each in _feedback(rng, identity, at, version)]
    rng.shuffle(lines)
    return [line for part in lines for line in part]


def _answer(rng: Random, identity: str, at: int, version: str, place: int) -> AnswerLine:
    error = "broken" if rng.random() < 0.1 else None
    score = None if error else rng.random()
    entity = rng.choice([None, *(f"e{number}" for number in range(12))])
    ms = rng.random() * 40 if place == 0 else 0.0
    arm = "canary" if version == "2" else "champion"
    return AnswerLine("m", identity, at, version, arm, 7, entity, place == 0, ms, score, error, {"x": rng.random()})


def _feedback(rng: Random, identity: str, at: int, version: str) -> list[Line]:
    found: list[Line] = []
    for kind, value in (("label", float(rng.random() < 0.5)), ("click", None), ("rating", float(rng.randint(0, 5)))):
        for _ in range(rng.choice([0, 1, 1, 2]) if kind == "click" else rng.choice([0, 1])):
            came = at + rng.randint(1, 90) * SECOND
            found.append(
                FeedbackLine("m", kind, came, id=identity, known_at=came, value=value, version=version, answered_at=at)
            )
    return found


def reads(lines: Sequence[Line], segment: str = "a/w1-1.jsonl", start: int = 0) -> list[Read]:
    """The lines as they are read of one segment."""
    found = []
    for line in lines:
        start += len(to_lines([line]))
        found.append(Read(segment, start, line))
    return found


def counted(lines: Sequence[Line]) -> dict[tuple[datetime, str, bool], dict[str, object]]:
    """The bins, counted in the plainest way from all lines at once."""
    cells: defaultdict[tuple[datetime, str, bool], Counter[str]] = defaultdict(Counter)
    answers = [line for line in lines if isinstance(line, AnswerLine)]
    besides = [line for line in lines if isinstance(line, BesideLine)]
    feedback = [line for line in lines if isinstance(line, FeedbackLine)]
    for several, answered in ((answers, True), (besides, False)):
        for line in several:
            cells[_place(line.at, line.version, answered)]["rows"] += 1
        requests = {(line.id.partition(".")[0], line.version, line.at) for line in several}
        failed = {(line.id.partition(".")[0], line.version, line.at) for line in several if line.error}
        for name, which in (("calls", requests), ("errors", failed)):
            for _, version, at in which:
                cells[_place(at, version, answered)][name] += 1
        for _, version, at in () if answered else requests:
            cells[_place(at, version, False)][f"latency {latency_cell(0.5)}"] += 1
    for line in answers:
        if line.call:
            cells[_place(line.at, line.version, True)][f"latency {latency_cell(line.ms)}"] += 1
    _count_feedback(cells, feedback)
    _count_labels(cells, answers, besides, feedback)
    return {place: dict(cell) for place, cell in cells.items()}


def _count_feedback(
    cells: defaultdict[tuple[datetime, str, bool], Counter[str]], feedback: Sequence[FeedbackLine]
) -> None:
    for told in feedback:
        if told.kind != "label":
            cells[_place(told.at, told.version or "", True)][f"feedback {told.kind}"] += 1
    for kind, at, version, _ in {(f.kind, f.answered_at or 0, f.version or "", f.id) for f in feedback}:
        if kind == "click":
            cells[_place(at, version, True)]["events click"] += 1


def _count_labels(
    cells: defaultdict[tuple[datetime, str, bool], Counter[str]],
    answers: Sequence[AnswerLine],
    besides: Sequence[BesideLine],
    feedback: Sequence[FeedbackLine],
) -> None:
    for told in feedback:
        if told.kind != "label":
            continue
        scores = {(a.version, True): a.score for a in answers if a.id == told.id and isinstance(a.score, float)}
        scores |= {(b.version, False): b.score for b in besides if b.id == told.id and isinstance(b.score, float)}
        losses = {key: round((float(told.value or 0) - score) ** 2, 12) for key, score in scores.items()}
        for (version, answered), lost in losses.items():
            cell = cells[_place(told.at, version, answered)]
            cell["labels"] += 1
            cell["loss"] += lost  # type: ignore[assignment]
            for (other, _), theirs in losses.items():
                if other != version:
                    cell[f"against {other} {round(100 * (theirs - lost))}"] += 1


def as_counted(bins: Sequence[Bin]) -> dict[tuple[datetime, str, bool], dict[str, object]]:
    """Stored bins in the form of `counted`."""
    found = {}
    for each in bins:
        told: dict[str, object] = {
            name: value for name in ("calls", "rows", "errors", "labels") if (value := getattr(each, name))
        }
        told |= {"loss": each.loss} if each.labels else {}
        told |= {f"latency {cell}": count for cell, count in each.latency.items()}
        told |= {f"feedback {kind}": tally.count for kind, tally in each.feedback.items()}
        told |= {f"events {kind}": count for kind, count in each.events.items()}
        told |= {f"against {v} {cell}": count for v, cells in each.against.items() for cell, count in cells.items()}
        found[(each.start, each.version, each.answered)] = told
    return found


def _place(at: int, version: str, answered: bool) -> tuple[datetime, str, bool]:
    return bin_start(datetime.fromtimestamp(at / SECOND, UTC)), version, answered


def write_segment(root: Path, name: str, lines: Sequence[Line]) -> Path:
    """A closed segment, as a writer that ended leaves it."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(to_lines(lines))
    return path
