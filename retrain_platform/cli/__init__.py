"""`retrain`: by hand, whatever the sensors do by themselves."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from typing import Any

__all__ = ["app", "main"]


def __getattr__(name: str) -> Any:
    """`app`, the whole command line, made when it is asked for."""
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    # Each registers its commands.
    from retrain_platform.cli import (  # noqa: F401
        adopt,
        fleet,
        labelling,
        notifying,
        papers,
        people,
        reading,
        refitting,
        release,
        release_data,
        release_drill,
        release_history,
        release_open,
        release_split,
        replay,
        road,
        serve,
        tokens,
        trying,
    )
    from retrain_platform.cli.app import app
    from retrain_platform.cli.drift import drift

    if not any(command.callback is drift for command in app.registered_commands):
        app.command()(drift)
    globals()["app"] = app  # else the name is the module's: importing it set it
    return app


def main() -> None:
    """The command `retrain`; `retrain drift` alone starts without the rest, which takes longer than its work."""
    if sys.argv[1:2] != ["drift"]:
        __getattr__("app")()
        return
    _hasten()
    import typer

    from retrain_platform.cli.drift import drift

    alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich")
    alone.command("drift")(drift)
    sys.argv[0:2] = ["retrain drift"]
    alone()


def _hasten() -> None:
    """Before numpy and pydantic are imported: what a short process would pay for and not use."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # the matrices are small; waiting threads burn time
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # else all installed packages are searched for some
    gc.set_threshold(100_000)  # imports make much, and nothing to collect
    atexit.register(gc.freeze)  # nor need what is left at the end be looked through
