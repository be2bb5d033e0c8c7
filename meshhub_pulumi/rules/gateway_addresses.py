"""Gateway addresses: a cluster behind one address is one endpoint, whose ejection removes the whole cluster."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from meshhub_pulumi.model.finding import Finding, finding
from meshhub_pulumi.model.manifest import Manifest, ManifestKey
from meshhub_pulumi.model.plugin import Rule
from meshhub_pulumi.model.topology import is_ip
from meshhub_pulumi.model.view import View
from meshhub_pulumi.rules.place import cluster_place


def _check(view: View, manifests: Mapping[ManifestKey, Manifest]) -> Iterator[Finding]:
    for cluster in sorted({key.cluster for key in manifests if key.kind == "Gateway"}):
        addresses = view.addresses(cluster)
        # a DNS name may stand for many, and so may what is not known yet
        if len(addresses) == 1 and isinstance(addresses[0], str) and is_ip(addresses[0]):
            message = f"{cluster} serves other clusters through the one address {addresses[0]}"
            yield finding("MH603", message, cluster_place(view, cluster))


RULE = Rule(name="gateway_addresses", codes=("MH603",), check=_check)
