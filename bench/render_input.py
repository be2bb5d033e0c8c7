"""A made-up mesh of any size, always the same for the same size: what `meshhub render` is measured on.

Services stand in two to four clusters each, two workloads behind each. Of ten policies four shift traffic over clusters
and subsets, three set timeouts, retries and outlier detection (one of these for all services of a team in a cluster),
one is a failover service, and two say who may call. Several are about one service.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import yaml

API = "meshhub.dev/v1alpha1"
SNAPSHOT, POLICIES = "snapshot.yaml", "policies"

_TEAM = 20
"""Services in a namespace."""
_TEN = 40
"""The services that ten policies are about: a quarter as many policies as services."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is of a mesh."""

    clusters: int
    services: int
    policies: int

    def times(self, factor: float) -> Size:
        """The same mesh grown in every respect."""
        return Size(*(round(count * factor) for count in (self.clusters, self.services, self.policies)))

    def __str__(self) -> str:
        return f"{self.clusters} clusters, {self.services:,} services, {self.policies:,} policies"


def write(size: Size, folder: Path) -> None:
    """The snapshot, and a folder with the mesh and a file of policies for each team."""
    (folder / POLICIES).mkdir(parents=True)
    _write(folder / SNAPSHOT, [{"apiVersion": API, "kind": "MeshSnapshot", "clusters": _clusters(size)}])
    joined = _object("VirtualMesh", "mesh", "default", {"clusters": [_cluster(c) for c in range(size.clusters)]})
    _write(folder / POLICIES / "mesh.yaml", [joined])
    made = sorted((policy(number, size) for number in range(size.policies)), key=_namespace)
    for team, objects in groupby(made, key=_namespace):
        _write(folder / POLICIES / f"{team}.yaml", objects)


def policy(number: int, size: Size, timeout: str = "5s") -> dict[str, Any]:
    """One of the policies; the timeout is for those that set one."""
    kind, of_ten = number % 10, number // 10 * _TEN
    about = (of_ten + (0, 4, 8, 12, 0, 24, 16, 20, 0, 8)[kind]) % size.services
    places = _places(about, size)
    everywhere = {"name": _service(about), "namespace": _team(about)}
    here, there = ({**everywhere, "cluster": _cluster(place)} for place in places[:2])
    name = f"policy-{number:05}"
    # of one cluster: an account of every cluster is a list of all clusters, and the output would grow with their square
    caller = {"serviceAccount": _service(about + 1), "namespace": _team(about + 1), "cluster": there["cluster"]}
    if kind < 4:
        shares = [(here, "v1", 80), (here, "v2", 15), (there, "v2", 5)]
        shift = [{"destination": {**to, "subset": {"version": v}}, "weight": share} for to, v, share in shares]
        spec: dict[str, Any] = {"destinations": [here], "trafficShift": shift, "timeout": timeout}
    elif kind == 4:
        retries = {"attempts": 3, "perTryTimeout": "2s", "retryOn": ["reset"]}
        spec = {"destinations": [everywhere], "retries": retries, "outlierDetection": {"interval": "5s"}}
    elif kind == 5:
        spec = {"destinations": [everywhere], "sources": [{"namespaces": [_team(about)]}], "retries": {"attempts": 2}}
    elif kind == 6:
        team = {"labels": {"tier": "web"}, "namespaces": [_team(about)], "clusters": [here["cluster"]]}
        spec = {"destinations": [team], "timeout": timeout, "outlierDetection": {"consecutiveErrors": 4}}
    elif kind == 7:
        backings = [{**everywhere, "cluster": _cluster(place)} for place in places]
        host = f"{_service(about)}.{_team(about)}.global"
        return _object(
            "FailoverService",
            name,
            _team(about),
            {"hostname": host, "port": {"number": 8080}, "backingServices": backings, "clusters": [here["cluster"]]},
        )
    elif kind == 8:
        sources = [{"namespaces": [_team(about)], "clusters": [_cluster(place) for place in places]}, caller]
        return _object("AccessPolicy", name, _team(about), {"destinations": [everywhere], "sources": sources})
    else:
        rule = {"paths": ["/api/*"], "methods": ["GET", "POST"]}
        return _object("AccessPolicy", name, _team(about), {"destinations": [here], "sources": [caller], **rule})
    return _object("TrafficPolicy", name, _team(about), spec)


def _clusters(size: Size) -> dict[str, Any]:
    here: dict[int, list[int]] = {}
    for service in range(size.services):
        for place in _places(service, size):
            here.setdefault(place, []).append(service)
    return {_cluster(number): _seen(number, here.get(number, [])) for number in range(size.clusters)}


def _seen(number: int, services: Iterable[int]) -> dict[str, Any]:
    return {
        "istioVersion": "1.30.3",
        "trustDomain": f"{_cluster(number)}.example.com",
        "network": f"network-{number}",
        "locality": {"region": f"region-{number % 5}", "zone": f"zone-{number % 3}"},
        "gateways": [
            {"labels": {"istio": "eastwestgateway"}, "addresses": [f"10.{number}.0.{last}" for last in (1, 2)]}
        ],
        "services": [_seen_service(service) for service in services],
        "workloads": [_workload(service, version) for service in services for version in ("v1", "v2")],
    }


def _seen_service(number: int) -> dict[str, Any]:
    ports = [{"name": "http", "port": 8080, "targetPort": "http"}]
    if number % 10 == 5:
        ports.append({"name": "grpc", "port": 9090, "targetPort": "grpc"})
    if number % 10 == 7:
        ports = [{"name": "tcp-postgres", "port": 5432, "targetPort": "tcp"}]
    return {
        "name": _service(number),
        "namespace": _team(number),
        "labels": {"app": _service(number), "tier": "web" if number % 4 == 0 else "data"},
        "selector": {"app": _service(number)},
        "ports": ports,
    }


def _workload(number: int, version: str) -> dict[str, Any]:
    return {
        "name": f"{_service(number)}-{version}",
        "namespace": _team(number),
        "labels": {"app": _service(number), "version": version},
        "serviceAccount": _service(number),
        "containerPorts": {"http": 8080, "grpc": 9090, "tcp": 5432},
    }


def _places(service: int, size: Size) -> list[int]:
    """The clusters of a service: two to four, near each other for all services of a team."""
    first = service // _TEAM + service % 2
    return [(first + step) % size.clusters for step in range(2 + service % 3)]


def _cluster(number: int) -> str:
    return f"cluster-{number:03}"


def _service(number: int) -> str:
    return f"service-{number:05}"


def _team(service: int) -> str:
    return f"team-{service // _TEAM:04}"


def _object(kind: str, name: str, namespace: str, spec: Mapping[str, Any]) -> dict[str, Any]:
    return {"apiVersion": API, "kind": kind, "metadata": {"name": name, "namespace": namespace}, "spec": spec}


def _namespace(item: Mapping[str, Any]) -> str:
    return str(item["metadata"]["namespace"])


class _Dumper(yaml.CSafeDumper):
    """Writes what people write: no aliases."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True


def _write(file: Path, objects: Iterable[Mapping[str, Any]]) -> None:
    with file.open("w", encoding="utf-8") as stream:
        yaml.dump_all(objects, stream, Dumper=_Dumper, sort_keys=False, default_flow_style=False)
