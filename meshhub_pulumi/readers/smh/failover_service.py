"""FailoverService, and the VirtualDestination that followed it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from meshhub_pulumi.readers.smh.reference import VirtualMeshRef, cluster_of_mesh
from meshhub_pulumi.readers.smh.selector import SERVICE, listed_services
from meshhub_pulumi.readers.smh.table import (
    Into,
    Not,
    Rows,
    To,
    convert,
    each,
    fill,
    some,
    table,
    unless_zero,
)
from meshhub_pulumi.readers.smh.traffic_policy import OUTLIER_DETECTION
from meshhub_pulumi.readers.smh.translation import LEFT_OUT, At, Translation


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

_IDLE = Not("a directive is about the whole region, as it was in Gloo Mesh", "MH143", idle="")
_LOCALITY: Rows = {"region": To("region", required=True), "zone": _IDLE, "subZone": _IDLE}


def _region(value: Any, at: At, out: Translation) -> Any:
    """The region of a locality."""
    found = table(_LOCALITY)(value, at, out)
    out.spelled[at.ours] = out.spelled.get(f"{at.ours}.region", at.theirs)
    return found.get("region", LEFT_OUT)


def _regions(value: Any, at: At, out: Translation) -> Any:
    """The regions of localities, each once: two may differ by their zones."""
    regions = each(_region)(value, at, out)
    # what is no text is refused later
    return list(dict.fromkeys(regions)) if all(isinstance(region, str) for region in regions) else regions


_DIRECTIVE: Rows = {"from": To("region", _region), "to": To("to", _regions)}
_BY_LABELS = Not("backing services are listed, in the order of equally near ones: name each by kubeServiceRefs")
_LOCALIZED: Rows = {
    "destinationSelectors": listed_services("backing_services", _BY_LABELS),
    "failoverDirectives": To("next_regions", each(table(_DIRECTIVE))),
    "outlierDetection": OUTLIER_DETECTION,
}


@dataclass(frozen=True, slots=True)
class _Localized:
    """Failover by localities: our order is the nearest, and outlier detection has Gloo Mesh's defaults for it."""

    def read(self, value: Any, into: dict[str, Any], at: At, out: Translation) -> None:
        """Read it, and say the order."""
        fill(_LOCALIZED, value, into, at, out)
        into["order"] = "nearest"
        out.learn("order", at.theirs)
        into.setdefault("outlier_detection", {"consecutive_errors": 10, "interval": "5s", "base_ejection_time": "120s"})

    def learn(self, at: At, out: Translation) -> None:
        """Its services would stand here."""


VIRTUAL_DESTINATION: Rows = {
    "hostname": To("hostname"),
    # every cluster of the backing services' mesh may call it, which is what no `clusters` means
    "virtualMesh": VirtualMeshRef(),
    "meshList": Into({"meshes": _MESHES}),
    "localized": _Localized(),
    "static": Into({"destinations": _BACKING}),
    # after the backing services, each of which it is about
    "port": To("port", _target_of_each),
}
