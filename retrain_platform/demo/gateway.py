"""`retrain serve` in a process of its own, for as long as a story lasts."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep
from types import TracebackType

_LONGEST = 60.0
"""Seconds until it must answer."""


class Gateway:
    """Serves the model of a spec's file on a free port; its own words go to `log`. Use it in a `with`."""

    def __init__(self, file: Path, log: Path, workers: int = 2) -> None:
        self._file, self._log, self._workers = file, log, workers
        self.url = ""

    def __enter__(self) -> Gateway:
        """Start it, and wait until it answers.

        Raises:
            RuntimeError: it does not, with what it said.
        """
        port = _free_port()
        self.url = f"http://127.0.0.1:{port}"
        words = ["serve", str(self._file), "--port", str(port), "--workers", str(self._workers)]
        with self._log.open("w", encoding="utf-8") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "retrain_platform.cli", *words], stdout=log, stderr=subprocess.STDOUT
            )
        try:
            self._wait()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it in order."""
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _wait(self) -> None:
        import httpx

        until = monotonic() + _LONGEST
        while monotonic() < until and self._process.poll() is None:
            try:
                if httpx.get(f"{self.url}/ready", timeout=2).status_code == httpx.codes.OK:
                    return
            except httpx.TransportError:
                pass
            sleep(0.2)
        raise RuntimeError(f"the gateway does not answer; it said:\n{self._log.read_text(encoding='utf-8')}")


def _free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port: int = held.getsockname()[1]
        return port
