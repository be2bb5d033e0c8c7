"""Named target ports: a federated or failover host has one number for all pods, a Service asks each pod for its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from meshhub_pulumi.model.finding import Finding, Owner, finding
from meshhub_pulumi.model.fleet import FleetService, Port
from meshhub_pulumi.model.manifest import Manifest, ManifestKey
from meshhub_pulumi.model.plugin import Rule
from meshhub_pulumi.model.view import View
from meshhub_pulumi.rules.place import owner_of


def _check(view: View, manifests: Mapping[ManifestKey, Manifest]) -> Iterator[Finding]:
    told = set()
    for key, manifest in manifests.items():
        spec = manifest.body["spec"]
        if key.kind != "ServiceEntry" or "workloadSelector" not in spec:
            continue
        targets = {port.get("targetPort", port["number"]) for port in spec["ports"]}
        for service in view.cluster(key.cluster).selecting(key.namespace, spec["workloadSelector"]["labels"]):
            for port in service.ports:
                if port.target_name and port.target in targets and (service.key, port.number) not in told:
                    told.add((service.key, port.number))
                    yield from _doubts(service, port, owner_of(manifest, view))


def _doubts(service: FleetService, port: Port, at: Owner) -> Iterator[Finding]:
    name = port.target_name
    numbers = {w.container_ports[name]: w.name for w in service.workloads if name in w.container_ports}
    if not numbers:
        message = f"no workload of {service.key} has a port {name}: {port.target} is taken"
        yield finding("MH129", message, at)
    elif len(numbers) > 1:
        where = " and ".join(f"{number} in {workload}" for number, workload in sorted(numbers.items()))
        yield finding("MH128", f"the port {name} of {service.key} is {where}", at)


RULE = Rule(name="target_port", codes=("MH128", "MH129"), check=_check)
