"""Existing Sidecars: a host that one does not let its workloads see is not there for them.

So a policy does nothing for callers that do not see the host that it is about. And who sees a backing service, but not
the failover host in front of it, cannot call that: it is seen by itself, or by a route that is seen and sends there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from meshhub_pulumi.model.finding import Finding, finding
from meshhub_pulumi.model.fleet import carriers
from meshhub_pulumi.model.manifest import Manifest, ManifestKey
from meshhub_pulumi.model.plugin import Rule
from meshhub_pulumi.model.view import View
from meshhub_pulumi.rules.claim import Callers, followed_by
from meshhub_pulumi.rules.foreign import Meeting, listed, meetings
from meshhub_pulumi.rules.place import owner_of
from meshhub_pulumi.rules.selecting import Labels, selector_of
from meshhub_pulumi.rules.sight import Sight
from meshhub_pulumi.rules.walk import texts, walk

_SELECTOR = "spec.workloadSelector.labels"
_SENT = ("spec.http[].route[].destination.host", "spec.http[].mirror.host", "spec.http[].mirrors[].destination.host")


def _check(view: View, manifests: Mapping[ManifestKey, Manifest]) -> Iterator[Finding]:
    for meeting in meetings(view, manifests, "Sidecar"):
        asked, failovers = _asked(meeting), _failovers(meeting, view)
        for sidecar, namespace in _applied(meeting):
            sight, labels = Sight.of(sidecar, namespace), selector_of(sidecar, _SELECTOR)
            hidden = {
                manifest.key: manifest
                for manifest, callers in asked.get(namespace, ())
                if _agree(labels, callers) and not sight.sees(manifest.key.namespace, _host(manifest))
            }
            yield from _told(sidecar, namespace, list(hidden.values()), "whom a policy is about", view)
            lost = [one.entry for one in failovers if one.lost_to(sight, namespace)]
            yield from _told(sidecar, namespace, lost, "who see a backing service", view)


def _applied(meeting: Meeting) -> Iterator[tuple[Manifest, str]]:
    """Each Sidecar with the namespaces whose callers it is for; the root's is for those that have none of their own."""
    root = meeting.cluster.istio_namespace
    own = {one.key.namespace for one in meeting.theirs if not selector_of(one, _SELECTOR)}
    for one in meeting.theirs:
        if one.key.namespace == root and not selector_of(one, _SELECTOR):
            yield from ((one, namespace) for namespace in sorted({*meeting.cluster.namespaces, root} - (own - {root})))
        else:
            yield one, one.key.namespace


def _told(sidecar: Manifest, namespace: str, hidden: list[Manifest], whose: str, view: View) -> Iterator[Finding]:
    if hidden:
        names = listed(sorted(set(map(_host, hidden))))
        message = f"{sidecar.key.title} hides {names} from callers in {namespace}, {whose}"
        yield finding("MH612", message, owner_of(hidden[0], view))


def _asked(meeting: Meeting) -> dict[str, list[tuple[Manifest, Labels]]]:
    """By namespace of callers the VirtualServices with routes for just these, and the labels that the callers have."""
    found: dict[str, list[tuple[Manifest, Labels]]] = {}
    for manifest in meeting.ours:
        for _, match in walk(manifest.body, "spec.http[].match[]") if manifest.key.kind == "VirtualService" else ():
            labels, namespace = match.get("sourceLabels", {}), match.get("sourceNamespace")
            known = carriers(meeting.cluster.pods, None, labels) if labels and not namespace else ()
            for name in {namespace} if namespace else {pod.namespace for pod in known}:
                found.setdefault(name, []).append((manifest, labels))
    return found


def _agree(one: Labels, other: Labels) -> bool:
    return all(other.get(name, value) == value for name, value in one.items())


@dataclass(frozen=True, slots=True)
class _Failover:
    """A failover host: its entry, who may call it, what sends there, and the backing services of the cluster."""

    entry: Manifest
    callers: Callers
    senders: list[Manifest]
    backings: list[tuple[str, str]]

    def lost_to(self, sight: Sight, namespace: str) -> bool:
        """Whether callers of a namespace who see a backing service do not see the host."""
        if self.callers is not None and namespace not in self.callers:
            return False
        if sight.sees(self.entry.key.namespace, _host(self.entry)):
            return False
        seen = (sight.sees(one.key.namespace, _host(one)) for one in self.senders)
        return any(sight.sees(*backing) for backing in self.backings) and not any(seen)


def _failovers(meeting: Meeting, view: View) -> list[_Failover]:
    entries = {_host(one): one for one in meeting.ours if one.key.kind == "ServiceEntry"}
    senders: dict[str, list[Manifest]] = {}
    for manifest in meeting.ours:
        if manifest.key.kind == "VirtualService":
            for host in {host for _, host in texts(manifest.body, *_SENT)}:
                senders.setdefault(host, []).append(manifest)
    found, name = [], meeting.cluster.name
    for failover in view.failovers.values():
        backings = [(key.namespace, view.host_name(key, name)) for key, _ in failover.backings if key.cluster == name]
        if (entry := entries.get(failover.hostname)) and backings:
            callers = followed_by(entry, entry.key.namespace, meeting.cluster.istio_namespace)
            found.append(_Failover(entry, callers, senders.get(failover.hostname, []), backings))
    return found


def _host(manifest: Manifest) -> str:
    return str(manifest.body["spec"]["hosts"][0])


RULE = Rule(name="existing_sidecars", codes=("MH612",), check=_check)
