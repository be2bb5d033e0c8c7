"""VirtualMesh: its meshes become clusters; the certificates it would have issued are left untouched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from meshhub_pulumi.readers.smh.reference import cluster_of_mesh
from meshhub_pulumi.readers.smh.selector import services
from meshhub_pulumi.readers.smh.table import Into, Needless, Not, Row, Rows, To, convert, each, table, unless_zero
from meshhub_pulumi.readers.smh.translation import LEFT_OUT, At, RefusedError, Translation

_ACCESS = ("mesh_default", "enabled", "disabled")


def _global_access(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        if not 0 <= value < len(_ACCESS):
            raise RefusedError(f"there is no global access policy number {value}")
        return _ACCESS[value]
    if not isinstance(value, str) or value.lower() not in _ACCESS:
        raise RefusedError(f"must be MESH_DEFAULT, ENABLED or DISABLED (got {str(value)[:40]!r})")
    return value.lower()


_UNTOUCHED = "the meshes keep their root and their certificates, and no pods are restarted"

_KEEPALIVE: Rows = {
    "probes": To("probes", convert(unless_zero)),
    "time": To("time"),
    "interval": To("interval"),
}

_SHARED = Not(_UNTOUCHED, "MH135")


def _trust(shared: Row) -> Into:
    return Into(
        {
            "shared": shared,
            "limited": Not("trust between gateways only was never implemented"),
            "autoRestartPods": Needless(),
        },
        one_of=("shared", "limited"),
    )


def _unless_usual(name: Any) -> Any:
    """`tls` is the port by which discovery found gateways, and the one that is meant where none is named."""
    return LEFT_OUT if name in ("", "tls") else name


_GATEWAYS: Rows = {
    "destinationSelectors": services("gateways"),
    "portName": To("port_name", convert(_unless_usual)),
}


VIRTUAL_MESH: Rows = {
    "meshes": To("clusters", each(cluster_of_mesh)),
    "mtlsConfig": _trust(_SHARED),
    "federation": Into(
        {
            "permissive": To("federation", convert(lambda _: "permissive")),
            "selectors": To(
                "federation",
                each(
                    table(
                        {
                            "destinationSelectors": services("destinations"),
                            "meshes": To("clusters", each(cluster_of_mesh)),
                        }
                    )
                ),
            ),
            "hostnameSuffix": To("hostname_suffix"),
            "flatNetwork": Not("routing to pods of other clusters is not supported yet", idle=False),
            "tcpKeepalive": To("tcp_keepalive", table(_KEEPALIVE)),
            "eastWestIngressGatewaySelectors": To("east_west_gateways", each(table(_GATEWAYS))),
        }
    ),
    "globalAccessPolicy": To("global_access_policy", convert(_global_access)),
}


@dataclass(frozen=True, slots=True)
class _Sourced:
    """What `row` reads, but an empty mapping is a fault."""

    row: Row

    def read(self, value: Any, into: dict[str, Any], at: At, out: Translation) -> None:
        """Report that it is empty, or read it."""
        if value == {}:
            out.fault(at.theirs, "names no CA: give rootCertificateAuthority or intermediateCertificateAuthority")
        else:
            self.row.read(value, into, at, out)

    def learn(self, at: At, out: Translation) -> None:
        """It would stand here."""
        self.row.learn(at, out)


GLOO_VIRTUAL_MESH: Rows = {**VIRTUAL_MESH, "mtlsConfig": _trust(_Sourced(_SHARED))}
"""Gloo Mesh's: to Service Mesh Hub an empty `shared` meant a root that it makes itself."""
