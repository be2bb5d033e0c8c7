"""Selectors: lists whose items may each select in several ways at once, which are alternatives of ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from meshhub_pulumi.readers.place import below
from meshhub_pulumi.readers.smh.table import Into, Not, Rows, To, fill, keys_of
from meshhub_pulumi.readers.smh.translation import At, Translation


@dataclass(frozen=True, slots=True)
class Selectors:
    """Each item's matcher becomes one selector of ours, and each of its references another.

    `matchers` maps the key of a matcher to its table. `references` maps a key to the key of the list below it and the
    table of the list's items. `strays` are rows of fields that belong beside the list, but are read inside it too.
    `refused` are ways to select that are not taken. `blank`: an item without any of these selects everything; a list of
    references that is empty does not.
    """

    ours: str
    matchers: Mapping[str, Rows]
    references: Mapping[str, tuple[str, Rows]]
    strays: Rows = field(default_factory=dict)
    refused: Mapping[str, Not] = field(default_factory=dict)
    blank: bool = False

    def read(self, value: Any, into: dict[str, Any], at: At, out: Translation) -> None:
        """Read every item of the list."""
        here = below(at.ours, self.ours)
        out.learn(here, at.theirs)
        if not isinstance(value, list):
            out.fault(at.theirs, "must be a list")
            return
        found: list[dict[str, Any]] = []
        for index, item in enumerate(value):
            self._item(item, found, At(here, f"{at.theirs}[{index}]"), out)
        into[self.ours] = found

    def learn(self, at: At, out: Translation) -> None:
        """The list would stand here."""
        out.learn(below(at.ours, self.ours), at.theirs)

    def _item(self, item: Any, found: list[dict[str, Any]], at: At, out: Translation) -> None:
        if not isinstance(item, Mapping):
            out.fault(at.theirs, "must be a mapping")
            return
        before, faults = len(found), len(out.faults)
        known = (*self.matchers, *self.references, *self.refused, *self.strays)
        for key, written in keys_of(item, known, at.theirs, out).items():
            value, here = item[written], At(at.ours, below(at.theirs, written))
            if value is None:
                continue
            if key in self.matchers:
                self._one(self.matchers[key], value, found, here, out)
            elif key in self.references:
                self._many(*self.references[key], value, found, here, out)
            elif key in self.refused:
                self.refused[key].read(value, {}, here, out)
            else:
                message = f"{key} belongs beside the selectors, not into one of them; it is read as if it stood there"
                out.fault(here.theirs, message, "MH130")
                self.strays[key].read(value, out.fields, At("", here.theirs), out)
        if len(found) == before and len(out.faults) == faults:
            if self.blank and all(value is None for value in item.values()):
                found.append({})
                out.learn(f"{at.ours}[{before}]", at.theirs)
            else:
                ways = " or ".join(f"`{key}`" for key in (*self.matchers, *self.references))
                out.fault(at.theirs, f"selects nothing; say what by {ways}")

    def _one(self, rows: Rows, value: Any, found: list[dict[str, Any]], at: At, out: Translation) -> None:
        ours = f"{at.ours}[{len(found)}]"
        out.learn(ours, at.theirs)
        selector: dict[str, Any] = {}
        found.append(selector)
        fill(rows, value, selector, At(ours, at.theirs), out)
        if any(isinstance(row, To) and row.required and row.ours not in selector for row in rows.values()):
            found.pop()  # half a reference could be taken for a matcher

    def _many(self, key: str, rows: Rows, value: Any, found: list[dict[str, Any]], at: At, out: Translation) -> None:
        if not isinstance(value, Mapping):
            out.fault(at.theirs, "must be a mapping")
            return
        written = keys_of(value, [key], at.theirs, out).get(key, key)
        here = At(at.ours, below(at.theirs, written))
        listed = value.get(written)
        if listed is not None and not isinstance(listed, list):
            out.fault(here.theirs, "must be a list")
            return
        for index, item in enumerate(listed or ()):
            self._one(rows, item, found, At(here.ours, f"{here.theirs}[{index}]"), out)


MATCHER: Rows = {"labels": To("labels"), "namespaces": To("namespaces"), "clusters": To("clusters")}
"""What matches services, or the pods of workloads."""

SERVICE: Rows = {
    "name": To("name", required=True),
    "namespace": To("namespace", required=True),
    "clusterName": To("cluster", required=True),
}
"""A reference to a service."""

SERVICE_ACCOUNT: Rows = {
    "name": To("service_account", required=True),
    "namespace": To("namespace", required=True),
    "clusterName": To("cluster"),
}
"""A reference to a service account; without a cluster, those of that name in all of them."""

WORKLOADS: Rows = {**MATCHER, "kubeWorkloadMatcher": Into(MATCHER)}
"""What selects callers: Service Mesh Hub writes the matcher itself, Gloo Mesh one level deeper."""


_SERVICES = {"kubeServiceRefs": ("services", SERVICE)}


def services(ours: str, strays: Rows | None = None) -> Selectors:
    """A list of selectors of services."""
    return Selectors(ours, {"kubeServiceMatcher": MATCHER}, _SERVICES, strays or {})


def listed_services(ours: str, matcher: Not) -> Selectors:
    """The same where each service must be named, and why."""
    return Selectors(ours, {}, _SERVICES, refused={"kubeServiceMatcher": matcher})


IDENTITIES = Selectors(
    "sources",
    {"kubeIdentityMatcher": {"namespaces": To("namespaces"), "clusters": To("clusters")}},
    {"kubeServiceAccountRefs": ("serviceAccounts", SERVICE_ACCOUNT)},
    blank=True,
)
"""The list of selectors of callers by who they are; an item that says nothing lets everybody in."""
