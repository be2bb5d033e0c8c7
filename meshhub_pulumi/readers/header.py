"""Headers: what every object starts with, `apiVersion`, `kind` and `metadata`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from meshhub_pulumi.model.finding import Finding
from meshhub_pulumi.model.schema import MeshModel
from meshhub_pulumi.model.units import DnsLabel, Hostname
from meshhub_pulumi.readers.document import Document
from meshhub_pulumi.readers.fault import problems, unknown_field
from meshhub_pulumi.readers.place import Place, below


class Metadata(MeshModel):
    """The part of an object's metadata that counts here; captured objects carry much more."""

    name: Hostname
    namespace: DnsLabel = "default"


def api_of(document: Document) -> tuple[str, str] | None:
    """The apiVersion and kind of a document; None where it is no object."""
    value = document.value
    if not isinstance(value, Mapping):
        return None
    version, kind = value.get("apiVersion"), value.get("kind")
    return (version, kind) if isinstance(version, str) and isinstance(kind, str) else None


def key_of(document: Document) -> tuple[str, str]:
    """The namespace and name of a document's object, as far as it says them."""
    metadata = document.value.get("metadata")
    given: Mapping[Any, Any] = metadata if isinstance(metadata, Mapping) else {}
    return str(given.get("namespace") or "default"), str(given.get("name") or "")


def title_of(document: Document) -> str:
    """What findings call a document's object."""
    kind, (namespace, name) = document.value.get("kind"), key_of(document)
    return f"{kind} {namespace}/{name}" if name else f"{kind} (without a name)"


def read_metadata(place: Place) -> tuple[Metadata | None, list[Finding]]:
    """An object's name and namespace; None where they are none."""
    given = place.document.value.get("metadata")
    if isinstance(given, Mapping):
        given = {name: given[name] for name in Metadata.model_fields if given.get(name) is not None}
    try:
        return Metadata.model_validate({} if given is None else given), []
    except ValidationError as error:
        faults = problems(error, Metadata)
        return None, [place.found("MH100", below("metadata", x.path), x.reason) for x in faults]


def check_keys(place: Place, *fields: str) -> Iterator[Finding]:
    """Keys given twice, and keys beside the header that are not one of `fields`; a cluster adds `status`."""
    for item in place.document.repeated:
        yield place.found("MH134", item.path, "the key is given twice in one mapping", line=item.line)
    known = {"apiVersion", "kind", "metadata", "status", *fields}
    for key in place.document.value:
        if key not in known:
            yield place.found("MH100", str(key), unknown_field(str(key), known))
