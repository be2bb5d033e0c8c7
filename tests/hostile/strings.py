"""Strings aimed at what a text may end up in: a path, a regex, an SNI, a filter, a selector, a terminal, a template."""

from __future__ import annotations

from whole_mesh import Path, fields

STRINGS = {
    "a path upwards": "../../../precious",
    "a path upwards, encoded": "..%2f..%2fprecious",
    "a path from the root": "/tmp/precious",
    "a path of Windows": "..\\..\\precious",
    "a dot": ".",
    "two dots": "..",
    "a zero": "a\0b",
    "an escape": "\x1b[2J\x1b]0;x\x07",
    "a line of its own": "x\n---\nkind: Pod\n# cluster: z",
    "a comment": "x # y",
    "a mapping": "a: b",
    "a tag": "!!python/object:os.system",
    "an alias": "*x",
    "a truth": "yes",
    "nothing": "",
    "a space": " ",
    "a dash": "-",
    "a long one": "a" * 300,
    "a very long one": "a" * 100_000,
    "a wildcard": "*",
    "a wildcard host": "*.global",
    "an SNI": "outbound_.80_.v1_.cart.shop.svc.cluster.local",
    "an SNI that goes on": "x_.80_._.evil.example",
    "a cluster of Envoy": "outbound|80||evil.example",
    "a command of Envoy": "%REQ(x-forwarded-for)%",
    "a filter": '{"@type": "type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua"}',
    "a regex without end": "(a+)+$",
    "a regex that looks ahead": "(?=a)(?!b)",
    "half a regex": "[",
    "a regex of everything": ".*",
    "a principal": "spiffe://x/ns/*/sa/*",
    "a template": "{{ .Values.x }}",
    "a shell": "$(touch /tmp/x)`id`",
    "a workflow command": "::error::x%0A::stop-commands::y",
    "right to left": "\u202egnp",
    "a separator of lines": "a\u2028b\x85c",
    "a letter of two": "\ufb01",
    "a picture": "\U0001f40d",
    "a name in capitals": "Cart",
    "two labels": "a.b",
    "an address": "10.0.0.1",
    "a number": "0x10",
}

AIMS = {
    "a mesh": (1, ("metadata", "name")),
    "a namespace of a mesh": (1, ("metadata", "namespace")),
    "a member": (1, ("spec", "clusters", 0)),
    "a gateway": (0, ("clusters", "east", "gateways", 0, "name")),
    "a gateway's namespace": (0, ("clusters", "east", "gateways", 0, "namespace")),
    "a gateway's label": (0, ("clusters", "east", "gateways", 0, "labels", "istio")),
    "a gateway's address": (0, ("clusters", "east", "gateways", 0, "addresses", 0)),
    "a region": (0, ("clusters", "east", "locality", "region")),
    "a release": (0, ("clusters", "east", "istioVersion")),
    "a trust domain": (0, ("clusters", "east", "trustDomain")),
    "a service account": (0, ("clusters", "west", "workloads", 0, "serviceAccount")),
    "a service's label": (0, ("clusters", "west", "services", 0, "selector", "app")),
    "a port": (0, ("clusters", "west", "services", 0, "ports", 0, "name")),
    "a protocol": (0, ("clusters", "west", "services", 0, "ports", 0, "appProtocol")),
    "an existing host": (0, ("clusters", "east", "objects", 0, "spec", "hosts", 0)),
    "a host's suffix": (1, ("spec", "hostnameSuffix")),
    "a policy": (2, ("metadata", "name")),
    "a caller": (2, ("spec", "sources", 0, "labels", "app")),
    "a prefix": (2, ("spec", "matches", 0, "prefix")),
    "a regex": (2, ("spec", "matches", 1, "regex")),
    "a header": (2, ("spec", "matches", 0, "headers", 0, "name")),
    "a header's value": (2, ("spec", "matches", 0, "headers", 0, "value")),
    "a subset": (2, ("spec", "trafficShift", 0, "destination", "subset", "version")),
    "a header that is added": (2, ("spec", "headerManipulation", "appendRequestHeaders", "x-a")),
    "an origin": (2, ("spec", "corsPolicy", "allowOrigins", 0, "exact")),
    "a failover host": (4, ("spec", "hostname")),
    "a path": (5, ("spec", "paths", 0)),
    "an identity": (5, ("spec", "sources", 0, "serviceAccount")),
    "a foreign reference": (6, ("spec", "destinationSelector", 0, "kubeServiceRefs", "services", 0, "name")),
    "a foreign mesh": (7, ("spec", "meshes", 0, "name")),
}
"""Where a text ends up in a name, a host, an expression or a selector."""

ODD = [None, True, -1, 10**30, 1.5, float("nan"), "", "x", "\0", [], {}, [None], [[]], {"x": None}, {"name": 1}, [{}]]
"""Values that few fields take."""

WRONG: dict[str, tuple[Path, object]] = {
    f"{'.'.join(map(str, steps))} in document {number} as {str(value)[:20]!r}": ((number, steps), value)
    for index, (number, steps) in enumerate(fields())
    for value in (ODD[index % len(ODD)],)
}
"""Each field with one of the odd values, in turn."""
