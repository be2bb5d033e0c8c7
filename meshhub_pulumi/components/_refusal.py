"""What to say when a cluster refuses an object: which cluster, which object, and which specs asked for it."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi

from meshhub_pulumi.model.manifest import Manifest, ManifestKey


def refusal_hook(name: str, hooks: str, manifests: Mapping[ManifestKey, Manifest]) -> pulumi.ErrorHook:
    """A hook for every object of the mesh `name` that explains its failure; it never asks for another try.

    `hooks` is what the names of the mesh's hooks end with.
    """
    by_resource = {f"{name}/{key}": manifest for key, manifest in manifests.items()}

    def explain(args: pulumi.ErrorHookArgs) -> bool:
        if manifest := by_resource.get(args.name):
            pulumi.log.error(explanation(manifest, args.failed_operation))
        return False

    return pulumi.ErrorHook(f"meshhub-refusal-{hooks}", explain)


def explanation(manifest: Manifest, operation: str) -> str:
    """One sentence: where the object was refused and at whose wish it is as it is."""
    key = manifest.key
    owners = sorted({str(owner.where()) for owners in manifest.owners.values() for owner in owners})
    asked = "; ".join(owners) or "the mesh itself"
    return (
        f"{operation} of {key.kind} {key.namespace}/{key.name} in cluster {key.cluster} failed. "
        f"It was asked for by {asked}. The cluster's own answer stands at the resource {key.kind}."
    )
