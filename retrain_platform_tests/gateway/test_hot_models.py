"""A worker follows the published folder: loaded and tried first, switched at once, and never left without a model."""

from __future__ import annotations

import gc
import json
import os
import shutil
import subprocess
import sys
import threading
import weakref
from datetime import UTC, datetime
from pathlib import Path

import pytest

from retrain_platform.gateway.base import NotServed, Row
from retrain_platform.gateway.models.hot import AGAIN_SECONDS, HotModels
from retrain_platform.gateway.models.serving import Served
from retrain_platform_tests.gateway.published import ROW, Shelf, score
from retrain_platform_tests.gateway.watch import Watch

KEY = bytes(range(32))
BODY = json.dumps(ROW).encode()


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    found = Shelf(tmp_path)
    found.bring("1")
    found.split("1")
    return found


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def models(shelf: Shelf, watch: Watch) -> HotModels:
    made = HotModels(shelf.published, ["tiny"], KEY, clock=watch)
    made.look()
    return made


def answer(served: Served, arm: str = "champion") -> float:
    rows = served.read(BODY).rows
    [found] = served.loaded("canary" if arm == "canary" else "champion").answer(rows)
    assert found.error is None
    assert isinstance(found.score, float)
    return found.score


def problem(models: HotModels) -> str:
    return models.applied(datetime(2026, 1, 1, tzinfo=UTC), {})["tiny"].problem


def test_what_is_published_is_served(models: HotModels) -> None:
    assert answer(models.serving("tiny")) == pytest.approx(score("1"), abs=1e-12)
    told = models.applied(datetime(2026, 1, 1, tzinfo=UTC), {"tiny": 3})["tiny"]
    assert (told.seq, told.dropped, told.problem) == (1, 3, "")
    assert models.loaded("tiny") == ("1",)


def test_a_new_split_is_taken_and_a_request_keeps_the_one_it_began_with(shelf: Shelf, models: HotModels) -> None:
    before = models.serving("tiny")
    shelf.bring("2")
    shelf.split("1", canary="2", share=50)
    models.look()
    after = models.serving("tiny")
    assert (before.split.canary, after.split.canary) == (None, "2")
    assert after.loaded("champion") is before.loaded("champion")
    assert answer(after, "canary") == pytest.approx(score("2"), abs=1e-12)
    with pytest.raises(NotServed):
        before.loaded("canary")
    models.look()
    assert models.serving("tiny") is after


def test_what_no_split_names_leaves_the_memory_and_what_is_warm_stays(shelf: Shelf, models: HotModels) -> None:
    first = weakref.ref(models.serving("tiny").loaded("champion"))
    shelf.bring("2")
    shelf.split("2", warm=("1",))
    models.look()
    assert models.loaded("tiny") == ("2", "1")
    shelf.split("2")
    models.look()
    gc.collect()
    assert (models.loaded("tiny"), first()) == (("2",), None)


def test_a_version_with_other_answers_than_the_stored_ones_does_not_answer(shelf: Shelf, models: HotModels) -> None:
    shelf.bring("2", answers=score("2") + 0.01)
    shelf.split("2")
    models.look()
    assert answer(models.serving("tiny")) == pytest.approx(score("1"))
    assert "version 2 answers" in problem(models)
    assert "as when it was registered" in problem(models)
    shelf.bring("4")
    shelf.split("4")
    models.look()
    assert (models.serving("tiny").split.champion, problem(models)) == ("4", "")


def test_a_package_that_was_cut_short_is_not_given_to_lightgbm_which_would_end_the_process(
    shelf: Shelf, models: HotModels
) -> None:
    shelf.bring("2")
    trees = shelf.home.package("tiny", "2") / "package" / "booster.txt"
    trees.write_text(trees.read_text()[:2000])
    shelf.split("2")
    models.look()
    assert models.serving("tiny").split.champion == "1"
    assert "holds other bytes than were published" in problem(models)
    (shelf.home.package("tiny", "2") / "digest").unlink()
    shelf.split("2")
    models.look()
    assert "cannot be read" in problem(models)


def test_a_canary_that_cannot_be_loaded_leaves_the_old_split_in_force(shelf: Shelf, models: HotModels) -> None:
    shelf.split("1", canary="3", share=5)
    models.look()
    assert models.serving("tiny").split.seq == 1
    assert "version 3 of model tiny was not published" in problem(models)


def test_who_only_scores_beside_keeps_no_split_from_force(shelf: Shelf, models: HotModels) -> None:
    shelf.bring("2")
    shelf.split("2", beside=("3", "1"), warm=("3",))
    models.look()
    served = models.serving("tiny")
    assert served.split.seq == 2
    assert [each.version for each in served.beside()] == ["1"]
    assert "version 3" in problem(models)


def test_what_failed_is_tried_again_ever_more_rarely(shelf: Shelf, models: HotModels, watch: Watch) -> None:
    shelf.split("3")
    models.look()
    watch.at = AGAIN_SECONDS
    models.look()
    shelf.bring("3")
    watch.at += 2 * AGAIN_SECONDS - 1
    models.look()
    assert models.serving("tiny").split.champion == "1"
    watch.at += 1
    models.look()
    assert (models.serving("tiny").split.champion, problem(models)) == ("3", "")


@pytest.mark.parametrize("name", ["split.json", "model.json"])
def test_a_broken_or_missing_file_keeps_the_last_known_state(shelf: Shelf, models: HotModels, name: str) -> None:
    path = shelf.home.model("tiny") / name
    path.write_text("{")
    models.look()
    assert answer(models.serving("tiny")) == pytest.approx(score("1"))
    assert name in problem(models)
    path.unlink()
    models.look()
    assert answer(models.serving("tiny")) == pytest.approx(score("1"))
    assert "is missing" in problem(models)
    shutil.rmtree(shelf.home.root)
    models.look()
    assert answer(models.serving("tiny")) == pytest.approx(score("1"))


def test_before_anything_was_published_it_says_so_and_begins_when_it_is(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    models = HotModels(shelf.published, ["tiny", "other"], KEY)
    models.look()
    with pytest.raises(NotServed, match=r"tiny cannot answer yet: .*split\.json is missing"):
        models.serving("tiny")
    with pytest.raises(KeyError):
        models.serving("unknown")
    assert models.names() == ("other", "tiny")
    assert models.loaded("tiny") == ()
    shelf.split(None)
    models.look()
    for ask in (models.serving("tiny").read, models.serving("tiny").rows_of):
        with pytest.raises(NotServed, match="comes with: retrain run tiny"):
            ask(b"{}")  # type: ignore[operator]
    shelf.bring("1")
    shelf.split("1")
    models.look()
    assert answer(models.serving("tiny")) == pytest.approx(score("1"))


def test_a_changed_spec_is_taken_without_loading_anything_again(shelf: Shelf, models: HotModels) -> None:
    before = models.serving("tiny").loaded("champion")
    shelf.about(private=["shop", "who"])
    models.look()
    served = models.serving("tiny")
    assert served.loaded("champion") is before
    fields, entity = served.logged(Row({**ROW, "who": "u1"}, "u1"))
    assert entity == served.logged_entity("u1") == fields["who"] != "u1"
    assert (fields["x"], fields["shop"] != "north") == (0.5, True)


def test_a_version_of_more_features_answers_who_sends_them(shelf: Shelf, models: HotModels) -> None:
    shelf.bring("5", "wind")
    shelf.split("1", canary="5", share=50)
    models.look()
    served = models.serving("tiny")
    assert "version 5 answers only requests that also have wind" in problem(models)
    canary = served.loaded("canary")
    [without] = canary.answer(served.read(BODY).rows)
    assert without == (None, "wind == nothing, must be there: this version was fitted on it")
    [found] = canary.answer(served.read(json.dumps({**ROW, "wind": 0.3}).encode()).rows)
    assert found.score == pytest.approx(score("5", {**ROW, "wind": 0.3}, "wind"))


def test_requests_during_a_hundred_switches_are_all_answered_by_one_version_or_the_other(shelf: Shelf) -> None:
    shelf.bring("2")
    models = HotModels(shelf.published, ["tiny"], KEY)
    models.look()
    known = {score("1"), score("2")}
    seen: set[float] = set()
    ending = threading.Event()

    def follow() -> None:
        while not ending.is_set():
            models.look()

    thread = threading.Thread(target=follow)
    thread.start()
    for switch in range(100):
        shelf.split("12"[switch % 2])
        seen |= {answer(models.serving("tiny")) for _ in range(5)}
    while models.serving("tiny").split.seq < shelf.seq:
        seen.add(answer(models.serving("tiny")))
    ending.set()
    thread.join()
    assert all(any(abs(found - each) < 1e-12 for each in known) for found in seen)
    assert len(seen) == 2


def test_the_thread_looks_by_itself(shelf: Shelf) -> None:
    models = HotModels(shelf.published, ["tiny"], KEY)
    models.start()
    shelf.bring("2")
    shelf.split("2")
    waited = threading.Event()
    for _ in range(500):
        if models.serving("tiny").split.champion == "2":
            break
        waited.wait(0.02)
    models.stop()
    assert models.serving("tiny").split.champion == "2"


def test_a_worker_of_lightgbm_imports_neither_pandas_nor_scikit_learn(shelf: Shelf) -> None:
    code = (
        "import sys, json; from pathlib import Path\n"
        "from retrain_platform.gateway.models.hot import HotModels\n"
        "from retrain_platform.gateway.models.beside import BesideScorer\n"
        "from retrain_platform.adapters.published import Published\n"
        "from retrain_platform.adapters.gateway_home import GatewayHome\n"
        "models = HotModels(Published(GatewayHome(Path(sys.argv[1]))), ['tiny'], bytes(32)); models.look()\n"
        "served = models.serving('tiny'); rows = served.read(sys.argv[2].encode()).rows\n"
        "heavy = ('pandas', 'sklearn', 'scipy', 'lightgbm', 'mlflow', 'dagster', 'pyarrow')\n"
        "found = served.loaded('champion').answer(rows)[0].score\n"
        "print(json.dumps([found, [name for name in heavy if name in sys.modules]]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(shelf.home.root), BODY.decode()],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ,
    )
    found, heavy = json.loads(done.stdout)
    assert heavy == []
    assert found == pytest.approx(score("1"), abs=1e-12)
