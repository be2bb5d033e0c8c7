"""Objects that a cluster holds already: which of ours they would be, and how they differ from it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator

from meshhub_pulumi.model.api_defaults import DEFAULTS
from meshhub_pulumi.model.finding import Owner
from meshhub_pulumi.model.manifest import Manifest, ManifestKey


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_object(value: Any) -> bool:
    return isinstance(value, Mapping)


def _are_texts(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(map(_is_text, value))


_READ: Mapping[tuple[str, ...], tuple[Callable[[Any], bool], str]] = {
    ("apiVersion",): (_is_text, "text"),
    ("kind",): (_is_text, "text"),
    ("metadata",): (_is_object, "an object"),
    ("metadata", "name"): (_is_text, "text"),
    ("metadata", "namespace"): (_is_text, "text"),
    ("metadata", "labels"): (_is_object, "an object"),
    ("spec",): (_is_object, "an object"),
    ("spec", "host"): (_is_text, "text"),
    ("spec", "hosts"): (_are_texts, "a list of texts"),
    ("spec", "addresses"): (_are_texts, "a list of texts"),
    ("spec", "gateways"): (_are_texts, "a list of texts"),
}
"""What is read of an object, parents first, and what it is where it is there; the rest is only compared."""


def _check_shape(body: dict[str, Any]) -> dict[str, Any]:
    for path, (fits, what) in _READ.items():
        value: Any = body
        for step in path:
            value = value.get(step) if value is not None else None
        if value is not None and not fits(value):
            raise ValueError(f"{'.'.join(path)} must be {what}")
    return body


ExistingObject = Annotated[dict[str, Any], AfterValidator(_check_shape)]
"""An Istio object as its cluster shows it."""


def key_of(cluster: str, body: Mapping[str, Any]) -> ManifestKey:
    """The key of an object as its cluster shows it."""
    meta = body.get("metadata") or {}
    group = str(body.get("apiVersion", "")).partition("/")[0]
    return ManifestKey(
        cluster, group, str(body.get("kind")), str(meta.get("namespace", "default")), str(meta.get("name"))
    )


def by_hand(key: ManifestKey, body: Mapping[str, Any]) -> Manifest:
    """An object that somebody wrote as it is: all of it is theirs."""
    return Manifest(key, body, {"": (Owner(f"{key.kind} {key.namespace}/{key.name} in {key.cluster}"),)})


def is_ours(body: Mapping[str, Any], ours: Mapping[str, Any]) -> bool:
    """Whether an object carries the labels that another object marks as ours."""
    labels: Mapping[str, Any] = (body.get("metadata") or {}).get("labels") or {}
    return all(labels.get(name) == value for name, value in ours["metadata"]["labels"].items())


def adopted(
    cluster: str, objects: tuple[Mapping[str, Any], ...], ours: Mapping[ManifestKey, Manifest]
) -> set[ManifestKey]:
    """Which of our objects somebody else made already, alike: whoever takes them over changes nothing for traffic."""
    found = set()
    for body in objects:
        key = key_of(cluster, body)
        if key in ours and not is_ours(body, ours[key].body) and difference(body, ours[key].body) is None:
            found.add(key)
    return found


def difference(theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> tuple[str, Any, Any] | None:
    """The first path at which two objects ask for something else, and both values; None if they ask for the same.

    What one leaves out and the other has as its server's default is the same. A late leaf of ours is different from
    everything: nobody knows it yet.
    """
    defaults = DEFAULTS.get(str(theirs.get("kind")), {})
    return next(_differences("spec", theirs.get("spec") or {}, ours["spec"], defaults), None)


def _differences(path: str, theirs: Any, ours: Any, defaults: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    if theirs is None or ours is None:
        default = defaults.get(_INDEX.sub("[]", path))
        theirs, ours = (default if one is None else one for one in (theirs, ours))
    if isinstance(theirs, Mapping) and isinstance(ours, Mapping):
        for name in sorted(theirs.keys() | ours.keys()):
            yield from _differences(f"{path}.{name}", theirs.get(name), ours.get(name), defaults)
    elif isinstance(theirs, list) and isinstance(ours, list) and len(theirs) == len(ours):
        for index, (one, other) in enumerate(zip(theirs, ours, strict=True)):
            yield from _differences(f"{path}[{index}]", one, other, defaults)
    elif theirs != ours:
        yield path, theirs, ours


_INDEX = re.compile(r"\[\d+\]")
