"""A version in memory: loaded, tried on its stored requests, and asked."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from retrain_platform.adapters.package_files import BadPackage, read_package
from retrain_platform.gateway.base import Answered, Row
from retrain_platform.gateway.models.encoding import Unreadable
from retrain_platform.gateway.models.scoring import Score, Scorer, scorer_of
from retrain_platform.gateway.models.signature import Signature, signature_of
from retrain_platform.gateway.models.trust import Untrusted, must_be_trusted
from retrain_platform.training.base import Fitted

APART = 1e-6
"""How far an answer may be from the stored one, relatively and absolutely: libraries may have changed since."""


class CannotServe(RuntimeError):
    """A version that could not be loaded, or that gives other answers than it did when it was registered."""


class Version:
    """A `Loaded` of any learner's family."""

    def __init__(self, version: str, classes: tuple[str, ...], signature: Signature, scorer: Scorer) -> None:
        self.version, self.classes, self.signature = version, classes, signature
        self._scorer = scorer

    def answer(self, rows: Sequence[Row]) -> list[Answered]:
        """One answer a row; see `Loaded`."""
        return [_answered(score) for score in self._scorer.score([row.fields for row in rows])] if rows else []


def _answered(score: Score | Unreadable) -> Answered:
    if isinstance(score, Unreadable):
        return Answered(None, str(score))
    finite = math.isfinite(score) if isinstance(score, float) else all(map(math.isfinite, score))
    return Answered(score) if finite else Answered(None, "its score is not finite")


def loaded_version(version: str, folder: Path, smoke: Path | None, trusted: Sequence[str]) -> Version:
    """The package in memory, after it gave the stored answers to the stored requests, where there are some.

    Raises:
        CannotServe: why not.
    """
    try:
        must_be_trusted(folder, trusted)
        package = read_package(folder)
        signature = signature_of(folder, package)
        made = Version(version, package.report.classes, signature, scorer_of(folder, package, signature, _load))
    except Untrusted as error:
        raise CannotServe(f"version {version} was not loaded: {error}") from error
    except Exception as error:  # a package may be broken in any way
        said = str(error) if isinstance(error, BadPackage) else f"{type(error).__name__}: {error}"
        raise CannotServe(f"version {version} cannot be loaded: {said}") from error
    if smoke is not None:
        _must_answer_as_stored(made, smoke)
    return made


def _load(folder: Path) -> Fitted:
    """By the learner that wrote it: pandas and scikit-learn are imported by this alone."""
    from retrain_platform.adapters.packaged_model import load_package

    return load_package(folder, threads=1)


def _must_answer_as_stored(made: Version, smoke: Path) -> None:
    try:
        kept = json.loads(smoke.read_text(encoding="utf-8"))
        rows, answers, classes = kept["rows"], kept["answers"], tuple(kept.get("classes", ()))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CannotServe(f"version {made.version}: its stored requests cannot be read: {error}") from error
    if classes != made.classes:
        raise CannotServe(f"version {made.version} knows the classes {made.classes}, must know {classes}")
    found = made.answer([Row(row, None) for row in rows])
    for place, (answer, stored) in enumerate(zip(found, answers, strict=True), start=1):
        if answer.error is not None:
            raise CannotServe(f"version {made.version} fails its stored request {place}: {answer.error}")
        if not _near(answer.score, stored):
            said = f"{answer.score} to its stored request {place}, must answer {stored}"
            raise CannotServe(f"version {made.version} answers {said}, as when it was registered")


def _near(found: Any, stored: Any) -> bool:
    mine, theirs = (each if isinstance(each, list) else [each] for each in (found, stored))
    return len(mine) == len(theirs) and all(
        math.isclose(a, b, rel_tol=APART, abs_tol=APART) for a, b in zip(mine, theirs, strict=True)
    )
