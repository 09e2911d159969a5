"""What one whole process costs, from its start to its exit. Only the standard library is imported.

    python measure.py SECONDS COMMAND [ARGUMENT...]     # prints one line of JSON

The measured process is started by a small interpreter of its own: Linux counts the pages of the
process that forks into the peak memory of the one that it starts.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from tempfile import TemporaryFile
from typing import NamedTuple

KIB_IN_GIB = 1 << 20
QUIET = {"DO_NOT_TRACK": "1", "NML_DISABLE_USAGE_LOGGING": "1"}
"""No peer reports its use to anyone while it is measured."""


class Cost(NamedTuple):
    """`cpu` is user and system seconds of the process and of the children it waited for, all threads together.

    `memory` is the peak resident memory in GiB of the process or, where that is more, of its
    largest child. `error` is empty unless it failed.
    """

    cpu: float
    wall: float
    memory: float
    error: str = ""


def cost_of(command: Sequence[str], *, limit_seconds: int, environment: Mapping[str, str] | None = None) -> Cost:
    """Run `command` and say what it took."""
    around = [sys.executable, "-I", "-S", __file__, str(limit_seconds), *command]
    environment = {**os.environ, **QUIET, **(environment or {})}
    done = subprocess.run(around, capture_output=True, text=True, check=True, env=environment)
    return Cost(**json.loads(done.stdout))


def _measured(limit_seconds: int, command: Sequence[str]) -> Cost:
    with TemporaryFile() as said:
        begun = time.perf_counter()
        try:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said)
        except OSError as problem:
            return Cost(0.0, 0.0, 0.0, str(problem))
        signal.signal(signal.SIGALRM, lambda *_: process.kill())
        signal.alarm(limit_seconds)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begun
        signal.alarm(0)
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        error = _error(process.returncode, said.read().decode(errors="replace"), wall >= limit_seconds)
    return Cost(used.ru_utime + used.ru_stime, wall, used.ru_maxrss / KIB_IN_GIB, error)


def _error(code: int, said: str, late: bool) -> str:
    if code == 0:
        return ""
    if late:
        return "stopped at the time limit"
    lines = [line.strip(" │") for line in said.splitlines() if any(map(str.isalnum, line))]
    return f"exit {code}: {lines[-1][:200] if lines else 'said nothing'}"


if __name__ == "__main__":
    print(json.dumps(_measured(int(sys.argv[1]), sys.argv[2:])._asdict()))
