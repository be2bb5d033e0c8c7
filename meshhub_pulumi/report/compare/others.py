"""Others: the settings of objects that are about no host and no access, and those that the review has no word for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from meshhub_pulumi.model.manifest import Manifest
from meshhub_pulumi.report.compare.access import is_allowing
from meshhub_pulumi.report.compare.aggregates import aggregates_of
from meshhub_pulumi.report.compare.effect import Other
from meshhub_pulumi.report.compare.http_route import is_read
from meshhub_pulumi.report.compare.leaves import changes, leaves_of, text_of, without
from meshhub_pulumi.report.compare.names import Names
from meshhub_pulumi.report.compare.objects import title_of

_ABOUT_HOSTS = ("ServiceEntry", "DestinationRule", "VirtualService")


def settings_of(manifests: Iterable[Manifest], names: Names) -> dict[tuple[str, str], dict[str, str]]:
    """Every setting of the objects that are about no host and no access, by cluster and object."""
    return {
        (x.key.cluster, title_of(x.key)): dict(_settings(x))
        for x in manifests
        if x.key.kind not in _ABOUT_HOSTS and not is_allowing(x) and not aggregates_of(x, names) and not is_read(x)
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
