"""The door that answers: a request's records, routed under one split, answered, remembered."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from retrain_platform.adapters import clock
from retrain_platform.gateway.base import Answered, Beside, Loaded, Log, Models, NotServed, Row, Serving
from retrain_platform.gateway.doors.keeping import keep
from retrain_platform.gateway.doors.metrics import Metrics
from retrain_platform.gateway.doors.replies import Refused
from retrain_platform.gateway.ids import Ids
from retrain_platform.gateway.lines import AnswerLine
from retrain_platform.release.split import Arm, Split

_INLINE_SECONDS = 0.01
"""What is expected to take longer is asked for in a thread, so that other requests need not wait behind it."""
_THREADS = 4


class Given(NamedTuple):
    """What one record was answered: by whom, as which id; `error` where even the champion failed."""

    id: str
    version: str
    score: float | list[float] | None
    error: str | None
    classes: tuple[str, ...]


class Predicting:
    """Answers the records of a request and hands their lines to the log, their rows to whoever scores beside."""

    def __init__(self, models: Models, log: Log, beside: Beside, ids: Ids, metrics: Metrics) -> None:
        self._models, self._log, self._beside = models, log, beside
        self._ids, self._metrics = ids, metrics
        self._pace: dict[tuple[str, str], float] = {}
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="answering")

    def serving(self, model: str) -> Serving:
        """The model as it is served now.

        Raises:
            Refused: no such model (404).
            NotServed: it does not answer yet.
        """
        try:
            return self._models.serving(model)
        except KeyError:
            raise unknown_model(model, self._models.names()) from None

    async def answer(self, serving: Serving, rows: Sequence[Row], began: float) -> list[Given]:
        """One answer a row, in order; `began` is the stopwatch's at the request's head.

        Raises:
            NotServed: nobody answers yet.
            Refused: the log could not take what must be durable (503).
        """
        at = clock.microseconds()
        arms = _routed(serving.split, rows)
        answers = _Answers(serving, rows, at, self._ids)
        if isinstance(arms, str):
            await self._by(arms, range(len(rows)), answers)
        else:
            for arm in dict.fromkeys(arms):
                await self._by(arm, [place for place, one in enumerate(arms) if one == arm], answers)
        given = answers.given
        took = clock.seconds() - began
        lines = answers.lines
        # The first line is the request's call; what was asked again of the champion is no call of its.
        lines[0].call, lines[0].ms = True, took * 1000
        await keep(self._log, lines, serving.about, "the answer")
        self._metrics.took(serving.about.model, given[0].version, took)
        if serving.split.beside:
            self._beside.offer(serving, rows, [one.id for one in given], [one.version for one in given], at)
        return given

    async def _by(self, arm: Arm, places: Sequence[int], answers: _Answers) -> None:
        """Answer the rows at `places` by this side; what a canary fails the champion answers."""
        serving = answers.serving
        try:
            loaded = serving.loaded(arm)
        except NotServed:
            if arm == "canary":  # not the version's fault, and told by /ready
                return await self._by("champion", places, answers)
            raise
        rows = answers.rows if len(places) == len(answers.rows) else [answers.rows[place] for place in places]
        failed = answers.take(arm, loaded, places, await self._ask(serving.about.model, loaded, rows))
        model, good = serving.about.model, len(places) - len(failed)
        if good:
            self._metrics.rows(model, loaded.version, arm, "answered", good)
        if failed:
            self._metrics.rows(model, loaded.version, arm, "failed", len(failed))
            if arm == "canary":
                await self._by("champion", failed, answers)
        return None

    async def _ask(self, model: str, loaded: Loaded, rows: Sequence[Row]) -> Sequence[Answered]:
        key, number = (model, loaded.version), len(rows)
        pace = self._pace.get(key, 0.0)
        began = clock.seconds()
        if pace * number > _INLINE_SECONDS:
            loop = asyncio.get_running_loop()
            found = await loop.run_in_executor(self._threads, _asked, loaded, rows)
        else:
            found = _asked(loaded, rows)
        each = (clock.seconds() - began) / number
        self._pace[key] = each if pace == 0.0 else pace + 0.05 * (each - pace)
        return found


class _Answers:
    """What a request was answered so far, and its lines."""

    def __init__(self, serving: Serving, rows: Sequence[Row], at: int, ids: Ids) -> None:
        self.serving, self.rows, self.at = serving, rows, at
        self.lines: list[AnswerLine] = []
        self._ids = ids
        self._given: list[Given | None] = [None] * len(rows)
        self._issued: dict[str, str] = {}

    @property
    def given(self) -> list[Given]:
        """One for each row, once every row has been answered."""
        return [one for one in self._given if one is not None]

    def take(self, arm: Arm, loaded: Loaded, places: Sequence[int], found: Sequence[Answered]) -> list[int]:
        """Note what a version answered; the places of those that it failed."""
        model, seq, version, failed = self.serving.split.model, self.serving.split.seq, loaded.version, []
        base, several = self._base(model, version), len(self.rows) > 1
        for place, answered in zip(places, found, strict=True):
            name = f"{base}.{place}" if several else base
            score, error = _sound(answered)
            if error is not None:
                failed.append(place)
            self._given[place] = Given(name, version, score, error, loaded.classes)
            fields, entity = self.serving.logged(self.rows[place])
            self.lines.append(
                AnswerLine(model, name, self.at, version, arm, seq, entity, False, 0.0, score, error, fields)
            )
        return failed

    def _base(self, model: str, version: str) -> str:
        """The request's id as this version answers it: an id says its version, so each has its own."""
        found = self._issued.get(version)
        if found is None:
            found = self._issued[version] = self._ids.issue(model, version, self.at)
        return found


def _asked(loaded: Loaded, rows: Sequence[Row]) -> Sequence[Answered]:
    try:
        found = loaded.answer(list(rows))
    except Exception as error:  # whatever a version does, the worker lives and the error is the version's
        return [Answered(None, f"{type(error).__name__}: {error}"[:500])] * len(rows)
    if len(found) != len(rows):
        return [Answered(None, f"{len(found)} answers to {len(rows)} records")] * len(rows)
    return found


def _sound(answered: Answered) -> tuple[float | list[float] | None, str | None]:
    """The score and no error, or the error and no score: JSON has no word for NaN and infinity."""
    score = answered.score
    if answered.error is not None or score is None:
        return None, answered.error or "no answer"
    total = sum(score) if isinstance(score, list) else score
    if total - total != 0.0:
        return None, f"score == {total}, must be finite"
    return score, None


def _routed(split: Split, rows: Sequence[Row]) -> Arm | list[Arm]:
    """The side that answers all rows, or one a row. A row without an entity goes by chance, in the same shares."""
    if split.canary is None or not split.share:
        return "champion"
    if len(rows) == 1:
        return split.arm(rows[0].entity if rows[0].entity is not None else str(random.random()))
    return [split.arm(row.entity if row.entity is not None else str(random.random())) for row in rows]


def unknown_model(model: str, names: Sequence[str]) -> Refused:
    """What is said of a model that nobody serves here."""
    known = ", ".join(names) or "none"
    return Refused(404, f"model == {model[:100]!r} is not served here: there are {known}")


def as_answer(given: Given) -> dict[str, Any]:
    """What a client reads of one record: of several classes the likeliest, and the chance of each."""
    told: dict[str, Any] = {"id": given.id, "version": given.version}
    if given.error is not None:
        return {**told, "prediction": None, "error": "the model could not answer this record"}
    return {**told, **prediction_of(given)}


def prediction_of(given: Given) -> dict[str, Any]:
    """The prediction alone."""
    if not isinstance(given.score, list):
        return {"prediction": given.score}
    best = max(range(len(given.score)), key=given.score.__getitem__)
    return {"prediction": given.classes[best], "chances": dict(zip(given.classes, given.score, strict=True))}
