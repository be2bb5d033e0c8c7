"""What a program says of its clusters: names, providers, gateways, localities.

Everything left out is taken from the snapshot, then from the defaults named here.
"""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from itertools import takewhile
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from meshhub_pulumi.model.identity import TrustDomain
from meshhub_pulumi.model.late import In
from meshhub_pulumi.model.schema import Many, MeshModel
from meshhub_pulumi.model.units import DnsLabel, Hostname, PodLabels, PortNumber


@lru_cache(maxsize=4096)  # a gateway's address is asked about once for each host behind it
def is_ip(address: str) -> bool:
    """Whether an address is an IP rather than a DNS name."""
    try:
        ipaddress.ip_address(address)
    except ValueError:
        return False
    return True


_LABEL = re.compile(r"[A-Za-z0-9_]([-A-Za-z0-9_]{0,61}[A-Za-z0-9])?")


def _check_address(address: str) -> str:
    if is_ip(address):
        return address
    labels = address.rstrip(".").split(".")
    looks_like_ip = all(label.isdigit() for label in labels)
    if looks_like_ip or len(address) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise ValueError("must be an IP address or a DNS name, without port or scheme")
    return address.rstrip(".").lower()


Address = Annotated[str, AfterValidator(_check_address)]
"""An IP or DNS name to connect to."""


class Locality(MeshModel):
    """Where a cluster's workloads run, as `topology.kubernetes.io` labels say."""

    region: str = ""
    zone: str = ""
    sub_zone: str = ""

    def __str__(self) -> str:
        return "/".join(part for part in self._parts if part)

    @property
    def _parts(self) -> tuple[str, ...]:
        return self.region, self.zone, self.sub_zone

    def shared(self, other: Locality) -> int:
        """How many parts two localities have in common, the region first; a part that nobody says is none."""
        parts = zip(self._parts, other._parts, strict=True)
        return sum(1 for _ in takewhile(lambda pair: pair[0] and pair[0] == pair[1], parts))


class EastWestGateway(MeshModel):
    """The door of a cluster's network for other clusters of the mesh.

    `address` or `addresses`: where other clusters reach it; may be late (an Output). `port`: the port there
    (default 15443). `container_port`: the port the gateway's pods listen on (default: `port`). `labels` select
    its pods (default `istio: eastwestgateway`), in `namespace` (default: the cluster's Istio namespace). `name`
    is its Service (default `istio-eastwestgateway`). What is left out is taken first from the snapshot's gateway of
    that name and namespace; other gateways that the snapshot has there carry nothing between clusters.
    """

    address: In[Address] | None = None
    addresses: Many[In[Address]] = ()
    port: PortNumber | None = None
    container_port: PortNumber | None = None
    name: DnsLabel | None = None
    namespace: DnsLabel | None = None
    labels: PodLabels | None = None

    @model_validator(mode="after")
    def _one_spelling(self) -> EastWestGateway:
        if self.address is not None and self.addresses:
            raise ValueError("give address or addresses, not both")
        return self

    @property
    def all_addresses(self) -> tuple[Any, ...]:
        """Every address, late ones included."""
        return tuple(self.addresses) if self.address is None else (self.address,)


class Cluster(MeshModel):
    """One Kubernetes API server of a mesh.

    `name` becomes a label of federated host names. `provider` is the explicit `pulumi_kubernetes.Provider`
    instance that its objects are created with; only Pulumi programs give one. `dialect` says how routes are written:
    `istio` (default) as VirtualServices, `gateway-api` as HTTPRoutes, which can say less. `network` is recorded: in
    this version clusters reach each other through gateways even where they share a network. `dns_proxying`: whether its
    proxies answer the apps' DNS questions; where nobody says so, nothing is told of names that need it.
    """

    name: DnsLabel = Field(kw_only=False)
    provider: Any = Field(default=None, exclude=True, repr=False)
    dialect: Literal["gateway-api", "istio"] | None = None
    gateway: EastWestGateway | None = None
    istio_version: str | None = None
    istio_namespace: DnsLabel | None = None
    trust_domain: TrustDomain | None = None
    cluster_domain: Hostname | None = None
    network: str | None = None
    locality: Locality | None = None
    remote_secrets: bool = False
    dns_proxying: bool | None = None
