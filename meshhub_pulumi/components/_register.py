"""Manifests become what Pulumi registers: one CustomResource each, named by its key, in the order of their needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from typing import Any

import pulumi

from meshhub_pulumi.components._late import settled
from meshhub_pulumi.components._propagation import Propagation
from meshhub_pulumi.dialects.istio.groups import registered_versions
from meshhub_pulumi.model.manifest import Manifest, ManifestKey

ANNOTATIONS = {
    # Nothing hangs below these objects, so foreground deletion has nothing to wait for, but the provider's wait for it
    # can miss the end and then lasts ten minutes (docs/decisions/0007-background-deletion.md).
    "pulumi.com/deletionPropagationPolicy": "background",
    # The program is the truth: what somebody else wrote into an object of ours is drift, and the next `up` takes it
    # back instead of stopping at a conflict of field owners (docs/decisions/0013-drift-is-taken-back.md).
    "pulumi.com/patchForce": "true",
}


def registrations(
    title: str,
    name: str,
    manifests: Mapping[ManifestKey, Manifest],
    nodes: Mapping[str, pulumi.Resource],
    providers: Mapping[str, pulumi.ProviderResource],
    on_refusal: pulumi.ErrorHook,
    propagation: Propagation,
    imported: Set[ManifestKey],
) -> Iterator[tuple[ManifestKey, dict[str, Any]]]:
    """The arguments of every manifest's CustomResource, each after what must be in place before it.

    Whatever API version a dialect writes, an object is registered under the one that all dialects share: to a cluster
    it is the same object, to Pulumi another version would be another resource
    (docs/decisions/0014-one-registered-version.md).

    `imported` exist already: an object is taken over under its name, and changed where it is not as described.

    The caller makes the resources, and keeps them where `propagation` finds them. It does so itself, because the engine
    stores the stack of every call in the state, and rewrites the whole state at every step.
    """
    for key in in_needed_order(manifests):
        manifest = manifests[key]
        body = settled(manifest.body, title, on_refusal._registered)
        current, *former = (f"{key.group}/{version}" for version in registered_versions(key.kind))
        options = pulumi.ResourceOptions(
            parent=nodes[key.cluster],
            provider=providers[key.cluster],
            depends_on=propagation.needs(key),
            aliases=[pulumi.Alias(type_=f"kubernetes:{version}:{key.kind}") for version in former],
            hooks=propagation.hooks(key, on_refusal),
            import_=f"{key.namespace}/{key.name}" if key in imported else None,
        )
        metadata = {**body["metadata"], "annotations": dict(ANNOTATIONS)}
        arguments = {"api_version": current, "kind": key.kind, "metadata": metadata, "spec": body["spec"]}
        yield key, {"resource_name": f"{name}/{key}", **arguments, "opts": options}


def in_needed_order(manifests: Mapping[ManifestKey, Manifest]) -> list[ManifestKey]:
    """Every key after the keys it needs, otherwise in order of the keys."""
    ordered: dict[ManifestKey, Any] = {}

    def visit(key: ManifestKey) -> None:
        if key not in ordered:
            for before in sorted(manifests[key].after):
                visit(before)
            ordered[key] = None

    for key in sorted(manifests):
        visit(key)
    return list(ordered)
