"""What every keeper of trainings does, run on the memory fake and on files."""

from __future__ import annotations

import multiprocessing
import os
import signal
from pathlib import Path
from threading import Event, Thread
from typing import Any

from retrain_platform.adapters.kept_texts import KeptTexts


def test_what_was_put_last_is_given(kept: Any) -> None:
    assert kept.get("a") is None
    kept.put("a", "one")
    kept.put("a", "two, über")
    kept.put("b", "other")
    assert (kept.get("a"), kept.get("b")) == ("two, über", "other")


def test_a_key_is_held_by_one_alone_and_others_are_free(kept: Any) -> None:
    with kept.claimed("a", wait=False) as mine:
        assert mine
        with kept.claimed("a", wait=False) as twice, kept.claimed("b", wait=False) as other:
            assert (twice, other) == (False, True)
    with kept.claimed("a", wait=False) as again:
        assert again


def test_who_waits_comes_after_the_holder(kept: Any) -> None:
    told: list[str] = []
    begun = Event()

    def wait() -> None:
        begun.set()
        with kept.claimed("a", wait=True) as mine:
            told.append(f"waiter {mine} {kept.get('a')}")

    with kept.claimed("a", wait=False):
        waiter = Thread(target=wait)
        waiter.start()
        begun.wait()
        kept.put("a", "done")
        told.append("holder")
    waiter.join()
    assert told == ["holder", "waiter True done"]


def test_a_claim_ends_with_its_holder(kept: Any) -> None:
    try:
        with kept.claimed("a", wait=False):
            raise RuntimeError("a fit that breaks")
    except RuntimeError:
        pass
    with kept.claimed("a", wait=False) as mine:
        assert mine


def _holds(folder: Path, holding: Any) -> None:
    with KeptTexts(folder).claimed("a", wait=False):
        holding.set()
        signal.pause()


def test_a_process_that_is_killed_gives_its_claim_back(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    holding = context.Event()
    holder = context.Process(target=_holds, args=(tmp_path, holding))
    holder.start()
    assert holding.wait(30)
    with KeptTexts(tmp_path).claimed("a", wait=False) as mine:
        assert not mine
    assert holder.pid is not None
    os.kill(holder.pid, signal.SIGKILL)
    holder.join()
    with KeptTexts(tmp_path).claimed("a", wait=False) as mine:
        assert mine


def test_a_damaged_file_is_as_good_as_none(tmp_path: Path) -> None:
    kept = KeptTexts(tmp_path)
    kept.put("a", "text")
    (tmp_path / "a.json").write_bytes(b"\xff\xfe\x00")
    assert kept.get("a") is None
