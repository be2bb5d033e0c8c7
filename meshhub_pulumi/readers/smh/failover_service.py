"""FailoverService, and the VirtualDestination that followed it."""

from __future__ import annotations

from typing import Any

from meshhub_pulumi.readers.smh.reference import VirtualMeshRef, cluster_of_mesh
from meshhub_pulumi.readers.smh.selector import SERVICE
from meshhub_pulumi.readers.smh.table import Into, Not, Rows, To, convert, each, some, table, unless_zero
from meshhub_pulumi.readers.smh.translation import At, Translation


def _upper(value: Any) -> Any:
    return value.upper() if isinstance(value, str) else value


_BACKING = To("backing_services", each(table({"kubeService": Into(SERVICE)})))
_NUMBER: Rows = {"number": To("number"), "protocol": To("protocol", convert(_upper))}
_TARGET: Rows = {
    "targetName": Not("a target port by name is not supported yet"),
    "targetNumber": To("target", convert(unless_zero)),
}


def _target_of_each(value: Any, at: At, out: Translation) -> dict[str, Any]:
    """The port that a virtual destination has at each of its backing services stands beside its own."""
    port: dict[str, Any] = table({**_NUMBER, **_TARGET})(value, at, out)
    if (target := port.pop("target", None)) is not None:
        for index, backing in enumerate(out.fields.get("backing_services", ())):
            backing["port"] = target
            out.learn(f"backing_services[{index}].port", out.spelled[f"{at.ours}.target"])
    return port


_MESHES = To("clusters", some(each(cluster_of_mesh)), required=True)

FAILOVER_SERVICE: Rows = {
    "hostname": To("hostname"),
    "port": To("port", table(_NUMBER)),
    "meshes": _MESHES,
    "backingServices": _BACKING,
}

VIRTUAL_DESTINATION: Rows = {
    "hostname": To("hostname"),
    # every cluster of the backing services' mesh may call it, which is what no `clusters` means
    "virtualMesh": VirtualMeshRef(),
    "meshList": Into({"meshes": _MESHES}),
    "static": Into({"destinations": _BACKING}),
    "localized": Not("failover by locality is not supported yet"),
    # after the backing services, each of which it is about
    "port": To("port", _target_of_each),
}
