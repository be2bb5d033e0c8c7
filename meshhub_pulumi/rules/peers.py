"""Peers: the mode in which some pods of a cluster take mutual TLS, by Istio's order of PeerAuthentications.

The one that selects the pods comes first, then that of their namespace, then that of the root namespace, which never
selects; of two at one level the oldest holds, and one without a mode leaves it to the next level.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from meshhub_pulumi.model.late import is_late
from meshhub_pulumi.model.manifest import Manifest
from meshhub_pulumi.rules.selecting import Labels, Selecting, selector_of, selects_late
from meshhub_pulumi.rules.walk import at

_USUAL = "PERMISSIVE"


class Mode(NamedTuple):
    """A mode, and the object that asks for it; no mode where it is not known yet."""

    name: str | None
    by: Manifest | None


class Peers:
    """The PeerAuthentications of one cluster."""

    def __init__(self, manifests: Iterable[Manifest], root: str) -> None:
        self._root = root
        self._broad: dict[str, Manifest] = {}
        self._late: set[str] = set()
        self._selecting = Selecting()
        for manifest in sorted(manifests, key=_age):
            namespace = manifest.key.namespace
            if selects_late(manifest):
                self._late.add(namespace)
            elif not selector_of(manifest):
                self._broad.setdefault(namespace, manifest)
            elif namespace != root:
                self._selecting.add(manifest)

    def of_namespace(self, namespace: str) -> Mode:
        """The mode of a namespace as a whole."""
        for level in dict.fromkeys((namespace, self._root)):
            found = self._broad.get(level)
            mode = found and at(found.body, "spec.mtls.mode")
            if is_late(mode) or (level in self._late and not mode):
                return Mode(None, None)
            if mode and mode != "UNSET":
                return Mode(str(mode), found)
        return Mode(_USUAL, None)

    def of_pods(self, namespace: str, labels: Labels, port: int) -> Mode:
        """The mode of a port of some pods."""
        found = min(self._selecting.of(namespace, labels), key=_age, default=None)
        if found is None:
            return self.of_namespace(namespace)
        ports = at(found.body, "spec.portLevelMtls")
        by_port = {str(name): value for name, value in ports.items()} if isinstance(ports, Mapping) else {}
        for mode in (at(by_port.get(str(port)), "mode"), at(found.body, "spec.mtls.mode")):
            if is_late(mode):
                return Mode(None, None)
            if mode and mode != "UNSET":
                return Mode(str(mode), found)
        return self.of_namespace(namespace)


def _age(manifest: Manifest) -> tuple[bool, str]:
    """What no server has made yet is the youngest."""
    made: Any = at(manifest.body, "metadata.creationTimestamp")
    return not isinstance(made, str), made if isinstance(made, str) else ""
