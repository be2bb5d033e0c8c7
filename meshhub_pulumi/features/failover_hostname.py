"""The hostname of a failover service: any but those that something else in its clusters answers to."""

from __future__ import annotations

from collections.abc import Iterable

from meshhub_pulumi.model.failover import BACKING_SUFFIX
from meshhub_pulumi.model.spec import Mesh
from meshhub_pulumi.model.view import View


def whose_name(hostname: str, clients: Iterable[str], mesh: Mesh, view: View) -> str | None:
    """Whose name it is already for callers in some clusters; None where it is free.

    What ends as federated hosts do would also be let through by the gateway of the cluster that it names.
    """
    if "." not in hostname:
        return "a Service in whatever namespace a caller is"
    endings = {
        BACKING_SUFFIX: "the backing services behind a failover host",
        **{f"{member}.{mesh.hostname_suffix}": f"a service of {member}" for member in mesh.members},
        **{f"svc.{view.cluster(name).cluster_domain}": "a Kubernetes Service" for name in clients},
    }
    name, _, namespace = hostname.removesuffix(".svc").partition(".")
    for service in view.fleet.named(namespace, name):
        if service.key.cluster in clients:
            return str(service.key)  # as Istio shortens it
    return next((whose for ending, whose in endings.items() if f".{hostname}".endswith(f".{ending}")), None)
