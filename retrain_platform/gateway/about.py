"""What a worker must know of a model's spec: the content of `model.json`."""

from __future__ import annotations

from retrain_platform.dataset.label import Task
from retrain_platform.dataset.record import Record
from retrain_platform.release.serving import GatewaySpec


class About(Record):
    """`entity` is the field that requests are routed by, None: each request by chance; `label` the label's column."""

    model: str
    task: Task
    label: str
    entity: str | None = None
    gateway: GatewaySpec = GatewaySpec()
