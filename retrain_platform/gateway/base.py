"""What the parts of the gateway ask of each other: the models that answer, the log that remembers, the doors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from retrain_platform.gateway.lines import Line
from retrain_platform.release.serving import About
from retrain_platform.release.split import Arm, Split


class BadRequest(ValueError):
    """A request that its sender must change; `problems` name field, value and cure, all of them at once."""

    def __init__(self, problems: Sequence[str], status: int = 422) -> None:
        super().__init__("; ".join(problems))
        self.problems, self.status = tuple(problems), status


class NotServed(LookupError):
    """The model is not known here, or none of its versions answers yet."""


class Row(NamedTuple):
    """One record of a request: the fields by name (numbers as floats), and the entity that it is routed by, as text."""

    fields: dict[str, Any]
    entity: str | None


class Asked(NamedTuple):
    """What a request asks: its records, and whether it listed them, so that one in a list is answered in a list."""

    rows: list[Row]
    listed: bool


class Answered(NamedTuple):
    """What a version made of a row: its score, for several classes the chances in order, or why it could not."""

    score: float | list[float] | None
    error: str | None = None


class Loaded(Protocol):
    """A version in memory, warm. Safe to ask from several threads."""

    version: str
    classes: tuple[str, ...]

    def answer(self, rows: Sequence[Row]) -> list[Answered]:
        """One answer a row; never raises for what a row holds."""


class Serving(Protocol):
    """One model as it is served at this moment: immutable, taken once a request, so that a request sees one state."""

    split: Split
    about: About

    def read(self, body: bytes) -> Asked:
        """The records of a request's JSON body: one object, or {"records": [...]}.

        Raises:
            BadRequest: missing, unknown and wrong fields, all at once.
        """

    def loaded(self, arm: Arm) -> Loaded:
        """The version that is this arm.

        Raises:
            NotServed: nobody answers yet.
        """

    def beside(self) -> tuple[Loaded, ...]:
        """The versions that score every row which they do not answer, those of `split.beside` that are in memory."""

    def rows_of(self, records: Sequence[object]) -> list[Row]:
        """The same for records that came another way, each a mapping of fields; see `read`."""

    def logged(self, row: Row) -> tuple[dict[str, Any], str | None]:
        """What a line of the log may hold of a row, its fields and its entity: private ones are hashed by a key, so
        that equal values stay equal. Not to be changed."""

    def logged_entity(self, entity: str) -> str:
        """An entity as `logged` tells it: what a feedback that names one is written by."""

    def schema(self) -> dict[str, Any]:
        """JSON schema (OpenAPI 3.0) of one record."""


class Models(Protocol):
    """Every model that this worker was asked to serve."""

    def names(self) -> tuple[str, ...]:
        """The models by name, sorted, those that do not answer yet too."""

    def serving(self, model: str) -> Serving:
        """The model as it is served now; a plain look-up, for it is made for every request.

        Raises:
            KeyError: not one of `names`.
            NotServed: nothing is known of it yet, and why.
        """

    def loaded(self, model: str) -> tuple[str, ...]:
        """The versions that are in memory and warm."""


class Beside(Protocol):
    """Scores off the path what `split.beside` asks for, and writes its own lines; bounded, never waits, never fails."""

    def offer(
        self, serving: Serving, rows: Sequence[Row], ids: Sequence[str], versions: Sequence[str], at: int
    ) -> None:
        """Take the rows of one request with their ids and the versions that answered them, or drop and count them."""


class Log(Protocol):
    """Where lines go. `write` never blocks on the disk and never fails a request."""

    def write(self, lines: Sequence[Line]) -> None:
        """Take the lines; they are on the disk within a second, or counted as lost."""

    async def written(self, lines: Sequence[Line]) -> None:
        """Take the lines and return when they are on the disk.

        Raises:
            OSError: they are not: the disk is full or away.
        """
