"""A PostgreSQL server of a test's own, on a Unix socket in a temporary folder."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

_USERS = ("postgres", "nobody")


class NoPostgres(RuntimeError):
    """There is no server to run here, and why."""


def _binary(name: str) -> str:
    places = [shutil.which(name), *sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)]
    for found in places:
        if found is not None:
            return os.path.realpath(found)
    raise NoPostgres(f"no PostgreSQL server is installed: {name} was not found")


def _as_user(folder: Path) -> dict[str, Any]:
    """The server refuses root: another user owns the folder and runs it."""
    if os.getuid() != 0:
        return {}
    for name in _USERS:
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        os.chown(folder, user.pw_uid, user.pw_gid)
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    raise NoPostgres(f"the server refuses root, and there is no user {' or '.join(_USERS)} to run it")


@contextmanager
def running() -> Iterator[str]:
    """The address of an empty server.

    Raises:
        NoPostgres: none can be run here.
    """
    initdb, server = _binary("initdb"), _binary("postgres")
    folder = Path(mkdtemp(prefix="pg", dir="/tmp"))
    try:
        user = _as_user(folder)
        made = [initdb, "-A", "trust", "-U", "retrain", "-E", "UTF8", "--no-sync", "-D", str(folder / "data")]
        subprocess.run(made, check=True, capture_output=True, cwd=folder, **user)
        options = ["-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=60", "-k", str(folder)]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        with subprocess.Popen([server, "-D", str(folder / "data"), *options], cwd=folder, **quiet, **user) as process:
            try:
                url = f"postgresql+psycopg://retrain@/postgres?host={folder}"
                _wait_for(url, process)
                yield url
            finally:
                process.send_signal(signal.SIGINT)  # a SIGTERM waits for clients to leave
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    engine = create_engine(url)
    for _ in range(600):
        try:
            with engine.connect():
                engine.dispose()
                return
        except OperationalError:
            if process.poll() is not None:
                raise NoPostgres(f"the server ended with {process.returncode}") from None
            time.sleep(0.05)
    raise NoPostgres("the server did not answer within 30 s")


def schema_of(url: str, name: str) -> str:
    """The address of an empty schema on the server: a database of a test's own, made in a millisecond."""
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(f'CREATE SCHEMA "{name}"'))
    engine.dispose()
    return f"{url}&options=-csearch_path%3D{name}"
