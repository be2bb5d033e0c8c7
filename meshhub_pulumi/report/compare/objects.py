"""Objects: what a deployment creates, updates and deletes, and the settings of objects that nothing else is said of."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from meshhub_pulumi.model.manifest import Manifest, ManifestKey
from meshhub_pulumi.report.compare.access import is_allowing
from meshhub_pulumi.report.compare.aggregates import aggregates_of
from meshhub_pulumi.report.compare.effect import Other, Touched
from meshhub_pulumi.report.compare.leaves import changes, leaves_of, text_of, without
from meshhub_pulumi.report.compare.names import Names

Manifests = Mapping[ManifestKey, Manifest]
_ABOUT_HOSTS = ("ServiceEntry", "DestinationRule", "VirtualService")


def touched(before: Manifests, after: Manifests) -> list[Touched]:
    """The objects that differ at all, by cluster."""
    found: dict[str, tuple[list[str], list[str], list[str]]] = {}
    for key in sorted(before.keys() | after.keys()):
        created, updated, deleted = found.setdefault(key.cluster, ([], [], []))
        if key not in before:
            created.append(_title(key))
        elif key not in after:
            deleted.append(_title(key))
        elif not _same(before[key], after[key]):
            updated.append(_title(key))
    return [Touched(cluster, *map(tuple, lists)) for cluster, lists in found.items() if any(lists)]


def _same(one: Manifest, other: Manifest) -> bool:
    """Whether nothing is to be done; late leaves of two runs are the same where their paths are."""
    return one.body == other.body or _text(one) == _text(other)


def _text(manifest: Manifest) -> str:
    return json.dumps(manifest.body, sort_keys=True, default=repr)


def _title(key: ManifestKey) -> str:
    return f"{key.kind} {key.namespace}/{key.name}" if key.namespace else f"{key.kind} {key.name}"


def settings_of(manifests: Iterable[Manifest], names: Names) -> dict[tuple[str, str], dict[str, str]]:
    """Every setting of the objects that are about no host and no access, by cluster and object."""
    return {
        (x.key.cluster, _title(x.key)): dict(_settings(x))
        for x in manifests
        if x.key.kind not in _ABOUT_HOSTS and not is_allowing(x) and not aggregates_of(x, names)
    }


def _settings(manifest: Manifest) -> Iterator[tuple[str, str]]:
    spec = manifest.body.get("spec", {})
    if manifest.key.kind == "Gateway" and "servers" in spec:
        # a server is known by its port; its place in the list means nothing
        for server in spec["servers"]:
            port = server.get("port", {}).get("number")
            yield from ((f"port {port} {path}", text) for path, text in leaves_of(server))
        spec = without(spec, "servers")
    yield from _in_order(spec, "")


def _in_order(tree: Any, path: str) -> Iterator[tuple[str, str]]:
    """Leaves with their places in lists, whose order may matter here."""
    if isinstance(tree, Mapping) and tree:
        for name, value in tree.items():
            yield from _in_order(value, f"{path}.{name}" if path else name)
    elif isinstance(tree, list | tuple) and tree:
        for index, value in enumerate(tree):
            yield from _in_order(value, f"{path}[{index}]")
    else:
        yield path or "spec", text_of(tree, path)


def others(
    before: Mapping[tuple[str, str], Mapping[str, str]], after: Mapping[tuple[str, str], Mapping[str, str]]
) -> list[Other]:
    """The objects whose settings differ."""
    found = []
    for cluster, title in sorted(before.keys() | after.keys()):
        place = (cluster, title)
        if difference := changes(before.get(place, {}), after.get(place, {})):
            found.append(Other(cluster, title, place in before, place in after, difference))
    return found
