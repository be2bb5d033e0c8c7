"""Whatever a document says, reading it ends in specs and findings, and each finding has a place."""

from __future__ import annotations

import contextlib
import copy
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meshhub_pulumi.model.finding import Level
from meshhub_pulumi.readers.error import InputError

DOCUMENTS = """\
apiVersion: meshhub.dev/v1alpha1
kind: TrafficPolicy
metadata: {name: a}
spec:
  destinations: [{name: reviews, namespace: default, cluster: kind2}, {labels: {app: reviews}, clusters: [kind3]}]
  sources: [{labels: {app: x}, namespaces: [default]}]
  matches: [{prefix: /, headers: [{name: h, value: v}], method: GET}]
  trafficShift: [{destination: {name: reviews, namespace: default, cluster: kind3, subset: {version: v3}}, weight: 100}]
  retries: {attempts: 1, perTryTimeout: 1s}
---
apiVersion: meshhub.dev/v1alpha1
kind: VirtualMesh
metadata: {name: b}
spec: {clusters: [kind2, {name: kind3, gateway: {address: 10.0.0.1}}], federation: [{clusters: [kind2]}]}
---
apiVersion: meshhub.dev/v1alpha1
kind: MeshSnapshot
clusters:
  kind2:
    gateways: [{name: g, labels: {istio: g}, addresses: [10.0.0.2]}]
    services: [{name: reviews, namespace: default, selector: {app: reviews}, ports: [{name: http, port: 9080}]}]
    workloads: [{name: r, namespace: default, labels: {app: reviews, version: v3}}]
---
apiVersion: networking.smh.solo.io/v1alpha2
kind: TrafficPolicy
metadata: {name: c, namespace: smh}
spec:
  sourceSelector: [{labels: {app: x}}]
  destinationSelector:
  - kubeServiceMatcher: {labels: {app: reviews}}
    kubeServiceRefs: {services: [{name: reviews, namespace: default, clusterName: kind2}]}
    trafficShift: {destinations: [{failoverService: {name: f, namespace: smh}, weight: 100}]}
  httpRequestMatchers: [{prefix: /, method: {method: GET}}]
  outlierDetection: {consecutiveErrors: 1}
---
apiVersion: networking.mesh.gloo.solo.io/v1
kind: VirtualMesh
metadata: {name: d, namespace: smh}
spec:
  meshes: [{name: istiod-istio-system-kind2}]
  mtlsConfig: {shared: {}}
  federation: {selectors: [{destinationSelectors: [{kubeServiceMatcher: {}}], meshes: [{name: x}]}]}
---
apiVersion: networking.smh.solo.io/v1alpha2
kind: FailoverService
metadata: {name: f, namespace: smh}
spec:
  hostname: f.global
  port: {number: 1, protocol: http}
  meshes: [{name: istiod-istio-system-kind2}]
  backingServices: [{kubeService: {name: reviews, namespace: default, clusterName: kind2}}]
---
apiVersion: networking.smh.solo.io/v1alpha2
kind: AccessPolicy
metadata: {name: e, namespace: smh}
spec:
  sourceSelector: [{kubeIdentityMatcher: {clusters: [kind2]}, kubeServiceAccountRefs: {serviceAccounts: [{name: a}]}}]
  allowedMethods: [GET]
---
apiVersion: discovery.smh.solo.io/v1alpha2
kind: Mesh
metadata: {name: m, namespace: smh}
spec: {istio: {installation: {cluster: kind3}, ingressGateways: [{externalAddress: 10.0.0.3, externalTlsPort: 15443}]}}
---
apiVersion: discovery.mesh.gloo.solo.io/v1
kind: Destination
metadata: {name: t, namespace: smh}
spec: {kubeService: {ref: {name: a, namespace: b, clusterName: kind3}, ports: [{port: 1}], labels: {a: b}}}
"""

odd = st.sampled_from([None, True, 0, -1, 1.5, "", "x", "-", [], {}, [[]], [None], {"x": None}, {"name": 1}, "ü" * 300])


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of everything in a value."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(place for key, item in inside for place in places(item, (*at, key)))]


SPOTS = [
    (index, place)
    for index, document in enumerate(yaml.safe_load_all(DOCUMENTS))
    for place in places(document)
    if place and place[0] not in ("apiVersion", "kind")
]


@given(st.lists(st.tuples(st.sampled_from(SPOTS), odd), min_size=1, max_size=3))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
def test_whatever_a_field_holds(reading, changes):
    """Fields may hold anything: it ends in a finding with a line, or it is fine."""
    documents = copy.deepcopy(list(yaml.safe_load_all(DOCUMENTS)))
    for (index, place), value in changes:
        holder = documents[index]
        for step in place[:-1]:
            try:
                holder = holder[step]
            except (KeyError, IndexError, TypeError):
                break
        else:
            with contextlib.suppress(TypeError, IndexError):
                holder[place[-1]] = copy.deepcopy(value)
    loaded = reading(yaml.safe_dump_all(documents), None)
    for finding in loaded.findings:
        assert finding.where.file == "mesh.yaml"
        assert finding.where.line
    for spec in loaded.specs:
        assert spec.owner.at("anything[3].below").where().line


def test_the_documents_themselves_are_fine(reading):
    """What the fields are changed from has one error only, a mesh that does not exist."""
    loaded = reading(DOCUMENTS, None)
    assert ["MH101"] == [
        x.code for x in loaded.findings if x.level is Level.ERROR and "serviceAccounts" not in x.where.path
    ]


@given(st.recursive(st.none() | st.text(max_size=5), lambda x: st.lists(x) | st.dictionaries(st.text(max_size=5), x)))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_a_document_is(reading, value):
    """A document of anything is refused in one line."""
    with pytest.raises(InputError):
        reading(yaml.safe_dump(value), None)
