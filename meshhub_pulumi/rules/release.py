"""Releases: what a cluster's release treats differently, which ones are supported, and which one is assumed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from meshhub_pulumi.model.finding import Finding, finding
from meshhub_pulumi.model.manifest import Manifest, ManifestKey
from meshhub_pulumi.model.plugin import Rule
from meshhub_pulumi.model.release import Release, Releases, release_of
from meshhub_pulumi.model.view import View
from meshhub_pulumi.rules.place import cluster_place, owner_of

_SHOWN = 3


def _check(view: View, manifests: Mapping[ManifestKey, Manifest]) -> Iterator[Finding]:
    unknown: list[str] = []
    runs: dict[str, tuple[Release, str]] = {}
    for name in sorted({key.cluster for key in manifests}):
        if releases := view.dialect_of[name].releases:
            version = view.cluster(name).istio_version
            release = release_of(version) if version else None
            runs[name] = (release or releases.newest, version or f"{releases.newest}, which is assumed")
            if not version:
                unknown.append(name)
            elif release not in releases.supported:
                yield finding("MH321", _not_supported(name, version, release, releases), cluster_place(view, name))
    if unknown:
        yield _assumed(unknown, view)
    for key, manifest in manifests.items():
        if key.cluster in runs:
            yield from _differences(key, manifest, *runs[key.cluster], view)


def _not_supported(name: str, version: str, release: Release | None, releases: Releases) -> str:
    if release is None:
        return f"{name} runs {version!r}, which is no version of {releases.product}: {releases.newest} is assumed"
    return f"{name} runs {releases.product} {version}; supported are {releases.span}"


def _assumed(unknown: list[str], view: View) -> Finding:
    releases = view.dialect_of[unknown[0]].releases
    assert releases is not None
    more = f" and {len(unknown) - _SHOWN} more" if len(unknown) > _SHOWN else ""
    runs = f"{releases.product} {', '.join(unknown[:_SHOWN])}{more} runs"
    return finding("MH322", f"nobody says which {runs}: {releases.newest} is assumed", cluster_place(view, unknown[0]))


def _differences(key: ManifestKey, manifest: Manifest, release: Release, told: str, view: View) -> Iterator[Finding]:
    releases = view.dialect_of[key.cluster].releases
    assert releases is not None
    for difference in releases.differences:
        if difference.kind == key.kind and difference.since <= release:
            for path in difference.places(manifest.body):
                message = f"{key.cluster} runs {releases.product} {told}: {difference.effect}"
                yield finding("MH320", message, owner_of(manifest, view, path), advice=difference.advice)


RULE = Rule(name="release", codes=("MH320", "MH321", "MH322"), check=_check)
