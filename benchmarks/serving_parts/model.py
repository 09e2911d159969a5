"""The model that all servers serve, 200 trees of 63 leaves on 20 features of which two are categories, and requests."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from retrain_platform.adapters.gateway_home import GatewayHome
from retrain_platform.adapters.learners import learner
from retrain_platform.adapters.package_files import BOOSTER, read_package
from retrain_platform.adapters.packaged_model import keep_package
from retrain_platform.adapters.published import DIGEST, PACKAGE
from retrain_platform.release.serving import About
from retrain_platform.release.split import Split
from retrain_platform.training.artefact import folder_digest
from retrain_platform.training.base import Rows
from retrain_platform.training.lightgbm import LightGBM

MODEL = "flights"
NUMBERS = tuple(f"x{place}" for place in range(18))
CATEGORIES = {"carrier": 16, "dest": 100}
_TREES, _LEAVES, _ROWS = 200, 63, 40_000


def rows(count: int, seed: int) -> pd.DataFrame:
    """Features of which one in twenty is missing, and who each row is about."""
    random = np.random.default_rng(seed)
    made = pd.DataFrame({name: random.normal(size=count).round(4) for name in NUMBERS})
    made = made.mask(random.random(made.shape) < 0.05)
    for name, known in CATEGORIES.items():
        made[name] = np.char.add(name[0], random.integers(0, known, count).astype(str))
    return made


def fit(folder: Path, seed: int) -> Path:
    """The package of a version; every tree is grown to its 63 leaves."""
    made = rows(_ROWS, seed)
    weights = np.random.default_rng(seed).normal(size=len(NUMBERS))
    raised = made[list(NUMBERS)].fillna(0.3).to_numpy() @ weights + made["carrier"].str[1:].astype(int) / 8
    labels = (raised + np.random.default_rng(seed + 1).normal(size=_ROWS) > 1).to_numpy(float)
    recipe = LightGBM(rounds=_TREES, params={"num_leaves": _LEAVES, "min_data_in_leaf": 5, "learning_rate": 0.05})
    keep_package(learner(recipe, "binary").fit(Rows(made, labels)), folder)
    return folder


def shape(folder: Path) -> tuple[int, int]:
    """How many trees the package has, and the most leaves of one."""
    text = (folder / BOOSTER).read_text(encoding="utf-8")
    leaves = [int(line.partition("=")[2]) for line in text.splitlines() if line.startswith("num_leaves=")]
    return len(leaves), max(leaves)


def publish(home: GatewayHome, packages: dict[str, Path], **named: Any) -> None:
    """Leave the versions and a split of them in the gateway's folder, as its publisher would."""
    home.model(MODEL).mkdir(parents=True, exist_ok=True)
    about = About(model=MODEL, task="binary", label="late", entity="who")
    home.about(MODEL).write_text(about.model_dump_json(), encoding="utf-8")
    for version, package in packages.items():
        place = home.package(MODEL, version)
        shutil.copytree(package, place / PACKAGE)
        (place / DIGEST).write_text(folder_digest(place / PACKAGE), encoding="ascii")
    home.split(MODEL).write_text(Split(model=MODEL, seq=1, **named).model_dump_json(), encoding="utf-8")


def bodies(count: int = 500) -> list[dict[str, Any]]:
    """Single records by name, each about another entity."""
    made = rows(count, 99)
    records = made.astype(object).where(made.notna(), None).to_dict("records")
    return [{**record, "who": f"N{place:05d}"} for place, record in enumerate(records)]


def coded(folder: Path, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same records with categories as the numbers that the trees know: what a server without them is sent."""
    known = read_package(folder).preparation.categories
    places = {name: {value: place for place, value in enumerate(values)} for name, values in known.items()}
    return [
        {name: places[name].get(value) if name in places else value for name, value in record.items() if name != "who"}
        for record in records
    ]
