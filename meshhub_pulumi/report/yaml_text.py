"""YAML: a manifest becomes text, always the same bytes for the same manifest.

Keys stay in the order in which they were built. Text that any reader of YAML 1.1 or 1.2 takes for something else
(`1e3`, `08`, `0o17`, `y`) is quoted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from meshhub_pulumi.model.late import Derived, Late
from meshhub_pulumi.model.manifest import Manifest, ManifestKey
from meshhub_pulumi.report.leaf import plain

_WIDE = 4096


class _Dumper(yaml.CSafeDumper):
    """Writes plain data, late leaves as text, and no aliases."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True


def _late(dumper: _Dumper, value: Any) -> yaml.Node:
    return dumper.represent_str(plain(value))


def _mapping(dumper: _Dumper, value: Any) -> yaml.Node:
    return dumper.represent_dict(value.items())


def _text(dumper: _Dumper, value: str) -> yaml.Node:
    return dumper.represent_str(str(value))


for _type in (Late, Derived):
    _Dumper.add_representer(_type, _late)
_Dumper.add_multi_representer(dict, _mapping)
_Dumper.add_multi_representer(str, _text)
# what YAML 1.1 leaves alone here, but YAML 1.2 or Kubernetes' own reader would not
_Dumper.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"[-+]?(\.[0-9_]+|[0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9]+)?\Z"),
    list("-+.0123456789"),
)
_Dumper.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"[-+]?0[bBoOxX][0-9a-fA-F_]+\Z"), list("-+0"))
_Dumper.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"[yYnN]\Z"), list("yYnN"))


def print_manifest(body: Mapping[str, Any]) -> str:
    """One manifest as a YAML document, without the line that separates documents."""
    text: str = yaml.dump(dict(body), Dumper=_Dumper, sort_keys=False, default_flow_style=False, width=_WIDE)
    return text


def print_yaml(manifests: Mapping[ManifestKey, Manifest]) -> str:
    """All manifests as one stream, sorted by key; a comment on each document says which cluster it is for."""
    return "".join(_documents(manifests))


def _documents(manifests: Mapping[ManifestKey, Manifest]) -> Iterable[str]:
    for key in sorted(manifests):
        yield f"---\n# cluster: {key.cluster}\n{print_manifest(manifests[key].body)}"
