"""Istio's own kinds: the CustomResourceDefinitions, from one file of Istio's charts."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

# The API server holds back the creation of an object for up to two seconds when its kind has just been
# defined. istiod's and our own trial of the webhook create these two, so they are defined first.
_FIRST = ("gateways.networking.istio.io", "virtualservices.networking.istio.io")


@cache
def read(path: Path) -> list[dict[str, Any]]:
    """The definitions in a file of YAML documents, in the order to apply them; parsed once per process."""
    with path.open("rb") as file:
        found = [document for document in yaml.load_all(file, yaml.CSafeLoader) if document]
    return sorted(found, key=lambda document: document["metadata"]["name"] not in _FIRST)
