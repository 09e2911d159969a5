"""Answers of trainings by period, whole or absent: in a folder that processes share, or in memory."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from retrain_platform.adapters.atomic import write_atomically
from retrain_platform.steps.answers import Answers


class ScoreFiles:
    """`KeptScores`: one file for each training and period under `folder`; names are plain."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, training: str, period: str) -> Answers | None:
        """What was put last; None where nothing was, or where it cannot be read."""
        try:
            with np.load(self._file(training, period), allow_pickle=False) as kept:
                return Answers(kept["scores"], tuple(map(str, kept["classes"])))
        except (OSError, KeyError, ValueError, EOFError, BadZipFile):
            return None

    def put(self, training: str, period: str, answers: Answers) -> None:
        """Keep the answers.

        Raises:
            StoreFull: no space is left; what stood still stands.
        """
        target = BytesIO()
        np.savez(target, scores=answers.scores, classes=np.array(answers.classes, dtype=np.str_))
        write_atomically(self._file(training, period), target.getvalue())

    def _file(self, training: str, period: str) -> Path:
        return self._folder / training / f"{period}.npz"


class MemoryScores:
    """`KeptScores` in memory."""

    def __init__(self) -> None:
        self._answers: dict[tuple[str, str], Answers] = {}

    def get(self, training: str, period: str) -> Answers | None:
        """What was put last; None where nothing was."""
        return self._answers.get((training, period))

    def put(self, training: str, period: str, answers: Answers) -> None:
        """Keep the answers."""
        self._answers[training, period] = answers
