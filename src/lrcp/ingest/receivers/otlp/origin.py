"""What a resource says of the sender, once per resource: service, env, version, host."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from lrcp.ingest.receivers.otlp.values import as_text, plain
from lrcp.model.ids import payload_digest

UNKNOWN_SERVICE: Final = "unknown_service"
"""OpenTelemetry's own word for a resource without service.name."""

_FIELDS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("service", ("datadog.service", "service.name")),
    ("env", ("datadog.env", "deployment.environment.name", "deployment.environment", "env")),
    ("version", ("datadog.version", "service.version")),
    ("host", ("datadog.host", "host.name")),
)

_INFRA_TAGS: Final[Mapping[str, str]] = {
    "cloud.provider": "cloud_provider",
    "cloud.region": "region",
    "cloud.availability_zone": "zone",
    "container.id": "container_id",
    "container.name": "container_name",
    "container.image.name": "image_name",
    "k8s.cluster.name": "kube_cluster_name",
    "k8s.namespace.name": "kube_namespace",
    "k8s.deployment.name": "kube_deployment",
    "k8s.pod.name": "pod_name",
}
"""Resource attributes that become tags of metrics and logs, under Datadog's names; others would only multiply series."""


class Origin(msgspec.Struct):
    """A resource, read. attributes are what no field took, as tag texts; identity (16 bytes) tells one process from another."""

    service: str = ""
    env: str = ""
    version: str = ""
    host: str = ""
    attributes: dict[str, str] = {}
    identity: bytes = b""

    def tags(self) -> tuple[str, ...]:
        """The tags of a metric or log of this resource, as `key:value`, not yet normalised."""
        fields = (("service", self.service), ("env", self.env), ("version", self.version), ("host", self.host))
        infra = ((_INFRA_TAGS[key], text) for key, text in self.attributes.items() if key in _INFRA_TAGS)
        return tuple(f"{key}:{text}" for key, text in (*fields, *infra) if text)


def texts(attributes: Iterable[Any]) -> dict[str, str]:
    """Attributes as {key: text}."""
    return {pair.key: as_text(plain(pair.value)) for pair in attributes}


def read_origin(resource: Any) -> Origin:
    """A resource message (protobuf or its JSON twin) as an Origin."""
    attributes = texts(resource.attributes)
    identity = payload_digest(*(f"{key}:{text}".encode() for key, text in sorted(attributes.items())))
    fields: dict[str, str] = {}
    for field, keys in _FIELDS:
        present = [text for key in keys if (text := attributes.pop(key, ""))]
        if present:
            fields[field] = present[0]
    return Origin(attributes=attributes, identity=identity, **fields)
