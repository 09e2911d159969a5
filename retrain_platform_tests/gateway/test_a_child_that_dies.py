"""When a process is started again, and when one that says nothing is taken for dead."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from select import select

import pytest

from retrain_platform.gateway.processes import children
from retrain_platform.gateway.processes.children import SILENT, Child
from retrain_platform.gateway.processes.life import Orders
from retrain_platform_tests.gateway.watch import Watch


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def child(watch: Watch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Child]:
    """A worker whose module says one line and waits for ever."""
    (tmp_path / "talks_once.py").write_text('import time\nprint(".", flush=True)\ntime.sleep(600)\n', encoding="utf-8")
    monkeypatch.setattr(children, "_MODULES", {"worker": "talks_once"})
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    reads, holds = os.pipe()
    found = Child(Orders(home=tmp_path, instance="1", name="1-w1", role="worker", lifeline=reads), watch)
    yield found
    found.signal(signal.SIGKILL)
    os.close(reads)
    os.close(holds)


def die(child: Child) -> None:
    """Let it die, at once by the watch's time."""
    pid = child.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    assert child.buried() == -signal.SIGKILL


def test_one_that_dies_at_once_is_started_ever_later_and_one_that_lived_at_once(child: Child, watch: Watch) -> None:
    waits = []
    for _ in range(9):
        child.start()
        die(child)
        begun = watch.at
        while not child.due:
            watch.at += 0.25
        waits.append(watch.at - begun)
    assert waits == [0, 0.25, 0.5, 1, 2, 4, 8, 15, 15]
    assert child.restarts == 9
    child.start()
    watch.at += 60
    die(child)
    assert child.due


def test_one_that_spoke_and_falls_silent_hangs_but_not_one_that_still_begins(child: Child, watch: Watch) -> None:
    child.start()
    watch.at += 10 * SILENT
    assert not child.hangs
    assert select([child.output], [], [], 30)[0]
    assert child.heard() == []
    watch.at += SILENT
    assert not child.hangs
    watch.at += 1
    assert child.hangs
