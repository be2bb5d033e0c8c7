"""Existing PeerAuthentications: what somebody else says of mutual TLS holds beside, or before, what we say.

Other clusters call through a gateway that passes their mutual TLS on, so pods that take none are lost to them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from meshhub_pulumi.model.finding import Finding, finding
from meshhub_pulumi.model.fleet import FleetCluster, FleetService, carriers
from meshhub_pulumi.model.manifest import Conventions, Manifest, ManifestKey, Manifests
from meshhub_pulumi.model.plugin import Rule
from meshhub_pulumi.model.view import View
from meshhub_pulumi.rules import plain_servers, strict_callers
from meshhub_pulumi.rules.foreign import Meeting, meetings
from meshhub_pulumi.rules.peers import Peers
from meshhub_pulumi.rules.place import owner_of
from meshhub_pulumi.rules.selecting import Labels, selector_of
from meshhub_pulumi.rules.walk import at, walk

_LOOSE = ("PERMISSIVE", "DISABLE")


def _check(view: View, manifests: Mapping[ManifestKey, Manifest]) -> Iterator[Finding]:
    for meeting in meetings(view, manifests, "PeerAuthentication"):
        cluster = meeting.cluster
        conventions = {cluster.name: Conventions(cluster.cluster_domain, cluster.istio_namespace)}
        together = Manifests({one.key: one for one in (*meeting.ours, *meeting.theirs)}, conventions)
        for rule in (plain_servers.RULE, strict_callers.RULE):
            yield from rule.check(together)
        yield from _loosened(meeting, view)
        if any(value == "DISABLE" for one in meeting.theirs for _, value in _modes(one)):
            yield from _unreachable(meeting, Peers(together.of("PeerAuthentication"), cluster.istio_namespace), view)


def _modes(one: Manifest) -> list[tuple[str, Any]]:
    return walk(one.body, "spec.mtls.mode", "spec.portLevelMtls.*.mode")


def _loosened(meeting: Meeting, view: View) -> Iterator[Finding]:
    strict = next((one for one in meeting.ours if one.key.kind == "PeerAuthentication"), None)
    root = meeting.cluster.istio_namespace
    for one in meeting.theirs if strict else ():
        assert strict is not None
        everywhere = one.key.namespace == root
        if everywhere and selector_of(one):
            continue  # Istio reads no selector there
        modes = sorted({str(value) for _, value in _modes(one) if value in _LOOSE})
        if everywhere and not modes and at(one.body, "spec.mtls.mode") in (None, "UNSET"):
            modes = ["no mode"]
        if modes:
            older = ", and the older of the two holds for the mesh" if everywhere else ""
            message = f"{one.key.title} says {' and '.join(modes)}{older}"
            yield finding("MH521", message, owner_of(strict, view))


class _Served(NamedTuple):
    """What other proxies call with mutual TLS: pods of a namespace, and their ports."""

    host: str
    namespace: str
    labels: Labels
    ports: tuple[int, ...]
    by: Manifest


def _unreachable(meeting: Meeting, peers: Peers, view: View) -> Iterator[Finding]:
    """Of every host at most one finding for each object: one port says enough."""
    for served in _served(meeting):
        pods: list[Labels] = [pod.labels for pod in carriers(meeting.cluster.pods, served.namespace, served.labels)]
        disabling = {
            mode.by.key: mode.by
            for labels in pods or [served.labels]
            for port in served.ports
            if (mode := peers.of_pods(served.namespace, labels, port)).name == "DISABLE" and mode.by is not None
        }
        for one in disabling.values():
            message = f"{served.host} is called with ISTIO_MUTUAL, which {one.key.title} disables"
            yield finding("MH520", message, owner_of(served.by, view, "spec.host" if _is_rule(served.by) else "spec"))


def _served(meeting: Meeting) -> Iterator[_Served]:
    services = _by_host(meeting.cluster)
    for manifest in meeting.ours:
        body = manifest.body
        if manifest.key.kind == "ServiceEntry" and (labels := at(body, "spec.workloadSelector.labels")):
            ports = tuple(port.get("targetPort", port["number"]) for port in body["spec"]["ports"])
            yield _Served(body["spec"]["hosts"][0], manifest.key.namespace, labels, ports, manifest)
        elif _is_mutual(manifest) and (found := services.get(body["spec"]["host"])) and found.selector:
            ports = tuple(port.target for port in found.tcp_ports)
            yield _Served(body["spec"]["host"], found.key.namespace, found.selector, ports, manifest)


def _is_rule(manifest: Manifest) -> bool:
    return manifest.key.kind == "DestinationRule"


def _is_mutual(manifest: Manifest) -> bool:
    return _is_rule(manifest) and at(manifest.body, "spec.trafficPolicy.tls.mode") == "ISTIO_MUTUAL"


def _by_host(cluster: FleetCluster) -> Mapping[str, FleetService]:
    return {
        f"{name}.{namespace}.svc.{cluster.cluster_domain}": service
        for (namespace, name), service in cluster.services.items()
    }


RULE = Rule(name="existing_peers", codes=("MH511", "MH520", "MH521"), check=_check)
