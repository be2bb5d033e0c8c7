"""A stack: its resources become the manifests of its clusters, whichever component, file or program made them.

What is judged are the inputs, which the engine shows resource by resource. At the end it shows all of them as they are
expected to become, and that is nothing at all where the cluster is still to be made.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pulumi_policy import PolicyResource

from meshhub_pulumi.model.existing import by_hand
from meshhub_pulumi.model.finding import Finding
from meshhub_pulumi.model.late import is_late, unknown
from meshhub_pulumi.model.manifest import Conventions, Manifest, ManifestKey, Manifests
from meshhub_pulumi.policy_pack.clusters import Home, homes
from meshhub_pulumi.policy_pack.values import plain

_JUDGED = re.compile(
    r"kubernetes:(?P<group>[a-z.]+\.istio\.io|gateway\.networking\.k8s\.io(?=/\w+:HTTPRoute(Patch)?$))"
    r"/\w+:(?P<kind>\w+?)(?P<patch>Patch)?"
)
MESH = "meshhub:index:VirtualMesh"

Seen = Mapping[str, Any]
"""The inputs of objects that the engine has shown one by one, by URN."""


def is_judged(resource_type: str) -> bool:
    """Whether a type is one of Istio's, or an HTTPRoute: a whole object, not a part patched into somebody else's."""
    found = _JUDGED.fullmatch(resource_type)
    return found is not None and not found["patch"]


@dataclass(frozen=True, eq=False)
class Stack:
    """The objects of a stack, and for each (by the title that findings have) its URN and who asked for it."""

    manifests: Manifests
    urns: Mapping[str, str]
    asked_by: Mapping[str, Sequence[str]]

    def told(self, finding: Finding) -> str:
        """A finding for people, with the specs that the object is made of, where they are known."""
        specs = self.asked_by.get(finding.where.object, ())
        return f"{finding.sentence()} Asked for by {', '.join(specs)}." if specs else finding.sentence()


def read(resources: Sequence[PolicyResource], seen: Seen, conventions: Conventions) -> Stack:
    """What can be judged among the resources of a stack."""
    objects = [resource for resource in resources if is_judged(resource.resource_type)]
    manifests: dict[ManifestKey, Manifest] = {}
    urns: dict[str, str] = {}
    asked_by: dict[str, Sequence[str]] = {}
    found = homes(objects)
    for resource in sorted(objects, key=lambda x: x.urn):
        home = found[resource.urn]
        manifest = _manifest(resource, home, seen)
        (title,) = (owner.object for owner in manifest.owners[""])
        manifests[manifest.key] = manifest
        urns[title] = resource.urn
        asked_by[title] = home.asked_by.get(title.rpartition(" in ")[0], ())
    return Stack(Manifests(manifests, {home.cluster: conventions for home in found.values()}), urns, asked_by)


def _manifest(resource: PolicyResource, home: Home, seen: Seen) -> Manifest:
    type_ = _JUDGED.fullmatch(resource.resource_type)
    assert type_ is not None
    body: Mapping[str, Any] = seen[resource.urn] if resource.urn in seen else plain(resource.props)
    given = body.get("metadata")
    meta = given if isinstance(given, Mapping) else {}
    namespace, name = meta.get("namespace") or home.namespace or "default", meta.get("name")
    if is_late(given) or is_late(namespace) or "spec" not in body:
        # its namespace says what its names mean; and no object is shown without its spec unless nothing is known
        body = {**body, "spec": unknown("spec")}
    key = ManifestKey(
        home.cluster,
        type_["group"],
        type_["kind"],
        namespace if isinstance(namespace, str) else "?",
        name if isinstance(name, str) else resource.name,
    )
    return by_hand(key, body)
