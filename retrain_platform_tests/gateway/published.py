"""A published model with real versions, for what follows the folder: a LightGBM of two features a version."""

from __future__ import annotations

import json
import shutil
from functools import lru_cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np
import pandas as pd

from retrain_platform.adapters.atomic import write_atomically
from retrain_platform.adapters.gateway_home import GatewayHome
from retrain_platform.adapters.learners import learner
from retrain_platform.adapters.packaged_model import keep_package, load_package
from retrain_platform.adapters.published import DIGEST, PACKAGE, SMOKE, Published
from retrain_platform.release.serving import About, GatewaySpec
from retrain_platform.release.split import Split
from retrain_platform.training.artefact import folder_digest
from retrain_platform.training.base import Rows
from retrain_platform.training.lightgbm import LightGBM

ROW: dict[str, Any] = {"x": 0.5, "shop": "north"}


def frame(count: int = 300, *more: str) -> pd.DataFrame:
    random = np.random.default_rng(3)
    made = pd.DataFrame({"x": random.normal(size=count), "shop": random.choice(["north", "south"], count)})
    return made.assign(**{name: random.normal(size=count) for name in more})


@lru_cache
def package(version: str, *more: str) -> Path:
    """The package of a version: each learns its own labels; `more` are features beside `x` and `shop`."""
    rows = frame(300, *more)
    labels = (rows["x"] * (1 if int(version) % 2 else -1) + 0.1 * int(version) > 0).to_numpy(float)
    folder = Path(mkdtemp()) / version
    keep_package(learner(LightGBM(rounds=3), "binary").fit(Rows(rows, labels)), folder)
    return folder


def score(version: str, row: dict[str, Any] = ROW, *more: str) -> float:
    return float(load_package(package(version, *more)).score(pd.DataFrame([row]))[0])


class Shelf:
    """What a publisher left in the folder of a model."""

    def __init__(self, root: Path, model: str = "tiny") -> None:
        self.home, self.model, self.seq = GatewayHome(root / "gateway"), model, 0
        self.published = Published(self.home)
        self.about()

    def about(self, **gateway: Any) -> None:
        spec = GatewaySpec.model_validate(gateway)
        about = About(model=self.model, task="binary", label="bad", entity="who", event_time="at", gateway=spec)
        write_atomically(self.home.about(self.model), about.model_dump_json().encode())

    def bring(self, version: str, *more: str, answers: float | None = None) -> None:
        """Put a version there with one stored request; `answers` is what is said to have been answered."""
        place = self.home.package(self.model, version)
        shutil.copytree(package(version, *more), place / PACKAGE)
        (place / DIGEST).write_text(folder_digest(place / PACKAGE))
        row = {**ROW, **dict.fromkeys(more, 0.1)}
        told = score(version, row, *more) if answers is None else answers
        (place / SMOKE).write_text(json.dumps({"features": [*row], "rows": [row], "answers": [told]}))

    def split(self, champion: str | None, **named: Any) -> None:
        self.seq += 1
        split = Split(model=self.model, seq=self.seq, champion=champion, **named)
        write_atomically(self.home.split(self.model), split.model_dump_json().encode())
