"""One worker of the gateway beside MLflow's scoring server, FastAPI with pydantic, and bare Starlette: same model, same
client, in turns.

    python benchmarks/serving.py [ROUNDS] [SECONDS] [CONNECTIONS]

`CPU us` is what a server uses for a request; `client` is the client's share of a core, which shows that it is
not what limits.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

from serving_parts.model import bodies, coded, fit, publish, shape
from serving_parts.servers import Server, asked, bare, gateway, mlflow

from retrain_platform.adapters.gateway_home import GatewayHome
from retrain_platform.adapters.package_files import BOOSTER, read_package

OURS, BUSY = "gateway", "gateway, shadow and canary on"
MLFLOW, FASTAPI, STARLETTE = "MLflow scoring server", "FastAPI + pydantic", "Starlette + orjson"


class Goal(NamedTuple):
    """What must hold of two servers: `figure` of one is at least (or at most) `times` the other's.

    The median of the turns' own ratios: what else the machine does meets both sides of a turn nearly alike.
    """

    figure: str
    one: str
    at_least: bool
    times: float
    other: str

    def told(self, of: dict[str, list[dict[str, Any]]]) -> str:
        """Whether it holds, with the ratio, and the least and greatest of a turn."""
        turns = zip(of[self.one], of[self.other], strict=True)
        ratios = [one[self.figure] / other[self.figure] for one, other in turns]
        ratio = statistics.median(ratios)
        holds = ratio >= self.times if self.at_least else ratio <= self.times
        bound = f"{'at least' if self.at_least else 'under'} {self.times:g}"
        found = f"{ratio:.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
        said = f"{self.figure} of {self.one} / {self.other} == {found}, must be {bound}"
        return f"{'holds' if holds else 'FAILS'}  {said}"


GOALS = (
    Goal("rps", OURS, True, 5.0, MLFLOW),
    Goal("rps", OURS, True, 1.0, FASTAPI),
    Goal("p50", OURS, False, 2.0, FASTAPI),
    Goal("rps", BUSY, True, 0.8, OURS),
)


def main() -> None:
    """Fit, start all, ask each in turns, print the medians and whether each goal holds."""
    rounds, seconds, connections = _numbers(sys.argv[1:], (7, 4, 8))
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        servers = _servers(Path(folder), stack)
        found: dict[str, list[dict[str, Any]]] = {server.name: [] for server in servers}
        for server in servers:
            asked(server, connections, 1.0)  # warm
        for turn in range(rounds):
            for server in servers if turn % 2 else servers[::-1]:
                found[server.name].append(asked(server, connections, seconds))
        print(_table(found, rounds, seconds, connections))


def _servers(folder: Path, stack: ExitStack) -> list[Server]:
    """All of them, started."""
    one, two = fit(folder / "1", 1), fit(folder / "2", 2)
    trees, leaves = shape(one)
    print(f"{trees} trees of up to {leaves} leaves, 20 features, two of them categories")
    records = bodies()
    named, numbers = folder / "named.jsonl", folder / "coded.jsonl"
    named.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    split = [{"dataframe_records": [record]} for record in coded(one, records)]
    numbers.write_text("\n".join(map(json.dumps, split)), encoding="utf-8")
    quiet, busy = GatewayHome(folder / "quiet"), GatewayHome(folder / "busy")
    publish(quiet, {"1": one}, champion="1")
    packages = {"1": one, "2": two}
    publish(busy, packages, champion="1", canary="2", share=20, beside=("1", "2"), stage="canary")
    return [
        stack.enter_context(gateway(OURS, quiet.root, named)),
        stack.enter_context(gateway(BUSY, busy.root, named)),
        stack.enter_context(bare(FASTAPI, "fastapi", one, named)),
        stack.enter_context(bare(STARLETTE, "starlette", one, named)),
        stack.enter_context(mlflow(MLFLOW, _mlflow_model(one, folder / "mlflow"), numbers)),
    ]


def _mlflow_model(package: Path, folder: Path) -> Path:
    """The same trees in MLflow's LightGBM flavour, with a signature: without one it takes no missing value."""
    import lightgbm as lgb
    from mlflow.lightgbm import save_model
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, Schema

    features = read_package(package).preparation.features
    signature = ModelSignature(Schema([ColSpec("double", name, required=False) for name in features]))
    booster = lgb.Booster(model_file=str(package / BOOSTER))
    save_model(booster, str(folder), signature=signature, pip_requirements=[])
    return folder


def _numbers(given: Sequence[str], shipped: tuple[int, int, int]) -> tuple[int, int, int]:
    rounds, seconds, connections = [*map(int, given), *shipped[len(given) :]]
    return rounds, seconds, connections


def _table(found: dict[str, list[dict[str, Any]]], rounds: int, seconds: int, connections: int) -> str:
    medians = {
        name: {
            figure: statistics.median(each[figure] for each in of) for figure in ("rps", "p50", "p99", "cpu", "client")
        }
        for name, of in found.items()
    }
    lines = [f"medians of {rounds} turns of {seconds} s, {connections} connections, one worker each, single records"]
    lines.append(f"{'':32}{'requests/s':>12}{'p50 ms':>9}{'p99 ms':>9}{'of FastAPI':>12}{'CPU us':>9}{'client':>9}")
    for name, each in medians.items():
        of = each["rps"] / medians[FASTAPI]["rps"]
        lines.append(
            f"{name:32}{each['rps']:>12.0f}{each['p50']:>9.2f}{each['p99']:>9.2f}{of:>12.2f}{each['cpu']:>9.0f}{each['client']:>9.2f}"
        )
    return "\n".join([*lines, *(goal.told(found) for goal in GOALS)])


if __name__ == "__main__":
    main()
