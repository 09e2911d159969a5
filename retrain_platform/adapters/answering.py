"""The clean process itself: loads one package, answers the requests of a file, and writes what it saw to another.

`python -m retrain_platform.adapters.answering PACKAGE REQUESTS ANSWERS`: nothing else is loaded, so a package
that leans on what the training process had at hand shows it here.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def frame_of(requests: dict[str, Any]) -> pd.DataFrame:
    """The rows of a file of requests, `features` in their order; a column without a value is one of missing numbers."""
    import pandas as pd

    frame = pd.DataFrame.from_records(requests["rows"], columns=requests["features"])
    empty = [name for name in frame.columns if frame[name].isna().all()]
    return frame.astype(dict.fromkeys(empty, "float64"))


def peak_bytes() -> int | None:
    """The most that this process held since it began, in bytes; None where the system does not say."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return None
    lines = (line.split() for line in status.splitlines() if line.startswith("VmHWM:"))
    return next((int(words[1]) * 1024 for words in lines), None)


def main(package: Path, requests: Path, answers: Path) -> None:
    """Answer, or end with the error of whatever went wrong."""
    from retrain_platform.adapters.packaged_model import load_package

    fitted = load_package(package)
    scores = fitted.score(frame_of(json.loads(requests.read_text(encoding="utf-8"))))
    found = {"scores": scores.tolist(), "classes": fitted.report.classes, "peak_bytes": peak_bytes()}
    answers.write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main(*(Path(word) for word in sys.argv[1:4]))
