"""How long one row takes in the model: LightGBM's fast path as the gateway asks it, `Booster.predict`, the wrapper.

    python benchmarks/single_row.py [--rows 10000] [--seconds 2]

One LightGBM of 200 trees of 63 leaves on 15 numbers and 5 categories, with missing values and categories that it never
saw; the wrapper is fitted anew, with as many trees and leaves. Every way is asked about the same rows, one at a time on
one thread, round after round, each in turn; CPU time, the median over the rounds and the range. Then: how far the
gateway's answers are from `Booster.predict`'s, over all rows.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import lightgbm as lgb
import numpy as np
import pandas as pd

from retrain_platform.adapters.learners import learner
from retrain_platform.adapters.lightgbm_native import NativeBooster
from retrain_platform.adapters.package_files import BOOSTER
from retrain_platform.adapters.packaged_model import load_package
from retrain_platform.gateway.models.decoding import RowDecoder
from retrain_platform.gateway.models.encoding import Encoder
from retrain_platform.gateway.models.versions import loaded_version
from retrain_platform.release.serving import About
from retrain_platform.training.base import Rows
from retrain_platform.training.lightgbm import LightGBM

_NUMBERS, _CATEGORIES, _ROUNDS = 15, 5, 9
Ways = dict[str, tuple[Callable[[Any], object], Sequence[Any]]]
"""How a row is asked about, and the rows in the form that it takes."""


def made_up(count: int, seed: int) -> pd.DataFrame:
    """Rows with 5% missing values; of seed 1 some categories that those of seed 0 have not."""
    random = np.random.default_rng(seed)
    numbers = random.normal(size=(count, _NUMBERS))
    numbers[random.random(numbers.shape) < 0.05] = np.nan
    frame = pd.DataFrame(numbers, columns=[f"n{place}" for place in range(_NUMBERS)])
    for place in range(_CATEGORIES):
        names = np.array([*(f"c{name}" for name in range(30 + seed)), None], dtype=object)
        frame[f"c{place}"] = random.choice(names, count)
    return frame


def labels_of(frame: pd.DataFrame) -> np.ndarray:
    noise = np.random.default_rng(9).normal(size=len(frame))
    told = frame["n0"].fillna(0) + frame["n1"].fillna(0) * (frame["c0"] == "c3") + frame["n2"].fillna(0) ** 2 / 3
    return (told + noise > 0.3).to_numpy(np.float64)


def microseconds(ask: Callable[[Any], object], asked: Sequence[Any], seconds: float) -> float:
    """The CPU time a row, over as many rows as `seconds` take."""
    done, began = 0, time.thread_time()
    while (took := time.thread_time() - began) < seconds:
        some = asked[done % len(asked) :][:100]
        for row in some:
            ask(row)
        done += len(some)
    return took / done * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=2.0)
    given = parser.parse_args()
    train, asked = made_up(40_000, 0), made_up(given.rows, 1)
    recipe = LightGBM(rounds=200, params={"num_leaves": 63}, early_stopping_rounds=200)
    fitted: Any = learner(recipe, "binary").fit(Rows(train, labels_of(train)))
    with TemporaryDirectory() as place:
        fitted.save(Path(place))
        measure(fitted, Path(place), asked, given.seconds)


def measure(fitted: Any, package: Path, asked: pd.DataFrame, seconds: float) -> None:
    text = (package / BOOSTER).read_text(encoding="utf-8")
    assert text.count("\nTree=") == 200
    native, version = NativeBooster(text), loaded_version("1", package, None, ())
    records = json.loads(asked.to_json(orient="records", double_precision=15))
    decoder = RowDecoder(About(model="m", task="binary", label="y"), version.signature)
    ways = in_the_model(fitted, native, asked)
    ways |= with_the_preparation(fitted, native, version, decoder, records, asked)
    took: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(_ROUNDS):
        for name, (ask, rows) in ways.items():
            took[name].append(microseconds(ask, rows, seconds / _ROUNDS))
    for name, found in took.items():
        print(f"{name:52} {statistics.median(found):8.1f} us a row  ({min(found):.1f} to {max(found):.1f})")
    apart(fitted, load_package(package), version, decoder, records, asked)


def in_the_model(fitted: Any, native: NativeBooster, asked: pd.DataFrame) -> Ways:
    """Rows that are prepared already."""
    matrix = fitted.preparation.transform(asked)
    columns = [f"Column_{place}" for place in range(matrix.shape[1])]
    wrapper = lgb.LGBMClassifier(n_estimators=200, num_leaves=63, n_jobs=1, verbosity=-1)
    wrapper.fit(pd.DataFrame(matrix, columns=columns), labels_of(asked))
    alone = [matrix[[place]] for place in range(2_000)]
    return {
        "in the model: fast path": (native.one, [row.tobytes() for row in matrix]),
        "in the model: Booster.predict": (lambda row: fitted.booster.predict(row, num_threads=1), alone),
        "in the model: scikit-learn wrapper": (
            wrapper.predict_proba,
            [pd.DataFrame(row, columns=columns) for row in alone[:500]],
        ),
    }


def with_the_preparation(
    fitted: Any, native: NativeBooster, version: Any, decoder: RowDecoder, records: list[Any], asked: pd.DataFrame
) -> Ways:
    """Rows as they come."""
    encode = Encoder(fitted.preparation, {}).encode
    bodies = [json.dumps(record).encode() for record in records[:2_000]]
    return {
        "with the preparation: gateway, from fields": (lambda row: native.one(encode(row)), records),
        "with the preparation: gateway, from JSON": (lambda body: version.answer(decoder.read(body).rows), bodies),
        "with the preparation: batch scoring, from a frame": (
            fitted.score,
            [asked.iloc[[place]] for place in range(500)],
        ),
    }


def apart(fitted: Any, loaded: Any, version: Any, decoder: RowDecoder, records: list[Any], asked: pd.DataFrame) -> None:
    wanted = fitted.booster.predict(fitted.preparation.transform(asked), num_threads=1)
    rows = [decoder.rows_of([record])[0] for record in records]
    alone = np.array([version.answer([row])[0].score for row in rows])
    together = np.array([answer.score for answer in version.answer(rows)])
    for name, found in (("one by one", alone), ("together", together), ("batch scoring", loaded.score(asked))):
        print(f"largest distance from Booster.predict, {len(rows)} rows {name}: {np.abs(found - wanted).max():.2g}")


if __name__ == "__main__":
    main()
