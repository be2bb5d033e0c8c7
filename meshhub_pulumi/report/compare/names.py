"""Names: hosts become the destinations behind them, as people call these."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from meshhub_pulumi.model.failover import backing_name
from meshhub_pulumi.model.host import HTTP_PROTOCOLS
from meshhub_pulumi.model.view import View
from meshhub_pulumi.report.compare.effect import Seen


class Names:
    """What one side's hosts mean."""

    def __init__(self, view: View) -> None:
        self._local: dict[tuple[str, str], str] = {}
        self._hosts: dict[tuple[str, str, str], str] = {}
        self._served: dict[str, tuple[str, str]] = {}
        self.ports: dict[str, tuple[int, ...]] = {}
        """The ports of each destination."""
        self.http_ports: dict[str, tuple[int, ...]] = {}
        """Those whose requests a proxy sees."""
        for key, service in view.fleet.services.items():
            name = str(key)
            host = view.host_name(key, key.cluster)
            self._local[key.cluster, host] = name
            self._hosts[key.cluster, key.namespace, key.name] = host
            self._served[view.federated_name(key)] = (name, key.cluster)
            self.ports[name] = tuple(port.number for port in service.ports)
            seen = (x.number for x in service.ports if x.protocol is None or x.protocol in HTTP_PROTOCOLS)
            self.http_ports[name] = tuple(seen)
        self._failover = {x.hostname for x in view.failovers.values()}
        self._backing = {backing_name(name): name for name in self._failover}
        for failover in view.failovers.values():
            self.ports[failover.hostname] = (failover.port,)
            self.http_ports[failover.hostname] = (failover.port,) if failover.protocol in HTTP_PROTOCOLS else ()
        self._gateways = _gateways(view)

    def seen(self, cluster: str, host: str) -> Seen:
        """A host in a cluster."""
        if local := self._local.get((cluster, host)):
            return Seen(local, cluster)
        if host in self._backing:
            return Seen(self._backing[host], cluster, gateway=True)
        name, server = self._served.get(host, (host, ""))
        return Seen(name, cluster, gateway=server == cluster)

    def local(self, cluster: str, namespace: str, name: str) -> str:
        """The host of a service in its own cluster."""
        return self._hosts.get((cluster, namespace, name), f"{name}.{namespace}")

    def server_of(self, seen: Seen) -> Seen:
        """The same destination as its own cluster serves it to others."""
        return Seen(seen.destination, seen.destination.rpartition("@")[2], gateway=True)

    def is_failover(self, seen: Seen) -> bool:
        """Whether it is a failover host that is called, not what stands behind it."""
        return seen.destination in self._failover and not seen.gateway

    def gateway(self, address: str) -> str:
        """The cluster whose gateway has an address, in words."""
        clusters = self._gateways.get(address, ())
        return f"gateway of {', '.join(clusters)} at {address}" if clusters else address


def _gateways(view: View) -> Mapping[str, Iterable[str]]:
    found: dict[str, list[str]] = {}
    for cluster in view.fleet.clusters.values():
        for door in cluster.gateways:
            for address in door.addresses:
                clusters = found.setdefault(address if isinstance(address, str) else repr(address), [])
                if cluster.name not in clusters:
                    clusters.append(cluster.name)
    return found
