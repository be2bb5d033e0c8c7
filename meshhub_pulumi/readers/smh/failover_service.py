"""FailoverService, and the VirtualDestination that followed it."""

from __future__ import annotations

from typing import Any

from meshhub_pulumi.readers.smh.reference import VirtualMeshRef, cluster_of_mesh
from meshhub_pulumi.readers.smh.selector import SERVICE
from meshhub_pulumi.readers.smh.table import Into, Not, Rows, To, convert, each, some, table


def _upper(value: Any) -> Any:
    return value.upper() if isinstance(value, str) else value


_BACKING = To("backing_services", each(table({"kubeService": Into(SERVICE)})))
_PORT = To(
    "port",
    table(
        {
            "number": To("number"),
            "protocol": To("protocol", convert(_upper)),
            "targetName": Not("a target port by name is not supported yet"),
            "targetNumber": Not("a target port by number is not supported yet"),
        }
    ),
)
_MESHES = To("clusters", some(each(cluster_of_mesh)), required=True)

FAILOVER_SERVICE: Rows = {
    "hostname": To("hostname"),
    "port": _PORT,
    "meshes": _MESHES,
    "backingServices": _BACKING,
}

VIRTUAL_DESTINATION: Rows = {
    "hostname": To("hostname"),
    "port": _PORT,
    # every cluster of the backing services' mesh may call it, which is what no `clusters` means
    "virtualMesh": VirtualMeshRef(),
    "meshList": Into({"meshes": _MESHES}),
    "static": Into({"destinations": _BACKING}),
    "localized": Not("failover by locality is not supported yet"),
}
