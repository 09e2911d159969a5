"""What the office works with: the models' workshops, and one act at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from retrain_platform.gateway.doors.replies import Refused
from retrain_platform.spec import SpecErrors
from retrain_platform.spec.load import read_spec
from retrain_platform.spec.model import ModelSpec

ShopOf = Callable[[ModelSpec], Any]


class Desk:
    """The models by the file of their spec, which is read again when it changed. `acting` is held by whoever writes."""

    def __init__(self, files: Mapping[str, Path], shop_of: ShopOf) -> None:
        self._files, self._shop_of = files, shop_of
        self._read: dict[str, tuple[int, ModelSpec]] = {}
        self.acting = threading.Lock()

    def names(self) -> list[str]:
        """The models that are served here, sorted."""
        return sorted(self._files)

    def spec(self, model: str) -> ModelSpec:
        """The model's spec as its file says it now.

        Raises:
            Refused: no model of this name is served here (404), or its spec cannot be read (503).
        """
        if model not in self._files:
            raise Refused(404, f"MODEL == {model!r}, must be one of {', '.join(self.names()) or 'none'}")
        try:
            stamp = self._files[model].stat().st_mtime_ns
            if self._read.get(model, (0, None))[0] != stamp:
                self._read[model] = (stamp, read_spec(self._files[model]))
        except (OSError, SpecErrors) as error:
            raise Refused(503, f"the spec of {model} cannot be read at the gateway: {error}") from None
        return self._read[model][1]

    def shop(self, model: str) -> Any:
        """The model's workshop.

        Raises:
            Refused: as `spec`.
        """
        return self._shop_of(self.spec(model))
