"""What a mesh renders for each of its clusters, and what else stands in that cluster by the snapshot's word."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from meshhub_pulumi.model.finding import Level
from meshhub_pulumi.model.snapshot import ClusterSnapshot, Gateway
from meshhub_pulumi.readers.files import read
from meshhub_pulumi.report.yaml_text import print_manifest
from meshhub_pulumi.standard import compile_standard

CHECKOUT = Path(__file__).resolve().parents[2]

Manifest = Mapping[str, Any]
_Port = tuple[str, int, int | str | None]
"""Name, port, target port."""


@dataclass(frozen=True, eq=False)
class Rendered:
    """One cluster: its name with that of the mesh, its manifests, and the rest of its objects."""

    name: str
    manifests: tuple[Manifest, ...]
    beside: tuple[Manifest, ...]


def meshes() -> Iterator[Path]:
    """Every golden case, and every example."""
    yield from sorted((CHECKOUT / "tests" / "cases").glob("*/*/mesh.yaml"))
    programs = sorted((CHECKOUT / "examples").glob("*/__main__.py"))
    yield from (path.parent for path in programs if "VirtualMesh(" in path.read_text(encoding="utf-8"))


def rendered(mesh: Path) -> Iterator[Rendered]:
    """The clusters that a mesh renders objects for, in default mode; none where it has errors."""
    loaded = read([str(mesh)])
    compiled = compile_standard(loaded.specs, loaded.snapshot, None)
    if any(finding.level is Level.ERROR for finding in (*loaded.findings, *compiled.findings)):
        return
    for cluster in sorted({key.cluster for key in compiled.manifests}):
        texts = [print_manifest(m.body) for key, m in compiled.manifests.items() if key.cluster == cluster]
        manifests = tuple(map(yaml.safe_load, texts))
        beside = _beside(loaded.snapshot.clusters.get(cluster, ClusterSnapshot()), manifests)
        yield Rendered(f"{mesh.relative_to(CHECKOUT)} {cluster}", manifests, beside)


def _beside(seen: ClusterSnapshot, manifests: tuple[Manifest, ...]) -> tuple[Manifest, ...]:
    """Services, a pod for each workload, gateways, what Istio objects there are, and the namespaces of it all."""
    objects = [
        *(
            _service(x.name, x.namespace, x.selector, [(p.name, p.port, p.target_port) for p in x.ports])
            for x in seen.services
        ),
        *(_pod(x.name, x.namespace, x.labels) for x in seen.workloads),
        *(found for gateway in seen.gateways for found in _gateway(gateway, seen.istio_namespace)),
        *seen.objects,
    ]
    namespaces = {found["metadata"].get("namespace", "default") for found in (*objects, *manifests)}
    injected = {"labels": {"istio-injection": "enabled"}}
    return (*(_object("Namespace", name, {}, **injected) for name in sorted(namespaces)), *objects)


def _gateway(gateway: Gateway, istio_namespace: str) -> tuple[Manifest, Manifest]:
    namespace, labels = gateway.namespace or istio_namespace, gateway.labels
    port = ("tls", gateway.port, gateway.container_port)
    return _service(gateway.name, namespace, labels, [port]), _pod(gateway.name, namespace, labels)


def _service(name: str, namespace: str, selector: Mapping[str, str], ports: Sequence[_Port]) -> Manifest:
    listed = [{"name": name, "port": port, "targetPort": to or port, "protocol": "TCP"} for name, port, to in ports]
    return _object("Service", name, {"selector": dict(selector), "ports": listed}, namespace=namespace)


def _pod(name: str, namespace: str, labels: Mapping[str, str]) -> Manifest:
    containers = [{"name": "istio-proxy", "image": "istio/proxyv2"}]
    return _object("Pod", name, {"containers": containers}, namespace=namespace, labels=dict(labels))


def _object(kind: str, name: str, spec: Manifest, **metadata: object) -> Manifest:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, **metadata}, "spec": spec}
