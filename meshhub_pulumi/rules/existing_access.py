"""Existing AuthorizationPolicies: they count beside ours, and those that refuse count first.

Istio refuses what any DENY (or CUSTOM) policy refuses. Then, where pods have ALLOW policies, it lets in what any of
these allows; one without rules allows nothing, so that alone it refuses everybody. Gateways pass other clusters'
requests on without asking a policy: what counts is what applies to the pods.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from meshhub_pulumi.model.finding import Finding, finding
from meshhub_pulumi.model.fleet import carriers
from meshhub_pulumi.model.index import Index, labelled, within
from meshhub_pulumi.model.manifest import Manifest, ManifestKey
from meshhub_pulumi.model.plugin import Rule
from meshhub_pulumi.model.view import View
from meshhub_pulumi.rules.foreign import Meeting, listed, meetings
from meshhub_pulumi.rules.place import owner_of
from meshhub_pulumi.rules.selecting import Labels, Selecting, selector_of
from meshhub_pulumi.rules.walk import at

_REFUSING = {"DENY": "refuses some callers", "CUSTOM": "asks somebody else about callers"}
_DRY_RUN = "istio.io/dry-run"


def _check(view: View, manifests: Mapping[ManifestKey, Manifest]) -> Iterator[Finding]:
    for meeting in meetings(view, manifests, "AuthorizationPolicy"):
        theirs = [one for one in meeting.theirs if _at_work(one.body)]
        ours = _Ruled(meeting)
        yield from _told(theirs, ours, meeting, view)
        yield from _refused(theirs, meeting, view)


def _at_work(body: Mapping[str, Any]) -> bool:
    """Whether sidecars do what it says: not if it is for waypoints and gateways, or only tried out."""
    annotations = at(body, "metadata.annotations")
    trial = annotations.get(_DRY_RUN) if isinstance(annotations, Mapping) else None
    return not (at(body, "spec.targetRef") or at(body, "spec.targetRefs")) and str(trial).lower() != "true"


def _told(theirs: Iterable[Manifest], ours: _Ruled, meeting: Meeting, view: View) -> Iterator[Finding]:
    for one in theirs:
        rules, action = at(one.body, "spec.rules"), str(at(one.body, "spec.action") or "ALLOW")
        if not isinstance(rules, list) or not rules:
            continue  # it refuses nothing, or adds nothing to what is allowed
        ruled = ours.beside(one)
        if (refuses := _REFUSING.get(action)) and ruled:
            names = listed([_title(other) for other in ruled])
            yield finding("MH532", f"{one.key.title} {refuses} of {names} first", owner_of(ruled[0], view))
        elif action == "ALLOW":
            if more := [other for other in ruled if any(rule not in other.body["spec"]["rules"] for rule in rules)]:
                names = listed([_title(other) for other in more])
                yield finding("MH531", f"{one.key.title} lets callers of {names} in, too", owner_of(more[0], view))
            elif not ruled and ours.everything and _has_pods(one, meeting):
                message = f"{one.key.title} lets callers in that no AccessPolicy names"
                yield finding("MH531", message, owner_of(ours.everything, view))


def _has_pods(one: Manifest, meeting: Meeting) -> bool:
    namespace = None if one.key.namespace == meeting.cluster.istio_namespace else one.key.namespace
    return not selector_of(one) or next(carriers(meeting.cluster.pods, namespace, selector_of(one)), None) is not None


class _Ruled:
    """Our policies of a cluster: those of services, by what they select, and the one that refuses everything else."""

    def __init__(self, meeting: Meeting) -> None:
        self._pods, self._root = meeting.cluster.pods, meeting.cluster.istio_namespace
        self._by_namespace: dict[str, list[Manifest]] = {}
        self._selecting = Selecting()
        self._all: list[Manifest] = []
        self._index = Index[Manifest](
            self._all, lambda one: [*within("namespace", [one.key.namespace]), *labelled(selector_of(one))]
        )
        self.everything: Manifest | None = None
        for one in meeting.ours:
            if one.key.kind != "AuthorizationPolicy":
                continue
            if not selector_of(one):
                self.everything = one
            elif one.body["spec"]["rules"] != [{}]:  # else it lets everybody in, as at a gateway
                self._all.append(one)
                self._by_namespace.setdefault(one.key.namespace, []).append(one)
                self._selecting.add(one)

    def beside(self, other: Manifest) -> list[Manifest]:
        """Those that rule pods to which another policy applies."""
        namespace = other.key.namespace
        anywhere = None if namespace == self._root else namespace
        labels = selector_of(other)
        if not labels:
            return self._by_namespace.get(anywhere, []) if anywhere else self._all
        found = {
            ours.key: ours
            for pod in carriers(self._pods, anywhere, labels)
            for ours in self._selecting.of(pod.namespace, pod.labels)
        }
        # pods that the snapshot does not show
        spaces = within("namespace", [anywhere] if anywhere else [])
        alike = self._index.candidates(spaces, *([trait] for trait in labelled(labels)))
        found |= {
            ours.key: ours
            for ours in alike
            if anywhere in (None, ours.key.namespace) and labels.items() <= selector_of(ours).items()
        }
        return [found[key] for key in sorted(found)]


def _refused(theirs: Iterable[Manifest], meeting: Meeting, view: View) -> Iterator[Finding]:
    """Services that other clusters call and whose pods let nobody in, which no mesh of ours asks for."""
    policies = _Allowing([*theirs, *meeting.ours], meeting.cluster.istio_namespace)
    if not policies.nobody:
        return
    mine = {one.key for one in meeting.ours}
    shut: dict[ManifestKey, list[Manifest]] = {}
    for entry in meeting.ours:
        labels = at(entry.body, "spec.workloadSelector.labels") if entry.key.kind == "ServiceEntry" else None
        refusing = list(policies.refusing(entry.key.namespace, labels)) if labels else []
        if refusing and not any(policy.key in mine for policy in refusing):
            shut.setdefault(refusing[0].key, []).append(entry)
    for one in theirs:
        if entries := shut.get(one.key):
            names = listed(sorted({entry.body["spec"]["hosts"][0] for entry in entries}))
            message = f"{one.key.title} lets nobody in, so that callers of {names} are refused"
            yield finding("MH532", message, owner_of(entries[0], view))


class _Allowing:
    """The ALLOW policies of a cluster, by the pods that they apply to."""

    def __init__(self, policies: Iterable[Manifest], root: str) -> None:
        self._root = root
        self._broad: dict[str, list[Manifest]] = {}
        self._selecting = Selecting()
        self.nobody = False
        for one in policies:
            if one.key.kind == "AuthorizationPolicy" and str(at(one.body, "spec.action") or "ALLOW") == "ALLOW":
                self.nobody |= not at(one.body, "spec.rules")
                if selector_of(one):
                    self._selecting.add(one)
                else:
                    self._broad.setdefault(one.key.namespace, []).append(one)

    def refusing(self, namespace: str, labels: Labels) -> Iterator[Manifest]:
        """The policies of some pods, if none of them lets anybody in."""
        found = [
            one
            for level in dict.fromkeys((namespace, self._root))
            for one in (*self._broad.get(level, ()), *self._selecting.of(level, labels))
        ]
        if not any(at(one.body, "spec.rules") for one in found):
            yield from found


def _title(policy: Manifest) -> str:
    return f"{policy.key.namespace}/{policy.key.name}"


RULE = Rule(name="existing_access", codes=("MH531", "MH532"), check=_check)
