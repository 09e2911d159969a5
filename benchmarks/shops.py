"""A model's workshop for a benchmark: values, ledger and registry in memory, no gate before a training."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from retrain_platform.adapters.clock import now
from retrain_platform.adapters.learners import learner
from retrain_platform.adapters.memory import MemoryLake, MemoryLedger, MemoryRegistry, MemoryValues
from retrain_platform.adapters.packaged_model import keep_package, load_package
from retrain_platform.resources import reader_of
from retrain_platform.spec import ModelSpec
from retrain_platform.steps.workshop import Workshop


def in_memory(spec: ModelSpec, **changed: Any) -> Workshop:
    """A workshop of its own; `changed` are the places and functions that the benchmark brings itself."""

    def no_gate(*_args: Any, **_named: Any) -> Any:
        raise AssertionError("nothing is trained on checked data here")

    shop = Workshop(
        spec=spec,
        lake=MemoryLake(),
        values=MemoryValues(),
        ledger=MemoryLedger(),
        registry=MemoryRegistry(),
        reader=reader_of(spec),
        teach=lambda recipe: learner(recipe, spec.task),
        gate=no_gate,
        keep=keep_package,
        load=load_package,
        now=now,
    )
    return replace(shop, **changed)
