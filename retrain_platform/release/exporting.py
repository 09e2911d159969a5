"""Where a split comes true beside our own gateway: a folder, a mesh's weights, a function of the user's own."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, Field

from retrain_platform.dataset.places import Call
from retrain_platform.dataset.record import Record
from retrain_platform.release.split import Split

FILE = "{file}"
"""In a command's words: the file that was written."""

_CAVEAT = """\
# Weights share out requests, not entities: one entity may meet both versions. Where that must not be, let the
# mesh keep sessions (sessionPersistence), or serve by `retrain serve`, which routes by the entity itself.
"""


def _dns_name(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", value):
        raise ValueError(f"name == {value!r}, must be letters, digits and '-', at most 63, as Kubernetes names things")
    return value


def _with_version(value: str) -> str:
    if "{version}" not in value:
        raise ValueError(f"service == {value!r}, must hold {{version}}: each version is a service of its own")
    _dns_name(value.replace("{version}", "1").replace("{model}", "m"))
    return value


DnsName = Annotated[str, AfterValidator(_dns_name)]


class FolderExport(Record):
    """Writes `<path>/<model>.json`, the split itself, replaced atomically: for a router of one's own."""

    kind: Literal["folder"] = "folder"
    path: str = Field(min_length=1)


class HttpRouteExport(Record):
    """Writes an HTTPRoute of the Kubernetes Gateway API to `<path>/<model>.yaml`, and has it applied.

    `gateways` are its parents; `hostnames` and `prefix` what it takes; `service` names each version's service,
    `{model}` (its `_` as `-`) and `{version}` in it; `port` is the services'. `apply` is a command in words, not
    a shell's line, with `{file}` for the file: none only writes it. `mirror` lets the mesh send every request to the
    shadow, too, whose answers it drops.
    """

    kind: Literal["http_route"] = "http_route"
    path: str = Field(min_length=1)
    namespace: DnsName = "default"
    gateways: tuple[DnsName, ...] = Field(min_length=1)
    hostnames: tuple[str, ...] = ()
    prefix: str = Field(default="/", pattern=r"^/")
    service: Annotated[str, AfterValidator(_with_version)] = "{model}-{version}"
    port: int = Field(default=80, ge=1, le=65_535)
    apply: tuple[str, ...] = ()
    mirror: bool = False


class PythonExport(Record):
    """A function `(split: Split) -> None`, named as 'package.module:function'; the same split again must do no harm."""

    kind: Literal["python"] = "python"
    call: Call


Export = Annotated[FolderExport | HttpRouteExport | PythonExport, Field(discriminator="kind")]
"""One place where the split comes true."""


def http_route(split: Split, to: HttpRouteExport) -> str:
    """The split as an HTTPRoute (gateway.networking.k8s.io/v1), YAML; '' while nobody answers.

    Weights are the shares in percent. What only scores beside has no weight; see `HttpRouteExport.mirror`.
    """
    if split.champion is None:
        return ""
    document = {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {
            "name": _plain(split.model),
            "namespace": to.namespace,
            "labels": {"app.kubernetes.io/managed-by": "retrain"},
            "annotations": {"retrain/seq": str(split.seq), "retrain/by": split.by, "retrain/why": split.why},
        },
        "spec": {
            "parentRefs": [{"name": name} for name in to.gateways],
            **({"hostnames": list(to.hostnames)} if to.hostnames else {}),
            "rules": [_rule(split, to)],
        },
    }
    return _CAVEAT + yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=10_000)


def _rule(split: Split, to: HttpRouteExport) -> dict[str, Any]:
    weights = {version: share for version, share in split.shares.items() if share}
    backends = [{**_service(split, version, to), "weight": weight} for version, weight in weights.items()]
    mirrored = [version for version in split.beside if version not in weights] if to.mirror else []
    filters = [
        {"type": "RequestMirror", "requestMirror": {"backendRef": _service(split, version, to)}} for version in mirrored
    ]
    return {
        "matches": [{"path": {"type": "PathPrefix", "value": to.prefix}}],
        **({"filters": filters} if filters else {}),
        "backendRefs": backends,
    }


def _service(split: Split, version: str, to: HttpRouteExport) -> dict[str, Any]:
    named = to.service.replace("{model}", _plain(split.model)).replace("{version}", _plain(version))
    return {"name": named, "port": to.port}


def _plain(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")
