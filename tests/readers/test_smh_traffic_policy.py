"""Traffic policies of Service Mesh Hub and Gloo Mesh: what each field becomes, and how its place is told."""

from __future__ import annotations

import pytest
from smh_documents import GLOO, NAMESPACE, document, told

from meshhub_pulumi.kinds.traffic_policy import TrafficPolicyArgs

FULL = """\
spec:
  sourceSelector:
  - labels: {app: productpage}
    namespaces: [default]
    clusters: [kind2]
  destinationSelector:
  - kubeServiceMatcher: {labels: {app: reviews}, namespaces: [default], clusters: [kind2]}
    kubeServiceRefs:
      services:
      - {name: reviews, namespace: default, clusterName: kind2}
      - {name: reviews, namespace: default, clusterName: kind3}
  - kubeServiceMatcher: {}
  httpRequestMatchers:
  - prefix: /a
    headers: [{name: x-a, value: v.*, regex: true, invertMatch: true}]
    queryParameters: [{name: q, value: "1", regex: true}]
    method: {method: POST}
  - exact: /b
    method: {method: 4}
  - regex: /c.*
    method: {}
  requestTimeout: 2.5s
  retries: {attempts: 3, perTryTimeout: 0.5s}
  outlierDetection: {consecutiveErrors: 3, interval: 5s, baseEjectionTime: 60s, maxEjectionPercent: 0}
  faultInjection: {delay: {fixedDelay: 2s}, percentage: 10}
  mirror: {kubeService: {name: reviews, namespace: default, clusterName: kind3}, port: 9080, percentage: 0}
  headerManipulation:
    appendRequestHeaders: {x-a: "1"}
    removeRequestHeaders: [x-b]
    appendResponseHeaders: {x-c: "2"}
    removeResponseHeaders: [x-d]
  corsPolicy:
    allowOrigins: [{exact: https://a.example.com}, {prefix: https://b}, {regex: "https://.*[.]c"}]
    allowMethods: [GET]
    allowHeaders: [x-e]
    exposeHeaders: [x-f]
    maxAge: 60s
    allowCredentials: true
  trafficShift:
    destinations:
    - kubeService: {name: reviews, namespace: default, clusterName: kind2, subset: {version: v1}, port: 9080}
      weight: 60
    - failoverService: {name: ha, namespace: service-mesh-hub}
      weight: 40
"""


MEANT = TrafficPolicyArgs(
    namespace=NAMESPACE,
    sources=[{"labels": {"app": "productpage"}, "namespaces": ["default"], "clusters": ["kind2"]}],
    destinations=[
        {"labels": {"app": "reviews"}, "namespaces": ["default"], "clusters": ["kind2"]},
        {"name": "reviews", "namespace": "default", "cluster": "kind2"},
        {"name": "reviews", "namespace": "default", "cluster": "kind3"},
        {},
    ],
    matches=[
        {
            "prefix": "/a",
            "headers": [{"name": "x-a", "value": "v.*", "regex": True, "invert": True}],
            "query_parameters": [{"name": "q", "value": "1", "regex": True}],
            "method": "POST",
        },
        {"exact": "/b", "method": "HEAD"},
        {"regex": "/c.*", "method": "GET"},
    ],
    timeout="2.5s",
    retries={"attempts": 3, "per_try_timeout": "0.5s"},
    outlier_detection={"consecutive_errors": 3, "interval": "5s", "base_ejection_time": "60s"},
    fault_injection={"delay": {"fixed_delay": "2s", "percentage": 10}},
    mirror={
        "destination": {"name": "reviews", "namespace": "default", "cluster": "kind3", "port": 9080},
        "percentage": 0,
    },
    header_manipulation={
        "append_request_headers": {"x-a": "1"},
        "remove_request_headers": ["x-b"],
        "append_response_headers": {"x-c": "2"},
        "remove_response_headers": ["x-d"],
    },
    cors_policy={
        "allow_origins": [{"exact": "https://a.example.com"}, {"prefix": "https://b"}, {"regex": "https://.*[.]c"}],
        "allow_methods": ["GET"],
        "allow_headers": ["x-e"],
        "expose_headers": ["x-f"],
        "max_age": "60s",
        "allow_credentials": True,
    },
    traffic_shift=[
        {
            "destination": {
                "name": "reviews",
                "namespace": "default",
                "cluster": "kind2",
                "subset": {"version": "v1"},
                "port": 9080,
            },
            "weight": 60,
        },
        {"destination": {"failover_service": "ha", "namespace": NAMESPACE}, "weight": 40},
    ],
)


def test_every_field_of_a_traffic_policy(reading):
    """Every field of Service Mesh Hub's TrafficPolicy has its counterpart."""
    loaded = reading(document("TrafficPolicy", FULL))
    assert [] == told(loaded)
    assert MEANT == loaded.specs[0].args


def test_gloo_mesh_writes_the_same_elsewhere(reading):
    """Gloo Mesh keeps the actions in `policy`, workloads one level deeper, and methods as text."""
    head, actions = FULL.split("  requestTimeout", 1)
    actions = "\n".join(f"  {line}" for line in f"  requestTimeout{actions}".splitlines())
    spec = (
        head.replace(
            "  - labels: {app: productpage}\n    namespaces: [default]\n    clusters: [kind2]\n",
            "  - kubeWorkloadMatcher: {labels: {app: productpage}, namespaces: [default], clusters: [kind2]}\n",
        )
        .replace("{method: POST}", "POST")
        .replace("{method: 4}", "HEAD")
        .replace("method: {}", "method: GET")
        .replace("prefix: /a", "uri: {prefix: /a}")
    )
    actions = actions.replace("delay: {fixedDelay: 2s}", "fixedDelay: 2s")
    text = f"{spec}  policy:\n{actions}".replace("failoverService", "virtualDestination")
    loaded = reading(document("TrafficPolicy", text, "networking.mesh.gloo.solo.io/v1"))
    assert [] == told(loaded)
    assert MEANT == loaded.specs[0].args


def test_protobufs_other_spelling(reading):
    """Fields may be written in snake_case, as protobuf allows; findings then spell them so."""
    loaded = reading(
        document(
            "TrafficPolicy",
            "spec:\n  destination_selector:\n  - kube_service_refs:\n      services:\n"
            "      - {name: reviews, namespace: default, cluster_name: kind2}\n  request_timeout: 5\n",
        )
    )
    assert [("MH100", "spec.request_timeout", 9)] == told(loaded)


@pytest.mark.parametrize(
    ("ours", "theirs", "line"),
    [
        ("", "", 1),
        ("sources[0].namespaces", "spec.sourceSelector[0].namespaces", 7),
        ("destinations[0]", "spec.destinationSelector[0].kubeServiceMatcher", 10),
        ("destinations[2]", "spec.destinationSelector[0].kubeServiceRefs.services[1]", 14),
        ("destinations[2].cluster", "spec.destinationSelector[0].kubeServiceRefs.services[1].clusterName", 14),
        ("destinations[3]", "spec.destinationSelector[1].kubeServiceMatcher", 15),
        ("matches[0].headers[0].invert", "spec.httpRequestMatchers[0].headers[0].invertMatch", 18),
        ("timeout", "spec.requestTimeout", 25),
        ("retries.per_try_timeout", "spec.retries.perTryTimeout", 26),
        ("fault_injection.delay.fixed_delay", "spec.faultInjection.delay.fixedDelay", 28),
        ("fault_injection.delay.percentage", "spec.faultInjection.percentage", 28),
        ("mirror.destination", "spec.mirror.kubeService", 29),
        ("mirror.destination.port", "spec.mirror.port", 29),
        ("mirror.destination.cluster", "spec.mirror.kubeService.clusterName", 29),
        ("header_manipulation.remove_request_headers[0]", "spec.headerManipulation.removeRequestHeaders[0]", 32),
        ("cors_policy.allow_origins[2].regex", "spec.corsPolicy.allowOrigins[2].regex", 36),
        ("traffic_shift", "spec.trafficShift.destinations", 43),
        ("traffic_shift[0].weight", "spec.trafficShift.destinations[0].weight", 45),
        ("traffic_shift[0].destination", "spec.trafficShift.destinations[0].kubeService", 44),
        ("traffic_shift[1].destination.failover_service", "spec.trafficShift.destinations[1].failoverService.name", 46),
        ("tls", "spec.mtls", 4),
    ],
)
def test_places(reading, ours, theirs, line):
    """Every path of the model is told in the document's spelling, with its line or its nearest ancestor's."""
    (spec,) = reading(document("TrafficPolicy", FULL)).specs
    where = spec.owner.at(ours).where()
    assert (theirs, line) == (where.path, where.line)


def test_faults_are_told_in_the_documents_spelling(reading):
    """Schema errors keep the document's paths and lines, and come all at once."""
    loaded = reading(
        document(
            "TrafficPolicy",
            """\
spec:
  destinationSelector:
  - kubeServiceRefs: {services: [{name: reviews, namespace: default}]}
  - {}
  - kubeServiceRefs: {services: []}
  trafficShift:
    destinations:
    - kubeService: {name: reviews, namespace: default, clusterName: kind2, subset: {version: 1}}
      weight: 190
    - kubeService: {name: reviews, namespace: default, cluster: kind2}
      failoverService: {name: x, namespace: y}
      weight: 1
  requestTimeuot: 5s
  httpRequestMatchers: {}
""",
        )
    )
    shift = "spec.trafficShift.destinations"
    assert [
        ("spec.destinationSelector[0].kubeServiceRefs.services[0].clusterName", 6, "required, but missing"),
        (
            "spec.destinationSelector[1]", 7,
            "selects nothing; say what by `kubeServiceMatcher` or `kubeServiceRefs`",
        ),
        (
            "spec.destinationSelector[2]", 8,
            "selects nothing; say what by `kubeServiceMatcher` or `kubeServiceRefs`",
        ),
        (f"{shift}[0].kubeService.subset.version", 11, "must be text: write it in quotes as it stands"),
        (f"{shift}[0].weight", 12, "input should be less than or equal to 100 (got 190)"),
        (f"{shift}[1].kubeService.cluster", 13, "unknown field; did you mean clusterName?"),
        (f"{shift}[1].kubeService.clusterName", 13, "required, but missing"),
        (f"{shift}[1].failoverService", 14, f"{shift}[1].kubeService says the same; give one of the two"),
        ("spec.requestTimeuot", 16, "unknown field; did you mean requestTimeout?"),
        ("spec.httpRequestMatchers", 17, "must be a list"),
    ] == [(x.where.path, x.where.line, x.message) for x in loaded.findings]  # fmt: skip
    assert () == loaded.specs


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ("csrf: {filterEnabled: true}", "MH306"),
        ("rateLimit: {basic: {}}", "MH306"),
        ("extauth: {}", "MH302"),
    ],
)
def test_what_cannot_be_done_is_said(reading, field, code):
    """A field that neither Istio nor we can express is an error at its path; the rest of the policy is read."""
    loaded = reading(document("TrafficPolicy", f"spec:\n  requestTimeout: 5s\n  {field}\n"))
    assert [(code, f"spec.{field.split(':')[0]}", 6)] == told(loaded)
    assert "5s" == loaded.specs[0].args.timeout


@pytest.mark.parametrize("way", ["staticDestination", "clusterHeader"])
def test_ways_to_send_that_never_were(reading, way):
    """What Gloo Mesh's API had for a share and no release implemented is an error."""
    share = f"spec:\n  policy:\n    trafficShift:\n      destinations:\n      - {{{way}: x, weight: 100}}\n"
    loaded = reading(document("TrafficPolicy", share, GLOO))
    assert ("MH302", f"spec.policy.trafficShift.destinations[0].{way}", 8) in told(loaded)
    assert () == loaded.specs


@pytest.mark.parametrize(
    ("field", "path", "message"),
    [
        ("faultInjection: {percentage: 10}", "faultInjection", "give a delay or an abort"),
        (
            "faultInjection: {delay: {}, percentage: 10}",
            "faultInjection.delay",
            "give either a fixed or an exponential delay",
        ),
        (
            "faultInjection: {delay: {fixedDelay: 1s}, fixedDelay: 1s}",
            "faultInjection.fixedDelay",
            "spec.faultInjection.delay says the same; give one of the two",
        ),
        (
            "faultInjection: {abort: {httpStatus: 500}, percentage: 190}",
            "faultInjection.percentage",
            "input should be less than or equal to 100 (got 190)",
        ),
        (
            "faultInjection: {abort: {httpStatus: 500, http2Error: x}}",
            "faultInjection.abort.http2Error",
            "unknown field",
        ),
        ("mirror: {port: 80}", "mirror.kubeService", "required, but missing"),
        (
            "mirror: {kubeService: {name: a, namespace: b, clusterName: c}, port: x}",
            "mirror.port",
            "input should be a valid integer, unable to parse string as an integer (got 'x')",
        ),
        (
            "mirror: {kubeService: {name: a, namespace: b}}",
            "mirror.kubeService.clusterName",
            "required, but missing",
        ),
        ("corsPolicy: {allowOrigins: [{}]}", "corsPolicy.allowOrigins[0]", "give one of exact, prefix and regex"),
        (
            "headerManipulation: {removeRequestHeaders: [Host]}",
            "headerManipulation.removeRequestHeaders[0]",
            "the Host header is not one that can be added or removed",
        ),
    ],
)
def test_faults_of_route_features(reading, field, path, message):
    """What is wrong with a fault, a mirror, a CORS policy or headers is told once, in the document's spelling."""
    loaded = reading(document("TrafficPolicy", f"spec:\n  {field}\n"))
    assert [("MH100", f"spec.{path}", message)] == [(x.code, x.where.path, x.message) for x in loaded.findings]


@pytest.mark.parametrize(
    ("said", "percentage"), [("", None), (", percentage: 0", 0), (", percentage: 0.5", 0.5), (", percentage: 10.0", 10)]
)
def test_percentages_are_told_from_none(reading, said, percentage):
    """A percentage that is not said stays unsaid: what it means depends on what is written."""
    service = "{name: a, namespace: b, clusterName: c}"
    fields = f"  faultInjection: {{abort: {{httpStatus: 500}}{said}}}\n  mirror: {{kubeService: {service}{said}}}\n"
    args = reading(document("TrafficPolicy", f"spec:\n{fields}")).specs[0].args
    assert (percentage, percentage) == (args.fault_injection.abort.percentage, args.mirror.percentage)


def test_a_single_destination_needs_no_weight(reading):
    """One destination without a weight gets all requests, as in Istio; guides of the time wrote it so."""
    loaded = reading(
        document(
            "TrafficPolicy",
            "spec:\n  trafficShift:\n    destinations:\n    - failoverServiceRef: {name: a, namespace: b}\n",
        )
    )
    assert [("MH130", "spec.trafficShift.destinations[0].failoverServiceRef", 7)] == told(loaded)
    assert 100 == loaded.specs[0].args.traffic_shift[0].weight
