"""Tree: manifests become files, `<cluster>/<kind>-<namespace>-<name>.yaml`, each with its bytes.

A file's name derives from its manifest's key alone, is safe on every file system, and never leads out of its folder.
Where two keys would share a name, or a name had to be changed, a digest of the key keeps them apart.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import groupby

from meshhub_pulumi.model.manifest import Manifest, ManifestKey
from meshhub_pulumi.report.yaml_text import print_manifest

LIST = ".meshhub-files"
"""Names the files of a folder that are ours, one path per line; a folder that has it was rendered."""

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")
_LONGEST = 200
_DIGEST = 10


def print_tree(manifests: Mapping[ManifestKey, Manifest]) -> dict[str, bytes]:
    """The content of every file, by its path with `/` between the folder and the name."""
    return {path: print_manifest(manifests[key].body).encode() for key, path in paths_of(manifests).items()}


def paths_of(keys: Mapping[ManifestKey, object]) -> dict[ManifestKey, str]:
    """The path of every manifest's file, in order of the keys."""
    names: dict[ManifestKey, str] = {}
    for cluster, inside in groupby(sorted(keys), key=lambda key: key.cluster):
        names |= {key: f"{_safe(cluster, cluster)}/{name}" for key, name in file_names(inside).items()}
    return names


def file_names(keys: Iterable[ManifestKey]) -> dict[ManifestKey, str]:
    """The name of every object's file in one folder: `<kind>-<namespace>-<name>.yaml`."""
    plain = {key: _name(key) for key in keys}
    # a file system may ignore case
    shared = Counter(name.casefold() for name in plain.values())
    return {key: name if shared[name.casefold()] == 1 else _name(key, apart=True) for key, name in plain.items()}


def _name(key: ManifestKey, *, apart: bool = False) -> str:
    parts = (key.kind.lower(), key.namespace, key.name)
    return f"{_safe('-'.join(part for part in parts if part), str(key), apart=apart)}.yaml"


def _safe(name: str, whole: str, *, apart: bool = False) -> str:
    safe = _UNSAFE.sub("_", name)[:_LONGEST]
    if safe.startswith("."):
        safe = f"_{safe[1:]}"
    if safe == name and not apart:
        return safe
    return f"{safe}-{hashlib.sha256(whole.encode()).hexdigest()[:_DIGEST]}"
