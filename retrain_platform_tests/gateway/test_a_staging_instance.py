"""A version on an instance of its own: real processes and real HTTP, and nothing is left of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from http.client import IncompleteRead
from pathlib import Path
from typing import Any

import pytest

from retrain_platform.gateway.staging import instance
from retrain_platform.gateway.staging.trials import try_out
from retrain_platform.release.live.plan import Staging
from retrain_platform.release.staging import judged
from retrain_platform_tests.gateway.served import Project

CONTRACT = {
    "consumer": "checkout",
    "expects": [
        {"name": "a chance", "send": {"x": 0.1, "shop": "north"}, "answer": {"required": ["prediction", "version"]}},
        {
            "name": "a word",
            "send": {"x": 0.1, "shop": "north"},
            "answer": {"properties": {"prediction": {"type": "string"}}},
        },
    ],
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    # What limits callers is no fault of a version: it is asked faster, and about more than one request may hold.
    limits = "requests_a_second: 3, most_records: 2"
    found = Project(tmp_path_factory.mktemp("staged"), f"contracts: [checkout.json], {limits}")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(found.folder)
        for name, value in found.env.items():
            patch.setenv(name, value)
        yield found


def contract(project: Project, *places: int) -> None:
    kept = {**CONTRACT, "expects": [CONTRACT["expects"][place] for place in places]}
    (project.folder / "checkout.json").write_text(json.dumps(kept), encoding="utf-8")


def left(project: Project) -> list[Path]:
    return list((project.folder / "home" / "gateway" / "staging").iterdir())


def test_a_sound_version_keeps_all_and_is_measured(project: Project) -> None:
    contract(project, 0)
    showed = try_out(project.shop, "2", 40)
    verdict = judged(showed, Staging(memory=2**40, p95=60_000.0, cpu=60_000.0))
    assert verdict.outcome == "passed", verdict.sentence
    assert [(each.name, bool(each.requests), each.broke) for each in showed.asked] == [
        ("smoke", True, ()), ("doors", True, ()), ("contract of checkout", True, ()),
    ]  # fmt: skip
    measured = (showed.requests, showed.memory, showed.cpu, showed.p50)
    assert all(each is not None and each > 0 for each in measured)
    assert left(project) == []


def test_a_broken_contract_and_a_limit_fail_it(project: Project) -> None:
    contract(project, 0, 1)
    verdict = judged(try_out(project.shop, "2", 5), Staging(memory="1MiB"))
    assert verdict.outcome == "failed"
    assert "1 of 2 contract of checkout requests broke: a word: prediction: " in verdict.sentence
    assert "must be <= 1 MiB" in verdict.sentence


def test_an_instance_that_breaks_off_says_nothing_of_the_version(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks_off(*_: object) -> None:
        raise IncompleteRead(b"")

    contract(project, 0)
    monkeypatch.setattr(instance, "doors", breaks_off)
    verdict = judged(try_out(project.shop, "2", 5), Staging())
    assert (verdict.outcome, "IncompleteRead" in verdict.sentence) == ("cannot_tell", True)


def test_what_cannot_be_loaded_is_refused_and_what_cannot_be_asked_is_not_judged(project: Project) -> None:
    contract(project, 0)

    class Torn:
        def __init__(self, registry: Any) -> None:
            self._registry = registry

        def __getattr__(self, name: str) -> Any:
            return getattr(self._registry, name)

        def package(self, model: str, version: str) -> Path:
            raise LookupError(f"version == {version!r} has no package")

    torn = try_out(replace(project.shop, registry=Torn(project.shop.registry)), "2", 5)
    assert judged(torn, Staging()).outcome == "failed"
    assert "has no package" in torn.refused
    (project.folder / "checkout.json").write_text("{", encoding="utf-8")
    assert judged(try_out(project.shop, "2", 5), Staging()).outcome == "cannot_tell"
    assert left(project) == []
