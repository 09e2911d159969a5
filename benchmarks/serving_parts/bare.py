"""The peers that somebody would write by hand: FastAPI with pydantic, and bare Starlette with orjson.

    python bare.py KIND PACKAGE PORT

Each scores one record by `Booster.predict` and logs nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
import uvicorn

from retrain_platform.adapters.package_files import BOOSTER, read_package


def scorer(package: Path) -> tuple[tuple[str, ...], set[str], Callable[[Any], float]]:
    """The features, those that are texts, and what a record of them scores."""
    preparation = read_package(package).preparation
    booster = lgb.Booster(model_file=str(package / BOOSTER))
    codes = {
        name: {value: float(at) for at, value in enumerate(known)} for name, known in preparation.categories.items()
    }
    nan = float("nan")

    def score(get: Any) -> float:
        row = [
            codes[name].get(get(name), nan) if name in codes else nan if (value := get(name)) is None else value
            for name in preparation.features
        ]
        return float(booster.predict(np.array([row]), num_threads=1)[0])

    return preparation.features, set(codes), score


def fastapi_app(package: Path) -> Any:
    """A handler as FastAPI's own documentation writes one: a model of the body, a model of the answer."""
    from fastapi import FastAPI
    from pydantic import BaseModel, create_model

    features, texts, score = scorer(package)
    fields: Any = {name: (str | None if name in texts else float | None, ...) for name in features}
    record = create_model("Record", who=(str | None, None), **fields)

    class Answer(BaseModel):
        prediction: float
        version: str

    app = FastAPI()

    async def predict(body: Any) -> Answer:
        return Answer(prediction=score(lambda name: getattr(body, name)), version="1")

    predict.__annotations__["body"] = record
    predict.__annotations__["return"] = Answer
    app.post("/predict")(predict)
    return app


def starlette_app(package: Path) -> Any:
    """The least that Starlette can do: no look at the fields."""
    import orjson
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    _, _, score = scorer(package)

    async def predict(request: Request) -> Response:
        record = orjson.loads(await request.body())
        found = orjson.dumps({"prediction": score(record.get), "version": "1"})
        return Response(found, media_type="application/json")

    return Starlette(routes=[Route("/predict", predict, methods=["POST"])])


def main() -> None:
    """Serve on one worker, as quick as uvicorn is."""
    kind, package, port = sys.argv[1:]
    made = {"fastapi": fastapi_app, "starlette": starlette_app}[kind](Path(package))
    uvicorn.run(made, port=int(port), loop="uvloop", http="httptools", access_log=False, log_level="warning")


if __name__ == "__main__":
    main()
