"""What Service Mesh Hub 0.8 wrote: for reading old meshes and comparing with them.

Remote traffic does not flow with it on Istio 1.10 and later, where the filter it relies on is gone.
"""

from __future__ import annotations

from meshhub_pulumi.dialects.istio.order import make_before_break
from meshhub_pulumi.dialects.smh_0_8 import hooks
from meshhub_pulumi.dialects.smh_0_8.base import base
from meshhub_pulumi.dialects.smh_0_8.objects import assemble
from meshhub_pulumi.model.fleet import FleetService
from meshhub_pulumi.model.plugin import Dialect


def _route_ports(service: FleetService) -> tuple[int | None, ...]:
    ports = tuple(port.number for port in service.ports)
    return ports if len(ports) > 1 else (None,)


SMH_0_8 = Dialect(
    name="smh-0.8",
    title="Service Mesh Hub 0.8",
    hooks=hooks.ALL,
    assemble=assemble,
    order=make_before_break,
    base=base,
    route_ports=_route_ports,
    routes_apart=True,
    conflicts_refused=False,
    keeps_subsets=False,
    failover="aggregate",
    any_failover_hostname=False,
    sources_ignored=True,
)
