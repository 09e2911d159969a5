"""A split in the gateway's folder: whole or not at all, newest wins, old versions go late."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread

import pytest

from retrain_platform.adapters.gateway_home import GatewayHome
from retrain_platform.adapters.memory import MemoryRegistry
from retrain_platform.adapters.published import BadPublished, NotPublished, Published
from retrain_platform.adapters.published_folder import AGAIN, KEPT, KEPT_FOR, CannotPublish, FolderExporter
from retrain_platform.release.split import Split
from retrain_platform.training.artefact import PACKAGE_DIGEST, folder_digest
from retrain_platform_tests.steps.tiny import tiny_spec

AT = datetime(2026, 11, 21, tzinfo=UTC)


class Place:
    """A registry of versions that are a file each, and the folder that they are published to."""

    def __init__(self, root: Path) -> None:
        self.root, self.registry, self.clock = root, MemoryRegistry(), AT
        self.home = GatewayHome(root / "gateway")
        self.published = Published(self.home)

    def version(self, digest: str | None = None) -> str:
        number = str(len(self.registry.versions("tiny")) + 1)
        package = self.root / "made" / number
        (package / "members").mkdir(parents=True)
        (package / "members" / "trees.txt").write_text(f"trees of {number}")
        self.registry.register("tiny", number, package, {PACKAGE_DIGEST: digest or folder_digest(package)})
        package.with_suffix(".json").write_text(json.dumps({"rows": [number]}))
        return number

    def exporter(self, **spec: object) -> FolderExporter:
        return FolderExporter(
            self.home,
            tiny_spec(**spec),
            self.registry,
            lambda version: self.root / "made" / f"{version}.json",
            lambda: self.clock,
        )

    def publish(self, seq: int, **named: object) -> None:
        self.exporter().publish(Split(model="tiny", seq=seq, **named))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_what_is_published_can_be_read(place: Place) -> None:
    first, second = place.version(), place.version()
    split = Split(model="tiny", seq=7, champion=first, canary=second, share=5, beside=(second,))
    place.exporter(gateway={"private": ["shop"]}).publish(split)
    assert place.published.models() == ["tiny"]
    assert place.published.split("tiny") == split
    served = place.published.model("tiny")
    assert (served.task, served.entity, served.routed_by, served.gateway.private) == ("binary", "who", "who", ("shop",))
    for version in (first, second):
        package = place.published.package("tiny", version)
        assert folder_digest(package) == folder_digest(place.registry.package("tiny", version))
        smoke = place.published.smoke("tiny", version)
        assert smoke is not None
        assert json.loads(smoke.read_text()) == {"rows": [version]}


def test_a_model_of_lists_is_routed_by_its_query_and_a_users_own_code_is_named(place: Place) -> None:
    place.exporter(
        task="ranking",
        label={"column": "bad", "delay": "12h", "query": "shop"},
        segments=[],
        monitoring={},
        training={"kind": "python", "call": "ours.models:fit", "holdout": "1d"},
        validation={"gates": [{"kind": "floor", "metric": "ndcg@10", "at_least": 0.1}]},
        gateway={"trusted": ["theirs"]},
    ).publish(Split(model="tiny", seq=1))
    served = place.published.model("tiny")
    assert served.routed_by == "shop"
    assert served.trusted == ("ours", "theirs")


def test_an_older_split_changes_nothing_and_the_same_one_touches_nothing(place: Place) -> None:
    first, second = place.version(), place.version()
    place.publish(4, champion=first)
    stamp = place.published.stamp("tiny")
    place.publish(4, champion=first)
    assert place.published.stamp("tiny") == stamp
    place.publish(3, champion=second)
    assert place.published.split("tiny").champion == first
    with pytest.raises(NotPublished, match="version 2 of model tiny"):
        place.published.package("tiny", second)
    place.publish(5, champion=second)
    assert place.published.stamp("tiny") != stamp


def test_a_changed_spec_is_told_at_the_same_split(place: Place) -> None:
    place.publish(1, champion=place.version())
    stamp = place.published.stamp("tiny")
    place.exporter(gateway={"extra": "ignore"}).publish(Split(model="tiny", seq=1, champion="1"))
    assert place.published.model("tiny").gateway.extra == "ignore"
    assert place.published.stamp("tiny") != stamp


def test_a_version_whose_bytes_changed_is_not_published_and_what_stood_stands(place: Place) -> None:
    place.publish(1, champion=place.version())
    bad = place.version(digest="0" * 64)
    with pytest.raises(CannotPublish, match=r"version 2 .* not those registered"):
        place.publish(2, champion=bad)
    assert place.published.split("tiny").champion == "1"
    packages = place.home.packages("tiny")
    assert sorted(path.name for path in packages.glob("[!.]*")) == ["1"]


def test_a_registry_that_is_away_keeps_nobody_from_answering_and_is_not_asked_every_second(place: Place) -> None:
    first, second = place.version(), place.version()
    exporter, asked = place.exporter(), []

    def away(model: str, version: str) -> Path:
        asked.append(version)
        raise ConnectionError("no route")

    exporter.publish(Split(model="tiny", seq=1, champion=first))
    there, place.registry.package = place.registry.package, away  # type: ignore[method-assign]
    for _ in range(3):
        exporter.publish(Split(model="tiny", seq=2, champion=first, beside=(second,)))
    assert place.published.split("tiny").beside == (second,)
    assert asked == [second]
    with pytest.raises(OSError, match="no route"):
        exporter.publish(Split(model="tiny", seq=3, champion=second))
    assert place.published.split("tiny").champion == first
    place.registry.package = there  # type: ignore[method-assign]
    stamp = place.published.stamp("tiny")
    place.clock += AGAIN
    exporter.publish(Split(model="tiny", seq=2, champion=first, beside=(second,)))
    assert place.published.package("tiny", second).is_dir()
    assert place.published.stamp("tiny") != stamp


def test_a_registry_that_hangs_over_who_scores_beside_holds_nobody_up_who_publishes_meanwhile(place: Place) -> None:
    first, second = place.version(), place.version()
    mine, there, asked, go = place.exporter(), place.registry.package, Event(), Event()
    mine.publish(Split(model="tiny", seq=1, champion=first))

    def hangs(model: str, version: str) -> Path:
        asked.set()
        assert go.wait(30)
        return there(model, version)

    place.registry.package = hangs  # type: ignore[method-assign]
    shadow = Split(model="tiny", seq=2, champion=first, beside=(second,))
    slow = Thread(target=mine.publish, args=(shadow,))
    slow.start()
    assert asked.wait(30)
    assert place.published.split("tiny") == shadow
    mine.publish(shadow)
    place.publish(3, champion=first)
    assert slow.is_alive()
    go.set()
    slow.join(30)
    assert place.published.split("tiny").seq == 3
    assert place.published.package("tiny", second).is_dir()


def test_who_only_scores_beside_stops_nobody(place: Place) -> None:
    place.publish(1, champion=place.version(), beside=("9",), warm=(place.version(digest="0" * 64),))
    assert place.published.split("tiny").beside == ("9",)
    with pytest.raises(NotPublished):
        place.published.package("tiny", "9")


def test_old_versions_go_after_a_time_but_the_newest_few_and_those_named_stay(place: Place) -> None:
    versions = [place.version() for _ in range(KEPT + 4)]
    for seq, version in enumerate(versions):
        place.publish(seq, champion=version, warm=(versions[0],))
        place.clock += timedelta(minutes=1)
    there = place.home.packages("tiny")
    assert {path.name for path in there.glob("[!.]*")} == set(versions)
    place.clock += KEPT_FOR
    place.publish(100, champion=versions[-1], warm=(versions[0],), share=1)
    kept = {path.name for path in there.iterdir() if path.is_dir()}
    assert kept == {versions[0], *versions[-1 - KEPT :]}


def test_a_killed_copy_leaves_nothing_under_the_name(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    version = place.version()

    def killed(path: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("retrain_platform.adapters.published_folder._files_to_disk", killed)
    with pytest.raises(KeyboardInterrupt):
        place.publish(1, champion=version)
    monkeypatch.undo()
    assert place.published.models() == []
    with pytest.raises(NotPublished):
        place.published.package("tiny", version)
    place.publish(1, champion=version)
    assert place.published.package("tiny", version).is_dir()


def test_a_torn_file_is_named_and_written_anew(place: Place) -> None:
    place.publish(1, champion=place.version())
    place.home.split("tiny").write_text('{"model": "ti')
    with pytest.raises(BadPublished, match=r"split\.json cannot be read"):
        place.published.split("tiny")
    place.publish(1, champion="1")
    assert place.published.split("tiny").champion == "1"
