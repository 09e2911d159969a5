"""The programs that are measured beside ours, each in an environment of its own (their pins conflict)."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path
from typing import NamedTuple

SCRIPTS = Path(__file__).parents[1] / "drift_peers"


class Peer(NamedTuple):
    """One program with one metric. `package` is also its environment's and its requirements' name."""

    name: str
    package: str
    script: str
    metric: str


PEERS = (
    Peer("scipy PSI", "scipy", "scipy_psi", "PSI by hand, numpy and pandas"),
    Peer("scipy KS", "scipy", "scipy_ks", "ks_2samp; chi-squared of texts"),
    Peer("frouros", "frouros", "frouros_psi", "PSI; chi-squared of texts"),
    Peer("nannyml", "nannyml", "nannyml_ks", "KS; chi-squared of texts"),
    Peer("alibi-detect", "alibi-detect", "alibi_detect_ks", "TabularDrift: KS; chi-squared of texts"),
    Peer("evidently", "evidently", "evidently_psi", "DataDriftPreset: PSI"),
)


class Ready(NamedTuple):
    """A peer's interpreter and the version of its package, or the reason why there is none."""

    python: Path
    version: str = ""
    error: str = ""


def prepared(peer: Peer, environments: Path) -> Ready:
    """Make the peer's environment unless it is there with just these requirements."""
    home, wanted = environments / peer.package, SCRIPTS / f"{peer.package}.txt"
    python, noted = home / "bin" / "python", home / "requirements.txt"
    if not noted.exists() or noted.read_text() != wanted.read_text():
        print(f"installing {peer.package} under {home}", file=sys.stderr, flush=True)
        venv.create(home, clear=True, with_pip=True)
        error = _said([str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", "-r", str(wanted)])[1]
        if error:
            return Ready(python, error=f"not installed: {error}")
        noted.write_text(wanted.read_text())
    ask = f"from importlib.metadata import version; print(version({peer.package!r}))"
    return Ready(python, *_said([str(python), "-c", ask]))


def command(peer: Peer, python: Path, reference: Path, current: Path, to: Path) -> list[str]:
    """What is started to measure the peer."""
    return [str(python), str(SCRIPTS / f"{peer.script}.py"), str(reference), str(current), str(to)]


def _said(asked: list[str]) -> tuple[str, str]:
    """What the command printed, and what it complained of where it failed."""
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return done.stdout.strip(), ""
    complaints = [line for line in done.stderr.splitlines() if line.strip() and not line.startswith("WARNING")]
    return "", complaints[-1] if complaints else f"exit {done.returncode}"
