"""A mesh in which every kind that is read and most fields are used, without an error: what odd inputs are made from."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import yaml

Path = tuple[int, tuple[Any, ...]]
"""A place: the number of a document, and the steps to what stands there."""

MESH = """\
apiVersion: meshhub.dev/v1alpha1
kind: MeshSnapshot
clusters:
  east: &cluster
    istioVersion: 1.30.3
    trustDomain: east.example
    network: n
    locality: {region: r, zone: z}
    gateways:
    - {name: gw, namespace: gws, labels: {istio: gw}, addresses: [10.0.0.1, 10.0.0.2], containerPort: 8443,
       ports: [{name: tls, port: 15443, containerPort: 8443}]}
    services:
    - {name: cart, namespace: shop, selector: {app: cart}, labels: {tier: a}, ports: [{name: http, port: 80}]}
    - {name: menu, namespace: shop, selector: {app: menu}, ports: [{name: http, port: 80, targetPort: web}]}
    workloads:
    - {name: cart, namespace: shop, labels: {app: cart, version: v1}, serviceAccount: cart}
    - {name: menu, namespace: shop, labels: {app: menu, version: v1}, containerPorts: {web: 8080}}
    objects:
    - {apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: old, namespace: shop, labels: {a: b}},
       spec: {hosts: [old.example], gateways: [mesh]}}
    - {apiVersion: networking.istio.io/v1, kind: ServiceEntry, metadata: {name: db, namespace: shop},
       spec: {hosts: [db.example], addresses: [10.9.0.1]}}
    - {apiVersion: networking.istio.io/v1, kind: DestinationRule, metadata: {name: db}, spec: {host: db.example}}
  west: {<<: *cluster, trustDomain: west.example}
---
apiVersion: meshhub.dev/v1alpha1
kind: VirtualMesh
metadata: {name: shop, namespace: shop}
spec:
  clusters: [east, {name: west, gateway: {addresses: [10.0.1.1, 10.0.1.2], name: gw}, locality: {region: s}}]
  federation: [{destinations: [{namespaces: [shop]}], clusters: [east, west]}]
  eastWestGateways:
  - {gateways: [{name: gw, namespace: gws, cluster: east}], portName: tls}
  - {gateways: [{labels: {istio: gw}, namespaces: [gws], clusters: [west]}]}
  hostnameSuffix: global
  strictMtls: true
  globalAccessPolicy: enabled
---
apiVersion: meshhub.dev/v1alpha1
kind: TrafficPolicy
metadata: {name: cart, namespace: shop}
spec:
  destinations: [{name: cart, namespace: shop, cluster: east}]
  sources: [{labels: {app: menu}, namespaces: [shop], clusters: [east]}]
  matches:
  - {prefix: /a, headers: [{name: x-h, value: v}, {name: x-r, value: v+, regex: true, invert: true}], method: GET}
  - {regex: /b.*, queryParameters: [{name: q, value: v}]}
  trafficShift:
  - {destination: {name: cart, namespace: shop, cluster: west, subset: {version: v1}, port: 80}, weight: 60}
  - {destination: {name: cart, namespace: shop, cluster: east}, weight: 40}
  timeout: 5s
  retries: {attempts: 1, perTryTimeout: 1s, retryOn: [reset]}
  mirror: {destination: {name: menu, namespace: shop, cluster: east}, percentage: 5}
  headerManipulation: {appendRequestHeaders: {x-a: v}, removeResponseHeaders: [x-b]}
  corsPolicy: {allowOrigins: [{exact: "https://a"}, {regex: h.*}], allowMethods: [GET], allowHeaders: [x-c], maxAge: 1s}
---
apiVersion: meshhub.dev/v1alpha1
kind: TrafficPolicy
metadata: {name: all, namespace: shop}
spec:
  destinations: [{labels: {tier: a}, namespaces: [shop], clusters: [east]}]
  outlierDetection: {consecutiveErrors: 1, interval: 1s, baseEjectionTime: 1s}
  tls: {mode: ISTIO_MUTUAL}
  priority: 1
---
apiVersion: meshhub.dev/v1alpha1
kind: FailoverService
metadata: {name: ha, namespace: shop}
spec:
  hostname: ha.shop.global
  port: {number: 80, protocol: HTTP}
  backingServices: [{name: menu, namespace: shop, cluster: east}, {name: menu, namespace: shop, cluster: west}]
  clusters: [east]
  order: nearest
  nextRegions: [{region: r, to: [s]}]
---
apiVersion: meshhub.dev/v1alpha1
kind: AccessPolicy
metadata: {name: callers, namespace: shop}
spec:
  destinations: [{name: cart, namespace: shop, cluster: west}]
  sources: [{serviceAccount: cart, namespace: shop, cluster: east}, {namespaces: [shop], clusters: [west]}]
  paths: [/a, /b*]
  methods: [GET]
  ports: [80]
---
apiVersion: networking.smh.solo.io/v1alpha2
kind: TrafficPolicy
metadata: {name: foreign, namespace: smh}
spec:
  sourceSelector: [{labels: {app: cart}}]
  destinationSelector:
  - {kubeServiceRefs: {services: [{name: menu, namespace: shop, clusterName: west}]}, requestTimeout: 5s}
  httpRequestMatchers: [{prefix: /m, method: {method: GET}, headers: [{name: a, value: b, regex: true}]}]
  trafficShift: {destinations: [{failoverService: {name: tried, namespace: smh}, weight: 100}]}
  retries: {attempts: 1, perTryTimeout: 1s}
---
apiVersion: networking.smh.solo.io/v1alpha2
kind: FailoverService
metadata: {name: tried, namespace: smh}
spec:
  hostname: tried.global
  port: {number: 80, protocol: HTTP}
  meshes: [{name: istiod-istio-system-west}, {name: istiod-istio-system-east}]
  backingServices: [{kubeService: {name: menu, namespace: shop, clusterName: west}}]
---
apiVersion: networking.mesh.gloo.solo.io/v1
kind: AccessPolicy
metadata: {name: foreign, namespace: smh}
spec:
  sourceSelector:
  - kubeServiceAccountRefs: {serviceAccounts: [{name: cart, namespace: shop, clusterName: east}]}
    kubeIdentityMatcher: {namespaces: [shop], clusters: [west]}
  destinationSelector: [{kubeServiceMatcher: {labels: {tier: a}, namespaces: [shop], clusters: [west]}}]
  allowedMethods: [POST]
---
apiVersion: networking.mesh.gloo.solo.io/v1
kind: VirtualMesh
metadata: {name: foreign, namespace: smh}
spec:
  meshes: [{name: south, namespace: smh}]
  mtlsConfig: {shared: {rootCertificateAuthority: {generated: {}}}}
  federation:
    selectors: [{destinationSelectors: [{kubeServiceMatcher: {labels: {tier: a}}}]}]
    eastWestIngressGatewaySelectors:
    - {destinationSelectors: [{kubeServiceMatcher: {labels: {istio: gw}}}], portName: tls}
---
apiVersion: discovery.smh.solo.io/v1alpha2
kind: Mesh
metadata: {name: south, namespace: smh}
spec:
  istio:
    installation: {cluster: south, namespace: istio-system, version: 1.30.3}
    citadelInfo: {trustDomain: south.example}
    ingressGateways: [{externalAddress: 10.0.2.1, externalTlsPort: 15443, workloadLabels: {istio: gw}}]
---
apiVersion: discovery.mesh.gloo.solo.io/v1
kind: Destination
metadata: {name: oven, namespace: smh}
spec:
  kubeService:
    ref: {name: oven, namespace: kitchen, clusterName: south}
    ports: [{port: 80, name: http}]
    workloadSelectorLabels: {app: oven}
    labels: {tier: b}
---
apiVersion: discovery.smh.solo.io/v1alpha2
kind: Workload
metadata: {name: oven, namespace: smh}
spec:
  kubernetes: {controller: {name: oven, namespace: kitchen, clusterName: south}, podLabels: {app: oven}}
---
apiVersion: networking.enterprise.mesh.gloo.solo.io/v1beta1
kind: VirtualDestination
metadata: {name: near, namespace: smh}
spec:
  hostname: near.global
  port: {number: 80, protocol: HTTP, targetNumber: 80}
  meshList: {meshes: [{name: istiod-istio-system-west}, {name: istiod-istio-system-east}]}
  localized:
    destinationSelectors: [{kubeServiceRefs: {services: [{name: menu, namespace: shop, clusterName: west}]}}]
    failoverDirectives: [{from: {region: r}, to: [{region: s}]}]
    outlierDetection: {consecutiveErrors: 3}
"""


def documents() -> list[Any]:
    """The documents as values of their own."""
    return copy.deepcopy(_PARSED)


_PARSED = list(yaml.load_all(MESH, Loader=yaml.CSafeLoader))


def written(values: list[Any]) -> bytes:
    """Documents as a text; what no UTF-8 holds is left out."""
    text: str = yaml.dump_all(values, Dumper=yaml.CSafeDumper, allow_unicode=False, sort_keys=False)
    return text.encode()


def changed(place: Path, value: Any) -> bytes:
    """The mesh with another value at a place."""
    values = documents()
    number, steps = place
    holder = values[number]
    for step in steps[:-1]:
        holder = holder[step]
    holder[steps[-1]] = value
    return written(values)


def fields() -> Iterator[Path]:
    """The place of every field, and of every item of a list."""
    for number, value in enumerate(_PARSED):
        yield from ((number, steps) for steps in _below(value) if steps)


def _below(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield at
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, item in inside:
        yield from _below(item, (*at, step))
